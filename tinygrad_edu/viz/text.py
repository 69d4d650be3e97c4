"""The picture as lines of text: one node a line, as a program would compute them."""

from __future__ import annotations

from .picture import GraphPicture, PictureNode

__all__ = ["label_of", "plain", "render_text"]

# Wider cells are left ragged, so that one long line does not push all others apart.
_WIDEST = 44


def render_text(picture: GraphPicture) -> str:
    """Return one line for each node: its name, how it was computed, type, value, gradient, and what is wrong.

    Nodes without a name are called ``#`` and their number in the list.
    """
    labels = [label_of(picture, i) for i in range(len(picture.nodes))]
    inputs: list[list[str]] = [[] for _ in picture.nodes]
    for edge in picture.edges:
        inputs[edge.target].append(labels[edge.source])
    rows = [
        (label, _made(node, args), _kind(node), _value(node), _gradient(node, picture.remark))
        for label, node, args in zip(labels, picture.nodes, inputs, strict=True)
    ]
    widths = [max([len(row[c]) for row in rows if len(row[c]) <= _WIDEST], default=0) for c in range(5)]
    lines = [_heading(picture, labels)]
    for row, node in zip(rows, picture.nodes, strict=True):
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True) if width or cell]
        line = "  " + "  ".join(cells)
        if node.details:
            line = f"{line.rstrip()}  [{', '.join(f'{key} {text}' for key, text in node.details)}]"
        if node.notes:
            line += f"  <-- {'; '.join(note.text for note in node.notes)}"
        lines.append(line.rstrip())
    return "\n".join(lines)


def label_of(picture: GraphPicture, index: int) -> str:
    """Return how a node is referred to: its name, or its number where it has none."""
    return plain(picture.nodes[index].name) or f"#{index}"


def plain(text: str, longest: int = 60) -> str:
    r"""Return text without line breaks and other unprintable characters, cut if it is long.

    >>> plain("two\nlines")
    'two\\nlines'
    """
    shown = "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)
    return shown if len(shown) <= longest else shown[: longest - 3] + "..."


def _heading(picture: GraphPicture, labels: list[str]) -> str:
    nodes, edges = len(picture.nodes), len(picture.edges)
    result = ", ".join(labels[i] for i in picture.results)
    remark = f"; {picture.remark}" if picture.remark else ""
    return f"{nodes:,} node{'s' * (nodes != 1)}, {edges:,} edge{'s' * (edges != 1)}; result: {result}{remark}"


def _made(node: PictureNode, args: list[str]) -> str:
    op = plain(node.op)
    if node.kind == "group":
        return f"[{op}]({', '.join(args)})"
    if node.kind == "more":
        return op
    if not op:
        return node.kind
    if op in _INFIX and len(args) == 2:
        return f"{args[0]} {op} {args[1]}"
    if op.startswith("**") and len(args) == 1:
        return f"{args[0]} ** {op[2:]}"
    return f"{op}({', '.join(args)})"


_INFIX = frozenset("+-*/") | {"**"}


def _kind(node: PictureNode) -> str:
    return "" if node.shape is None else f"{node.dtype} {node.shape}"


def _value(node: PictureNode) -> str:
    return "" if node.value is None else node.value.text


def _gradient(node: PictureNode, remark: str) -> str:
    if node.gradient is not None:
        return f"grad {node.gradient.text}"
    return f"grad {node.no_gradient}" if node.no_gradient and not remark else ""
