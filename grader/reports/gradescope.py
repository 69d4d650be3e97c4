"""Gradescope's results.json.

Source: Gradescope, "Autograder Specifications" (gradescope-autograders.readthedocs.io), 2024.
"""

from __future__ import annotations

import json
from typing import Any

from grader.reports.escape import number, one_line, visible
from grader.reports.results import CheckEntry, ExerciseEntry, Submission
from grader.reports.words import LOOKS

__all__ = ["gradescope_json"]

# Every text is declared as plain: the default format of the top-level output is HTML, which a student could write.
_PLAIN = "text"


def gradescope_json(submission: Submission) -> bytes:
    """Return the results.json of one submission.

    Each exercise is a test with its points, and each check below it one without points that says what was found.
    A hidden check is there too, with its sentence and its verdict alone. Nothing is Gradescope-hidden, since that
    would hide the student's total as well; standard output, which is the grader's own, is for the teacher.

    Examples
    --------
    >>> from grader.reports.results import parse_submission
    >>> json.loads(gradescope_json(parse_submission('{"submission": "ann"}')))["score"]
    0
    """
    tests: list[dict[str, Any]] = []
    for place, exercise in enumerate(submission.exercises, 1):
        tests.append(_exercise(place, exercise))
        tests += [
            _check(f"{place}.{below}", exercise, check) for below, check in enumerate(exercise.checks, 1)
        ]
    content: dict[str, Any] = {
        "score": submission.points,
        "output": _summary(submission),
        "output_format": _PLAIN,
        "test_output_format": _PLAIN,
        "test_name_format": _PLAIN,
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "extra_data": {"submission": one_line(submission.name), "sha256": one_line(submission.sha256)},
        "tests": tests,
    }
    if submission.seconds is not None:
        content["execution_time"] = submission.seconds
    return (json.dumps(content, allow_nan=False) + "\n").encode()


def _summary(submission: Submission) -> str:
    passed = sum(exercise.verdict == "pass" for exercise in submission.exercises)
    lines = [f"{passed} of {len(submission.exercises)} exercises passed."]
    if submission.error:
        lines.append(submission.error)
    if submission.ungraded:
        lines.append(
            f"{len(submission.ungraded)} could not be graded. That is not your code's fault; "
            "ask for your submission to be graded again."
        )
    return visible("\n".join([*lines, *submission.notes]))


def _exercise(place: int, exercise: ExerciseEntry) -> dict[str, Any]:
    checks = len(exercise.checks)
    passed = sum(check.verdict == "pass" for check in exercise.checks)
    worth = "an exercise earns its points when every check passes"
    return {
        "name": one_line(exercise.id),
        "name_format": _PLAIN,
        "number": str(place),
        "score": exercise.points,
        "max_score": exercise.max_points,
        "status": "passed" if exercise.verdict == "pass" else "failed",
        "output": f"{LOOKS[exercise.verdict].words}: {passed} of {checks} checks pass; {worth} "
        f"({number(exercise.max_points)}).",
        "output_format": _PLAIN,
        "tags": ["exercise", exercise.verdict],
        "visibility": "visible",
    }


def _check(place: str, exercise: ExerciseEntry, check: CheckEntry) -> dict[str, Any]:
    return {
        "name": one_line(f"{exercise.id}: {check.name}", 200),
        "name_format": _PLAIN,
        "number": place,
        "status": "passed" if check.verdict == "pass" else "failed",
        "output": visible(check.title if check.verdict == "pass" else check.text()),
        "output_format": _PLAIN,
        "tags": ["check", check.verdict, *(["hidden"] if check.hidden else [])],
        "visibility": "visible",
    }
