"""The page for the teacher: the whole class at a glance, and where it is stuck."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping, Sequence

from grader.reports.escape import file_stem, number
from grader.reports.heatmap import heatmap
from grader.reports.markup import Html, asset, document, element, fragment
from grader.reports.parts import badge, bar, name_of, seconds_of
from grader.reports.results import Lesson, Results
from grader.reports.summary import (
    hardest_checks,
    misconceptions,
    per_exercise,
    points_histogram,
    slowest,
    verdict_counts,
)
from grader.reports.words import LOOKS, label

__all__ = ["class_page"]


def class_page(results: Results, lessons: Mapping[str, Lesson] | None = None) -> bytes:
    """Return the class page: one file that needs no network, and a script only to sort and to filter.

    Parameters
    ----------
    results
        The class.
    lessons
        Titles by exercise id; what is missing is left out.

    Examples
    --------
    >>> b"<h1>" in class_page(Results(()))
    True
    """
    body = element(
        "main",
        element("header", element("h1", "The class"), _tiles(results)),
        _section("students", "Students by exercises", heatmap(results)),
        _section("exercises", "Exercises", _exercises(results, lessons or {})),
        _section("hardest", "Hardest checks", _hardest(results)),
        _section("misconceptions", "Most common misconceptions", _misconceptions(results)),
        _section("verdicts", "Verdicts", _verdicts(results)),
        _section("points", "Points", _points(results)),
        _section("timing", "Timing", _timing(results)),
        _section("remarks", "Remarks of the intake", _remarks(results)),
    )
    return document("The class", body, style=asset("style.css"), script=asset("class.js"))


def _section(anchor: str, title: str, content: Html | None) -> Html | None:
    if content is None:
        return None
    return element("section", element("h2", title, id=anchor), content, aria_labelledby=anchor)


def _tiles(results: Results) -> Html:
    final = [submission for submission in results.submissions if not submission.ungraded]
    points = [submission.points for submission in final]
    most = max((submission.max_points for submission in results.submissions), default=0)
    ungraded = len(results.submissions) - len(final)
    tiles = [
        ("Students", str(len(results.submissions))),
        ("Exercises", str(len(results.exercises))),
        ("Mean points", f"{statistics.fmean(points):.1f} of {number(most)}" if points else "none"),
        ("Median", number(statistics.median(points)) if points else "none"),
        ("Full marks", str(sum(value >= most for value in points) if most else 0)),
    ]
    if ungraded:
        tiles.append(("Not fully graded", str(ungraded)))
    pairs = [element("div", element("dt", name), element("dd", value)) for name, value in tiles]
    notices = [element("p", notice) for notice in results.notices]
    return fragment(
        element("dl", *pairs, class_="tiles"),
        element("section", *notices, class_="notice", aria_label="Notices") if notices else None,
    )


def _table(headings: Sequence[str], rows: Iterable[Sequence[Html | str]]) -> Html | None:
    """Return a table, None if it would be empty; the first cell of a row is its heading.

    A heading that starts with "#" is that of a column of numbers, one that starts with "=" that of bars, which say
    again what the numbers say and are left out on a phone.
    """
    kinds = [{"#": "number", "=": "share"}.get(heading[0]) for heading in headings]
    body = [
        element(
            "tr",
            element("th", row[0], scope="row"),
            *[element("td", cell, class_=kind) for kind, cell in zip(kinds[1:], row[1:], strict=True)],
        )
        for row in rows
    ]
    if not body:
        return None
    head = [
        element("th", heading.lstrip("#="), scope="col", class_=kind)
        for heading, kind in zip(headings, kinds, strict=True)
    ]
    return element("table", element("thead", element("tr", *head)), element("tbody", *body), class_="plain")


def _exercises(results: Results, lessons: Mapping[str, Lesson]) -> Html | None:
    class_size = len(results.submissions)
    return _table(
        ("Exercise", "#passed", "#not right", "#not started", "#not graded", "=of the class"),
        (
            (
                _named(count.id, lessons.get(count.id, Lesson()).title, "aside title"),
                *map(str, (count.passed, count.wrong, count.waiting, count.ungraded)),
                bar(
                    ("good", count.passed),
                    ("bad", count.wrong),
                    ("wait", count.waiting),
                    ("ours", count.ungraded),
                    whole=class_size,
                ),
            )
            for count in per_exercise(results)
        ),
    )


def _named(exercise_id: str, below: str, kind: str = "aside") -> Html:
    return fragment(label(exercise_id), element("span", below, class_=kind) if below else None)


def _hardest(results: Results) -> Html | None:
    return _table(
        ("Check", "#failed by", "#share", "=of those who got there"),
        (
            (
                _named(check.exercise, check.title),
                f"{check.failed} of {check.reached}",
                _percent(check.failed, check.reached),
                bar(("bad", check.failed), whole=check.reached),
            )
            for check in hardest_checks(results)
        ),
    )


def _misconceptions(results: Results) -> Html | None:
    class_size = len(results.submissions)
    return _table(
        ("What they probably did", "#students", "=of the class"),
        (
            (
                _named(found.exercise, found.diagnosis),
                str(found.students),
                bar(("bad", found.students), whole=class_size),
            )
            for found in misconceptions(results)
        ),
    )


def _verdicts(results: Results) -> Html | None:
    counts = verdict_counts(results)
    whole = sum(counts.values())
    return _table(
        ("Verdict of an exercise", "#how often", "#share", "=of all"),
        (
            (
                badge(verdict),
                str(count),
                _percent(count, whole),
                bar((LOOKS[verdict].kind, count), whole=whole),
            )
            for verdict, count in counts.items()
        ),
    )


def _points(results: Results) -> Html | None:
    counts = points_histogram(results)
    most = max(count for _, count in counts)
    if not most:
        return None
    return _table(
        ("Share of all points", "#students", "=how many"),
        ((name, str(count), bar(("good", count), whole=most)) for name, count in counts),
    )


def _timing(results: Results) -> Html | None:
    timed = [count for count in per_exercise(results) if count.longest_seconds is not None]
    longest = max((count.longest_seconds or 0 for count in timed), default=0)
    exercises = _table(
        ("Exercise", "#median", "#longest", "=longest, as a bar"),
        (
            (
                label(count.id),
                seconds_of(count.median_seconds),
                seconds_of(count.longest_seconds),
                bar(("broken", count.longest_seconds or 0), whole=longest),
            )
            for count in timed
        ),
    )
    submissions = _table(
        ("Slowest submissions", "#seconds"),
        ((_linked(one.name), seconds_of(one.seconds)) for one in slowest(results)),
    )
    return fragment(exercises, submissions) if exercises or submissions else None


def _remarks(results: Results) -> Html | None:
    return _table(
        ("Submission", "Remark"),
        (
            (_linked(submission.name), remark)
            for submission in results.submissions
            for remark in (submission.error, *submission.notes)
            if remark
        ),
    )


def _linked(name: str) -> Html:
    return element("a", name_of(name), href=f"students/{file_stem(name)}.html")


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.0f} %" if whole else ""
