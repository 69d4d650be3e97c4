"""Losses as functions: the operations of `tinygrad_edu.ops.loss` with reductions, weights and shapes."""

from __future__ import annotations

from typing import Any

from tinygrad_edu.backend import np
from tinygrad_edu.errors import ShapeError, user_line
from tinygrad_edu.ops import loss as ops
from tinygrad_edu.tensor import Tensor

from ._reduction import check_reduction, reduced, same_shape
from .activation import log_softmax

__all__ = [
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "cross_entropy",
    "nll_loss",
]


def cross_entropy(
    input: Any,
    target: Any,
    weight: Any = None,
    *,
    ignore_index: int = -100,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Any:
    """Cross entropy between scores and the true classes: log-softmax and negative log likelihood in one.

    Parameters
    ----------
    input
        Scores (logits, not probabilities): shape (N, C), (C,) for one sample, or (N, C, d1, ...) for one answer at
        every place.
    target
        Class indices, shape (N,), () or (N, d1, ...), integers; or probabilities, of the shape of `input`.
    weight
        How much each class counts, shape (C,).
    ignore_index
        Targets of this value are left out.
    reduction
        ``"mean"`` (over what counts, by its weight), ``"sum"`` or ``"none"``.
    label_smoothing
        The share, between 0 and 1, of each target that is spread evenly over all classes.
        Source: C. Szegedy et al., "Rethinking the Inception architecture for computer vision" (2016).

    Raises
    ------
    ShapeError
        The shapes do not belong together; the message gives both.
    ValueError
        A target is no class, or an option is out of range.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> round(cross_entropy(tg.tensor([[2.0, 0.0]]), tg.tensor([0])).item(), 4)
    0.1269
    """
    if not 0 <= label_smoothing <= 1:
        raise ValueError(
            f"cross_entropy: label_smoothing lies between 0 and 1, not {label_smoothing}.{user_line()}"
        )
    check_reduction(reduction)
    weights = _array(weight)
    if input.shape == target.shape and target.data.dtype.kind == "f":
        return _soft_cross_entropy(input, target, weights, reduction, label_smoothing)
    rows, classes, shape = _rows_of_classes("cross_entropy", input, target)
    if label_smoothing == 0:
        losses = ops.cross_entropy(
            rows, classes, weight=weights, ignore_index=ignore_index, reduction=reduction
        )
        return losses.reshape(shape) if reduction == "none" else losses
    logs = log_softmax(rows, dim=1)
    hard = _picked_losses(logs, classes, weights, ignore_index)
    counted = Tensor((classes.data != ignore_index).astype(rows.data.dtype))
    even = -(logs if weights is None else logs * Tensor(weights)).sum(1) * counted
    losses = (1 - label_smoothing) * hard + (label_smoothing / rows.shape[1]) * even
    return _reduce_counted(losses, classes, rows, weights, ignore_index, reduction, shape)


def nll_loss(
    input: Any,
    target: Any,
    weight: Any = None,
    *,
    ignore_index: int = -100,
    reduction: str = "mean",
) -> Any:
    """Negative log likelihood: minus the log-probability of the true class.

    Parameters as for `cross_entropy`, but `input` holds log-probabilities, as `log_softmax` returns them, and targets
    are class indices.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> nll_loss(tg.tensor([[-0.5, -1.0]]), tg.tensor([1])).item()
    1.0
    """
    check_reduction(reduction)
    rows, classes, shape = _rows_of_classes("nll_loss", input, target)
    weights = _array(weight)
    losses = _picked_losses(rows, classes, weights, ignore_index)
    return _reduce_counted(losses, classes, rows, weights, ignore_index, reduction, shape)


def binary_cross_entropy(
    input: Any,
    target: Any,
    weight: Any = None,
    reduction: str = "mean",
) -> Any:
    """-y log p - (1 - y) log(1 - p), for probabilities p between 0 and 1.

    Parameters
    ----------
    input
        Probabilities, any shape: the output of a sigmoid. For scores use `binary_cross_entropy_with_logits`, which is
        exact where the sigmoid rounds to 0 or 1.
    target
        The truth, between 0 and 1, of the same shape.
    weight
        How much each element counts; broadcasts.
    reduction
        ``"mean"``, ``"sum"`` or ``"none"``.

    Raises
    ------
    ShapeError
        The shapes differ.
    ValueError
        An input is no probability.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> round(binary_cross_entropy(tg.tensor([0.5, 0.5]), tg.tensor([0.0, 1.0])).item(), 4)
    0.6931
    """
    same_shape("binary_cross_entropy", input, target)
    p = input.data
    if p.size and not (p.min() >= 0 and p.max() <= 1):
        raise ValueError(
            f"binary_cross_entropy: inputs run from {p.min():.6g} to {p.max():.6g}, and probabilities lie between "
            f"0 and 1. For scores, use binary_cross_entropy_with_logits.{user_line()}"
        )
    losses = ops.binary_cross_entropy(input, target)
    return reduced(losses if weight is None else losses * weight, reduction)


def binary_cross_entropy_with_logits(
    input: Any,
    target: Any,
    weight: Any = None,
    reduction: str = "mean",
    pos_weight: Any = None,
) -> Any:
    """`binary_cross_entropy` of sigmoid(input), computed from the scores themselves, stable for any of them.

    Parameters
    ----------
    input
        Scores, any shape.
    target, weight, reduction
        As for `binary_cross_entropy`.
    pos_weight
        How much the positive term counts; broadcasts. Above 1 it raises recall, below 1 precision.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> binary_cross_entropy_with_logits(tg.tensor([-1000.0]), tg.tensor([0.0])).item()
    0.0
    """
    same_shape("binary_cross_entropy_with_logits", input, target)
    losses = ops.binary_cross_entropy_with_logits(input, target)
    if pos_weight is not None:
        # With target 1 the loss is what the positive term costs alone.
        positive = ops.binary_cross_entropy_with_logits(input, Tensor(np.ones_like(input.data)))
        losses = losses + (pos_weight - 1) * target * positive
    return reduced(losses if weight is None else losses * weight, reduction)


def _soft_cross_entropy(input: Any, target: Any, weights: Any, reduction: str, smoothing: float) -> Any:
    """Cross entropy against whole distributions: minus the sum of target * log_softmax over the classes."""
    dim = 0 if input.ndim == 1 else 1
    count = input.shape[dim]
    if smoothing:
        target = target * (1 - smoothing) + smoothing / count
    if weights is not None:
        target = target * Tensor(weights.reshape(-1, *[1] * (input.ndim - dim - 1)))
    losses = -(target * log_softmax(input, dim=dim)).sum(dim)
    total = reduced(losses, "none" if reduction == "none" else "sum")
    # PyTorch's mean is over the samples, whatever they weigh.
    return total / max(losses.data.size, 1) if reduction == "mean" else total


def _rows_of_classes(name: str, input: Any, target: Any) -> tuple[Any, Any, tuple[int, ...]]:
    """Return scores as (rows, C), targets as (rows,), and the shape that the losses have unreduced."""
    shape = tuple(target.shape)
    if input.ndim == 2 and len(shape) == 1 and input.shape[0] == shape[0]:
        return input, target, shape
    if input.ndim == 0 or tuple(input.shape[:1] + input.shape[2:] if input.ndim > 1 else ()) != shape:
        raise ShapeError(
            f"{name}: input has shape {tuple(input.shape)} and target {shape}; expected (N, C) and (N,), or "
            f"(N, C, d1, ...) and (N, d1, ...): one class index for each row of scores.{user_line()}"
        )
    if input.ndim == 1:
        return input.reshape(1, -1), target.reshape(1), shape
    last = input.permute(0, *range(2, input.ndim), 1)
    return last.reshape(-1, input.shape[1]), target.reshape(-1), shape


def _picked_losses(logs: Any, classes: Any, weights: Any, ignore_index: int) -> Any:
    """Minus the log-probability of each row's class, times how much the row counts."""
    rows, count = ops.check_classes("nll_loss", logs.data, classes.data)
    counts = ops.row_weights("nll_loss", classes.data, count, weights, ignore_index, logs.data.dtype)
    if counts is None:
        return -logs[np.arange(rows), classes.data]
    safe = np.where(classes.data == ignore_index, 0, classes.data)
    return logs[np.arange(rows), safe] * Tensor(-counts)


def _reduce_counted(
    losses: Any,
    classes: Any,
    rows: Any,
    weights: Any,
    ignore_index: int,
    reduction: str,
    shape: tuple[int, ...],
) -> Any:
    """Reduce losses that are already weighted; the mean divides by the sum of the weights."""
    if reduction == "none":
        return losses.reshape(shape)
    if reduction == "sum":
        return losses.sum()
    counts = ops.row_weights("nll_loss", classes.data, rows.shape[1], weights, ignore_index, rows.data.dtype)
    return losses.sum() / float(ops.divisor(len(classes.data), counts))


def _array(weight: Any) -> Any:
    """Take the numbers of class weights, which get no gradient."""
    return None if weight is None else weight.data if isinstance(weight, Tensor) else np.asarray(weight)
