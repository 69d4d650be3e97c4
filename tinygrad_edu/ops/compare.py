"""Comparisons and questions about numbers: answers without a gradient."""

from __future__ import annotations

from typing import Any

from tinygrad_edu.backend import np
from tinygrad_edu.primitive import primitive

__all__ = [
    "allclose",
    "eq",
    "equal",
    "ge",
    "gt",
    "isclose",
    "isfinite",
    "isinf",
    "isnan",
    "le",
    "logical_and",
    "logical_not",
    "logical_or",
    "lt",
    "ne",
]


@primitive("eq")
def eq(x: Any, y: Any) -> Any:
    """x == y, elementwise."""
    return np.equal(x, y)


@primitive("ne")
def ne(x: Any, y: Any) -> Any:
    """x != y, elementwise."""
    return np.not_equal(x, y)


@primitive("lt")
def lt(x: Any, y: Any) -> Any:
    """x < y, elementwise."""
    return np.less(x, y)


@primitive("le")
def le(x: Any, y: Any) -> Any:
    """x <= y, elementwise."""
    return np.less_equal(x, y)


@primitive("gt")
def gt(x: Any, y: Any) -> Any:
    """x > y, elementwise."""
    return np.greater(x, y)


@primitive("ge")
def ge(x: Any, y: Any) -> Any:
    """x >= y, elementwise."""
    return np.greater_equal(x, y)


@primitive("logical_and")
def logical_and(x: Any, y: Any) -> Any:
    """True where both are true (not zero)."""
    return np.logical_and(x, y)


@primitive("logical_or")
def logical_or(x: Any, y: Any) -> Any:
    """True where either is true (not zero)."""
    return np.logical_or(x, y)


@primitive("logical_not")
def logical_not(x: Any) -> Any:
    """True where x is false (zero)."""
    return np.logical_not(x)


@primitive("isnan")
def isnan(x: Any) -> Any:
    """True where x is not a number."""
    return np.isnan(x)


@primitive("isinf")
def isinf(x: Any) -> Any:
    """True where x is infinite."""
    return np.isinf(x)


@primitive("isfinite")
def isfinite(x: Any) -> Any:
    """True where x is neither infinite nor not a number."""
    return np.isfinite(x)


def isclose(x: Any, y: Any, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False) -> Any:
    """True where |x - y| <= atol + rtol |y|, and where both are the same infinity.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.isclose(tg.tensor([1.0, 2.0]), tg.tensor([1.0, 2.1])).tolist()
    [True, False]
    """
    return _isclose(x, y, rtol=rtol, atol=atol, equal_nan=equal_nan)


@primitive("isclose")
def _isclose(x: Any, y: Any, /, rtol: float, atol: float, equal_nan: bool) -> Any:
    return np.isclose(x, y, rtol, atol, equal_nan)


def allclose(x: Any, y: Any, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False) -> bool:
    """Return whether all of x and y are close, in the sense of `isclose`.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.allclose(tg.tensor([0.1]) * 3, tg.tensor([0.3]))
    True
    """
    return bool(isclose(x, y, rtol, atol, equal_nan)._data.all())


def equal(x: Any, y: Any) -> bool:
    """Return whether two tensors have the same shape and the same numbers."""
    return bool(x.shape == y.shape and eq(x, y)._data.all())
