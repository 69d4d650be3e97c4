"""grades.csv and checks.csv, as pandas, the csv module and a spreadsheet program read them."""

from __future__ import annotations

import csv
import io

import pandas as pd
import pytest
from report_cases import (
    HOSTILE,
    IDS,
    check,
    class_of,
    exercise,
    failing,
    friendly_class,
    hostile_class,
    record,
    starts_formula,
)

from grader.reports.escape import csv_cell, file_stem
from grader.reports.spreadsheet import checks_csv, grades_csv


def rows(content: bytes) -> list[dict[str, str]]:
    """Read a table with the csv module."""
    return list(csv.DictReader(io.StringIO(content.decode("utf-8"), newline="")))


def test_the_grade_book() -> None:
    """One row a student; an exercise without a result, and what is unknown, is empty."""
    lines = grades_csv(class_of(friendly_class())).decode().splitlines()
    pages = [f"students/{file_stem(name)}.html" for name in ("ann", "ben", "eve")]
    assert lines == [
        f"submission,points,max_points,{','.join(IDS)},note,page",
        f"ann,6,6,1,2,3,,{pages[0]}",
        f"ben,1,6,1,0,0,left out ben.ipynb: it defines no name of any exercise,{pages[1]}",
        f"eve,0,6,,,,the archive is damaged,{pages[2]}",
    ]


def test_pandas_reads_numbers() -> None:
    """Points are numbers, and their sum is the column "points"."""
    table = pd.read_csv(io.BytesIO(grades_csv(class_of(friendly_class()))))
    assert list(table["submission"]) == ["ann", "ben", "eve"]
    assert list(table[list(IDS)].sum(axis=1)) == list(table["points"]) == [6, 1, 0]


def test_what_the_grader_failed_on_costs_no_points() -> None:
    """Neither the exercise nor the sum has a number, and the note says what to do."""
    [row] = rows(grades_csv(class_of([record("ann", exercise(0), exercise(1, "infra"))])))
    assert (row["points"], row[IDS[0]], row[IDS[1]]) == ("", "1", "")
    assert "run `grader grade` again" in row["note"]


def test_every_check_is_a_row() -> None:
    """With both sides, the diagnosis and the time, and pandas reads as many rows as there are checks."""
    slow = failing("check_slow", seconds=0.125)
    content = checks_csv(class_of([record("ann", exercise(0, "fail", check(), slow)), *friendly_class()[1:]]))
    table = pd.read_csv(io.BytesIO(content))
    assert len(table) == 2 + 5
    [row] = [row for row in rows(content) if row["check"] == "check_slow"]
    assert row["counterexample"] == "double(np.array([1.0, 2.0]))"
    assert (row["verdict"], row["hidden"], row["seconds"]) == ("fail", "no", "0.125")
    assert (row["got"], row["expected"]) == ("np.array([2.0, 3.0])", "np.array([2.0, 4.0])")


def test_a_hidden_check_shows_its_sentence() -> None:
    """And that it is hidden."""
    [row] = rows(checks_csv(class_of([record("ann", exercise(0, "fail", failing(hidden=True)))])))
    assert (row["hidden"], row["sentence"]) == ("yes", "The sentence of check_values.")
    assert row["message"] == row["counterexample"] == row["got"] == row["diagnosis"] == ""


@pytest.mark.parametrize("table", [grades_csv, checks_csv])
@pytest.mark.parametrize("separator", [",", ";"])
def test_no_cell_is_a_formula(table: object, separator: str) -> None:
    """Also where the semicolon separates cells, as programs in much of Europe read it."""
    content = table(class_of(hostile_class())).decode()  # type: ignore[operator]
    cells = [
        cell for row in csv.reader(io.StringIO(content, newline=""), delimiter=separator) for cell in row
    ]
    assert len(cells) > len(HOSTILE)
    assert not [cell for cell in cells if starts_formula(cell)]


def test_hostile_names_come_back_from_pandas() -> None:
    """A row each, and the text is what `csv_cell` made of it."""
    table = pd.read_csv(io.BytesIO(grades_csv(class_of(hostile_class()))))
    assert sorted(table["submission"]) == sorted(csv_cell(name) for name in HOSTILE.values())
