"""The picture of a graph as data: what every renderer reads, and nothing that any one of them needs alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from .summary import Numbers

__all__ = ["GraphPicture", "Note", "PictureEdge", "PictureNode", "inputs_first"]


@dataclass(frozen=True, slots=True)
class Note:
    """Something to look at in a node.

    Attributes
    ----------
    kind : str
        ``"nan"``, ``"infinite"``, ``"exploding"`` or ``"zero"`` (a gradient of nothing but zeros).
    where : str
        ``"value"`` or ``"gradient"``.
    text : str
        The same in words.
    """

    kind: str
    where: str
    text: str


@dataclass(slots=True)
class PictureNode:
    """One box of the picture.

    Attributes
    ----------
    kind : str
        ``"leaf"``, ``"parameter"``, ``"constant"`` (a leaf without gradient), ``"result"``, ``"group"``
        (several nodes folded to one) or ``"more"`` (nodes left out).
    op : str
        The operation that made it; for a group or nodes left out, what they are; empty for a leaf.
    name : str
        The user's name for it, or empty.
    shape : tuple of int or None
        None for a `Value`, which is a single number.
    dtype : str
        The element type, or empty for a `Value`.
    value, gradient : Numbers or None
        None where there is none.
    no_gradient : str
        Why there is no gradient, in words; empty where there is one.
    notes : list of Note
        What is wrong with it, if anything.
    details : list of (str, str)
        Further rows: parameters of the operation, arrays that it keeps.
    group : tuple of str
        The groups around it, outermost first.
    """

    kind: str
    op: str = ""
    name: str = ""
    shape: tuple[int, ...] | None = None
    dtype: str = ""
    value: Numbers | None = None
    gradient: Numbers | None = None
    no_gradient: str = ""
    notes: list[Note] = field(default_factory=list)
    details: list[tuple[str, str]] = field(default_factory=list)
    group: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PictureEdge:
    """From an input to the node computed from it, both by number; ``x * x`` has two such edges.

    Attributes
    ----------
    source, target : int
        Places in `GraphPicture.nodes`.
    local : float or None
        d(target)/d(source) along this edge, where the engine has it (`Value`).
    """

    source: int
    target: int
    local: float | None = None


@dataclass(slots=True)
class GraphPicture:
    """Nodes, each after all of its inputs, and the edges between them.

    Attributes
    ----------
    nodes : list of PictureNode
        In an order in which they could have been computed.
    edges : list of PictureEdge
        Grouped by target, in the order of the target's inputs.
    results : tuple of int
        The nodes that the picture was asked for.
    remark : str
        What would otherwise have to be said of every node: that there are no gradients, and why; or empty.
    """

    nodes: list[PictureNode]
    edges: list[PictureEdge]
    results: tuple[int, ...]
    remark: str = ""

    def __repr__(self) -> str:
        return f"<GraphPicture of {len(self.nodes)} nodes and {len(self.edges)} edges>"

    def folded(self, depth: int = 1) -> GraphPicture:
        """Return the picture with each group at nesting `depth` as one box; 0 folds nothing.

        Parameters that only one group uses go into its box.
        """
        keys: list[Any] = [
            node.group[:depth] if depth and len(node.group) >= depth else None for node in self.nodes
        ]
        if not any(keys):
            return self
        users: list[set[Any]] = [set() for _ in self.nodes]
        for edge in self.edges:
            users[edge.source].add(keys[edge.target])
        for i, node in enumerate(self.nodes):
            if len(users[i]) == 1 and _belongs_to_its_user(node):
                keys[i] = next(iter(users[i]))
        return self._merged(keys, _group_box)

    def shortened(self, max_nodes: int | None) -> GraphPicture:
        """Return the picture with the middle of the computation as one box, if it has more than `max_nodes`."""
        surplus = 0 if max_nodes is None else len(self.nodes) - max(max_nodes, 3)
        if surplus <= 0:
            return self
        # one more goes, to make room for the box that says how many went
        start = (len(self.nodes) - surplus - 1) // 2
        keys: list[Any] = [None] * len(self.nodes)
        keys[start : start + surplus + 1] = ["more"] * (surplus + 1)
        return self._merged(keys, _more_box)

    def _merged(self, keys: list[Any], box: Callable[..., PictureNode]) -> GraphPicture:
        """Return the picture in which all nodes of one key (None: none) are the one node that `box` makes."""
        members: dict[Any, list[int]] = {}
        for i, key in enumerate(keys):
            if key is not None:
                members.setdefault(key, []).append(i)
        leaving = {edge.source for edge in self.edges if keys[edge.source] != keys[edge.target]}
        leaving.update(self.results)
        nodes: list[PictureNode] = []
        place = [0] * len(keys)
        for i, key in enumerate(keys):
            if key is None:
                place[i] = len(nodes)
                nodes.append(self.nodes[i])
            elif members[key][0] == i:
                for j in members[key]:
                    place[j] = len(nodes)
                inside = members[key]
                outputs = [self.nodes[j] for j in inside if j in leaving and self.nodes[j].kind == "result"]
                nodes.append(box(key, [self.nodes[j] for j in inside], outputs))
        edges: list[PictureEdge] = []
        seen: set[tuple[int, int]] = set()
        for edge in self.edges:
            source, target = place[edge.source], place[edge.target]
            if source == target:
                continue
            # into a box that stands for several nodes, one arrow is enough
            if keys[edge.target] is not None:
                if (source, target) in seen:
                    continue
                seen.add((source, target))
            merged = keys[edge.source] is not None or keys[edge.target] is not None
            edges.append(PictureEdge(source, target, None if merged else edge.local))
        return _in_order(nodes, edges, tuple(place[i] for i in self.results), self.remark)


def inputs_first(roots: Iterable[Any], inputs: Callable[[Any], Sequence[Any]]) -> list[Any]:
    """Return everything that `roots` depend on, each once and after all of its inputs, without recursion."""
    order: list[Any] = []
    seen: set[int] = set()
    todo: list[Any] = list(roots)[::-1]
    while todo:
        node = todo.pop()
        if node is _DONE:
            order.append(todo.pop())
        elif id(node) not in seen:
            seen.add(id(node))
            todo += (node, _DONE)
            todo += [x for x in reversed(inputs(node)) if id(x) not in seen]
    return order


# Lies on a node in the list of things to do; when it comes up, the inputs of the node are in order.
_DONE: Any = object()


def _in_order(
    nodes: list[PictureNode], edges: list[PictureEdge], results: tuple[int, ...], remark: str
) -> GraphPicture:
    """Return the picture with its nodes, which merging may have disordered, after their inputs again."""
    inputs: dict[int, list[PictureNode]] = {id(node): [] for node in nodes}
    for edge in edges:
        inputs[id(nodes[edge.target])].append(nodes[edge.source])
    order = inputs_first([nodes[i] for i in results], lambda node: inputs[id(node)])
    place = {id(node): i for i, node in enumerate(order)}
    moved = [
        replace(edge, source=place[id(nodes[edge.source])], target=place[id(nodes[edge.target])])
        for edge in edges
        if id(nodes[edge.target]) in place
    ]
    moved.sort(key=lambda edge: edge.target)
    return GraphPicture(order, moved, tuple(place[id(nodes[i])] for i in results), remark)


def _belongs_to_its_user(node: PictureNode) -> bool:
    """Whether a node disappears into the one group that uses it: parameters and plain numbers do, data does not."""
    return node.kind == "parameter" or (
        node.kind == "constant" and node.shape in ((), None) and not node.name
    )


def _group_box(path: tuple[str, ...], inside: list[PictureNode], outputs: list[PictureNode]) -> PictureNode:
    results = sum(node.kind == "result" for node in inside)
    parameters = sum(node.kind == "parameter" for node in inside)
    what = [_count(results, "operation")] + ([_count(parameters, "parameter")] if parameters else [])
    box = PictureNode("group", op=path[-1], group=path[:-1], notes=_gathered(inside))
    box.details.append(("holds", ", ".join(what)))
    if len(outputs) == 1:
        out = outputs[0]
        box.name, box.shape, box.dtype, box.value = out.name, out.shape, out.dtype, out.value
        box.gradient, box.no_gradient = out.gradient, out.no_gradient
    return box


def _more_box(_key: str, inside: list[PictureNode], _outputs: list[PictureNode]) -> PictureNode:
    box = PictureNode("more", op=f"... {len(inside):,} more", notes=_gathered(inside))
    common = Counter(node.op or node.kind for node in inside).most_common(4)
    box.details += [(op, f"{count:,}") for op, count in common]
    return box


def _gathered(inside: list[PictureNode]) -> list[Note]:
    """Return one note for each kind of trouble among nodes that are shown as one."""
    found = Counter((note.where, note.kind) for node in inside for note in node.notes)
    words = {"nan": "NaN", "infinite": "infinite", "exploding": "exploding", "zero": "all zero"}
    return [
        Note(
            kind,
            where,
            f"inside: {count:,} with {'an' if kind in ('infinite', 'exploding', 'zero') else 'a'} "
            f"{words[kind]} {where}",
        )
        for (where, kind), count in found.items()
    ]


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
