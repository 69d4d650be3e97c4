"""What the terminal can show: colours, glyphs, width."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any, TextIO

import click

from grader.progress import State

if TYPE_CHECKING:
    from rich.console import Console

__all__ = [
    "COLOURS",
    "can_show",
    "console",
    "glyph",
    "in_colour",
    "label",
    "paint",
    "prepare_streams",
    "width",
]

COLOURS = {
    State.PASSED: "green",
    State.FAILED: "red",
    State.CHANGED: "yellow",
    State.UNCHECKED: "yellow",
    State.NOT_STARTED: "bright_black",
    State.MISSING: "red",
}
_LABELS = {
    State.PASSED: "passed",
    State.FAILED: "not right yet",
    State.CHANGED: "changed since",
    State.UNCHECKED: "not checked",
    State.NOT_STARTED: "not started",
    State.MISSING: "no task file",
}
_GLYPHS = {
    "passed": ("✓", "+"),
    "failed": ("✗", "x"),
    "waiting": ("·", "."),
    "full": ("█", "#"),
    "empty": ("░", "-"),
    "next": ("→", ">"),
}


def prepare_streams() -> None:
    """Make sure that no text of a student can break the output of a console that lacks a character."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")


def can_show(text: str, stream: TextIO | None = None) -> bool:
    """Tell whether the stream's encoding has every character of a text.

    >>> import io
    >>> can_show("✓", io.TextIOWrapper(io.BytesIO(), "cp1252"))
    False
    """
    encoding = getattr(_bare(stream), "encoding", None) or "ascii"
    try:
        text.encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def _bare(stream: TextIO | None) -> Any:
    """Return the stream itself, while rich stands in front of it to keep a progress bar below the text."""
    stream = stream or sys.stdout
    return getattr(stream, "rich_proxied_file", stream)


def glyph(name: str) -> str:
    """Return a sign by name ("passed", "failed", "waiting", "full", "empty", "next"), in ASCII where needed."""
    fine, plain = _GLYPHS[name]
    return fine if can_show(fine) else plain


def label(state: State) -> str:
    """Return how a state is called in tables.

    >>> label(State.CHANGED)
    'changed since'
    """
    return _LABELS[state]


def in_colour(stream: TextIO | None = None) -> bool:
    """Tell whether colours are wanted: a terminal, and NO_COLOR unset or empty (https://no-color.org)."""
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return bool(getattr(_bare(stream), "isatty", lambda: False)())


def paint(text: str, colour: str | None = None, **style: Any) -> str:
    """Style a text for standard output, or leave it plain where no colours are wanted."""
    return click.style(text, fg=colour, **style) if in_colour() else text


def width() -> int:
    """Return how many columns there are: the terminal's, COLUMNS, or 120 when the output is no terminal."""
    columns = os.environ.get("COLUMNS", "")
    if columns.isdecimal() and int(columns) > 0:
        return int(columns)
    try:
        return os.get_terminal_size(sys.stdout.fileno()).columns or 80
    except (OSError, ValueError):
        return 120


def console() -> Console:
    """Return a rich console that agrees with this module on colour and width."""
    from rich.console import Console

    coloured = in_colour()
    return Console(
        no_color=not coloured,
        force_terminal=coloured,
        width=width(),
        highlight=False,
        markup=False,
        emoji=False,
        soft_wrap=False,
    )
