"""`grader check`: judge task files and say what is wrong with them."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Generator, Iterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from grader.cli.running import Job, run_jobs, worthwhile_judges
from grader.cli.session import Session, Standing, open_session, work_option
from grader.cli.terminal import glyph, in_colour, paint
from grader.cli.verb import Verb, require_judge
from grader.progress import digest

if TYPE_CHECKING:
    from grader.report import ExerciseResult

__all__ = ["check_command", "judge", "say_feedback", "say_line"]

_COLOURS = {"pass": "green", "not_started": "bright_black", "infra": "yellow"}
_SIGNS = {"pass": "passed", "not_started": "waiting"}


@click.command(
    "check",
    cls=Verb,
    short_help="Check exercises and say what is wrong.",
    examples=(
        ("grader check sigmoid", "one exercise"),
        ("grader check ch04 mse", "a chapter and one more"),
        ("grader check --work DIR --json", "everything, for a program"),
    ),
)
@click.argument("exercises", metavar="[ID...]", nargs=-1)
@work_option
@click.option("--in-process", is_flag=True, help="Run your code inside the grader, without limits.")
@click.option(
    "--seed", type=click.IntRange(min=0), metavar="N", help="Draw other examples; same N, same examples."
)
@click.option("--jobs", type=click.IntRange(min=1), metavar="N", help="Judge N exercises side by side.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def check_command(
    exercises: tuple[str, ...],
    work: str | None,
    in_process: bool,
    seed: int | None,
    jobs: int | None,
    as_json: bool,
) -> int:
    """Check exercises and say what is wrong, on the smallest input that shows it.

    Without an ID: all of them. A chapter ("ch04") is checked whole. Your code runs in a process of its own, with
    limits and a deadline, unless --in-process is given.
    """
    from grader.report import to_json

    require_judge()
    session = open_session(work)
    standings = session.select(exercises)
    results = judge(session, standings, isolated=not in_process, seed=seed, parallel=jobs)
    if as_json:
        judged = list(results)
        click.echo(json.dumps(to_json(judged), indent=2))
    else:
        judged = _follow(results, len(standings))
        named = bool(exercises)
        for standing, result in zip(standings, judged, strict=True):
            if result.verdict != "pass" and (named or result.verdict != "not_started"):
                say_feedback(session, standing, result)
        _say_end(session, judged, named)
    session.say_notices()
    return 0 if all(result.verdict == "pass" for result in judged) else 1


def judge(
    session: Session,
    standings: Sequence[Standing],
    *,
    isolated: bool = True,
    seed: int | None = None,
    parallel: int | None = 1,
) -> Generator[ExerciseResult]:
    """Judge exercises as they are on disk now, remember each verdict as it comes, and yield the results in order.

    `parallel` judges work side by side; None for as many as are worth their start.
    """
    sources = [session.source(standing.exercise) for standing in standings]
    jobs = [
        Job(standing.id, standing.exercise.folder, source, isolated, seed, standing.exercise.points)
        for standing, source in zip(standings, sources, strict=True)
    ]
    with contextlib.closing(run_jobs(jobs, parallel or worthwhile_judges(len(jobs)))) as results:
        for standing, source, result in zip(standings, sources, results, strict=True):
            # What the grader itself got wrong says nothing about the student's file.
            if source is not None and result.verdict != "infra":
                session.progress.update(
                    standing.id,
                    verdict=result.verdict,
                    sha256=digest(source),
                    checked_at=datetime.now(UTC).isoformat(timespec="seconds"),
                )
            yield result


def _follow(results: Iterator[ExerciseResult], total: int) -> list[ExerciseResult]:
    """Print a line for each result as it comes, under a progress bar where there is a terminal for it."""
    judged = []
    if total == 1 or not in_colour():
        for result in results:
            say_line(result)
            judged.append(result)
        return judged
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    from grader.cli.terminal import console

    screen = console()
    columns = (TextColumn("checking"), BarColumn(bar_width=30), MofNCompleteColumn())
    with Progress(*columns, console=screen, transient=True, refresh_per_second=4) as bar:
        task = bar.add_task("", total=total)
        for result in results:
            say_line(result)
            judged.append(result)
            bar.advance(task)
    return judged


def say_line(result: ExerciseResult) -> None:
    """Print one line: sign, id, points, verdict."""
    sign = paint(glyph(_SIGNS.get(result.verdict, "failed")), _COLOURS.get(result.verdict, "red"))
    click.echo(f"{sign} {result.id}  {result.points:g}/{result.max_points:g}  {_in_words(result.verdict)}")


def say_feedback(session: Session, standing: Standing, result: ExerciseResult) -> None:
    """Print what the student should read about an exercise that has not passed."""
    click.echo(f"\n{paint(result.id, bold=True)}  {session.short_path(standing)}")
    click.echo(result.text())


def _in_words(verdict: str) -> str:
    return {"pass": "passed"}.get(verdict, verdict.replace("_", " "))


def _say_end(session: Session, judged: Sequence[ExerciseResult], named: bool) -> None:
    if len(judged) > 1:
        passed = sum(result.verdict == "pass" for result in judged)
        points = f"{sum(result.points for result in judged)}/{sum(result.max_points for result in judged)}"
        click.echo(f"\n{passed} of {len(judged)} passed, {points} points.")
    if not named or all(result.verdict == "pass" for result in judged):
        following = session.following(session.standings())
        if following is None:
            click.echo("All exercises passed.")
        else:
            click.echo(f"Next: {following.id}. `{session.command('show', following)}` says what is asked.")
