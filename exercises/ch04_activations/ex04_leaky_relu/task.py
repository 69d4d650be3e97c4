r"""Leaky ReLU, forward and backward.

A ReLU that is switched off passes back no gradient at all. If it is off for every example of the
data, its weights never change again and it stays off: people call it dead. A leaky ReLU keeps a
small slope on the negative side, so that there is always a way back:

    leaky_relu(x) = x                        where x > 0
    leaky_relu(x) = negative_slope * x       where x <= 0

`negative_slope` is a number from 0 to 1, by default 0.01, as in PyTorch. With 0 the unit is a plain
ReLU, with 1 it does nothing. It acts on each element by itself; `x` may have any shape.

Backward
--------
With g = dL/d out, the slope is 1 on the right and `negative_slope` on the left:

    dL/dx = g                        where x > 0
    dL/dx = negative_slope * g       where x < 0

The sign of x decides, so `leaky_relu_backward` takes the input `x`, and the same `negative_slope`
that the forward pass used. At x = 0 there is a corner: PyTorch takes `negative_slope` there, and so
do we; the checks accept any slope from `negative_slope` to 1.

Worked example
--------------
With negative_slope = 0.1, the element -20 leaks through as -2, and its gradient 5 goes back as 0.5.

>>> x = np.array([3.0, -20.0, -1.0])
>>> np.round(leaky_relu(x, 0.1), 6)
array([ 3. , -2. , -0.1])
>>> np.round(leaky_relu_backward(np.array([-4.0, 5.0, 7.0]), x, 0.1), 6)
array([-4. ,  0.5,  0.7])

Without the last argument the slope is 0.01:

>>> np.round(leaky_relu(np.array([-20.0])), 6)
array([-0.2])

What is not asked: slopes outside 0 to 1, integer arrays, infinities and NaN. A float32 array gives
a float32 array. The arrays that you are given stay as they are.

Source: Maas, Hannun and Ng, "Rectifier nonlinearities improve neural network acoustic models",
2013.
"""

import numpy as np


def leaky_relu(x: np.ndarray, negative_slope: float = 0.01) -> np.ndarray:
    """Keep the positive elements of `x` and shrink the others.

    Parameters
    ----------
    x
        Floating-point array of any shape.
    negative_slope
        What an element that is not positive is multiplied by, from 0 to 1.

    Returns
    -------
    np.ndarray
        A new array with the shape and dtype of `x`.
    """
    raise NotImplementedError("x where it is positive, negative_slope * x elsewhere, in a new array")


def leaky_relu_backward(g: np.ndarray, x: np.ndarray, negative_slope: float = 0.01) -> np.ndarray:
    """Carry the gradient back through `leaky_relu(x, negative_slope)`.

    Parameters
    ----------
    g
        dL/d out, the incoming gradient (cotangent), the shape of `x`.
    x
        What went into `leaky_relu`: the input.
    negative_slope
        The slope that the forward pass used on the negative side.

    Returns
    -------
    np.ndarray
        dL/dx, a new array with the shape and dtype of `x`.
    """
    raise NotImplementedError("g times the slope, which is 1 or negative_slope")
