"""The page for one student: what failed, on which input, why probably, and what to do next."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Set

from grader.reports.escape import number, one_line
from grader.reports.markup import Html, asset, document, element, fragment
from grader.reports.parts import badge, bar, name_of, points_of
from grader.reports.results import HIDDEN, CheckEntry, ExerciseEntry, Lesson, Submission
from grader.reports.words import blamed, label

__all__ = ["student_page"]


def student_page(submission: Submission, lessons: Mapping[str, Lesson] | None = None) -> bytes:
    """Return a student's page: one file that needs no network and no script.

    Parameters
    ----------
    submission
        What was found.
    lessons
        Titles and hints by exercise id; what is missing is left out.

    Examples
    --------
    >>> b"<bdi>ann</bdi>" in student_page(Submission("ann", 1, 2))
    True
    """
    lessons = lessons or {}
    body = element(
        "main",
        _head(submission),
        _remarks(submission),
        _overview(submission, lessons),
        *[
            _exercise(entry, lessons.get(entry.id, Lesson()))
            for entry in submission.exercises
            if _told(entry)
        ],
        class_="student",
    )
    return document(f"{one_line(submission.name)}: feedback", body, style=asset("style.css"))


def _told(entry: ExerciseEntry) -> bool:
    """Tell whether there is more to say than the table's line: what is untouched has one word."""
    return blamed(entry) or not entry.graded


def _head(submission: Submission) -> Html:
    passed = sum(entry.verdict == "pass" for entry in submission.exercises)
    count = len(submission.exercises)
    return element(
        "header",
        element("p", "Feedback", class_="eyebrow"),
        element("h1", name_of(submission.name)),
        element(
            "p",
            element("strong", number(submission.points)),
            f" of {number(submission.max_points)} points",
            element("span", f"{passed} of {count} exercises passed", class_="aside"),
            class_="score",
        ),
        bar(("good", submission.points), whole=submission.max_points),
    )


def _remarks(submission: Submission) -> Html | None:
    """Return what went wrong before any check, or beside them."""
    said = [element("p", element("b", "! "), submission.error)] if submission.error else []
    if submission.ungraded:
        count = len(submission.ungraded)
        said.append(
            element(
                "p",
                element("b", "? "),
                f"{count} {'exercise' if count == 1 else 'exercises'} could not be graded. That is not your code's "
                "fault: ask for your submission to be graded again. The points above are not final.",
            )
        )
    notes = [element("li", note) for note in submission.notes]
    if notes:
        said.append(fragment(element("p", "While your submission was read:"), element("ul", *notes)))
    return element("section", *said, class_="notice", aria_label="Remarks") if said else None


def _overview(submission: Submission, lessons: Mapping[str, Lesson]) -> Html | None:
    if not submission.exercises:
        return None
    rows = []
    for entry in submission.exercises:
        title = lessons.get(entry.id, Lesson()).title
        shown = label(entry.id)
        rows.append(
            element(
                "tr",
                element(
                    "th",
                    element("a", shown, href=f"#{_anchor(entry)}") if _told(entry) else shown,
                    element("span", title, class_="aside title") if title else None,
                    scope="row",
                ),
                element("td", badge(entry.verdict)),
                element("td", points_of(entry.points, entry.max_points), class_="number"),
            )
        )
    return element(
        "section",
        element("h2", "All exercises", id="all"),
        element(
            "table",
            element(
                "thead",
                element(
                    "tr",
                    element("th", "Exercise", scope="col"),
                    element("th", "Result", scope="col"),
                    element("th", "Points", scope="col", class_="number"),
                ),
            ),
            element("tbody", *rows),
            class_="plain",
        ),
        aria_labelledby="all",
    )


def _exercise(entry: ExerciseEntry, lesson: Lesson) -> Html:
    failed = [check for check in entry.checks if check.verdict not in ("pass", "skipped")]
    passed = [check for check in entry.checks if check.verdict == "pass"]
    skipped = [check for check in entry.checks if check.verdict == "skipped"]
    anchor = _anchor(entry)
    return element(
        "section",
        element(
            "h2",
            label(entry.id),
            element("span", lesson.title, class_="aside") if lesson.title else None,
            id=anchor,
        ),
        element(
            "p",
            badge(entry.verdict),
            f" {points_of(entry.points, entry.max_points)} points · ",
            element("code", one_line(entry.id)),
            class_="meta",
        ),
        *_checks(failed),
        _list_of("passed", passed),
        _list_of("not run", skipped),
        _hints(lesson.hints),
        class_="exercise",
        aria_labelledby=anchor,
    )


def _checks(checks: Iterable[CheckEntry]) -> Iterator[Html]:
    """Return the checks that failed; a diagnosis or a next step that stands above is not said in full again."""
    said: set[str] = set()
    for check in checks:
        yield _check(check, said)
        said.update((check.diagnosis, check.result().hint_next))


def _check(check: CheckEntry, said: Set[str]) -> Html:
    """Return one check in the order in which it helps: sentence, input, both sides, diagnosis, next step."""
    head = element("h3", check.title)
    if check.hidden:
        tag = element("span", "hidden check", class_="tag")
        return element(
            "article", head, element("p", badge(check.verdict), tag), element("p", HIDDEN, class_="next")
        )
    step = check.result().hint_next
    return element(
        "article",
        head,
        element("p", badge(check.verdict)) if check.verdict != "fail" else None,
        _block("On this input", check.counterexample),
        element("p", check.message, class_="message") if check.message else None,
        _sides(check),
        _block("Your code printed", check.output),
        _diagnosis("The same as above." if check.diagnosis in said else check.diagnosis),
        element("p", element("b", "Next. "), step, class_="next") if step not in said else None,
        _hints(check.hints),
    )


def _diagnosis(text: str) -> Html | None:
    return element("p", element("b", "What probably happened. "), text, class_="diagnosis") if text else None


def _sides(check: CheckEntry) -> Html | None:
    if check.table:
        return _block("Got against expected", check.table)
    if not check.got and not check.expected:
        return None
    rows = [
        element("tr", element("th", side, scope="row"), element("td", element("code", text)))
        for side, text in (("got", check.got), ("expected", check.expected))
    ]
    return element("table", element("tbody", *rows), class_="sides")


def _block(title: str, text: str) -> Html | None:
    """Return lines that keep their form, in a frame that scrolls by itself."""
    if not text:
        return None
    caption = element("figcaption", title)
    return element("figure", caption, element("pre", text, tabindex=0, role="group", aria_label=title))


def _list_of(what: str, checks: list[CheckEntry]) -> Html | None:
    if not checks:
        return None
    noun = "check" if len(checks) == 1 else "checks"
    items = [
        element(
            "li",
            check.title,
            element("span", f" ({check.message})", class_="aside") if check.message else None,
        )
        for check in checks
    ]
    return element("details", element("summary", f"{len(checks)} {noun} {what}"), element("ul", *items))


def _hints(hints: tuple[str, ...]) -> Html | None:
    """Return hints one inside the other, so that each is a choice of its own."""
    inner: Html | None = None
    for place in range(len(hints), 0, -1):
        summary = element("summary", f"Hint {place} of {len(hints)}")
        inner = element("details", summary, element("p", hints[place - 1]), inner, class_="hint")
    return inner


def _anchor(entry: ExerciseEntry) -> str:
    return "ex-" + re.sub(r"[^A-Za-z0-9]+", "-", entry.id)
