"""Reading about one exercise: `show`, `hint`, `solution`."""

from __future__ import annotations

import json

import click

from grader.cli import statement
from grader.cli.session import Session, Standing, open_session, work_option
from grader.cli.terminal import COLOURS, label, paint, width
from grader.cli.verb import Misuse, Verb
from grader.progress import State

__all__ = ["hint_command", "print_hint", "show_command", "solution_command"]


@click.command(
    "show",
    cls=Verb,
    short_help="Show what an exercise asks.",
    examples=(("grader show sigmoid", ""), ("grader show", "the next exercise")),
)
@click.argument("exercise", metavar="[ID]", required=False)
@work_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def show_command(exercise: str | None, work: str | None, as_json: bool) -> int:
    """Show what an exercise asks, the file to edit, and how it stands.

    Without an ID: the next one.
    """
    session = open_session(work)
    standing = session.find_or_next(exercise)
    if as_json:
        click.echo(
            json.dumps(
                {
                    "id": standing.id,
                    "title": standing.exercise.title,
                    "state": standing.state.value,
                    "max_points": standing.exercise.points,
                    "task": str(session.work.task(standing.id)),
                    "after": list(standing.exercise.after),
                    "statement": standing.exercise.statement,
                    "hints": len(standing.exercise.hints),
                    "hints_read": session.progress.record(standing.id).hints,
                },
                indent=2,
            )
        )
    else:
        click.echo(f"{paint(standing.id, bold=True)}  ({_in_words(standing.exercise.points)})")
        click.echo(f"state: {paint(label(standing.state), COLOURS[standing.state])}")
        click.echo(f"edit:  {session.short_path(standing)}\n")
        click.echo(statement.render(standing.exercise.statement, width()))
        click.echo(f"\nThen: `{session.command('check', standing)}`")
    session.say_notices()
    return 0


def _in_words(points: int) -> str:
    return "1 point" if points == 1 else f"{points} points"


@click.command(
    "hint",
    cls=Verb,
    short_help="Give the next hint of an exercise.",
    examples=(("grader hint sigmoid", "one more"), ("grader hint sigmoid --level 1", "the first again")),
)
@click.argument("exercise", metavar="[ID]", required=False)
@work_option
@click.option("--level", type=click.IntRange(min=1), metavar="N", help="Show hint number N and no other.")
@click.option("--all", "every", is_flag=True, help="Show all hints.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def hint_command(
    exercise: str | None, work: str | None, level: int | None, every: bool, as_json: bool
) -> int:
    """Give the next hint of an exercise: one more each time, from a nudge to almost the code.

    Without an ID: of the exercise that is next.
    """
    session = open_session(work)
    standing = session.find_or_next(exercise)
    hints = standing.exercise.hints
    if level is not None and level > len(hints):
        raise Misuse(f"{standing.id} has {len(hints)} hints; there is no hint {level}.")
    shown = list(range(1, len(hints) + 1)) if every else [level or _take_hint(session, standing)]
    if every:
        session.progress.update(standing.id, hints=len(hints))
    if as_json:
        levels = [{"level": number, "text": hints[number - 1]} for number in shown]
        click.echo(json.dumps({"id": standing.id, "hints": levels, "of": len(hints)}, indent=2))
    else:
        for number in shown:
            _say_hint(session, standing, number)
    session.say_notices()
    return 0


def print_hint(session: Session, standing: Standing) -> None:
    """Print the next hint of an exercise and remember that it was read."""
    _say_hint(session, standing, _take_hint(session, standing))


def _take_hint(session: Session, standing: Standing) -> int:
    """Return the number of the next hint and remember it; the last one is given again and again."""
    number = min(session.progress.record(standing.id).hints + 1, len(standing.exercise.hints))
    session.progress.update(standing.id, hints=number)
    return number


def _say_hint(session: Session, standing: Standing, number: int) -> None:
    hints = standing.exercise.hints
    click.echo(paint(f"{standing.id}, hint {number} of {len(hints)}", bold=True))
    click.echo(statement.render(hints[number - 1], width()))
    if number == len(hints):
        click.echo(f"That is the last hint. `{session.command('show', standing)}` has the whole statement.")


@click.command(
    "solution",
    cls=Verb,
    short_help="Show the solution of an exercise that has passed.",
    examples=(("grader solution sigmoid", ""), ("grader solution sigmoid --force", "")),
)
@click.argument("exercise", metavar="ID")
@work_option
@click.option("--force", is_flag=True, help="Show it although the exercise has not passed.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def solution_command(exercise: str, work: str | None, force: bool, as_json: bool) -> int:
    """Show the solution of an exercise that has passed."""
    session = open_session(work)
    standing = session.find(exercise)
    if not force and standing.state is not State.PASSED:
        why = "has changed since it passed" if standing.state is State.CHANGED else "has not passed yet"
        check, hint = session.command("check", standing), session.command("hint", standing)
        raise Misuse(f"{standing.id} {why}. Run `{check}`, take a `{hint}`, or add --force.")
    source = standing.exercise.solution
    if as_json:
        click.echo(json.dumps({"id": standing.id, "solution": source}, indent=2))
    else:
        click.echo(source.rstrip("\n"))
    session.say_notices()
    return 0
