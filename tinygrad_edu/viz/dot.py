"""The picture in the DOT language of Graphviz: a table for each node, an arrow for each edge."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import Any

from .picture import GraphPicture, PictureEdge, PictureNode
from .summary import number
from .text import plain

__all__ = ["DEFAULTS", "dot_body", "render_dot"]

# What a node is, by the colour of its head. All are light: black text stays readable, in print too.
_HEADS = {
    "leaf": "#cfe2f3",
    "parameter": "#cfe2f3",
    "constant": "#eeeeee",
    "result": "#e3efd9",
    "group": "#fff0c9",
    "more": "#ffffff",
}
# What is wrong with it, by the colour of the row that is wrong and of the frame; the same is said in words.
_TROUBLE = {
    "nan": ("#f6b89c", "#a33c00"),
    "infinite": ("#fbd98a", "#946200"),
    "exploding": ("#e6bfdb", "#86316b"),
    "zero": ("#cccccc", "#444444"),
}
_FONT = "Helvetica,Arial,sans-serif"

DEFAULTS: dict[str, dict[str, str]] = {
    "graph": {"rankdir": "LR", "fontname": _FONT, "fontsize": "11", "nodesep": "0.2", "ranksep": "0.35"},
    "node": {"shape": "plain", "fontname": _FONT, "fontsize": "11"},
    "edge": {
        "color": "#666666",
        "arrowsize": "0.6",
        "fontname": _FONT,
        "fontsize": "9",
        "fontcolor": "#555555",
    },
}


def render_dot(picture: GraphPicture, direction: str = "LR", **graph_attributes: Any) -> str:
    """Return the DOT source.

    Parameters
    ----------
    direction : str
        Where the arrows go: ``"LR"`` to the right, ``"TB"`` down, ``"BT"`` up, ``"RL"`` to the left.
    **graph_attributes
        Any attributes of the whole graph, such as ``size="12,12"``.
    """
    defaults = dict(DEFAULTS)
    defaults["graph"] = DEFAULTS["graph"] | {"rankdir": direction} | graph_attributes
    lines = ["digraph tinygrad_edu {\n"]
    for kind, attributes in defaults.items():
        lines.append(
            f"\t{kind} [{' '.join(f'{key}={_quoted(value)}' for key, value in attributes.items())}]\n"
        )
    return "".join([*lines, *dot_body(picture), "}\n"])


def dot_body(picture: GraphPicture) -> Iterator[str]:
    """Yield the lines of the source between the defaults and the end: nodes, frames of groups, edges."""
    captions = [plain(picture.remark)] if picture.remark else []
    if any(edge.local is not None for edge in picture.edges):
        captions.append("on an arrow: the local derivative")
    if captions:
        yield f'\tlabel={_quoted("; ".join(captions))} labeljust=l fontcolor="#555555"\n'
    framed: dict[tuple[str, ...], list[int]] = {}
    for i, node in enumerate(picture.nodes):
        framed.setdefault(node.group, []).append(i)
    yield from _frames(picture, framed)
    for edge in picture.edges:
        yield f"\tn{edge.source} -> n{edge.target}{_edge_attributes(edge)}\n"


def _frames(picture: GraphPicture, framed: dict[tuple[str, ...], list[int]]) -> Iterator[str]:
    """Yield the nodes, those of a group inside its frame."""
    inner: tuple[str, ...] = ()
    number_of_frame = 0
    for path in sorted(framed):
        shared = 0
        while shared < min(len(path), len(inner)) and path[shared] == inner[shared]:
            shared += 1
        yield "\t}\n" * (len(inner) - shared)
        for label in path[shared:]:
            number_of_frame += 1
            yield f"\tsubgraph cluster_{number_of_frame} {{\n"
            yield f'\tlabel={_quoted(plain(label))} labeljust=l style="rounded" color="#b58900" fontcolor="#7a5c00"\n'
        inner = path
        for i in framed[path]:
            yield f"\tn{i} [label={_label(picture.nodes[i], picture.remark)}]\n"
    yield "\t}\n" * len(inner)


def _label(node: PictureNode, remark: str) -> str:
    """Return a table: what the node is on top, then a row for each thing known about it."""
    frame, width = "#777777", 1
    if node.notes:
        frame, width = _TROUBLE[node.notes[0].kind][1], 2
    wrong = {note.where: _TROUBLE[note.kind][0] for note in reversed(node.notes)}
    rows = [_head(node)]
    if node.shape is not None:
        rows.append(_row("type", f"{node.dtype} {node.shape}"))
    if node.value is not None:
        rows.append(_row("value", node.value.text, wrong.get("value")))
    if node.gradient is not None:
        rows.append(_row("grad", node.gradient.text, wrong.get("gradient")))
    elif node.no_gradient and not remark:
        rows.append(_row("grad", node.no_gradient, faint=True))
    rows += [_row(key, text) for key, text in node.details]
    rows += [_row("!", note.text, _TROUBLE[note.kind][0]) for note in node.notes]
    style = ' STYLE="ROUNDED"' if node.kind in ("group", "more") else ""
    return (
        f'<<TABLE BORDER="{width}" CELLBORDER="0" CELLSPACING="0" CELLPADDING="3" COLOR="{frame}"{style}>'
        f"{''.join(rows)}</TABLE>>"
    )


def _head(node: PictureNode) -> str:
    name, op = _safe(node.name), _safe(node.op)
    if name and op:
        title = f"<B>{name}</B> = {op}"
    elif name or op:
        title = f"<B>{name or op}</B>"
    else:
        title = f"<I>{node.kind}</I>"
    return f'<TR><TD COLSPAN="2" BGCOLOR="{_HEADS[node.kind]}"><FONT POINT-SIZE="13">{title}</FONT></TD></TR>'


def _row(key: str, text: str, colour: str | None = None, faint: bool = False) -> str:
    background = f' BGCOLOR="{colour}"' if colour else ""
    shown = _safe(text)
    if faint:
        shown = f'<FONT COLOR="#777777">{shown}</FONT>'
    return (
        f'<TR><TD ALIGN="LEFT"{background}><FONT COLOR="#555555">{_safe(key)}</FONT></TD>'
        f'<TD ALIGN="LEFT"{background}>{shown}</TD></TR>'
    )


def _safe(text: str) -> str:
    """Return text as the HTML-like labels of DOT want it."""
    return escape(plain(text))


def _quoted(text: object) -> str:
    """Return a quoted string of DOT, in which backslashes and ampersands would begin escapes."""
    return '"' + str(text).replace("\\", "\\\\").replace('"', '\\"').replace("&", "&amp;") + '"'


def _edge_attributes(edge: PictureEdge) -> str:
    return "" if edge.local is None else f' [label="{number(edge.local)}"]'
