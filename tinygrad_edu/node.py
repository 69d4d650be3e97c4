"""What is recorded: `Node`, one value in the graph, and `Op`, the operation that made it."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

__all__ = ["OPS", "Extra", "Node", "Op", "Rule"]

Rule = Callable[..., Any]


class Node:
    """One value in the graph, and how it was made. `tinygrad_edu.tensor.Tensor` adds the operators.

    A node knows its inputs and never its consumers, so a graph holds no reference cycle and is gone,
    by reference count, with the last tensor that leads to it.

    Attributes
    ----------
    data : numpy.ndarray
        The value, as `Tensor` shows it. Results of operations are read-only; a leaf changes by rebinding ``data``.
    grad : Tensor or None
        The accumulated gradient, of the shape of ``data``.
    requires_grad : bool
        Whether gradients flow to or through this node.
    op : Op or None
        The operation that made it; None for a leaf.
    inputs : tuple or None
        What `op` was applied to (tensors, or None for an optional input); None once released.
    arrays : tuple or None
        The raw arrays that the forward pass saw, one each.
    params, kept : dict or None, object
        The operation's parameters, and what its forward pass kept for the rule; None for elementwise ones.
    order : int
        A creation number: larger than that of every input. 0 for a leaf.
    """

    __slots__ = (
        "__weakref__",
        "_a",
        "_b",
        "_data",
        "_x",
        "_y",
        "cotangent",
        "extra",
        "grad",
        "kept",
        "op",
        "order",
        "params",
        "requires_grad",
    )

    # The slot behind `data`; the engine reads it directly, because a property costs a call.
    _data: Any
    grad: Any
    requires_grad: bool
    op: Op | None
    # The inputs x, y of an elementwise operation and their raw arrays a, b: two tuples less for each small operation.
    # All inputs of any other operation stand in x, their arrays in a. x is None in a leaf and once released.
    _x: Any
    _y: Any
    _a: Any
    _b: Any
    params: dict[str, Any] | None
    kept: Any
    order: int
    # The walk's own: the cotangent gathered so far. None outside a walk.
    cotangent: Any
    # Name, hooks and the wish to keep a gradient; nearly always None.
    extra: Extra | None

    @property
    def inputs(self) -> tuple[Any, ...] | None:
        """What `op` was applied to."""
        return () if self.op is None else _as_tuple(self.op, self._x, self._y)

    @property
    def arrays(self) -> tuple[Any, ...] | None:
        """The raw arrays that the forward pass saw."""
        return None if self.op is None else _as_tuple(self.op, self._a, self._b)


def _as_tuple(op: Op, first: Any, second: Any) -> tuple[Any, ...] | None:
    if first is None or op.arity is None:
        return first  # type: ignore[no-any-return]  # None, or a tuple already
    return (first,) if op.arity == 1 else (first, second)


class Extra:
    """What few tensors have."""

    __slots__ = ("hooks", "name", "retains_grad")

    def __init__(self) -> None:
        self.name: str | None = None
        self.hooks: dict[int, Callable[[Any], Any]] = {}
        self.retains_grad = False


# Every operation that was ever declared.
OPS: list[Op] = []


class Op:
    """A declared operation: its label, its NumPy function and its vjp rule.

    Both are looked up at every call, so that whoever watches (`anomaly`, `profiler`) can put itself between.
    """

    __slots__ = ("arity", "domain", "forward", "keeps", "name", "ours", "rule_extras", "variadic", "vjp")

    def __init__(self, name: str, forward: Callable[..., Any], arity: int | None, domain: str | None) -> None:
        self.name = name
        self.forward = forward
        # 1 or 2 for the elementwise hot paths, None for the general one
        self.arity = arity
        self.domain = domain
        self.vjp: Rule | None = None
        # one of the package, whose tests have looked at the shapes that its rule returns
        self.ours = False
        self.keeps = False
        self.variadic = False
        self.rule_extras: tuple[str, ...] = ()
        OPS.append(self)

    def defvjp(self, rule: Rule) -> Rule:
        """Make `rule` the vjp of this operation; used as a decorator."""
        self.vjp = rule
        names = inspect.signature(rule).parameters
        self.rule_extras = tuple(name for name in ("needs", "kept") if name in names)
        return rule

    def __repr__(self) -> str:
        return f"<op {self.name}>"
