"""Images cut into windows, and put together from them: the two halves of a convolution done by hand."""

from __future__ import annotations

from typing import Any

from tinygrad_edu.backend import np
from tinygrad_edu.errors import ShapeError, user_line
from tinygrad_edu.ops.windows import Pair, Windows
from tinygrad_edu.primitive import primitive

__all__ = ["fold", "unfold"]


@primitive("unfold")
def unfold(
    x: Any,
    /,
    kernel_size: Pair,
    stride: Pair = (1, 1),
    padding: Pair = (0, 0),
    dilation: Pair = (1, 1),
) -> Any:
    """Each window of the images as one column (im2col); its transpose is `fold`.

    Parameters
    ----------
    x : Tensor
        Images, (N, C, H, W).
    kernel_size, stride, padding, dilation : pair of int
        For rows and columns: the size of the window, its step, the zeros around the image, the distance of its taps.

    Returns
    -------
    Tensor
        (N, C · kh · kw, windows), the windows counted row by row.

    Raises
    ------
    ShapeError
        Not a batch of images, or no window fits.

    Examples
    --------
    >>> unfold(np.arange(6.0).reshape(1, 1, 2, 3), (2, 2))[0].T
    array([[0., 1., 3., 4.],
           [1., 2., 4., 5.]])
    """
    windows = Windows(kernel_size, stride, padding, dilation)
    count = windows.fit("unfold", x.shape)
    out = np.zeros((kernel_size[0] * kernel_size[1], *x.shape[:2], *count), x.dtype)
    for part, (seeing, seen) in zip(out, windows.taps(_part_shape(out), x.shape), strict=True):
        part[seeing] = x[seen]
    return np.moveaxis(out, 0, 2).reshape(len(x), -1, count[0] * count[1])


@unfold.defvjp
def unfold_vjp(g: Any, out: Any, x: Any, **how: Any) -> Any:
    return fold(g, x.shape[2:], **how)


@primitive("fold")
def fold(
    x: Any,
    /,
    output_size: Pair,
    kernel_size: Pair,
    stride: Pair = (1, 1),
    padding: Pair = (0, 0),
    dilation: Pair = (1, 1),
) -> Any:
    """Images of `output_size` from the columns of `unfold`; where windows overlap, their numbers add up.

    Parameters
    ----------
    x : Tensor
        (N, C · kh · kw, windows).
    output_size : pair of int
        (H, W) of the images.
    kernel_size, stride, padding, dilation : pair of int
        As for `unfold`.

    Raises
    ------
    ShapeError
        The columns are not as many, or as long, as the windows of such images.

    Examples
    --------
    >>> fold(np.ones((1, 4, 2)), (2, 3), (2, 2))
    array([[[[1., 2., 1.],
             [1., 2., 1.]]]])
    """
    windows = Windows(kernel_size, stride, padding, dilation)
    taps = kernel_size[0] * kernel_size[1]
    if x.ndim != 3 or x.shape[1] % taps:
        raise ShapeError(
            f"fold: the columns have shape {x.shape}, but should be (N, C x {taps}, windows) for windows of "
            f"{kernel_size}.{user_line()}"
        )
    shape = (len(x), x.shape[1] // taps, *output_size)
    count = windows.fit("fold", shape)
    if x.shape[2] != count[0] * count[1]:
        raise ShapeError(
            f"fold: there are {x.shape[2]} columns, but images of {tuple(output_size)} have "
            f"{count[0]} x {count[1]} windows.{user_line()}"
        )
    parts = np.moveaxis(x.reshape(*shape[:2], taps, *count), 2, 0)
    out = np.zeros(shape, x.dtype)
    for part, (seeing, seen) in zip(parts, windows.taps(_part_shape(parts), shape), strict=True):
        out[seen] += part[seeing]
    return out


@fold.defvjp
def fold_vjp(g: Any, out: Any, x: Any, output_size: Any, **how: Any) -> Any:
    return unfold(g, **how)


def _part_shape(parts: np.ndarray) -> tuple[int, ...]:
    """Return the shape of what lies under one tap, over all windows."""
    return parts.shape[1:]
