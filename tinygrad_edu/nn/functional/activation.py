"""Activations as functions. The operations themselves are in `tinygrad_edu.ops`."""

from __future__ import annotations

import warnings
from math import pi, sqrt
from typing import Any

from tinygrad_edu.errors import ShapeError, user_line
from tinygrad_edu.ops import activation as ops
from tinygrad_edu.ops import elementwise, reduce, special
from tinygrad_edu.ops.activation import step
from tinygrad_edu.ops.elementwise import sigmoid, tanh, where
from tinygrad_edu.ops.rounding import sign
from tinygrad_edu.ops.shape import reshape

__all__ = [
    "elu",
    "gelu",
    "hardtanh",
    "leaky_relu",
    "log_softmax",
    "mish",
    "prelu",
    "relu",
    "relu6",
    "selu",
    "sigmoid",
    "sign",
    "silu",
    "softmax",
    "softplus",
    "step",
    "tanh",
]


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
    return ops.leaky_relu(input, negative_slope)


def prelu(input: Any, weight: Any) -> Any:
    """Return x where x > 0 and weight * x elsewhere: a leaky ReLU whose slope is learnt.

    Source: K. He et al., "Delving deep into rectifiers" (2015).

    Parameters
    ----------
    input
        Any shape; channels are dimension 1.
    weight
        One slope, shape (1,), or one for each channel, (C,).

    Raises
    ------
    ShapeError
        There are neither one nor C slopes.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> prelu(tg.tensor([-4.0, 2.0]), tg.tensor([0.25])).tolist()
    [-1.0, 2.0]
    """
    slopes = weight.data.size
    if slopes > 1:
        if input.ndim < 2 or tuple(weight.shape) != tuple(input.shape[1:2]):
            raise ShapeError(
                f"prelu: the input has shape {tuple(input.shape)} and the weight {tuple(weight.shape)}; expected one "
                f"slope, or one for each channel of (N, C, ...).{user_line()}"
            )
        weight = reshape(weight, (-1, *(1,) * (input.ndim - 2)))
    return where(input > 0, input, input * weight)


def elu(input: Any, alpha: float = 1.0, inplace: bool = False) -> Any:
    """Return x where x > 0 and alpha (e^x - 1) elsewhere; its derivative at 0 is `alpha`.

    `inplace` is accepted and changes nothing.

    Source: D.-A. Clevert, T. Unterthiner and S. Hochreiter, "Fast and accurate deep network learning by exponential
    linear units" (2016).

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> elu(tg.tensor([-1000.0, 2.0])).tolist()
    [-1.0, 2.0]
    """
    del inplace
    return ops.elu(input, alpha, 1.0)


# The fixed point of mean 0 and variance 1, to double precision.
_SELU_ALPHA = 1.6732632423543772848170429916717
_SELU_SCALE = 1.0507009873554804934193349852946


def selu(input: Any, inplace: bool = False) -> Any:
    """Return 1.0507 times `elu` with alpha = 1.6733, which keep the mean at 0 and the variance at 1, layer after layer.

    `inplace` is accepted and changes nothing.

    Source: G. Klambauer et al., "Self-normalizing neural networks" (2017).

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> [round(v, 4) for v in selu(tg.tensor([-1000.0, 1.0])).tolist()]
    [-1.7581, 1.0507]
    """
    del inplace
    return ops.elu(input, _SELU_ALPHA, _SELU_SCALE)


def gelu(input: Any, approximate: str = "none") -> Any:
    """Return x times the probability that a standard normal number is below x: x (1 + erf(x / √2)) / 2.

    Source: D. Hendrycks and K. Gimpel, "Gaussian error linear units" (2016).

    Parameters
    ----------
    input
        Any shape.
    approximate
        ``"none"``, or ``"tanh"`` for x (1 + tanh(√(2/π) (x + 0.044715 x³))) / 2.

    Raises
    ------
    ValueError
        `approximate` is something else.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> [round(v, 4) for v in gelu(tg.tensor([-1.0, 0.0, 1.0])).tolist()]
    [-0.1587, 0.0, 0.8413]
    """
    if approximate == "none":
        return ops.gelu(input)
    if approximate == "tanh":
        inner = (input * input * input * 0.044715 + input) * sqrt(2 / pi)
        return input * (tanh(inner) + 1) * 0.5
    raise ValueError(f"gelu: approximate is 'none' or 'tanh', not {approximate!r}.{user_line()}")


def silu(input: Any, inplace: bool = False) -> Any:
    """Return x sigmoid(x), also known as swish. `inplace` is accepted and changes nothing.

    Source: S. Elfwing, E. Uchibe and K. Doya, "Sigmoid-weighted linear units" (2018).

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> [round(v, 4) for v in silu(tg.tensor([-1.0, 0.0, 1.0])).tolist()]
    [-0.2689, 0.0, 0.7311]
    """
    del inplace
    return ops.silu(input)


def mish(input: Any, inplace: bool = False) -> Any:
    """Return x tanh(softplus(x)). `inplace` is accepted and changes nothing.

    Source: D. Misra, "Mish: a self regularized non-monotonic activation function" (2020).

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> [round(v, 4) for v in mish(tg.tensor([-1.0, 0.0, 1.0])).tolist()]
    [-0.3034, 0.0, 0.8651]
    """
    del inplace
    return input * tanh(special.softplus(input))


def softplus(input: Any, beta: float = 1.0, threshold: float = 20.0) -> Any:
    """Return log(1 + e^(beta x)) / beta, a smooth ReLU; x itself where beta x > `threshold`.

    Source: C. Dugas et al., "Incorporating second-order functional knowledge for better option pricing" (2001).

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> [round(v, 4) for v in softplus(tg.tensor([-1000.0, 0.0, 1000.0])).tolist()]
    [0.0, 0.6931, 1000.0]
    """
    steep = input if beta == 1 else input * beta
    soft = special.softplus(steep) if beta == 1 else special.softplus(steep) / beta
    if not (steep.data > threshold).any():
        return soft
    return where(steep > threshold, input, soft)


def hardtanh(input: Any, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> Any:
    """Return x, but no less than `min_val` and no more than `max_val`; the derivative is 1 between, 0 on the edges.

    `inplace` is accepted and changes nothing.

    Raises
    ------
    ValueError
        `max_val` is not above `min_val`.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> hardtanh(tg.tensor([-3.0, 0.5, 3.0])).tolist()
    [-1.0, 0.5, 1.0]
    """
    del inplace
    if not max_val > min_val:
        raise ValueError(f"hardtanh: max_val={max_val} must be above min_val={min_val}.{user_line()}")
    return ops.hardtanh(input, min_val, max_val)


def relu6(input: Any, inplace: bool = False) -> Any:
    """Return x between 0 and 6: `hardtanh` with these edges. `inplace` is accepted and changes nothing.

    Source: A. Krizhevsky, "Convolutional deep belief networks on CIFAR-10" (2010).

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> relu6(tg.tensor([-3.0, 0.5, 9.0])).tolist()
    [0.0, 0.5, 6.0]
    """
    del inplace
    return hardtanh(input, 0.0, 6.0)


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
