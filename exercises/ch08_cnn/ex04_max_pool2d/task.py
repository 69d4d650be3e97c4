"""Max pooling, forward and backward.

After a convolution each channel says where in the image it found what it looks for. Often the exact
place does not matter, only whether it was found thereabouts. *Max pooling* moves a window over each
channel and keeps the largest number in the window. The image gets smaller, which saves time, and a
shift of a pixel or two changes little. (Introduced by Yamaguchi and others, 1990; common since
Krizhevsky and others, 2012.) It has no weights.

Forward
-------
    x        (N, C, H, W)      N images with C channels, H rows, W columns
    kernel   (KH, KW)          rows and columns of the window
    stride   (SH, SW)          how many pixels the window moves on, down and to the right
    padding  (PH, PW)          rows added above and below, columns added on each side
    result   (N, C, OH, OW)    every channel is pooled by itself

    OH = floor((H + 2 * PH - KH) / SH) + 1        OW = floor((W + 2 * PW - KW) / SW) + 1

    out[n, c, i, j] = the largest of  x[n, c, i * SH + k, j * SW + l]   over k < KH and l < KW

where x is padded, not with 0 but with minus infinity. A padded 0 would win against pixels that are
all negative; minus infinity never wins. Padding is at most half the kernel, so that every window
holds at least one pixel.

Backward
--------
The output of a window *is* one of its pixels, the largest; let us call it the winner. When the
winner grows by a little, the output grows by as much, and when another pixel does, nothing happens.
So the winner gets the whole cotangent g[n, c, i, j] of its window, and the others get 0. Two cases
want care:

-   *Windows overlap* when the stride is smaller than the kernel. A pixel can then win several
    windows. Each of them counts, so add the shares up.
-   *Ties.* If several pixels of a window are the largest, exactly one of them gets the share, and
    the others get nothing; else the window would hand out more than it was given. We take the
    first, row by row from the top and from the left in each row, as PyTorch does.

Winners are looked up in x again, so `max_pool2d_backward` is given x and not the output. Its result
has the shape of x. This is what `torch.nn.functional.max_pool2d` and its gradient compute.

A worked example
----------------
        1 5 2
    x = 4 3 0      windows of 2 x 2, stride 1
        7 8 6

>>> x = np.array([[[[1.0, 5.0, 2.0], [4.0, 3.0, 0.0], [7.0, 8.0, 6.0]]]])
>>> max_pool2d(x, kernel=(2, 2), stride=(1, 1))
array([[[[5., 5.],
         [8., 8.]]]])

The 5 wins both windows above, the 8 both below. With the cotangent (10, 20) above and (30, 40)
below, the 5 gets 10 + 20 and the 8 gets 30 + 40:

>>> g = np.array([[[[10.0, 20.0], [30.0, 40.0]]]])
>>> max_pool2d_backward(g, x, kernel=(2, 2), stride=(1, 1))
array([[[[ 0., 30.,  0.],
         [ 0.,  0.,  0.],
         [ 0., 70.,  0.]]]])

A tie: all four pixels are equal, and the first of them gets everything:

>>> max_pool2d_backward(np.array([[[[10.0]]]]), np.ones((1, 1, 2, 2)), kernel=(2, 2), stride=(2, 2))
array([[[[10.,  0.],
         [ 0.,  0.]]]])

`x` and `g` must stay as they are. Not asked: dilation, infinities and NaN in x, kernels that do not
fit.
"""

import numpy as np


def max_pool2d(
    x: np.ndarray,
    kernel: tuple[int, int],
    stride: tuple[int, int],
    padding: tuple[int, int] = (0, 0),
) -> np.ndarray:
    """Return the largest number in every window, shape (N, C, OH, OW).

    x has shape (N, C, H, W); `kernel`, `stride` and `padding` are given as (vertical, horizontal).
    """
    n_images, channels, height, width = x.shape
    (kernel_h, kernel_w), (stride_h, stride_w), (pad_h, pad_w) = kernel, stride, padding
    raise NotImplementedError("pad, then take the largest number of every window")


def max_pool2d_backward(
    g: np.ndarray,
    x: np.ndarray,
    kernel: tuple[int, int],
    stride: tuple[int, int],
    padding: tuple[int, int] = (0, 0),
) -> np.ndarray:
    """Return the gradient of x, given the cotangent g of the output.

    g has shape (N, C, OH, OW), x and the result (N, C, H, W). The other arguments are those of
    `max_pool2d`.
    """
    n_images, channels, height, width = x.shape
    _, _, out_h, out_w = g.shape
    (kernel_h, kernel_w), (stride_h, stride_w), (pad_h, pad_w) = kernel, stride, padding
    raise NotImplementedError("find the first winner of every window and give it that window's share")
