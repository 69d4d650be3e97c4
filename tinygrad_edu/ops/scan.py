"""Products, and running sums and products."""

from __future__ import annotations

from typing import Any

from tinygrad_edu.backend import np
from tinygrad_edu.broadcast import expand
from tinygrad_edu.ops.elementwise import mul
from tinygrad_edu.ops.rearrange import flip
from tinygrad_edu.ops.reduce import _spread, sum
from tinygrad_edu.ops.shape import reshape
from tinygrad_edu.primitive import primitive

__all__ = ["cumprod", "cumsum", "prod"]


@primitive("cumsum")
def cumsum(x: Any, /, dim: int) -> Any:
    """The running sum along `dim`. Element i goes into every sum from i on, so the gradient runs backwards.

    Parameters
    ----------
    x : Tensor
        Any shape with at least one axis.
    dim : int
        The axis to run along.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.cumsum(tg.tensor([1.0, 2.0, 3.0]), 0).tolist()
    [1.0, 3.0, 6.0]
    """
    return np.cumsum(x, axis=dim, dtype=x.dtype if x.dtype.kind == "f" else None)


@cumsum.defvjp
def cumsum_vjp(g: Any, out: Any, x: Any, dim: int) -> Any:
    return flip(cumsum(flip(g, (dim,)), dim), (dim,))


@primitive("cumprod")
def cumprod(x: Any, /, dim: int) -> Any:
    """The running product along `dim`. Parameters as for `cumsum`.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.cumprod(tg.tensor([1.0, 2.0, 3.0]), 0).tolist()
    [1.0, 2.0, 6.0]
    """
    return np.cumprod(x, axis=dim, dtype=x.dtype if x.dtype.kind == "f" else None)


@cumprod.defvjp
def cumprod_vjp(g: Any, out: Any, x: Any, dim: int) -> Any:
    # d out[k] / d x[i] is the product of x[0..k] without x[i]. With x laid out once for every i and a 1 in the place
    # of x[i], no division is needed, and a 0 among the numbers does no harm.
    n = x.shape[dim]
    axis = dim % x.ndim
    wide = (*x.shape[:axis], n, *x.shape[axis:])
    own = np.eye(n, dtype=bool).reshape(*(1,) * axis, n, n, *(1,) * (x.ndim - axis - 1))
    rows = _without_own(expand(reshape(x, (*x.shape[:axis], 1, *x.shape[axis:])), wide), own)
    later = np.triu(np.ones((n, n))).astype(x.dtype).reshape(own.shape)
    g = mul(reshape(g, (*x.shape[:axis], 1, *x.shape[axis:])), later)
    return sum(g * cumprod(rows, axis + 1), axis + 1)


def _without_own(rows: Any, own: np.ndarray) -> Any:
    """Put a 1 where `own` holds, with a gradient of 0 there."""
    return rows * (~own).astype(rows.dtype) + own.astype(rows.dtype)


@primitive("prod")
def prod(x: Any, /, dim: Any = None, keepdim: Any = False) -> Any:
    """The product along `dim`, of all numbers if None. The derivative by one number is the product of the others.

    Parameters
    ----------
    x : Tensor
        Any shape.
    dim : int, optional
        The axis to multiply along.
    keepdim : bool
        Keep it as an axis of size 1.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.prod(tg.tensor([2.0, 3.0, 4.0])).item()
    24.0
    """
    return np.multiply.reduce(x, axis=dim, keepdims=keepdim, dtype=x.dtype if x.dtype.kind == "f" else None)


@prod.defvjp
def prod_vjp(g: Any, out: Any, x: Any, dim: Any, keepdim: bool) -> Any:
    flat = reshape(x, (-1,)) if dim is None else x
    axis = 0 if dim is None else dim % x.ndim
    if flat.shape[axis] == 0:
        return flat * 0.0
    # what stands before each number, times what stands after it: no division, so a 0 does no harm
    before, after = _exclusive(flat, axis), flip(_exclusive(flip(flat, (axis,)), axis), (axis,))
    return reshape(before * after, x.shape) * _spread(g, x, dim)


def _exclusive(x: Any, axis: int) -> Any:
    """Return the running product along `axis` up to, and without, each number."""
    from tinygrad_edu.ops.shape import cat

    head = (slice(None),) * axis
    one = np.ones((*x.shape[:axis], 1, *x.shape[axis + 1 :]), x.dtype)
    return cat([one, cumprod(x, axis)[(*head, slice(0, -1))]], axis)
