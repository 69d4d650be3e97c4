"""The function that judges one source for one exercise: JSON in, JSON out, wherever it runs."""

from __future__ import annotations

import base64
import functools
import hashlib
import importlib
import json
import sys
import threading
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

from grader.batch.version import Settings, Version, exercise_version, grader_version
from grader.exercise import Exercise, ExerciseError

if TYPE_CHECKING:
    from grader.process import Launcher
    from grader.report import ExerciseResult

# The judge keeps state for one exercise at a time, and a worker of a cluster may run several threads.
_ONE_AT_A_TIME: Final = threading.Lock()


@dataclass(frozen=True, slots=True)
class Job:
    """One source for one exercise.

    Attributes
    ----------
    exercise
        Its id.
    version
        From `versions` on the machine that asks. A judge that has another refuses.
    sha256
        Of the source; None if there is none.
    settings
        How to grade.
    """

    exercise: str
    version: Version
    sha256: str | None
    settings: Settings

    @property
    def key(self) -> str:
        """A hash of everything that the grade depends on."""
        settings = asdict(self.settings)
        for name in ("pack", "submission_s", "hide_inputs"):  # of these a grade is independent
            del settings[name]
        parts = [self.exercise, self.version, self.sha256, settings]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()

    def to_json(self, source: bytes | None, launcher: dict[str, Any] | None = None) -> str:
        """Return the job with its source, as `grade_one` takes it.

        `launcher` (from `described`) spares a judge on the same machine the self-test of its sandbox.
        """
        text = None if source is None else base64.b64encode(source).decode()
        return json.dumps({**asdict(self), "source": text, "launcher": launcher})


def grade_one(job_json: str) -> str:
    """Judge one source for one exercise.

    Parameters
    ----------
    job_json
        From `Job.to_json`.

    Returns
    -------
    str
        The exercise's entry of a line of results, as JSON. What goes wrong in the grader is the verdict ``infra``.
    """
    data = json.loads(job_json)
    coded, launcher = data.pop("source"), data.pop("launcher")
    job = Job(**{**data, "version": tuple(data["version"]), "settings": Settings(**data["settings"])})
    source = None if coded is None else base64.b64decode(coded, validate=True)
    with _ONE_AT_A_TIME:
        try:
            return json.dumps(_judged(job, source, launcher))
        except Exception as error:
            # A broken spec or machine costs this exercise its verdict, and never the student a point.
            return json.dumps(not_judged(job.exercise, 0, f"{type(error).__name__}: {error}"))


def _judged(job: Job, source: bytes | None, described_launcher: dict[str, Any] | None) -> dict[str, Any]:
    # The grader that only hands out jobs should not wait for NumPy and Hypothesis.
    from grader.batch.deadline import Clock, TimedRunner
    from grader.judge import check_exercise
    from grader.process import ProcessRunner

    settings = job.settings
    exercise = _exercise(settings.root, job.exercise, job.version)
    if described_launcher is None:
        launcher = launcher_for(settings.sandbox, granted_by([exercise]))
    else:
        launcher = _made(described_launcher)
    clock = Clock(settings.exercise_s)
    result = check_exercise(
        exercise,
        source,
        seed=settings.seed,
        deadline_s=settings.check_s,
        runner=lambda: TimedRunner(ProcessRunner(launcher), clock),
    )
    return entry(result)


def entry(result: ExerciseResult) -> dict[str, Any]:
    """Return all that a result says, of which ``check --json`` is a part.

    Examples
    --------
    >>> from grader.report import ExerciseResult
    >>> entry(ExerciseResult("ch01/ex01", "infra", 0, 2))["max_points"]
    2
    """
    checks = [{**asdict(check), **check.to_json()} for check in result.checks]
    return {**result.to_json(), "checks": checks, "output": result.output, "seconds": result.seconds}


def not_judged(exercise_id: str, max_points: int, why: str, verdict: str = "infra") -> dict[str, Any]:
    """Return the entry of an exercise that could not be judged, or not any more."""
    from grader.report import CheckResult, ExerciseResult

    sentence = {
        "infra": "The grader could not judge this exercise.",
        "timeout": "A submission has a time in which all of it must have run.",
    }[verdict]
    check = CheckResult("grader", sentence, verdict, why)
    return entry(ExerciseResult(exercise_id, verdict, 0, max_points, [check]))


# Kept, because a spec takes its time to import, and what was drawn for one submission serves the next. By version,
# because a worker of a cluster may live on while the exercises change.
@functools.lru_cache(maxsize=1024)
def _exercise(root: Path, exercise_id: str, version: Version) -> Exercise:
    here = exercise_version(root, exercise_id), grader_version()
    if here != version:
        what = "exercises" if here[0] != version[0] else "grader, Python or libraries"
        raise ExerciseError(
            f"this machine has other {what} than the one that asks; install the same, start anew"
        )
    return Exercise(exercise_id, root / exercise_id)


def granted_by(exercises: Iterable[Exercise]) -> tuple[str, ...]:
    """Return the packages that exercises grant, beside those that every worker has."""
    granted = {package for exercise in exercises for package in exercise.imports}
    return tuple(sorted(granted - sys.stdlib_module_names - {"numpy"}))


@functools.lru_cache(maxsize=8)
def launcher_for(sandbox: str, granted: tuple[str, ...]) -> Launcher:
    """Return what starts workers in the tier that the settings ask for.

    Raises
    ------
    SandboxError
        If there is no sandbox here that has passed its self-test.
    """
    from grader.sandbox import choose_launcher, unsandboxed_launcher

    return unsandboxed_launcher() if sandbox == "process" else choose_launcher(granted=granted)


def described(launcher: Launcher) -> dict[str, Any]:
    """Return a launcher as plain data, from which a judge on the same machine makes it again."""
    kind = type(launcher)
    return {"module": kind.__module__, "name": kind.__qualname__, "fields": asdict(cast("Any", launcher))}


def _made(description: dict[str, Any]) -> Launcher:
    kind = getattr(importlib.import_module(description["module"]), description["name"])
    # JSON knows no tuples.
    fields = {
        key: tuple(value) if isinstance(value, list) else value
        for key, value in description["fields"].items()
    }
    launcher: Launcher = kind(**fields)
    return launcher
