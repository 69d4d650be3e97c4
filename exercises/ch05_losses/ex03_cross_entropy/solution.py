r"""Cross entropy from logits, forward and backward.

Ten digits, a thousand kinds of object: with many classes the last layer gives each example one
score per class, called logits, and softmax turns a row of logits into probabilities. The loss of
one example is its surprise at the true class, -log of the probability given to it. The loss of a
batch is the mean over its examples:

    p_n = softmax(logits_n)
    L   = (1/N) * sum over n of -log p_n[label_n]

`logits` has shape (N, C), N examples and C classes. `labels` has shape (N,) and holds integers from
0 to C - 1: the first class is number 0. As in PyTorch the function takes the logits as they are,
and softmax is part of it. (A network that ends in a softmax layer and is then trained with this
loss applies it twice; it still learns, but slowly and badly, and nothing tells you.)

Forward
-------
A class whose logit lies 1000 below the largest has the probability e^-1000, which a float rounds to
0; its log is then minus infinity, where the true answer is simply -1000. So do not compute softmax
first and take the log of it. Simplify on paper instead:

    -log p[k] = log(e^(z_1) + ... + e^(z_C)) - z_k

And since adding the same number to a whole row changes nothing, take off the row's maximum first:
z = logits - max of the row. Nothing can overflow then, the sum is at least 1, and its log is
finite.

Backward
--------
L is one number, so the incoming gradient g is one number too. The gradient of softmax and log
together is much simpler than either of them:

    d L / d logits[n, c] = (1/N) * (p_n[c] - 1)        where c = label_n
    d L / d logits[n, c] = (1/N) * p_n[c]              elsewhere

times g. Predicted minus true, once more: each row adds up to 0.

Worked example
--------------
Row one has the exponentials 1, 2, 5 and so the probabilities 1/8, 2/8, 5/8; its label is 2, its
loss -log 0.625 = 0.470004. Row two has 1, 1, 2 and so 1/4, 1/4, 1/2; its label is 0, its loss -log
0.25 = 1.386294. The mean is 0.928149.

>>> logits = np.log(np.array([[1.0, 2.0, 5.0], [1.0, 1.0, 2.0]]))
>>> labels = np.array([2, 0])
>>> round(float(cross_entropy(logits, labels)), 6)
0.928149

Predicted minus true is (0.125, 0.25, -0.375) and (-0.75, 0.25, 0.5). With g = 4 and N = 2 both are
doubled:

>>> np.round(cross_entropy_backward(4.0, logits, labels), 6)
array([[ 0.25,  0.5 , -0.75],
       [-1.5 ,  0.5 ,  1.  ]])

What is not asked: an empty batch, labels out of range, class weights, more than two axes. The loss
may be a Python float or a NumPy number. The gradient of a float32 array is a float32 array. The
arrays that you are given stay as they are.
"""

import numpy as np


def cross_entropy(logits: np.ndarray, labels: np.ndarray) -> float:
    """Average the surprise at the true classes over the batch.

    Parameters
    ----------
    logits
        Scores as they come from the last layer, floating point, shape (N, C) with N and C at least 1.
    labels
        The true class of each example, integers from 0 to C - 1, shape (N,).

    Returns
    -------
    float
        The mean loss of an example, in nats, finite however large the logits are.
    """
    # >>> your code: log of the sum of exponentials minus the true class's score, the mean of it
    z = logits - logits.max(axis=1, keepdims=True)
    log_sum = np.log(np.exp(z).sum(axis=1))
    return float(np.mean(log_sum - z[np.arange(len(labels)), labels]))
    # <<< your code


def cross_entropy_backward(g: float, logits: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Carry the gradient back from the loss to the logits.

    Parameters
    ----------
    g
        The incoming gradient of the loss (cotangent), one number.
    logits, labels
        What went into `cross_entropy`.

    Returns
    -------
    np.ndarray
        g * dL/d logits, the shape (N, C) and the dtype of `logits`.
    """
    # >>> your code: softmax of each row, less 1 at the true class, over the batch size, times g
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    p[np.arange(len(labels)), labels] -= 1.0
    return g * p / len(labels)
    # <<< your code
