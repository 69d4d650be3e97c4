"""Activations that are one operation each: composed of others they would pass over memory several times more."""

from __future__ import annotations

from math import pi, sqrt
from typing import Any

from tinygrad_edu.backend import np
from tinygrad_edu.ops.compare import logical_and
from tinygrad_edu.ops.elementwise import exp, minimum, sigmoid
from tinygrad_edu.ops.special import erf
from tinygrad_edu.primitive import primitive, unary

__all__ = ["elu", "gelu", "hardtanh", "leaky_relu", "silu", "step"]


@unary("step", domain="x != 0")
def step(x: Any) -> Any:
    """1 where x >= 0, else 0. The gradient is 0 everywhere: nothing is learnt through it."""
    return np.greater_equal(x, 0).astype(x.dtype if x.dtype.kind == "f" else np.float32)


@step.defvjp
def step_vjp(g: Any, out: Any, x: Any) -> Any:
    return g * 0.0


@primitive("leaky_relu", domain="x != 0")
def leaky_relu(x: Any, /, slope: float) -> Any:
    """x where x > 0, else slope x. The derivative is 1 where x > 0, else `slope`.

    Parameters
    ----------
    x : Tensor
        Any shape.
    slope : float
        That of the negative side.

    Examples
    --------
    >>> leaky_relu(np.array([-4.0, 2.0]), 0.25)
    array([-1.,  2.])
    """
    # between 0 and 1 the larger of the two is the right one on both sides, and takes one pass less than choosing
    return np.maximum(x, x * slope) if 0 <= slope <= 1 else np.where(x > 0, x, x * slope)


@leaky_relu.defvjp
def leaky_relu_vjp(g: Any, out: Any, x: Any, slope: float) -> Any:
    # choosing would take ten times as long as multiplying
    positive = g * (x > 0)
    return positive + (g - positive) * slope


@primitive("elu", domain="x != 0, unless alpha is 1")
def elu(x: Any, /, alpha: float, scale: float) -> Any:
    """x where x > 0, else alpha (e^x - 1); all of it times scale. The derivative is 1, else alpha e^x, times scale.

    Parameters
    ----------
    x : Tensor
        Any shape.
    alpha : float
        The limit at minus infinity is -alpha.
    scale : float
        A factor for both sides.

    Examples
    --------
    >>> elu(np.array([-1000.0, 2.0]), 1.0, 1.0)
    array([-1.,  2.])
    """
    # of the two summands one is always 0; the exponential is of nothing positive, so it cannot overflow
    out = np.expm1(np.minimum(x, 0))
    out *= alpha
    out += np.maximum(x, 0)
    if scale != 1:
        out *= scale
    return out


@elu.defvjp
def elu_vjp(g: Any, out: Any, x: Any, alpha: float, scale: float) -> Any:
    gx = g * exp(minimum(x, 0.0))
    if alpha != 1:
        gx = gx * alpha + g * (x > 0) * (1 - alpha)
    return gx if scale == 1 else gx * scale


@primitive("gelu", keeps=True)
def gelu(x: Any, /) -> tuple[Any, Any]:
    """x P, where P = (1 + erf(x / sqrt(2))) / 2 is the probability that a standard normal number is below x.

    The derivative is P + x p, with the density p = e^(-x²/2) / sqrt(2π).

    Parameters
    ----------
    x : Tensor
        Any shape.

    Examples
    --------
    >>> gelu(np.array([-1.0, 0.0, 1.0])).round(4)
    array([-0.1587,  0.    ,  0.8413])
    """
    below = erf(x * sqrt(0.5))
    below += 1
    below *= 0.5
    return x * below, below


@gelu.defvjp
def gelu_vjp(g: Any, out: Any, x: Any, kept: Any) -> Any:
    below = (erf(x * sqrt(0.5)) + 1) * 0.5 if kept is None else kept
    return g * (below + x * exp(x * x * -0.5) * (1 / sqrt(2 * pi)))


@primitive("silu", keeps=True)
def silu(x: Any, /) -> tuple[Any, Any]:
    """x s, with s = sigmoid(x). The derivative is s + x s (1 - s).

    Parameters
    ----------
    x : Tensor
        Any shape.

    Examples
    --------
    >>> silu(np.array([-1.0, 0.0, 1.0])).round(4)
    array([-0.2689,  0.    ,  0.7311])
    """
    s = sigmoid(x)
    return x * s, s


@silu.defvjp
def silu_vjp(g: Any, out: Any, x: Any, kept: Any) -> Any:
    s = sigmoid(x) if kept is None else kept
    return g * (s + out - out * s)


@primitive("hardtanh", domain="x != min, x != max")
def hardtanh(x: Any, /, min: float, max: float) -> Any:
    """x, but no less than `min` and no more than `max`. The derivative is 1 between the edges, 0 on them and beyond.

    Parameters
    ----------
    x : Tensor
        Any shape.
    min, max : float
        The edges.

    Examples
    --------
    >>> hardtanh(np.array([-3.0, 0.5, 3.0]), -1.0, 1.0)
    array([-1. ,  0.5,  1. ])
    """
    return np.clip(x, min, max)


@hardtanh.defvjp
def hardtanh_vjp(g: Any, out: Any, x: Any, min: float, max: float) -> Any:
    return g * logical_and(x > min, x < max)
