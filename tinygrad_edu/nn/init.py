"""Starting values for parameters. Every function changes its tensor (by rebinding ``data``) and returns it.

A layer's output keeps the spread of its input when the weights' variance is about gain² / fan, where fan is the number
of terms in each sum. Xavier averages the fans of both directions, He (kaiming) takes one and allows for the
half that a ReLU cuts away.

Sources: X. Glorot and Y. Bengio, "Understanding the difficulty of training deep feedforward neural networks" (2010);
K. He et al., "Delving deep into rectifiers" (2015); A. M. Saxe, J. L. McClelland and S. Ganguli, "Exact solutions to
the nonlinear dynamics of learning in deep linear neural networks" (2014).
"""

from __future__ import annotations

from math import sqrt
from typing import Any

from tinygrad_edu.backend import np
from tinygrad_edu.errors import ShapeError
from tinygrad_edu.factories import generator
from tinygrad_edu.tensor import Tensor

__all__ = [
    "calculate_gain",
    "constant_",
    "eye_",
    "kaiming_normal_",
    "kaiming_uniform_",
    "normal_",
    "ones_",
    "orthogonal_",
    "uniform_",
    "xavier_normal_",
    "xavier_uniform_",
    "zeros_",
]


def uniform_(tensor: Tensor, a: float = 0.0, b: float = 1.0) -> Tensor:
    """Draw every number evenly from [a, b).

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> x = uniform_(tg.zeros(100), -1, 1).data
    >>> bool((abs(x) <= 1).all())
    True
    """
    draws = generator().random(tensor.shape, dtype=_drawn_as(tensor))
    return _set(tensor, draws * draws.dtype.type(b - a) + draws.dtype.type(a))


def normal_(tensor: Tensor, mean: float = 0.0, std: float = 1.0) -> Tensor:
    """Draw every number from the normal distribution with this mean and standard deviation.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> normal_(tg.zeros(3), mean=5.0, std=0.0).tolist()
    [5.0, 5.0, 5.0]
    """
    draws = generator().standard_normal(tensor.shape, dtype=_drawn_as(tensor))
    return _set(tensor, draws * draws.dtype.type(std) + draws.dtype.type(mean))


def constant_(tensor: Tensor, val: float) -> Tensor:
    """Set every number to `val`."""
    return _set(tensor, np.full(tensor.shape, val))


def ones_(tensor: Tensor) -> Tensor:
    """Set every number to 1."""
    return constant_(tensor, 1.0)


def zeros_(tensor: Tensor) -> Tensor:
    """Set every number to 0."""
    return constant_(tensor, 0.0)


def eye_(tensor: Tensor) -> Tensor:
    """Set a matrix to ones on the diagonal and zeros elsewhere."""
    if len(tensor.shape) != 2:
        raise ShapeError(f"eye_ fills matrices; this tensor has shape {tuple(tensor.shape)}.")
    return _set(tensor, np.eye(*tensor.shape))


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """Return by how much weights must grow to make up for what an activation takes away.

    Parameters
    ----------
    nonlinearity
        ``"linear"``, ``"conv2d"``, ``"sigmoid"``, ``"tanh"``, ``"relu"``, ``"leaky_relu"`` or ``"selu"``.
    param
        The slope of a leaky ReLU; 0.01 by default.

    Examples
    --------
    >>> round(calculate_gain("relu"), 4), round(calculate_gain("tanh"), 4)
    (1.4142, 1.6667)
    """
    gains = {
        "linear": 1.0,
        "conv1d": 1.0,
        "conv2d": 1.0,
        "conv3d": 1.0,
        "conv_transpose1d": 1.0,
        "conv_transpose2d": 1.0,
        "conv_transpose3d": 1.0,
        "sigmoid": 1.0,
        "tanh": 5 / 3,
        "relu": sqrt(2),
        "leaky_relu": sqrt(2 / (1 + (0.01 if param is None else param) ** 2)),
        "selu": 3 / 4,
    }
    if nonlinearity not in gains:
        raise ValueError(f"calculate_gain knows {', '.join(gains)}; not {nonlinearity!r}.")
    return gains[nonlinearity]


def xavier_uniform_(tensor: Tensor, gain: float = 1.0) -> Tensor:
    """Draw evenly from ±gain √(6 / (fan_in + fan_out)).

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> bool((abs(xavier_uniform_(tg.zeros(3, 3)).data) <= 1).all())
    True
    """
    bound = gain * sqrt(6 / sum(_fans(tensor)))
    return uniform_(tensor, -bound, bound)


def xavier_normal_(tensor: Tensor, gain: float = 1.0) -> Tensor:
    """Draw from the normal distribution with standard deviation gain √(2 / (fan_in + fan_out))."""
    return normal_(tensor, 0.0, gain * sqrt(2 / sum(_fans(tensor))))


def kaiming_uniform_(
    tensor: Tensor, a: float = 0, mode: str = "fan_in", nonlinearity: str = "leaky_relu"
) -> Tensor:
    """Draw evenly from ±gain √(3 / fan).

    Parameters
    ----------
    tensor
        Weights of shape (out, in, ...).
    a
        The slope of the leaky ReLU that follows; 0 is a plain ReLU.
    mode
        ``"fan_in"`` keeps the spread of the values going forward, ``"fan_out"`` that of the gradients going back.
    nonlinearity
        See `calculate_gain`.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> bool((abs(kaiming_uniform_(tg.zeros(2, 6)).data) <= 1).all())
    True
    """
    bound = calculate_gain(nonlinearity, a) * sqrt(3 / _fan(tensor, mode))
    return uniform_(tensor, -bound, bound)


def kaiming_normal_(
    tensor: Tensor, a: float = 0, mode: str = "fan_in", nonlinearity: str = "leaky_relu"
) -> Tensor:
    """Draw from the normal distribution with standard deviation gain / √fan; parameters as for `kaiming_uniform_`."""
    return normal_(tensor, 0.0, calculate_gain(nonlinearity, a) / sqrt(_fan(tensor, mode)))


def orthogonal_(tensor: Tensor, gain: float = 1.0) -> Tensor:
    """Make rows (or columns, if there are fewer of them) orthogonal and of length `gain`.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> q = orthogonal_(tg.zeros(2, 3)).data
    >>> (q @ q.T).round(5) + 0
    array([[1., 0.],
           [0., 1.]], dtype=float32)
    """
    _fans(tensor)
    rows, columns = tensor.shape[0], int(np.prod(tensor.shape[1:]))
    draws = generator().standard_normal((max(rows, columns), min(rows, columns)))
    q, r = np.linalg.qr(draws)
    # With the signs of r's diagonal taken out, every orthogonal matrix is equally likely.
    q *= np.sign(np.diag(r))
    return _set(tensor, gain * (q.T if rows < columns else q).reshape(tensor.shape))


def _drawn_as(tensor: Tensor) -> Any:
    """Return the type in which to draw: with every bit that the tensor has."""
    return np.float64 if tensor.data.dtype == np.float64 else np.float32


def _set(tensor: Tensor, values: Any) -> Tensor:
    tensor.data = np.ascontiguousarray(values, dtype=tensor.data.dtype)
    return tensor


def _fans(tensor: Tensor) -> tuple[int, int]:
    """Return the number of terms in each sum going forward and going back."""
    shape = tuple(tensor.shape)
    if len(shape) < 2:
        raise ShapeError(
            f"This initializer needs weights of shape (out, in, ...), and this tensor has shape {shape}. "
            "Biases usually start at 0: zeros_."
        )
    places = int(np.prod(shape[2:]))
    return shape[1] * places, shape[0] * places


def _fan(tensor: Tensor, mode: str) -> int:
    if mode not in ("fan_in", "fan_out"):
        raise ValueError(f"mode is 'fan_in' or 'fan_out', not {mode!r}.")
    return _fans(tensor)[mode == "fan_out"]
