"""The walk: from a result back to everything it was computed from.

Creation order is a topological order, so the walk is: gather the nodes that lead to the root, sort
them by creation number, and visit them from the youngest to the oldest. When a node is visited, all
of its consumers have already paid in their part, so its cotangent is whole; its op's rule turns that
into one contribution for each input. No recursion, and each node is visited once.

A cotangent is gathered cheaply: the first contribution is borrowed as it is, the second makes a new
array unless nobody else has the first, and from the third on that array, which the walk owns, is
added to in place.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import attrgetter
from sys import getrefcount
from typing import Any

from tinygrad_edu.backend import np
from tinygrad_edu.broadcast import sum_to
from tinygrad_edu.errors import (
    AutogradError,
    GraphChangedError,
    GraphFreedError,
    NoGradError,
    RuleError,
    ShapeError,
    user_line,
)
from tinygrad_edu.primitive import Node, Op, constant, recording

__all__ = ["backward", "leave_alone", "start", "walk"]

# Marks a node as gathered, before any contribution has reached it.
_PENDING: Any = object()
_by_order = attrgetter("order")


def backward(
    root: Any,
    gradient: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
) -> None:
    """Add the gradient of `root` to the ``.grad`` of every leaf that it depends on.

    Parameters
    ----------
    root : Tensor
        Where to start; of any shape if `gradient` is given, else of one element.
    gradient : Tensor, optional
        The cotangent of `root`, of its shape; 1 if not given.
    retain_graph : bool, optional
        Keep the graph for a further walk. Defaults to `create_graph`.
    create_graph : bool
        Record the walk itself, so that gradients can be differentiated again.

    Raises
    ------
    NoGradError
        `root` depends on nothing that requires a gradient.
    ShapeError
        `root` has several elements and no `gradient`, or one of another shape.
    GraphFreedError, GraphChangedError
        See `walk`.
    """
    walk(root, start(root, gradient, create_graph), _accumulate(create_graph), retain_graph, create_graph)


def start(root: Any, gradient: Any, create_graph: bool) -> Any:
    """Return the cotangent of `root`: an array, or a tensor under `create_graph`."""
    if not root.requires_grad:
        raise NoGradError(
            "backward: this tensor depends on nothing that requires a gradient. Make a leaf with "
            f"requires_grad=True before computing it, outside no_grad().{user_line()}"
        )
    data = root._data
    if gradient is None:
        if data.size != 1:
            raise ShapeError(
                f"backward: the tensor has shape {data.shape}, and only a single number can be walked back from "
                "without being told how much each element counts. Reduce it (for example .sum()), or pass "
                f"gradient= of that shape.{user_line()}"
            )
        seed = np.ones(data.shape, data.dtype)
        return constant(seed) if create_graph else seed
    if not isinstance(gradient, Node):
        gradient = constant(np.array(gradient, dtype=data.dtype))
    if gradient._data.shape != data.shape:
        raise ShapeError(
            f"backward: gradient has shape {gradient._data.shape}, but should be {data.shape}, "
            f"the shape of the tensor it belongs to.{user_line()}"
        )
    # a copy, because the walk may hand this very array to a leaf
    return gradient if create_graph else np.array(gradient._data, dtype=data.dtype)


def _accumulate(create_graph: bool) -> Callable[[Any, Any], None]:
    """Return how a leaf takes its gradient."""

    def with_arrays(leaf: Any, g: Any) -> None:
        data = leaf._data
        if leaf.grad is not None:
            g = leaf.grad._data + g
        if type(g) is not np.ndarray or g.dtype is not data.dtype or g.base is not None:
            # a view would keep some larger array alive
            g = np.array(g, dtype=data.dtype)
        g.setflags(write=False)
        if leaf.grad is None:
            leaf.grad = constant(g)
        else:
            leaf.grad._data = g

    def with_tensors(leaf: Any, g: Any) -> None:
        leaf.grad = g if leaf.grad is None else leaf.grad + g

    return with_tensors if create_graph else with_arrays


def leave_alone(leaf: Any, g: Any) -> None:
    """Deliver nothing: for a walk that only watches."""


def walk(
    root: Any,
    seed: Any,
    deliver: Callable[[Any, Any], None],
    retain_graph: bool | None = None,
    create_graph: bool = False,
    watch: Callable[[Any, Any], None] | None = None,
) -> None:
    """Visit every node that leads to `root`, consumers first, and carry cotangents along.

    Parameters
    ----------
    root : Tensor
        Where to start.
    seed : ndarray or Tensor
        Its cotangent; a Tensor under `create_graph`.
    deliver : callable
        Called as ``deliver(leaf, g)`` with every leaf and its whole cotangent.
    retain_graph, create_graph
        As for `backward`.
    watch : callable, optional
        Called as ``watch(node, g)`` with every node, interior ones included, and its whole cotangent.

    Raises
    ------
    GraphFreedError
        An earlier walk released a part of the graph.
    GraphChangedError
        Under `create_graph`, a tensor was given new data since the graph recorded it.
    RuleError
        A rule returned a gradient of the wrong shape, or the wrong number of them.
    """
    if retain_graph is None:
        retain_graph = create_graph
    nodes = _gather(root)
    root.cotangent = seed
    owned: set[int] = set()
    was_recording, recording.on = recording.on, create_graph
    try:
        # popping, so that a node (and what it holds) can go as soon as it has been visited
        while nodes:
            node = nodes.pop()
            g = node.cotangent
            node.cotangent = None
            if g is _PENDING:
                continue
            if node.extra is not None:
                g = _run_hooks(node, g, create_graph)
            if watch is not None:
                watch(node, g)
            op = node.op
            if op is None:
                deliver(node, g)
                continue
            x = node._x
            if x is None:
                raise _freed(op)
            if create_graph:
                _check_unchanged(node)
                a, b, out = x, node._y, node
            else:
                a, b, out = node._a, node._b, node._data
            if op.arity == 1:
                gx = op.vjp(g, out, a)
                if not op.ours and gx.shape != a.shape:
                    raise _wrong_shape(op, 0, gx.shape, a.shape)
                c = x.cotangent
                if c is _PENDING:
                    x.cotangent = gx
                elif id(x) in owned:
                    c += gx
                else:
                    _add(x, c, gx, owned)
            elif op.arity == 2:
                y = node._y
                gx, gy = op.vjp(g, out, a, b)
                # looking at a shape costs a small array a tenth of its operation, so it is done where it can matter
                alike = op.ours and a.shape == b.shape
                if x.requires_grad:
                    if not alike and gx.shape != a.shape:
                        gx = _unbroadcast(op, 0, gx, a.shape)
                    c = x.cotangent
                    if c is _PENDING:
                        x.cotangent = gx
                    elif id(x) in owned:
                        c += gx
                    else:
                        _add(x, c, gx, owned)
                if y.requires_grad:
                    if not alike and gy.shape != b.shape:
                        gy = _unbroadcast(op, 1, gy, b.shape)
                    c = y.cotangent
                    if c is _PENDING:
                        y.cotangent = gy
                    elif id(y) in owned:
                        c += gy
                    else:
                        _add(y, c, gy, owned)
            else:
                _apply_rule(node, op, g, out, a, create_graph, owned)
            if not retain_graph:
                node._x = node._y = node._a = node._b = node.kept = None
    except BaseException:
        for node in nodes:
            node.cotangent = None
        raise
    finally:
        recording.on = was_recording


def _gather(root: Any) -> list[Any]:
    """Return every node that leads to `root` and wants a gradient, oldest first, each marked pending."""
    root.cotangent = _PENDING
    nodes: list[Any] = [root]
    leaves: list[Any] = []
    # the list is its own queue: it grows while it is read
    for node in nodes:
        x = node._x
        if type(x) is tuple:
            for each in x:
                if each is not None and each.requires_grad and each.cotangent is None:
                    each.cotangent = _PENDING
                    (leaves if each.op is None else nodes).append(each)
        elif x is not None:
            if x.requires_grad and x.cotangent is None:
                x.cotangent = _PENDING
                (leaves if x.op is None else nodes).append(x)
            y = node._y
            if y is not None and y.requires_grad and y.cotangent is None:
                y.cotangent = _PENDING
                (leaves if y.op is None else nodes).append(y)
    # leaves aside, they are nearly in order already, and sorting that is quick
    nodes.sort(key=_by_order)
    return leaves + nodes


def _add(x: Any, c: Any, g: Any, owned: set[int]) -> None:
    """Add a further contribution `g` to the cotangent `c` that `x` already has."""
    if isinstance(c, Node):
        x.cotangent = c + g
        return
    if type(c) is np.ndarray and getrefcount(c) == _ALONE and c.base is None and c.flags.writeable:
        # a rule made it for this input, and nobody else has it
        c += g
    else:
        x.cotangent = np.asarray(c + g)
    owned.add(id(x))


def _alone(x: Any) -> int:
    """Count the references to a cotangent as `_add` does when a walk calls it."""
    c = x.cotangent
    return _counted(c)


def _counted(c: Any) -> int:
    return getrefcount(c)


# For an array that only its node holds: measured, because interpreters differ.
_example = constant(np.zeros(1))
_example.cotangent = np.zeros(1)
_ALONE = _alone(_example)


def _unbroadcast(op: Op, index: int, g: Any, shape: tuple[int, ...]) -> Any:
    """Sum a gradient back over the axes along which the forward pass had repeated the input."""
    try:
        return sum_to(g, shape)
    except ValueError:
        raise _wrong_shape(op, index, g.shape, shape) from None


def _apply_rule(
    node: Any, op: Op, g: Any, out: Any, arguments: Any, create_graph: bool, owned: set[int]
) -> None:
    """Run the rule of an operation with any number of inputs, parameters and kept results."""
    inputs = node._x
    extras: dict[str, Any] = {}
    for name in op.rule_extras:
        if name == "needs":
            extras[name] = tuple([x is not None and x.requires_grad for x in inputs])
        else:
            extras[name] = None if create_graph else node.kept
    assert op.vjp is not None  # an operation without a rule records nothing
    gradients = op.vjp(g, out, *arguments, **extras, **node.params)
    if len(inputs) == 1 and type(gradients) is not tuple:
        gradients = (gradients,)
    if len(gradients) != len(inputs):
        raise RuleError(
            f"the rule of {op.name} returned {len(gradients)} gradients, but should return {len(inputs)}, "
            "one for each input (None for an input without one)."
        )
    for index, (x, gx) in enumerate(zip(inputs, gradients, strict=True)):
        if gx is None or x is None or not x.requires_grad:
            continue
        if gx.shape != arguments[index].shape:
            raise _wrong_shape(op, index, gx.shape, arguments[index].shape)
        c = x.cotangent
        if c is _PENDING:
            x.cotangent = gx
        elif id(x) in owned:
            c += gx
        else:
            _add(x, c, gx, owned)


def _run_hooks(node: Any, g: Any, create_graph: bool) -> Any:
    """Let the hooks of a tensor see, and replace, its cotangent; keep it if the tensor wishes so."""
    extra = node.extra
    for hook in list(extra.hooks.values()):
        seen = g if create_graph else constant(np.asarray(g))
        replaced = hook(seen)
        if replaced is None:
            continue
        if replaced.shape != node._data.shape:
            raise ShapeError(
                f"a hook returned a gradient of shape {replaced.shape}, but should return {node._data.shape}, "
                "the shape of its tensor."
            )
        g = replaced if create_graph else replaced._data
    if extra.retains_grad and node.op is not None:
        _accumulate(create_graph)(node, g if create_graph else np.array(g))
    return g


def _check_unchanged(node: Any) -> None:
    """Refuse to differentiate through data that is no longer what the forward pass saw."""
    for x, array in zip(node.inputs, node.arrays, strict=True):
        if x is not None and x._data is not array:
            name = f" {x.extra.name!r}" if x.extra is not None and x.extra.name else ""
            raise GraphChangedError(
                f"backward with create_graph: the tensor{name} of shape {x._data.shape} that went into {node.op.name} "
                "was given new data after the graph was recorded. Compute the result again from the new data, or "
                f"call backward before changing it.{user_line()}"
            )


def _freed(op: Op) -> AutogradError:
    return GraphFreedError(
        f"backward: the graph behind this {op.name} was released by an earlier backward(). Pass "
        f"retain_graph=True to the earlier one, or compute the result again.{user_line()}"
    )


def _wrong_shape(op: Op, index: int, got: Sequence[int], expected: Sequence[int]) -> AutogradError:
    return RuleError(
        f"the rule of {op.name} returned a gradient of shape {tuple(got)} for input {index}, "
        f"but should return {tuple(expected)}, the shape of that input."
    )
