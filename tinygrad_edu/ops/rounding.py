"""Steps: functions that are flat almost everywhere, so that their gradient is 0 everywhere (as in PyTorch)."""

from __future__ import annotations

from typing import Any

from tinygrad_edu.backend import np
from tinygrad_edu.primitive import binary, unary

__all__ = ["ceil", "floor", "remainder", "round", "sign", "trunc"]


@unary("sign", np.sign, domain="x != 0")
def sign(x: Any) -> Any:
    """-1, 0 or 1, as x is below, at or above 0. The gradient is 0 everywhere: nothing is learnt through it."""


@unary("floor", np.floor, domain="x not whole")
def floor(x: Any) -> Any:
    """The largest whole number that is at most x. The gradient is 0."""


@unary("ceil", np.ceil, domain="x not whole")
def ceil(x: Any) -> Any:
    """The smallest whole number that is at least x. The gradient is 0."""


@unary("round", np.rint, domain="x not halfway")
def round(x: Any) -> Any:
    """The nearest whole number; halfway, the even one. The gradient is 0."""


@unary("trunc", np.trunc, domain="x not whole")
def trunc(x: Any) -> Any:
    """x without what follows the point. The gradient is 0."""


@sign.defvjp
@floor.defvjp
@ceil.defvjp
@round.defvjp
@trunc.defvjp
def flat_vjp(g: Any, out: Any, x: Any) -> Any:
    return g * 0.0


@binary("remainder", np.remainder, domain="x/y not whole")
def remainder(x: Any, y: Any) -> Any:
    """x - y floor(x/y), which has the sign of y. The derivatives are 1 and -floor(x/y)."""


@remainder.defvjp
def remainder_vjp(g: Any, out: Any, x: Any, y: Any) -> Any:
    return g, -(g * floor(x / y))
