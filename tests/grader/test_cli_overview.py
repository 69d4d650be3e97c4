"""Where the student stands: `grader` and `grader list`."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import StudentAtWork

IDS = ["ch01_numbers/ex01_double", "ch01_numbers/ex02_triple", "ch02_lists/ex01_double_all"]


def test_a_fresh_start(student: StudentAtWork) -> None:
    """Nothing is passed, the first exercise is next, and each command can be typed as it stands."""
    result = student.grader()
    assert result.exit_code == 0
    assert "0 of 3 exercises passed, 0/6 points" in result.output
    assert "Next: ch01_numbers/ex01_double, Double a number" in result.output
    for command in re.findall(r"^  grader (\w+ \w+)", result.output, re.MULTILINE):
        assert student.grader(*command.split()).exit_code in (0, 1)
    assert "edit ch01_numbers/ex01_double/task.py" in result.output.replace("\\", "/")


def test_the_next_exercise_moves_on(student: StudentAtWork) -> None:
    """After a pass the next one is shown, with its chapter opened and the finished one closed."""
    student.solve("double", "triple")
    student.grader("check")
    output = student.grader().output
    assert "2 of 3 exercises passed, 3/6 points" in output
    assert "Next: ch02_lists/ex01_double_all" in output
    assert "ex02_triple" not in output
    student.solve("double_all")
    student.grader("check")
    assert "nothing left to do" in student.grader().output


def test_list_shows_every_state(student: StudentAtWork) -> None:
    """Passed, failed, changed since, not checked, not started, missing."""
    student.solve("double")
    student.write("triple", "x")
    student.grader("check")

    def states() -> dict[str, str]:
        table = student.grader("list").output
        return dict(re.findall(r"(ex\d\d_\w+).*?\d\s+(\w.*?)\s*$", table, re.MULTILINE))

    assert states() == {
        "ex01_double": "passed",
        "ex02_triple": "not right yet",
        "ex01_double_all": "not started",
    }
    student.write("double", "x + x")
    student.write("triple", "x + x + x")
    student.task("double_all").unlink()
    assert states() == {
        "ex01_double": "changed since",
        "ex02_triple": "not checked",
        "ex01_double_all": "no task file",
    }
    assert "1 changed since it passed" in student.grader("list").output
    assert "0 of 3 exercises passed" in student.grader("list").output


def test_list_as_json(student: StudentAtWork) -> None:
    """One object, with nothing around it."""
    student.solve("triple")
    student.grader("check", "triple")
    result = student.grader("list", "--json")
    data = json.loads(result.stdout)
    assert [entry["id"] for entry in data["exercises"]] == IDS
    assert [entry["state"] for entry in data["exercises"]] == ["not_started", "passed", "not_started"]
    assert [entry["points"] for entry in data["exercises"]] == [0, 2, 0]
    assert (data["points"], data["max_points"]) == (2, 6)
    assert data["exercises"][0]["task"] == str(student.task("double"))


@pytest.mark.parametrize("columns", [30, 40, 60, 80, 200])
@pytest.mark.parametrize("verb", [[], ["list"]])
def test_tables_fit_the_terminal(
    student: StudentAtWork, monkeypatch: pytest.MonkeyPatch, columns: int, verb: list[str]
) -> None:
    """No line of a table is wider than the terminal, every exercise is named whole, and so is its state."""
    monkeypatch.setenv("COLUMNS", str(columns))
    student.solve("double", "triple")
    student.grader("check")
    table, _, rest = student.grader(*verb).output.partition("\n\n")
    assert max(map(len, table.splitlines())) <= columns
    assert "ex01_double_all" in table
    assert "not started" in " ".join(table.split())
    assert "exercises passed" in rest


def test_a_console_without_the_signs(student: StudentAtWork) -> None:
    """Where the encoding lacks a sign, a plain one stands in for it."""
    student.solve("double")
    for verb in (["check"], [], ["list"], ["show", "double"], ["check", "--jobs", "2"]):
        result = student.run(
            *verb, env={**student.environment, "PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"}
        )
        assert result.stderr == ""
        assert result.stdout.isascii()
        assert "?" not in result.stdout.replace("What", "")


def test_no_colour_unless_it_is_a_terminal(student: StudentAtWork) -> None:
    """A pipe gets no escape sequences."""
    student.write("double", "x")
    for verb in ([], ["list"], ["check"], ["show", "double"], ["doctor"]):
        assert "\x1b" not in student.run(*verb).stdout
