"""What a class did, counted: the numbers behind the page for the teacher."""

from __future__ import annotations

import statistics
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from grader.report import VERDICTS
from grader.reports.results import ExerciseEntry, Results, Submission
from grader.reports.words import LOOKS, blamed

__all__ = [
    "CheckCount",
    "ExerciseCount",
    "Misconception",
    "hardest_checks",
    "misconceptions",
    "per_exercise",
    "points_histogram",
    "slowest",
    "verdict_counts",
]


@dataclass(frozen=True, slots=True)
class ExerciseCount:
    """How the class stands with one exercise; seconds are None where the results hold none."""

    id: str
    passed: int
    wrong: int
    waiting: int
    ungraded: int
    median_seconds: float | None
    longest_seconds: float | None


@dataclass(frozen=True, slots=True)
class CheckCount:
    """How many submissions got as far as a check, and how many of these failed it."""

    exercise: str
    title: str
    failed: int
    reached: int


@dataclass(frozen=True, slots=True)
class Misconception:
    """A diagnosis, and how many submissions have it."""

    exercise: str
    diagnosis: str
    students: int


def verdict_counts(results: Results) -> dict[str, int]:
    """Return how often each exercise verdict occurs, in the order of `grader.report.VERDICTS`.

    Examples
    --------
    >>> verdict_counts(Results(()))
    {}
    """
    counts = Counter(exercise.verdict for exercise in _entries(results))
    return {verdict: counts[verdict] for verdict in VERDICTS if counts[verdict]}


def per_exercise(results: Results) -> list[ExerciseCount]:
    """Return how the class stands with each exercise, in course order."""
    entries: defaultdict[str, list[ExerciseEntry]] = defaultdict(list)
    for entry in _entries(results):
        entries[entry.id].append(entry)
    return [_count(exercise_id, entries[exercise_id]) for exercise_id in results.exercises]


def _count(exercise_id: str, entries: Sequence[ExerciseEntry]) -> ExerciseCount:
    kinds = Counter(LOOKS[entry.verdict].kind for entry in entries)
    seconds = [entry.seconds for entry in entries if entry.seconds is not None]
    return ExerciseCount(
        exercise_id,
        kinds["good"],
        sum(map(blamed, entries)),
        kinds["wait"],
        kinds["ours"],
        statistics.median(seconds) if seconds else None,
        max(seconds, default=None),
    )


def hardest_checks(results: Results, limit: int = 15) -> list[CheckCount]:
    """Return the checks that most submissions fail, of those that got as far; equal ones by their share."""
    failed: Counter[tuple[str, str]] = Counter()
    reached: Counter[tuple[str, str]] = Counter()
    for entry in _entries(results):
        for check in entry.checks:
            kind = LOOKS[check.verdict].kind
            if kind in ("good", "bad", "broken"):
                key = (entry.id, check.title)
                reached[key] += 1
                failed[key] += kind != "good"
    ranked = sorted(
        (key for key in failed if failed[key]),
        key=lambda key: (-failed[key], -failed[key] / reached[key], key),
    )
    return [CheckCount(*key, failed[key], reached[key]) for key in ranked[:limit]]


def misconceptions(results: Results, limit: int = 15) -> list[Misconception]:
    """Return the diagnoses that most submissions have; one that has it twice counts once."""
    students = Counter(
        key
        for submission in results.submissions
        for key in {
            (entry.id, check.diagnosis)
            for entry in submission.exercises
            for check in entry.checks
            if check.diagnosis
        }
    )
    ranked = sorted(students, key=lambda key: (-students[key], key))
    return [Misconception(*key, students[key]) for key in ranked[:limit]]


def points_histogram(results: Results, bins: int = 10) -> list[tuple[str, int]]:
    """Return how many graded submissions lie in each tenth of the points, all points being in the last.

    Examples
    --------
    >>> points_histogram(Results((Submission("ann", 2, 2),)))[-1]
    ('90-100 %', 1)
    """
    counts = [0] * bins
    for submission in results.submissions:
        if submission.max_points and not submission.ungraded:
            counts[min(bins - 1, int(bins * submission.points / submission.max_points))] += 1
    step = 100 // bins
    return [(f"{place * step}-{(place + 1) * step} %", count) for place, count in enumerate(counts)]


def slowest(results: Results, limit: int = 5) -> list[Submission]:
    """Return the submissions that took longest to judge, of those whose time is known."""
    timed = [submission for submission in results.submissions if submission.seconds is not None]
    return sorted(timed, key=lambda submission: -(submission.seconds or 0))[:limit]


def _entries(results: Results) -> Iterable[ExerciseEntry]:
    for submission in results.submissions:
        yield from submission.exercises
