"""`grader show`, `grader hint`, `grader solution`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from grader.cli.statement import render

if TYPE_CHECKING:
    from conftest import StudentAtWork

STATEMENT = """\
Sum.

Add the two numbers that you are given, and mind that the sum of two numbers need not be a number that you know:

    a + b    both finite, and this formula is too long to fit into forty columns
    a        alone

Worked example
--------------
Take 1 and 1.
>>> 1 + 1
2

- the first item of a list, which goes on for longer than one line of forty columns
- the second
"""


def test_show_says_what_is_asked_and_where_to_write(student: StudentAtWork) -> None:
    """The statement, the file, the state, the points, and the command that comes next."""
    result = student.grader("show", "triple")
    assert result.exit_code == 0
    for text in (
        "ch01_numbers/ex02_triple",
        "2 points",
        "not started",
        "task.py",
        "triple(x) = 3 x",
        "grader check triple",
    ):
        assert text in result.output


def test_show_and_hint_without_a_name_are_about_the_next_one(student: StudentAtWork) -> None:
    """The first that has not passed; when all have, the last."""
    assert "ex01_double " in student.grader("show").output
    student.solve("double")
    student.grader("check", "double")
    assert "ex02_triple" in student.grader("show").output
    assert "ex02_triple, hint 1 of 3" in student.grader("hint").output
    student.solve("triple", "double_all")
    student.grader("check")
    assert "ex01_double_all" in student.grader("show").output


def test_show_as_json(student: StudentAtWork) -> None:
    """The statement, and no hint or solution in it."""
    student.grader("hint", "triple")
    data = json.loads(student.grader("show", "triple", "--json").stdout)
    assert data["statement"].startswith("Triple a number.")
    assert (data["hints"], data["hints_read"], data["after"]) == (3, 1, ["ch01_numbers/ex01_double"])
    assert "return 3 * x" not in json.dumps(data)


@pytest.mark.parametrize("columns", [40, 80])
def test_a_statement_is_wrapped_and_its_formulas_are_not(columns: int) -> None:
    """Prose and lists fit the width; indented lines and examples stay as they were typed."""
    lines = render(STATEMENT, columns).split("\n")
    formulas = [line for line in lines if line.startswith("    a")]
    assert formulas == [line for line in STATEMENT.split("\n") if line.startswith("    a")]
    assert max(len(line) for line in lines if line not in formulas) <= columns
    assert "--------------" not in lines
    assert lines[lines.index("    >>> 1 + 1") + 1] == "    2"
    assert sum(line.startswith("- ") for line in lines) == 2
    assert "".join(" ".join(lines).split()) == "".join(STATEMENT.replace("--------------", "").split())


def test_hints_come_level_by_level(student: StudentAtWork) -> None:
    """Each call gives one more, the last again and again; the level outlives the process."""
    hints = student.course[student.id("double")].hints
    for number in (1, 2, 3, 3):
        result = student.grader("hint", "double")
        assert f"hint {number} of 3" in result.output
        assert [text in result.output for text in hints] == [text == hints[number - 1] for text in hints]
    assert "hint 1 of 3" in student.grader("hint", "triple").output
    student.grader("reset", "double")
    assert "hint 3 of 3" in student.grader("hint", "double").output


def test_a_hint_by_its_level(student: StudentAtWork) -> None:
    """--level reads one without taking a step; --all gives all and remembers that."""
    assert "hint 2 of 3" in student.grader("hint", "double", "--level", "2").output
    assert "hint 1 of 3" in student.grader("hint", "double").output
    data = json.loads(student.grader("hint", "double", "--all", "--json").stdout)
    assert [hint["level"] for hint in data["hints"]] == [1, 2, 3]
    assert "hint 3 of 3" in student.grader("hint", "double").output
    for level in ("4", "0"):
        result = student.grader("hint", "double", "--level", level)
        assert result.exit_code == 2
        assert result.stdout == ""


def test_a_solution_is_shown_only_once_passed(student: StudentAtWork) -> None:
    """Not before, not after a change that nobody has checked; with --force always."""
    solution = student.course[student.id("double")].solution.strip()

    def shown() -> bool:
        result = student.grader("solution", "double")
        assert result.exit_code == (0 if solution in result.stdout else 2)
        return result.exit_code == 0

    assert not shown()
    student.write("double", "x + x")
    student.grader("check", "double")
    assert shown()
    student.write("double", "x + x + 0")
    assert not shown()
    assert "changed since it passed" in student.grader("solution", "double").stderr
    assert student.grader("solution", "double", "--force").stdout.strip() == solution
    assert (
        json.loads(student.grader("solution", "double", "--force", "--json").stdout)["solution"].strip()
        == solution
    )
