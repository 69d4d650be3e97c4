"""Making and mending the student's files: `init` and `reset`."""

from __future__ import annotations

from pathlib import Path

import click

from grader.cli.session import Session, Standing, load_course, open_session, work_option
from grader.cli.verb import Verb
from grader.workdir import init_work

__all__ = ["init_command", "reset_command", "reset_task"]


@click.command(
    "init",
    cls=Verb,
    short_help="Make a directory to work in.",
    examples=(("grader init my-work", ""), ("grader init .", "")),
)
@click.argument("directory", metavar="DIR")
def init_command(directory: str) -> int:
    """Make a directory to work in: one task.py per exercise, a README, a .gitignore.

    A file that exists is never overwritten; run it again to add only what is missing.
    """
    course = load_course()
    folder = Path(directory)
    done = init_work(folder, {exercise.id: exercise.stub.encode() for exercise in course})
    if done.written:
        files = "task file" if len(done.written) == 1 else "task files"
        click.echo(f"{len(done.written)} {files} written in {folder}.")
    if done.kept:
        click.echo(f"{len(done.kept)} were there and are as they were.")
    click.echo("Next: " + ("grader" if folder.resolve() == Path.cwd() else f"cd {directory}, then grader"))
    return 0


@click.command(
    "reset",
    cls=Verb,
    short_help="Start an exercise again; your answer is kept.",
    examples=(("grader reset sigmoid", ""),),
)
@click.argument("exercise", metavar="ID")
@work_option
def reset_command(exercise: str, work: str | None) -> int:
    """Put an exercise back to its untouched form; your answer is kept in .backup/."""
    session = open_session(work)
    reset_task(session, session.find(exercise))
    session.say_notices()
    return 0


def reset_task(session: Session, standing: Standing) -> None:
    """Reset one task and say where the answer is; its verdict belonged to the answer and does not count any more."""
    kept = session.work.reset(standing.id, standing.exercise.stub.encode())
    path = session.short_path(standing)
    if kept is None:
        click.echo(f"{path} is untouched; there was no answer to keep.")
    else:
        click.echo(f"{path} is as it was at the start. Your answer is kept in {kept}.")
