"""Finds what is wrong in a picture: NaN, infinities, gradients that explode or vanish, and where each begins."""

from __future__ import annotations

from .picture import Note, PictureEdge, PictureNode
from .summary import Numbers, number

__all__ = ["mark"]


def mark(nodes: list[PictureNode], edges: list[PictureEdge], exploding: float) -> None:
    """Add to every node the notes on its value and its gradient.

    Values go wrong from inputs to results, gradients from results to inputs. Trouble of one kind is said to
    start at a result none of whose inputs has it; and in a gradient, at a node such that the gradients of
    everything computed from it are known and free of it.

    Parameters
    ----------
    exploding : float
        A gradient with an element at least so far from 0 is said to explode.
    """
    values = [_value_trouble(node.value) for node in nodes]
    gradients = [_gradient_trouble(node.gradient, exploding) for node in nodes]
    # for each node, the kinds of trouble that its neighbours already have; None where one of them is unknown
    inputs: list[set[str] | None] = [None] * len(nodes)
    users: list[set[str] | None] = [set() for _ in nodes]
    for edge in edges:
        inputs[edge.target] = (inputs[edge.target] or set()).union(values[edge.source])
        known = users[edge.source]
        if nodes[edge.target].gradient is None:
            users[edge.source] = None
        elif known is not None:
            known.update(gradients[edge.target])
    for i, node in enumerate(nodes):
        # a leaf has no inputs: what a user put into it did not start in a computation
        node.notes += _notes("value", values[i], inputs[i])
        node.notes += _notes("gradient", gradients[i], users[i])


def _notes(where: str, troubles: dict[str, str], before: set[str] | None) -> list[Note]:
    return [
        Note(
            kind, where, text + (", and it starts here" if before is not None and kind not in before else "")
        )
        for kind, text in troubles.items()
    ]


def _value_trouble(value: Numbers | None) -> dict[str, str]:
    troubles: dict[str, str] = {}
    if value is None:
        return troubles
    if value.nans:
        troubles["nan"] = f"value: {_share(value.nans, value.size)} NaN"
    if value.infinities:
        troubles["infinite"] = f"value: {_share(value.infinities, value.size)} infinite"
    return troubles


def _gradient_trouble(gradient: Numbers | None, exploding: float) -> dict[str, str]:
    troubles: dict[str, str] = {}
    if gradient is None:
        return troubles
    if gradient.nans:
        troubles["nan"] = f"gradient: {_share(gradient.nans, gradient.size)} NaN"
    if gradient.infinities:
        troubles["infinite"] = f"gradient: {_share(gradient.infinities, gradient.size)} infinite"
    if gradient.largest >= exploding:
        troubles["exploding"] = f"gradient explodes: it reaches {number(gradient.largest)}"
    if gradient.all_zero:
        troubles["zero"] = "gradient is 0 everywhere" if gradient.size > 1 else "gradient is 0"
    return troubles


def _share(count: int, size: int) -> str:
    return "it is" if size == 1 else f"{count:,} of {size:,} are"
