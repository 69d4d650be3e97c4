"""3 x 3 convolution with four times fewer multiplications.

Four neighbouring outputs of a three-tap filter need six inputs and, computed plainly, twelve products.
They are also the coefficients of a product of polynomials (transposed), and a polynomial of degree 5 is
known from its values at six points, so six products are enough: evaluate, multiply value by value,
interpolate. In two dimensions a tile of 4 x 4 outputs takes 36 products in place of 144. With the d of a tile
(6 x 6 inputs), the kernel w and, for each axis, the matrices A, B, G::

    y = Aᵀ [ (G w Gᵀ) * (Bᵀ d B) ] A

Laid out as vectors of 36, 16 and 9 numbers, the same with one matrix for both axes::

    y = OUTPUT [ (KERNEL w) * (INPUT d) ]

which is how it is computed: a matrix product for each arrow, over all channels of a tile at once, and between
them, for each of the 36 points, one matrix product over the channels of all tiles.

Evaluating at points costs accuracy: in float32 the root mean square error is about 1e-6 of the size of the
outputs, where the plain sum's is 2e-7. The points are 0, ±2/3, ±3/2 and infinity; at the usual 0, ±1, ±2
it would be twice that. As the transforms are matrix products here, odd numbers in them cost nothing.

Source: S. Winograd, "Arithmetic Complexity of Computations" (1980); A. Lavin and S. Gray, "Fast Algorithms for
Convolutional Neural Networks" (2016); on the points, B. Barabasz et al., "Error Analysis and Improving the
Accuracy of Winograd Convolution for Deep Neural Networks" (2018).
"""

from __future__ import annotations

from math import ceil

from tinygrad_edu.backend import np
from tinygrad_edu.ops.workspace import Block, blocks_of, frame, over_blocks, scratch

__all__ = ["correlate", "is_worth_it", "kernel_gradient"]

_POINTS = (0, 2 / 3, -2 / 3, 3 / 2, -3 / 2)


def _values(coefficients: int) -> np.ndarray:
    """The matrix from a polynomial's coefficients to its values at the points and, last, at infinity."""
    return np.vstack([np.vander(_POINTS, coefficients, increasing=True), np.eye(coefficients)[-1]])


def _both_axes(matrix: np.ndarray) -> np.ndarray:
    return np.kron(matrix, matrix)


_KERNEL = _both_axes(_values(3)).astype(np.float32)  # 36 x 9
_OUTPUT = _both_axes(_values(4).T).astype(np.float32)  # 16 x 36
_INPUT = _both_axes(np.linalg.inv(_values(6)).T).astype(np.float32)  # 36 x 36


def is_worth_it(rows: int, columns: int, channels: int, kernels: int) -> bool:
    """Whether tiles take clearly fewer multiplications than the plain sum, their transforms counted."""
    tiles = ceil(rows / 4) * ceil(columns / 4)
    return tiles * (36 * 36 * channels + 36 * 16 * kernels + 36 * channels * kernels) < 0.7 * (
        rows * columns * 9 * channels * kernels
    )


def _tiles(x: np.ndarray, top: int, left: int, block: Block, across: int) -> np.ndarray:
    """Return INPUT d of every tile of a block: (tiles, 36, channels)."""
    down = block.stop - block.start
    window = frame(x[block.images], top - 4 * block.start, left, 4 * down + 2, 4 * across + 2)
    images, _, _, channels = window.shape
    a, b, c, d = window.strides
    tiles = scratch("tiles", (images, down, across, 6, 6, channels), x.dtype)
    np.copyto(tiles, np.lib.stride_tricks.as_strided(window, tiles.shape, (a, 4 * b, 4 * c, b, c, d)))
    tiles = tiles.reshape(-1, 36, channels)
    return np.matmul(_INPUT, tiles, out=scratch("points", tiles.shape, x.dtype))


def correlate(
    x: np.ndarray, w: np.ndarray, bias: np.ndarray | None, out: np.ndarray, top: int, left: int
) -> None:
    """Write to `out` the sums over 3 x 3 windows of `x` times `w`, the first window at (-top, -left).

    Parameters
    ----------
    x : ndarray
        (images, rows, columns, channels), float32.
    w : ndarray
        (3, 3, channels, kernels).
    bias : ndarray or None
        (kernels,), added to every pixel.
    out : ndarray
        (images, rows, columns, kernels).
    top, left : int
        Rows and columns of zeros before the first; negative to skip rows and columns.
    """
    rows, columns, kernels = out.shape[1:]
    channels = x.shape[3]
    at_points = np.dot(_KERNEL, w.reshape(9, -1)).reshape(36, channels, kernels)
    down, across = ceil(rows / 4), ceil(columns / 4)

    def work(blocks: list[Block]) -> None:
        for block in blocks:
            tiles = _tiles(x, top, left, block, across)
            products = scratch("tiles", (len(tiles), 36, kernels), x.dtype)
            np.matmul(tiles.transpose(1, 0, 2), at_points, out=products.transpose(1, 0, 2))
            y = scratch("points", (len(tiles), 16, kernels), x.dtype)
            np.matmul(_OUTPUT, products, out=y)
            if bias is not None:
                y += bias
            target = out[block.images, 4 * block.start : 4 * block.stop]
            y = y.reshape(len(target), -1, across, 4, 4, kernels).transpose(0, 1, 3, 2, 4, 5)
            height, width = target.shape[1:3]
            if height % 4 or width % 4:
                whole = scratch("tiles", y.shape, x.dtype)
                np.copyto(whole, y)
                target[...] = whole.reshape(len(target), -1, 4 * across, kernels)[:, :height, :width]
            else:
                np.copyto(target.reshape(y.shape), y)

    over_blocks(work, blocks_of(len(x), down, across * 36 * 4 * (channels + kernels)))


def kernel_gradient(x: np.ndarray, g: np.ndarray, top: int, left: int) -> np.ndarray:
    """The gradient of `correlate` with respect to `w`, (3, 3, channels, kernels), for a cotangent `g` of its output.

    The same formula read from the other end: KERNELᵀ [ (INPUT d) * (OUTPUTᵀ g) ], summed over all tiles.
    """
    rows, columns, kernels = g.shape[1:]
    channels = x.shape[3]
    down, across = ceil(rows / 4), ceil(columns / 4)

    def work(blocks: list[Block]) -> np.ndarray:
        total = np.zeros((9, channels * kernels), x.dtype)
        for block in blocks:
            points = _tiles(x, top, left, block, across)
            window = frame(g[block.images], -4 * block.start, 0, 4 * (block.stop - block.start), 4 * across)
            cut = scratch("cut", (len(window), block.stop - block.start, across, 4, 4, kernels), x.dtype)
            np.copyto(cut, window.reshape(len(window), -1, 4, across, 4, kernels).transpose(0, 1, 3, 2, 4, 5))
            g_points = scratch("g_points", (len(points), 36, kernels), x.dtype)
            np.matmul(_OUTPUT.T, cut.reshape(-1, 16, kernels), out=g_points)
            products = scratch("tiles", (36, channels, kernels), x.dtype)
            np.matmul(points.transpose(1, 2, 0), g_points.transpose(1, 0, 2), out=products)
            total += np.dot(_KERNEL.T, products.reshape(36, -1))
        return total

    shares = over_blocks(work, blocks_of(len(x), down, across * 36 * 4 * (channels + kernels)))
    total: np.ndarray = np.add.reduce(shares).reshape(3, 3, channels, kernels)
    return total
