"""Two-dimensional convolution: one linear map in three forms.

Convolution is linear in the image and in the kernel, so there is one sum of products

    S(x, w, g) = Σ  g[n, o, p, q]  w[o, c, i, j]  x[n, c, p·stride + i·dilation - padding, ...]

over all indices (columns go as rows do), and three operations, each of which leaves one of its factors out:
`conv2d` gives what stands beside g, `conv2d_input_grad` what stands beside x, `conv2d_weight_grad` what
stands beside w. The vjp of each one is therefore the other two, to any order.

Arrays are (N, C, H, W) to the reader and lie in memory with the channels last, because then the
numbers that a product needs together lie together. No kernel keeps anything for the backward pass.
"""

from __future__ import annotations

from math import prod
from typing import Any

from tinygrad_edu.backend import np
from tinygrad_edu.errors import ShapeError, user_line
from tinygrad_edu.ops import winograd
from tinygrad_edu.ops.reduce import sum as sum_over
from tinygrad_edu.ops.windows import Pair, Windows
from tinygrad_edu.ops.workspace import Block, blocks_of, copy_runs, frame, over_blocks, overlap, scratch
from tinygrad_edu.primitive import Node, primitive

__all__ = ["conv2d", "conv2d_input_grad", "conv2d_weight_grad", "empty_images"]

# Matrix products of fewer multiplications than this are quickest image by image: OpenBLAS multiplies them without
# rearranging its operands first. Larger ones gain from taking the pixels of all images of a block at once.
_SMALL = 2**20

# So many numbers side by side are quicker copied together first than added where they lie.
_SHORT_RUN = 32


@primitive("conv2d")
def conv2d(
    x: Any,
    w: Any,
    b: Any = None,
    *,
    stride: Pair = (1, 1),
    padding: Pair = (0, 0),
    dilation: Pair = (1, 1),
    groups: int = 1,
) -> Any:
    """Slide the kernels `w` over the images `x`: each output is a sum of products (a cross-correlation).

    ``out[n, o, p, q] = b[o] + Σ w[o, c, i, j] x[n, c, p·stride + i·dilation - padding, ...]``, where x is 0
    beyond its edges. The output has ``(H + 2·padding - dilation·(kh - 1) - 1) // stride + 1`` rows, columns alike.

    Parameters
    ----------
    x : Tensor
        Images, (N, C, H, W).
    w : Tensor
        Kernels, (O, C / groups, kh, kw).
    b : Tensor, optional
        One number for each kernel, (O,).
    stride, padding, dilation : pair of int
        For rows and columns: the step of the window, the zeros around the image, the distance of the kernel's taps.
    groups : int
        Channels and kernels are dealt out to that many convolutions side by side.

    Raises
    ------
    ShapeError
        The shapes do not fit, or the kernel is larger than the padded image.

    Notes
    -----
    In float32, kernels of 3 x 3 between many channels go by Winograd's algorithm. Its rounding error is about 1e-6 of
    the size of the outputs, where the plain sum's is 2e-7; and an infinite pixel spoils all 4 x 4 outputs of its tile.

    Examples
    --------
    >>> x = np.arange(9.0).reshape(1, 1, 3, 3)
    >>> conv2d(x, np.array([[[[1.0, 0.0], [0.0, -1.0]]]]))[0, 0]
    array([[-4., -4.],
           [-4., -4.]])
    """
    _check_shapes(x.shape, w.shape, b, groups)
    windows = Windows(w.shape[2:], stride, padding, dilation)
    out = empty_images((len(x), len(w), *windows.fit("conv2d", x.shape)), np.result_type(x, w))
    if _by_tiles(w, windows, groups, out.shape[2:], out.dtype):
        winograd.correlate(_last(x), w.transpose(2, 3, 1, 0), b, _last(out), *padding)
    else:
        _correlate(_last(x), w, b, _last(out), windows, groups)
    return out


@conv2d.defvjp
def conv2d_vjp(
    g: Any, out: Any, x: Any, w: Any, b: Any = None, *, needs: tuple[bool, ...], **how: Any
) -> tuple[Any, Any, Any]:
    gx = conv2d_input_grad(g, w, size=x.shape[2:], **how) if needs[0] else None
    gw = conv2d_weight_grad(x, g, size=w.shape[2:], **how) if needs[1] else None
    gb = _bias_grad(g) if needs[2] else None
    return gx, gw, gb


@primitive("conv2d_input_grad")
def conv2d_input_grad(
    g: Any, w: Any, *, size: Pair, stride: Pair, padding: Pair, dilation: Pair, groups: int
) -> Any:
    """What stands beside x in `S`: the cotangent g of the output, (N, O, P, Q), brought back to the (H, W) of `size`.

    Each pixel of g times the kernel is what it sends to the pixels under the taps; where windows overlap, their shares
    add up. Also known as a transposed convolution.

    For steps of 1 it is a convolution of g with the kernels turned by half a turn, and ``k - 1 - padding`` zeros
    around the image. Shapes and parameters are those of `conv2d`.

    Examples
    --------
    >>> how = {"stride": (1, 1), "padding": (0, 0), "dilation": (1, 1), "groups": 1}
    >>> conv2d_input_grad(np.ones((1, 1, 1, 2)), np.array([[[[1.0, 2.0]]]]), size=(1, 3), **how)
    array([[[[1., 3., 2.]]]])
    """
    windows = Windows(w.shape[2:], stride, padding, dilation)
    gx = empty_images((len(g), w.shape[1] * groups, *size), np.result_type(g, w))
    if _by_tiles(w, windows, groups, size, gx.dtype):
        turned = w[:, :, ::-1, ::-1].transpose(2, 3, 0, 1)
        winograd.correlate(_last(g), turned, None, _last(gx), 2 - padding[0], 2 - padding[1])
    else:
        _send_back(_dense(_last(g)), w, _last(gx), windows, groups)
    return gx


@conv2d_input_grad.defvjp
def conv2d_input_grad_vjp(
    h: Any, out: Any, g: Any, w: Any, *, needs: tuple[bool, ...], size: Pair, **how: Any
) -> tuple[Any, Any]:
    gg = conv2d(h, w, **how) if needs[0] else None
    gw = conv2d_weight_grad(h, g, size=w.shape[2:], **how) if needs[1] else None
    return gg, gw


@primitive("conv2d_weight_grad")
def conv2d_weight_grad(
    x: Any, g: Any, *, size: Pair, stride: Pair, padding: Pair, dilation: Pair, groups: int
) -> Any:
    """What stands beside w in `S`: for each tap of the (kh, kw) of `size`, the sum of g times the pixel under the tap.

    With the pixels under the taps as the columns of a matrix (`_columns`), it is columnsᵀ times g. Shapes and
    parameters are those of `conv2d`.

    Examples
    --------
    >>> how = {"stride": (1, 1), "padding": (0, 0), "dilation": (1, 1), "groups": 1}
    >>> conv2d_weight_grad(np.array([[[[1.0, 2.0, 4.0]]]]), np.ones((1, 1, 1, 2)), size=(1, 2), **how)
    array([[[[3., 6.]]]])
    """
    windows = Windows(size, stride, padding, dilation)
    gw = np.empty((g.shape[1], x.shape[1] // groups, *size), np.result_type(x, g))
    if _by_tiles(gw, windows, groups, g.shape[2:], gw.dtype):
        gw.transpose(2, 3, 1, 0)[...] = winograd.kernel_gradient(_last(x), _last(g), *padding)
    else:
        total = _kernel_gradient(_last(x), _dense(_last(g)), windows, groups)
        _grouped(gw, groups).transpose(0, 3, 4, 2, 1)[...] = total.reshape(groups, *size, -1, total.shape[2])
    return gw


@conv2d_weight_grad.defvjp
def conv2d_weight_grad_vjp(
    h: Any, out: Any, x: Any, g: Any, *, needs: tuple[bool, ...], size: Pair, **how: Any
) -> tuple[Any, Any]:
    gx = conv2d_input_grad(g, h, size=x.shape[2:], **how) if needs[0] else None
    gg = conv2d(x, h, **how) if needs[1] else None
    return gx, gg


def _bias_grad(g: Any) -> Any:
    """The bias is added to every pixel, so its gradient is the sum of g over images and pixels."""
    if isinstance(g, Node) or not _last(g).flags.c_contiguous:
        return sum_over(g, (0, 2, 3))
    rows = _last(g).reshape(-1, g.shape[1])
    # a product with ones is a sum of rows through BLAS
    return np.dot(np.ones(len(rows), g.dtype), rows)


# -- the kernels, on images with the channels last: (N, H, W, C)


def _correlate(
    x: np.ndarray, w: np.ndarray, bias: np.ndarray | None, out: np.ndarray, windows: Windows, groups: int
) -> None:
    """Write the convolution to `out`: for a block of pixels, the columns under the taps times the kernels."""
    width = out.shape[2]
    matrices = _as_matrices(w, groups)
    # one long row to add, rather than a few numbers to every pixel
    bias_row = None if bias is None else np.tile(bias, width)

    def work(blocks: list[Block]) -> None:
        for block in blocks:
            columns = _columns(x, block, width, matrices.shape[2], windows, groups)
            target = out[block.images, block.start : block.stop]
            np.matmul(columns, matrices, out=_pixels(target, len(columns), groups))
            if bias_row is not None:
                target.reshape(len(target), -1, len(bias_row))[...] += bias_row

    over_blocks(work, blocks_of(len(x), out.shape[1], width * _taps(x, windows) * x.itemsize))


def _kernel_gradient(x: np.ndarray, g: np.ndarray, windows: Windows, groups: int) -> np.ndarray:
    """Return the gradient of the kernels as `_as_matrices` lays them out: columnsᵀ times g, summed over blocks."""
    width, kernels = g.shape[2], g.shape[3] // groups
    shape = (groups, _taps(x, windows) // groups, kernels)

    def work(blocks: list[Block]) -> np.ndarray:
        total = np.zeros(shape, np.result_type(x, g))
        for block in blocks:
            columns = _columns(x, block, width, kernels, windows, groups)
            pixels = _pixels(g[block.images, block.start : block.stop], len(columns), groups)
            products = scratch("products", (len(columns), *shape), total.dtype)
            np.matmul(columns.swapaxes(2, 3), pixels, out=products)
            total += np.add.reduce(products)
        return total

    blocks = blocks_of(len(x), g.shape[1], width * _taps(x, windows) * x.itemsize)
    total: np.ndarray = np.add.reduce(over_blocks(work, blocks))
    return total


def _send_back(g: np.ndarray, w: np.ndarray, gx: np.ndarray, windows: Windows, groups: int) -> None:
    """Write to `gx` what each pixel of `g` times the kernel sends to the pixels under its taps.

    For each row of the kernel a product gives what goes to the row of the image under it. These are added up over the
    rows of the kernel first, then over its columns.
    """
    (kh, kw), stride, padding, dilation = windows
    rows, width, channels = g.shape[1], g.shape[2], w.shape[1]
    # (kh, 1, groups, kernels of the group, kw and channels)
    kernel_rows = _grouped(w, groups).transpose(3, 0, 1, 4, 2).reshape(kh, 1, groups, -1, kw * channels)

    def work(blocks: list[Block]) -> None:
        for block in blocks:
            height = block.stop - block.start
            # only these rows of g reach the rows of the block
            first = max(0, -((dilation[0] * (kh - 1) - padding[0] - block.start) // stride[0]))
            last = max(first, min(rows, (block.stop - 1 + padding[0]) // stride[0] + 1))
            target = gx[block.images, block.start : block.stop]
            target.fill(0)
            if first == last:
                continue
            sources = g[block.images, first:last]
            images = len(sources)
            shares = scratch("shares", (kh, images, groups, last - first, width, kw, channels), gx.dtype)
            small = groups > 1 or shares[0, 0].size * w.shape[0] < _SMALL
            pixels = _pixels(sources, images if small else 1, groups)
            np.matmul(pixels, kernel_rows, out=shares.reshape(kh, *pixels.shape[:3], -1))
            down = scratch("down", (images, groups, height, width, kw, channels), gx.dtype)
            down.fill(0)
            for i in range(kh):
                start = i * dilation[0] - padding[0] + first * stride[0] - block.start
                take, put = overlap(last - first, start, height, stride[0])
                down[:, :, put] += shares[i][:, :, take]
            target = target.reshape(*target.shape[:3], groups, channels).transpose(0, 3, 1, 2, 4)
            across = down.transpose(4, 0, 1, 2, 3, 5)
            if channels < _SHORT_RUN:
                packed = scratch("across", across.shape, gx.dtype)
                copy_runs(packed, across)
                across = packed
            for j in range(kw):
                take, put = overlap(width, j * dilation[1] - padding[1], gx.shape[2], stride[1])
                target[:, :, :, put] += across[j][:, :, :, take]

    row_bytes = width * kh * kw * channels * groups * gx.itemsize // stride[0]
    over_blocks(work, blocks_of(len(gx), gx.shape[1], row_bytes))


def _columns(
    x: np.ndarray, block: Block, width: int, kernels: int, windows: Windows, groups: int
) -> np.ndarray:
    """Return the numbers under the taps for every output pixel of a block.

    The shape is (batches, groups, pixels, taps and channels), where a batch is one image, or all images of the block.
    """
    kernel, stride, padding, dilation = windows
    height = block.stop - block.start
    seen = frame(
        x[block.images],
        padding[0] - block.start * stride[0],
        padding[1],
        (height - 1) * stride[0] + (kernel[0] - 1) * dilation[0] + 1,
        (width - 1) * stride[1] + (kernel[1] - 1) * dilation[1] + 1,
    )
    images, channels = len(seen), x.shape[3] // groups
    a, b, c, d = seen.strides
    taps = np.lib.stride_tricks.as_strided(
        seen,
        (images, groups, height, width, *kernel, channels),
        (a, channels * d, b * stride[0], c * stride[1], b * dilation[0], c * dilation[1], d),
    )
    if width > kernel[1] * channels:
        # few channels: copy whole rows of pixels, tap by tap
        taps = taps.transpose(0, 1, 4, 5, 6, 2, 3)
        columns = scratch("columns", taps.shape, x.dtype)
        copy_runs(columns, taps)
        return columns.reshape(images, groups, -1, height * width).swapaxes(2, 3)
    columns = scratch("columns", taps.shape, x.dtype)
    if groups == 1 and c * dilation[1] == channels * d:
        # a row of taps lies side by side, too
        run = kernel[1] * channels
        taps = np.lib.stride_tricks.as_strided(taps, (*taps.shape[:5], run), (*taps.strides[:5], d))
        copy_runs(columns.reshape(taps.shape), taps)
    else:
        copy_runs(columns, taps)
    small = groups > 1 or columns[0].size * kernels < _SMALL
    return columns.reshape(images if small else 1, groups, -1, prod(columns.shape[4:]))


def _pixels(images: np.ndarray, batches: int, groups: int) -> np.ndarray:
    """View images as (batches, groups, pixels, channels of the group)."""
    return images.reshape(batches, -1, groups, images.shape[3] // groups).swapaxes(1, 2)


def _as_matrices(w: np.ndarray, groups: int) -> np.ndarray:
    """Return the kernels as (groups, taps and channels, kernels of the group)."""
    return _grouped(w, groups).transpose(0, 3, 4, 2, 1).reshape(groups, -1, len(w) // groups)


def _taps(x: np.ndarray, windows: Windows) -> int:
    return windows.size[0] * windows.size[1] * int(x.shape[3])


def _by_tiles(w: np.ndarray, windows: Windows, groups: int, size: Pair, dtype: Any) -> bool:
    """Whether Winograd's algorithm applies and pays."""
    return (
        windows == ((3, 3), (1, 1), windows.padding, (1, 1))
        and groups == 1
        and dtype == np.float32
        and winograd.is_worth_it(*size, w.shape[1], w.shape[0])
    )


# -- shapes


# an array whose strides say: channels last
_CHANNELS_LAST = np.empty((2, 2, 2, 2), np.uint8).transpose(0, 3, 1, 2)


def empty_images(shape: tuple[int, ...], dtype: Any) -> np.ndarray:
    """Return a new array (N, C, H, W) that lies in memory with the channels last.

    Examples
    --------
    >>> empty_images((1, 3, 8, 8), np.float32).strides
    (768, 4, 96, 12)
    """
    return np.empty_like(_CHANNELS_LAST, dtype, order="K", shape=shape)


def _last(x: np.ndarray) -> np.ndarray:
    return x.transpose(0, 2, 3, 1)


def _dense(x: np.ndarray) -> np.ndarray:
    """Copy an array that repeats or mirrors memory (a gradient that was broadcast): BLAS does not take it."""
    return x if min(x.strides) > 0 else np.ascontiguousarray(x)


def _grouped(w: np.ndarray, groups: int) -> np.ndarray:
    return w.reshape(groups, -1, *w.shape[1:])


def _check_shapes(x: tuple[int, ...], w: tuple[int, ...], b: Any, groups: int) -> None:
    """Say what does not fit between images, kernels and bias."""
    if len(x) != 4 or len(w) != 4:
        raise ShapeError(
            f"conv2d: images have shape {x} and kernels {w}; expected (N, C, H, W) and (O, C / groups, kh, kw). "
            f"A single image needs a batch axis: x[None].{user_line()}"
        )
    if groups < 1 or x[1] != w[1] * groups or w[0] % groups:
        raise ShapeError(
            f"conv2d: images of shape {x} have {x[1]} channels, but kernels of shape {w} in {groups} group(s) take "
            f"{w[1] * groups}; and the groups must divide the kernels evenly. Give the kernels the shape "
            f"(O, {x[1]} / groups, {w[2]}, {w[3]}).{user_line()}"
        )
    if b is not None and b.shape != w[:1]:
        raise ShapeError(
            f"conv2d: the bias has shape {b.shape}, but should be {w[:1]}, one number for each kernel.{user_line()}"
        )
