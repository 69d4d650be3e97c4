"""The numbers behind the class page."""

from __future__ import annotations

from report_cases import IDS, check, class_of, exercise, failing, friendly_class, record

from grader.reports.classpage import class_page
from grader.reports.summary import (
    CheckCount,
    ExerciseCount,
    Misconception,
    hardest_checks,
    misconceptions,
    per_exercise,
    points_histogram,
    slowest,
    verdict_counts,
)


def test_hardest_are_those_that_most_fail() -> None:
    """Of those who got as far: who has not started, was not run or met our own failure is not counted."""
    easy, hard = check("check_easy"), failing("check_hard")
    entries = [
        exercise(0, "fail", easy, hard),
        exercise(0, "error", failing("check_easy", "error"), hard),
        exercise(0, "pass", easy, check("check_hard")),
        *[
            exercise(0, verdict, check("check_hard", verdict))
            for verdict in ("not_started", "skipped", "infra")
        ],
    ]
    results = class_of(record(f"s{place}", entry) for place, entry in enumerate(entries))
    assert hardest_checks(results) == [
        CheckCount(IDS[0], "The sentence of check_hard.", 2, 3),
        CheckCount(IDS[0], "The sentence of check_easy.", 1, 3),
    ]
    assert hardest_checks(results, 1) == hardest_checks(results)[:1]
    assert '2 of 3</td><td class="number">67 %' in class_page(results).decode()


def test_equal_counts_are_ordered_by_share() -> None:
    """One of one is harder than one of two."""
    one = exercise(0, "fail", failing("check_a"))
    results = class_of(
        [
            record("x", one, exercise(1, "fail", failing("check_b"))),
            record("y", exercise(0, "pass", check("check_a"))),
        ]
    )
    assert [(found.exercise, found.failed, found.reached) for found in hardest_checks(results)] == [
        (IDS[1], 1, 1),
        (IDS[0], 1, 2),
    ]


def test_a_misconception_counts_once_a_student() -> None:
    """However many checks it shows in; most common first, hidden checks have none."""
    twice = exercise(0, "fail", failing("check_a"), failing("check_b"))
    other = exercise(1, "fail", failing(diagnosis="Something else."), failing("check_h", hidden=True))
    results = class_of([record("x", twice), record("y", twice, other)])
    assert misconceptions(results) == [
        Misconception(IDS[0], "You add one where two is to be multiplied.", 2),
        Misconception(IDS[1], "Something else.", 1),
    ]


def test_each_exercise() -> None:
    """Everybody is in one of four groups; times only where they are known."""
    verdicts = ["pass", "pass", "fail", "timeout", "missing", "infra"]
    times = [1.0, 2.0, 3.0, 40.0, None, None]
    results = class_of(
        record(f"s{place}", exercise(0, verdict, seconds=seconds))
        for place, (verdict, seconds) in enumerate(zip(verdicts, times, strict=True))
    )
    assert per_exercise(results) == [ExerciseCount(IDS[0], 2, 2, 1, 1, 2.5, 40.0)]
    assert list(verdict_counts(results)) == ["pass", "fail", "timeout", "missing", "infra"]


def test_points_and_times_of_submissions() -> None:
    """All points are in the last tenth, what is not fully graded in none; the slowest first."""
    results = class_of([*friendly_class(), record("zoe", exercise(0, "infra"), seconds=9)])
    assert [count for _, count in points_histogram(results)] == [1, 1, 0, 0, 0, 0, 0, 0, 0, 1]
    assert [submission.name for submission in slowest(results)] == ["zoe", "ann"]
