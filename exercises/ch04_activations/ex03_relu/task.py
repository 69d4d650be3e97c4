r"""Rectified linear unit, forward and backward.

Sigmoid and tanh are flat on both sides, and a flat function passes no gradient back. The rectified
linear unit is about the simplest function that is not linear: it keeps what is positive and sets
the rest to zero.

    relu(x) = max(x, 0)

No exponential, no overflow, and a slope of exactly 1 wherever a unit is switched on. It acts on
each element by itself; `x` may have any shape.

Backward
--------
With out = relu(x) and g = dL/d out:

    dL/dx = g        where x > 0
    dL/dx = 0        where x < 0

What decides is the sign of x, the number that went into the forward pass, never the sign of g. So
`relu_backward` takes `x`. Picture a row of doors that the forward pass left open or shut: on the
way back, g walks through the open ones unchanged, positive or negative.

At x = 0 the graph has a corner, and no slope is the right one. Every number from 0 to 1 is a slope
of some line that touches the corner from below (a subgradient). PyTorch takes 0, and so do we; the
checks accept any slope from 0 to 1 there.

Worked example
--------------
The middle element is negative: nothing comes out of it and nothing goes back through it.

>>> x = np.array([3.0, -2.0, 0.5])
>>> np.round(relu(x), 6)
array([3. , 0. , 0.5])
>>> np.round(relu_backward(np.array([10.0, 20.0, -4.0]), x), 6)
array([10.,  0., -4.])

What is not asked: integer arrays, infinities and NaN. A float32 array gives a float32 array. The
arrays that you are given stay as they are: the backward pass needs the same `x` that the forward
pass saw.
"""

import numpy as np


def relu(x: np.ndarray) -> np.ndarray:
    """Keep the positive elements of `x` and set the others to zero.

    Parameters
    ----------
    x
        Floating-point array of any shape.

    Returns
    -------
    np.ndarray
        max(x, 0) for each element, a new array with the shape and dtype of `x`.
    """
    raise NotImplementedError("the larger of x and 0, element by element, in a new array")


def relu_backward(g: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Carry the gradient back through `relu(x)`.

    Parameters
    ----------
    g
        dL/d out, the incoming gradient (cotangent), the shape of `x`.
    x
        What went into `relu`: the input.

    Returns
    -------
    np.ndarray
        dL/dx, a new array with the shape and dtype of `x`.
    """
    raise NotImplementedError("g where the unit was switched on, 0 where it was off")
