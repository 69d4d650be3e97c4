r"""Notebooks: the cells that define an exercise's names, as one source.

A notebook is JSON, which is read here; the Python in it is not parsed, only its left margin is looked at. For an
exercise are taken, in their order:

* whole, each code cell that defines one of its names, or defines functions or classes that are nobody's (helpers);
* of every other code cell, lines at the left margin that import or give a name a plain number, text, True, False or
  None.

Lines for the notebook alone (``%matplotlib``, ``!pip``, ``sigmoid?``) are dropped. A heading or a first comment that
names an exercise ("## ex01_sigmoid") says that the cells from there on belong to it; what stands before the first
such mark belongs to all. That tells apart exercises that ask for the same name.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from grader.intake.limits import IntakeError

_DEFINES: Final = re.compile(
    r"^(?:(?:async[ \t]+)?def[ \t]+(?P<function>\w+)|class[ \t]+(?P<class>\w+)"
    r"|(?P<value>\w+)[ \t]*(?::[^=\n]*)?=(?!=))",
    re.MULTILINE,
)
_IMPORT: Final = re.compile(r"(?:import|from)[ \t]+(?P<module>[\w.]+)")
_CONSTANT: Final = re.compile(
    r"""\w+[ \t]*=[ \t]*(?:[-+]?[\d.][\w.+-]*|True|False|None|'[^'\\]*'|"[^"\\]*")[ \t]*(?:\#.*)?$"""
)
# A percent sign after blanks may well be Python.
_MAGIC: Final = re.compile(r"[%?]|[ \t]*!|[\w.]+\?{1,2}[ \t]*$")
# What changes nothing in the cell below it.
_HARMLESS_CELL_MAGIC: Final = re.compile(r"%%(?:time|timeit|capture|prun|memit)\b")
_MARK: Final = re.compile(r"^\s*#+[ \t]*(.*)$", re.MULTILINE)
_MOST_CELLS: Final = 2000


@dataclass(frozen=True, slots=True)
class Cell:
    """A code cell.

    Attributes
    ----------
    number
        Its place in the notebook, from 1 on.
    text
        Its code without magics.
    owner
        The exercise that it stands under, None if it belongs to all.
    defines
        The names that are given a meaning at the left margin.
    helps
        Whether a function or a class is among them.
    """

    number: int
    text: str
    owner: str | None
    defines: frozenset[str]
    helps: bool

    @classmethod
    def of(cls, number: int, text: str, owner: str | None) -> Cell:
        """Return the cell, looked through once."""
        found = list(_DEFINES.finditer(text))
        names = frozenset(name for match in found for name in match.groups() if name is not None)
        return cls(number, text, owner, names, any(match["value"] is None for match in found))


@dataclass(frozen=True, slots=True)
class Notebook:
    """The code of a notebook."""

    cells: tuple[Cell, ...]
    dropped: int

    def source(
        self,
        exercise: str,
        names: Collection[str],
        others: Collection[str],
        granted: Callable[[str], bool] = lambda module: True,  # noqa: ARG005  # the shape of every rule
    ) -> bytes | None:
        """Return the code that belongs to an exercise, None if the notebook defines none of its names.

        Parameters
        ----------
        exercise
            Its id.
        names
            What it asks for.
        others
            What all other exercises ask for; cells that define these are theirs.
        granted
            Says whether a module may be imported. Imports in cells of their own that may not are left out: most
            notebooks draw something, and no answer needs it.
        """
        cells = [cell for cell in self.cells if cell.owner in (None, exercise)]
        if not any(cell.defines & set(names) for cell in cells):
            return None
        parts = []
        for cell in cells:
            whole = cell.defines & set(names) or (cell.helps and not cell.defines & set(others))
            text = cell.text if whole else "\n".join(_quiet_lines(cell.text, granted))
            if text.strip():
                parts.append(f"# cell {cell.number}\n{text.rstrip()}\n")
        return "\n".join(parts).encode("utf-8", "surrogatepass")


def read_notebook(data: bytes, whose: Callable[[str], str | None]) -> Notebook:
    r"""Read the code cells of a notebook (nbformat 4).

    Parameters
    ----------
    data
        The file.
    whose
        Returns the id of the exercise that a heading or comment names, None if it names none.

    Raises
    ------
    IntakeError
        If it is no notebook.

    Examples
    --------
    >>> cell = {"cell_type": "code", "source": ["%pylab", chr(10), "def f(x):", chr(10), "    return x"]}
    >>> notebook = read_notebook(json.dumps({"cells": [cell]}).encode(), lambda words: None)
    >>> notebook.source("ex", ["f"], []).decode()
    '# cell 1\ndef f(x):\n    return x\n'
    """
    try:
        tree = json.loads(data)
    except (ValueError, RecursionError, MemoryError) as error:
        raise IntakeError("it does not hold JSON, as a notebook does") from error
    cells = tree.get("cells") if isinstance(tree, Mapping) else None
    if not isinstance(cells, list):
        raise IntakeError("it has no cells; save it in the current format (nbformat 4)")
    if len(cells) > _MOST_CELLS:
        raise IntakeError(f"it has more than {_MOST_CELLS} cells")
    found, dropped, owner = [], 0, None
    for number, kind, text in _cells(cells):
        owner = next(filter(None, map(whose, _marks(kind, text))), owner)
        if kind == "code":
            kept = _without_magics(text)
            dropped += text.count("\n") - kept.count("\n")
            found.append(Cell.of(number, kept, owner))
    return Notebook(tuple(found), dropped)


def _cells(cells: Sequence[Any]) -> Iterator[tuple[int, str, str]]:
    for number, cell in enumerate(cells, 1):
        if not isinstance(cell, Mapping):
            continue
        source = cell.get("source", "")
        if isinstance(source, list):
            source = "".join(part for part in source if isinstance(part, str))
        if isinstance(source, str):
            yield number, str(cell.get("cell_type")), source.replace("\r\n", "\n")


def _marks(kind: str, text: str) -> Iterator[str]:
    """Yield what may name an exercise: the headings of a text cell, the first line of code if it is a comment."""
    if kind == "markdown":
        yield from (match[1] for match in _MARK.finditer(text))
    elif kind == "code" and (match := _MARK.match(text.partition("\n")[0])):
        yield match[1]


def _without_magics(text: str) -> str:
    first, _, rest = text.lstrip().partition("\n")
    if first.startswith("%%"):
        return _without_magics(rest) if _HARMLESS_CELL_MAGIC.match(first) else ""
    return "\n".join(line for line in text.split("\n") if not _MAGIC.match(line))


def _quiet_lines(text: str, granted: Callable[[str], bool]) -> Iterator[str]:
    """Yield the lines of a cell that only import, or give a name a plain value."""
    lines = iter(text.split("\n"))
    for line in lines:
        if match := _IMPORT.match(line):
            while "(" in line and ")" not in line and (more := next(lines, None)) is not None:
                line += f"\n{more}"
            if granted(match["module"]):
                yield line
        elif _CONSTANT.match(line):
            yield line
