"""Reading results.jsonl: one JSON object a line, a submission each, validated before any report is made of it.

What only the judge may know stays here: the seed is not read, and of a hidden check nothing is kept but its name,
its sentence and its verdict. So no report can show what was never read.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from grader.report import VERDICTS, CheckResult

__all__ = [
    "HIDDEN",
    "CheckEntry",
    "ExerciseEntry",
    "Lesson",
    "Results",
    "ResultsError",
    "Submission",
    "read_results",
]

# No course is worth more points, and no judging takes more seconds; NaN and infinity are not among the numbers either.
_LARGEST: Final = 1e9
HIDDEN: Final = "This check is hidden: the inputs that it uses are not shown."


class ResultsError(Exception):
    """A results file that cannot be read; the message says which line, why, and what to do."""


@dataclass(frozen=True, slots=True)
class Lesson:
    """What the exercise pack says about an exercise, for the student's page: its title and its hints."""

    title: str = ""
    hints: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CheckEntry:
    """What one check found; the texts are those of `grader.report.CheckResult`, "" where there is none."""

    name: str
    verdict: str
    sentence: str = ""
    message: str = ""
    counterexample: str = ""
    got: str = ""
    expected: str = ""
    table: str = ""
    output: str = ""
    diagnosis: str = ""
    hint_next: str = ""
    hints: tuple[str, ...] = ()
    hidden: bool = False
    seconds: float | None = None

    @property
    def title(self) -> str:
        """The check's sentence, or its name in words where the results hold no sentence.

        Examples
        --------
        >>> CheckEntry("check_far_out", "fail").title
        'far out'
        """
        return self.sentence or self.name.removeprefix("check_").replace("_", " ") or "a check"

    def result(self) -> CheckResult:
        """Return the check as the judge's own record, which knows the order in which a student reads it."""
        return CheckResult(
            self.name,
            self.title,
            self.verdict,
            message=self.message,
            counterexample=self.counterexample,
            got=self.got,
            expected=self.expected,
            table=self.table,
            diagnosis=self.diagnosis,
            hint_next=self.hint_next,
            output=self.output,
        )

    def text(self) -> str:
        """Return what the student reads, as plain text.

        Examples
        --------
        >>> print(CheckEntry("check_far_out", "fail", hidden=True).text())
        far out
        <BLANKLINE>
        This check is hidden: the inputs that it uses are not shown.
        """
        return f"{self.title}\n\n{HIDDEN}" if self.hidden else self.result().text()


@dataclass(frozen=True, slots=True)
class ExerciseEntry:
    """What all checks of one exercise found."""

    id: str
    verdict: str
    points: float
    max_points: float
    checks: tuple[CheckEntry, ...] = ()
    seconds: float | None = None

    @property
    def graded(self) -> bool:
        """Whether the verdict is about the student's code: `infra` never is."""
        return self.verdict != "infra"


@dataclass(frozen=True, slots=True)
class Submission:
    """One submission and what became of it.

    Attributes
    ----------
    name, sha256
        As the intake named it, and the digest of what it held.
    exercises
        In the order of their ids.
    points, max_points
        Sums over the exercises.
    seconds
        What judging took, None if the results do not say.
    notes, error
        What the intake remarked on, and why nothing could be judged ("" if it could).
    """

    name: str
    points: float
    max_points: float
    exercises: tuple[ExerciseEntry, ...] = ()
    sha256: str = ""
    seconds: float | None = None
    notes: tuple[str, ...] = ()
    error: str = ""

    @property
    def ungraded(self) -> tuple[ExerciseEntry, ...]:
        """The exercises that the grader itself failed on; they cost nobody a point, so the sum is not final."""
        return tuple(exercise for exercise in self.exercises if not exercise.graded)


@dataclass(frozen=True, slots=True)
class Results:
    """A whole class.

    Attributes
    ----------
    submissions
        In the order of their names, whatever the order of the lines was.
    exercises
        Every exercise that any submission has, with its points, in the order of the ids.
    notices
        Sentences that the teacher should see.
    """

    submissions: tuple[Submission, ...]
    exercises: Mapping[str, float] = field(default_factory=dict)
    notices: tuple[str, ...] = ()


def read_results(path: Path) -> Results:
    """Read and validate a results file.

    Where a submission has several lines the last one counts: a later run has judged it again. A last line that was
    cut short, as a killed run leaves it, is passed over with a notice.

    Parameters
    ----------
    path
        The file, or the folder that holds it as ``results.jsonl``.

    Raises
    ------
    ResultsError
        If there is no such file, or a line is no result.
    """
    path = path / "results.jsonl" if path.is_dir() else path
    latest: dict[str, Submission] = {}
    notices = []
    try:
        with path.open("rb") as stream:
            for place, line in enumerate(stream, 1):
                if not line.strip():
                    continue
                try:
                    submission = parse_submission(line)
                except ValueError as error:
                    if not line.endswith(b"\n"):
                        notices.append(
                            f"the last line of {path.name} is cut short and was passed over; "
                            "run `grader grade` again to finish it"
                        )
                        continue
                    raise ResultsError(
                        f"line {place} of {path} is not a result: {error}. Take the line out and run `grader grade` "
                        "again, which judges that submission anew."
                    ) from None
                latest[submission.name] = submission
    except OSError as error:
        why = (error.strerror or type(error).__name__).lower()
        raise ResultsError(
            f"{path} could not be read: {why}. Give the results.jsonl that `grader grade` wrote, or its folder."
        ) from None
    return gather(latest.values(), notices)


def gather(submissions: Iterable[Submission], notices: Iterable[str] = ()) -> Results:
    """Return a class in its order, with the exercises that occur in it."""
    ordered = tuple(sorted(submissions, key=lambda submission: (submission.name.casefold(), submission.name)))
    worth: dict[str, float] = {}
    for submission in ordered:
        for exercise in submission.exercises:
            worth[exercise.id] = max(exercise.max_points, worth.get(exercise.id, 0))
    return Results(ordered, {key: worth[key] for key in sorted(worth, key=_natural)}, tuple(notices))


def parse_submission(line: str | bytes) -> Submission:
    """Return the submission that a line describes.

    Raises
    ------
    ValueError
        If it describes none; the message says what is wrong with it.

    Examples
    --------
    >>> parse_submission('{"submission": "ann", "exercises": [], "points": 0, "max_points": 2}').name
    'ann'
    >>> parse_submission('{"submission": "ann", "exercises": [], "points": -1, "max_points": 2}')
    Traceback (most recent call last):
        ...
    ValueError: 'points' is not a number from 0 on
    """
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        raise ValueError("it does not hold JSON") from None
    if not isinstance(record, dict):
        raise ValueError("it is not a JSON object")
    name = record.get("submission")
    if not isinstance(name, str) or not name:
        raise ValueError("'submission' is not a name")
    exercises = [_exercise(entry) for entry in _list(record, "exercises", dict)]
    ids = [exercise.id for exercise in exercises]
    if len(set(ids)) != len(ids):
        raise ValueError("an exercise occurs twice")
    return Submission(
        name,
        _number(record, "points", sum(exercise.points for exercise in exercises)),
        _number(record, "max_points", sum(exercise.max_points for exercise in exercises)),
        tuple(sorted(exercises, key=lambda exercise: _natural(exercise.id))),
        sha256=_text(record, "sha256"),
        seconds=_seconds(record),
        notes=tuple(_list(record, "notes", str)),
        error=_text(record, "error"),
    )


def _exercise(entry: Mapping[str, Any]) -> ExerciseEntry:
    return ExerciseEntry(
        _name(entry, "id"),
        _verdict(entry),
        _number(entry, "points"),
        _number(entry, "max_points"),
        tuple(_check(check) for check in _list(entry, "checks", dict)),
        _seconds(entry),
    )


def _check(entry: Mapping[str, Any]) -> CheckEntry:
    base = CheckEntry(
        _name(entry, "name"), _verdict(entry), _text(entry, "sentence"), seconds=_seconds(entry)
    )
    # Anything but an explicit "no" hides: a leak cannot be taken back.
    if entry.get("hidden") not in (None, False):
        return replace(base, hidden=True)
    return replace(
        base,
        message=_text(entry, "message"),
        counterexample=_text(entry, "counterexample"),
        got=_text(entry, "got"),
        expected=_text(entry, "expected"),
        table=_text(entry, "table"),
        output=_text(entry, "output"),
        diagnosis=_text(entry, "diagnosis"),
        hint_next=_text(entry, "hint_next"),
        hints=tuple(_list(entry, "hints", str)),
    )


def _name(entry: Mapping[str, Any], key: str) -> str:
    text = _text(entry, key)
    if not text:
        raise ValueError(f"{key!r} is missing")
    return text


def _text(entry: Mapping[str, Any], key: str) -> str:
    value = entry.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise ValueError(f"{key!r} is not a text")
    return value


def _verdict(entry: Mapping[str, Any]) -> str:
    verdict = entry.get("verdict")
    if verdict not in VERDICTS:
        raise ValueError(f"{str(verdict)[:40]!r} is no verdict")
    return str(verdict)


def _number(entry: Mapping[str, Any], key: str, default: float | None = None) -> float:
    value = entry.get(key, default)
    if not isinstance(value, (int, float)) or isinstance(value, bool) or not 0 <= value <= _LARGEST:
        raise ValueError(f"{key!r} is not a number from 0 on")
    return value


def _seconds(entry: Mapping[str, Any]) -> float | None:
    return None if entry.get("seconds") is None else _number(entry, "seconds")


def _list(entry: Mapping[str, Any], key: str, kind: type) -> list[Any]:
    value = entry.get(key)
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(item, kind) for item in value):
        raise ValueError(f"{key!r} is not a list of {'objects' if kind is dict else 'texts'}")
    return value


def _natural(text: str) -> list[tuple[int, str]]:
    """Order ch10 after ch9."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", text)]
