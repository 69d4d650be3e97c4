"""Reports: from results.jsonl to what teachers, students and other programs read.

One small module a format. All of them take what `results.read_results` has validated, and no report says anything
that the results do not say: no clock, no random name. The same results give the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from grader.progress import write_aside
from grader.reports.classpage import class_page
from grader.reports.classroom import classroom_json
from grader.reports.escape import file_stem
from grader.reports.gradescope import gradescope_json
from grader.reports.junit import junit_xml
from grader.reports.results import Lesson, Results, ResultsError, read_results
from grader.reports.spreadsheet import checks_csv, grades_csv
from grader.reports.student import student_page

if TYPE_CHECKING:
    from grader.exercise import Exercise

__all__ = [
    "FORMATS",
    "Lesson",
    "Results",
    "ResultsError",
    "lessons_of",
    "read_results",
    "render",
    "write_all",
]

Lessons = Mapping[str, Lesson]
Files = Iterator[tuple[str, bytes]]


def _csv(results: Results, _: Lessons) -> Files:
    yield "grades.csv", grades_csv(results)
    yield "checks.csv", checks_csv(results)


def _junit(results: Results, _: Lessons) -> Files:
    yield "junit.xml", junit_xml(results)


def _html(results: Results, lessons: Lessons) -> Files:
    yield "class.html", class_page(results, lessons)
    for submission in results.submissions:
        yield f"students/{file_stem(submission.name)}.html", student_page(submission, lessons)


def _gradescope(results: Results, _: Lessons) -> Files:
    for submission in results.submissions:
        yield f"gradescope/{file_stem(submission.name)}.json", gradescope_json(submission)


def _classroom(results: Results, _: Lessons) -> Files:
    for submission in results.submissions:
        yield f"classroom/{file_stem(submission.name)}.json", classroom_json(submission)


FORMATS: Final[Mapping[str, Callable[[Results, Lessons], Files]]] = {
    "csv": _csv,
    "html": _html,
    "junit": _junit,
    "gradescope": _gradescope,
    "classroom": _classroom,
}


def lessons_of(course: Iterable[Exercise]) -> dict[str, Lesson]:
    """Return the titles and hints of exercises, as the students' pages show them."""
    return {exercise.id: Lesson(exercise.title, exercise.hints) for exercise in course}


def render(
    results: Results, formats: Sequence[str] = tuple(FORMATS), lessons: Lessons | None = None
) -> Files:
    """Yield the files of reports, each as a relative path and its bytes.

    Examples
    --------
    >>> [name for name, _ in render(Results(()), ["csv", "html"])]
    ['grades.csv', 'checks.csv', 'class.html']
    """
    for name in formats:
        yield from FORMATS[name](results, lessons or {})


def write_all(
    results_path: Path,
    out_dir: Path,
    *,
    formats: Sequence[str] = tuple(FORMATS),
    lessons: Lessons | None = None,
) -> Results:
    """Read results and write every report of them, each file whole or not at all.

    Parameters
    ----------
    results_path
        The results.jsonl, or the folder that holds it.
    out_dir
        Where the reports go; made if it does not exist. Files with other names are left alone.
    formats
        Names from `FORMATS`.
    lessons
        What `lessons_of` says of the course; without it the pages show no titles and no hints.

    Returns
    -------
    Results
        What was read, with `notices` that the teacher should see.

    Raises
    ------
    ResultsError
        If the results cannot be read. Nothing is written then.
    OSError
        If a report cannot be written.
    """
    results = read_results(results_path)
    for name, content in render(results, formats, lessons):
        path = out_dir / name
        path.parent.mkdir(parents=True, exist_ok=True)
        write_aside(path, content)
    return results
