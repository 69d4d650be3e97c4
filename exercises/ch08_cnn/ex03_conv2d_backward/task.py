"""Convolution in two dimensions, backward.

In the forward direction each number of the output is a sum of products, pixel times weight:

    out[n, o, i, j] = b[o] + sum over c, k, l of  x[n, c, i * SH + k, j * SW + l] * w[o, c, k, l]

In the backward direction we are given the *cotangent* g. It has the shape of `out`, and says by
what factor the loss follows: when out[n, o, i, j] grows by a tiny step, the loss grows by the step
times g[n, o, i, j]. We want the same factor for every pixel of x, every weight of w and every bias.

The idea
--------
Look at a single product in the sum above. When the pixel grows, out[n, o, i, j] grows by the weight
times as much, and the loss by weight times g[n, o, i, j]. When the weight grows, out[n, o, i, j]
grows by the pixel times as much, and the loss by pixel times g[n, o, i, j]. When the bias grows,
out[n, o, i, j] grows by just as much, and the loss by g[n, o, i, j]. But a pixel, a weight, a bias
takes part in many numbers of the output. All of them count, so add them up:

    gb[o]                               =  sum of g[n, o, i, j]                     over n, i, j
    gw[o, c, k, l]                      =  sum of g[n, o, i, j] * x[n, c, r, s]     over n, i, j
    gx[n, c, r, s]                      =  sum of g[n, o, i, j] * w[o, c, k, l]     over o, i, j, k, l
                                              where r = i * SH + k and s = j * SW + l

Do not search for the products that a pixel takes part in. Walk over the output as in the forward
direction, i and j, and at each position give every pixel and every weight under the kernel its
share, with `+=`. The kernels of neighbouring positions overlap, and `=` would keep only the last.

With padding, r and s count in the padded image. The zeros around the image are no inputs, so what
has been collected for them is cut off at the end, and gx has the shape of x. Rows and columns that
no kernel reaches, because the stride left a rest, have the gradient 0.

(Y. LeCun and others, *Gradient-based learning applied to document recognition*, 1998; the same
three sums are behind `torch.nn.functional.conv2d`.)

Shapes
------
    g        (N, O, OH, OW)     the cotangent of the output
    x, gx    (N, C, H, W)       N images with C channels, H rows, W columns
    w, gw    (O, C, KH, KW)     O kernels with C channels, KH rows, KW columns
    gb       (O,)               one number for each kernel
    stride   (SH, SW)           how many pixels the kernel moves on, down and to the right
    padding  (PH, PW)           rows of zeros above and below, columns of zeros on each side

A worked example
----------------
        1 2 3
    x = 4 5 6      w = 1 2      g = 1 1
        7 8 9          3 4          1 1

The kernel has four positions, all with g = 1. The pixel in the middle lies under each weight once:
its gradient is 1 + 2 + 3 + 4 = 10. The corner pixel 1 lies under the weight 1 only. The weight 1
lies on the pixels 1, 2, 4 and 5, so its gradient is 12. The bias is in all four sums.

>>> x = np.array([[[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]]]])
>>> w = np.array([[[[1.0, 2.0], [3.0, 4.0]]]])
>>> gx, gw, gb = conv2d_backward(np.ones((1, 1, 2, 2)), x, w)
>>> gx
array([[[[ 1.,  3.,  2.],
         [ 4., 10.,  6.],
         [ 3.,  7.,  4.]]]])
>>> gw
array([[[[12., 16.],
         [24., 28.]]]])
>>> gb
array([4.])

With stride (1, 2) the kernel has only the two positions on the left, and the last column gets 0:

>>> gx, gw, gb = conv2d_backward(np.ones((1, 1, 2, 1)), x, w, stride=(1, 2))
>>> gx
array([[[[1., 2., 0.],
         [4., 6., 0.],
         [3., 4., 0.]]]])

`g`, `x` and `w` must stay as they are. Not asked: the forward direction, dilation, groups.
"""

import numpy as np


def conv2d_backward(
    g: np.ndarray,
    x: np.ndarray,
    w: np.ndarray,
    stride: tuple[int, int] = (1, 1),
    padding: tuple[int, int] = (0, 0),
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return (gx, gw, gb), the gradients of the images, of the kernels and of the bias.

    g has shape (N, O, OH, OW), x and gx (N, C, H, W), w and gw (O, C, KH, KW), gb (O,).
    `stride` and `padding` are those of the forward direction, as (vertical, horizontal).
    """
    _, _, height, width = x.shape
    _, _, kernel_h, kernel_w = w.shape
    _, _, out_h, out_w = g.shape
    (stride_h, stride_w), (pad_h, pad_w) = stride, padding
    raise NotImplementedError("collect what every position of the kernel adds to gx and gw; sum g for gb")
