"""What a worker may leave that would keep a careless judge waiting: a pipe held open, a folder without bottom.

In a sandbox it can leave neither. A mere process can, and a student's own check must end all the same.
"""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import subprocess
from collections.abc import Callable
from typing import IO, Final

_LOOK_SECONDS: Final = 0.1
_AT_ONCE: Final = 2**16
_REMOVE_SECONDS: Final = 60.0


class ReplyPipe:
    """Reads from a worker's pipe until its other end is closed, or until `over` says that the worker was stopped.

    The end of the worker is not always the end of the pipe: a process that the worker has started, and that has
    left its group, may still hold the other end.

    Parameters
    ----------
    stream
        The pipe; nothing else may read from it.
    over
        Whether to wait no longer.
    """

    def __init__(self, stream: IO[bytes], over: Callable[[], bool]) -> None:
        self._descriptor = stream.fileno()
        self._over = over
        self._kept = bytearray()

    def read(self, size: int) -> bytes:
        """Return this many bytes, or fewer if there will not be more."""
        while len(self._kept) < size and self._more():
            part = os.read(self._descriptor, max(_AT_ONCE, size - len(self._kept)))
            if not part:
                break
            self._kept += part
        data = bytes(self._kept[:size])
        del self._kept[:size]
        return data

    def _more(self) -> bool:
        if os.name != "posix":  # elsewhere nobody can wait for a pipe and for the time at once
            return True
        waiting = select.poll()
        waiting.register(self._descriptor, select.POLLIN)
        while not waiting.poll(_LOOK_SECONDS * 1000):
            if self._over():
                return False
        return True


def remove_folder(folder: str) -> None:
    """Remove a folder and what is in it, also where it is deeper than Python recurses or than a path may be long.

    What cannot be removed stays.
    """
    try:
        shutil.rmtree(folder, ignore_errors=True)
    except RecursionError:
        # The system's own command walks without recursion and without long paths.
        with contextlib.suppress(OSError, subprocess.TimeoutExpired):
            subprocess.run(["/bin/rm", "-rf", "--", folder], check=False, timeout=_REMOVE_SECONDS)
