"""`grader report` and `grader export` on the command line."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from report_cases import IDS, friendly_class, write_results

from grader.reports import FORMATS

if TYPE_CHECKING:
    from conftest import StudentAtWork


@pytest.fixture
def results(tmp_path: Path) -> Path:
    return write_results(tmp_path / "results.jsonl", friendly_class())


def test_report_makes_every_format(student: StudentAtWork, results: Path, tmp_path: Path) -> None:
    """From the file or from its folder; the pages show titles and hints of the course."""
    for source in (results, results.parent):
        out = tmp_path / f"from {source.name}"
        said = student.grader("report", str(source), "--out", str(out))
        assert said.exit_code == 0
        assert (
            said.output
            == f"3 submissions reported in {out}.\nNext: open {out / 'class.html'} in a browser.\n"
        )
        assert (out / "grades.csv").exists()
    [page] = out.glob("students/ben-*.html")
    assert student.course[IDS[1]].title in page.read_text("utf-8")
    assert "Hint 1 of" in page.read_text("utf-8")


@pytest.mark.parametrize("chosen", FORMATS)
def test_one_format(student: StudentAtWork, results: Path, tmp_path: Path, chosen: str) -> None:
    """Only that one, and no word of a page that is not there."""
    said = student.grader("report", str(results), "--out", str(tmp_path / "out"), "--format", chosen)
    assert said.exit_code == 0
    assert (tmp_path / "out" / "class.html").exists() == ("class.html" in said.output) == (chosen == "html")


def test_a_notice_is_said(student: StudentAtWork, results: Path, tmp_path: Path) -> None:
    """On standard error, and the rest is done."""
    results.write_bytes(results.read_bytes() + b'{"submission": "zo')
    said = student.grader("report", str(results), "--out", str(tmp_path / "out"))
    assert said.exit_code == 0
    assert said.stdout.startswith(f"3 submissions reported in {tmp_path / 'out'}.")
    assert "cut short" in said.stderr


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["report", "nothing", "--out", "x"], "could not be read: no such file"),
        (["report", "broken.jsonl", "--out", "x"], "line 1 of broken.jsonl is not a result"),
        (["report", "good.jsonl", "--out", "file/x"], "could not be written"),
        (["report", "good.jsonl"], "--out"),
        (["report", "good.jsonl", "--out", "x", "--format", "pdf"], "'pdf' is not one of"),
        (["export", "moodle"], "there is no export for 'moodle'; there are classroom and gradescope"),
        (["export", "gradescope"], "--out"),
        (["export", "gradescope", "--out", "file/x.zip"], "could not be written"),
        (["export", "gradescope", "--out", "x.zip", "--seed-file", "nothing"], "does not exist"),
        (["export", "classroom", "--out", "file"], "could not be written"),
    ],
    ids=" ".join,
)
def test_misuse(student: StudentAtWork, arguments: list[str], sentence: str) -> None:
    """A sentence on standard error, the exit status 2, and nothing written."""
    folder = student.work.root
    (folder / "broken.jsonl").write_text("{}\n")
    (folder / "file").write_text("")
    write_results(folder / "good.jsonl", friendly_class())
    before = sorted(folder.rglob("*"))
    said = student.grader(*arguments)
    assert (said.exit_code, said.stdout) == (2, "")
    assert sentence in " ".join(said.stderr.split())
    assert "Traceback" not in said.stderr
    assert sorted(folder.rglob("*")) == before


@pytest.mark.parametrize(
    "verb", [["report"], ["export"], ["export", "gradescope"], ["export", "classroom"]], ids=" ".join
)
def test_help(student: StudentAtWork, verb: list[str]) -> None:
    """Each page ends with examples of this verb."""
    said = student.grader(*verb, "--help")
    assert said.exit_code == 0
    assert f"  grader {' '.join(verb)}" in said.output.partition("Examples:")[2]


def test_export_gradescope(student: StudentAtWork, tmp_path: Path) -> None:
    """The archive of this course, with the seed and the choice in it."""
    seed = tmp_path / "seed.txt"
    seed.write_text("42\n")
    target = tmp_path / "new" / "autograder.zip"
    options = ["--seed-file", str(seed), "--unsafe-no-sandbox"]
    said = student.grader("export", "gradescope", "--out", str(target), *options)
    assert said.exit_code == 0
    with zipfile.ZipFile(target) as archive:
        assert archive.read("seed") == b"42\n"
        assert json.loads(archive.read("autograder.json")) == {"seed_file": "seed", "unsafe_no_sandbox": True}
        assert f"exercises/{IDS[0]}/spec.py" in archive.namelist()


def test_export_classroom(student: StudentAtWork, tmp_path: Path) -> None:
    """Into a repository that is there already; what it holds stays."""
    (tmp_path / ".github").mkdir()
    (tmp_path / ".github" / "CODEOWNERS").write_text("me")
    said = student.grader("export", "classroom", "--out", str(tmp_path), "--install", "./wheel.whl")
    assert said.exit_code == 0
    assert (tmp_path / ".github" / "CODEOWNERS").read_text() == "me"
    assert "./wheel.whl" in (tmp_path / ".github" / "workflows" / "classroom.yml").read_text("utf-8")
    assert (tmp_path / ".github" / "classroom" / "autograding.json").exists()
