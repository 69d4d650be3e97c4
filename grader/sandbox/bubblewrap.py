"""The first tier: namespaces around the worker, made by bubblewrap.

Inside there is a file system of its own with a handful of read-only things in it, no network but an unconnected
loopback, no process but the worker's own, and a small private /tmp in memory. The limits and the system call filter
come on top, from inside (`inside.confine`).
"""

from __future__ import annotations

import functools
import json
import os
import py_compile
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from grader.process import PYTHON_OPTIONS, Launch, worker_environment
from grader.sandbox.guard import tmpfs_guard
from grader.sandbox.inside.landlock import FOREIGN
from grader.sandbox.needs import GRADER, WORKER_FILES, Needs, SandboxError, needs
from grader.sandbox.user import spare_user

# The first with --disable-userns and a size for --tmpfs.
_OLDEST: Final = (0, 8)
_NOBODY: Final = "65534"

_NAMESPACES: Final = ("--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup")
# An ordinary user makes namespaces by way of one for users, and is mapped into it.
_AS_USER: Final = ("--unshare-user", "--disable-userns", "--uid", _NOBODY, "--gid", _NOBODY)
# Root would be mapped as root. It makes them itself, so that it can show a Python of its own, and keeps what the worker
# needs in order to become somebody else and to leave for a user namespace (`inside.confine`).
_AS_ROOT: Final = ("--cap-drop", "ALL", "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID")


@dataclass(frozen=True)
class BubblewrapLauncher:
    """Starts workers in namespaces of their own.

    Attributes
    ----------
    memory
        Address space in bytes.
    cpu_seconds
        CPU time for the life of the worker.
    granted
        Packages that exercises grant beside NumPy.
    tmp_bytes
        Size of the private /tmp, which counts as memory.
    """

    memory: int = 2 * 2**30
    cpu_seconds: int = 120
    granted: tuple[str, ...] = ()
    tmp_bytes: int = 16 * 2**20

    def prepare(self, folder: str) -> Launch:
        """Return the command that starts a worker behind bubblewrap.

        The worker's private folder is inside, and in memory; `folder` holds our own few files for it to read.
        """
        _fill(folder)
        user = spare_user()
        root = user is not None
        order = {"user": user, "reads_all": False, "own_users": root, "landlock": None, "seccomp": True}
        argv = [_program("bwrap"), *_NAMESPACES, *(_AS_ROOT if root else _AS_USER), "--hostname", "sandbox"]
        argv += ["--die-with-parent", *_root(needs(self.granted), folder)]
        argv += ["--perms", "1777", "--size", str(self.tmp_bytes), "--tmpfs", "/tmp", "--remount-ro", "/"]
        argv += ["--chdir", "/tmp", "--setenv", "LD_LIBRARY_PATH", "/libs", "--"]
        argv += ["/python/bin/python", *PYTHON_OPTIONS, "/grader/worker.pyc"]
        argv += [str(self.memory), str(self.cpu_seconds), json.dumps(order), "/packages"]
        guard = tmpfs_guard("/tmp", self.tmp_bytes)
        return Launch(argv, worker_environment("/tmp"), "/", shell_status=True, guard=guard)


@functools.cache
def _compiled() -> tuple[tuple[str, bytes], ...]:
    """Return the grader's part of a worker, compiled: no worker has to do that again, whoever owns our folder."""
    made = []
    with tempfile.TemporaryDirectory(prefix="grader-") as folder:
        for name in WORKER_FILES:
            code = os.path.join(folder, "code")
            mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
            py_compile.compile(
                str(GRADER / name), code, f"grader/{name}", doraise=True, invalidation_mode=mode
            )
            made.append((f"{name}c", Path(code).read_bytes()))
    return tuple(made)


def _fill(folder: str) -> None:
    """Put the grader's part into a folder: showing file by file would cost more than writing them."""
    for name, code in _compiled():
        place = Path(folder, name)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(code)
        place.chmod(0o644)
    for above, _, _ in os.walk(folder):
        os.chmod(above, 0o755)


def _root(needed: Needs, folder: str) -> Iterator[str]:
    """Yield the options that make the sandbox's file system.

    No path of the machine shows inside: a user's name or a course's folder is nobody's business there.
    """
    library = f"/python/{os.path.basename(os.path.dirname(needed.stdlib))}/{os.path.basename(needed.stdlib)}"
    shown = [("/python/bin/python", needed.python), (library, needed.stdlib), ("/grader", folder)]
    shown += [(f"/libs/{names[0]}", path) for path, names in needed.libraries]
    shown += [(needed.loader, needed.loader)] if needed.loader else []
    shown += [(f"/packages/{name}", path) for name, path in needed.packages]
    # Bubblewrap would make folders on the way for its own user alone.
    for parent in sorted({"/dev", *(parent for place, _ in shown for parent in _parents(place))}):
        yield from ("--dir", parent)
    for place, path in shown:
        yield from ("--ro-bind", path, place)
    for _, names in needed.libraries:
        for alias in names[1:]:
            yield from ("--symlink", names[0], f"/libs/{alias}")
    for name in sorted(FOREIGN & {entry.name for entry in os.scandir(needed.stdlib)}):
        yield from ("--tmpfs", f"{library}/{name}", "--remount-ro", f"{library}/{name}")
    yield from ("--dev-bind", "/dev/null", "/dev/null")


def _parents(place: str) -> Iterator[str]:
    while (place := os.path.dirname(place)) != "/":
        yield place


def _program(name: str) -> str:
    """Return where a program is: the worker's environment, with which it is started, has no search path."""
    place = shutil.which(name)
    if place is None:
        raise SandboxError(f"{name} is not installed")
    return place


@functools.cache
def version() -> tuple[int, ...] | None:
    """Return the version of the installed bubblewrap; None if there is none that runs."""
    program = shutil.which("bwrap")
    if program is None:
        return None
    try:
        words = subprocess.run(
            [program, "--version"], capture_output=True, text=True, check=False, timeout=5
        ).stdout
        return tuple(int(part) for part in words.split()[-1].split("."))
    except (OSError, ValueError, IndexError, subprocess.TimeoutExpired):
        return None


def missing() -> str | None:
    """Return what this tier lacks on this machine, as far as one can tell without trying; None if nothing."""
    found = version()
    if found is None:
        return "bubblewrap is not installed"
    if found < _OLDEST:
        return f"bubblewrap {'.'.join(map(str, found))} is too old, {'.'.join(map(str, _OLDEST))} is needed"
    return None
