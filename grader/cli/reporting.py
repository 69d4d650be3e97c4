"""`grader report` and `grader export`: from results to what others read, and to where others grade."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from grader.cli.session import load_course
from grader.cli.verb import Misuse, Verb, write_examples
from grader.progress import reason, write_aside
from grader.reports import FORMATS, ResultsError, lessons_of, write_all
from grader.reports.export import DISTRIBUTION, classroom_files, gradescope_zip

__all__ = ["export_command", "report_command"]


@click.command(
    "report",
    cls=Verb,
    short_help="Make reports of a class's results.",
    examples=(
        ("grader report grades --out reports", "every format"),
        ("grader report grades/results.jsonl --out reports --format html", "the pages alone"),
    ),
)
@click.argument("results", metavar="RESULTS", type=click.Path(path_type=Path))
@click.option(
    "--out", "folder", metavar="DIR", required=True, type=click.Path(path_type=Path), help="Where they go."
)
@click.option(
    "--format",
    "formats",
    type=click.Choice(list(FORMATS)),
    multiple=True,
    help="Only this format; may be given several times.",
)
def report_command(results: Path, folder: Path, formats: tuple[str, ...]) -> int:
    """Make reports of what `grader grade` found: RESULTS is its results.jsonl, or the folder that holds it.

    grades.csv and checks.csv for a spreadsheet, class.html for you, a page for each student in students/, junit.xml,
    and a result for Gradescope and GitHub Classroom each. The same results always give the same files.
    """
    try:
        made = write_all(
            results, folder, formats=formats or tuple(FORMATS), lessons=lessons_of(load_course())
        )
    except ResultsError as error:
        raise Misuse(str(error)) from None
    except OSError as error:
        raise _unwritable(folder, error) from None
    for notice in made.notices:
        click.echo(f"grader: {notice}", err=True)
    count = len(made.submissions)
    click.echo(f"{count} {'submission' if count == 1 else 'submissions'} reported in {folder}.")
    if not formats or "html" in formats:
        click.echo(f"Next: open {folder / 'class.html'} in a browser.")
    return 0


class _Platforms(click.Group):
    """A verb with verbs of its own, whose help ends with examples as all do."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples."""
        super().format_epilog(ctx, formatter)
        examples = (
            ("grader export gradescope --out autograder.zip", "to be uploaded there"),
            ("grader export classroom --out my-template", "files for the template repository"),
        )
        write_examples(examples, formatter)

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        """Find the platform.

        Raises
        ------
        Misuse
            If there is none of that name.
        """
        if args and args[0] not in self.commands and not args[0].startswith("-"):
            raise Misuse(
                f"there is no export for {args[0]!r}; there are {' and '.join(sorted(self.commands))}."
            )
        return super().resolve_command(ctx, args)


@click.group("export", cls=_Platforms, short_help="Make what Gradescope or GitHub Classroom runs.")
def export_command() -> None:
    """Make what another platform needs in order to grade these exercises."""


@export_command.command(
    "gradescope",
    cls=Verb,
    short_help="The autograder zip.",
    examples=(("grader export gradescope --out autograder.zip", ""),),
)
@click.option(
    "--out",
    "target",
    metavar="ZIP",
    required=True,
    type=click.Path(path_type=Path),
    help="The file to write.",
)
@click.option(
    "--seed-file",
    metavar="FILE",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Put this secret seed into the archive.",
)
@click.option(
    "--unsafe-no-sandbox",
    is_flag=True,
    help="Grade even where no sandbox holds: submissions can then read the solutions.",
)
def gradescope_command(target: Path, seed_file: Path | None, unsafe_no_sandbox: bool) -> int:
    """Make the autograder zip for Gradescope: setup.sh, run_autograder and all sources.

    Its image is built with a network; grading needs none.
    """
    try:
        seed = None if seed_file is None else seed_file.read_bytes()
        content = gradescope_zip(_root(), seed=seed, unsafe_no_sandbox=unsafe_no_sandbox)
        target.parent.mkdir(parents=True, exist_ok=True)
        write_aside(target, content)
    except OSError as error:
        raise _unwritable(target, error) from None
    click.echo(f"{target} is written ({len(content) // 1024} KiB).")
    click.echo("Next: upload it under Configure Autograder, on an image with Python 3.11 or newer.")
    return 0


@export_command.command(
    "classroom",
    cls=Verb,
    short_help="The workflow of an assignment.",
    examples=(("grader export classroom --out my-template", ""),),
)
@click.option(
    "--out", "folder", metavar="DIR", required=True, type=click.Path(path_type=Path), help="The repository."
)
@click.option(
    "--install",
    metavar="REQUIREMENT",
    default=f"{DISTRIBUTION}[grader]",
    show_default=True,
    help="What pip installs the grader from.",
)
def classroom_command(folder: Path, install: str) -> int:
    """Write the workflow and autograding.json of a GitHub Classroom assignment into a template repository.

    It grades in the student's own repository, where nothing can be kept secret: for feedback, not for the final grade.
    """
    try:
        for name, content in classroom_files(load_course(), install).items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            write_aside(path, content)
            click.echo(f"{path} is written.")
    except OSError as error:
        raise _unwritable(folder, error) from None
    click.echo(f"Next: put the task files beside them (grader init {folder}) and push.")
    return 0


def _root() -> Path:
    """Return the folder of the exercises."""
    return load_course()[0].folder.parents[1]


def _unwritable(path: Path, error: OSError) -> Misuse:
    return Misuse(
        f"{error.filename or path} could not be written: {reason(error)}. Give another place with --out."
    )
