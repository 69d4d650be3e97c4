"""Which part of a program made a node: `group` names a stretch of it, `modules` every layer of a model.

The engine numbers results in the order of their creation. A group remembers the numbers at its start and
at its end, and so every tensor made between the two, without holding any of them.
"""

from __future__ import annotations

import math
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from tinygrad_edu import primitive

__all__ = ["group", "groups_of", "modules"]


class _Stretch:
    """The results numbered between `start` and `end`, and the stretch around it."""

    __slots__ = ("end", "label", "outer", "start")

    def __init__(self, label: str, outer: _Stretch | None) -> None:
        self.label = label
        self.outer = outer
        self.start: float = primitive._next_order()
        self.end = math.inf


# A training loop opens groups for ever; pictures are drawn of what was computed lately.
_stretches: deque[_Stretch] = deque(maxlen=10_000)
_open: list[_Stretch] = []


@contextmanager
def group(name: str) -> Iterator[None]:
    """Show the tensors computed in a ``with`` block as one box, or with a frame around them.

    Groups nest. They work for tensors alone: a `Value` does not say when it was made.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> from tinygrad_edu import viz
    >>> x = tg.tensor(2.0, requires_grad=True, name="x")
    >>> with viz.group("square and add"):
    ...     y = x * x + 1
    >>> print(viz.to_text(y, fold=1))
    2 nodes, 1 edge; result: #1; no gradients: backward() not called
      x   leaf                 float32 ()  2
      #1  [square and add](x)  float32 ()  5  [holds 2 operations]
    """
    stretch = _Stretch(name, _open[-1] if _open else None)
    _stretches.append(stretch)
    _open.append(stretch)
    try:
        yield
    finally:
        _open.remove(stretch)
        stretch.end = primitive._next_order()


@contextmanager
def modules(model: Any) -> Iterator[None]:
    """Make a group of every call of a layer of `model` in a ``with`` block.

    Parameters
    ----------
    model : nn.Module
        Its parts are named as `named_modules` names them; itself is no group.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> from tinygrad_edu import viz
    >>> model = tg.nn.Sequential(tg.nn.Linear(2, 3), tg.nn.ReLU())
    >>> with viz.modules(model):
    ...     y = model(tg.ones(1, 2)).sum()
    >>> [node.op for node in viz.graph(y).folded().nodes if node.kind == "group"]
    ['0: Linear', '1: ReLU']
    """
    with ExitStack() as stack:
        for path, module in model.named_modules():
            if path:
                label = f"{path.rpartition('.')[2]}: {type(module).__name__}"
                # on the object, so that it hides the method of the class until the end of the block
                module.forward = _grouped(label, module.forward)
                stack.callback(vars(module).pop, "forward")
        yield


def _grouped(label: str, forward: Any) -> Any:
    def forward_in_group(*inputs: Any, **options: Any) -> Any:
        with group(label):
            return forward(*inputs, **options)

    return forward_in_group


def groups_of(orders: list[int]) -> dict[int, tuple[str, ...]]:
    """Return the groups, outermost first, around each of these creation numbers that has any.

    A label that comes twice in one place is told apart: ``fc`` and ``fc (2)``.
    """
    paths: dict[int, tuple[str, ...]] = {}
    names: dict[int, tuple[str, ...]] = {}
    taken: Counter[tuple[str, ...]] = Counter()
    waiting = deque(_stretches)
    around: list[_Stretch] = []
    for order in sorted(orders):
        while waiting and waiting[0].start < order:
            stretch = waiting.popleft()
            if stretch.end > order:
                around.append(stretch)
        around = [stretch for stretch in around if stretch.end > order]
        if around:
            paths[order] = _path(around[-1], names, taken)
    return paths


def _path(
    stretch: _Stretch, names: dict[int, tuple[str, ...]], taken: Counter[tuple[str, ...]]
) -> tuple[str, ...]:
    known = names.get(id(stretch))
    if known is not None:
        return known
    outer = _path(stretch.outer, names, taken) if stretch.outer is not None else ()
    path = (*outer, stretch.label)
    taken[path] += 1
    if taken[path] > 1:
        path = (*outer, f"{stretch.label} ({taken[path]})")
    names[id(stretch)] = path
    return path
