"""Pooling: one number for each window of an image, its maximum or its average.

Both walk over the *taps*, the places within a window. All pixels that lie under one tap, of every window
at once, are a strided slice of the image, so a pooling of 2 x 2 is four whole-array operations, and there
is no loop over windows. Nothing is kept for the backward pass: comparing again is quicker than keeping.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import Any

from tinygrad_edu.backend import np
from tinygrad_edu.errors import ShapeError, user_line
from tinygrad_edu.ops.windows import Pair, Windows
from tinygrad_edu.ops.workspace import Block, blocks_of, over_blocks
from tinygrad_edu.primitive import primitive

__all__ = ["avg_pool2d", "avg_pool2d_grad", "max_pool2d", "max_pool2d_grad", "max_pool2d_pick"]


@primitive("max_pool2d", domain="no ties within a window")
def max_pool2d(
    x: Any,
    *,
    kernel_size: Pair,
    stride: Pair,
    padding: Pair = (0, 0),
    dilation: Pair = (1, 1),
    ceil_mode: bool = False,
) -> Any:
    """The maximum of each window. Its gradient goes to one pixel, of a tie to the first, row by row.

    Parameters
    ----------
    x : Tensor
        Images, (N, C, H, W).
    kernel_size, stride, padding, dilation : pair of int
        For rows and columns: the size of the window, its step, the border of -inf around the image, and the distance of
        its taps.
    ceil_mode : bool
        Also take a last window that only begins within the image.

    Raises
    ------
    ShapeError
        Not a batch of images, or no window fits.

    Examples
    --------
    >>> x = np.arange(16.0).reshape(1, 1, 4, 4)
    >>> max_pool2d(x, kernel_size=(2, 2), stride=(2, 2))[0, 0]
    array([[ 5.,  7.],
           [13., 15.]])
    """
    windows = Windows(kernel_size, stride, padding, dilation)
    shape = (*x.shape[:2], *_fit("max_pool2d", windows, x.shape, ceil_mode))
    out = np.empty_like(x, shape=shape)
    lowest = -np.inf if x.dtype.kind == "f" else np.iinfo(x.dtype).min

    def work(blocks: list[Block]) -> None:
        for images, _, _ in blocks:
            target, source = out[images], x[images]
            for seeing, seen in _after_first(windows.taps(shape, x.shape), target, source, lowest):
                np.maximum(target[seeing], source[seen], out=target[seeing])

    over_blocks(work, _blocks(x))
    return out


@max_pool2d.defvjp
def max_pool2d_vjp(g: Any, out: Any, x: Any, **how: Any) -> Any:
    return max_pool2d_grad(g, x, out, **how)


@primitive("max_pool2d_grad")
def max_pool2d_grad(
    g: Any,
    x: Any,
    out: Any,
    *,
    kernel_size: Pair,
    stride: Pair,
    padding: Pair,
    dilation: Pair,
    ceil_mode: bool,
) -> Any:
    """Bring g, one number for each window, to where the window's maximum is. Linear in g, constant in x and out."""
    windows = Windows(kernel_size, stride, padding, dilation)
    gx = np.empty_like(x, dtype=g.dtype)
    tile = windows.tile(g.shape, x.shape)

    def work(blocks: list[Block]) -> None:
        for images, _, _ in blocks:
            target, maxima = gx[images], out[images]
            # in the memory order of the others: g is small, and walking across memory for each tap is slow
            source = np.empty_like(maxima, dtype=g.dtype)
            source[...] = g[images]
            if not tile:
                target.fill(0)
            for seeing, seen, chosen in _maxima(x[images], maxima, windows):
                if tile:
                    np.multiply(source, chosen, out=target[seen])
                else:
                    target[seen] += source[seeing] * chosen

    over_blocks(work, _blocks(x))
    return gx


@max_pool2d_grad.defvjp
def max_pool2d_grad_vjp(h: Any, result: Any, g: Any, x: Any, out: Any, **how: Any) -> tuple[Any, None, None]:
    return max_pool2d_pick(h, x, out, **how), None, None


@primitive("max_pool2d_pick")
def max_pool2d_pick(
    h: Any,
    x: Any,
    out: Any,
    *,
    kernel_size: Pair,
    stride: Pair,
    padding: Pair,
    dilation: Pair,
    ceil_mode: bool,
) -> Any:
    """Take from h, an image like x, the pixel where each window of x has its maximum: `max_pool2d_grad` transposed."""
    picked = np.zeros_like(out, dtype=h.dtype)
    for seeing, seen, chosen in _maxima(x, out, Windows(kernel_size, stride, padding, dilation)):
        picked[seeing] += h[seen] * chosen
    return picked


@max_pool2d_pick.defvjp
def max_pool2d_pick_vjp(g: Any, result: Any, h: Any, x: Any, out: Any, **how: Any) -> tuple[Any, None, None]:
    return max_pool2d_grad(g, x, out, **how), None, None


def _fit(name: str, windows: Windows, shape: tuple[int, ...], ceil_mode: bool) -> Pair:
    """Return how many windows fit; none may lie in the border alone."""
    if any(2 * padding > size for size, padding in zip(windows.size, windows.padding, strict=True)):
        raise ShapeError(
            f"{name}: padding {windows.padding} is more than half of the window {windows.size}, so a window could "
            f"lie outside the image. Use less padding.{user_line()}"
        )
    return windows.fit(name, shape, ceil_mode)


def _after_first(
    taps: Iterator[tuple[Any, Any]], target: np.ndarray, source: np.ndarray, neutral: float
) -> Iterator[tuple[Any, Any]]:
    """Set `target` to what the first tap sees, `neutral` where that is nothing, and return the other taps."""
    seeing, seen = next(taps)
    if target[seeing].shape != target.shape:
        target.fill(neutral)
    target[seeing] = source[seen]
    return taps


def _maxima(x: np.ndarray, out: np.ndarray, windows: Windows) -> Iterator[tuple[Any, Any, np.ndarray]]:
    """Yield each tap of `Windows.taps` with a mask: the windows whose first maximum lies under it."""
    undecided = np.ones_like(out, dtype=bool)
    for seeing, seen in windows.taps(out.shape, x.shape):
        undecided_here = undecided[seeing]
        # not less, rather than equal: so a window that holds a NaN is decided too
        less = np.less(x[seen], out[seeing])
        chosen = np.less(less, undecided_here, out=less)
        np.logical_xor(undecided_here, chosen, out=undecided_here)
        yield seeing, seen, chosen


@primitive("avg_pool2d")
def avg_pool2d(
    x: Any,
    *,
    kernel_size: Pair,
    stride: Pair,
    padding: Pair = (0, 0),
    ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Any:
    """The average of each window; the gradient is shared evenly by its pixels.

    Parameters
    ----------
    x : Tensor
        Images, (N, C, H, W).
    kernel_size, stride, padding : pair of int
        For rows and columns: the size of the window, its step, and the border of zeros around the image.
    ceil_mode : bool
        Also take a last window that only begins within the image.
    count_include_pad : bool
        Whether the zeros of the border count as pixels.

    Raises
    ------
    ShapeError
        Not a batch of images, or no window fits.

    Examples
    --------
    >>> x = np.arange(16.0).reshape(1, 1, 4, 4)
    >>> avg_pool2d(x, kernel_size=(2, 2), stride=(2, 2))[0, 0]
    array([[ 2.5,  4.5],
           [10.5, 12.5]])
    """
    windows = Windows(kernel_size, stride, padding)
    shape = (*x.shape[:2], *_fit("avg_pool2d", windows, x.shape, ceil_mode))
    out = np.empty_like(x, shape=shape)
    weights = _weights(shape, x.shape, windows, count_include_pad, x.dtype)

    def work(blocks: list[Block]) -> None:
        for images, _, _ in blocks:
            target, source = out[images], x[images]
            for seeing, seen in _after_first(windows.taps(shape, x.shape), target, source, 0):
                target[seeing] += source[seen]
            target *= weights

    over_blocks(work, _blocks(x))
    return out


@avg_pool2d.defvjp
def avg_pool2d_vjp(g: Any, out: Any, x: Any, **how: Any) -> Any:
    return avg_pool2d_grad(g, size=x.shape[2:], **how)


@primitive("avg_pool2d_grad")
def avg_pool2d_grad(
    g: Any,
    *,
    size: Pair,
    kernel_size: Pair,
    stride: Pair,
    padding: Pair,
    ceil_mode: bool,
    count_include_pad: bool,
) -> Any:
    """Share g, one number for each window, evenly among the window's pixels in images of (H, W) `size`."""
    windows = Windows(kernel_size, stride, padding)
    gx = np.empty_like(g, shape=(*g.shape[:2], *size))
    weights = _weights(g.shape, gx.shape, windows, count_include_pad, g.dtype)
    tile = windows.tile(g.shape, gx.shape)

    def work(blocks: list[Block]) -> None:
        for images, _, _ in blocks:
            target, share = gx[images], g[images] * weights
            if not tile:
                target.fill(0)
            for seeing, seen in windows.taps(g.shape, gx.shape):
                if tile:
                    target[seen] = share
                else:
                    target[seen] += share[seeing]

    over_blocks(work, _blocks(gx))
    return gx


@avg_pool2d_grad.defvjp
def avg_pool2d_grad_vjp(h: Any, out: Any, g: Any, *, size: Pair, **how: Any) -> Any:
    return avg_pool2d(h, **how)


def _weights(
    windows_shape: tuple[int, ...], image: tuple[int, ...], windows: Windows, count_padding: bool, dtype: Any
) -> np.ndarray:
    """Return 1 over the number of pixels that count, for each window: (P, Q)."""
    counts = []
    for count, size, kernel, step, padding in zip(windows_shape[2:], image[2:], *windows[:3], strict=True):
        start = np.arange(count) * step - padding
        if count_padding:
            counts.append(np.minimum(start + kernel, size + padding) - start)
        else:
            counts.append(np.minimum(start + kernel, size) - np.maximum(start, 0))
    return (1 / np.multiply.outer(*counts)).astype(dtype)


def _blocks(x: np.ndarray) -> list[Block]:
    return blocks_of(len(x), 1, prod(x.shape[1:]) * x.itemsize)
