"""GitHub Classroom: the result that the reporter action of its autograder reads.

Source: github.com/classroom-resources/autograding-grading-reporter, 2024. The action takes the object in base64 from
an environment variable, prints every name and message on the log, and sums up `score`.
"""

from __future__ import annotations

import json
from typing import Any, Final

from grader.reports.escape import actions_text, one_line
from grader.reports.results import ExerciseEntry, Submission

__all__ = ["classroom_json"]

# Linux hands no environment variable over that is longer than 128 KiB, and base64 makes four bytes of three.
_BUDGET: Final = 90_000
_MESSAGE: Final = 4000


def classroom_json(submission: Submission) -> bytes:
    """Return one submission as the reporter action takes it: a test an exercise, with its points.

    Messages are cut so that the whole fits into an environment variable, and hold nothing that the runner of GitHub
    Actions would take for a command.

    Examples
    --------
    >>> from grader.reports.results import parse_submission
    >>> json.loads(classroom_json(parse_submission('{"submission": "ann"}')))["status"]
    'fail'
    """
    content: dict[str, Any] = {
        "version": 1,
        "status": _status(submission),
        "max_score": submission.max_points,
    }
    room = _MESSAGE
    while True:
        content["tests"] = [_test(exercise, room) for exercise in submission.exercises]
        encoded = (json.dumps(content, allow_nan=False) + "\n").encode()
        if len(encoded) <= _BUDGET or not room:
            return encoded
        room //= 2


def _status(submission: Submission) -> str:
    verdicts = {exercise.verdict for exercise in submission.exercises}
    if "infra" in verdicts or submission.error:
        return "error"
    return "pass" if verdicts == {"pass"} else "fail"


def _test(exercise: ExerciseEntry, room: int) -> dict[str, Any]:
    texts = [check.text() for check in exercise.checks if check.verdict not in ("pass", "skipped")]
    test: dict[str, Any] = {
        "name": one_line(exercise.id),
        "status": {"pass": "pass", "infra": "error"}.get(exercise.verdict, "fail"),
        "score": exercise.points,
        "message": actions_text("\n\n\n".join(texts), room),
        "test_code": f"grader check {one_line(exercise.id)}",
        "filename": f"{one_line(exercise.id)}/task.py",
        "line_no": 0,
    }
    if exercise.seconds is not None:
        test["execution_time"] = f"{exercise.seconds:.3f}s"
    return test
