"""What a worker has to read, and nothing else: its Python, the standard library, NumPy, and a few files of ours.

Ours are read before a student's code runs. The exercises, their solutions and specs, the tests and the other parts of
the grader are nowhere in this.
"""

from __future__ import annotations

import functools
import importlib
import importlib.util
import os
import struct
import sys
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

GRADER: Final = Path(__file__).resolve().parents[1]
# Everything of the grader that a worker imports (a test compares this with the import statements).
WORKER_FILES: Final = (
    "worker.py", "machine.py", "observe.py", "loading.py", "protocol.py", "sandbox/inside/__init__.py",
    "sandbox/inside/confine.py", "sandbox/inside/landlock.py", "sandbox/inside/libc.py", "sandbox/inside/policy.py",
    "sandbox/inside/seccomp.py",
)  # fmt: skip
PACKAGES: Final = ("numpy", "msgpack")

# Parts of NumPy that are loaded late; what they link to must be known beforehand.
_LOADED_LATE: Final = ("ctypes", "numpy.fft", "numpy.linalg", "numpy.random", "unicodedata")


class SandboxError(OSError):
    """A sandbox cannot be had; the message says why and what to do.

    An `OSError`, because that is how a launcher tells a runner that a worker cannot be started.
    """


@dataclass(frozen=True, slots=True)
class Needs:
    """Absolute paths of what a worker reads.

    Attributes
    ----------
    python
        The interpreter itself, no link.
    loader
        The dynamic loader's path, as the interpreter asks for it; None if it asks for none.
    stdlib
        The folder of the standard library.
    libraries
        Shared libraries of the system: the path, and the names under which it may be asked for.
    packages
        NumPy and the like: the name in their folder, and the path.
    """

    python: str
    loader: str | None
    stdlib: str
    libraries: tuple[tuple[str, tuple[str, ...]], ...]
    packages: tuple[tuple[str, str], ...]

    def paths(self) -> list[str]:
        """Return every path once, the standard library last."""
        named = [*(path for path, _ in self.libraries), *(path for _, path in self.packages)]
        loader = [self.loader] if self.loader else []
        return [*dict.fromkeys([self.python, *loader, *named, self.stdlib])]

    def package_folders(self) -> list[str]:
        """Return the folders in which the packages lie."""
        return [*dict.fromkeys(os.path.dirname(path) for _, path in self.packages)]


@functools.cache
def needs(granted: tuple[str, ...] = ()) -> Needs:
    """Find what a worker needs on this machine (Linux).

    Parameters
    ----------
    granted
        All that exercises let a student import beside NumPy, of the standard library too: what a module links to is
        shown only if the module is named here.

    Raises
    ------
    SandboxError
        If a package is not installed, or lies in several places.
    """
    for name in (*_LOADED_LATE, *granted):
        try:
            importlib.import_module(name)
        except ImportError as error:
            raise SandboxError(
                f"an exercise grants {name!r}, which cannot be imported here: {error}"
            ) from error
    python = os.path.realpath(getattr(sys, "_base_executable", None) or sys.executable)
    packages = [part for name in dict.fromkeys((*PACKAGES, *granted)) for part in _package(name)]
    return Needs(
        python=python,
        loader=interpreter_of(python),
        stdlib=sysconfig.get_path("stdlib"),
        libraries=tuple(_libraries()),
        packages=tuple(packages),
    )


def _package(name: str) -> Iterator[tuple[str, str]]:
    if name in sys.stdlib_module_names:
        return
    found = importlib.util.find_spec(name)
    folders = list(found.submodule_search_locations or []) if found else []
    places = folders or ([found.origin] if found and found.origin else [])
    if len(places) != 1 or not os.path.exists(places[0]):
        raise SandboxError(f"the package {name!r} does not lie in one place, so a sandbox cannot show it")
    place = os.path.realpath(places[0])
    yield os.path.basename(places[0]), place
    # Where wheels keep the shared libraries that they bring along.
    if os.path.isdir(bundled := os.path.join(os.path.dirname(place), f"{name}.libs")):
        yield f"{name}.libs", bundled


def _libraries() -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the shared libraries that this process has loaded itself, outside of Python's own folders.

    The judge is the same Python with the same NumPy, so this is what the worker will ask for.
    """
    with open("/proc/self/maps", encoding="utf-8", errors="surrogateescape") as lines:
        mapped = {line.split(None, 5)[5].rstrip("\n") for line in lines if ".so" in line}
    stdlib = sysconfig.get_path("stdlib") + os.sep
    for path in sorted(mapped):
        if path.startswith(stdlib) or "/site-packages/" in path or "/dist-packages/" in path:
            continue
        if not os.path.isfile(path):  # replaced since it was loaded, or no file at all
            continue
        folder = os.path.dirname(path)
        # A library is asked for by a name that carries less of its version, and is a link to the file.
        links = [entry.name for entry in os.scandir(folder) if entry.is_symlink()]
        aliases = [name for name in links if os.path.realpath(os.path.join(folder, name)) == path]
        yield path, (os.path.basename(path), *sorted(aliases))


def interpreter_of(program: str) -> str | None:
    """Return the dynamic loader that a 64-bit ELF program asks for, from its PT_INTERP header.

    Source: System V ABI, "Program Header" (2003).

    Examples
    --------
    >>> import os, sys
    >>> loader = interpreter_of(os.path.realpath(sys.executable))
    >>> loader is None or os.path.exists(loader)
    True
    """
    with open(program, "rb") as file:
        head = file.read(64)
        if len(head) < 64 or head[:5] != b"\x7fELF\x02":
            return None
        (table,) = struct.unpack_from("<Q", head, 32)
        size, count = struct.unpack_from("<HH", head, 54)
        for number in range(count):
            file.seek(table + number * size)
            entry = file.read(56)
            (kind,) = struct.unpack_from("<I", entry)
            if kind == 3:  # PT_INTERP
                offset, length = struct.unpack_from("<Q", entry, 8)[0], struct.unpack_from("<Q", entry, 32)[0]
                file.seek(offset)
                return file.read(length).rstrip(b"\0").decode()
    return None
