"""Images enlarged, shrunk, bordered, cut into windows and put together again."""

from __future__ import annotations

from math import floor
from typing import Any

from tinygrad_edu.errors import ShapeError, user_line
from tinygrad_edu.ops import shape as shaping
from tinygrad_edu.ops import unfold as ops
from tinygrad_edu.ops.resample import linear_taps, nearest_taps, resample

from ._pairs import pair

__all__ = ["fold", "interpolate", "pad", "unfold"]

_DIMENSIONS = {"nearest": (3, 4), "linear": (3,), "bilinear": (4,)}


def interpolate(
    input: Any,
    size: int | tuple[int, ...] | None = None,
    scale_factor: float | tuple[float, ...] | None = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
    recompute_scale_factor: bool | None = None,
    antialias: bool = False,
) -> Any:
    """Enlarge or shrink images (or sequences) to `size`, or by `scale_factor`.

    Parameters
    ----------
    input
        Shape (N, C, H, W), or (N, C, L).
    size, scale_factor
        One of the two: what the last dimensions become, or by what they are multiplied (and rounded down).
    mode
        ``"nearest"`` repeats or leaves out pixels, ``"linear"`` (of sequences) and ``"bilinear"`` (of images) draw
        straight lines between them.
    align_corners
        Of the straight lines: whether the middles of the corner pixels stay where they are, or their outer edges.
    recompute_scale_factor
        Whether to compute with the ratio of the rounded sizes, not with the given factor.
    antialias
        For PyTorch's sake; only False is offered.

    Raises
    ------
    ValueError
        Not exactly one of `size` and `scale_factor`, or a mode that is not offered.
    ShapeError
        A mode for another number of dimensions, or nothing would be left.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> interpolate(tg.tensor([[[1.0, 2.0]]]), scale_factor=2).tolist()
    [[[1.0, 1.0, 2.0, 2.0]]]
    >>> interpolate(tg.tensor([[[[0.0, 2.0]]]]), size=(1, 3), mode="bilinear", align_corners=True).tolist()
    [[[[0.0, 1.0, 2.0]]]]
    """
    shape = tuple(input.shape)
    if mode not in _DIMENSIONS or antialias:
        raise ValueError(
            f"interpolate: mode={mode!r}, antialias={antialias} is not offered; the modes are "
            f"{', '.join(map(repr, _DIMENSIONS))}.{user_line()}"
        )
    if len(shape) not in _DIMENSIONS[mode]:
        raise ShapeError(
            f"interpolate: the input has shape {shape}; mode={mode!r} takes "
            f"{' or '.join('(N, C, L)' if n == 3 else '(N, C, H, W)' for n in _DIMENSIONS[mode])}.{user_line()}"
        )
    if align_corners is not None and mode == "nearest":
        raise ValueError(f"interpolate: align_corners is of no use to mode='nearest'.{user_line()}")
    sizes, scales = _sizes(shape[2:], size, scale_factor, bool(recompute_scale_factor))
    if min(*shape[2:], *sizes) < 1:
        raise ShapeError(
            f"interpolate: images of shape {shape} cannot become {tuple(sizes)}: no size may be 0.{user_line()}"
        )
    out = input
    for dim, (before, after, scale) in enumerate(zip(shape[2:], sizes, scales, strict=True), start=2):
        if mode == "nearest" and before == after and len(sizes) == 2:
            # as in PyTorch, which leaves images alone here whatever the scale, and sequences not
            continue
        if mode == "nearest":
            taps = nearest_taps(before, after, scale)
        else:
            taps = linear_taps(before, after, scale, bool(align_corners))
        out = resample(out, dim, *taps)
    return out


def _sizes(before: tuple[int, ...], size: Any, factor: Any, recompute: bool) -> tuple[list[int], list[float]]:
    """Return the new sizes, and how many old pixels make a new one."""
    if (size is None) == (factor is None):
        raise ValueError(f"interpolate: give size or scale_factor, and not both.{user_line()}")
    given = factor if size is None else size
    values = list(given) if isinstance(given, (tuple, list)) else [given] * len(before)
    if len(values) != len(before):
        raise ValueError(
            f"interpolate: {given} has {len(values)} number(s), but should have {len(before)}, one for each dimension "
            f"of {before}.{user_line()}"
        )
    if size is not None:
        sizes = [int(v) for v in values]
        recompute = True
    else:
        sizes = [floor(n * v) for n, v in zip(before, values, strict=True)]
    if recompute:
        return sizes, [n / m if m else 0.0 for n, m in zip(before, sizes, strict=True)]
    return sizes, [1 / v for v in values]


def pad(input: Any, pad: Any, mode: str = "constant", value: float | None = None) -> Any:
    """Put a border around the last dimensions; see `tinygrad_edu.ops.shape.pad`.

    Parameters
    ----------
    input
        Any shape.
    pad
        How much before and after the last dimension, then the one before it, and so on; at least 0.
    mode
        ``"constant"``, the only one there is.
    value
        What the border holds; 0 by default.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> pad(tg.ones(2), (1, 0)).tolist()
    [0.0, 1.0, 1.0]
    """
    if mode != "constant":
        raise ValueError(f"pad: mode={mode!r} is not offered; the border is constant.{user_line()}")
    return shaping.pad(input, tuple(pad), 0.0 if value is None else value)


def unfold(
    input: Any,
    kernel_size: int | tuple[int, int],
    dilation: int | tuple[int, int] = 1,
    padding: int | tuple[int, int] = 0,
    stride: int | tuple[int, int] = 1,
) -> Any:
    """Cut images (N, C, H, W) into windows, one column for each: (N, C kh kw, windows).

    A convolution is then a product of matrices; see `tinygrad_edu.ops.unfold.unfold`.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tuple(unfold(tg.zeros(2, 3, 5, 5), 2).shape)
    (2, 12, 16)
    """
    return ops.unfold(
        input,
        pair(kernel_size, "kernel_size"),
        pair(stride, "stride"),
        pair(padding, "padding"),
        pair(dilation, "dilation"),
    )


def fold(
    input: Any,
    output_size: int | tuple[int, int],
    kernel_size: int | tuple[int, int],
    dilation: int | tuple[int, int] = 1,
    padding: int | tuple[int, int] = 0,
    stride: int | tuple[int, int] = 1,
) -> Any:
    """Add the columns of `unfold` up to images of `output_size`; see `tinygrad_edu.ops.unfold.fold`.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> fold(tg.ones(1, 4, 1), (2, 2), 2).tolist()
    [[[[1.0, 1.0], [1.0, 1.0]]]]
    """
    return ops.fold(
        input,
        pair(output_size, "output_size"),
        pair(kernel_size, "kernel_size"),
        pair(stride, "stride"),
        pair(padding, "padding"),
        pair(dilation, "dilation"),
    )
