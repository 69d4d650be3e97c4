"""Operations that move numbers about without computing: their rules move the gradients back."""

from __future__ import annotations

from math import prod
from typing import Any

from tinygrad_edu.backend import np
from tinygrad_edu.errors import ShapeError, user_line
from tinygrad_edu.primitive import primitive

__all__ = [
    "cast",
    "cat",
    "flatten",
    "pad",
    "permute",
    "reshape",
    "squeeze",
    "stack",
    "swapaxes",
    "transpose",
    "unsqueeze",
]


@primitive("reshape")
def reshape(x: Any, /, shape: Any) -> Any:
    """The same numbers, in the same order, in another shape.

    Parameters
    ----------
    x : Tensor
        Any shape.
    shape : tuple of int
        The new shape; one size may be -1 and is worked out from the others.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.reshape(tg.tensor([1.0, 2.0, 3.0, 4.0]), (2, -1)).tolist()
    [[1.0, 2.0], [3.0, 4.0]]
    """
    try:
        return x.reshape(shape)
    except ValueError:
        sizes = tuple(np.atleast_1d(shape).tolist())
        raise ShapeError(
            f"reshape: shape {x.shape} holds {x.size} numbers and cannot become {sizes}. "
            f"The product of the sizes must stay the same.{user_line()}"
        ) from None


@reshape.defvjp
def reshape_vjp(g: Any, out: Any, x: Any, shape: Any) -> Any:
    return reshape(g, x.shape)


@primitive("permute")
def permute(x: Any, /, dims: Any) -> Any:
    """The axes in another order.

    Parameters
    ----------
    x : Tensor
        Any shape.
    dims : tuple of int
        Which axis of x comes where.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.permute(tg.zeros(2, 3, 4), (2, 0, 1)).shape
    (4, 2, 3)
    """
    return np.transpose(x, dims)


@permute.defvjp
def permute_vjp(g: Any, out: Any, x: Any, dims: Any) -> Any:
    n = len(dims)
    return permute(g, tuple(sorted(range(n), key=lambda i: dims[i] % n)))


@primitive("swapaxes")
def swapaxes(x: Any, /, dim0: int, dim1: int) -> Any:
    """Two axes exchanged; for a matrix, its transpose.

    Parameters
    ----------
    x : Tensor
        Any shape.
    dim0, dim1 : int
        The two axes.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.swapaxes(tg.zeros(2, 3, 4), 0, 2).shape
    (4, 3, 2)
    """
    return np.swapaxes(x, dim0, dim1)


@swapaxes.defvjp
def swapaxes_vjp(g: Any, out: Any, x: Any, dim0: int, dim1: int) -> Any:
    return swapaxes(g, dim0, dim1)


# PyTorch's name for it
transpose = swapaxes


@primitive("squeeze")
def squeeze(x: Any, /, dim: Any = None) -> Any:
    """Without the axes of size 1: all of them, or those of `dim` that have size 1.

    Parameters
    ----------
    x : Tensor
        Any shape.
    dim : int or tuple of int, optional
        Which axes; one of another size is left as it is, as in PyTorch.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.squeeze(tg.zeros(1, 3, 1)).shape
    (3,)
    """
    dims = range(x.ndim) if dim is None else dim if isinstance(dim, tuple) else (dim,)
    return np.squeeze(x, axis=tuple(d for d in dims if x.shape[d] == 1))


@primitive("unsqueeze")
def unsqueeze(x: Any, /, dim: int) -> Any:
    """A new axis of size 1 at `dim`.

    Parameters
    ----------
    x : Tensor
        Any shape.
    dim : int
        Where, in the new shape.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.unsqueeze(tg.zeros(2, 3), 1).shape
    (2, 1, 3)
    """
    return np.expand_dims(x, dim)


@squeeze.defvjp
@unsqueeze.defvjp
def squeeze_vjp(g: Any, out: Any, x: Any, dim: Any) -> Any:
    return reshape(g, x.shape)


@primitive("flatten")
def flatten(x: Any, /, start_dim: int = 0, end_dim: int = -1) -> Any:
    """The axes from `start_dim` to `end_dim`, both included, joined into one.

    Parameters
    ----------
    x : Tensor
        Any shape.
    start_dim, end_dim : int
        The first and the last axis to join.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.flatten(tg.zeros(8, 3, 4, 4), 1).shape
    (8, 48)
    """
    if x.ndim == 0:
        return x.reshape(1)
    start, end = start_dim % x.ndim, end_dim % x.ndim
    return x.reshape(*x.shape[:start], prod(x.shape[start : end + 1]), *x.shape[end + 1 :])


@flatten.defvjp
def flatten_vjp(g: Any, out: Any, x: Any, start_dim: int, end_dim: int) -> Any:
    return reshape(g, x.shape)


@primitive("cat")
def cat(*xs: Any, dim: int = 0) -> Any:
    """The tensors of a list, one after the other along an axis that they have.

    Parameters
    ----------
    xs : list of Tensor
        Equal shapes but for the axis `dim`.
    dim : int
        The axis along which they follow each other.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.cat([tg.zeros(2), tg.ones(1)]).tolist()
    [0.0, 0.0, 1.0]
    """
    try:
        return np.concatenate(xs, axis=dim)
    except ValueError:
        raise ShapeError(
            f"cat: shapes {', '.join(str(x.shape) for x in xs)} must be equal but for axis {dim}.{user_line()}"
        ) from None


@cat.defvjp
def cat_vjp(g: Any, out: Any, *xs: Any, dim: int) -> Any:
    parts, start = [], 0
    for x in xs:
        before = (slice(None),) * (dim % x.ndim)
        parts.append(g[(*before, slice(start, start + x.shape[dim]))])
        start += x.shape[dim]
    return tuple(parts)


@primitive("stack")
def stack(*xs: Any, dim: int = 0) -> Any:
    """The tensors of a list, side by side along a new axis.

    Parameters
    ----------
    xs : list of Tensor
        Equal shapes.
    dim : int
        Where the new axis goes.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.stack([tg.zeros(2), tg.ones(2)]).tolist()
    [[0.0, 0.0], [1.0, 1.0]]
    """
    try:
        return np.stack(xs, axis=dim)
    except ValueError:
        raise ShapeError(
            f"stack: shapes {', '.join(str(x.shape) for x in xs)} must be equal.{user_line()}"
        ) from None


@stack.defvjp
def stack_vjp(g: Any, out: Any, *xs: Any, dim: int) -> Any:
    before = (slice(None),) * (dim % (xs[0].ndim + 1))
    return tuple(g[(*before, i)] for i in range(len(xs)))


@primitive("pad")
def pad(x: Any, /, pad: Any, value: float = 0.0) -> Any:
    """A border of a constant around the last axes.

    Parameters
    ----------
    x : Tensor
        Any shape.
    pad : tuple of int
        How much before and after the last axis, then the one before it, and so on; at least 0.
    value : float
        What the border holds.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.pad(tg.ones(2), (1, 2)).tolist()
    [0.0, 1.0, 1.0, 0.0, 0.0]
    """
    return np.pad(x, _widths(x, pad), constant_values=value)


@pad.defvjp
def pad_vjp(g: Any, out: Any, x: Any, pad: Any, value: float) -> Any:
    widths = _widths(x, pad)
    return g[tuple(slice(before, before + size) for (before, _), size in zip(widths, x.shape, strict=True))]


def _widths(x: Any, pad: Any) -> list[tuple[int, int]]:
    """Turn PyTorch's flat list, last axis first, into one pair for each axis."""
    if len(pad) % 2 or len(pad) > 2 * x.ndim or any(p < 0 for p in pad):
        raise ShapeError(
            f"pad: {tuple(pad)} should be pairs of sizes of at least 0, before and after, last axis first, for at "
            f"most the {x.ndim} axes of shape {x.shape}.{user_line()}"
        )
    widths = [(pad[i], pad[i + 1]) for i in range(0, len(pad), 2)]
    return [(0, 0)] * (x.ndim - len(widths)) + widths[::-1]


@primitive("cast")
def cast(x: Any, /, dtype: Any) -> Any:
    """The same numbers in another element type. The gradient comes back in the old one.

    Parameters
    ----------
    x : Tensor
        Any shape.
    dtype : numpy.dtype
        The wanted type.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.cast(tg.ones(2), tg.float64).dtype
    dtype('float64')
    """
    return x.astype(dtype)


@cast.defvjp
def cast_vjp(g: Any, out: Any, x: Any, dtype: Any) -> Any:
    return cast(g, x.dtype)
