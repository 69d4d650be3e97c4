"""The output folder: results, reports, and beneath ``.grader`` what a later run goes on with.

Held by one run at a time. All that judges write for themselves goes to a scratch folder of the system, which is
removed at the end, or by the next run if this one was killed.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from pathlib import Path
from types import TracebackType
from typing import IO, Final

from grader.progress import reason, write_aside

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]  # there is no lock there

_PREFIX: Final = "grader-run-"


class BatchError(Exception):
    """Grading cannot go on; the message is a sentence for the teacher."""


class Folder:
    """An output folder, to be used in a ``with`` statement.

    Parameters
    ----------
    root
        Where; made if it does not exist.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.scratch = ""
        self._lock: IO[bytes] | None = None
        self._own = root / ".grader"

    @property
    def results(self) -> Path:
        """The results file."""
        return self.root / "results.jsonl"

    @property
    def sources(self) -> Path:
        """Where the store keeps the sources."""
        return self._own / "sources"

    @property
    def grades(self) -> Path:
        """Where the cache keeps the grades."""
        return self._own / "grades"

    @property
    def log(self) -> Path:
        """What judges wrote to their standard error."""
        return self._own / "judges.log"

    def __enter__(self) -> Folder:
        try:
            # What is in here are other people's answers and grades.
            self._own.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._lock = (self._own / "lock").open("ab")
        except OSError as error:
            raise BatchError(f"{self.root} cannot be used for results: {reason(error)}.") from None
        try:
            if fcntl is not None:
                fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._lock.close()
            raise BatchError(
                f"another run of the grader is writing to {self.root}. Wait for it, or stop it."
            ) from None
        self._remove_scratch()
        self.scratch = tempfile.mkdtemp(prefix=_PREFIX)
        # A sandbox that gives up its rights still has to reach its own folder below.
        Path(self.scratch).chmod(0o711)
        write_aside(self._own / "scratch", self.scratch.encode())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._remove_scratch()
        if self._lock is not None:
            self._lock.close()

    def _remove_scratch(self) -> None:
        note = self._own / "scratch"
        try:
            path = Path(note.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return
        # Only ever what a run made: by its name, in the system's folder, a folder of ours and no link.
        ours = path.name.startswith(_PREFIX) and path.parent == Path(tempfile.gettempdir())
        if ours and path.is_dir() and not path.is_symlink() and _is_mine(path):
            shutil.rmtree(path, ignore_errors=True)
        with contextlib.suppress(OSError):
            note.unlink()


def _is_mine(path: Path) -> bool:
    return not hasattr(os, "getuid") or path.stat().st_uid == os.getuid()
