"""`Function`: an operation of one's own, in PyTorch's form."""

from __future__ import annotations

from typing import Any

from tinygrad_edu.backend import np
from tinygrad_edu.errors import AutogradError, RuleError, user_line
from tinygrad_edu.grad_mode import no_grad
from tinygrad_edu.primitive import Node, Op, constant, record, recording

__all__ = ["Function", "FunctionContext"]

# Stands for the result among the saved tensors: a context that held the result itself would make a cycle.
_RESULT: Any = object()


class FunctionContext:
    """What ``forward`` leaves for ``backward``; any attribute may be set on it.

    Attributes
    ----------
    needs_input_grad : tuple of bool
        For each argument of ``apply``, whether its gradient is wanted.
    """

    def __init__(self, needs_input_grad: tuple[bool, ...]) -> None:
        self.needs_input_grad = needs_input_grad
        self._saved: tuple[Any, ...] = ()
        self._result: Any = None

    def save_for_backward(self, *tensors: Any) -> None:
        """Keep tensors, inputs or the result among them, for ``backward``."""
        self._saved = tensors

    @property
    def saved_tensors(self) -> tuple[Any, ...]:
        """What was saved, in that order."""
        return tuple(self._result if t is _RESULT else t for t in self._saved)


class Function:
    """An operation with a backward of one's own.

    Subclasses define two static methods: ``forward(ctx, *args)`` returns one tensor, ``backward(ctx, g)`` one gradient
    for each argument of ``forward`` (None for one without). Call it as ``MyFunction.apply(...)``. If ``backward`` uses
    operations on tensors, it can itself be differentiated.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> class Cube(Function):
    ...     @staticmethod
    ...     def forward(ctx, x):
    ...         ctx.save_for_backward(x)
    ...         return x**3
    ...
    ...     @staticmethod
    ...     def backward(ctx, g):
    ...         (x,) = ctx.saved_tensors
    ...         return g * 3 * x**2
    >>> x = tg.tensor(2.0, requires_grad=True)
    >>> Cube.apply(x).backward()
    >>> x.grad
    tensor(12.)
    """

    @staticmethod
    def forward(ctx: Any, *args: Any) -> Any:
        """Compute the result; to be written by the subclass."""
        raise NotImplementedError("a Function needs a static method forward(ctx, *args)")

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        """Turn the cotangent of the result into those of the arguments; to be written by the subclass."""
        raise NotImplementedError("a Function needs a static method backward(ctx, g)")

    @classmethod
    def apply(cls, *args: Any) -> Any:
        """Run ``forward`` on the arguments and record the result."""
        ctx = FunctionContext(tuple(isinstance(a, Node) and a.requires_grad for a in args))
        with no_grad():
            result = cls.forward(ctx, *args)
        if not isinstance(result, Node):
            raise AutogradError(
                f"{cls.__name__}.forward returned a {type(result).__name__}, but should return one tensor.{user_line()}"
            )
        ctx._saved = tuple(_RESULT if t is result else t for t in ctx._saved)
        # a tensor of its own: forward may have returned one of its arguments
        out = constant(result._data.view())
        out._data.setflags(write=False)
        if recording.on and any(ctx.needs_input_grad):
            inputs = tuple(a if isinstance(a, Node) else None for a in args)
            arrays = tuple(None if x is None else x._data for x in inputs)
            record(out, _op_of(cls), inputs, arrays, {"ctx": ctx}, None)
        return out


def _op_of(cls: type[Function]) -> Op:
    """Return the operation of a Function class, made at its first use."""
    if "_op" in cls.__dict__:
        return cls.__dict__["_op"]  # type: ignore[no-any-return]  # put there below
    op = Op(cls.__name__, cls.forward, None, None)

    def rule(g: Any, out: Any, *inputs: Any, ctx: FunctionContext) -> Any:
        raw = not isinstance(g, Node)
        ctx._result = constant(out) if raw else out
        try:
            gradients = cls.backward(ctx, constant(np.asarray(g)) if raw else g)
        finally:
            ctx._result = None
        if not isinstance(gradients, tuple):
            gradients = (gradients,)
        if len(gradients) != len(inputs):
            raise RuleError(
                f"{cls.__name__}.backward returned {len(gradients)} gradients, but should return {len(inputs)}, one "
                "for each argument of forward (None for one without)."
            )
        return tuple(g._data if raw and isinstance(g, Node) else g for g in gradients)

    op.defvjp(rule)
    cls._op = op  # type: ignore[attr-defined]  # read back above
    return op
