"""Losses of distances as modules: `tinygrad_edu.nn.functional` with its options fixed beforehand."""

from __future__ import annotations

from typing import Any

from . import functional as F  # noqa: N812 # the field's name for it
from .module import Module

__all__ = ["HuberLoss", "KLDivLoss", "L1Loss", "MSELoss", "RMSELoss", "SmoothL1Loss"]


class MSELoss(Module):
    """The mean of (input - target)²; see `tinygrad_edu.nn.functional.mse_loss`.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> MSELoss()(tg.tensor([1.0, 2.0]), tg.tensor([1.0, 4.0])).item()
    2.0
    """

    def __init__(self, *, reduction: str = "mean") -> None:
        super().__init__()
        self.reduction = reduction

    def forward(self, input: Any, target: Any) -> Any:
        """Compute the loss."""
        return F.mse_loss(input, target, reduction=self.reduction)


class RMSELoss(Module):
    """The root of the mean of (input - target)², in the unit of the target; its gradient at 0 is 0.

    Not in PyTorch; see `tinygrad_edu.nn.functional.rmse_loss`.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> x = tg.tensor([1.0, 1.0], requires_grad=True)
    >>> loss = RMSELoss()(x, tg.ones(2))
    >>> loss.backward()
    >>> loss.item(), x.grad.tolist()
    (0.0, [0.0, 0.0])
    """

    def forward(self, input: Any, target: Any) -> Any:
        """Compute the loss."""
        return F.rmse_loss(input, target)


class L1Loss(Module):
    """The mean of |input - target|; see `tinygrad_edu.nn.functional.l1_loss`.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> L1Loss()(tg.tensor([1.0, 2.0]), tg.tensor([1.0, 4.0])).item()
    1.0
    """

    def __init__(self, *, reduction: str = "mean") -> None:
        super().__init__()
        self.reduction = reduction

    def forward(self, input: Any, target: Any) -> Any:
        """Compute the loss."""
        return F.l1_loss(input, target, reduction=self.reduction)


class SmoothL1Loss(Module):
    """`L1Loss` with its kink rounded over a width of `beta`; see `tinygrad_edu.nn.functional.smooth_l1_loss`.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> SmoothL1Loss()(tg.tensor([0.5]), tg.zeros(1)).item()
    0.125
    """

    def __init__(self, *, reduction: str = "mean", beta: float = 1.0) -> None:
        super().__init__()
        self.reduction = reduction
        self.beta = beta

    def forward(self, input: Any, target: Any) -> Any:
        """Compute the loss."""
        return F.smooth_l1_loss(input, target, reduction=self.reduction, beta=self.beta)


class HuberLoss(Module):
    """`delta` times `SmoothL1Loss`; see `tinygrad_edu.nn.functional.huber_loss`.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> HuberLoss()(tg.tensor([0.5]), tg.zeros(1)).item()
    0.125
    """

    def __init__(self, *, reduction: str = "mean", delta: float = 1.0) -> None:
        super().__init__()
        self.reduction = reduction
        self.delta = delta

    def forward(self, input: Any, target: Any) -> Any:
        """Compute the loss."""
        return F.huber_loss(input, target, reduction=self.reduction, delta=self.delta)


class KLDivLoss(Module):
    """Kullback-Leibler divergence, from log-probabilities to probabilities; see `tinygrad_edu.nn.functional.kl_div`.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> p = tg.tensor([[0.5, 0.5]])
    >>> KLDivLoss(reduction="batchmean")(p.log(), p).item()
    0.0
    """

    def __init__(self, *, reduction: str = "mean", log_target: bool = False) -> None:
        super().__init__()
        self.reduction = reduction
        self.log_target = log_target

    def forward(self, input: Any, target: Any) -> Any:
        """Compute the loss."""
        return F.kl_div(input, target, reduction=self.reduction, log_target=self.log_target)
