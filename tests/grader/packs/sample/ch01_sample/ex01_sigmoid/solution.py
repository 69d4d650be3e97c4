"""Sigmoid and its gradient: the sample on which the grader's own tests stand.

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
