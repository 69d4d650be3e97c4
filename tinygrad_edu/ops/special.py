"""More elementwise functions: relatives of exp and log, hyperbolic and inverse ones, the error function."""

from __future__ import annotations

from math import log as number_log
from math import pi
from math import sqrt as root
from typing import Any

from tinygrad_edu.backend import np
from tinygrad_edu.ops.elementwise import exp, neg, sigmoid, sqrt
from tinygrad_edu.primitive import binary, unary

__all__ = [
    "arccos",
    "arcsin",
    "arctan",
    "atan2",
    "cosh",
    "erf",
    "expm1",
    "log1p",
    "log2",
    "reciprocal",
    "rsqrt",
    "sinh",
    "softplus",
    "square",
]

# -- powers


@unary("square", np.square)
def square(x: Any) -> Any:
    """x². The derivative is 2x."""


@square.defvjp
def square_vjp(g: Any, out: Any, x: Any) -> Any:
    return g * (x + x)


@unary("reciprocal", domain="x != 0")
def reciprocal(x: Any) -> Any:
    """1/x. The derivative is -1/x²."""
    return np.true_divide(1, x) if x.dtype.kind in "iub" else np.reciprocal(x)


@reciprocal.defvjp
def reciprocal_vjp(g: Any, out: Any, x: Any) -> Any:
    return -(g * out * out)


@unary("rsqrt", domain="x > 0")
def rsqrt(x: Any) -> Any:
    """1/sqrt(x). The derivative is -1 / (2 x sqrt(x)) = -out³/2."""
    return np.true_divide(1, np.sqrt(x))


@rsqrt.defvjp
def rsqrt_vjp(g: Any, out: Any, x: Any) -> Any:
    return g * out * out * out * -0.5


# -- relatives of exp and log


@unary("log1p", np.log1p, domain="x > -1")
def log1p(x: Any) -> Any:
    """log(1 + x), exact for small x. The derivative is 1 / (1 + x)."""


@log1p.defvjp
def log1p_vjp(g: Any, out: Any, x: Any) -> Any:
    return g / (x + 1)


@unary("expm1", np.expm1)
def expm1(x: Any) -> Any:
    """e^x - 1, exact for small x. The derivative is e^x = out + 1."""


@expm1.defvjp
def expm1_vjp(g: Any, out: Any, x: Any) -> Any:
    return g * out + g


@unary("log2", np.log2, domain="x > 0")
def log2(x: Any) -> Any:
    """The logarithm to base 2. The derivative is 1 / (x log 2)."""


@log2.defvjp
def log2_vjp(g: Any, out: Any, x: Any) -> Any:
    return g / (x * number_log(2))


@unary("softplus")
def softplus(x: Any) -> Any:
    """log(1 + e^x), a smooth relu, without overflow. The derivative is sigmoid(x)."""
    # e^-|x| cannot overflow; what was left out of it is max(x, 0)
    return np.maximum(x, 0) + np.log1p(np.exp(-np.absolute(x)))


@softplus.defvjp
def softplus_vjp(g: Any, out: Any, x: Any) -> Any:
    return g * sigmoid(x)


# -- hyperbolic and inverse


@unary("sinh", np.sinh)
def sinh(x: Any) -> Any:
    """(e^x - e^-x) / 2. The derivative is cosh(x)."""


@sinh.defvjp
def sinh_vjp(g: Any, out: Any, x: Any) -> Any:
    return g * cosh(x)


@unary("cosh", np.cosh)
def cosh(x: Any) -> Any:
    """(e^x + e^-x) / 2. The derivative is sinh(x)."""


@cosh.defvjp
def cosh_vjp(g: Any, out: Any, x: Any) -> Any:
    return g * sinh(x)


@unary("arcsin", np.arcsin, domain="-1 < x < 1")
def arcsin(x: Any) -> Any:
    """The angle, in radians, whose sine is x. The derivative is 1 / sqrt(1 - x²)."""


@arcsin.defvjp
def arcsin_vjp(g: Any, out: Any, x: Any) -> Any:
    return g / sqrt(1 - x * x)


@unary("arccos", np.arccos, domain="-1 < x < 1")
def arccos(x: Any) -> Any:
    """The angle, in radians, whose cosine is x. The derivative is -1 / sqrt(1 - x²)."""


@arccos.defvjp
def arccos_vjp(g: Any, out: Any, x: Any) -> Any:
    return neg(g / sqrt(1 - x * x))


@unary("arctan", np.arctan)
def arctan(x: Any) -> Any:
    """The angle, in radians, whose tangent is x. The derivative is 1 / (1 + x²)."""


@arctan.defvjp
def arctan_vjp(g: Any, out: Any, x: Any) -> Any:
    return g / (x * x + 1)


@binary("atan2", np.arctan2, domain="not both 0")
def atan2(y: Any, x: Any) -> Any:
    """The angle, in radians, of the point (x, y). The derivatives are x / (x² + y²) and -y / (x² + y²)."""


@atan2.defvjp
def atan2_vjp(g: Any, out: Any, y: Any, x: Any) -> Any:
    g = g / (x * x + y * y)
    return g * x, -(g * y)


# -- the error function


@unary("erf")
def erf(x: Any) -> Any:
    """The error function, 2/sqrt(π) ∫₀ˣ e^(-t²) dt. The derivative is 2/sqrt(π) e^(-x²).

    Rational approximations, to double precision (W. J. Cody, "Rational Chebyshev approximations for the error
    function", Mathematics of Computation 23, 1969).
    """
    x = np.asarray(x)
    if x.dtype == np.float32:
        return _erf_single(x)
    size = np.absolute(np.asarray(x, np.float64))
    z = size * size
    small = np.minimum(size, 0.5)
    near = small * _ratio(small * small, _NEAR)
    with np.errstate(under="ignore"):
        middle = 1 - np.exp(-z) * _ratio(np.minimum(size, 4.0), _MIDDLE)
    # beyond 4 the distance to 1 is less than 2e-8, and from 6 on it is lost in rounding
    far_z = 1 / np.maximum(z, 16.0)
    tail = (1 / root(pi) - far_z * _ratio(far_z, _FAR)) / np.maximum(size, 4.0)
    with np.errstate(under="ignore"):
        far = 1 - np.exp(-z) * tail
    out = np.where(size <= 0.46875, near, np.where(size <= 4, middle, far))
    return np.copysign(out, x).astype(x.dtype if x.dtype.kind == "f" else np.float32)


def _erf_single(x: np.ndarray) -> np.ndarray:
    """Return erf in single precision, within 4e-7 of the true value relative to it.

    One ratio of polynomials in x², fitted to erf(x)/x by least squares, serves all: from 4 on erf rounds to 1.
    """
    x = np.clip(x, -4, 4)
    clipped: np.ndarray = np.clip(x * _ratio(x * x, _SINGLE), -1, 1)
    return clipped


@erf.defvjp
def erf_vjp(g: Any, out: Any, x: Any) -> Any:
    return g * exp(-(x * x)) * (2 / root(pi))


_SINGLE = tuple(
    np.array(coefficients, np.float32)
    for coefficients in (
        (
            1.9051501817532577e-8,
            -1.938317264556664e-6,
            1.4714201700510122e-4,
            3.991428633407426e-3,
            5.1533172968462534e-2,
            2.0719641191117333e-1,
            1.1283790979862165,
        ),
        (1.0207516486111345e-3, 1.4962327471758553e-2, 1.1799883356101758e-1, 5.169543697483353e-1, 1.0),
    )
)
# Numerator and denominator, highest power first, for |x| up to 0.46875 (in x²), up to 4 (in x), beyond (in 1/x²).
_NEAR = (
    (
        1.85777706184603153e-1,
        3.16112374387056560e0,
        1.13864154151050156e2,
        3.77485237685302021e2,
        3.20937758913846947e3,
    ),
    (1.0, 2.36012909523441209e1, 2.44024637934444173e2, 1.28261652607737228e3, 2.84423683343917062e3),
)
_MIDDLE = (
    (
        2.15311535474403846e-8,
        5.64188496988670089e-1,
        8.88314979438837594e0,
        6.61191906371416295e1,
        2.98635138197400131e2,
        8.81952221241769090e2,
        1.71204761263407058e3,
        2.05107837782607147e3,
        1.23033935479799725e3,
    ),
    (
        1.0,
        1.57449261107098347e1,
        1.17693950891312499e2,
        5.37181101862009858e2,
        1.62138957456669019e3,
        3.29079923573345963e3,
        4.36261909014324716e3,
        3.43936767414372164e3,
        1.23033935480374942e3,
    ),
)
_FAR = (
    (
        1.63153871373020978e-2,
        3.05326634961232344e-1,
        3.60344899949804439e-1,
        1.25781726111229246e-1,
        1.60837851487422766e-2,
        6.58749161529837803e-4,
    ),
    (
        1.0,
        2.56852019228982242e0,
        1.87295284992346725e0,
        5.27905102951428412e-1,
        6.05183413124413191e-2,
        2.33520497626869185e-3,
    ),
)


def _ratio(z: Any, coefficients: Any) -> Any:
    top, bottom = (_polynomial(c, z) for c in coefficients)
    top /= bottom
    return top


def _polynomial(coefficients: Any, z: np.ndarray) -> np.ndarray:
    """Return the polynomial at z by Horner's rule, in place."""
    out: np.ndarray = z * coefficients[0]
    for coefficient in coefficients[1:-1]:
        out += coefficient
        out *= z
    out += coefficients[-1]
    return out
