"""An exercise's statement on the terminal: prose wrapped to the width, formulas and examples as they are."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator

from grader.cli.terminal import paint

__all__ = ["render"]

_WIDEST = 100
_ITEM = re.compile(r"(?:[-*]|\d+\.) +")


def render(statement: str, columns: int) -> str:
    r"""Render a statement for a terminal of `columns` columns.

    Headings are lines underlined with dashes; indented blocks and doctest examples are kept line by line, the
    items of a list are wrapped one by one.

    >>> print(render("Sum of things.\n\nAdd the two\nnumbers:\n\n    a + b\n", 40))
    Sum of things.
    <BLANKLINE>
    Add the two numbers:
    <BLANKLINE>
        a + b
    >>> print(render("1.  Add the first\n    number.\n2.  Stop.", 24))
    1.  Add the first
        number.
    2.  Stop.
    """
    columns = max(20, min(columns, _WIDEST))
    return "\n\n".join("\n".join(_block(block, columns)) for block in _blocks(statement))


def _blocks(statement: str) -> Iterator[list[str]]:
    for block in re.split(r"\n[ \t]*\n", statement.strip("\n")):
        lines = [line.rstrip() for line in block.split("\n")]
        if len(lines) > 1 and _is_underline(lines[1]):
            yield lines[:2]
            lines = lines[2:]
        if lines:
            yield lines


def _is_underline(line: str) -> bool:
    return len(line) >= 3 and (set(line) <= {"-"} or set(line) <= {"="})


def _block(lines: list[str], columns: int) -> list[str]:
    if len(lines) == 2 and _is_underline(lines[1]):
        return [paint(lines[0], bold=True)]
    if lines[0].startswith(">>>"):
        return [paint(f"    {line}", "cyan") for line in lines]
    if lines[0].startswith(" "):
        return [paint(line, "cyan") for line in lines]
    if _ITEM.match(lines[0]):
        return [part for item in _items(lines) for part in _wrap(item, columns, _hang(item))]
    prose = []
    while lines and not lines[0].startswith((" ", ">>>")):
        prose.append(lines.pop(0))
    wrapped = _wrap(" ".join(prose), columns, "")
    return [*wrapped, *(_block(lines, columns) if lines else [])]


def _items(lines: list[str]) -> Iterator[str]:
    """Join each item of a list with the lines below it, indented or not, that continue it."""
    item = ""
    for line in lines:
        if _ITEM.match(line) and item:
            yield item
            item = line
        else:
            item = f"{item} {line.strip()}".strip()
    yield item


def _hang(item: str) -> str:
    marker = _ITEM.match(item)
    return " " * len(marker[0]) if marker else ""


def _wrap(text: str, columns: int, hang: str) -> list[str]:
    return textwrap.wrap(
        text, columns, subsequent_indent=hang, break_long_words=False, break_on_hyphens=False
    )
