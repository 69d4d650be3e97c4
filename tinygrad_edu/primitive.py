"""How an operation is declared, and what is recorded when it runs.

An operation is a plain NumPy function with its vjp (vector-Jacobian product) right below it::

    @binary("mul", np.multiply)
    def mul(x, y):
        "x * y. d(xy)/dx = y, d(xy)/dy = x."

    @mul.defvjp
    def mul_vjp(g, out, x, y):
        return g * y, g * x

The decorated function takes tensors and returns a tensor, which is a `Node` and so remembers
which operation made it, from which inputs, and the raw arrays that the forward pass saw: that is
all that `backward.py` needs. Given raw arrays alone, the function simply computes, so a rule written
with our own operations runs on arrays (fast, first order) and on tensors (``create_graph=True``).

- `unary` and `binary` declare elementwise operations; they are the hot path and are written out. One that
  NumPy already has is named in the decorator, and the function says the rest in words.
- `primitive` declares everything else: any number of inputs, parameters, kept intermediate results.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from itertools import count
from typing import Any, Protocol

from tinygrad_edu.backend import np
from tinygrad_edu.errors import cannot_broadcast
from tinygrad_edu.grad_mode import recording
from tinygrad_edu.node import OPS, Extra, Node, Op, Rule
from tinygrad_edu.signature import bind, named_inputs, read_signature

__all__ = [
    "OPS",
    "Extra",
    "Node",
    "Op",
    "Operation",
    "binary",
    "primitive",
    "recording",
    "tensor_class",
    "unary",
]

_ndarray = np.ndarray
_asarray = np.asarray
_new = object.__new__
_next_order = count(1).__next__
_OURS = __name__.partition(".")[0] + ".ops."


class Operation(Protocol):
    """What the decorators give back: call it, or hang a rule below it."""

    op: Op
    defvjp: Callable[[Rule], Rule]

    def __call__(self, *inputs: Any, **params: Any) -> Any:
        """Apply the operation."""


# The class of results. `tensor.py` comes later in the reading order and names itself here.
Tensor: Any = Node
_as_inputs: Callable[..., tuple[Any, ...]]


def tensor_class(cls: Any, as_inputs: Callable[..., tuple[Any, ...]]) -> None:
    """Tell this module which class results have and how numbers and arrays become inputs."""
    global Tensor, _as_inputs
    Tensor, _as_inputs = cls, as_inputs


def constant(data: Any) -> Any:
    """Wrap an array as a tensor that nothing is recorded about."""
    out = _new(Tensor)
    out._data = data
    out.grad = out.op = out._x = out._y = out._a = out._b = None
    out.params = out.kept = out.cotangent = out.extra = None
    out.requires_grad = False
    out.order = 0
    return out


def unary(
    name: str, ufunc: Callable[..., Any] | None = None, *, domain: str | None = None
) -> Callable[[Callable[..., Any]], Operation]:
    """Declare an elementwise operation of one input.

    Parameters
    ----------
    name : str
        The label in graphs and messages.
    ufunc : callable, optional
        The NumPy function that computes it; without one, the decorated function does.
    domain : str, optional
        Where it is differentiable, in words, when that is not everywhere.
    """

    def declare(function: Callable[..., Any]) -> Operation:
        op = Op(name, ufunc or function, 1, domain)

        def apply(x: Any) -> Any:
            if type(x) is not Tensor and not isinstance(x, Node):
                return op.forward(x)
            data = op.forward(x._data)
            if type(data) is not _ndarray:
                data = _asarray(data)
            if recording.on and x.requires_grad:
                out = _new(Tensor)
                out._data = data
                out.grad = out._y = out._b = out.params = out.kept = out.cotangent = out.extra = None
                out.requires_grad = True
                out.op = op
                out._x = x
                out._a = x._data
                out.order = _next_order()
                return out
            return constant(_frozen(data, x._data))

        return _dress(apply, op, function)

    return declare


def binary(
    name: str, ufunc: Callable[..., Any] | None = None, *, domain: str | None = None
) -> Callable[[Callable[..., Any]], Operation]:
    """Declare an elementwise operation of two inputs that broadcast against each other.

    The rule may ignore broadcasting: the engine sums its results back to the inputs' shapes.
    Parameters as for `unary`.
    """

    def declare(function: Callable[..., Any]) -> Operation:
        op = Op(name, ufunc or function, 2, domain)

        def apply(x: Any, y: Any) -> Any:
            if (type(x) is not Tensor or type(y) is not Tensor) and not (
                isinstance(x, Node) and isinstance(y, Node)
            ):
                if not (isinstance(x, Node) or isinstance(y, Node)):
                    return op.forward(x, y)
                x, y = _as_inputs(op, x, y)
            a = x._data
            b = y._data
            if a.dtype is not b.dtype:
                x, y = _as_inputs(op, x, y)
                a = x._data
                b = y._data
            try:
                data = op.forward(a, b)
            except ValueError as error:
                raise cannot_broadcast(name, a.shape, b.shape, error) from None
            if type(data) is not _ndarray:
                data = _asarray(data)
            if recording.on and (x.requires_grad or y.requires_grad):
                out = _new(Tensor)
                out._data = data
                out.grad = out.params = out.kept = out.cotangent = out.extra = None
                out.requires_grad = True
                out.op = op
                out._x = x
                out._y = y
                out._a = a
                out._b = b
                out.order = _next_order()
                return out
            return constant(_frozen(data, a))

        return _dress(apply, op, function)

    return declare


def primitive(
    name: str, *, domain: str | None = None, keeps: bool = False
) -> Callable[[Callable[..., Any]], Operation]:
    """Declare any other operation.

    The decorated function's signature says what is what. Arguments before a ``/`` (or, where there is
    none, before a ``*``) are inputs: tensors, or None for an optional one. ``*xs`` takes a list of
    tensors as its first argument. All others are parameters; ``dim`` and ``keepdim`` are also
    accepted as ``axis`` and ``keepdims``.

    The rule is called as ``rule(g, out, *inputs, **params)`` and returns one gradient for each input
    (None where there is none); a rule of a single input returns it bare. If it names ``needs`` it gets
    a tuple of bool, which inputs want a gradient; if it names ``kept`` it gets what forward kept, or
    None under ``create_graph``, where it recomputes that with our own operations.

    Parameters
    ----------
    name, domain
        As for `unary`.
    keeps : bool
        The function returns ``(result, kept)``.
    """

    def declare(forward: Callable[..., Any]) -> Operation:
        op = Op(name, forward, None, domain)
        op.keeps = keeps
        inputs, defaults, op.variadic = read_signature(forward)
        number, param_names = len(inputs), tuple(defaults)

        plain = inspect.Parameter.empty not in defaults.values()

        def apply(*args: Any, **params: Any) -> Any:
            if plain and not params and len(args) == number and not op.variadic:
                # inputs alone, which is how most calls are: nothing to sort out
                xs, params = args, defaults
            else:
                if op.variadic:
                    xs, rest = tuple(args[0]), args[1:]
                else:
                    xs, rest = args[:number], args[number:]
                    if len(xs) < number:
                        xs, params = named_inputs(name, inputs, xs, params)
                params = bind(name, rest, param_names, params, defaults)
            arrays = _arrays_of(xs)
            if arrays is None:
                if not any(isinstance(x, Node) for x in xs):
                    result = op.forward(*xs, **params)
                    return result[0] if keeps else result
                xs = _as_inputs(op, *xs)
                arrays = tuple([None if x is None else x._data for x in xs])
            data = op.forward(*arrays, **params)
            kept = None
            if keeps:
                data, kept = data
            if type(data) is not _ndarray:
                data = _asarray(data)
            if any(data is array for array in arrays):
                # a view, so that freezing the result leaves a leaf's own array alone
                data = data.view()
            data.setflags(False)
            out = constant(data)
            if recording.on and op.vjp is not None and data.dtype.kind == "f":
                for x in xs:
                    if x is not None and x.requires_grad:
                        record(out, op, xs, arrays, params, kept)
                        break
            return out

        return _dress(apply, op, forward)

    return declare


def _arrays_of(xs: tuple[Any, ...]) -> tuple[Any, ...] | None:
    """Return the arrays of inputs that are all tensors (or None), their floats of one type; None if they are not."""
    arrays: list[Any] = []
    float_type = None
    any_tensor = False
    for x in xs:
        if x is None:
            arrays.append(None)
            continue
        if not isinstance(x, Node):
            return None
        any_tensor = True
        array = x._data
        arrays.append(array)
        if array.dtype is not float_type and array.dtype.kind == "f":
            if float_type is not None:
                return None
            float_type = array.dtype
    return tuple(arrays) if any_tensor else None


def record(out: Any, op: Op, inputs: Any, arrays: Any, params: dict[str, Any], kept: Any) -> None:
    """Write down in `out` how it was made."""
    out.requires_grad = True
    out.op = op
    out._x = inputs
    out._a = arrays
    out.params = params
    out.kept = kept
    out.order = _next_order()


def _dress(apply: Any, op: Op, function: Callable[..., Any]) -> Operation:
    """Give the callable the name, the text and the handle of its operation."""
    apply.__name__ = apply.__qualname__ = function.__name__
    apply.__doc__ = function.__doc__
    apply.__module__ = function.__module__
    apply.__wrapped__ = function
    apply.op = op
    apply.defvjp = op.defvjp
    op.ours = function.__module__.startswith(_OURS)
    return apply  # type: ignore[no-any-return]  # a function that carries `op` and `defvjp`


def _frozen(data: np.ndarray, like: np.ndarray) -> np.ndarray:
    """Freeze a result; an integer input to a float operation gives the default float, as in PyTorch."""
    if data.dtype.kind == "f" and like.dtype.kind in "iub":
        data = data.astype(np.float32)
    data.setflags(write=False)
    return data
