"""The gradient of every node, interior ones included, without touching any ``.grad``."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_edu.backward import start, walk
from tinygrad_edu.primitive import Node
from tinygrad_edu.scalar import Value

__all__ = ["own_gradients"]


def own_gradients(roots: list[Any], things: list[Any]) -> dict[int, Any]:
    """Return the gradient of the sum of `roots` with respect to each thing, by its ``id``.

    Parameters
    ----------
    roots : list of Value or Tensor
        Tensors must have one element each.
    things : list of Value or Tensor
        Everything that `roots` depend on, inputs first.

    Raises
    ------
    GraphFreedError, ShapeError, NoGradError
        What `backward` raises on such a tensor.
    """
    gradients: dict[int, Any] = {}
    values = [thing for thing in things if isinstance(thing, Value)]
    if values:
        gradients = {id(value): 0.0 for value in values}
        for root in roots:
            gradients[id(root)] += 1.0
        for value in reversed(values):
            for parent, local in zip(value.parents, value.local_grads, strict=True):
                gradients[id(parent)] += local * gradients[id(value)]
        return gradients

    def note(tensor: Any, g: Any) -> None:
        known = gradients.get(id(tensor))
        gradients[id(tensor)] = np.asarray(g) if known is None else known + g

    # Hooks, and the wish to keep a gradient, belong to the user's own backward(); this walk is not one.
    extras = [(thing, thing.extra) for thing in things if isinstance(thing, Node) and thing.extra is not None]
    seeds = [start(root, None, False) for root in roots]
    for thing, _ in extras:
        thing.extra = None
    try:
        for root, seed in zip(roots, seeds, strict=True):
            walk(root, seed, lambda _leaf, _g: None, retain_graph=True, watch=note)
    finally:
        for thing, extra in extras:
            thing.extra = extra
    return gradients
