"""The table of students by exercises."""

from __future__ import annotations

from grader.reports.escape import file_stem, number, one_line
from grader.reports.markup import Html, element, fragment
from grader.reports.parts import badge, name_of
from grader.reports.results import Results, Submission
from grader.reports.words import LOOKS, label

__all__ = ["heatmap"]


def heatmap(results: Results) -> Html:
    """Return the table, a row a student, a column an exercise, a letter and a colour a cell.

    It scrolls inside its own frame under fixed headings. Sorting and filtering are the script's (class.js): without
    it the table stands in the order of the names and the controls stay hidden.
    """
    columns = list(results.exercises)
    used = {exercise.verdict for submission in results.submissions for exercise in submission.exercises}
    legend = [element("li", badge(verdict)) for verdict in LOOKS if verdict in used]
    table = element(
        "table",
        element("thead", element("tr", *_headings(columns))),
        element("tbody", *[_row(submission, columns) for submission in results.submissions]),
        class_="heat",
        id="heat",
    )
    frame = element("div", table, class_="scroll", tabindex=0, role="region", aria_labelledby="students")
    return fragment(_controls(), frame, element("ul", *legend, class_="legend", aria_label="Legend"))


def _controls() -> Html:
    choices = (
        ("", "everybody"),
        ("open", "whoever has not passed everything"),
        ("ungraded", "not graded, or unreadable"),
    )
    return element(
        "div",
        element("label", "Name contains", element("input", type="search", id="find", autocomplete="off")),
        element(
            "label",
            "Show",
            element("select", *[element("option", text, value=value) for value, text in choices], id="show"),
        ),
        element("p", "", id="count", role="status", class_="aside"),
        class_="controls",
        id="controls",
        hidden=True,
    )


def _headings(columns: list[str]) -> list[Html]:
    sortable = [
        element("th", "Student", scope="col", data_sort="name", aria_sort="ascending"),
        element("th", "Points", scope="col", data_sort="points", class_="number"),
    ]
    return sortable + [
        element("th", element("span", label(exercise_id)), scope="col", title=exercise_id)
        for exercise_id in columns
    ]


def _row(submission: Submission, columns: list[str]) -> Html:
    verdicts = {exercise.id: exercise.verdict for exercise in submission.exercises}
    cells = [_cell(verdicts.get(exercise_id)) for exercise_id in columns]
    whole = bool(columns) and all(verdicts.get(exercise_id) == "pass" for exercise_id in columns)
    final = "?" if submission.ungraded else ""
    return element(
        "tr",
        element(
            "th",
            element(
                "a",
                name_of(submission.name),
                href=f"students/{file_stem(submission.name)}.html",
                title=one_line(submission.name),
            ),
            scope="row",
        ),
        element("td", f"{number(submission.points)}{final}", class_="number"),
        *cells,
        data_points=number(submission.points),
        data_open=not whole,
        data_ungraded=bool(submission.ungraded or submission.error),
    )


def _cell(verdict: str | None) -> Html:
    if verdict is None:
        return Html("<td></td>")
    look = LOOKS[verdict]
    return element("td", element("abbr", look.sign, title=look.words), class_=look.kind)
