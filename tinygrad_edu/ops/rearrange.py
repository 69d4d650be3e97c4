"""More ways to move numbers about: reversed, rolled, tiled, in parts, in triangles, on diagonals."""

from __future__ import annotations

from typing import Any

from tinygrad_edu.backend import np
from tinygrad_edu.broadcast import expand
from tinygrad_edu.errors import ShapeError, user_line
from tinygrad_edu.ops.elementwise import mul
from tinygrad_edu.ops.index import getitem
from tinygrad_edu.ops.reduce import sum
from tinygrad_edu.ops.shape import permute, reshape, unsqueeze
from tinygrad_edu.primitive import Node, primitive

__all__ = [
    "chunk",
    "diag",
    "flip",
    "moveaxis",
    "repeat_interleave",
    "roll",
    "split",
    "tile",
    "tril",
    "triu",
    "unbind",
]


@primitive("flip")
def flip(x: Any, /, dims: Any) -> Any:
    """The order along `dims` reversed.

    Parameters
    ----------
    x : Tensor
        Any shape.
    dims : int or tuple of int
        The axes to reverse.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.flip(tg.tensor([1.0, 2.0, 3.0]), (0,)).tolist()
    [3.0, 2.0, 1.0]
    """
    return np.flip(x, dims)


@flip.defvjp
def flip_vjp(g: Any, out: Any, x: Any, dims: Any) -> Any:
    return flip(g, dims)


@primitive("roll")
def roll(x: Any, /, shifts: Any, dims: Any = None) -> Any:
    """The numbers moved on by `shifts` along `dims`; what falls out at the end comes in at the start.

    Parameters
    ----------
    x : Tensor
        Any shape.
    shifts : int or tuple of int
        How far, one for each of `dims`.
    dims : int or tuple of int, optional
        Along which axes; of the flattened tensor if None.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.roll(tg.tensor([1.0, 2.0, 3.0]), 1).tolist()
    [3.0, 1.0, 2.0]
    """
    return np.roll(x, shifts, dims)


@roll.defvjp
def roll_vjp(g: Any, out: Any, x: Any, shifts: Any, dims: Any) -> Any:
    return roll(g, tuple(-s for s in shifts) if isinstance(shifts, tuple) else -shifts, dims)


@primitive("tril")
def tril(x: Any, /, diagonal: int = 0) -> Any:
    """The lower triangle of matrices, up to the given diagonal; 0 above it.

    Parameters
    ----------
    x : Tensor
        (..., n, m).
    diagonal : int
        0 is the main one; positive lies above it.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.tril(tg.ones(2, 2)).tolist()
    [[1.0, 0.0], [1.0, 1.0]]
    """
    return np.tril(x, diagonal)


@tril.defvjp
def tril_vjp(g: Any, out: Any, x: Any, diagonal: int) -> Any:
    return tril(g, diagonal)


@primitive("triu")
def triu(x: Any, /, diagonal: int = 0) -> Any:
    """The upper triangle of matrices, from the given diagonal on; 0 below it. Parameters as for `tril`."""
    return np.triu(x, diagonal)


@triu.defvjp
def triu_vjp(g: Any, out: Any, x: Any, diagonal: int) -> Any:
    return triu(g, diagonal)


@primitive("diag")
def diag(x: Any, /, diagonal: int = 0) -> Any:
    """Of a vector, the matrix with it on the diagonal; of a matrix, the vector on its diagonal.

    Parameters
    ----------
    x : Tensor
        (n,) or (n, m).
    diagonal : int
        0 is the main one; positive lies above it.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.diag(tg.tensor([1.0, 2.0])).tolist()
    [[1.0, 0.0], [0.0, 2.0]]
    """
    return np.diag(x, diagonal)


@diag.defvjp
def diag_vjp(g: Any, out: Any, x: Any, diagonal: int) -> Any:
    if x.ndim == 1:
        return diag(g, diagonal)
    n = g.shape[0]
    rows, columns = np.arange(n) - min(diagonal, 0), np.arange(n) + max(diagonal, 0)
    at = np.zeros((*x.shape, n), g.dtype if not isinstance(g, Node) else g._data.dtype)
    at[rows, columns, np.arange(n)] = 1
    return sum(mul(at, g), -1)


# -- compositions


def moveaxis(x: Any, source: Any, destination: Any) -> Any:
    """The axes `source` moved to `destination`, the others in their order.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.moveaxis(tg.zeros(2, 3, 4), 0, -1).shape
    (3, 4, 2)
    """
    n = len(x.shape)
    sources = [s % n for s in (source if isinstance(source, (tuple, list)) else (source,))]
    targets = [d % n for d in (destination if isinstance(destination, (tuple, list)) else (destination,))]
    order = [i for i in range(n) if i not in sources]
    for target, axis in sorted(zip(targets, sources, strict=True)):
        order.insert(target, axis)
    return permute(x, tuple(order))


def tile(x: Any, dims: Any) -> Any:
    """The whole tensor repeated `dims` times along each axis.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.tile(tg.tensor([1.0, 2.0]), (2,)).tolist()
    [1.0, 2.0, 1.0, 2.0]
    """
    dims = (1,) * (len(x.shape) - len(dims)) + tuple(dims)
    shape = (1,) * (len(dims) - len(x.shape)) + tuple(x.shape)
    # each axis split in two, the new one repeated, the two joined
    apart = tuple(size for pair in zip((1,) * len(shape), shape, strict=True) for size in pair)
    wide = tuple(size for pair in zip(dims, shape, strict=True) for size in pair)
    joined = tuple(d * size for d, size in zip(dims, shape, strict=True))
    return reshape(expand(reshape(x, apart), wide), joined)


def repeat_interleave(x: Any, repeats: int, dim: int | None = None) -> Any:
    """Every number (every slice along `dim`) repeated in place.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.repeat_interleave(tg.tensor([1.0, 2.0]), 2).tolist()
    [1.0, 1.0, 2.0, 2.0]
    """
    if dim is None:
        x, dim = reshape(x, (-1,)), 0
    dim %= len(x.shape)
    shape = x.shape
    wide = expand(unsqueeze(x, dim + 1), (*shape[: dim + 1], repeats, *shape[dim + 1 :]))
    return reshape(wide, (*shape[:dim], shape[dim] * repeats, *shape[dim + 1 :]))


def split(x: Any, split_size_or_sections: Any, dim: int = 0) -> tuple[Any, ...]:
    """Consecutive parts along `dim`: of one size (the last may be smaller), or of the sizes of a list.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> [part.tolist() for part in tg.split(tg.arange(5), 2)]
    [[0, 1], [2, 3], [4]]
    """
    total, sizes = x.shape[dim], split_size_or_sections
    if isinstance(sizes, int):
        sizes = [min(sizes, total - start) for start in range(0, total, sizes)] or [0]
    if np.sum(sizes) != total:
        raise ShapeError(
            f"split: the sizes {list(sizes)} should add up to {total}, the size of axis {dim} of shape "
            f"{tuple(x.shape)}.{user_line()}"
        )
    head, ends = (slice(None),) * (dim % len(x.shape)), np.cumsum(sizes).tolist()
    return tuple(getitem(x, (*head, slice(end - size, end))) for end, size in zip(ends, sizes, strict=True))


def chunk(x: Any, chunks: int, dim: int = 0) -> tuple[Any, ...]:
    """At most `chunks` consecutive parts along `dim`, all but the last of one size.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> [part.tolist() for part in tg.chunk(tg.arange(5), 2)]
    [[0, 1, 2], [3, 4]]
    """
    return split(x, max(1, -(-x.shape[dim] // chunks)), dim)


def unbind(x: Any, dim: int = 0) -> tuple[Any, ...]:
    """The slices along `dim`, without that axis.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> [row.tolist() for row in tg.unbind(tg.tensor([[1.0, 2.0], [3.0, 4.0]]))]
    [[1.0, 2.0], [3.0, 4.0]]
    """
    head = (slice(None),) * (dim % len(x.shape))
    return tuple(getitem(x, (*head, i)) for i in range(x.shape[dim]))
