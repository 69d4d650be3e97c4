"""Indexing: taking numbers out by position, and the reverse, adding gradients back where they came from."""

from __future__ import annotations

from typing import Any

from tinygrad_edu.backend import np
from tinygrad_edu.errors import user_line
from tinygrad_edu.ops.elementwise import add, where
from tinygrad_edu.primitive import Node, primitive

__all__ = ["gather", "index_select", "masked_fill", "scatter_add", "take_along_dim"]


@primitive("getitem")
def getitem(x: Any, /, index: Any) -> Any:
    """x[index] for slices, integers, integer arrays, masks, None and Ellipsis, in any mixture.

    The gradient goes back to the places that were taken; one that was taken twice gets both.

    Parameters
    ----------
    x : Tensor
        Any shape.
    index : int, slice, None, Ellipsis, array of int or bool, or a tuple of these
        As in NumPy.

    Raises
    ------
    IndexError
        If the index lies outside.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.tensor([[1.0, 2.0], [3.0, 4.0]])[:, 1].tolist()
    [2.0, 4.0]
    """
    try:
        return x[index]
    except IndexError as error:
        raise IndexError(f"index: {error} (shape {x.shape}).{user_line()}") from None


@getitem.defvjp
def getitem_vjp(g: Any, out: Any, x: Any, index: Any) -> Any:
    return put_back(g, index, x.shape)


@primitive("put_back")
def put_back(g: Any, /, index: Any, shape: Any) -> Any:
    """Zeros of `shape` with `g` added at `index`: the reverse of taking ``[index]``."""
    out = np.zeros(shape, g.dtype)
    if _is_basic(index):
        # slices and integers name each place once
        out[index] = g
    else:
        np.add.at(out, index, g)
    return out


@put_back.defvjp
def put_back_vjp(gg: Any, out: Any, g: Any, index: Any, shape: Any) -> Any:
    return getitem(gg, index)


def _is_basic(index: Any) -> bool:
    parts = index if isinstance(index, tuple) else (index,)
    return all(
        part is None or part is Ellipsis or isinstance(part, (int, slice)) for part in parts
    ) and not any(isinstance(part, bool) for part in parts)


@primitive("take_along_dim")
def take_along_dim(x: Any, indices: Any, /, dim: int) -> Any:
    """Along `dim`, the number at each index: out[i][j] = x[i][indices[i][j]] for dim = 1.

    Parameters
    ----------
    x : Tensor
        Any shape.
    indices : Tensor of int
        As many axes as x.
    dim : int
        The axis that the indices count along.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.take_along_dim(tg.tensor([[1.0, 2.0], [3.0, 4.0]]), tg.tensor([[1], [0]]), 1).tolist()
    [[2.0], [3.0]]
    """
    return x[_along(indices, dim)]


@take_along_dim.defvjp
def take_along_dim_vjp(g: Any, out: Any, x: Any, indices: Any, dim: int) -> Any:
    return scatter_back(g, indices, dim, x.shape), None


@primitive("scatter_back")
def scatter_back(g: Any, indices: Any, /, dim: int, shape: Any) -> Any:
    """Zeros of `shape` with `g` added where `take_along_dim` took from: its reverse."""
    out = np.zeros(shape, g.dtype)
    np.add.at(out, _along(indices, dim), g)
    return out


@scatter_back.defvjp
def scatter_back_vjp(gg: Any, out: Any, g: Any, indices: Any, dim: int, shape: Any) -> Any:
    return take_along_dim(gg, indices, dim), None


def _along(indices: np.ndarray, dim: int) -> tuple[np.ndarray, ...]:
    """Return a full index: `indices` along `dim`, each place's own number along every other axis."""
    places = list(np.ogrid[tuple(slice(size) for size in indices.shape)])
    places[dim] = indices
    return tuple(places)


# -- compositions


def gather(x: Any, dim: int, index: Any) -> Any:
    """`take_along_dim` with its arguments in another order, as PyTorch has it.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.gather(tg.tensor([[1.0, 2.0], [3.0, 4.0]]), 1, tg.tensor([[1], [0]])).tolist()
    [[2.0], [3.0]]
    """
    return take_along_dim(x, index, dim)


def index_select(x: Any, dim: int, index: Any) -> Any:
    """The slices of `x` along `dim` at the positions of a vector.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.index_select(tg.tensor([[1.0, 2.0], [3.0, 4.0]]), 1, tg.tensor([1, 1])).tolist()
    [[2.0, 2.0], [4.0, 4.0]]
    """
    positions = index._data if isinstance(index, Node) else index
    return getitem(x, (*(slice(None),) * (dim % len(x.shape)), positions))


def masked_fill(x: Any, mask: Any, value: Any) -> Any:
    """`x`, but `value` where the mask is true; no gradient flows there.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.masked_fill(tg.tensor([1.0, 2.0]), tg.tensor([True, False]), 0.0).tolist()
    [0.0, 2.0]
    """
    return where(mask, value, x)


def scatter_add(x: Any, dim: int, index: Any, source: Any) -> Any:
    """`x` with the numbers of `source` added at the positions of `index` along `dim`: the reverse of `gather`.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.scatter_add(tg.zeros(3), 0, tg.tensor([2, 2]), tg.tensor([1.0, 5.0])).tolist()
    [0.0, 0.0, 6.0]
    """
    # as in PyTorch, what of the source lies beyond the index is left out
    part = getitem(source, tuple(slice(0, size) for size in index.shape))
    return add(x, scatter_back(part, index, dim, tuple(x.shape)))
