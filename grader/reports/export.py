"""What other platforms run: the Gradescope autograder as a zip, the files of a GitHub Classroom assignment."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import io
import json
import os
import re
import tomllib
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import grader
from grader.reports.autograder import SETTINGS
from grader.reports.markup import asset
from grader.workdir import TASK_NAME

if TYPE_CHECKING:
    from grader.exercise import Exercise

__all__ = ["DISTRIBUTION", "classroom_files", "gradescope_zip", "requirements"]

DISTRIBUTION: Final = "tinygrad-edu"
_EXTRA: Final = "grader"
# The oldest date that a zip can hold: the same sources give the same archive.
_DATE: Final = (1980, 1, 1, 0, 0, 0)
_SEED: Final = "seed"
_MODES: Final = {"setup.sh": 0o100755, "run_autograder": 0o100755, _SEED: 0o100600}
_LEFT_OUT: Final = frozenset({"__pycache__", "_exercises", "node_modules", "venv"})


def gradescope_zip(root: Path, *, seed: bytes | None = None, unsafe_no_sandbox: bool = False) -> bytes:
    """Return the autograder for Gradescope, as the zip that is uploaded there.

    It holds setup.sh, run_autograder, the sources of the grader and the engine, and the exercises with their checks;
    no student's task file and no results.

    Parameters
    ----------
    root
        The folder of the exercises.
    seed
        A seed file, as ``grader grade --seed-file`` takes it.
    unsafe_no_sandbox
        Whether to grade where no sandbox holds. A student's code could then read the solutions in the container.
    """
    settings = {"seed_file": _SEED if seed is not None else None, "unsafe_no_sandbox": unsafe_no_sandbox}
    content = {
        "setup.sh": asset("setup.sh").encode(),
        "run_autograder": asset("run_autograder").encode(),
        "requirements.txt": "".join(f"{line}\n" for line in requirements()).encode(),
        SETTINGS: (json.dumps(settings) + "\n").encode(),
        **dict(_tree("grader", Path(grader.__file__).parent)),
        **dict(_tree("tinygrad_edu", _engine())),
        **dict(_tree("exercises", root, left_out=(TASK_NAME,))),
    }
    if seed is not None:
        content[_SEED] = seed
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(content):
            entry = zipfile.ZipInfo(name, _DATE)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3  # Unix, wherever this runs: the permissions below are Unix's
            entry.external_attr = _MODES.get(name, 0o100644) << 16
            archive.writestr(entry, content[name])
    return stream.getvalue()


def requirements() -> list[str]:
    """Return the packages that grading needs, each in the version that is installed here.

    The image then grades with what the teacher has tried. A package that is not installed here keeps its range.
    """
    return sorted(_pinned(line) for line in _declared())


def _declared() -> Iterator[str]:
    """Yield what the project declares: in its clone by pyproject.toml, installed by its metadata."""
    clone = Path(grader.__file__).parents[1] / "pyproject.toml"
    if clone.is_file():
        project = tomllib.loads(clone.read_text(encoding="utf-8"))["project"]
        yield from project["dependencies"]
        yield from project["optional-dependencies"][_EXTRA]
        return
    for line in importlib.metadata.requires(DISTRIBUTION) or ():
        requirement, _, marker = line.partition(";")
        if not marker or re.search(rf"extra\s*==\s*['\"]{_EXTRA}['\"]", marker):
            yield requirement.strip()


def _pinned(requirement: str) -> str:
    name = re.split(r"[^A-Za-z0-9._-]", requirement, maxsplit=1)[0]
    try:
        return f"{name}=={importlib.metadata.version(name)}"
    except importlib.metadata.PackageNotFoundError:
        return requirement


def _engine() -> Path:
    # Found without importing it: exporting needs no NumPy.
    found = importlib.util.find_spec("tinygrad_edu")
    if found is None or found.origin is None:
        raise FileNotFoundError(None, "no such package", "tinygrad_edu")
    return Path(found.origin).parent


def _tree(prefix: str, folder: Path, left_out: Iterable[str] = ()) -> Iterator[tuple[str, bytes]]:
    """Yield the regular files below a folder; links, hidden files and what running leaves behind are passed over."""
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name not in _LEFT_OUT and not name.startswith(".")]
        for name in names:
            path = Path(place, name)
            if name in left_out or name.startswith(".") or name.endswith(".pyc"):
                continue
            if path.is_file() and not path.is_symlink():
                yield f"{prefix}/{path.relative_to(folder).as_posix()}", path.read_bytes()


def classroom_files(course: Sequence[Exercise], requirement: str) -> dict[str, bytes]:
    """Return the files that make a repository a GitHub Classroom assignment, by their path in it.

    The workflow grades every push. autograding.json says the same for classrooms that keep their tests there: one
    test an exercise, with its points.

    Parameters
    ----------
    course
        The exercises.
    requirement
        What pip installs the grader from, such as "tinygrad-edu[grader]" or "git+https://...".
    """
    tests = [
        {
            "name": exercise.id,
            "setup": f"python -m pip install --quiet {json.dumps(requirement)}",
            "run": f"grader check {exercise.id} --work .",
            "input": "",
            "output": "",
            "comparison": "included",
            "timeout": 5,
            "points": exercise.points,
        }
        for exercise in course
    ]
    # A JSON string is a YAML string too, and quotes whatever the requirement holds.
    workflow = asset("classroom.yml").replace("@REQUIREMENT@", json.dumps(requirement))
    return {
        ".github/workflows/classroom.yml": workflow.encode(),
        ".github/classroom/autograding.json": (json.dumps({"tests": tests}, indent=2) + "\n").encode(),
    }
