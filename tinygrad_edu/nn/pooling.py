"""Pooling: images made smaller, one number for each window."""

from __future__ import annotations

from typing import Any

from tinygrad_edu.errors import ShapeError, user_line

from . import functional as F  # noqa: N812 # the field's name for it
from .module import Module

__all__ = ["AdaptiveAvgPool2d", "AvgPool2d", "MaxPool2d"]


class MaxPool2d(Module):
    """Keep the largest number of each window of (N, C, H, W).

    Parameters
    ----------
    kernel_size, stride, padding, dilation
        In pixels; one number or (vertical, horizontal). `stride` is by default `kernel_size`.
    ceil_mode
        Also take windows that begin inside the image and end outside.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tuple(MaxPool2d(2)(tg.zeros(1, 3, 8, 8)).shape)
    (1, 3, 4, 4)
    """

    def __init__(
        self,
        kernel_size: int | tuple[int, int],
        stride: int | tuple[int, int] | None = None,
        padding: int | tuple[int, int] = 0,
        dilation: int | tuple[int, int] = 1,
        *,
        ceil_mode: bool = False,
    ) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        self.padding = padding
        self.dilation = dilation
        self.ceil_mode = ceil_mode

    def forward(self, input: Any) -> Any:
        """Pool each channel."""
        _must_be_images(self, input)
        return F.max_pool2d(input, self.kernel_size, self.stride, self.padding, self.dilation, self.ceil_mode)

    def extra_repr(self) -> str:
        """Return the window."""
        return (
            f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}, "
            f"dilation={self.dilation}, ceil_mode={self.ceil_mode}"
        )


class AvgPool2d(Module):
    """Keep the mean of each window of (N, C, H, W).

    Parameters
    ----------
    kernel_size, stride, padding, ceil_mode
        As for `MaxPool2d`.
    count_include_pad
        Whether the mean counts the padding, as zeros.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> AvgPool2d(2)(tg.ones(1, 1, 2, 2)).item()
    1.0
    """

    def __init__(
        self,
        kernel_size: int | tuple[int, int],
        stride: int | tuple[int, int] | None = None,
        padding: int | tuple[int, int] = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
    ) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        self.padding = padding
        self.ceil_mode = ceil_mode
        self.count_include_pad = count_include_pad

    def forward(self, input: Any) -> Any:
        """Pool each channel."""
        _must_be_images(self, input)
        return F.avg_pool2d(
            input, self.kernel_size, self.stride, self.padding, self.ceil_mode, self.count_include_pad
        )

    def extra_repr(self) -> str:
        """Return the window."""
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class AdaptiveAvgPool2d(Module):
    """Means of windows chosen so that images of any size become `output_size`.

    Parameters
    ----------
    output_size
        One number or (rows, columns); None keeps the size. 1 is global average pooling.
        Source: M. Lin, Q. Chen and S. Yan, "Network in network" (2014).

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tuple(AdaptiveAvgPool2d(1)(tg.zeros(2, 3, 7, 5)).shape)
    (2, 3, 1, 1)
    """

    def __init__(self, output_size: int | tuple[int | None, int | None]) -> None:
        super().__init__()
        self.output_size = output_size

    def forward(self, input: Any) -> Any:
        """Pool each channel."""
        _must_be_images(self, input)
        return F.adaptive_avg_pool2d(input, self.output_size)

    def extra_repr(self) -> str:
        """Return the size."""
        return f"output_size={self.output_size}"


def _must_be_images(layer: Module, input: Any) -> None:
    if len(input.shape) != 4:
        raise ShapeError(
            f"{layer!r} got an input of shape {tuple(input.shape)}, but should get images, (N, C, H, W). "
            f"Pool before you flatten.{user_line()}"
        )
