"""Activations as functions. The operations themselves are in `tinygrad_edu.ops`."""

from __future__ import annotations

import warnings
from typing import Any

from tinygrad_edu.ops import elementwise, reduce
from tinygrad_edu.ops.elementwise import sigmoid, tanh, where

__all__ = ["leaky_relu", "log_softmax", "relu", "sigmoid", "softmax", "tanh"]


def relu(input: Any, inplace: bool = False) -> Any:
    """max(x, 0), elementwise.

    `inplace` is accepted for PyTorch's sake and changes nothing: results are never overwritten here.

    Source: V. Nair and G. E. Hinton, "Rectified linear units improve restricted Boltzmann machines" (2010).

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> relu(tg.tensor([-1.0, 2.0])).tolist()
    [0.0, 2.0]
    """
    del inplace
    return elementwise.relu(input)


def leaky_relu(input: Any, negative_slope: float = 0.01, inplace: bool = False) -> Any:
    """Return x where x > 0 and negative_slope * x elsewhere; its derivative at 0 is `negative_slope`.

    `inplace` is accepted and changes nothing.

    Source: A. L. Maas, A. Y. Hannun and A. Y. Ng, "Rectifier nonlinearities improve neural network acoustic models"
    (2013).

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> leaky_relu(tg.tensor([-1.0, 2.0]), 0.25).tolist()
    [-0.25, 2.0]
    """
    del inplace
    return where(input > 0, input, input * negative_slope)


def softmax(input: Any, dim: int | None = None) -> Any:
    """e^x divided by its sum along `dim`: positive numbers that sum to 1.

    Parameters
    ----------
    input
        Scores, any shape.
    dim
        The dimension that holds one score per class. Leaving it out works as in PyTorch, with a warning.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> softmax(tg.zeros(2, 4), dim=1)[0].tolist()
    [0.25, 0.25, 0.25, 0.25]
    """
    return reduce.softmax(input, dim=_dim("softmax", input, dim))


def log_softmax(input: Any, dim: int | None = None) -> Any:
    """Return the logarithm of `softmax`, computed without ever forming numbers that round to 0.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> log_softmax(tg.tensor([0.0, -1000.0]), dim=0).tolist()
    [0.0, -1000.0]
    """
    return reduce.log_softmax(input, dim=_dim("log_softmax", input, dim))


def _dim(name: str, input: Any, dim: int | None) -> int:
    """Return `dim`, or PyTorch's implicit choice with its warning."""
    if dim is not None:
        return dim
    implicit = 0 if input.ndim in (0, 1, 3) else 1
    warnings.warn(
        f"{name} without dim= guesses along which dimension the classes lie, here {implicit}: write dim={implicit}.",
        UserWarning,
        stacklevel=3,
    )
    return implicit
