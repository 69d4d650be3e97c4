"""Pooling: images made smaller, one number for each window."""

from __future__ import annotations

from typing import Any

from tinygrad_edu.errors import ShapeError, user_line

from . import functional as F  # noqa: N812 # the field's name for it
from .module import Module

__all__ = ["AvgPool2d", "MaxPool2d"]


class _Pool2d(Module):
    def __init__(
        self,
        kernel_size: int | tuple[int, int],
        stride: int | tuple[int, int] | None = None,
        padding: int | tuple[int, int] = 0,
    ) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        self.padding = padding

    def _check(self, input: Any) -> None:
        if len(input.shape) != 4:
            raise ShapeError(
                f"{self!r} got an input of shape {tuple(input.shape)}, but should get images, (N, C, H, W). "
                f"Pool before you flatten.{user_line()}"
            )

    def extra_repr(self) -> str:
        """Return the window."""
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class MaxPool2d(_Pool2d):
    """Keep the largest number of each window of (N, C, H, W).

    Parameters
    ----------
    kernel_size, stride, padding
        In pixels; one number or (vertical, horizontal). `stride` is by default `kernel_size`.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tuple(MaxPool2d(2)(tg.zeros(1, 3, 8, 8)).shape)
    (1, 3, 4, 4)
    """

    def forward(self, input: Any) -> Any:
        """Pool each channel."""
        self._check(input)
        return F.max_pool2d(input, self.kernel_size, self.stride, self.padding)


class AvgPool2d(_Pool2d):
    """Keep the mean of each window of (N, C, H, W), padding counted as zeros. Parameters as for `MaxPool2d`.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> AvgPool2d(2)(tg.ones(1, 1, 2, 2)).item()
    1.0
    """

    def forward(self, input: Any) -> Any:
        """Pool each channel."""
        self._check(input)
        return F.avg_pool2d(input, self.kernel_size, self.stride, self.padding)
