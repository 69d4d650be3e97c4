"""Landlock: a process gives up, for good and without any privilege, all files but those it names (landlock(7)).

It does not hide that a file exists: `stat` works everywhere. Nor does it know UDP, changes of a file's mode or
owner, or most other calls that take no open file; those are the system call filter's.
"""

from __future__ import annotations

import contextlib
import os
import stat
import struct
from collections.abc import Iterable, Sequence
from typing import Final

from grader.sandbox.inside.libc import memory, syscall

# The numbers are the same on every architecture.
_CREATE_RULESET: Final = 444
_ADD_RULE: Final = 445
_RESTRICT_SELF: Final = 446
_VERSION: Final = 1
_PATH_BENEATH: Final = 1

# rights over files, from <linux/landlock.h>
WRITE_FILE: Final = 1 << 1
READ_FILE: Final = 1 << 2
READ_DIR: Final = 1 << 3
REMOVE_FILE: Final = 1 << 5
MAKE_REGULAR: Final = 1 << 8
TRUNCATE: Final = 1 << 14

# How many rights over files each version of Landlock knows: 13 at first, then REFER, TRUNCATE and IOCTL_DEV.
_RIGHTS: Final = {1: 13, 2: 14, 3: 15, 4: 15}
_RIGHTS_TODAY: Final = 16
_NET_SINCE: Final = 4
_BIND_AND_CONNECT_TCP: Final = 0b11
_SCOPE_SINCE: Final = 6
_ABSTRACT_SOCKETS_AND_SIGNALS: Final = 0b11

# A Python's own folder may hold other people's packages, ours and its exercises among them.
FOREIGN: Final = frozenset({"site-packages", "dist-packages"})


def version() -> int:
    """Return the version of Landlock in this kernel; 0 if there is none, or if it is switched off."""
    with contextlib.suppress(OSError):
        return syscall(_CREATE_RULESET, 0, 0, _VERSION)
    return 0


def restrict(read: Sequence[str], stdlib: str, write: str) -> None:
    """Give up all files but these, and whatever else the kernel's Landlock can take away.

    Parameters
    ----------
    read
        Files and folders to read.
    stdlib
        The folder of the standard library: all of it may be read but the packages of others that it may hold. It
        cannot be listed any more; Python has done so by now, as it has with the folders of packages.
    write
        The folder in which files may be made, read, written and removed; no folders, links or sockets.

    Raises
    ------
    OSError
        If there is no Landlock, or a path cannot be opened.
    """
    known = version()
    rights = (1 << _RIGHTS.get(known, _RIGHTS_TODAY)) - 1
    attributes = struct.pack(
        "=QQQ",
        rights,
        _BIND_AND_CONNECT_TCP if known >= _NET_SINCE else 0,
        _ABSTRACT_SOCKETS_AND_SIGNALS if known >= _SCOPE_SINCE else 0,
    )
    ruleset = syscall(_CREATE_RULESET, memory(attributes), len(attributes), 0)
    try:
        own = [entry.path for entry in os.scandir(stdlib) if entry.name not in FOREIGN]
        _allow(ruleset, [*read, *own], (READ_FILE | READ_DIR) & rights)
        changes = WRITE_FILE | REMOVE_FILE | MAKE_REGULAR | TRUNCATE
        _allow(ruleset, [write], (READ_FILE | READ_DIR | changes) & rights)
        _allow(ruleset, [os.devnull], (READ_FILE | WRITE_FILE) & rights)
        syscall(_RESTRICT_SELF, ruleset, 0)
    finally:
        os.close(ruleset)


def _allow(ruleset: int, paths: Iterable[str], rights: int) -> None:
    for path in paths:
        opened = os.open(path, os.O_PATH | os.O_CLOEXEC)
        try:
            # The kernel refuses rights over folders for what is none.
            folder = stat.S_ISDIR(os.fstat(opened).st_mode)
            own = rights if folder else rights & ~(READ_DIR | MAKE_REGULAR | REMOVE_FILE)
            syscall(_ADD_RULE, ruleset, _PATH_BENEATH, memory(struct.pack("=Qi", own, opened)), 0)
        finally:
            os.close(opened)
