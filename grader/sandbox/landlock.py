"""The second tier, where nobody may make namespaces: Landlock, a system call filter and limits.

All of it happens inside the worker (`inside.confine`), without any privilege and without another program. What it
cannot do is hide that a file exists.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass

from grader.process import PYTHON_OPTIONS, Launch, worker_environment
from grader.sandbox.guard import folder_guard
from grader.sandbox.inside import landlock
from grader.sandbox.needs import GRADER, needs
from grader.sandbox.user import hidden_from_others, spare_user, way_is_open


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
        open_to_user = way_is_open(folder) and not hidden_from_others(tuple(needed.paths()))
        order = {
            "user": user,
            "reads_all": user is not None and not open_to_user,
            "landlock": {"read": read, "stdlib": stdlib, "write": folder},
            "own_users": False,
            "seccomp": True,
        }
        argv = [
            needed.python,
            *PYTHON_OPTIONS,
            str(GRADER / "worker.py"),
            str(self.memory),
            str(self.cpu_seconds),
        ]
        argv += [json.dumps(order), *needed.package_folders()]
        return Launch(argv, worker_environment(folder), folder, guard=folder_guard(folder, self.tmp_bytes))


def missing() -> str | None:
    """Return what this tier lacks on this machine, as far as one can tell without trying; None if nothing."""
    return None if landlock.version() else "this kernel has no Landlock (Linux 5.13), or it is switched off"
