"""Order: sorting, the largest few, and the truth of any or all."""

from __future__ import annotations

from typing import Any

from tinygrad_edu.backend import np
from tinygrad_edu.ops.index import take_along_dim
from tinygrad_edu.ops.reduce import ValuesIndices
from tinygrad_edu.primitive import primitive

__all__ = ["all", "any", "argsort", "sort", "topk"]


@primitive("argsort")
def argsort(x: Any, /, dim: int = -1, descending: bool = False) -> Any:
    """The indices that sort `x` along `dim`; equal numbers stay in their order.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.argsort(tg.tensor([3.0, 1.0, 2.0])).tolist()
    [1, 2, 0]
    """
    if not descending:
        return np.argsort(x, axis=dim, kind="stable")
    # sorted backwards from the back, so that equal numbers stay in their order here too
    backwards = np.argsort(np.flip(x, dim), axis=dim, kind="stable")
    return np.flip(x.shape[dim] - 1 - backwards, dim)


def sort(x: Any, dim: int = -1, descending: bool = False) -> Any:
    """The numbers in order along `dim`, and where each came from: ``(values, indices)``.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> values, indices = tg.sort(tg.tensor([3.0, 1.0, 2.0]))
    >>> values.tolist(), indices.tolist()
    ([1.0, 2.0, 3.0], [1, 2, 0])
    """
    indices = argsort(x, dim, descending)
    return ValuesIndices(take_along_dim(x, indices, dim), indices)


def topk(x: Any, k: int, dim: int = -1, largest: bool = True) -> Any:
    """The `k` largest (or smallest) numbers along `dim`, in order: ``(values, indices)``.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.topk(tg.tensor([3.0, 1.0, 2.0]), 2).values.tolist()
    [3.0, 2.0]
    """
    head = (slice(None),) * (dim % len(x.shape))
    indices = argsort(x, dim, largest)[(*head, slice(0, k))]
    return ValuesIndices(take_along_dim(x, indices, dim), indices)


@primitive("any")
def any(x: Any, /, dim: Any = None, keepdim: bool = False) -> Any:
    """True where at least one number along `dim` is true (not zero).

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.any(tg.tensor([[0, 0], [0, 1]]), dim=1).tolist()
    [False, True]
    """
    return np.any(x, axis=dim, keepdims=keepdim)


@primitive("all")
def all(x: Any, /, dim: Any = None, keepdim: bool = False) -> Any:
    """True where every number along `dim` is true (not zero).

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.all(tg.tensor([[1, 1], [0, 1]]), dim=1).tolist()
    [True, False]
    """
    return np.all(x, axis=dim, keepdims=keepdim)
