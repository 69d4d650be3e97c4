r"""Binary cross entropy, forward and backward.

Spam or not, ill or healthy: the model answers a probability p for "yes", and the target t is 1 for
yes and 0 for no. A good loss asks how surprised the model is by the truth. If it gave the truth the
probability q, its surprise is -log q: none when q = 1, more and more as q falls towards 0. With
q = p where t = 1 and q = 1 - p where t = 0, both cases fit in one line:

    surprise = -(t * log p + (1 - t) * log(1 - p))
    L        = the mean of the surprises over all N elements

log is the natural logarithm, so L is measured in nats. A target may also be a number between 0 and
1 (say 0.9, for a label that is trusted only so far); the same line holds.

Where the logarithm ends
------------------------
log 0 is minus infinity, and 0 * infinity is NaN: a single p that rounds to 0 or 1 would spoil the
loss of a whole batch. PyTorch's rule, and ours: a logarithm never counts for less than -100. So

    t = 1, p = 0 has the surprise 100        t = 0, p = 0 has the surprise 0

and everywhere else nothing changes. All of this without a warning (`np.errstate` can silence the
one that you have dealt with).

Backward
--------
L is one number, so the incoming gradient g is one number too. Away from p = 0 and p = 1:

    d L / d p = (1/N) * (p - t) / (p * (1 - p))

times g. At p = 0 and p = 1 this divides by zero. The checks ask there for a finite number that does
not point the wrong way: not above 0 where t = 1, not below 0 where t = 0 (for positive g). PyTorch
never divides by less than 1e-12, which does it.

Worked example
--------------
For p = 0.5 and t = 1 the surprise is log 2 = 0.693147. For p = 0.25 and t = 0 the truth had 0.75,
and the surprise is -log 0.75 = 0.287682. The mean is 0.490415.

>>> probability = np.array([0.5, 0.25])
>>> target = np.array([1.0, 0.0])
>>> round(float(binary_cross_entropy(probability, target)), 6)
0.490415

The slopes are (0.5 - 1) / 0.25 = -2 and 0.25 / 0.1875 = 4/3. With g = 3 and N = 2 they are
multiplied by 1.5:

>>> np.round(binary_cross_entropy_backward(3.0, probability, target), 6)
array([-3.,  2.])

And at the very end:

>>> float(binary_cross_entropy(np.array([0.0, 1.0]), np.array([1.0, 1.0])))
50.0

What is not asked: probabilities outside 0 to 1, shapes that differ, empty arrays, integer arrays.
The loss may be a Python float or a NumPy number. The gradient of a float32 array is a float32
array. The arrays that you are given stay as they are.
"""

import numpy as np


def binary_cross_entropy(probability: np.ndarray, target: np.ndarray) -> float:
    """Average the surprise of the predicted probabilities at the targets.

    Parameters
    ----------
    probability
        Predicted probability of "yes", floating point from 0 to 1, any shape with at least one element.
    target
        1 for yes, 0 for no, or anything between, the shape of `probability`.

    Returns
    -------
    float
        The mean over all elements, in nats, each logarithm counted as -100 at the least.
    """
    raise NotImplementedError("the mean of -(t log p + (1 - t) log(1 - p)), no logarithm below -100")


def binary_cross_entropy_backward(g: float, probability: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Carry the gradient back from the loss to the probabilities.

    Parameters
    ----------
    g
        The incoming gradient of the loss (cotangent), one number.
    probability, target
        What went into `binary_cross_entropy`.

    Returns
    -------
    np.ndarray
        g * dL/d probability, the shape and dtype of `probability`, finite everywhere.
    """
    raise NotImplementedError("(p - t) / (p (1 - p)) without dividing by zero, over N, times g")
