"""Activations that are one operation each: composed of others they would pass over memory several times more."""

from __future__ import annotations

from typing import Any

from tinygrad_edu.backend import np
from tinygrad_edu.ops.compare import logical_and
from tinygrad_edu.ops.elementwise import sigmoid, where
from tinygrad_edu.primitive import primitive, unary

__all__ = ["hardtanh", "leaky_relu", "silu", "step"]


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
    return where(x > 0, g, g * slope)


@unary("silu")
def silu(x: Any) -> Any:
    """x s, with s = sigmoid(x). The derivative is s + x s (1 - s)."""
    return x * sigmoid(x)


@silu.defvjp
def silu_vjp(g: Any, out: Any, x: Any) -> Any:
    s = sigmoid(x)
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
    return where(logical_and(x > min, x < max), g, 0.0)
