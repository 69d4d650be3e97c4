r"""Softmax, forward and backward.

A classifier ends with one score for each class, any number at all. Softmax turns the scores of one
example into probabilities: all positive, adding up to 1, the larger score getting the larger share.

    p_i = e^(x_i) / (e^(x_1) + e^(x_2) + ... + e^(x_n))

Unlike the activations before it, softmax does not act on each element by itself: the elements of
one row share a sum. A row is what you get by walking along the last axis: in an array of shape
(batch, classes) each example is a row, in (batch, time, classes) each moment of each example is
one. The shape stays the same.

Forward
-------
e^1000 is too large for a float. But adding the same number to all scores of a row changes nothing,
since it multiplies every exponential by the same factor and cancels in the fraction. So first
subtract from each row its own largest score: the largest exponent is then 0, and nothing can
overflow. It has to be the row's own maximum: with the maximum of the whole array, a row far below
it would come to 0 / 0.

Backward
--------
With out = softmax(x), p for short, and g = dL/d out. Raising x_j raises p_j and, because the shares
add up to 1, lowers all the others:

    d p_i / d x_j = p_i (1 - p_i)       where i = j
    d p_i / d x_j = -p_i p_j            where i differs from j

Each x_j therefore hears from every element of its row: dL/dx_j is the sum of g_i * d p_i / d x_j
over all i. Write the sum out, and the table of n times n numbers disappears:

    dL/dx_j = p_j * (g_j - (g_1 p_1 + g_2 p_2 + ... + g_n p_n))

one sum for each row, subtracted from g, and the whole multiplied by p.

Worked example
--------------
The scores 0, ln 2, ln 5 have the exponentials 1, 2, 5, which add up to 8.

>>> x = np.array([[0.0, np.log(2.0), np.log(5.0)]])
>>> out = softmax(x)
>>> np.round(out, 6)
array([[0.125, 0.25 , 0.625]])

With g = (8, 0, 0) the row's sum is 8 * 0.125 = 1, and the gradient is p times (7, -1, -1). It adds
up to 0: what one class gains the others lose.

>>> np.round(softmax_backward(np.array([[8.0, 0.0, 0.0]]), out), 6)
array([[ 0.875, -0.25 , -0.625]])

What is not asked: empty arrays, integer arrays, infinities and NaN. A float32 array gives a float32
array; the arrays that you are given stay as they are.
"""

import numpy as np


def softmax(x: np.ndarray) -> np.ndarray:
    """Turn the scores along the last axis into probabilities that add up to 1.

    Parameters
    ----------
    x
        Floating-point array of scores, shape (..., classes) with at least one class.

    Returns
    -------
    np.ndarray
        Probabilities, the shape and dtype of `x`, with no overflow however large the scores are.
    """
    # >>> your code: exponentials over their sum in each row, the row's maximum taken off first
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)
    # <<< your code


def softmax_backward(g: np.ndarray, out: np.ndarray) -> np.ndarray:
    """Carry the gradient back through `out = softmax(x)`.

    Parameters
    ----------
    g
        dL/d out, the incoming gradient (cotangent), the shape of `out`.
    out
        What `softmax` returned: the probabilities, not the scores.

    Returns
    -------
    np.ndarray
        dL/dx, the shape and dtype of `out`.
    """
    # >>> your code: p_j times (g_j minus the row's sum of g times p)
    return out * (g - (g * out).sum(axis=-1, keepdims=True))
    # <<< your code
