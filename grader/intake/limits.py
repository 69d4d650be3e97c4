"""How much of anything is read, and the one thing that a reader hands on: a member."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from grader.loading import MAX_SOURCE

MIB: Final = 2**20


class IntakeError(Exception):
    """Something that cannot be read, or not any further; the message is a sentence about it."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds in bytes or numbers, far above every honest submission.

    Attributes
    ----------
    source, notebook
        One task file, one notebook.
    archive
        An archive as it lies on the disk, or inside another one.
    unpacked
        All that is read or unpacked for one submission.
    entries
        Files and folders of one submission, archives included.
    folders
        How deep folders may lie in each other.
    nesting
        How many archives may lie in each other.
    """

    source: int = MAX_SOURCE
    notebook: int = 8 * MIB
    archive: int = 32 * MIB
    unpacked: int = 64 * MIB
    entries: int = 5000
    folders: int = 16
    nesting: int = 2

    def of_class(self) -> Limits:
        """Return the bounds for an archive that holds a whole class; each student in it has the ordinary ones."""
        return Limits(archive=4096 * MIB, unpacked=16384 * MIB, entries=200_000)


class BudgetSpentError(IntakeError):
    """So much was read that the rest is left alone."""


class Budget:
    """What may still be read for one submission."""

    def __init__(self, limits: Limits) -> None:
        self._bytes, self._entries = limits.unpacked, limits.entries
        self._limits = limits

    def spend(self, count: int) -> None:
        """Take bytes from the budget.

        Raises
        ------
        BudgetSpentError
            If there are none left.
        """
        self._bytes -= count
        if self._bytes < 0:
            raise BudgetSpentError(f"it unpacks to more than {self._limits.unpacked // MIB} MiB")

    def enter(self) -> None:
        """Take one file or folder from the budget.

        Raises
        ------
        BudgetSpentError
            If there were too many.
        """
        self._entries -= 1
        if self._entries < 0:
            raise BudgetSpentError(f"it holds more than {self._limits.entries} files and folders")


@dataclass(frozen=True, slots=True)
class Member:
    """A file in a folder or in an archive.

    Attributes
    ----------
    path
        As the folder or the archive gives it.
    odd
        What it is if it is no regular file ("a symbolic link", "a device"), else "".
    read
        Reads at most so many bytes and one more, which shows that there were more. It may raise `IntakeError`, and
        works only until the next member is asked for.
    """

    path: str
    odd: str
    read: Callable[[int], bytes]
