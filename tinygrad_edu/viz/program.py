"""Runs Graphviz's ``dot``, and says what to do where it cannot be run."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from tinygrad_edu import saving
from tinygrad_edu.errors import AutogradError

__all__ = ["DotError", "DotMissingError", "run_dot", "write_aside"]


class DotError(AutogradError):
    """Graphviz could not draw the picture."""


class DotMissingError(DotError):
    """The program ``dot`` is not installed."""


def run_dot(source: str, format: str) -> bytes:  # noqa: A002  # Graphviz's own word
    """Return what ``dot`` makes of the source.

    Raises
    ------
    DotMissingError
        The program is not on the path.
    DotError
        It failed, with what it said.
    """
    import graphviz  # only whoever draws waits for it

    if shutil.which("dot") is None:
        raise DotMissingError(
            "SVG and PNG pictures are laid out by the program 'dot' of Graphviz, which was not found: install it "
            "with 'apt install graphviz' (Debian, Ubuntu), 'brew install graphviz' (macOS) or 'winget install "
            "graphviz' (Windows), or use viz.to_text and viz.to_dot, which do without."
        )
    try:
        return bytes(graphviz.pipe("dot", format, source.encode("utf-8"), quiet=True))
    except graphviz.CalledProcessError as error:
        said = (error.stderr or b"").decode("utf-8", "replace").strip()
        raise DotError(f"dot could not draw this picture as {format}: {said or error}") from None


def write_aside(path: str | os.PathLike[str], content: bytes) -> Path:
    """Write a file under another name first, so that a failure leaves no half of it behind."""
    target = Path(path)
    if not target.parent.is_dir():
        raise FileNotFoundError(
            f"the folder {str(target.parent)!r} for {target.name!r} does not exist; make it first."
        )
    with saving.write_aside(target) as file:
        file.write(content)
    return target
