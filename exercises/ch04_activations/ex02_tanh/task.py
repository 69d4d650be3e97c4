r"""Hyperbolic tangent, forward and backward.

The sigmoid has only positive outputs, so the layer after it sees numbers that all lean to one side.
The hyperbolic tangent has the same S shape, but runs from -1 to 1 and passes through the origin:

    tanh(x) = (e^x - e^-x) / (e^x + e^-x)

It acts on each element by itself; `x` may have any shape. NumPy has it as `np.tanh`. Here you build
it from `np.exp`, to see once how it is done; the checks look at what you return and not at how you
came by it.

Forward
-------
As written, the formula asks for e^1000 at x = 1000 and ends as inf / inf, which is NaN; at
x = -1000 the other exponential does the same. Divide above and below by the larger of the two. For
x >= 0 that is e^x, and

    tanh(x) = (1 - e^-2x) / (1 + e^-2x)        x >= 0

has no large power left. For negative x use that tanh is odd: tanh(-x) = -tanh(x).

Backward
--------
With out = tanh(x) and g = dL/d out, the slope is again a short expression in the output alone:

    d out / dx = 1 - out^2        so        dL/dx = g * (1 - out^2)

It is 1 at the origin, four times the best slope of a sigmoid, and 0 far out. A unit that far out
passes (almost) no gradient to the layers before it: it is called saturated.

Worked example
--------------
Take x = ln 2. Then e^x = 2, e^-x = 1/2 and tanh(x) = (2 - 1/2) / (2 + 1/2) = 1.5 / 2.5 = 0.6.

>>> x = np.array([-np.log(2.0), 0.0, np.log(2.0)])
>>> out = tanh(x)
>>> np.round(out, 6)
array([-0.6,  0. ,  0.6])

The slopes are 1 - 0.36 = 0.64, 1 and 0.64. With g = (5, -1, 10):

>>> np.round(tanh_backward(np.array([5.0, -1.0, 10.0]), out), 6)
array([ 3.2, -1. ,  6.4])

And far out:

>>> np.round(tanh(np.array([-1000.0, 1000.0])), 6)
array([-1.,  1.])

What is not asked: integer arrays, infinities and NaN, and the last digits where x is tiny
(1 - e^-2x loses some of them there; `np.expm1` is how libraries keep them, and an error of 1e-12
passes). A float32 array gives a float32 array; the arrays that you are given stay as they are.
"""

import numpy as np


def tanh(x: np.ndarray) -> np.ndarray:
    """Squeeze each element of `x` into the interval from -1 to 1.

    Parameters
    ----------
    x
        Floating-point array of any shape.

    Returns
    -------
    np.ndarray
        (e^x - e^-x) / (e^x + e^-x), the shape and dtype of `x`, with no overflow however large |x| is.
    """
    raise NotImplementedError("(e^x - e^-x) / (e^x + e^-x) for every element, with no large power of e")


def tanh_backward(g: np.ndarray, out: np.ndarray) -> np.ndarray:
    """Carry the gradient back through `out = tanh(x)`.

    Parameters
    ----------
    g
        dL/d out, the incoming gradient (cotangent), the shape of `out`.
    out
        What `tanh` returned: the output, not its input.

    Returns
    -------
    np.ndarray
        dL/dx, the shape and dtype of `out`.
    """
    raise NotImplementedError("the incoming gradient times the slope, the slope written with out")
