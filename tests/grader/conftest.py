"""A small course and a student with a work directory of it."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from grader.exercise import Exercise, load_exercises
from grader.workdir import WorkDir, init_work

HERE = Path(__file__).parent
REPOSITORY = HERE.parents[1]
COURSE = HERE / "packs" / "course"


@dataclass
class StudentAtWork:
    """A student of the small course, who types commands and edits task files."""

    work: WorkDir
    course: dict[str, Exercise]
    environment: dict[str, str]

    def grader(self, *arguments: str) -> Result:
        """Run a command in this process and return what it printed."""
        from grader.cli.group import grader

        return CliRunner().invoke(grader, list(arguments))

    def run(self, *arguments: str, **options: object) -> subprocess.CompletedProcess[str]:
        """Run a command in a process of its own, in the work directory."""
        command = [sys.executable, "-m", "grader", *arguments]
        settings = {"env": self.environment, "cwd": self.work.root, "timeout": 120, **options}
        return subprocess.run(command, capture_output=True, encoding="utf-8", check=False, **settings)

    def id(self, name: str) -> str:
        """Return the whole id of an exercise."""
        [found] = [key for key in self.course if key.endswith("_" + name)]
        return found

    def task(self, name: str) -> Path:
        """Return the path of a task file."""
        return self.work.task(self.id(name))

    def write(self, name: str, expression: str) -> None:
        """Write an answer: the function's body is one return."""
        stub = self.course[self.id(name)].stub
        head, _, tail = stub.partition("raise NotImplementedError")
        self.task(name).write_text(
            f"{head}return {expression}\n{tail.partition(chr(10))[2]}", encoding="utf-8"
        )

    def solve(self, *names: str) -> None:
        """Write the right answers."""
        for name in names:
            self.task(name).write_text(self.course[self.id(name)].solution, encoding="utf-8")


@pytest.fixture
def student(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StudentAtWork:
    """Return a student who stands in an untouched work directory of the small course."""
    for name in ("GRADER_WORK", "NO_COLOR", "FORCE_COLOR", "PYTHONIOENCODING"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GRADER_EXERCISES", str(COURSE))
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("PYTHONPATH", str(REPOSITORY))
    monkeypatch.setenv("PYTHONUTF8", "1")
    course = {exercise.id: exercise for exercise in load_exercises(COURSE)}
    root = tmp_path / "work"
    init_work(root, {key: exercise.stub.encode() for key, exercise in course.items()})
    monkeypatch.chdir(root)
    return StudentAtWork(WorkDir(root), course, dict(os.environ))
