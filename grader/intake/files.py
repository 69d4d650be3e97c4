"""Folders and files of the disk, without following a link and without opening anything but regular files.

Folders are opened one inside the other by descriptor, so that nobody who changes a submission while it is read can
lead the reader elsewhere.
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, Final

from grader.intake.limits import Budget, IntakeError, Limits, Member
from grader.intake.names import is_junk
from grader.progress import reason

# Windows has none of these and no folder descriptors; there a path is opened by its name.
_NOFOLLOW: Final = getattr(os, "O_NOFOLLOW", 0)
_NONBLOCK: Final = getattr(os, "O_NONBLOCK", 0)
_DIRECTORY: Final = getattr(os, "O_DIRECTORY", 0)
_BINARY: Final = getattr(os, "O_BINARY", 0)
_CHUNK: Final = 2**18


def what_is(mode: int) -> str:
    """Return what a file is if it is no regular file, else "".

    >>> what_is(stat.S_IFREG), what_is(stat.S_IFIFO)
    ('', 'a FIFO')
    """
    if stat.S_ISREG(mode):
        return ""
    kinds = {
        stat.S_IFLNK: "a symbolic link", stat.S_IFDIR: "a folder", stat.S_IFIFO: "a FIFO",
        stat.S_IFCHR: "a device", stat.S_IFBLK: "a device", stat.S_IFSOCK: "a socket",
    }  # fmt: skip
    return kinds.get(stat.S_IFMT(mode), "no regular file")


@contextlib.contextmanager
def open_regular(name: str | Path, folder: int | None = None) -> Iterator[BinaryIO]:
    """Open a regular file for reading.

    Parameters
    ----------
    name
        A path, relative to `folder` if that is given.
    folder
        Descriptor of an open folder.

    Raises
    ------
    IntakeError
        If it is no regular file or cannot be opened.
    """
    try:
        # Opening a device may do something to it, so look first; the second look is at what was really opened.
        odd = what_is(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode)
        if odd:
            raise IntakeError(f"it is {odd}")
        descriptor = os.open(name, os.O_RDONLY | _NOFOLLOW | _NONBLOCK | _BINARY, dir_fd=folder)
    except OSError as error:
        raise IntakeError(f"it could not be opened ({reason(error)})") from error
    with os.fdopen(descriptor, "rb") as stream:
        odd = what_is(os.fstat(descriptor).st_mode)
        if odd:
            raise IntakeError(f"it is {odd}")
        yield stream


def read_bounded(stream: BinaryIO, limit: int) -> bytes:
    """Read to the end, or `limit` bytes and one more."""
    parts = []
    left = limit + 1
    while left > 0:
        part = stream.read(min(left, _CHUNK))
        if not part:
            break
        parts.append(part)
        left -= len(part)
    return b"".join(parts)


def walk(root: Path, limits: Limits, budget: Budget) -> Iterator[Member]:
    """Yield every file below a folder, in the order of their names; folders that only tools use are left out.

    Raises
    ------
    IntakeError
        If the folder cannot be opened, or the budget is spent.
    """
    try:
        descriptor = os.open(root, os.O_RDONLY | _DIRECTORY)
    except OSError as error:
        raise IntakeError(f"it could not be opened ({reason(error)})") from error
    try:
        yield from _walk(descriptor, "", limits.folders, budget)
    finally:
        os.close(descriptor)


def _walk(folder: int, prefix: str, deeper: int, budget: Budget) -> Iterator[Member]:
    entries = []
    try:
        with os.scandir(folder) as listing:
            for entry in listing:
                budget.enter()
                if not is_junk(entry.name):
                    entries.append(entry)
    except OSError as error:
        raise IntakeError(f"{prefix or 'it'} could not be listed ({reason(error)})") from error
    for entry in sorted(entries, key=lambda entry: entry.name):
        path = f"{prefix}{entry.name}"
        try:
            mode = entry.stat(follow_symlinks=False).st_mode
        except OSError:  # gone in the meantime
            continue
        if not stat.S_ISDIR(mode):
            yield Member(path, what_is(mode), _reader(entry.name, folder, budget))
        elif deeper > 0:
            try:
                inner = os.open(entry.name, os.O_RDONLY | _DIRECTORY | _NOFOLLOW, dir_fd=folder)
            except OSError as error:
                yield Member(path, f"a folder that could not be opened ({reason(error)})", _nothing)
                continue
            try:
                yield from _walk(inner, f"{path}/", deeper - 1, budget)
            finally:
                os.close(inner)


def _reader(name: str, folder: int, budget: Budget) -> Callable[[int], bytes]:
    def read(limit: int) -> bytes:
        try:
            with open_regular(name, folder) as stream:
                data = read_bounded(stream, limit)
        except OSError as error:
            raise IntakeError(f"it could not be read ({reason(error)})") from error
        budget.spend(len(data))
        return data

    return read


def _nothing(limit: int) -> bytes:  # noqa: ARG001  # the shape of every reader
    raise IntakeError("it could not be opened")
