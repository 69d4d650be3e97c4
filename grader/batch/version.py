"""What a grade depends on beside the source: said as hashes, so that an old grade is never taken for a new one."""

from __future__ import annotations

import functools
import hashlib
import json
import platform
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

from grader.exercise import Exercise, exercises_root
from grader.workdir import TASK_NAME

# Their versions may change what is drawn or computed.
_LIBRARIES: Final = ("hypothesis", "numpy", "scipy", "msgpack")
# Of the grader, these parts judge; the others show, read and write.
_SHOWING: Final = frozenset({"cli", "reports", "intake", "batch"})


@dataclass(frozen=True, slots=True)
class Settings:
    """How a class is graded.

    Attributes
    ----------
    pack
        The folder of the exercises; None for those that come with the grader.
    seed
        The secret from which all inputs are drawn; None draws those that students see.
    check_s, exercise_s, submission_s
        Seconds that the student's code may take for one check, one exercise, one submission.
    sandbox
        The tier: "auto" for the best one that keeps strangers' code in, or "process", which does not.
    hide_inputs
        Whether checks count as hidden, whatever their spec says: reports then keep from students what they failed on.
    """

    pack: str | None = None
    seed: int | None = None
    check_s: float = 5.0
    exercise_s: float = 60.0
    submission_s: float = 600.0
    sandbox: str = "auto"
    hide_inputs: bool = False

    @property
    def root(self) -> Path:
        """The folder of the exercises."""
        return exercises_root() if self.pack is None else Path(self.pack)


@functools.cache
def grader_version() -> str:
    """Return a hash of all that judges: the grader's and the engine's own code, Python and the libraries."""
    here = Path(__file__).resolve().parents[2]
    libraries = [(name, _version(name)) for name in _LIBRARIES]
    mark = hashlib.sha256(json.dumps([platform.python_version(), libraries]).encode())
    for package in ("grader", "tinygrad_edu"):
        files = (here / package).rglob("*.py")
        judging = [path for path in files if path.relative_to(here).parts[1] not in {*_SHOWING, "_exercises"}]
        _add_files(mark, here, judging)
    return mark.hexdigest()


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def exercise_version(root: Path, exercise_id: str) -> str:
    """Return a hash of an exercise: of its folder without the task, and of what the exercises of a pack share."""
    folders = {path.parent for path in root.glob("*/*/spec.py")}
    shared = [path for path in root.rglob("*.py") if folders.isdisjoint(path.parents)]
    mark = hashlib.sha256()
    _add_files(mark, root, shared)
    _add_files(mark, root, (root / exercise_id).rglob("*"))
    return mark.hexdigest()


def _add_files(mark: hashlib._Hash, root: Path, paths: Iterable[Path]) -> None:
    for path in sorted(paths):
        if path.is_file() and path.name != TASK_NAME and "__pycache__" not in path.parts:
            content = path.read_bytes()
            mark.update(f"{path.relative_to(root).as_posix()}\0{len(content)}\0".encode() + content)


Version = tuple[str, str]


def versions(settings: Settings, exercises: Iterable[Exercise]) -> dict[str, Version]:
    """Return, by exercise, what its grades depend on beside source and settings: the exercise, and all that judges."""
    return {
        exercise.id: (exercise_version(settings.root, exercise.id), grader_version())
        for exercise in exercises
    }


def judged_by(settings: Settings, versions: Mapping[str, Version]) -> str:
    """Return one hash of everything that grades depend on, beside submissions and seed."""
    parts = {key: value for key, value in asdict(settings).items() if key not in ("pack", "seed")}
    return hashlib.sha256(json.dumps([parts, sorted(versions.items())]).encode()).hexdigest()
