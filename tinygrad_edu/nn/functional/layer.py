"""What layers compute, as functions of their parameters."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_edu.factories import generator
from tinygrad_edu.ops import conv, pool
from tinygrad_edu.ops.linear import linear
from tinygrad_edu.tensor import Tensor

from ._pairs import pair

__all__ = ["avg_pool2d", "conv2d", "dropout", "linear", "max_pool2d", "one_hot"]


def conv2d(
    input: Any,
    weight: Any,
    bias: Any = None,
    stride: int | tuple[int, int] = 1,
    padding: int | tuple[int, int] | str = 0,
    dilation: int | tuple[int, int] = 1,
    groups: int = 1,
) -> Any:
    """Slide `weight` over the images and take the dot product at every place: a cross-correlation.

    Parameters
    ----------
    input
        Images, shape (N, C, H, W).
    weight
        Kernels, shape (K, C / groups, kh, kw).
    bias
        Shape (K,), or None.
    stride, padding, dilation
        In pixels; one number for both directions or two. `padding` is also ``"valid"`` (none) or, at stride 1,
        ``"same"`` (as much as keeps the size).
    groups
        Into how many independent groups the channels are split.

    Returns
    -------
    Tensor
        Shape (N, K, H', W') with ``H' = floor((H + 2 padding - dilation (kh - 1) - 1) / stride) + 1``.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> conv2d(tg.ones(1, 1, 3, 3), tg.ones(1, 1, 2, 2)).tolist()
    [[[[4.0, 4.0], [4.0, 4.0]]]]
    """
    steps, holes = pair(stride, "stride"), pair(dilation, "dilation")
    if isinstance(padding, str):
        padding = _named_padding(padding, weight.shape[2:], steps, holes)
    return conv.conv2d(
        input, weight, bias, stride=steps, padding=pair(padding, "padding"), dilation=holes, groups=groups
    )


def _named_padding(
    name: str, kernel: tuple[int, ...], stride: tuple[int, int], dilation: tuple[int, int]
) -> Any:
    """Return what ``"valid"`` and ``"same"`` mean in pixels."""
    if name == "valid":
        return 0, 0
    if name != "same" or stride != (1, 1):
        raise ValueError(
            f"conv2d: padding={name!r} with stride={stride} is not possible; "
            "padding is a number, two numbers, 'valid', or, at stride 1, 'same'."
        )
    reach = [d * (k - 1) for d, k in zip(dilation, kernel, strict=True)]
    if any(r % 2 for r in reach):
        raise ValueError(
            f"conv2d: padding='same' needs kernels of odd size, so that both sides get as much; this one is {kernel}. "
            "Pad one side yourself first."
        )
    return reach[0] // 2, reach[1] // 2


def max_pool2d(
    input: Any,
    kernel_size: int | tuple[int, int],
    stride: int | tuple[int, int] | None = None,
    padding: int | tuple[int, int] = 0,
    dilation: int | tuple[int, int] = 1,
    ceil_mode: bool = False,
) -> Any:
    """Return the largest number of each window; the gradient goes to the first place that holds it.

    Parameters
    ----------
    input
        Images, shape (N, C, H, W).
    kernel_size, stride, padding, dilation
        In pixels; one number or two. `stride` is by default `kernel_size`: windows that do not overlap.
    ceil_mode
        Also take windows that begin inside the image and end outside.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> max_pool2d(tg.arange(16.0).reshape(1, 1, 4, 4), 2).tolist()
    [[[[5.0, 7.0], [13.0, 15.0]]]]
    """
    window = _window(kernel_size, stride, padding)
    return pool.max_pool2d(input, **window, dilation=pair(dilation, "dilation"), ceil_mode=ceil_mode)


def avg_pool2d(
    input: Any,
    kernel_size: int | tuple[int, int],
    stride: int | tuple[int, int] | None = None,
    padding: int | tuple[int, int] = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Any:
    """Return the mean of each window.

    Parameters
    ----------
    input, kernel_size, stride, padding, ceil_mode
        As for `max_pool2d`.
    count_include_pad
        Whether the mean counts the padding, as zeros.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> avg_pool2d(tg.arange(16.0).reshape(1, 1, 4, 4), 2).tolist()
    [[[[2.5, 4.5], [10.5, 12.5]]]]
    """
    window = _window(kernel_size, stride, padding)
    return pool.avg_pool2d(input, **window, ceil_mode=ceil_mode, count_include_pad=count_include_pad)


def _window(kernel_size: Any, stride: Any, padding: Any) -> dict[str, Any]:
    size = pair(kernel_size, "kernel_size")
    return {
        "kernel_size": size,
        "stride": size if stride is None else pair(stride, "stride"),
        "padding": pair(padding, "padding"),
    }


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
