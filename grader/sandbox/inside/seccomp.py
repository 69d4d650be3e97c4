"""A system call filter: the policy compiled for the kernel's packet filter machine, and installed.

The kernel runs a little program before every system call (seccomp(2); the machine is the "BSD packet filter" of
McCanne and Jacobson, 1993). It has one accumulator, may load words of a record that describes the call (number,
architecture, arguments), compare, jump forward, and must end by saying what shall happen to the call. It cannot
follow pointers, so it never sees a path, and it cannot be taken off again.
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct
import sys
from collections.abc import Iterator, Mapping
from typing import Final

from grader.sandbox.inside.libc import memory, syscall
from grader.sandbox.inside.policy import AARCH64, MACHINES, X86_64, YOUNG, Condition, Except, policy

Instruction = tuple[int, int, int, int]  # operation, jump if true, jump if false, constant

# operations, from <linux/bpf_common.h>
_LOAD: Final = 0x20  # accumulator = the word at this offset
_AND: Final = 0x54  # accumulator &= constant
_IF_EQUAL: Final = 0x15
_IF_AT_LEAST: Final = 0x35
_RETURN: Final = 0x06

# answers, from <linux/seccomp.h>
ALLOW: Final = 0x7FFF0000
KILL: Final = 0x80000000
_ERRNO: Final = 0x00050000
REFUSE: Final = _ERRNO | errno.EPERM
UNKNOWN: Final = _ERRNO | errno.ENOSYS

# struct seccomp_data: number, architecture, instruction pointer, six arguments
_NUMBER: Final = 0
_ARCHITECTURE: Final = 4
_ARGUMENTS: Final = 16
ARCHITECTURES: Final = {X86_64: 0xC000003E, AARCH64: 0xC00000B7}

_SECCOMP: Final = {X86_64: 317, AARCH64: 277}
_SET_MODE_FILTER: Final = 1
_ALL_THREADS: Final = 1


def machine() -> str | None:
    """Return the name of this machine if there are numbers for it, else None."""
    name = os.uname().machine
    return name if name in MACHINES and sys.byteorder == "little" and sys.maxsize > 2**32 else None


def assemble(machine: str, allowed: Mapping[int, Condition | None]) -> list[Instruction]:
    """Compile a policy.

    Parameters
    ----------
    machine
        The only architecture whose calls are judged by their number; a call of another one ends the process.
    allowed
        The numbers that are allowed, each with its condition.

    Examples
    --------
    A filter that allows number 39 alone:

    >>> for operation, yes, no, constant in assemble("x86_64", {39: None}):
    ...     print(f"{operation:#04x} +{yes} +{no} {constant:#x}")
    0x20 +0 +0 0x4
    0x15 +1 +0 0xc000003e
    0x06 +0 +0 0x80000000
    0x20 +0 +0 0x0
    0x15 +0 +1 0x27
    0x06 +0 +0 0x7fff0000
    0x35 +0 +1 0x1a8
    0x06 +0 +0 0x50026
    0x06 +0 +0 0x50001
    """
    program = [
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_IF_EQUAL, 1, 0, ARCHITECTURES[machine]),
        # The same number means another call there: on x86-64, 32-bit calls are a way round any filter.
        (_RETURN, 0, 0, KILL),
        (_LOAD, 0, 0, _NUMBER),
    ]
    for number, condition in allowed.items():
        answer = list(_answer(condition))
        program += [(_IF_EQUAL, 0, len(answer), number), *answer]
    return [*program, (_IF_AT_LEAST, 0, 1, YOUNG), (_RETURN, 0, 0, UNKNOWN), (_RETURN, 0, 0, REFUSE)]


def _answer(condition: Condition | None) -> Iterator[Instruction]:
    """Yield the end of the program for a call that is allowed on a condition: it always returns."""
    if condition is None:
        yield _RETURN, 0, 0, ALLOW
        return
    low = _ARGUMENTS + 8 * condition.argument
    if isinstance(condition, Except):
        yield _LOAD, 0, 0, low
        yield _AND, 0, 0, condition.bits
        yield _IF_EQUAL, 0, 1, condition.value
        yield _RETURN, 0, 0, REFUSE
        yield _RETURN, 0, 0, ALLOW
        return
    for value in condition.values:
        yield _LOAD, 0, 0, low
        if condition.whole:
            yield _IF_EQUAL, 0, 3, value & 0xFFFFFFFF
            yield _LOAD, 0, 0, low + 4
            yield _IF_EQUAL, 0, 1, value >> 32
        else:
            yield _IF_EQUAL, 0, 1, value
        yield _RETURN, 0, 0, ALLOW
    yield _RETURN, 0, 0, REFUSE


def install(allowed: Mapping[int, Condition | None] | None = None) -> None:
    """Install a filter in this process for good, by default that of `policy`.

    The process must have given up gaining privileges (PR_SET_NO_NEW_PRIVS), or be root.

    Raises
    ------
    OSError
        If the kernel refuses the filter, or if there are no numbers for this machine.
    """
    here = machine()
    if here is None:
        raise OSError(errno.ENOSYS, f"there is no system call filter for {os.uname().machine}")
    program = assemble(here, policy(here, os.getpid()) if allowed is None else allowed)
    code = b"".join(struct.pack("=HBBI", *instruction) for instruction in program)
    instructions = memory(code)
    # struct sock_fprog: how many instructions, and where they are
    header = memory(struct.pack("@HP", len(program), ctypes.addressof(instructions)))
    syscall(_SECCOMP[here], _SET_MODE_FILTER, _ALL_THREADS, header)
