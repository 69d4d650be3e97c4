"""System calls for which Python has no function, through the C library."""

from __future__ import annotations

import ctypes
import os

_libc = ctypes.CDLL(None, use_errno=True)


Memory = ctypes.Array[ctypes.c_char]


def memory(data: bytes) -> Memory:
    """Return a piece of memory that holds these bytes; pass it to `syscall` itself, so that it lives long enough."""
    return ctypes.create_string_buffer(data, len(data))


def syscall(number: int, *arguments: int | Memory) -> int:
    """Make a system call and return its result.

    Raises
    ------
    OSError
        With the errno of the kernel, if it refused.

    Examples
    --------
    >>> import os
    >>> syscall({"x86_64": 39, "aarch64": 172}[os.uname().machine]) == os.getpid()
    True
    """
    # `syscall` is variadic: without a type, ctypes would pass an int of 32 bits.
    wide = [item if isinstance(item, ctypes.Array) else ctypes.c_long(item) for item in arguments]
    result: int = _libc.syscall(ctypes.c_long(number), *wide)
    if result < 0:
        errno = ctypes.get_errno()
        raise OSError(errno, os.strerror(errno))
    return result


def prctl(option: int, *values: int) -> None:
    """Change something about this process (prctl(2)).

    Raises
    ------
    OSError
        If the kernel refuses.
    """
    padded = [ctypes.c_ulong(value) for value in (*values, 0, 0, 0, 0)[:4]]
    if _libc.prctl(ctypes.c_int(option), *padded) < 0:
        errno = ctypes.get_errno()
        raise OSError(errno, os.strerror(errno))
