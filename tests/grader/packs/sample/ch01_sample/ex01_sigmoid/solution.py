"""Sigmoid and its gradient: the sample on which the grader's own tests stand.

The sigmoid of x is 1 / (1 + e^-x): a number between 0 and 1, for every element of an array of any shape. If y is
the sigmoid of x and g is the gradient of y, then the gradient of x is g times y times (1 - y).

>>> sigmoid(np.array([0.0]))
array([0.5])
"""

import numpy as np


def sigmoid(x):
    """Return 1 / (1 + e^-x) for every element."""
    # >>> your code: return the sigmoid of every element
    e = np.exp(-np.abs(x))
    return np.where(x >= 0, 1 / (1 + e), e / (1 + e))
    # <<< your code


def sigmoid_backward(g, y):
    """Return the gradient of x, from the gradient g of y = sigmoid(x)."""
    # >>> your code
    return g * y * (1 - y)
    # <<< your code
