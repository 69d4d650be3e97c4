"""The command `grader`: its verbs, imported only when used, and its exit statuses.

0    every exercise that was asked for passed, or the verb did what it says
1    an exercise failed or is not started
2    misuse: the sentence on standard error says what was expected
130  interrupted
"""

from __future__ import annotations

import importlib
import sys
from typing import Any

import click

from grader.cli.terminal import prepare_streams
from grader.cli.verb import Misuse, write_examples
from grader.exercise import ExerciseError
from grader.workdir import WorkError

__all__ = ["grader"]

# The order is that of the help page.
_VERBS = {
    "list": "overview",
    "show": "study",
    "check": "checking",
    "watch": "watching",
    "hint": "study",
    "solution": "study",
    "reset": "files",
    "init": "files",
    "report": "reporting",
    "export": "reporting",
    "doctor": "doctor",
    "grade": "grade",
    "release": "teaching",
    "new": "teaching",
    "dev": "teaching",
    "similar": "teaching",
}


_EXAMPLES = (
    ("grader", "where you stand, and what is next"),
    ("grader show sigmoid", "what is asked"),
    ("grader check sigmoid", "check one exercise"),
    ("grader check", "check them all"),
    ("grader watch", "check each file as you save it"),
    ("grader init my-work", "a directory of your own to work in"),
)


class _Verbs(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(_VERBS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        if name not in _VERBS:
            return None
        module = importlib.import_module(f"grader.cli.{_VERBS[name]}")
        command: click.Command = getattr(module, f"{name}_command")
        return command

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        super().format_epilog(ctx, formatter)
        write_examples(_EXAMPLES, formatter)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError:
            raise Misuse(_unknown_verb(args[0])) from None

    def main(self, *args: Any, **options: Any) -> Any:
        """Run, and turn whatever a user can cause into a sentence and an exit status."""
        options["standalone_mode"] = False
        prepare_streams()
        try:
            sys.exit(super().main(*args, **options) or 0)
        except click.exceptions.Exit as stop:
            sys.exit(stop.exit_code)
        except (click.Abort, KeyboardInterrupt):
            click.echo("\ngrader: stopped. What was checked before is remembered.", err=True)
            sys.exit(130)
        except (ExerciseError, WorkError) as error:
            Misuse(str(error)).show()
            sys.exit(2)
        except click.ClickException as error:
            error.show()
            sys.exit(2)


def _unknown_verb(name: str) -> str:
    import difflib

    near = difflib.get_close_matches(name, _VERBS, n=1)
    meant = f" Did you mean `grader {near[0]}`?" if near else ""
    return f"there is no verb {name!r}.{meant} `grader --help` lists them."


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("tinygrad-edu")
    except PackageNotFoundError:
        # A clone that was never installed.
        from tinygrad_edu import __version__

        return str(__version__)


def _print_version(ctx: click.Context, _option: click.Parameter, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        click.echo(f"grader {_version()}")
        ctx.exit()


@click.group(
    cls=_Verbs,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.option(
    "--version",
    is_flag=True,
    expose_value=False,
    is_eager=True,
    callback=_print_version,
    help="Print the version.",
)
@click.option(
    "--work", metavar="DIR", help="Your work directory (else GRADER_WORK, else here, else the clone's)."
)
@click.pass_context
def grader(ctx: click.Context, work: str | None) -> int | None:
    """Write the missing code, and learn at once what is wrong with it.

    Without a verb: where you stand and what is next.

    An exercise is named by any part of its id that fits no other: "sigmoid" for ch04_activations/ex01_sigmoid.
    The exit status is 0 if all passed, 1 if something failed or is not started, 2 if the command makes no sense.
    """
    ctx.obj = work
    if ctx.invoked_subcommand is None:
        from grader.cli.overview import show_overview

        return show_overview(work)
    return None
