"""Text of a student, made safe for the place where it lands.

A name, a message or a printed line may hold anything. Every report takes it through `visible` first, which
shows what could hide, move or turn text around; then through what the place itself needs: `csv_cell`,
`actions_text`, or `grader.reports.markup` for HTML. File names are made by `file_stem`, never taken.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from functools import lru_cache
from typing import Final

from grader.report import clean

__all__ = ["actions_text", "csv_cell", "file_stem", "number", "one_line", "visible"]

MAX_TEXT: Final = 12_000
MAX_NAME: Final = 120
# What a spreadsheet program reads as the start of a formula, with the full-width forms that some read the same.
# It counts at the start of a cell, and wherever another program may see one start: after a line end, or after a
# semicolon, which separates cells where the comma is the decimal mark.
_FORMULA: Final = re.compile(
    r"""(^|;)(?=[^\S\n]*["']*[^\S\n]*[=+\-@\uff1d\uff0b\uff0d\uff20])""", re.MULTILINE
)
# The runner of GitHub Actions obeys a line that starts with "::", and "##[" anywhere in it.
_ACTIONS: Final = re.compile(r"^(\s*):(?=:)|#(?=#\[)", re.MULTILINE)


@lru_cache(maxsize=2048)
def visible(text: str, limit: int = MAX_TEXT) -> str:
    r"""Return text in which nothing can hide, and which is no longer than a reader can bear.

    Control characters, bidirectional marks, invisible and unassigned characters are shown as escapes; line ends
    stay. The result holds nothing that XML 1.0 forbids.

    Examples
    --------
    >>> print(visible("a" + chr(0) + "b" + chr(0x202E)))
    a\x00b\u202e
    >>> visible("abcdefgh", limit=4)
    'abcd[... 4 more characters were cut]'
    """
    text = text.replace("\r\n", "\n")
    # Almost every text is plain; asking for the category of each character of a whole class takes seconds.
    shown = text if text.replace("\n", "").isprintable() else clean(text)
    return (
        shown
        if len(shown) <= limit
        else f"{shown[:limit]}[... {len(shown) - limit} more characters were cut]"
    )


def one_line(text: str, limit: int = MAX_NAME) -> str:
    r"""Return text as `visible` does, on one line, cut to what a heading can hold.

    Examples
    --------
    >>> print(one_line("Ann" + chr(10) + "Lee"))
    Ann\nLee
    """
    return visible(text.replace("\n", "\\n"), limit)


@lru_cache(maxsize=2048)
def csv_cell(text: str) -> str:
    r"""Return a cell that no spreadsheet program takes for a formula.

    An apostrophe goes before whatever could start one. Cells still need the quoting of the `csv` module.

    Source: OWASP, "CSV Injection".

    Examples
    --------
    >>> csv_cell("=1+1"), csv_cell(" @SUM(A1)"), csv_cell("x;-1"), csv_cell("a - b")
    ("'=1+1", "' @SUM(A1)", "x;'-1", 'a - b')
    """
    return _FORMULA.sub(r"\1'", visible(text))


def actions_text(text: str, limit: int) -> str:
    r"""Return text that a GitHub Actions runner prints and does not obey.

    Examples
    --------
    >>> print(actions_text("fine\n  ::error::no\n##[group]no", 100))
    fine
      : :error::no
    # #[group]no
    """
    return _ACTIONS.sub(lambda match: f"{match[0]} ", visible(text, limit))


def file_stem(name: str) -> str:
    """Return a file name, without an ending, for a submission of any name.

    It is made of ASCII letters, digits and hyphens, is at most 60 characters long, and differs for different names
    even where the file system does not tell "Ann" from "ann".

    Examples
    --------
    >>> file_stem("Ann Lee"), file_stem("../../etc/passwd")
    ('ann-lee-a36e143c53', 'etc-passwd-3754d6cb3a')
    """
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:10]
    plain = unicodedata.normalize("NFKD", name[:500]).encode("ascii", "ignore").decode().lower()
    readable = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:49].strip("-")
    return f"{readable}-{digest}" if readable else digest


def number(value: float) -> str:
    """Return a number without a fraction that says nothing.

    Examples
    --------
    >>> number(3.0), number(2.5), number(1 / 3)
    ('3', '2.5', '0.3333')
    """
    return f"{value:.4f}".rstrip("0").rstrip(".")
