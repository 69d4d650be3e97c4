"""Where the student stands: the overview without a verb, and `grader list`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import click

from grader.cli.session import Session, Standing, open_session, work_option
from grader.cli.tables import print_chapters, print_exercises, totals
from grader.cli.terminal import paint, width
from grader.cli.verb import Verb
from grader.progress import State

__all__ = ["list_command", "show_overview"]


def show_overview(work: str | None) -> int:
    """Print the chapters with their progress, the current chapter's exercises, and what to do next."""
    session = open_session(work)
    standings = session.standings()
    following = session.following(standings)
    print_chapters(standings, following)
    _say_totals(standings)
    if following is None:
        click.echo("\nThere is nothing left to do.")
    else:
        _say_next(session, following)
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
        print_exercises(standings)
        _say_totals(standings)
    session.say_notices()
    return 0


def _say_totals(standings: Sequence[Standing]) -> None:
    click.echo(f"\n{totals(standings)}")
    changed = sum(standing.state is State.CHANGED for standing in standings)
    if changed:
        plural = changed > 1
        click.echo(
            f"{changed} changed since {'they' if plural else 'it'} passed; "
            f"`grader check` finds out whether {'they still do' if plural else 'it still does'}."
        )


def _say_next(session: Session, following: Standing) -> None:
    click.echo(f"\nNext: {paint(following.id, bold=True)}, {following.exercise.title}")
    if following.state is State.MISSING:
        write = (session.command("reset", following), "to get its task file")
    else:
        write = (f"edit {session.short_path(following)}", "where you write")
    commands = [
        (session.command("show", following), "what is asked"),
        write,
        (session.command("check", following), "whether it is right"),
        (session.command("hint", following), "when you are stuck"),
    ]
    longest = max(len(command) for command, _ in commands)
    for command, purpose in commands:
        explained = f"  {command:<{longest}}  {purpose}"
        click.echo(explained if len(explained) <= width() else f"  {command}")


def _as_json(session: Session, standings: Sequence[Standing]) -> dict[str, Any]:
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
