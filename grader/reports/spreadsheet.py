"""grades.csv (a row a student) and checks.csv (a row a check)."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from grader.reports.escape import csv_cell, file_stem, number
from grader.reports.results import Results, Submission

__all__ = ["checks_csv", "grades_csv"]

_CHECK_COLUMNS = (
    "submission", "exercise", "check", "verdict", "hidden", "sentence", "message", "counterexample", "got",
    "expected", "diagnosis", "seconds",
)  # fmt: skip


def grades_csv(results: Results) -> bytes:
    """Return the grade book: submission, points, max_points, the points of each exercise, note, page.

    A cell is empty where there is nothing to say: an exercise that the submission's results do not hold, one that
    the grader itself failed on, and then the sum too, for it is not final. The note says so. `page` is the student's
    page beside this file. Text is safe against formula injection (`escape.csv_cell`), so a name that starts with
    "=" has an apostrophe before it.

    Examples
    --------
    >>> from grader.reports.results import gather, parse_submission
    >>> line = '{"submission": "=x", "exercises": [], "points": 0, "max_points": 0}'
    >>> print(grades_csv(gather([parse_submission(line)])).decode().splitlines()[1])
    '=x,0,0,,students/x-77c6388703.html
    """
    header = ["submission", "points", "max_points", *map(csv_cell, results.exercises), "note", "page"]
    return _table(header, (_grades(submission, results) for submission in results.submissions))


def _grades(submission: Submission, results: Results) -> list[str]:
    points = {exercise.id: number(exercise.points) for exercise in submission.exercises if exercise.graded}
    return [
        csv_cell(submission.name),
        "" if submission.ungraded else number(submission.points),
        number(submission.max_points),
        *(points.get(exercise_id, "") for exercise_id in results.exercises),
        csv_cell(_note(submission)),
        f"students/{file_stem(submission.name)}.html",
    ]


def _note(submission: Submission) -> str:
    count = len(submission.ungraded)
    failed = f"{count} not graded, run `grader grade` again" if count else ""
    return "; ".join(part for part in (failed, submission.error, *submission.notes) if part)


def checks_csv(results: Results) -> bytes:
    """Return every check of every submission, a row each; of a hidden one only its sentence and its verdict.

    Examples
    --------
    >>> from grader.reports.results import Results
    >>> checks_csv(Results(())).decode()[:26]
    'submission,exercise,check,'
    """
    return _table(_CHECK_COLUMNS, _checks(results))


def _checks(results: Results) -> Iterable[list[str]]:
    for submission in results.submissions:
        for exercise in submission.exercises:
            for check in exercise.checks:
                yield [
                    csv_cell(submission.name),
                    csv_cell(exercise.id),
                    csv_cell(check.name),
                    check.verdict,
                    "yes" if check.hidden else "no",
                    *map(
                        csv_cell,
                        (
                            check.title,
                            check.message,
                            check.counterexample,
                            check.got,
                            check.expected,
                            check.diagnosis,
                        ),
                    ),
                    "" if check.seconds is None else number(check.seconds),
                ]


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return stream.getvalue().encode("utf-8")
