"""What every verb shares: examples at the end of its help page, misuse as a sentence."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from typing import Any

import click

__all__ = ["Misuse", "Verb", "require_judge", "write_examples"]


class Misuse(click.ClickException):
    """A mistake of the user, as a sentence; the exit status is 2."""

    exit_code = 2

    def show(self, file: Any = None) -> None:
        """Print the sentence on standard error."""
        click.echo(f"grader: {self.message}", file=file, err=file is None)


class Verb(click.Command):
    """A command whose help ends with examples.

    Parameters
    ----------
    examples
        Pairs of a command line and what it is for ("" where that is plain).
    """

    def __init__(self, *args: Any, examples: Sequence[tuple[str, str]] = (), **options: Any) -> None:
        super().__init__(*args, **options)
        self.examples = examples

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples."""
        super().format_epilog(ctx, formatter)
        write_examples(self.examples, formatter)


def write_examples(examples: Sequence[tuple[str, str]], formatter: click.HelpFormatter) -> None:
    """Write examples as a section of a help page."""
    if examples:
        with formatter.section("Examples"):
            formatter.write_dl(examples)


def require_judge() -> None:
    """Make sure that what judging needs is installed, before anything is judged.

    Raises
    ------
    Misuse
        If it is not.
    """
    for package in ("hypothesis", "msgpack"):
        if importlib.util.find_spec(package) is None:
            raise Misuse(f"the package {package} is not installed. Run: pip install 'tinygrad-edu[grader]'")
