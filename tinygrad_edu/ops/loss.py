"""Losses that are one operation each, because the composed form is unstable or slow.

- `cross_entropy`: softmax, logarithm and the choice of the true class in one pass over the scores.
- `binary_cross_entropy` and `binary_cross_entropy_with_logits`: elementwise, with PyTorch's conventions at 0 and 1.

`tinygrad_edu.nn.functional` gives them their reductions, weights and shapes.
"""

from __future__ import annotations

from typing import Any

from tinygrad_edu.backend import np
from tinygrad_edu.errors import DtypeError, ShapeError, user_line
from tinygrad_edu.ops.elementwise import log, maximum, sigmoid
from tinygrad_edu.ops.reduce import softmax
from tinygrad_edu.primitive import binary, primitive

__all__ = ["binary_cross_entropy", "binary_cross_entropy_with_logits", "cross_entropy"]


@primitive("cross_entropy", keeps=True)
def cross_entropy(
    x: Any, target: Any, /, *, weight: Any = None, ignore_index: int = -100, reduction: str = "mean"
) -> tuple[Any, Any]:
    r"""Cross entropy between scores x, shape (N, C), and true classes, integers of shape (N,).

    Row i costs ``l_i = logsumexp(x_i) - x_i[t_i]``; its gradient is ``softmax(x_i) - onehot(t_i)``. The largest score
    of the row is subtracted first, so no exponential overflows. With class weights, row i counts ``weight[t_i]`` times
    and the mean is over the sum of these; a row whose target is `ignore_index` counts nothing.

    Source: J. S. Bridle, "Probabilistic interpretation of feedforward classification network outputs" (1990).

    Parameters
    ----------
    x
        Scores (logits), shape (N, C), a float dtype.
    target
        Class of each row, shape (N,), an integer dtype, ``0 <= target < C`` or `ignore_index`.
    weight
        Array of shape (C,), or None.
    ignore_index
        The target that marks rows to leave out.
    reduction
        ``"mean"``, ``"sum"`` or ``"none"``.

    Raises
    ------
    ShapeError
        The shapes are not (N, C) and (N,).
    DtypeError
        The targets are not integers.
    ValueError
        A target is no class, or the reduction has another name.

    Examples
    --------
    >>> loss = cross_entropy(np.array([[2.0, 0.0], [0.0, 2.0]]), np.array([0, 0]))
    >>> float(loss.round(4))
    1.1269
    """
    rows, classes = check_classes("cross_entropy", x, target)
    counts = row_weights("cross_entropy", target, classes, weight, ignore_index, x.dtype)
    if counts is not None:
        target = np.where(target == ignore_index, 0, target)
    # Where each row's true score stands in the flat array: one `take` is faster than two-index gathering.
    places = np.arange(0, rows * classes, classes, dtype=np.int64)
    np.add(places, target, out=places, casting="unsafe")
    # NumPy finds the maxima of short rows one row at a time; down the columns of a copy it takes all rows at once.
    top = np.maximum.reduce(np.ascontiguousarray(x.T), 0) if classes < 64 else np.maximum.reduce(x, 1)
    # C order, so that the rule may write through the flat view of what it makes from this.
    shifted = np.subtract(x, top[:, None], order="C")
    losses = shifted.take(places)
    exps = np.exp(shifted, out=shifted)
    # A product with ones is a row sum through BLAS, several times as fast as np.sum along short rows.
    sums = np.dot(exps, np.ones(classes, x.dtype))
    np.subtract(np.log(sums), losses, out=losses)
    kept = exps, sums, places, counts
    if counts is not None:
        losses *= counts
    if reduction == "none":
        return losses, kept
    total = np.add.reduce(losses)
    if reduction == "sum":
        return total, kept
    if reduction == "mean":
        return total / divisor(rows, counts), kept
    raise ValueError(f"cross_entropy: reduction is 'mean', 'sum' or 'none', not {reduction!r}.{user_line()}")


@cross_entropy.defvjp
def cross_entropy_vjp(
    g: Any,
    out: Any,
    x: Any,
    target: Any,
    *,
    kept: Any,
    weight: Any,
    ignore_index: int,
    reduction: str,
) -> tuple[Any, None]:
    """(softmax(x) - onehot(target)) times what each row's loss is multiplied by."""
    if kept is None:
        return _composed_vjp(g, x, np.asarray(target.data), weight, ignore_index, reduction), None
    exps, sums, places, counts = kept
    if reduction == "mean":
        g = g / divisor(len(sums), counts)
    row_g = np.broadcast_to(g, sums.shape) if counts is None else g * counts
    gx = exps * (row_g / sums)[:, None]
    # Each place occurs once, so plain indexing subtracts correctly.
    gx.reshape(-1)[places] -= row_g
    return gx, None


def _composed_vjp(g: Any, x: Any, target: Any, weight: Any, ignore_index: int, reduction: str) -> Any:
    """The same rule in operations of our own, for `create_graph`, where it is differentiated again."""
    rows, classes = x.shape
    counts = row_weights("cross_entropy", target, classes, weight, ignore_index, x.dtype)
    onehot = np.zeros((rows, classes), x.dtype)
    if counts is None:
        onehot[np.arange(rows), target] = 1
    else:
        onehot[np.arange(rows), np.where(target == ignore_index, 0, target)] = 1
    if reduction == "mean":
        g = g / divisor(rows, counts)
    if reduction == "none":
        g = g.reshape(rows, 1)
    if counts is not None:
        g = g * counts[:, None]
    return (softmax(x, dim=1) - onehot) * g


def check_classes(name: str, x: Any, target: Any) -> tuple[int, int]:
    """Return (rows, classes), or say which shape or dtype does not fit."""
    if x.ndim != 2 or target.shape != x.shape[:1]:
        raise ShapeError(
            f"{name}: scores have shape {x.shape} and targets {target.shape}; expected (N, C) and (N,), "
            f"one class index for each row of scores.{user_line()}"
        )
    if not x.shape[1]:
        raise ShapeError(f"{name}: scores of shape {x.shape} leave no class to choose from.{user_line()}")
    if target.dtype.kind not in "iu":
        raise DtypeError(
            f"{name}: targets have dtype {target.dtype}; class indices are integers: "
            f"convert them with .long().{user_line()}"
        )
    rows, classes = x.shape
    return rows, classes


def row_weights(name: str, target: Any, classes: int, weight: Any, ignore_index: int, dtype: Any) -> Any:
    """How often each row counts, shape (N,); None if each counts once. Refuses targets that are no class."""
    # Read as unsigned, a negative number is huge: one reduction tests both ends.
    unsigned = target.view(f"u{target.dtype.itemsize}")
    if (
        weight is None
        and not 0 <= ignore_index < classes
        and (not target.size or np.maximum.reduce(unsigned) < classes)
    ):
        return None
    counted = target != ignore_index
    wrong = counted & (unsigned >= classes)
    if wrong.any():
        row = int(wrong.argmax())
        raise ValueError(
            f"{name}: the target of row {row} is {target[row]}, and {classes} scores per row mean classes "
            f"0 to {classes - 1}. Are the labels counted from 1?{user_line()}"
        )
    if weight is None:
        return counted.astype(dtype)
    if weight.shape != (classes,):
        raise ShapeError(
            f"{name}: class weights have shape {weight.shape}; expected ({classes},), "
            f"one for each of the {classes} classes.{user_line()}"
        )
    return np.where(counted, weight[np.where(counted, target, 0)], 0).astype(dtype)


def divisor(rows: int, counts: Any) -> Any:
    """What the mean divides by; nan where nothing counts, as in PyTorch, without NumPy's warning."""
    total = rows if counts is None else np.add.reduce(counts)
    return total if total else np.nan


@binary("binary_cross_entropy_with_logits")
def binary_cross_entropy_with_logits(x: Any, y: Any) -> Any:
    """-y log s(x) - (1 - y) log(1 - s(x)) for a score x, s the sigmoid; d/dx = s(x) - y, d/dy = -x.

    Computed as ``max(x, 0) - x y + log(1 + exp(-|x|))``, which neither overflows nor loses the small values.

    Examples
    --------
    >>> binary_cross_entropy_with_logits(np.array([-1000.0, 0.0]), np.array([0.0, 1.0])).round(4)
    array([0.    , 0.6931])
    """
    return np.maximum(x, 0) - x * y + np.log1p(np.exp(-np.abs(x)))


@binary_cross_entropy_with_logits.defvjp
def binary_cross_entropy_with_logits_vjp(g: Any, out: Any, x: Any, y: Any) -> tuple[Any, Any]:
    """g (sigmoid(x) - y) and -g x."""
    return g * (sigmoid(x) - y), -g * x


# PyTorch cuts the logarithm here, so that a probability of exactly 0 or 1 costs much and not everything.
_LOG_FLOOR = -100.0
_LEAST = 3.8e-44  # e^-100
_PRODUCT_FLOOR = 1e-12


@binary("binary_cross_entropy", domain="0 < x < 1")
def binary_cross_entropy(x: Any, y: Any) -> Any:
    """-y log x - (1 - y) log(1 - x) for a probability x; logarithms below -100 count as -100, as in PyTorch.

    Examples
    --------
    >>> binary_cross_entropy(np.array([0.5, 1.0]), np.array([1.0, 0.0])).round(4)
    array([  0.6931, 100.    ])
    """
    with np.errstate(divide="ignore"):
        log_x, log_rest = np.log(x), np.log1p(-x)
    return -y * np.maximum(log_x, _LOG_FLOOR) - (1 - y) * np.maximum(log_rest, _LOG_FLOOR)


@binary_cross_entropy.defvjp
def binary_cross_entropy_vjp(g: Any, out: Any, x: Any, y: Any) -> tuple[Any, Any]:
    """g (x - y) / (x (1 - x)), its denominator no smaller than 1e-12; for the target g (log(1 - x) - log x)."""
    gx = g * (x - y) / maximum((1 - x) * x, _PRODUCT_FLOOR)
    return gx, g * (log(maximum(1 - x, _LEAST)) - log(maximum(x, _LEAST)))
