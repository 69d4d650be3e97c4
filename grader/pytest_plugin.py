"""A pytest plugin: each check of an exercise is an item, put to the student's `task.py` in a worker.

pytest loads it in every project of the environment, so it imports nothing of the grader until it has found an
exercise. Files of an exercise never become modules of the test process: the student's code runs in the worker
alone, and solutions and specs hold no tests.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from grader.exercise import Exercise
    from grader.report import CheckResult

__all__ = ["CheckItem", "TaskFile", "pytest_collect_file"]

_OURS = frozenset({"task.py", "solution.py", "spec.py"})
_USES_GRADER = re.compile(r"^\s*(from|import)\s+grader\.spec\b", re.MULTILINE)


# The older form of a wrapper, since an environment's pytest may be older than the one this project asks for.
@pytest.hookimpl(hookwrapper=True)
def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> Generator[None, Any, None]:
    """Collect a student's file as the checks of its exercise, and nothing else from an exercise's folder."""
    outcome = yield
    if file_path.name not in _OURS:
        return
    folder = file_path.parent
    beside = _is_exercise(folder)
    if file_path.name != "task.py":
        if beside:
            outcome.force_result([])
        return
    exercise = folder if beside else _known_exercise(folder)
    if exercise is not None:
        outcome.force_result([TaskFile.from_parent(parent, path=file_path, folder=exercise)])


def _is_exercise(folder: Path) -> bool:
    """Tell whether a folder holds an exercise: other projects have files called spec.py and task.py too."""
    if not (folder / "solution.py").is_file():
        return False
    try:
        return bool(_USES_GRADER.search((folder / "spec.py").read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError):
        return False


def _known_exercise(folder: Path) -> Path | None:
    """Return the exercise that a folder of a work directory belongs to, by its last two names."""
    here = Path(__file__).parent
    for root in (here / "_exercises", here.parent / "exercises"):
        candidate = root / folder.parent.name / folder.name
        if _is_exercise(candidate):
            return candidate
    return None


class TaskFile(pytest.File):
    """A student's file. Its checks run together, in one worker, when the first of them is wanted."""

    def __init__(self, *, folder: Path, **options: Any) -> None:
        super().__init__(**options)
        self._folder = folder
        self._results: dict[str, CheckResult] | None = None

    def collect(self) -> Iterator[CheckItem]:
        """Yield an item for each check.

        Raises
        ------
        pytest.Collector.CollectError
            If the packages that checking needs are not installed, or the exercise is broken.
        """
        try:
            from grader.exercise import ExerciseError

            exercise = self._exercise()
            checks = exercise.checks
        except ModuleNotFoundError as error:
            if error.name not in ("hypothesis", "msgpack"):
                raise
            sentence = f"the package {error.name} is not installed. Run: pip install 'tinygrad-edu[grader]'"
            raise self.CollectError(sentence) from None
        except ExerciseError as error:
            raise self.CollectError(str(error)) from None
        untouched = self._is(exercise.stub)
        for check in checks:
            item = CheckItem.from_parent(self, name=check.name)
            if untouched:
                item.add_marker(pytest.mark.skip(reason="not started"))
            yield item

    def result(self, name: str) -> CheckResult:
        """Return what a check found."""
        if self._results is None:
            from grader.judge import check_exercise

            found = check_exercise(self._exercise(), self.path.read_bytes())
            self._results = {check.name: check for check in found.checks}
        return self._results[name]

    def _is(self, stub: str) -> bool:
        from grader.progress import same_text

        try:
            return same_text(self.path.read_bytes(), stub.encode())
        except OSError:
            return False

    def _exercise(self) -> Exercise:
        from grader.exercise import Exercise

        return Exercise(f"{self._folder.parent.name}/{self._folder.name}", self._folder)


class NotPassedError(Exception):
    """A check did not pass; the text is what the student reads."""


class CheckItem(pytest.Item):
    """One check of one exercise."""

    def runtest(self) -> None:
        """Run it: skip what is not started, fail with the student's text."""
        assert isinstance(self.parent, TaskFile)
        try:
            result = self.parent.result(self.name)
        except OSError as error:
            raise NotPassedError(f"{self.path} could not be read: {error.strerror}.") from None
        if result.verdict in ("not_started", "skipped"):
            pytest.skip("not started" if result.verdict == "not_started" else result.message)
        if result.verdict != "pass":
            raise NotPassedError(result.text())

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Return the student's text, without a traceback of ours."""
        if isinstance(excinfo.value, NotPassedError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        """Say where it is and what it is called."""
        return self.path, 0, f"{self.path.parent.name}: {self.name}"
