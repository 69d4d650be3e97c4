"""Losses of classes as modules: `tinygrad_edu.nn.functional` with its options fixed beforehand."""

from __future__ import annotations

from typing import Any

from tinygrad_edu.tensor import Tensor

from . import functional as F  # noqa: N812 # the field's name for it
from .module import Module

__all__ = ["BCELoss", "BCEWithLogitsLoss", "CrossEntropyLoss", "NLLLoss"]


class WeightedLoss(Module):
    """A loss whose classes or elements may count differently."""

    # Weights are buffers: state, but not trained.
    weight: Tensor | None

    def __init__(self, weight: Tensor | None = None, *, reduction: str = "mean") -> None:
        super().__init__()
        self.register_buffer("weight", weight)
        self.reduction = reduction


class CrossEntropyLoss(WeightedLoss):
    """Cross entropy between scores and classes; see `tinygrad_edu.nn.functional.cross_entropy`.

    Give it scores, not the output of a softmax.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> round(CrossEntropyLoss()(tg.tensor([[2.0, 0.0]]), tg.tensor([0])).item(), 4)
    0.1269
    """

    def __init__(
        self,
        weight: Tensor | None = None,
        *,
        ignore_index: int = -100,
        reduction: str = "mean",
        label_smoothing: float = 0.0,
    ) -> None:
        super().__init__(weight, reduction=reduction)
        self.ignore_index = ignore_index
        self.label_smoothing = label_smoothing

    def forward(self, input: Any, target: Any) -> Any:
        """Compute the loss."""
        return F.cross_entropy(
            input,
            target,
            self.weight,
            ignore_index=self.ignore_index,
            reduction=self.reduction,
            label_smoothing=self.label_smoothing,
        )


class NLLLoss(WeightedLoss):
    """Minus the log-probability of the true class; see `tinygrad_edu.nn.functional.nll_loss`.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> NLLLoss()(tg.tensor([[-0.5, -1.0]]), tg.tensor([1])).item()
    1.0
    """

    def __init__(
        self, weight: Tensor | None = None, *, ignore_index: int = -100, reduction: str = "mean"
    ) -> None:
        super().__init__(weight, reduction=reduction)
        self.ignore_index = ignore_index

    def forward(self, input: Any, target: Any) -> Any:
        """Compute the loss."""
        return F.nll_loss(
            input, target, self.weight, ignore_index=self.ignore_index, reduction=self.reduction
        )


class BCELoss(WeightedLoss):
    """Binary cross entropy of probabilities; see `tinygrad_edu.nn.functional.binary_cross_entropy`.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> round(BCELoss()(tg.tensor([0.5]), tg.tensor([1.0])).item(), 4)
    0.6931
    """

    def forward(self, input: Any, target: Any) -> Any:
        """Compute the loss."""
        return F.binary_cross_entropy(input, target, self.weight, self.reduction)


class BCEWithLogitsLoss(WeightedLoss):
    """Binary cross entropy of scores; see `tinygrad_edu.nn.functional.binary_cross_entropy_with_logits`.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> BCEWithLogitsLoss()(tg.tensor([1000.0]), tg.tensor([1.0])).item()
    0.0
    """

    pos_weight: Tensor | None

    def __init__(
        self, weight: Tensor | None = None, *, reduction: str = "mean", pos_weight: Tensor | None = None
    ) -> None:
        super().__init__(weight, reduction=reduction)
        self.register_buffer("pos_weight", pos_weight)

    def forward(self, input: Any, target: Any) -> Any:
        """Compute the loss."""
        return F.binary_cross_entropy_with_logits(input, target, self.weight, self.reduction, self.pos_weight)
