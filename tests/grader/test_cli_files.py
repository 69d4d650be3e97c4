"""`grader init` and `grader reset`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import StudentAtWork


def test_init_makes_a_directory_that_works(student: StudentAtWork, tmp_path: Path) -> None:
    """One task.py per exercise, found again from inside, nothing started; a second run changes nothing."""
    there = tmp_path / "a new place"
    result = student.grader("init", str(there))
    assert (result.exit_code, "3 task files written" in result.output) == (0, True)
    assert sorted(path.relative_to(there).as_posix() for path in there.glob("*/*/*")) == [
        f"{key}/task.py" for key in student.course
    ]
    assert "0 of 3 exercises passed" in student.run(cwd=there).stdout
    (there / "ch01_numbers/ex01_double/task.py").write_text("my answer")
    (there / "ch01_numbers/ex02_triple/task.py").unlink()
    again = student.grader("init", str(there))
    assert "1 task file written" in again.output
    assert "2 were there and are as they were" in again.output
    assert (there / "ch01_numbers/ex01_double/task.py").read_text() == "my answer"


@pytest.mark.parametrize("arguments", [[], ["README.md"], ["README.md/below"]])
def test_init_of_no_directory(student: StudentAtWork, arguments: list[str]) -> None:
    """Misuse, and nothing is touched."""
    before = (student.work.root / "README.md").read_text()
    result = student.grader("init", *arguments)
    assert result.exit_code == 2
    assert "Traceback" not in result.output
    assert (student.work.root / "README.md").read_text() == before


def test_reset_keeps_the_answer_and_says_where(student: StudentAtWork) -> None:
    """The stub is back, the verdict is gone, and the answer is where the sentence says."""
    student.solve("double")
    student.grader("check", "double")
    answer = student.task("double").read_text()
    result = student.grader("reset", "double")
    assert result.exit_code == 0
    kept = re.search(r"kept in (.*)\.$", result.output.strip(), re.DOTALL)
    assert kept is not None
    assert Path(kept[1]).read_text() == answer
    assert student.task("double").read_text() == student.course[student.id("double")].stub
    assert "0 of 3 exercises passed" in student.grader("list").output
    assert "no answer to keep" in student.grader("reset", "double").output


def test_reset_brings_a_missing_task_back(student: StudentAtWork) -> None:
    """And the overview proposes just that."""
    student.task("double").unlink()
    assert "grader reset double" in student.grader().output
    assert student.grader("reset", "double").exit_code == 0
    assert student.task("double").read_text() == student.course[student.id("double")].stub


def test_reset_needs_a_name(student: StudentAtWork) -> None:
    """There is no reset of everything by accident."""
    assert student.grader("reset").exit_code == 2
    assert student.grader("reset", "ch01").exit_code == 2
