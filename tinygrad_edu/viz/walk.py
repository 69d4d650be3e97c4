"""From a result to its picture: one walk, linear in the graph, that changes nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tinygrad_edu.primitive import Node
from tinygrad_edu.scalar import Value

from .gradients import own_gradients
from .groups import groups_of
from .health import mark
from .picture import GraphPicture, PictureEdge, PictureNode, inputs_first
from .summary import numbers_of

__all__ = ["graph"]

NOT_CALLED = "backward() not called"
CONSTANT = "none: requires_grad is False"
NOT_KEPT = "not kept: only leaves keep it"
RELEASED = "released by backward()"


def graph(
    y: Any,
    *,
    params: Mapping[str, Any] | None = None,
    backward: bool = False,
    show_attrs: bool = False,
    show_saved: bool = False,
    exploding: float = 1e4,
) -> GraphPicture:
    """Return the picture of everything that `y` was computed from, as data.

    Parameters
    ----------
    y : Value, Tensor or a sequence of them
        The result, or the results.
    params : mapping of str to Tensor, optional
        Names, as ``dict(model.named_parameters())`` has them.
    backward : bool
        Compute the gradient of `y` in a walk of the picture's own and show it in every node, interior
        ones included. No ``.grad`` is read or changed and no hook is run. The graph must not have been
        released, and a tensor `y` must have one element.
    show_attrs, show_saved : bool
        Show the parameters of each operation; the arrays that it keeps for the backward pass.
    exploding : float
        From which distance from 0 on an element of a gradient is marked as exploding.

    Raises
    ------
    TypeError
        `y` is neither a `Value` nor a `Tensor`.
    GraphFreedError, ShapeError, NoGradError
        With ``backward=True``, what `backward` would raise.

    Examples
    --------
    >>> from tinygrad_edu.scalar import Value
    >>> picture = graph(Value(2.0, name="a") * Value(3.0, name="b"))
    >>> [(node.name, node.op, node.value.text) for node in picture.nodes]
    [('a', '', '2'), ('b', '', '3'), ('', '*', '6')]
    """
    roots = list(y) if isinstance(y, (list, tuple)) else [y]
    for root in roots:
        if not isinstance(root, (Value, Node)):
            raise TypeError(f"viz draws a Value or a Tensor, and got a {type(root).__name__}: {root!r:.60}")
    if len({isinstance(root, Value) for root in roots}) > 1:
        raise TypeError(
            "viz draws values or tensors, not both in one picture; draw them one after the other."
        )
    things = inputs_first(roots, inputs_of)
    gradients = own_gradients(roots, things) if backward else None
    names = {id(tensor): name for name, tensor in (params or {}).items()}
    walked_back = any(isinstance(root, Value) and root.grad for root in roots)
    groups = groups_of([thing.order for thing in things if isinstance(thing, Node) and thing.order])
    nodes, edges = [], []
    place: dict[int, int] = {}
    for index, thing in enumerate(things):
        place[id(thing)] = index
        if isinstance(thing, Value):
            node = _read_value(thing, walked_back)
            edges += [
                PictureEdge(place[id(x)], index, d)
                for x, d in zip(thing.parents, thing.local_grads, strict=True)
            ]
        else:
            node = _read_tensor(thing)
            node.group = groups.get(thing.order, ())
            if id(thing) in names:
                node.kind = "parameter"
            if thing.op is not None:
                node.details = _details(thing, show_attrs, show_saved)
            edges += [PictureEdge(place[id(x)], index) for x in inputs_of(thing)]
        node.name = node.name or names.get(id(thing), "")
        if gradients is not None and id(thing) in gradients:
            node.gradient, node.no_gradient = numbers_of(gradients[id(thing)]), ""
        nodes.append(node)
    mark(nodes, edges, exploding)
    # true of every node, it is said once
    silent = all(node.gradient is None for node in nodes) and any(
        node.no_gradient == NOT_CALLED for node in nodes
    )
    results = tuple(place[id(root)] for root in roots)
    return GraphPicture(nodes, edges, results, f"no gradients: {NOT_CALLED}" if silent else "")


def inputs_of(thing: Any) -> Sequence[Any]:
    """Return what a value or a tensor was computed from; nothing if its graph was released."""
    if isinstance(thing, Value):
        return thing.parents
    return [x for x in thing.inputs or () if x is not None]


def _read_value(value: Value, walked_back: bool) -> PictureNode:
    node = PictureNode("result" if value.op else "leaf", value.op, value.name or "")
    node.value = numbers_of(float(value.data))
    # a Value's gradient is 0 from the start; it means something once a walk has reached it
    if walked_back or value.grad:
        node.gradient = numbers_of(float(value.grad))
    else:
        node.no_gradient = NOT_CALLED
    return node


def _read_tensor(tensor: Any) -> PictureNode:
    node = PictureNode("result", name=tensor.name or "", shape=tensor.shape, dtype=str(tensor.dtype))
    node.value = numbers_of(tensor.data)
    if tensor.op is not None:
        node.op = tensor.op.name
    elif tensor.requires_grad:
        # a layer's tensor, without loading the layers to ask
        node.kind = "parameter" if type(tensor).__name__ == "Parameter" else "leaf"
    else:
        node.kind = "constant"
    if tensor.grad is not None:
        node.gradient = numbers_of(tensor.grad.data)
    elif not tensor.requires_grad:
        node.no_gradient = CONSTANT
    elif tensor.inputs is None:
        node.no_gradient = RELEASED
    elif tensor.op is not None and not tensor.retains_grad:
        node.no_gradient = NOT_KEPT
    else:
        node.no_gradient = NOT_CALLED
    return node


def _details(tensor: Any, show_attrs: bool, show_saved: bool) -> list[tuple[str, str]]:
    rows: list[tuple[str, str]] = []
    if tensor.inputs is None:
        rows.append(("inputs", "released by backward(); retain_graph=True keeps them"))
    if show_attrs:
        rows += [(name, repr(value)) for name, value in (tensor.params or {}).items()]
    if show_saved:
        kept = tensor.kept if isinstance(tensor.kept, tuple) else (tensor.kept,)
        for array in (*(tensor.arrays or ()), *kept):
            if hasattr(array, "dtype"):
                rows.append(("keeps", f"{array.dtype} {tuple(array.shape)}"))
    return rows
