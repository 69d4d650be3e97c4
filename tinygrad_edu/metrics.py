"""How good a classifier is, in numbers that a report can quote.

Every function takes class indices or scores, as arrays or as tensors, and returns plain floats or arrays: a metric is
read by people and no gradient flows through it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["accuracy", "confusion_matrix", "f1_score", "precision", "recall"]


def accuracy(predicted: Any, target: Any) -> float:
    """Return the share of samples whose class is right, between 0 and 1.

    Parameters
    ----------
    predicted
        Class indices of shape ``(N,)``, or scores of shape ``(N, C)``, of which the largest wins (the first, on a tie).
    target
        The true class indices, shape ``(N,)``.

    Raises
    ------
    ValueError
        The two do not hold the same number of samples, or hold none.

    Examples
    --------
    >>> accuracy([[0.1, 0.9], [0.8, 0.2]], [1, 1])
    0.5
    """
    got, true = _classes(predicted, target)
    return float(np.mean(got == true))


def confusion_matrix(predicted: Any, target: Any, num_classes: int | None = None) -> NDArray[np.int64]:
    """Count how often class i (row, the truth) was taken for class j (column, the prediction).

    Parameters
    ----------
    predicted, target
        As for `accuracy`.
    num_classes
        Number of rows and columns; by default the largest class that occurs, or the number of scores per sample.

    Returns
    -------
    numpy.ndarray
        Integers, shape ``(num_classes, num_classes)``, whose sum is N; the diagonal is what is right.

    Raises
    ------
    ValueError
        A class lies outside ``0 .. num_classes - 1``.

    Examples
    --------
    >>> confusion_matrix([0, 1, 1, 1], [0, 0, 1, 1])
    array([[1, 1],
           [0, 2]])
    """
    scores = _array(predicted)
    got, true = _classes(scores, target)
    if num_classes is None:
        num_classes = scores.shape[1] if scores.ndim == 2 else 0
        num_classes = max(num_classes, int(got.max()) + 1, int(true.max()) + 1)
    for what, classes in (("predicted", got), ("target", true)):
        if classes.min() < 0 or classes.max() >= num_classes:
            raise ValueError(
                f"confusion_matrix: {what} holds classes from {classes.min()} to {classes.max()}, "
                f"and {num_classes} classes are numbered 0 to {num_classes - 1}."
            )
    counts = np.bincount(true * num_classes + got, minlength=num_classes**2)
    return counts.reshape(num_classes, num_classes)


def precision(predicted: Any, target: Any, num_classes: int | None = None) -> NDArray[np.float64]:
    """Return, per class, the share of the samples called so that are so: true positives / all called positive.

    A class that was never predicted has precision 0. Take ``.mean()`` for the macro average.

    Examples
    --------
    >>> precision([0, 1, 1, 1], [0, 0, 1, 1]).round(3)
    array([1.   , 0.667])
    """
    matrix = confusion_matrix(predicted, target, num_classes)
    return _ratio(matrix.diagonal(), matrix.sum(axis=0))


def recall(predicted: Any, target: Any, num_classes: int | None = None) -> NDArray[np.float64]:
    """Return, per class, the share of its samples that were found: true positives / all that are truly positive.

    A class that does not occur has recall 0. Take ``.mean()`` for the macro average.

    Examples
    --------
    >>> recall([0, 1, 1, 1], [0, 0, 1, 1])
    array([0.5, 1. ])
    """
    matrix = confusion_matrix(predicted, target, num_classes)
    return _ratio(matrix.diagonal(), matrix.sum(axis=1))


def f1_score(predicted: Any, target: Any, num_classes: int | None = None) -> NDArray[np.float64]:
    """Return, per class, the harmonic mean of precision and recall: 2 TP / (2 TP + FP + FN).

    Source: C. J. van Rijsbergen, "Information Retrieval", 2nd edition (1979), chapter 7.

    Examples
    --------
    >>> f1_score([0, 1, 1, 1], [0, 0, 1, 1]).round(3)
    array([0.667, 0.8  ])
    """
    matrix = confusion_matrix(predicted, target, num_classes)
    return _ratio(2 * matrix.diagonal(), matrix.sum(axis=0) + matrix.sum(axis=1))


def _array(values: Any) -> NDArray[Any]:
    """Take the numbers of a tensor, an array or a list."""
    return np.asarray(values.detach().numpy() if hasattr(values, "detach") else values)


def _classes(predicted: Any, target: Any) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return both as class indices of one shape ``(N,)``, N at least 1."""
    got, true = _array(predicted), _array(target)
    if got.ndim == 2:
        got = got.argmax(axis=1)
    if got.shape != true.shape or got.ndim != 1 or not got.size:
        raise ValueError(
            f"A metric compares N predicted classes, or (N, C) scores, with N true classes, N at least 1: "
            f"predicted has shape {_array(predicted).shape} and target {true.shape}."
        )
    return _whole(got, "predicted"), _whole(true, "target")


def _whole(classes: NDArray[Any], what: str) -> NDArray[np.int64]:
    """Refuse what is no class index: probabilities cut to 0 would count as class 0."""
    indices = classes.astype(np.int64)
    if not np.array_equal(indices, classes):
        raise ValueError(
            f"{what} must hold class indices (whole numbers), and holds {classes[indices != classes][0]}."
        )
    return indices


def _ratio(part: NDArray[np.int64], whole: NDArray[np.int64]) -> NDArray[np.float64]:
    """Divide, with 0 where there is nothing to divide by."""
    return part / np.maximum(whole, 1)
