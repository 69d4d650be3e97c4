"""How windows lie on an image, for convolution and for pooling."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from tinygrad_edu.errors import ShapeError, user_line
from tinygrad_edu.ops.workspace import overlap

__all__ = ["Pair", "Windows"]

Pair = tuple[int, int]


class Windows(NamedTuple):
    """The size of a window and how it moves; each field for rows and for columns.

    Attributes
    ----------
    size : pair of int
        The taps of a window.
    stride : pair of int
        From one window to the next.
    padding : pair of int
        The border around the image.
    dilation : pair of int
        From one tap to the next.
    """

    size: Pair
    stride: Pair
    padding: Pair
    dilation: Pair = (1, 1)

    def fit(self, name: str, shape: tuple[int, ...], ceil_mode: bool = False) -> Pair:
        """Return how many windows fit down and across the images of an operation, or say why none does.

        Raises
        ------
        ShapeError
            If `shape` is not (N, C, H, W), a number makes no sense, or no window fits.

        Examples
        --------
        >>> Windows((3, 3), (2, 2), (1, 1)).fit("max_pool2d", (1, 1, 28, 27))
        (14, 14)
        """
        if len(shape) != 4:
            raise ShapeError(
                f"{name}: images have shape {shape}; expected (N, C, H, W). "
                f"A single image needs a batch axis: x[None].{user_line()}"
            )
        for what, values, least in zip(("window", *self._fields[1:]), self, (1, 1, 0, 1), strict=True):
            if min(values) < least:
                raise ShapeError(f"{name}: {what} is {values}; each must be {least} or more.{user_line()}")
        counts = []
        for length, size, stride, padding, dilation in zip(shape[2:], *self, strict=True):
            room = length + 2 * padding - dilation * (size - 1) - 1
            if room < 0:
                raise ShapeError(
                    f"{name}: windows of {self.size} with dilation {self.dilation} do not fit into images of shape "
                    f"{shape} with padding {self.padding}. Use a smaller window or more padding.{user_line()}"
                )
            count = room // stride + 1
            # a last, incomplete window must at least begin within the image
            if ceil_mode and room % stride and count * stride < length + padding:
                count += 1
            counts.append(count)
        return counts[0], counts[1]

    def taps(self, windows: tuple[int, ...], image: tuple[int, ...]) -> Iterator[tuple[Any, Any]]:
        """Yield, tap by tap and row by row, which windows see a pixel there, and which pixels they see."""
        for i in range(self.size[0]):
            start = i * self.dilation[0] - self.padding[0]
            seeing_rows, rows = overlap(windows[-2], start, image[-2], self.stride[0])
            for j in range(self.size[1]):
                start = j * self.dilation[1] - self.padding[1]
                seeing_columns, columns = overlap(windows[-1], start, image[-1], self.stride[1])
                yield (..., seeing_rows, seeing_columns), (..., rows, columns)

    def tile(self, windows: tuple[int, ...], image: tuple[int, ...]) -> bool:
        """Whether each pixel lies in exactly one window."""
        return (
            self.stride == self.size
            and self.dilation == (1, 1)
            and self.padding == (0, 0)
            and image[-2:] == (windows[-2] * self.stride[0], windows[-1] * self.stride[1])
        )
