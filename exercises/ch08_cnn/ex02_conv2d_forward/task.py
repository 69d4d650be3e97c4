"""Convolution in two dimensions, forward.

A fully connected layer gives every pixel its own weight, so what it has learned about an edge in
one corner is of no use in another. A convolutional layer (Fukushima, 1980; LeCun and others, 1989)
has one small *kernel* of weights, lays it on every part of the image in turn, and each time
computes one number: multiply each pixel by the weight that lies on it, and add up. The same few
weights serve everywhere, and what is found in one place is found in every place.

Shapes
------
    x        (N, C, H, W)       N images with C channels (3 for a colour image), H rows, W columns
    w        (O, C, KH, KW)     O kernels; each has C channels too, KH rows, KW columns
    b        (O,)               one bias for each kernel, or None
    stride   (SH, SW)           how many pixels the kernel moves on, down and to the right
    padding  (PH, PW)           PH rows of zeros above *and* below the image, PW columns on each side
    result   (N, O, OH, OW)     one channel for each kernel

    OH = floor((H + 2 * PH - KH) / SH) + 1        OW = floor((W + 2 * PW - KW) / SW) + 1

The formula
-----------
With x padded, for image n, kernel o, row i and column j of the result:

    out[n, o, i, j] = b[o] + sum over c, k, l of  x[n, c, i * SH + k, j * SW + l] * w[o, c, k, l]

The sum runs over *all* channels: a kernel sees every channel at once and gives one number. It also
says that the kernel is laid down as it is. In mathematics a convolution first turns the kernel by
180 degrees; what is written here is called cross-correlation there. Deep learning calls it
convolution all the same, since the weights are learned and would come out turned. This is what
`torch.nn.functional.conv2d` computes.

A worked example
----------------
One image, one channel, one kernel, which takes each pixel minus its neighbour below on the right:

        1 2 3
    x = 4 5 6      w = 1  0      out = 1-5 2-6   =  -4 -4
        7 8 9          0 -1            4-8 5-9      -4 -4

>>> x = np.array([[[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]]]])
>>> w = np.array([[[[1.0, 0.0], [0.0, -1.0]]]])
>>> conv2d(x, w)
array([[[[-4., -4.],
         [-4., -4.]]]])

With stride (2, 1) the kernel moves down by 2, where it would stick out, so only the top row is
left:

>>> conv2d(x, w, stride=(2, 1))
array([[[[-4., -4.]]]])

With padding (0, 1) there is a column of zeros on each side, and a bias of 10 is added to each
number. The first is 0 - 4 + 10, the last in its row 3 - 0 + 10:

>>> conv2d(x, w, np.array([10.0]), padding=(0, 1))
array([[[[ 6.,  6.,  6., 13.],
         [ 3.,  6.,  6., 16.]]]])

Loops over n, o, i, j, c, k, l are a right answer here: slow, but easy to read. `x`, `w` and `b`
must stay as they are. Not asked: dilation, groups, kernels that do not fit, a single int as stride
or padding.
"""

import numpy as np


def conv2d(
    x: np.ndarray,
    w: np.ndarray,
    b: np.ndarray | None = None,
    stride: tuple[int, int] = (1, 1),
    padding: tuple[int, int] = (0, 0),
) -> np.ndarray:
    """Return the convolution of the images x with the kernels w, plus the bias b.

    x has shape (N, C, H, W), w (O, C, KH, KW), b (O,) or it is None; the result has shape
    (N, O, OH, OW). `stride` and `padding` are given as (vertical, horizontal).
    """
    n_images, _, height, width = x.shape
    n_kernels, _, kernel_h, kernel_w = w.shape
    (stride_h, stride_w), (pad_h, pad_w) = stride, padding
    raise NotImplementedError("pad the images, visit every position of the kernel, add the bias")
