"""Where the student stands: the overview without a verb, and `grader list`."""

from __future__ import annotations

import json
from itertools import groupby
from typing import TYPE_CHECKING, Any

import click

from grader.cli.session import Session, Standing, open_session, work_option
from grader.cli.terminal import COLOURS, console, glyph, label, paint, width
from grader.cli.verb import Verb
from grader.progress import State

if TYPE_CHECKING:
    from rich.table import Table

__all__ = ["list_command", "print_table", "show_overview"]

# Below these widths a table drops what can be spared.
_WITH_TITLES = 70
_WITH_WHOLE_IDS = 100
_LONGEST_BAR = 30


def show_overview(work: str | None) -> int:
    """Print the chapters with their progress, the current chapter's exercises, and what to do next."""
    session = open_session(work)
    standings = session.standings()
    following = session.following(standings)
    console().print(_chapters(standings, following))
    _say_totals(standings)
    _say_next(session, standings, following)
    session.say_notices()
    return 0


@click.command(
    "list",
    cls=Verb,
    short_help="List the exercises and how each stands.",
    examples=(("grader list", ""), ("grader list --json", "")),
)
@work_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def list_command(work: str | None, as_json: bool) -> int:
    """List the exercises: id, title, points, and how each stands."""
    session = open_session(work)
    standings = session.standings()
    if as_json:
        click.echo(json.dumps(_as_json(session, standings), indent=2))
    else:
        print_table(standings)
        _say_totals(standings)
    session.say_notices()
    return 0


def print_table(standings: list[Standing]) -> None:
    """Print every exercise, in as many columns as the terminal has room for."""
    columns = width()
    table = _table()
    table.add_column("exercise", no_wrap=True)
    if columns >= _WITH_TITLES:
        table.add_column("title", ratio=1)
    table.add_column("points", justify="right", no_wrap=True)
    table.add_column("state", no_wrap=columns >= _WITH_TITLES)
    for chapter, group in groupby(standings, key=lambda standing: standing.chapter):
        if columns < _WITH_WHOLE_IDS:
            table.add_row(_text(chapter, "bold"))
        for standing in group:
            _add_exercise(table, standing, columns)
    console().print(table)


def _add_exercise(table: Table, standing: Standing, columns: int) -> None:
    whole = columns >= _WITH_WHOLE_IDS
    cells = [standing.id if whole else f"  {standing.name}"]
    if columns >= _WITH_TITLES:
        cells.append(standing.exercise.title)
    table.add_row(*cells, f"{standing.exercise.points:g}", _state(standing.state))


def _chapters(standings: list[Standing], following: Standing | None) -> Table:
    columns = width()
    table = _table()
    table.add_column("chapter", no_wrap=True)
    if columns >= _WITH_TITLES:
        table.add_column("progress", no_wrap=True)
    table.add_column("points", justify="right", no_wrap=True)
    table.add_column("state")
    for chapter, members in groupby(standings, key=lambda standing: standing.chapter):
        group = list(members)
        current = following is not None and following.chapter == chapter
        cells: list[Any] = [_text(chapter, "bold" if current else "")]
        if columns >= _WITH_TITLES:
            cells.append(_text(_bar(group, 10), "green"))
        passed = sum(standing.passed for standing in group)
        table.add_row(*cells, _points(group), f"{passed} of {len(group)}")
        for standing in group if current else ():
            sign = glyph("next") if standing is following else " "
            row: list[Any] = [f"{sign} {standing.name}"]
            if columns >= _WITH_TITLES:
                row.append("")
            table.add_row(*row, f"{standing.exercise.points:g}", _state(standing.state))
    return table


def _table() -> Table:
    from rich import box
    from rich.table import Table

    return Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1), show_edge=False)


def _text(text: str, style: str) -> Any:
    from rich.text import Text

    return Text(text, style=style)


def _state(state: State) -> Any:
    return _text(label(state), COLOURS[state])


def _bar(standings: list[Standing], cells: int) -> str:
    passed = sum(standing.passed for standing in standings)
    full = cells * passed // max(1, len(standings))
    return glyph("full") * full + glyph("empty") * (cells - full)


def _points(standings: list[Standing]) -> str:
    earned = sum(standing.exercise.points for standing in standings if standing.passed)
    return f"{earned:g}/{sum(standing.exercise.points for standing in standings):g}"


def _say_totals(standings: list[Standing]) -> None:
    passed = sum(standing.passed for standing in standings)
    bar = paint(_bar(standings, min(_LONGEST_BAR, width() - 2)), "green")
    line = f"{passed} of {len(standings)} exercises passed, {_points(standings)} points."
    click.echo(f"\n{bar}" + (" " if width() >= _WITH_TITLES else "\n") + line)
    changed = [standing for standing in standings if standing.state is State.CHANGED]
    if changed:
        click.echo(
            f"{len(changed)} changed since they passed and count again once `grader check` has seen them."
            if len(changed) > 1
            else f"{changed[0].name} changed since it passed and counts again once `grader check` has seen it."
        )


def _say_next(session: Session, standings: list[Standing], following: Standing | None) -> None:
    if following is None:
        click.echo(f"\nAll {len(standings)} exercises passed.")
        return
    click.echo(f"\nNext: {paint(following.id, bold=True)}, {following.exercise.title}")
    name = session.handle(following)
    commands = {
        f"grader show {name}": "what is asked",
        f"edit {session.short_path(following)}": "where you write",
        f"grader check {name}": "whether it is right",
        f"grader hint {name}": "when you are stuck",
    }
    longest = max(map(len, commands))
    for command, purpose in commands.items():
        explained = f"  {command:<{longest}}  {purpose}"
        click.echo(explained if len(explained) <= width() else f"  {command}")


def _as_json(session: Session, standings: list[Standing]) -> dict[str, Any]:
    return {
        "work": str(session.work.root),
        "exercises": [
            {
                "id": standing.id,
                "title": standing.exercise.title,
                "state": standing.state.value,
                "points": standing.exercise.points if standing.passed else 0,
                "max_points": standing.exercise.points,
                "task": str(session.work.task(standing.id)),
            }
            for standing in standings
        ],
        "points": sum(standing.exercise.points for standing in standings if standing.passed),
        "max_points": sum(standing.exercise.points for standing in standings),
    }
