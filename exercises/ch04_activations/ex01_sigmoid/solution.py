r"""Sigmoid, forward and backward.

A linear layer can answer any number. A probability has to lie between 0 and 1. The sigmoid squeezes
the whole number line into that interval, smoothly and without changing the order:

    sigmoid(x) = 1 / (1 + e^-x)

It is 1/2 at 0, comes close to 1 far to the right and close to 0 far to the left. It acts on each
element by itself, so `x` may have any shape and the result has the same one.

Forward
-------
The formula is right for every x, but the computer cannot follow it everywhere. At x = -1000 it asks
for e^1000, which is larger than any float: NumPy answers `inf` and warns of an overflow. Multiply
the fraction above and below by e^x and the same number reads

    sigmoid(x) = e^x / (1 + e^x)

which is harmless at -1000 and overflows at +1000 instead. The way out is to look at the sign first
and never to raise e to a large positive power.

Backward
--------
Suppose a loss L is computed from out = sigmoid(x), and somebody hands you g = dL/d out, one number
for each element of `out`. You owe them dL/dx. By the chain rule each element of g is multiplied by
the slope of the sigmoid at that place, and that slope can be had from the output alone:

    d out / dx = out * (1 - out)        so        dL/dx = g * out * (1 - out)

That is why `sigmoid_backward` takes `out` and not `x`: the forward pass has already paid for the
exponential.

Worked example
--------------
Take x = ln 3. Then e^-x = 1/3 and sigmoid(x) = 1 / (4/3) = 3/4. At x = -ln 3 it is
1 / (1 + 3) = 1/4.

>>> x = np.array([-np.log(3.0), 0.0, np.log(3.0)])
>>> out = sigmoid(x)
>>> np.round(out, 6)
array([0.25, 0.5 , 0.75])

The slopes there are 1/4 * 3/4 = 0.1875, 1/2 * 1/2 = 0.25 and 0.1875 again. With g = (2, 2, -4):

>>> np.round(sigmoid_backward(np.array([2.0, 2.0, -4.0]), out), 6)
array([ 0.375,  0.5  , -0.75 ])

And no warning far out:

>>> np.round(sigmoid(np.array([-1000.0, 1000.0])), 6)
array([0., 1.])

What is not asked: integer arrays, infinities and NaN. A float32 array gives a float32 array; the
arrays that you are given stay as they are.
"""

import numpy as np


def sigmoid(x: np.ndarray) -> np.ndarray:
    """Squeeze each element of `x` into the interval from 0 to 1.

    Parameters
    ----------
    x
        Floating-point array of any shape.

    Returns
    -------
    np.ndarray
        1 / (1 + e^-x), the shape and dtype of `x`, with no overflow however large |x| is.
    """
    # >>> your code: 1 / (1 + e^-x) for every element, never raising e to a large positive power
    e = np.exp(-np.abs(x))
    return np.where(x >= 0, 1.0, e) / (1.0 + e)
    # <<< your code


def sigmoid_backward(g: np.ndarray, out: np.ndarray) -> np.ndarray:
    """Carry the gradient back through `out = sigmoid(x)`.

    Parameters
    ----------
    g
        dL/d out, the incoming gradient (cotangent), the shape of `out`.
    out
        What `sigmoid` returned: the output, not its input.

    Returns
    -------
    np.ndarray
        dL/dx, the shape and dtype of `out`.
    """
    # >>> your code: the incoming gradient times the slope, the slope written with out
    return g * out * (1.0 - out)
    # <<< your code
