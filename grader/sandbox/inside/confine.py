"""The order in which a worker gives up its rights, each step for good.

The judge's launcher writes the order; the worker carries it out between importing NumPy and telling the judge that
it is ready, or dies of the attempt. Nothing here is undone by code that runs later.
"""

from __future__ import annotations

import os
import signal
import struct
from typing import Any, Final

from grader.sandbox.inside import landlock, seccomp
from grader.sandbox.inside.libc import memory, prctl, syscall

_PARENT_DEATH_SIGNAL: Final = 1
_KEEP_CAPABILITIES: Final = 8
_NO_NEW_PRIVILEGES: Final = 38

_CAPSET: Final = {"x86_64": 126, "aarch64": 91}
_UNSHARE: Final = {"x86_64": 272, "aarch64": 97}
_NEW_USER_NAMESPACE: Final = 0x10000000
_CAPABILITY_VERSION: Final = 0x20080522
_READ_AND_SEARCH: Final = 1 << 2  # CAP_DAC_READ_SEARCH


def confine(order: dict[str, Any]) -> None:
    """Carry out an order.

    Parameters
    ----------
    order
        ``user``: the number to become, or None to stay who one is. ``reads_all``: whether to keep root's right to
        read, for a Python in a folder of root's that Landlock then guards. ``own_users``: whether to leave for a new
        user namespace. ``landlock``: the arguments of `landlock.restrict`, or None. ``seccomp``: whether to install
        the filter.

    Raises
    ------
    OSError
        If any step fails; the process must then end.
    """
    parent = os.getppid()
    if order["user"] is not None:
        become(order["user"], reads_all=order["reads_all"])
    if order["own_users"]:
        leave_users()
    # Becoming somebody else resets this, so it comes after.
    prctl(_PARENT_DEATH_SIGNAL, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)
    prctl(_NO_NEW_PRIVILEGES, 1)
    if order["landlock"] is not None:
        landlock.restrict(**order["landlock"])
    if order["seccomp"]:
        seccomp.install()


def become(user: int, *, reads_all: bool = False) -> None:
    """Turn from root into an unknown user without groups, and without root's capabilities.

    Raises
    ------
    OSError
        If this process may not.
    """
    if reads_all:
        prctl(_KEEP_CAPABILITIES, 1)
    os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)
    if reads_all:
        try:
            _keep_only(_READ_AND_SEARCH)
        except OSError as error:
            why = f"only root can read this Python, and root may not keep its right to: {error.strerror}"
            raise OSError(error.errno, why) from error


def leave_users() -> None:
    """Leave for a user namespace in which nobody is known, oneself included, and be nothing special there.

    Raises
    ------
    OSError
        If this machine does not let users make namespaces.
    """
    try:
        syscall(_UNSHARE[os.uname().machine], _NEW_USER_NAMESPACE)
    except OSError as error:
        raise OSError(error.errno, f"a user may not make a user namespace here: {error.strerror}") from error
    # Whoever makes one is all-powerful inside.
    _keep_only(0)


def _keep_only(capabilities: int) -> None:
    head = memory(struct.pack("=Ii", _CAPABILITY_VERSION, 0))
    # effective, permitted, inheritable: the low 32 capabilities, then the others
    sets = memory(struct.pack("=6I", capabilities, capabilities, 0, 0, 0, 0))
    syscall(_CAPSET[os.uname().machine], head, sets)
