"""Reductions: many numbers in, one out, along the axes named by ``dim`` (all of them if None).

Every rule first brings the gradient back to the reduced shape with its axes kept (`_spread`), where it
broadcasts against the input again.
"""

from __future__ import annotations

from math import prod
from typing import Any, NamedTuple

from tinygrad_edu.backend import np
from tinygrad_edu.broadcast import expand
from tinygrad_edu.errors import user_line
from tinygrad_edu.ops.elementwise import abs, exp, mul, pow, sqrt, where
from tinygrad_edu.ops.index import take_along_dim
from tinygrad_edu.ops.shape import reshape
from tinygrad_edu.primitive import primitive

__all__ = [
    "amax",
    "amin",
    "argmax",
    "argmin",
    "log_softmax",
    "logsumexp",
    "max",
    "mean",
    "min",
    "norm",
    "softmax",
    "std",
    "sum",
    "var",
]


class ValuesIndices(NamedTuple):
    """What ``max(dim=...)`` and ``min(dim=...)`` return, as in PyTorch."""

    values: Any
    indices: Any


def _kept_shape(shape: tuple[int, ...], dim: Any) -> tuple[int, ...]:
    """Return `shape` with the reduced axes as axes of size 1."""
    if dim is None:
        return (1,) * len(shape)
    dims = {d % len(shape) for d in (dim if isinstance(dim, tuple) else (dim,))} if shape else set()
    return tuple(1 if i in dims else size for i, size in enumerate(shape))


def _spread(g: Any, x: Any, dim: Any) -> Any:
    """Return `g` reshaped so that it broadcasts against `x`."""
    return reshape(g, _kept_shape(x.shape, dim))


def _count(x: Any, dim: Any) -> int:
    """Return how many numbers of `x` go into one."""
    return prod(size for size, kept in zip(x.shape, _kept_shape(x.shape, dim), strict=True) if kept == 1)


# -- sums


def add_up(x: np.ndarray, dim: Any, keepdim: Any) -> Any:
    """Sum an array along `dim`; along its rows as a product with ones, which BLAS does several times as fast.

    Only rows that are not too long: NumPy adds in pairs, which keeps more of the digits of a long sum.

    Examples
    --------
    >>> add_up(np.array([[1.0, 2.0], [3.0, 4.0]]), 1, keepdim=False)
    array([3., 7.])
    """
    if type(dim) is tuple and len(dim) == 1:
        dim = dim[0]
    if (
        x.size >= _MANY
        and type(dim) is int
        and dim in (-1, x.ndim - 1)
        and x.ndim > 1
        and x.shape[-1] <= _SHORT
        and x.dtype.char in "fd"
        and x.flags.c_contiguous
    ):
        total = np.dot(x, np.ones(x.shape[-1], x.dtype))
        return total[..., None] if keepdim else total
    return np.add.reduce(x, axis=dim, keepdims=keepdim)


# Numbers in all for which the detour pays, and numbers in a row that may be added one after the other.
_MANY, _SHORT = 4096, 1024


@primitive("sum")
def sum(x: Any, /, dim: Any = None, keepdim: Any = False) -> Any:
    """The sum along `dim`. Every summand's derivative is 1, so the gradient is repeated.

    Parameters
    ----------
    x : Tensor
        Any shape.
    dim : int or tuple of int, optional
        The axes to sum over; all if None.
    keepdim : bool
        Keep them as axes of size 1.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.sum(tg.tensor([[1.0, 2.0], [3.0, 4.0]]), dim=0).tolist()
    [4.0, 6.0]
    """
    if x.dtype.kind == "b":
        x = x.astype(np.int64)
    return add_up(x, dim, keepdim)


@sum.defvjp
def sum_vjp(g: Any, out: Any, x: Any, dim: Any, keepdim: bool) -> Any:
    return expand(_spread(g, x, dim), x.shape)


@primitive("mean")
def mean(x: Any, /, dim: Any = None, keepdim: Any = False) -> Any:
    """The mean along `dim`: the sum divided by the number of summands. Parameters as for `sum`.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.mean(tg.tensor([1.0, 2.0, 6.0])).item()
    3.0
    """
    if x.dtype.kind != "f":
        raise TypeError(
            f"mean: the tensor holds {x.dtype}, and a mean needs a float; use .float() first.{user_line()}"
        )
    return np.true_divide(add_up(x, dim, keepdim), x.dtype.type(_count(x, dim)))


@mean.defvjp
def mean_vjp(g: Any, out: Any, x: Any, dim: Any, keepdim: bool) -> Any:
    return expand(_spread(g, x, dim) / _count(x, dim), x.shape)


@primitive("var")
def var(x: Any, /, dim: Any = None, correction: float = 1, keepdim: Any = False) -> Any:
    """The variance along `dim`: squared distances from the mean, summed, over (count - correction).

    The derivative is 2 (x - mean) / (count - correction).

    Parameters
    ----------
    x : Tensor
        Any shape.
    dim, keepdim
        As for `sum`.
    correction : float
        1 for the unbiased estimate of a sample (PyTorch's default), 0 for the variance of the data itself.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.var(tg.tensor([1.0, 2.0, 3.0])).item()
    1.0
    """
    return np.var(x, axis=dim, ddof=correction, keepdims=keepdim)


@var.defvjp
def var_vjp(g: Any, out: Any, x: Any, dim: Any, correction: float, keepdim: bool) -> Any:
    centred = x - mean(x, dim, keepdim=True)
    return centred * (_spread(g, x, dim) * (2.0 / (_count(x, dim) - correction)))


def std(x: Any, dim: Any = None, correction: float = 1, keepdim: bool = False) -> Any:
    """The standard deviation along `dim`: the root of `var`, whose parameters it has.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.std(tg.tensor([1.0, 2.0, 3.0])).item()
    1.0
    """
    return sqrt(var(x, dim, correction, keepdim))


def norm(x: Any, p: float = 2, dim: Any = None, keepdim: bool = False) -> Any:
    """The p-norm along `dim`: the p-th root of the sum of |x|^p. The derivative of the 2-norm at 0 is 0.

    Parameters
    ----------
    x : Tensor
        Any shape.
    p : float
        1, 2, any other positive number, or infinity for the largest |x|.
    dim, keepdim
        As for `sum`.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.norm(tg.tensor([3.0, 4.0])).item()
    5.0
    """
    if p == 2:
        return norm2(x, dim, keepdim)
    if p == 1:
        return sum(abs(x), dim, keepdim)
    if p == float("inf"):
        return amax(abs(x), dim, keepdim)
    return pow(sum(pow(abs(x), p), dim, keepdim), 1 / p)


@primitive("norm", domain="norm != 0")
def norm2(x: Any, /, dim: Any = None, keepdim: Any = False) -> Any:
    """The square root of the sum of squares. The derivative is x / norm, and 0 where the norm is 0."""
    return np.sqrt(np.add.reduce(x * x, axis=dim, keepdims=keepdim))


@norm2.defvjp
def norm2_vjp(g: Any, out: Any, x: Any, dim: Any, keepdim: bool) -> Any:
    length = _spread(out, x, dim)
    # where the norm is 0 so is x, and 0 / 1 is what is wanted
    return _spread(g, x, dim) * (x / where(length == 0, 1.0, length))


# -- extremes


@primitive("amax", domain="no ties")
def amax(x: Any, /, dim: Any = None, keepdim: Any = False) -> Any:
    """The largest number along `dim`. Ties share the gradient evenly. Parameters as for `sum`.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.amax(tg.tensor([[1.0, 5.0], [3.0, 2.0]]), dim=1).tolist()
    [5.0, 3.0]
    """
    return np.maximum.reduce(x, axis=dim, keepdims=keepdim)


@primitive("amin", domain="no ties")
def amin(x: Any, /, dim: Any = None, keepdim: Any = False) -> Any:
    """The smallest number along `dim`. Ties share the gradient evenly. Parameters as for `sum`."""
    return np.minimum.reduce(x, axis=dim, keepdims=keepdim)


@amax.defvjp
@amin.defvjp
def extreme_vjp(g: Any, out: Any, x: Any, dim: Any, keepdim: bool) -> Any:
    return _spread(g, x, dim) * share_of_extreme(x, out, dim)


@primitive("share_of_extreme")
def share_of_extreme(x: Any, extreme: Any, /, dim: Any) -> Any:
    """1 over the number of ties where x is the extreme, else 0; a constant."""
    chosen = x == extreme.reshape(_kept_shape(x.shape, dim))
    return np.true_divide(chosen, np.add.reduce(chosen, axis=dim, keepdims=True), dtype=x.dtype)


@primitive("argmax")
def argmax(x: Any, /, dim: Any = None, keepdim: Any = False) -> Any:
    """The index of the largest number along `dim` (of the flattened tensor if None); the first of a tie."""
    return np.argmax(x, axis=dim, keepdims=keepdim)


@primitive("argmin")
def argmin(x: Any, /, dim: Any = None, keepdim: Any = False) -> Any:
    """The index of the smallest number along `dim` (of the flattened tensor if None); the first of a tie."""
    return np.argmin(x, axis=dim, keepdims=keepdim)


def max(x: Any, dim: int | None = None, keepdim: Any = False) -> Any:
    """The largest number; with `dim`, a pair ``(values, indices)``, as in PyTorch.

    Without `dim` ties share the gradient evenly; with it the one at the index gets all of it.

    Parameters
    ----------
    x : Tensor
        Any shape.
    dim : int, optional
        The one axis to look along.
    keepdim : bool
        Keep it as an axis of size 1.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> x = tg.tensor([[1.0, 5.0], [3.0, 2.0]])
    >>> tg.max(x).item()
    5.0
    >>> values, indices = tg.max(x, dim=1)
    >>> values.tolist(), indices.tolist()
    ([5.0, 3.0], [1, 0])
    """
    return _extreme(x, dim, keepdim, amax, argmax)


def min(x: Any, dim: int | None = None, keepdim: Any = False) -> Any:
    """The smallest number; with `dim`, a pair ``(values, indices)``. As `max` otherwise."""
    return _extreme(x, dim, keepdim, amin, argmin)


def _extreme(x: Any, dim: int | None, keepdim: bool, value: Any, index: Any) -> Any:
    if dim is None:
        return value(x)
    indices = index(x, dim, True)
    values = take_along_dim(x, indices, dim)
    if not keepdim:
        shape = tuple(size for i, size in enumerate(x.shape) if i != dim % x.ndim)
        values, indices = reshape(values, shape), reshape(indices, shape)
    return ValuesIndices(values, indices)


# -- the softmax family


@primitive("logsumexp")
def logsumexp(x: Any, /, dim: Any = None, keepdim: bool = False) -> Any:
    """log(sum(e^x)) along `dim`, without overflow. The derivative is softmax(x). Parameters as for `sum`.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> round(tg.logsumexp(tg.tensor([200.0, 200.0]), dim=0).item(), 3)
    200.693
    """
    top = np.maximum.reduce(x, axis=dim, keepdims=True)
    # subtracting an infinite maximum from itself would not be a number
    top = np.where(np.isfinite(top), top, x.dtype.type(0))
    with np.errstate(divide="ignore"):
        out = np.log(np.add.reduce(np.exp(x - top), axis=dim, keepdims=True)) + top
    return out if keepdim else np.squeeze(out, axis=tuple(range(x.ndim)) if dim is None else dim)


@logsumexp.defvjp
def logsumexp_vjp(g: Any, out: Any, x: Any, dim: Any, keepdim: bool) -> Any:
    return _spread(g, x, dim) * exp(x - _spread(out, x, dim))


@primitive("softmax")
def softmax(x: Any, /, dim: Any = -1) -> Any:
    """e^x over the sum of e^x along `dim`: positive numbers that sum to 1.

    The gradient is s * (g - sum(g * s)).

    Parameters
    ----------
    x : Tensor
        Any shape with at least one axis.
    dim : int
        The axis that sums to 1.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.softmax(tg.tensor([0.0, 0.0]), dim=0).tolist()
    [0.5, 0.5]
    """
    e = np.exp(x - np.maximum.reduce(x, axis=dim, keepdims=True))
    e /= add_up(e, dim, keepdim=True)
    return e


@softmax.defvjp
def softmax_vjp(g: Any, out: Any, x: Any, dim: Any) -> Any:
    g = mul(g, out)
    return g - out * sum(g, dim, True)


@primitive("log_softmax")
def log_softmax(x: Any, /, dim: Any = -1) -> Any:
    """log(softmax(x)) along `dim`, without overflow. The gradient is g - softmax(x) * sum(g).

    Parameters as for `softmax`.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> [round(v, 4) for v in tg.log_softmax(tg.tensor([0.0, 0.0]), dim=0).tolist()]
    [-0.6931, -0.6931]
    """
    shifted = x - np.maximum.reduce(x, axis=dim, keepdims=True)
    shifted -= np.log(add_up(np.exp(shifted), dim, keepdim=True))
    return shifted


@log_softmax.defvjp
def log_softmax_vjp(g: Any, out: Any, x: Any, dim: Any) -> Any:
    return g - exp(out) * sum(g, dim, True)
