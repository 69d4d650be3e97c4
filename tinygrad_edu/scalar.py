"""A number that remembers how it was computed: the whole idea of the engine, on one page.

An operation on values leaves a record: which values it was computed from (at most two), and how fast
the result changes with each of them, its *local derivatives*. For ``c = a * b`` those are dc/da = b
and dc/db = a. `Value.backward` starts at a result and follows the records back. Every value passes
its gradient on to its parents, times the local derivative: that is the chain rule. Where a value was
used several times, the gradients that come back to it add up.

>>> a, b = Value(2.0, name="a"), Value(3.0, name="b")
>>> c = a * b + a
>>> c.backward()
>>> a.grad, b.grad
(4.0, 2.0)

A value knows what it was computed from and never what was computed from it. So there are no reference
cycles, and a graph is freed at once when its last result goes.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, SupportsFloat

_new = object.__new__


class Value:
    """One real number in a graph of numbers.

    Parameters
    ----------
    data : float
        The number. A plain number that meets a `Value` in an operation becomes one by itself.
    name : str, optional
        How pictures and error messages call it.

    Attributes
    ----------
    data, grad : float
        The number, and d(result)/d(this number) for the result that `backward` was called on. The
        gradient of a leaf (a value that you made) accumulates from call to call; that of a result
        of an operation is always of the last call alone.
    a, b : Value or None
        The values that it was computed from; the same one twice in ``x * x``.
    da, db : float
        How fast this value changes with `a` and with `b`.
    op : str
        The operation that made it, such as ``"*"``; empty for a leaf.

    Raises
    ------
    ValueError, ZeroDivisionError, OverflowError
        Where an operation has no real result, with its name and the number in the message.
    """

    __slots__ = ("a", "b", "da", "data", "db", "grad", "name", "op")

    # A NumPy number on the left of an operator leaves the operation to us, and np.exp(value) raises.
    __array_ufunc__ = None

    def __init__(self, data: SupportsFloat, name: str | None = None) -> None:
        if not hasattr(data, "__float__"):
            raise TypeError(f"Value holds one real number, such as 2.0, and got {data!r}")
        self.data = float(data)
        self.grad = 0.0
        self.a: Any = None
        self.b: Any = None
        self.da = self.db = 0.0
        self.op = ""
        self.name = name

    @property
    def parents(self) -> tuple[Value, ...]:
        """The values it was computed from: none for a leaf, else one or two."""
        return tuple(v for v in (self.a, self.b) if v is not None)

    @property
    def local_grads(self) -> tuple[float, ...]:
        """The local derivative with respect to each of `parents`."""
        return (self.da, self.db)[: len(self.parents)]

    # -- The operations. Sums and products are most of every graph, so these two fill in their record here. All
    # others leave that to `_result`, in one line: label, result, then a parent and its local derivative, or two.

    def __add__(self, other: Value | float) -> Value:
        other = other if isinstance(other, Value) else Value(other)
        v = _new(Value)
        v.data = self.data + other.data
        v.grad = 0.0
        v.a, v.da = self, 1.0
        v.b, v.db = other, 1.0
        v.op = "+"
        v.name = None
        return v

    def __mul__(self, other: Value | float) -> Value:
        other = other if isinstance(other, Value) else Value(other)
        x, y = self.data, other.data
        v = _new(Value)
        v.data = x * y
        v.grad = 0.0
        v.a, v.da = self, y
        v.b, v.db = other, x
        v.op = "*"
        v.name = None
        return v

    def __sub__(self, other: Value | float) -> Value:
        other = other if isinstance(other, Value) else Value(other)
        return _result("-", self.data - other.data, self, 1.0, other, -1.0)

    def __truediv__(self, other: Value | float) -> Value:
        other = other if isinstance(other, Value) else Value(other)
        x, y = self.data, other.data
        if y == 0.0:
            raise ZeroDivisionError(f"{_show(self)} / {_show(other)}: a divisor must not be 0.")
        return _result("/", x / y, self, 1.0 / y, other, -(x / y) / y)

    def __pow__(self, other: Value | float) -> Value:
        exponent = other if isinstance(other, Value) else Value(other)
        x, n = self.data, exponent.data
        y = _real(math.pow, "a base above 0 or a whole exponent, and a result under 1.8e308", self, exponent)
        if exponent is not other:
            return _result(f"**{n:g}", y, self, _power_slope(x, n))
        log = math.log(x) if x > 0.0 else 0.0 if x == 0.0 else math.nan
        return _result("**", y, self, _power_slope(x, n), exponent, y * log)

    def __neg__(self) -> Value:
        return _result("neg", -self.data, self, -1.0)

    __radd__ = __add__
    __rmul__ = __mul__

    def __rsub__(self, other: float) -> Value:
        return Value(other) - self

    def __rtruediv__(self, other: float) -> Value:
        return Value(other) / self

    def __rpow__(self, other: float) -> Value:
        return Value(other) ** self

    def exp(self) -> Value:
        """Return e to the power of this value."""
        y = _real(math.exp, "a number under 709.8", self)
        return _result("exp", y, self, y)

    def log(self) -> Value:
        """Return the natural logarithm."""
        return _result("log", _real(math.log, "a number above 0", self), self, 1.0 / self.data)

    def sqrt(self) -> Value:
        """Return the square root; its slope at 0 is infinite."""
        y = _real(math.sqrt, "a number that is not below 0", self)
        return _result("sqrt", y, self, 0.5 / y if y else math.inf)

    def sin(self) -> Value:
        """Return the sine of an angle in radians."""
        return _result("sin", _real(math.sin, "a finite number", self), self, math.cos(self.data))

    def cos(self) -> Value:
        """Return the cosine of an angle in radians."""
        return _result("cos", _real(math.cos, "a finite number", self), self, -math.sin(self.data))

    def tanh(self) -> Value:
        """Return the hyperbolic tangent."""
        y = math.tanh(self.data)
        return _result("tanh", y, self, 1.0 - y * y)

    def sigmoid(self) -> Value:
        """Return 1 / (1 + e^-x)."""
        # e^x / (1 + e^x) is the same; of the two, the one whose exponent is below 0 never overflows
        e = math.exp(-abs(self.data))
        y = 1.0 / (1.0 + e) if self.data >= 0.0 else e / (1.0 + e)
        return _result("sigmoid", y, self, y * (1.0 - y))

    def relu(self) -> Value:
        """Return the value, or 0 where it is below 0; the slope at 0 is 0."""
        x = self.data
        return _result("relu", 0.0, self, 0.0) if x <= 0.0 else _result("relu", x, self, 1.0)

    def abs(self) -> Value:
        """Return the distance from 0; the slope at 0 is 0."""
        x = self.data
        return _result("abs", abs(x), self, float((x > 0.0) - (x < 0.0)))

    def __abs__(self) -> Value:
        return self.abs()

    def max(self, other: Value | float) -> Value:
        """Return the larger of the two; equal ones share the gradient."""
        other = other if isinstance(other, Value) else Value(other)
        x, y = self.data, other.data
        return _result("max", x if x > y or x != x else y, self, _share(x, y), other, _share(y, x))

    def min(self, other: Value | float) -> Value:
        """Return the smaller of the two; equal ones share the gradient."""
        other = other if isinstance(other, Value) else Value(other)
        x, y = self.data, other.data
        return _result("min", x if x < y or x != x else y, self, _share(y, x), other, _share(x, y))

    # -- Comparisons look at the numbers alone. As keys of a dict, two equal values are still two.

    def __eq__(self, other: object) -> bool:
        return self.data == _number(other)

    def __lt__(self, other: Value | float) -> bool:
        return self.data < _number(other)

    def __le__(self, other: Value | float) -> bool:
        return self.data <= _number(other)

    def __gt__(self, other: Value | float) -> bool:
        return self.data > _number(other)

    def __ge__(self, other: Value | float) -> bool:
        return self.data >= _number(other)

    __hash__ = object.__hash__

    # -- The walk back

    def backward(self) -> None:
        """Add the derivative of this value with respect to every leaf below it to that leaf's ``grad``."""
        order = self._results()
        self.grad += 1.0
        for v in reversed(order):
            g = v.grad
            v.a.grad += v.da * g
            if v.b is not None:
                v.b.grad += v.db * g

    def zero_grad(self) -> None:
        """Set ``grad`` to 0 everywhere in the graph of this value, leaves included."""
        self.grad = 0.0
        for v in self._results():
            for parent in v.parents:
                parent.grad = 0.0

    def _results(self) -> list[Value]:
        """Return every result that this value depends on and itself, parents first, and set ``grad`` to 0."""
        # No recursion: Python's stack is a thousand calls deep, a graph may be a million. A value goes
        # onto the list of things to do twice: on the first visit its parents are put on top of it, and
        # under None it waits until they are done. What has been visited is seen by its gradient, which
        # is this very zero, a new object on each call; a set of them would say the same more slowly.
        zero = float("0")
        order: list[Value] = []
        todo: list[Any] = [self] if self.op else []
        while todo:
            v = todo.pop()
            if v is None:
                order.append(todo.pop())
            elif v.grad is not zero:
                v.grad = zero
                todo.append(v)
                todo.append(None)
                p = v.b
                if p is not None and p.op and p.grad is not zero:
                    todo.append(p)
                p = v.a
                if p.op and p.grad is not zero:
                    todo.append(p)
        return order

    def __repr__(self) -> str:
        name = f", name={self.name!r}" if self.name else ""
        return f"Value(data={self.data}, grad={self.grad}{name})"

    def _repr_svg_(self) -> str | None:
        """Draw the graph in a notebook, which shows the text if this is None."""
        from tinygrad_edu.viz import repr_svg  # a later chapter, loaded when a picture is asked for

        return repr_svg(self)


def _result(op: str, data: float, a: Value, da: float, b: Value | None = None, db: float = 0.0) -> Value:
    """Return the result of an operation, with the record of it."""
    # Filling the slots here is quicker than a call of __init__, which checks what users give.
    v = _new(Value)
    v.data = data
    v.grad = 0.0
    v.a, v.da = a, da
    v.b, v.db = b, db
    v.op = op
    v.name = None
    return v


def _real(function: Callable[..., float], needs: str, *values: Value) -> float:
    """Return the function of the numbers, or say what it needs instead of them."""
    try:
        return function(*[v.data for v in values])
    except (ValueError, OverflowError) as error:
        call = f"{function.__name__}({', '.join(map(_show, values))})"
        raise type(error)(f"{call} is no real number that a float can hold; it needs {needs}.") from None


def _power_slope(x: float, n: float) -> float:
    """Return d(x ** n)/dx."""
    if n == 0.0:
        return 0.0
    try:
        return n * math.pow(x, n - 1.0)
    except (ValueError, OverflowError):
        # as at 0 ** 0.5 and 1e-200 ** -1: x ** n is a float, and its slope is beyond all of them
        return n * math.pow(x, n) / x if x else math.inf


def _share(x: float, y: float) -> float:
    """Return the slope of max(x, y) in x."""
    return 0.5 if x == y else 0.0 if x < y else 1.0


def _number(x: Any) -> float:
    number: float = x.data if isinstance(x, Value) else x
    return number


def _show(v: Value) -> str:
    return f"{v.name} = {v.data}" if v.name else f"{v.data}"
