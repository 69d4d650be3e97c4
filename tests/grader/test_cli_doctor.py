"""`grader doctor`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import StudentAtWork


def findings(student: StudentAtWork) -> dict[str, dict[str, str]]:
    """Return what the doctor found, by name."""
    return {
        finding["name"]: finding
        for finding in json.loads(student.grader("doctor", "--json").stdout)["findings"]
    }


def test_a_whole_installation(student: StudentAtWork) -> None:
    """Nothing is bad, the worker really judged something, and the places are named."""
    result = student.grader("doctor")
    assert result.exit_code == 0
    found = findings(student)
    assert not any(finding["level"] == "bad" for finding in found.values())
    assert "judged ch01_numbers/ex01_double" in found["worker"]["detail"]
    assert found["your work"]["detail"] == str(student.work.root)
    assert sys.executable in found["Python"]["detail"]
    assert all(name in result.output for name in found)


@pytest.mark.parametrize(
    ("variable", "value", "name", "level", "remedy"),
    [
        ("PATH", "", "dot", "note", "Graphviz"),
        ("TINYGRAD_EDU_DATA", "/no/such/place", "data", "note", "MNIST"),
        ("GRADER_EXERCISES", "/no/such/place", "exercises", "bad", "Install"),
        ("GRADER_WORK", "/no/such/place", "your work", "note", ""),
    ],
)
def test_what_is_missing_comes_with_its_remedy(
    student: StudentAtWork,
    monkeypatch: pytest.MonkeyPatch,
    variable: str,
    value: str,
    name: str,
    level: str,
    remedy: str,
) -> None:
    """Each gap is one finding with something to do; only what checking needs makes the status 1."""
    monkeypatch.setenv(variable, value)
    finding = findings(student)[name]
    assert finding["level"] == level
    assert remedy in finding["remedy"] + finding["detail"]
    assert student.grader("doctor").exit_code == (1 if level == "bad" else 0)


def test_a_worker_that_cannot_start(
    student: StudentAtWork, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The doctor starts a real one and says so when it does not answer."""
    monkeypatch.setattr(sys, "executable", str(tmp_path / "no-python"))
    finding = findings(student)["worker"]
    assert finding["level"] == "bad"
    assert "infra" in finding["detail"]


def test_a_missing_package(student: StudentAtWork, monkeypatch: pytest.MonkeyPatch) -> None:
    """An optional package is a note with the command that installs it."""
    monkeypatch.setitem(sys.modules, "watchfiles", None)
    monkeypatch.delitem(sys.modules, "watchfiles")
    monkeypatch.setattr(sys, "path", [place for place in sys.path if "site-packages" not in place])
    monkeypatch.setattr(sys, "path_importer_cache", {})
    finding = findings(student)["optional packages"]
    assert (finding["level"], "watchfiles" in finding["detail"]) == ("note", True)
    assert finding["remedy"].startswith("pip install")
