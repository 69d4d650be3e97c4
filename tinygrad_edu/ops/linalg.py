"""Matrix products."""

from __future__ import annotations

from typing import Any

from tinygrad_edu.backend import np
from tinygrad_edu.broadcast import sum_to
from tinygrad_edu.errors import ShapeError, user_line
from tinygrad_edu.ops.shape import reshape, swapaxes
from tinygrad_edu.primitive import primitive

__all__ = ["matmul"]


@primitive("matmul")
def matmul(x: Any, y: Any) -> Any:
    """The matrix product x @ y, with batches and vectors as in NumPy and PyTorch.

    For matrices, gx = g @ yᵀ and gy = xᵀ @ g. Leading (batch) axes broadcast; a vector on the left is a
    row, on the right a column, and that axis is dropped from the result.

    Parameters
    ----------
    x : Tensor
        (..., n, k) or (k,).
    y : Tensor
        (..., k, m) or (k,).

    Raises
    ------
    ShapeError
        If the two sizes k differ, or a tensor is a single number.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.matmul(tg.tensor([[1.0, 2.0]]), tg.tensor([[3.0], [4.0]])).tolist()
    [[11.0]]
    """
    if x.ndim == 2 and y.ndim == 2 and x.shape[1] == y.shape[0]:
        # for matrices dot does the same with less ado
        return np.dot(x, y)
    try:
        return np.matmul(x, y)
    except ValueError:
        raise _do_not_fit(x, y) from None


@matmul.defvjp
def matmul_vjp(g: Any, out: Any, x: Any, y: Any, *, needs: tuple[bool, bool]) -> Any:
    if x.ndim == 2 and y.ndim == 2:
        return matmul(g, y.T) if needs[0] else None, matmul(x.T, g) if needs[1] else None
    rows = reshape(x, (1, *x.shape)) if x.ndim == 1 else x
    columns = reshape(y, (*y.shape, 1)) if y.ndim == 1 else y
    # give g back the axes that a vector operand had dropped
    batch = np.broadcast_shapes(rows.shape[:-2], columns.shape[:-2])
    g = reshape(g, (*batch, rows.shape[-2], columns.shape[-1]))
    gx = gy = None
    if needs[0]:
        gx = reshape(sum_to(matmul(g, swapaxes(columns, -1, -2)), rows.shape), x.shape)
    if needs[1]:
        gy = reshape(sum_to(matmul(swapaxes(rows, -1, -2), g), columns.shape), y.shape)
    return gx, gy


def _do_not_fit(x: np.ndarray, y: np.ndarray) -> ShapeError:
    if x.ndim == 0 or y.ndim == 0:
        return ShapeError(
            f"matmul: shapes {x.shape} and {y.shape}: a single number is no matrix; use *.{user_line()}"
        )
    inner = y.shape[-2] if y.ndim > 1 else y.shape[0]
    if x.shape[-1] != inner:
        return ShapeError(
            f"matmul: shapes {x.shape} and {y.shape} do not fit: the last axis of the first ({x.shape[-1]}) must "
            f"equal the {'second to last' if y.ndim > 1 else 'only'} axis of the second ({inner}). "
            f"Is one of them to be transposed (.T)?{user_line()}"
        )
    return ShapeError(
        f"matmul: shapes {x.shape} and {y.shape}: the batch axes {x.shape[:-2]} and {y.shape[:-2]} do not "
        f"broadcast.{user_line()}"
    )
