"""Pictures of graphs: of a `Value`, of a `Tensor`, with every value and every gradient.

>>> from tinygrad_edu import viz
>>> from tinygrad_edu.scalar import Value
>>> a, b = Value(2.0, name="a"), Value(3.0, name="b")
>>> loss = a * b + a
>>> loss.backward()
>>> print(viz.to_text(loss))
4 nodes, 4 edges; result: #3
  a   leaf    2  grad 4
  b   leaf    3  grad 2
  #2  a * b   6  grad 1
  #3  #2 + a  8  grad 1

`graph` gives the picture as data; `to_text`, `to_dot`, `to_svg` and `to_png` draw it; `draw` does what the
file's name asks for. SVG and PNG need the program ``dot`` of Graphviz.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tinygrad_edu.primitive import Node
from tinygrad_edu.scalar import Value

from .dot import render_dot
from .groups import group, modules
from .picture import GraphPicture, Note, PictureEdge, PictureNode
from .program import DotError, DotMissingError, run_dot, write_aside
from .summary import Numbers
from .text import render_text
from .torchviz import make_dot
from .walk import graph

__all__ = [
    "DotError",
    "DotMissingError",
    "GraphPicture",
    "Note",
    "Numbers",
    "PictureEdge",
    "PictureNode",
    "draw",
    "graph",
    "group",
    "make_dot",
    "modules",
    "repr_svg",
    "to_dot",
    "to_png",
    "to_svg",
    "to_text",
]

# What a reader can take in and `dot` lays out in about a second. The rest of a picture becomes one box.
MAX_NODES = 150


def to_text(y: Any, *, fold: int = 0, max_nodes: int | None = None, **options: Any) -> str:
    """Return the graph as text, one line for each node, each after what it was computed from.

    Parameters
    ----------
    y : Value, Tensor, a sequence of them, or GraphPicture
        What to show.
    fold : int
        Show groups (see `group` and `modules`) at this depth of nesting as one node; 0: show everything.
    max_nodes : int, optional
        Show the middle of a longer computation as one node. By default nothing is left out.
    **options
        `params`, `backward`, `show_attrs`, `show_saved`, `exploding`, as for `graph`.
    """
    return render_text(_picture(y, fold, max_nodes, options))


def to_dot(
    y: Any, *, fold: int = 0, max_nodes: int | None = None, direction: str = "LR", **options: Any
) -> str:
    """Return the graph as source in the DOT language.

    Parameters
    ----------
    y, fold, max_nodes, **options
        As for `to_text`.
    direction : str
        Where the arrows go: ``"LR"`` to the right, ``"TB"`` down, ``"BT"`` up, ``"RL"`` to the left.
    """
    return render_dot(_picture(y, fold, max_nodes, options), direction)


def to_svg(
    y: Any, *, fold: int = 0, max_nodes: int | None = MAX_NODES, direction: str = "LR", **options: Any
) -> str:
    """Return the graph as an SVG document.

    Parameters
    ----------
    y, fold, direction, **options
        As for `to_dot`.
    max_nodes : int, optional
        Of a larger graph, the middle is one box that says what it stands for; None draws all of it,
        for which ``dot`` needs minutes at a few thousand nodes.

    Raises
    ------
    DotMissingError, DotError
        Graphviz is not installed, or it failed.
    """
    source = to_dot(y, fold=fold, max_nodes=max_nodes, direction=direction, **options)
    return run_dot(source, "svg").decode("utf-8")


def to_png(
    y: Any,
    path: str | os.PathLike[str],
    *,
    fold: int = 0,
    max_nodes: int | None = MAX_NODES,
    direction: str = "LR",
    dpi: int = 120,
    **options: Any,
) -> Path:
    """Write the graph as a PNG image and return the path; parameters and errors as for `to_svg`.

    Parameters
    ----------
    path : str or path
        The file to write.
    dpi : int
        Dots to the inch; text is 11 points high.
    """
    picture = _picture(y, fold, max_nodes, options)
    return write_aside(path, run_dot(render_dot(picture, direction, dpi=dpi), "png"))


def draw(y: Any, path: str | os.PathLike[str] | None = None, **options: Any) -> Any:
    """Draw the graph: into a file, or as an object that a notebook shows.

    Parameters
    ----------
    y : Value, Tensor, a sequence of them, or GraphPicture
        What to draw.
    path : str or path, optional
        A file that ends in ``.svg``, ``.png``, ``.dot``, ``.gv`` or ``.txt``.
    **options
        As for the renderer that the file's name asks for.

    Returns
    -------
    pathlib.Path or graphviz.Source
        The file; without `path` an object that shows itself in a notebook and has ``.render()``.
    """
    if path is None:
        import graphviz  # only whoever draws waits for it

        return graphviz.Source(to_dot(y, **{"max_nodes": MAX_NODES, **options}))
    ending = Path(path).suffix.lower()
    if ending == ".png":
        return to_png(y, path, **options)
    writers = {".svg": to_svg, ".dot": to_dot, ".gv": to_dot, ".txt": to_text}
    if ending not in writers:
        raise ValueError(
            f"draw: {os.fspath(path)!r} does not say what to draw; end it in .svg, .png, .dot, .gv or .txt."
        )
    return write_aside(path, writers[ending](y, **options).encode("utf-8"))


def repr_svg(y: Any) -> str | None:
    """Return the SVG that a notebook shows for `y`, or None where text is better or ``dot`` is missing."""
    if isinstance(y, (Value, Node)) and not y.op:
        return None
    try:
        return to_svg(y)
    except DotError:
        return None


def _picture(y: Any, fold: int, max_nodes: int | None, options: Mapping[str, Any]) -> GraphPicture:
    picture = y if isinstance(y, GraphPicture) else graph(y, **options)
    return picture.folded(fold).shortened(max_nodes)
