"""The second tier, where nobody may make namespaces: Landlock, a system call filter and limits.

All of it happens inside the worker (`inside.confine`), without any privilege and without another program. What it
cannot do is hide that a file exists.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from grader.process import PYTHON_OPTIONS, Launch, worker_environment
from grader.sandbox.inside import landlock
from grader.sandbox.needs import GRADER, needs
from grader.sandbox.user import hidden_from_others, spare_user

_MOST_FILES: Final = 256


@dataclass(frozen=True)
class LandlockLauncher:
    """Starts workers that lock themselves in.

    Attributes
    ----------
    memory
        Address space in bytes.
    cpu_seconds
        CPU time for the life of the worker.
    granted
        Packages that exercises grant beside NumPy.
    tmp_bytes
        What the private folder may hold; the judge watches it.
    """

    memory: int = 2 * 2**30
    cpu_seconds: int = 120
    granted: tuple[str, ...] = ()
    tmp_bytes: int = 16 * 2**20

    def prepare(self, folder: str) -> Launch:
        """Return the command of a plain Python and the order that locks it into `folder`."""
        needed = needs(self.granted)
        user = spare_user()
        if user is not None:
            os.chown(folder, user, user)
        *read, stdlib = needed.paths()
        order = {
            "user": user,
            "reads_all": user is not None and bool(hidden_from_others(needed.paths())),
            "landlock": {"read": read, "stdlib": stdlib, "write": folder},
            "own_users": False,
            "seccomp": True,
        }
        argv = [
            *(
                needed.python,
                *PYTHON_OPTIONS,
                str(GRADER / "worker.py"),
                str(self.memory),
                str(self.cpu_seconds),
            ),
            *(json.dumps(order), *needed.package_folders()),
        ]
        return Launch(argv, worker_environment(folder), folder, guard=self._guard(folder))

    def _guard(self, folder: str) -> Callable[[], str | None]:
        def overfull() -> str | None:
            sizes = []
            try:
                for entry in os.scandir(folder):
                    sizes.append(entry.stat(follow_symlinks=False).st_size)
                    if len(sizes) > _MOST_FILES:
                        return f"it made more than {_MOST_FILES} files"
            except OSError:  # a file went away while we looked, or the folder did because all is over
                return None
            return f"it wrote more than {self.tmp_bytes >> 20} MB" if sum(sizes) > self.tmp_bytes else None

        return overfull


def missing() -> str | None:
    """Return what this tier lacks on this machine, as far as one can tell without trying; None if nothing."""
    return None if landlock.version() else "this kernel has no Landlock (Linux 5.13), or it is switched off"
