"""Sigmoid and its gradient: the sample on which the grader's own tests stand.

The sigmoid of x is 1 / (1 + e^-x): a number between 0 and 1, for every element of an array of any shape. If y is
the sigmoid of x and g is the gradient of y, then the gradient of x is g times y times (1 - y).

>>> sigmoid(np.array([0.0]))
array([0.5])
"""

import numpy as np


def sigmoid(x):
    """Return 1 / (1 + e^-x) for every element."""
    raise NotImplementedError("return the sigmoid of every element")


def sigmoid_backward(g, y):
    """Return the gradient of x, from the gradient g of y = sigmoid(x)."""
    raise NotImplementedError("write this part")
