"""An exercise's statement on the terminal: prose wrapped to the width, formulas and examples as they are."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator

from grader.cli.terminal import paint

__all__ = ["render"]

_WIDEST = 100


def render(statement: str, columns: int) -> str:
    r"""Render a statement for a terminal of `columns` columns.

    Headings are lines underlined with dashes; indented blocks and doctest examples are kept line by line.

    >>> print(render("Sum of things.\n\nAdd the two\nnumbers:\n\n    a + b\n\n>>> 1 + 1\n2\n", 40))
    Sum of things.
    <BLANKLINE>
    Add the two numbers:
    <BLANKLINE>
        a + b
    <BLANKLINE>
        >>> 1 + 1
        2
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
    prose = []
    while lines and not lines[0].startswith((" ", ">>>")):
        prose.append(lines.pop(0))
    if re.match(r"([-*]|\d+\.) ", prose[0]):
        wrapped = [part for item in _items(prose) for part in _wrap(item, columns, "  ")]
    else:
        wrapped = _wrap(" ".join(prose), columns, "")
    return [*wrapped, *(_block(lines, columns) if lines else [])]


def _items(lines: list[str]) -> Iterator[str]:
    item = ""
    for line in lines:
        if re.match(r"([-*]|\d+\.) ", line) and item:
            yield item
            item = line
        else:
            item = f"{item} {line}".strip()
    yield item


def _wrap(text: str, columns: int, hang: str) -> list[str]:
    return textwrap.wrap(
        text, columns, subsequent_indent=hang, break_long_words=False, break_on_hyphens=False
    )
