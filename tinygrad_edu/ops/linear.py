"""The linear layer as one operation: what `x @ w.T + b` does in three, without its copies."""

from __future__ import annotations

from typing import Any

from tinygrad_edu.backend import np
from tinygrad_edu.errors import ShapeError, user_line
from tinygrad_edu.ops.linalg import matmul
from tinygrad_edu.ops.workspace import product
from tinygrad_edu.primitive import Node, primitive

__all__ = ["linear"]


@primitive("linear")
def linear(x: Any, w: Any, b: Any = None, /) -> Any:
    """x wᵀ + b, over the last dimension of x.

    With g of the output's shape and all leading dimensions counted as rows: dx = g w, dw = gᵀ x, db = the sum of the
    rows of g.

    Parameters
    ----------
    x
        Shape (..., in).
    w
        Shape (out, in).
    b
        Shape (out,), or None.

    Raises
    ------
    ShapeError
        The last dimension of x is not that of w, or b does not fit.

    Examples
    --------
    >>> linear(np.array([[1.0, 2.0]]), np.array([[1.0, 1.0], [0.0, 3.0]]), np.array([0.0, 1.0]))
    array([[3., 7.]])
    """
    if w.ndim != 2 or not x.ndim or x.shape[-1] != w.shape[1]:
        raise ShapeError(
            f"linear: input has shape {x.shape} and weight {w.shape}; expected (..., in) and (out, in) "
            f"with the same in.{user_line()}"
        )
    if b is not None and b.shape != w.shape[:1]:
        raise ShapeError(f"linear: bias has shape {b.shape}, but should be {w.shape[:1]}.{user_line()}")
    # dot, because @ takes a slow path for a single row
    out = product(x, w.T)
    if b is not None:
        out += b
    return out


@linear.defvjp
def linear_vjp(
    g: Any, out: Any, x: Any, w: Any, b: Any = None, *, needs: tuple[bool, ...]
) -> tuple[Any, Any, Any]:
    """(g w, gᵀ x, the row sum of g)."""
    raw = not isinstance(g, Node)
    dot = product if raw else matmul
    gx = gw = gb = None
    if needs[0]:
        gx = dot(g, w)
    if needs[1] or needs[2]:
        rows = g if g.ndim == 2 else g.reshape(-1, w.shape[0])
        if needs[1]:
            gw = dot(rows.T, x if x.ndim == 2 else x.reshape(-1, w.shape[1]))
        if needs[2]:
            # a product with ones is a sum of rows through BLAS
            gb = np.dot(np.ones(len(rows), rows.dtype), rows) if raw else rows.sum(0)
    return gx, gw, gb
