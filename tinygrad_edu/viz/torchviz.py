"""`make_dot`, called as in the package torchviz, for whoever comes from PyTorch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .dot import DEFAULTS, dot_body
from .walk import graph

__all__ = ["make_dot"]


def make_dot(
    var: Any,
    params: Mapping[str, Any] | None = None,
    show_attrs: bool = False,
    show_saved: bool = False,
    max_attr_chars: int = 50,
) -> Any:
    """Return the picture of `var` as a ``graphviz.Digraph``, with the interface of torchviz.

    Parameters
    ----------
    var : Tensor, Value or a sequence of them
        The result.
    params : mapping of str to Tensor, optional
        Names for tensors: ``dict(model.named_parameters())``.
    show_attrs : bool
        Show the parameters of operations.
    show_saved : bool
        Show the arrays that operations keep for the backward pass.
    max_attr_chars : int
        Longer parameters are cut.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> model = tg.nn.Linear(2, 1)
    >>> dot = make_dot(model(tg.ones(3, 2)).mean(), params=dict(model.named_parameters()))
    >>> dot.format, "<B>weight</B>" in dot.source
    ('pdf', True)
    """
    import graphviz  # only whoever draws waits for it

    picture = graph(var, params=params, show_attrs=show_attrs, show_saved=show_saved)
    for node in picture.nodes:
        node.details = [
            (key, text if len(text) <= max_attr_chars else text[:max_attr_chars] + "...")
            for key, text in node.details
        ]
    return graphviz.Digraph(
        "tinygrad_edu",
        graph_attr=DEFAULTS["graph"] | {"rankdir": "TB"},
        node_attr=DEFAULTS["node"],
        edge_attr=DEFAULTS["edge"],
        body=list(dot_body(picture)),
    )
