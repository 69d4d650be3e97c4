"""Hinge losses as modules: `tinygrad_edu.nn.functional` with its options fixed beforehand."""

from __future__ import annotations

from typing import Any

from tinygrad_edu.tensor import Tensor

from . import functional as F  # noqa: N812 # the field's name for it
from .loss import WeightedLoss
from .module import Module

__all__ = ["HingeEmbeddingLoss", "MarginRankingLoss", "MultiMarginLoss"]


class MultiMarginLoss(WeightedLoss):
    """The multi-class hinge; see `tinygrad_edu.nn.functional.multi_margin_loss`.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> MultiMarginLoss()(tg.tensor([[2.0, 1.5, 0.0, 0.0]]), tg.tensor([0])).item()
    0.125
    """

    def __init__(
        self, p: int = 1, margin: float = 1.0, weight: Tensor | None = None, *, reduction: str = "mean"
    ) -> None:
        super().__init__(weight, reduction=reduction)
        self.p = p
        self.margin = margin

    def forward(self, input: Any, target: Any) -> Any:
        """Compute the loss."""
        return F.multi_margin_loss(input, target, self.p, self.margin, self.weight, reduction=self.reduction)


class HingeEmbeddingLoss(Module):
    """Distances of pairs: small where alike, large where not; see `tinygrad_edu.nn.functional.hinge_embedding_loss`.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> HingeEmbeddingLoss()(tg.tensor([0.25, 0.25]), tg.tensor([1.0, -1.0])).item()
    0.5
    """

    def __init__(self, margin: float = 1.0, *, reduction: str = "mean") -> None:
        super().__init__()
        self.reduction = reduction
        self.margin = margin

    def forward(self, input: Any, target: Any) -> Any:
        """Compute the loss."""
        return F.hinge_embedding_loss(input, target, reduction=self.reduction, margin=self.margin)


class MarginRankingLoss(Module):
    """max(0, margin - target (input1 - input2)); see `tinygrad_edu.nn.functional.margin_ranking_loss`.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> MarginRankingLoss(1.0)(tg.tensor([0.5]), tg.zeros(1), tg.ones(1)).item()
    0.5
    """

    def __init__(self, margin: float = 0.0, *, reduction: str = "mean") -> None:
        super().__init__()
        self.reduction = reduction
        self.margin = margin

    def forward(self, input1: Any, input2: Any, target: Any) -> Any:
        """Compute the loss."""
        return F.margin_ranking_loss(input1, input2, target, reduction=self.reduction, margin=self.margin)
