"""Pooling as functions: one number for each window."""

from __future__ import annotations

from typing import Any

from tinygrad_edu.errors import ShapeError, user_line
from tinygrad_edu.ops import pool
from tinygrad_edu.ops.reduce import mean
from tinygrad_edu.ops.resample import resample, window_taps

from ._pairs import pair

__all__ = ["adaptive_avg_pool2d", "avg_pool2d", "max_pool2d"]


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


def adaptive_avg_pool2d(input: Any, output_size: int | tuple[int | None, int | None]) -> Any:
    """Return the means of windows chosen so that the result has the wanted size, whatever the size of the images.

    Window i of n goes from pixel floor(i H / n) up to, and without, pixel ceil((i + 1) H / n), columns alike; where n
    does not divide H, neighbours overlap.

    Parameters
    ----------
    input
        Images, shape (N, C, H, W).
    output_size
        One number or (rows, columns); None keeps the size.

    Raises
    ------
    ShapeError
        The input is not (N, C, H, W), or has no pixels.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> adaptive_avg_pool2d(tg.arange(16.0).reshape(1, 1, 4, 4), 1).tolist()
    [[[[7.5]]]]
    """
    shape = tuple(input.shape)
    if len(shape) != 4 or 0 in shape[2:]:
        raise ShapeError(
            f"adaptive_avg_pool2d: images have shape {shape}; expected (N, C, H, W), with pixels.{user_line()}"
        )
    wanted = output_size if isinstance(output_size, (tuple, list)) else (output_size, output_size)
    rows, columns = (
        size if want is None else int(want) for want, size in zip(wanted, shape[2:], strict=True)
    )
    if min(rows, columns) < 1:
        raise ShapeError(
            f"adaptive_avg_pool2d: output_size={output_size} leaves nothing; use 1 or more.{user_line()}"
        )
    if rows == columns == 1:
        return mean(input, (2, 3), True)
    if shape[2] % rows == 0 and shape[3] % columns == 0:
        return avg_pool2d(input, (shape[2] // rows, shape[3] // columns))
    return resample(resample(input, 2, *window_taps(shape[2], rows)), 3, *window_taps(shape[3], columns))
