"""A teacher's verbs: `release`, `new`, `dev check`, `similar`."""

from __future__ import annotations

from pathlib import Path

import click

from grader.cli.verb import Misuse, Verb, require_judge
from grader.exercise import Exercise, exercises_root, find_exercise, load_exercises

__all__ = ["dev_command", "new_command", "release_command", "similar_command"]

pack_option = click.option(
    "--exercises",
    "pack",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Exercises other than those that come along.",
)


def _load(pack: Path | None) -> list[Exercise]:
    if pack is not None and not pack.is_dir():
        raise Misuse(f"{pack} is no folder. Name the one that holds the chapters.")
    found = load_exercises(pack)
    if not found:
        raise Misuse(
            f"there are no exercises in {pack or exercises_root()}; one is a folder CHAPTER/NAME with a spec.py"
        )
    return found


@click.command(
    "release",
    cls=Verb,
    short_help="Make the pack that students get.",
    examples=(("grader release handout/", ""), ("grader release handout/ --exercises my-pack/", "")),
)
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@pack_option
def release_command(folder: Path, pack: Path | None) -> int:
    """Write stubs, statements, hints and visible checks into DIR: no solutions, no mutants, no hidden checks.

    Students check their work against it with GRADER_EXERCISES=DIR. Without mutants there is no diagnosis: what a
    mutant changes is a piece of the solution.
    """
    from grader.teaching.release import release

    require_judge()
    exercises = _load(pack)
    release(exercises, folder)
    click.echo(f"{len(exercises)} exercises for students are in {folder}.")
    click.echo(f"They work with:  GRADER_EXERCISES={folder} grader --work {folder} check")
    return 0


@click.command(
    "new",
    cls=Verb,
    short_help="Begin a new exercise.",
    examples=(
        ("grader new ch09_rnn/ex01_cell", ""),
        ("grader new ch01_mine/ex01_first --exercises my-pack/", ""),
    ),
)
@click.argument("name", metavar="CHAPTER/NAME")
@pack_option
def new_command(name: str, pack: Path | None) -> int:
    """Write a complete small exercise, solution, spec and stub, that passes the dev check; change it from there."""
    from grader.teaching.skeleton import write_skeleton

    root = exercises_root() if pack is None else pack
    if pack is None and root.name == "_exercises":
        raise Misuse(
            "the exercises are installed and not to be written to. Name a folder of your own: --exercises DIR"
        )
    folder = write_skeleton(root, name)
    click.echo(f"{folder} is there: solution.py, spec.py, task.py.")
    click.echo("Change the first two, then: grader dev check --write " + name.rpartition("/")[2])
    return 0


@click.group("dev", short_help="Examine exercises (for their authors).")
def dev_command() -> None:
    """Examine exercises, for their authors."""


@dev_command.command(
    "check",
    cls=Verb,
    short_help="Prove that every check bites.",
    examples=(
        ("grader dev check", ""),
        ("grader dev check sigmoid", ""),
        ("grader dev check --exercises my-pack/", ""),
    ),
)
@click.argument("names", metavar="[ID...]", nargs=-1)
@pack_option
@click.option("--write", is_flag=True, help="Make task.py anew from solution.py first.")
def check_command(names: tuple[str, ...], pack: Path | None, write: bool) -> int:
    """Solutions pass, stubs are not started, every mutant is caught and recognised, every check catches one."""
    from grader.dev import complaints

    require_judge()
    exercises = _load(pack)
    chosen = [find_exercise(name, exercises) for name in names] or exercises
    wrong = 0
    for exercise in chosen:
        if exercise.released:
            raise Misuse(f"{exercise.id} was made by `grader release`; the dev check needs the solution")
        if write:
            exercise.task_path.write_text(exercise.stub, encoding="utf-8", newline="\n")
        found = complaints(exercise)
        wrong += bool(found)
        click.echo(f"{exercise.id}: " + ("in order" if not found else ""))
        for complaint in found:
            click.echo("  - " + complaint.replace("\n", "\n    "))
    click.echo(f"{len(chosen) - wrong} of {len(chosen)} exercises are in order.")
    return 1 if wrong else 0


@click.command(
    "similar",
    cls=Verb,
    short_help="Lay submissions out for a plagiarism tool.",
    examples=(("grader similar submissions/ --out tree/", "then: jplag -l python3 -bc base/... tree/..."),),
)
@click.argument(
    "submissions", metavar="SUBMISSIONS...", nargs=-1, required=True, type=click.Path(path_type=Path)
)
@click.option("--out", metavar="DIR", required=True, type=click.Path(path_type=Path), help="A new folder.")
@pack_option
def similar_command(submissions: tuple[Path, ...], out: Path, pack: Path | None) -> int:
    """Write every source handed in as EXERCISE/student/task.py, with the stubs beside them as base code."""
    from grader.intake import IntakeError
    from grader.teaching.similar import export_similar

    try:
        count = export_similar(submissions, _load(pack), out)
    except IntakeError as error:
        raise Misuse(str(error)) from None
    click.echo(f"{count} sources are in {out}, the stubs in {out / 'base'}.")
    return 0
