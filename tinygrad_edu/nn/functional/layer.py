"""What the simpler layers compute, as functions: linear, dropout, classes as vectors."""

from __future__ import annotations

from typing import Any

from tinygrad_edu.backend import np
from tinygrad_edu.errors import DtypeError, user_line
from tinygrad_edu.factories import generator
from tinygrad_edu.ops.elementwise import where
from tinygrad_edu.ops.linear import linear
from tinygrad_edu.tensor import Tensor

__all__ = ["dropout", "dropout2d", "embedding", "linear", "one_hot"]


def dropout(input: Any, p: float = 0.5, training: bool = True, inplace: bool = False) -> Any:
    """Set each element to 0 with probability `p` and divide the others by 1 - p, which keeps the expected value.

    While not training it returns `input` itself. `inplace` is accepted and changes nothing.

    Source: N. Srivastava et al., "Dropout: a simple way to prevent neural networks from overfitting" (2014).

    Raises
    ------
    ValueError
        `p` is not between 0 and 1.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> dropout(tg.ones(3), p=0.5, training=False).tolist()
    [1.0, 1.0, 1.0]
    """
    del inplace
    if not 0 <= p <= 1:
        raise ValueError(f"dropout: p is a probability between 0 and 1, not {p}.")
    if not training or p == 0:
        return input
    dtype = input.data.dtype
    if p == 1:
        return input * Tensor(np.zeros((), dtype))
    kept = generator().random(input.shape, dtype=np.float32) >= p
    return input * Tensor(kept * dtype.type(1 / (1 - p)))


def dropout2d(input: Any, p: float = 0.5, training: bool = True, inplace: bool = False) -> Any:
    """`dropout` of whole feature maps: neighbouring pixels say nearly the same, so that all of them go or none.

    Source: J. Tompson et al., "Efficient object localization using convolutional networks" (2015).

    Parameters
    ----------
    input
        Shape (N, C, H, W).
    p, training, inplace
        As for `dropout`.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> dropout2d(tg.ones(1, 1, 1, 2), training=False).tolist()
    [[[[1.0, 1.0]]]]
    """
    if not training or p == 0:
        return dropout(input, p, training, inplace)
    maps = Tensor(np.ones((*input.shape[:2], *(1,) * (input.ndim - 2)), input.data.dtype))
    return input * dropout(maps, p, training, inplace)


def one_hot(tensor: Any, num_classes: int = -1) -> Any:
    """Turn class indices into rows of zeros with a one at the class.

    Parameters
    ----------
    tensor
        Integers of any shape (...), from 0 on.
    num_classes
        Length C of a row; by default the largest index plus one.

    Returns
    -------
    Tensor
        int64, shape (..., C).

    Raises
    ------
    ValueError
        An index is negative or not less than `num_classes`.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> one_hot(tg.tensor([0, 2]), 3).tolist()
    [[1, 0, 0], [0, 0, 1]]
    """
    indices = tensor.data if isinstance(tensor, Tensor) else np.asarray(tensor)
    if indices.dtype.kind not in "iu" or (num_classes < 0 and not indices.size):
        raise ValueError(
            f"one_hot: class indices are integers, and without num_classes at least one; got {indices.dtype} "
            f"of shape {indices.shape}."
        )
    size = num_classes if num_classes >= 0 else int(indices.max()) + 1
    if indices.size and not (indices.min() >= 0 and indices.max() < size):
        raise ValueError(
            f"one_hot: indices run from {indices.min()} to {indices.max()}, "
            f"and {size} classes are numbered 0 to {size - 1}."
        )
    rows = np.zeros((*indices.shape, size), np.int64)
    np.put_along_axis(rows, indices[..., None], 1, axis=-1)
    return Tensor(rows)


def embedding(
    input: Any,
    weight: Any,
    padding_idx: int | None = None,
    max_norm: float | None = None,
    norm_type: float = 2.0,
    scale_grad_by_freq: bool = False,
    sparse: bool = False,
) -> Any:
    """Look up rows of a table: the product of a one-hot vector and a matrix, without the zeros.

    Parameters
    ----------
    input
        Integers of any shape (...).
    weight
        The table, shape (rows, features).
    padding_idx
        A row that stands for "nothing here" and gets no gradient.
    max_norm, norm_type, scale_grad_by_freq, sparse
        For PyTorch's sake; only their defaults are offered.

    Returns
    -------
    Tensor
        Shape (..., features).

    Raises
    ------
    DtypeError
        The input does not hold integers.
    IndexError
        There is no such row.
    ValueError
        An option is not offered.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> embedding(tg.tensor([1, 0]), tg.tensor([[0.0, 0.5], [1.0, 1.5]])).tolist()
    [[1.0, 1.5], [0.0, 0.5]]
    """
    if max_norm is not None or norm_type != 2.0 or scale_grad_by_freq or sparse:
        raise ValueError(
            f"embedding: max_norm, norm_type, scale_grad_by_freq and sparse are not offered.{user_line()}"
        )
    indices, rows = input.data, weight.shape[0]
    if indices.dtype.kind not in "iu":
        raise DtypeError(
            f"embedding: the input has dtype {indices.dtype}; row numbers are integers: convert them with .long()."
            f"{user_line()}"
        )
    if indices.size and not (indices.min() >= 0 and indices.max() < rows):
        raise IndexError(
            f"embedding: indices run from {indices.min()} to {indices.max()}, and the {rows} rows of the table are "
            f"numbered 0 to {rows - 1}.{user_line()}"
        )
    picked = weight[indices]
    if padding_idx is None:
        return picked
    # the same numbers, as constants, where the row is the one that does not learn
    return where(Tensor(indices == padding_idx % rows)[..., None], picked.detach(), picked)
