"""Undo broadcasting.

NumPy stretches small arrays to fit large ones. Add a bias b of shape (3,) to a batch x of shape
(2, 3), and b is used for both rows, as if it had been copied:

    x + b  =  [[x_00 + b_0,  x_01 + b_1,  x_02 + b_2],
               [x_10 + b_0,  x_11 + b_1,  x_12 + b_2]]

On the way back, the gradient g that arrives has the shape of the result, (2, 3), but the gradient
of b must have the shape of b. You know the rule from scalars: what is used several times receives
the sum of what all its uses hand back. Here b_0 was used in both rows, so it receives g_00 + g_10.
Undoing a broadcast is summing over the copies.

NumPy broadcasts in two ways, and both must be undone:

    leading axes    the shape is too short, so axes of size as needed are put in front: (3,) -> (2, 3)
    stretched axes  an axis of size 1 is repeated: (2, 1) -> (2, 3)

In the first case the axis has to be summed away. In the second it is summed but stays, with size 1.
Both can happen at once: from (2, 1) to (4, 2, 3), for instance.

Worked example. Let g = [[1, 2, 3], [10, 20, 30]], of shape (2, 3). Then

    sum_to(g, (3,))    sums the rows away             [11, 22, 33]
    sum_to(g, (2, 1))  sums along each row, keeps 1   [[6], [60]]
    sum_to(g, ())      sums everything                66

>>> g = np.array([[1.0, 2.0, 3.0], [10.0, 20.0, 30.0]])
>>> sum_to(g, (3,))
array([11., 22., 33.])
>>> sum_to(g, (2, 1))
array([[ 6.],
       [60.]])
>>> float(sum_to(g, ()))
66.0

With sum_to in hand, the backward rule of every elementwise operation is one line per operand: write
it as if the shapes were equal, then sum to the operand's shape. You do it for the product
z = x * y, whose local derivatives are y and x:

    gradient of x:  g * y,  summed to the shape of x
    gradient of y:  g * x,  summed to the shape of y

With g as above, x = [1, 2, 3] of shape (3,) and y = [[4], [5]] of shape (2, 1):

    g * y = [[4, 8, 12], [50, 100, 150]]    to shape (3,)       [54, 108, 162]
    g * x = [[1, 4, 9],  [10, 40, 90]]      to shape (2, 1)     [[14], [140]]

>>> gx, gy = mul_vjp(g, np.array([1.0, 2.0, 3.0]), np.array([[4.0], [5.0]]))
>>> gx
array([ 54., 108., 162.])
>>> gy
array([[ 14.],
       [140.]])

(vjp: vector-Jacobian product, the usual name for a rule that takes the gradient of a result, g, and
gives the gradients of the operands.)

Axes may have size 0. A sum over nothing is 0: sum_to(g, (1, 3)) of a g of shape (0, 3) is
[[0, 0, 0]].

Not asked: shapes that do not broadcast to the shape of g. You may rely on it that they do.
"""

import numpy as np


def sum_to(g, shape):
    """Sum g over every place to which broadcasting copied an array of the given shape.

    Parameters
    ----------
    g : array of floats, any shape
        What arrives for the broadcast array. It comes back as it was.
    shape : tuple of ints
        The shape before broadcasting.

    Returns
    -------
    array of floats, of shape `shape`
        A NumPy number is as good as an array of shape (). If nothing was broadcast, you may
        return g itself.
    """
    raise NotImplementedError("sum the leading axes away, then the stretched axes, which keep size 1")


def mul_vjp(g, x, y):
    """Gradients of the operands of z = x * y.

    Parameters
    ----------
    g : array of floats, of the shape of x * y
        The gradient of z.
    x, y : arrays of floats
        The operands; their shapes broadcast.

    Returns
    -------
    two arrays of floats, of the shapes of x and of y
        The gradient of x and the gradient of y.
    """
    raise NotImplementedError("the rule of the product, each part summed to the shape of its operand")
