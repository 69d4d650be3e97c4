"""The system calls that a worker may make, as data: everything else is refused.

A list of what is allowed, not of what is forbidden: a kernel grows new calls every year, and nobody looks back at a
list of the forbidden ones. Python and NumPy, once they are running, need surprisingly few. What is not here: making
a process or a thread, starting a program, sockets of any kind, looking into other processes, signals to anybody
else, owners and modes of files, mounts, namespaces, keys, io_uring, bpf, shared memory.

Numbers are those of the kernel's ``unistd.h``. A call that an architecture does not have is None there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Only:
    """Allow a call only if an argument, cut to its low 32 bits or whole, has one of these values."""

    argument: int
    values: tuple[int, ...]
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Except:
    """Refuse a call if these bits of an argument have this value."""

    argument: int
    bits: int
    value: int


Condition = Only | Except

X86_64: Final = "x86_64"
AARCH64: Final = "aarch64"
MACHINES: Final = (X86_64, AARCH64)

# From this number on a call is the same on every architecture, and younger than Linux 5.1. A C library that meets
# "not implemented" there falls back on what it did before; below, "not permitted" is the truth and reads better.
YOUNG: Final = 424

NUMBERS: Final[dict[str, tuple[int | None, int | None]]] = {
    # what is open
    "read": (0, 63), "write": (1, 64), "readv": (19, 65), "writev": (20, 66), "pread64": (17, 67),
    "close": (3, 57), "lseek": (8, 62), "dup": (32, 23), "dup2": (33, None), "dup3": (292, 24),
    "fcntl": (72, 25), "ioctl": (16, 29), "ftruncate": (77, 46), "fsync": (74, 82),
    # files; which of them, the file system or Landlock decides: a filter cannot read a path
    "open": (2, None), "openat": (257, 56), "stat": (4, None), "lstat": (6, None), "fstat": (5, 80),
    "newfstatat": (262, 79), "statx": (332, 291), "access": (21, None), "faccessat": (269, 48),
    "faccessat2": (439, 439), "readlink": (89, None), "readlinkat": (267, 78), "getdents64": (217, 61),
    "getcwd": (79, 17), "unlink": (87, None), "unlinkat": (263, 35), "mkdir": (83, None), "mkdirat": (258, 34),
    "rmdir": (84, None), "rename": (82, None), "renameat": (264, 38), "renameat2": (316, 276),
    # memory
    "mmap": (9, 222), "munmap": (11, 215), "mprotect": (10, 226), "mremap": (25, 216), "brk": (12, 214),
    "madvise": (28, 233),
    # waiting, and signals to oneself
    "futex": (202, 98), "sched_yield": (24, 124), "poll": (7, None), "ppoll": (271, 73), "select": (23, None),
    "pselect6": (270, 72), "restart_syscall": (219, 128), "rt_sigaction": (13, 134),
    "rt_sigprocmask": (14, 135), "rt_sigreturn": (15, 139), "sigaltstack": (131, 132), "kill": (62, 129),
    "tgkill": (234, 131), "tkill": (200, 130),
    # clocks and chance
    "clock_gettime": (228, 113), "clock_getres": (229, 114), "clock_nanosleep": (230, 115),
    "nanosleep": (35, 101), "gettimeofday": (96, 169), "time": (201, None), "getrandom": (318, 278),
    # what a process may know about itself
    "getpid": (39, 172), "gettid": (186, 178), "getppid": (110, 173), "getuid": (102, 174),
    "geteuid": (107, 175), "getgid": (104, 176), "getegid": (108, 177), "uname": (63, 160), "sysinfo": (99, 179),
    "getcpu": (309, 168), "sched_getaffinity": (204, 123), "getrlimit": (97, 163), "prlimit64": (302, 261),
    "getrusage": (98, 165), "times": (100, 153),
    # the end
    "exit": (60, 93), "exit_group": (231, 94),
}  # fmt: skip

_ACCESS_MODE: Final = 0o3
_TRUNCATE: Final = 0o1000

_CONDITIONS: Final[dict[str, Condition]] = {
    # duplicate, close-on-exec flag, status flags: not the owner of a signal, not the size of a pipe
    "fcntl": Only(1, (0, 1, 2, 3, 4, 1030)),
    # is it a terminal, how wide, close-on-exec: none that reaches a device
    "ioctl": Only(1, (0x5401, 0x5413, 0x5450, 0x5451)),
    # Until Linux 6.2 Landlock let a file be emptied by whoever may read it.
    "open": Except(1, _ACCESS_MODE | _TRUNCATE, _TRUNCATE),
    "openat": Except(2, _ACCESS_MODE | _TRUNCATE, _TRUNCATE),
    # read the limits, set none
    "prlimit64": Only(2, (0,), whole=True),
}


def policy(machine: str, pid: int) -> dict[int, Condition | None]:
    """Return the numbers of the allowed calls on a machine, each with its condition.

    Parameters
    ----------
    machine
        One of `MACHINES`.
    pid
        The process that may send signals to itself, and to nobody else.

    Examples
    --------
    >>> policy("x86_64", 4711)[62], policy("aarch64", 4711)[63], 59 in policy("x86_64", 4711)
    (Only(argument=0, values=(4711,), whole=False), None, False)
    """
    signals = dict.fromkeys(("kill", "tgkill", "tkill"), Only(0, (pid,)))
    conditions: dict[str, Condition] = {**_CONDITIONS, **signals}
    place = MACHINES.index(machine)
    return {
        number: conditions.get(name) for name, both in NUMBERS.items() if (number := both[place]) is not None
    }
