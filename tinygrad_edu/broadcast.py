"""Broadcasting and its undoing: `expand` and `sum_to`, each the vjp of the other."""

from __future__ import annotations

from typing import Any

from tinygrad_edu.backend import np
from tinygrad_edu.primitive import primitive

__all__ = ["expand", "sum_to"]


@primitive("expand")
def expand(x: Any, /, shape: Any) -> Any:
    """Repeat `x` along new leading axes and along axes of size 1, without copying.

    Parameters
    ----------
    x : Tensor
        Any shape that broadcasts to `shape`.
    shape : tuple of int
        The wanted shape; -1 keeps the size of that axis.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.expand(tg.tensor([[1.0], [2.0]]), (2, 3)).tolist()
    [[1.0, 1.0, 1.0], [2.0, 2.0, 2.0]]
    """
    lead = len(shape) - x.ndim
    sizes = tuple(x.shape[i - lead] if size == -1 and i >= lead else size for i, size in enumerate(shape))
    return np.broadcast_to(x, sizes)


@expand.defvjp
def expand_vjp(g: Any, out: Any, x: Any, shape: Any) -> Any:
    return sum_to(g, x.shape)


@primitive("sum_to")
def sum_to(x: Any, /, shape: Any) -> Any:
    """Sum `x` over the axes that broadcasting from `shape` would have repeated.

    Parameters
    ----------
    x : Tensor
        A shape that `shape` broadcasts to.
    shape : tuple of int
        The shape to come back to.

    Raises
    ------
    ValueError
        If `shape` does not broadcast to the shape of `x`.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.sum_to(tg.ones(2, 3), (1, 3)).tolist()
    [[2.0, 2.0, 2.0]]
    """
    lead = x.ndim - len(shape)
    repeated = [i + lead for i, size in enumerate(shape) if size == 1 and x.shape[i + lead] != 1]
    total = np.add.reduce(x, axis=(*range(lead), *repeated)) if lead > 0 or repeated else x
    if lead < 0 or total.size != np.prod(shape, dtype=int):
        raise ValueError(f"sum_to: {tuple(shape)} does not broadcast to {x.shape}")
    return total.reshape(shape)


@sum_to.defvjp
def sum_to_vjp(g: Any, out: Any, x: Any, shape: Any) -> Any:
    # reshape first: the axes that were dropped come back as axes of size 1
    return expand(g, x.shape)
