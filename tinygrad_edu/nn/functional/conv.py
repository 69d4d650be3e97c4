"""Convolutions as functions: over sequences, over images, and the way back from small to large."""

from __future__ import annotations

from typing import Any

from tinygrad_edu.errors import ShapeError, user_line
from tinygrad_edu.ops import conv
from tinygrad_edu.ops.shape import pad as border
from tinygrad_edu.ops.shape import reshape, squeeze, unsqueeze

from ._pairs import one, pair

__all__ = ["conv1d", "conv2d", "conv_transpose2d"]


def conv1d(
    input: Any,
    weight: Any,
    bias: Any = None,
    stride: int | tuple[int] = 1,
    padding: int | tuple[int] | str = 0,
    dilation: int | tuple[int] = 1,
    groups: int = 1,
) -> Any:
    """`conv2d` over sequences, which are images of one row.

    Parameters
    ----------
    input
        Sequences, shape (N, C, L).
    weight
        Kernels, shape (K, C / groups, k).
    bias
        Shape (K,), or None.
    stride, padding, dilation, groups
        As for `conv2d`.

    Returns
    -------
    Tensor
        Shape (N, K, L') with ``L' = floor((L + 2 padding - dilation (k - 1) - 1) / stride) + 1``.

    Raises
    ------
    ShapeError
        The input is not (N, C, L), the weight not (K, C / groups, k), or the two do not belong together.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> conv1d(tg.tensor([[[1.0, 2.0, 4.0]]]), tg.tensor([[[-1.0, 1.0]]])).tolist()
    [[[1.0, 2.0]]]
    """
    if input.ndim != 3 or weight.ndim != 3:
        raise ShapeError(
            f"conv1d: the input has shape {tuple(input.shape)} and the weight {tuple(weight.shape)}; expected "
            f"(N, C, L) and (K, C / groups, k).{user_line()}"
        )
    step, hole = one(stride, "stride"), one(dilation, "dilation")
    margin = padding if isinstance(padding, str) else (0, one(padding, "padding"))
    rows = conv2d(unsqueeze(input, 2), unsqueeze(weight, 2), bias, (1, step), margin, (1, hole), groups)
    return squeeze(rows, 2)


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
        ``"same"`` (as much as keeps the size; an odd pixel goes to the right and to the bottom).
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
        around, odd = _named_padding(padding, weight.shape[2:], steps, holes)
        if any(odd):
            input = border(input, (0, odd[1], 0, odd[0]))
    else:
        around = pair(padding, "padding")
    return conv.conv2d(input, weight, bias, stride=steps, padding=around, dilation=holes, groups=groups)


def _named_padding(
    name: str, kernel: tuple[int, ...], stride: tuple[int, int], dilation: tuple[int, int]
) -> tuple[tuple[int, int], tuple[int, int]]:
    """Return what ``"valid"`` and ``"same"`` mean in pixels: on each side, and once more at the end."""
    if name == "valid":
        return (0, 0), (0, 0)
    if name != "same" or stride != (1, 1):
        raise ValueError(
            f"conv2d: padding={name!r} with stride={stride} is not possible; "
            "padding is a number, two numbers, 'valid', or, at stride 1, 'same'."
        )
    rows, columns = (d * (k - 1) for d, k in zip(dilation, kernel, strict=True))
    return (rows // 2, columns // 2), (rows % 2, columns % 2)


def conv_transpose2d(
    input: Any,
    weight: Any,
    bias: Any = None,
    stride: int | tuple[int, int] = 1,
    padding: int | tuple[int, int] = 0,
    output_padding: int | tuple[int, int] = 0,
    groups: int = 1,
    dilation: int | tuple[int, int] = 1,
) -> Any:
    """Lay a kernel, scaled by each pixel, onto a larger image and add up: `conv2d`'s gradient by its input.

    It is no inverse of `conv2d`, but gives back the shape: with the same kernel size, stride, padding and dilation,
    what `conv2d` makes small this makes large again.

    Source: M. D. Zeiler et al., "Deconvolutional networks" (2010); V. Dumoulin and F. Visin, "A guide to convolution
    arithmetic for deep learning" (2016).

    Parameters
    ----------
    input
        Images, shape (N, C, H, W).
    weight
        Kernels, shape (C, K / groups, kh, kw).
    bias
        Shape (K,), or None.
    stride, padding, dilation, groups
        Those of the convolution whose way back this is.
    output_padding
        How much larger the result is at the bottom and at the right: a strided convolution makes images of several
        sizes equally small, and this says which of them is meant. Less than `stride` or `dilation`.

    Returns
    -------
    Tensor
        Shape (N, K, H', W') with ``H' = (H - 1) stride - 2 padding + dilation (kh - 1) + output_padding + 1``.

    Raises
    ------
    ShapeError
        The shapes do not belong together, or nothing is left of the result.
    ValueError
        `output_padding` is too large.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> conv_transpose2d(tg.tensor([[[[1.0, 10.0]]]]), tg.tensor([[[[1.0, 2.0]]]]), stride=2).tolist()
    [[[[1.0, 2.0, 10.0, 20.0]]]]
    """
    steps, holes = pair(stride, "stride"), pair(dilation, "dilation")
    around, extra = pair(padding, "padding"), pair(output_padding, "output_padding")
    _check_transposed(input, weight, bias, groups)
    if any(not 0 <= e < max(s, d) for e, s, d in zip(extra, steps, holes, strict=True)):
        raise ValueError(
            f"conv_transpose2d: output_padding={extra} must be less than stride={steps} or dilation={holes}."
            f"{user_line()}"
        )
    reach = [
        (n - 1) * s + d * (k - 1) + 1
        for n, s, d, k in zip(input.shape[2:], steps, holes, weight.shape[2:], strict=True)
    ]
    size = tuple(r - 2 * p + e for r, p, e in zip(reach, around, extra, strict=True))
    if min(size) < 1:
        raise ShapeError(
            f"conv_transpose2d: the result of images of shape {tuple(input.shape)} would be {size[0]} by {size[1]}. "
            f"Use less padding.{user_line()}"
        )
    if all(e < s for e, s in zip(extra, steps, strict=True)):
        out = conv.conv2d_input_grad(
            input, weight, size=size, stride=steps, padding=around, dilation=holes, groups=groups
        )
    else:
        # more than a stride: no convolution of such an image has the size of the input, so the border is cut by hand
        whole = conv.conv2d_input_grad(
            input, weight, size=tuple(reach), stride=steps, padding=(0, 0), dilation=holes, groups=groups
        )
        whole = border(whole, (0, extra[1], 0, extra[0]))
        out = whole[:, :, around[0] : around[0] + size[0], around[1] : around[1] + size[1]]
    return out if bias is None else out + reshape(bias, (-1, 1, 1))


def _check_transposed(input: Any, weight: Any, bias: Any, groups: int) -> None:
    """Say what does not fit between images, kernels and bias."""
    if input.ndim != 4 or weight.ndim != 4 or input.shape[1] != weight.shape[0] or weight.shape[0] % groups:
        raise ShapeError(
            f"conv_transpose2d: images have shape {tuple(input.shape)} and kernels {tuple(weight.shape)} in {groups} "
            "group(s); expected (N, C, H, W) and (C, K / groups, kh, kw), with the same C, a multiple of the groups."
            f"{user_line()}"
        )
    if bias is not None and tuple(bias.shape) != (weight.shape[1] * groups,):
        raise ShapeError(
            f"conv_transpose2d: the bias has shape {tuple(bias.shape)}, but should be ({weight.shape[1] * groups},)."
            f"{user_line()}"
        )
