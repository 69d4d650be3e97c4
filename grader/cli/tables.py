"""Tables of exercises and chapters, with the columns that the terminal has room for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from grader.cli.session import Standing
from grader.cli.terminal import COLOURS, console, glyph, label, paint, width
from grader.progress import State

if TYPE_CHECKING:
    from rich.text import Text

__all__ = ["bar", "earned", "print_chapters", "print_exercises", "totals"]

# The columns that are dropped below a width, the most easily spared first.
_ROOM = {"progress": 70, "title": 70, "points": 50}
_BETWEEN = 3
_CHAPTER_BAR = 10
_LONGEST_BAR = 30

_Row = Mapping[str, "Text"]


def print_exercises(standings: Sequence[Standing]) -> None:
    """Print every exercise: with its whole id where there is room, else below its chapter."""
    whole = width() >= _needed(standings)
    rows: list[_Row] = []
    for chapter, members in groupby(standings, key=lambda standing: standing.chapter):
        if not whole:
            rows.append({"exercise": _text(chapter, "bold")})
        for standing in members:
            name = standing.id if whole else f"  {standing.name}"
            rows.append({"title": _text(standing.exercise.title), **_exercise("exercise", name, standing)})
    _print(["exercise", "title", "points", "state"], rows)


def print_chapters(standings: Sequence[Standing], following: Standing | None) -> None:
    """Print how far each chapter is, and the exercises of the one that holds the next exercise."""
    rows: list[_Row] = []
    for chapter, members in groupby(standings, key=lambda standing: standing.chapter):
        group = list(members)
        current = following is not None and following.chapter == chapter
        rows.append(
            {
                "chapter": _text(chapter, "bold" if current else ""),
                "progress": _text(bar(group, _CHAPTER_BAR), "green"),
                "points": _text(earned(group)),
                "state": _text(f"{sum(standing.passed for standing in group)} of {len(group)}"),
            }
        )
        for standing in group if current else ():
            sign = glyph("next") if standing is following else " "
            rows.append(_exercise("chapter", f"{sign} {standing.name}", standing))
    _print(["chapter", "progress", "points", "state"], rows)


def totals(standings: Sequence[Standing]) -> str:
    """Return how many exercises passed and the points they earned, after a bar; two lines on a narrow terminal."""
    passed = sum(standing.passed for standing in standings)
    long_bar = paint(bar(standings, min(_LONGEST_BAR, width() - 2)), "green")
    line = f"{passed} of {len(standings)} exercises passed, {earned(standings)} points."
    return f"{long_bar}{' ' if width() >= _ROOM['title'] else chr(10)}{line}"


def bar(standings: Sequence[Standing], cells: int) -> str:
    """Return a bar of `cells` signs, full as far as exercises have passed."""
    passed = sum(standing.passed for standing in standings)
    full = cells * passed // max(1, len(standings))
    return glyph("full") * full + glyph("empty") * (cells - full)


def earned(standings: Sequence[Standing]) -> str:
    """Return the points earned, of those there are, as "3/7"."""
    points = sum(standing.exercise.points for standing in standings if standing.passed)
    return f"{points}/{sum(standing.exercise.points for standing in standings)}"


def _exercise(column: str, name: str, standing: Standing) -> dict[str, Text]:
    return {
        column: _text(name),
        "points": _text(str(standing.exercise.points)),
        "state": _text(label(standing.state), COLOURS[standing.state]),
    }


def _needed(standings: Sequence[Standing]) -> int:
    """Return the columns that whole ids and titles need side by side."""
    names = max(len(standing.id) for standing in standings)
    titles = max(len(standing.exercise.title) for standing in standings)
    return names + titles + len("points") + max(len(label(state)) for state in State) + 3 * _BETWEEN


def _print(columns: Sequence[str], rows: Sequence[_Row]) -> None:
    from rich import box
    from rich.table import Table

    shown = [name for name in columns if width() >= _ROOM.get(name, 0)]
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1), show_edge=False)
    for name in shown:
        table.add_column(
            name,
            justify="right" if name == "points" else "left",
            no_wrap=name not in ("title", "state"),
            overflow="fold",
        )
    for row in rows:
        table.add_row(*[row.get(name, "") for name in shown])
    console().print(table)


def _text(text: str, style: str = "") -> Text:
    from rich.text import Text

    return Text(text, style=style)
