"""Losses that measure a distance: how far numbers are from what they should be."""

from __future__ import annotations

import warnings
from math import sqrt
from typing import Any

from tinygrad_edu.backend import np
from tinygrad_edu.ops.elementwise import abs as absolute
from tinygrad_edu.ops.elementwise import exp, log, where
from tinygrad_edu.ops.reduce import norm

from ._reduction import reduced, warn_of_broadcast

__all__ = ["huber_loss", "kl_div", "l1_loss", "mse_loss", "rmse_loss", "smooth_l1_loss"]


def mse_loss(input: Any, target: Any, reduction: str = "mean") -> Any:
    """Mean squared error: the mean of (input - target)².

    Parameters
    ----------
    input, target
        The same shape. Other shapes broadcast, with a warning, as in PyTorch.
    reduction
        ``"mean"``, ``"sum"`` or ``"none"``.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> mse_loss(tg.tensor([1.0, 2.0]), tg.tensor([1.0, 4.0])).item()
    2.0
    """
    warn_of_broadcast("mse_loss", input, target)
    difference = input - target
    return reduced(difference * difference, reduction)


def rmse_loss(input: Any, target: Any) -> Any:
    """Root mean squared error: the root of the mean of (input - target)², in the unit of the target.

    Where every element is exact, the root has no derivative: from every side it rises. The gradient there is 0, as that
    of a norm is (PyTorch's ``sqrt(mse_loss(...))`` gives NaN).

    Parameters
    ----------
    input, target
        The same shape. Other shapes broadcast, with a warning.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> rmse_loss(tg.tensor([1.0, 2.0, 3.0, 4.0]), tg.tensor([1.0, 2.0, 3.0, 8.0])).item()
    2.0
    """
    warn_of_broadcast("rmse_loss", input, target)
    difference = input - target
    return norm(difference) / sqrt(difference.data.size or np.nan)


def l1_loss(input: Any, target: Any, reduction: str = "mean") -> Any:
    """Mean absolute error: the mean of |input - target|, less swayed by outliers; the derivative at 0 is 0.

    Parameters as for `mse_loss`.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> l1_loss(tg.tensor([1.0, 2.0]), tg.tensor([1.0, 4.0])).item()
    1.0
    """
    warn_of_broadcast("l1_loss", input, target)
    return reduced(absolute(input - target), reduction)


def smooth_l1_loss(input: Any, target: Any, reduction: str = "mean", beta: float = 1.0) -> Any:
    """`l1_loss` with its kink rounded: d² / (2 beta) where the distance d is below `beta`, else d - beta / 2.

    Source: R. Girshick, "Fast R-CNN" (2015).

    Parameters
    ----------
    input, target, reduction
        As for `mse_loss`.
    beta
        At least 0; 0 is `l1_loss`.

    Raises
    ------
    ValueError
        `beta` is negative.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> smooth_l1_loss(tg.tensor([0.5, 3.0]), tg.zeros(2), reduction="none").tolist()
    [0.125, 2.5]
    """
    warn_of_broadcast("smooth_l1_loss", input, target)
    if beta < 0:
        raise ValueError(f"smooth_l1_loss: beta is at least 0, not {beta}.")
    distance = absolute(input - target)
    if beta == 0:
        return reduced(distance, reduction)
    near = distance * distance * (0.5 / beta)
    return reduced(where(distance < beta, near, distance - 0.5 * beta), reduction)


def huber_loss(input: Any, target: Any, reduction: str = "mean", delta: float = 1.0) -> Any:
    """`delta` times `smooth_l1_loss` with beta = delta: d² / 2 where d is below `delta`, else delta (d - delta / 2).

    Source: P. J. Huber, "Robust estimation of a location parameter" (1964).

    Parameters
    ----------
    input, target, reduction
        As for `mse_loss`.
    delta
        Above 0.

    Raises
    ------
    ValueError
        `delta` is not above 0.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> huber_loss(tg.tensor([1.0, 3.0]), tg.zeros(2), reduction="none", delta=2.0).tolist()
    [0.5, 4.0]
    """
    warn_of_broadcast("huber_loss", input, target)
    if delta <= 0:
        raise ValueError(f"huber_loss: delta is above 0, not {delta}.")
    distance = absolute(input - target)
    near = distance * distance * 0.5
    return reduced(where(distance <= delta, near, (distance - 0.5 * delta) * delta), reduction)


def kl_div(input: Any, target: Any, reduction: str = "mean", log_target: bool = False) -> Any:
    """Kullback-Leibler divergence: target (log target - input), for log-probabilities `input`; 0 where target is 0.

    Source: S. Kullback and R. A. Leibler, "On information and sufficiency" (1951).

    Parameters
    ----------
    input
        Log-probabilities, as `log_softmax` returns them, any shape.
    target
        Probabilities; log-probabilities with `log_target`.
    reduction
        ``"batchmean"``, the divergence itself: the sum over everything, by the size of the first dimension; ``"sum"``;
        ``"none"``; or ``"mean"``, over all elements, which is no divergence and warns, as in PyTorch.
    log_target
        See above.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> p = tg.tensor([[0.5, 0.5]])
    >>> kl_div(p.log(), p, reduction="batchmean").item()
    0.0
    """
    if reduction == "mean":
        warnings.warn(
            "kl_div: reduction='mean' divides by the number of classes as well. Write reduction='batchmean' for the "
            "divergence itself.",
            UserWarning,
            stacklevel=2,
        )
    if log_target:
        losses = exp(target) * (target - input)
    else:
        # where the target is 0 its logarithm is not looked at
        empty = target <= 0
        losses = where(empty, 0.0, target * (log(where(empty, 1.0, target)) - input))
    if reduction == "batchmean":
        return losses.sum() / (losses.shape[0] if losses.ndim else 1)
    return reduced(losses, reduction)
