r"""Mean squared error, forward and backward.

A loss boils all the mistakes of a model down to one number, which training then makes small. For
predictions that are measured in metres or in euros the usual choice is the mean squared error: take
the difference between each prediction and its target, square it, and average over all N elements.

    L = (1/N) * sum of (prediction - target)^2

Squaring makes every mistake count as positive, and a mistake twice as large count four times. L
carries the square of the unit of the predictions (square metres, if they are metres).

Here N is the number of all elements, as in PyTorch: for a batch of 8 examples with 3 outputs each,
N = 24.

A trap
------
`prediction` often has shape (8, 1), one column out of the last layer, and `target` has shape (8,).
NumPy does not complain: it broadcasts the difference to (8, 8), and the model then learns to
predict the average. So `mse` has to raise `ValueError` if the two shapes are not the same.
(`mse_backward` need not repeat the check.)

Backward
--------
L is one number, so its incoming gradient g is one number too: dL_total/dL, which is 1 if L is the
last thing computed and 0.5 if the total loss is 0.5 * L plus something else. One prediction appears
in one term of the sum:

    d L / d prediction = (2/N) * (prediction - target)

times g. The target is data and gets no gradient.

Worked example
--------------
The differences are 1, 0, -3 and 2; their squares 1, 0, 9 and 4; the mean 14 / 4 = 3.5.

>>> prediction = np.array([[2.0, 5.0], [0.0, 3.0]])
>>> target = np.array([[1.0, 5.0], [3.0, 1.0]])
>>> float(mse(prediction, target))
3.5

With g = 10 each difference is multiplied by 10 * 2 / 4 = 5:

>>> np.round(mse_backward(10.0, prediction, target), 6)
array([[  5.,   0.],
       [-15.,  10.]])

What is not asked: empty arrays, integer arrays, weights for single elements. The loss may be a
Python float or a NumPy number. The gradient of a float32 array is a float32 array. The arrays that
you are given stay as they are.
"""

import numpy as np


def mse(prediction: np.ndarray, target: np.ndarray) -> float:
    """Average the squared differences over all elements.

    Parameters
    ----------
    prediction
        Floating-point array of any shape, with at least one element.
    target
        What the predictions should have been, the shape of `prediction`.

    Returns
    -------
    float
        The mean squared error, one number, in the square of the predictions' unit.

    Raises
    ------
    ValueError
        If the two shapes differ.
    """
    raise NotImplementedError("refuse shapes that differ, then the mean of the squared differences")


def mse_backward(g: float, prediction: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Carry the gradient back from the loss to the predictions.

    Parameters
    ----------
    g
        The incoming gradient of the loss (cotangent), one number.
    prediction, target
        What went into `mse`.

    Returns
    -------
    np.ndarray
        g * dL/d prediction, the shape and dtype of `prediction`.
    """
    raise NotImplementedError("the slope of each squared difference, over the number of elements, times g")
