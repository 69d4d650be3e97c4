"""Watching what a worker keeps in its private folder: bytes have a limit of their own, the number of files has not."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

MOST_FILES: Final = 256

# Given the process that was started; the sentence that comes back is the reason to stop it.
Guard = Callable[[int], str | None]

_TOO_MANY: Final = f"it made more than {MOST_FILES} files"


def folder_guard(folder: str, most_bytes: int) -> Guard:
    """Return a guard over a folder on the machine's own disk."""

    def overfull(_: int) -> str | None:
        sizes = []
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    sizes.append(entry.stat(follow_symlinks=False).st_size)
                    if len(sizes) > MOST_FILES:
                        return _TOO_MANY
        except OSError:  # a file went away while we looked, or the folder did because all is over
            return None
        return f"it wrote more than {most_bytes >> 20} MB" if sum(sizes) > most_bytes else None

    return overfull


def tmpfs_guard(place: str, size: int) -> Guard:
    """Return a guard over a file system in memory at `place` inside the sandbox.

    Its size holds without a guard; but an empty file takes none of it, and still takes memory of the kernel's.
    """
    seen = 0

    def overfull(started: int) -> str | None:
        nonlocal seen
        worker = seen or youngest(started)
        try:
            found = os.statvfs(f"/proc/{worker}/root{place}")
        except OSError:  # it has gone
            return None
        # Until the worker has its own file system, this is the machine's, which is none of its doing.
        if found.f_blocks * found.f_frsize != size:
            return None
        seen = worker
        return _TOO_MANY if found.f_files - found.f_ffree > MOST_FILES else None

    return overfull


def youngest(process: int) -> int:
    """Return the last in a chain of processes each of which has started the next."""
    while True:
        try:
            children = Path(f"/proc/{process}/task/{process}/children").read_text(encoding="ascii").split()
        except OSError:
            return process
        if not children:
            return process
        process = int(children[-1])
