"""All reports together: the same bytes, whole files, and no secret in any of them."""

from __future__ import annotations

import os
import random
from pathlib import Path
from typing import Any

import pytest
from report_cases import (
    HOSTILE,
    IDS,
    SECRET,
    SEED,
    class_of,
    exercise,
    failing,
    friendly_class,
    hostile_class,
    record,
    write_results,
)

from grader.reports import FORMATS, Lesson, ResultsError, render, write_all


def files_below(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


def test_what_is_written(tmp_path: Path) -> None:
    """A table, a page and a file for each platform, a page a student."""
    results = write_all(
        write_results(tmp_path / "results.jsonl", friendly_class()), tmp_path / "out" / "deep"
    )
    assert len(results.submissions) == 3
    found = files_below(tmp_path / "out" / "deep")
    assert sorted(name for name in found if "/" not in name) == [
        "checks.csv",
        "class.html",
        "grades.csv",
        "junit.xml",
    ]
    for folder in ("students", "gradescope", "classroom"):
        assert [name.split("/")[1].split("-")[0] for name in sorted(found) if name.startswith(folder)] == [
            "ann", "ben", "eve",
        ]  # fmt: skip
    assert all(content.endswith(b"\n") for content in found.values())


@pytest.mark.parametrize("chosen", FORMATS)
def test_one_format_alone(tmp_path: Path, chosen: str) -> None:
    """Other files stay as they are."""
    path = write_results(tmp_path / "results.jsonl", friendly_class())
    out = tmp_path / "out"
    out.mkdir()
    (out / "mine.txt").write_text("kept")
    write_all(path, out, formats=[chosen])
    every = dict(render(class_of(friendly_class())))
    alone = dict(render(class_of(friendly_class()), [chosen]))
    assert files_below(out) == {"mine.txt": b"kept", **alone}
    assert alone.items() < every.items()


def test_the_same_results_give_the_same_bytes(tmp_path: Path) -> None:
    """In any order of the lines, and of the keys in them, and whatever hash randomisation does."""
    records = [*friendly_class(), *hostile_class()]
    write_all(write_results(tmp_path / "a.jsonl", records), tmp_path / "a")
    shuffled = [dict(reversed(entry.items())) for entry in records]
    random.Random(1).shuffle(shuffled)
    write_all(write_results(tmp_path / "b.jsonl", shuffled), tmp_path / "b")
    write_all(tmp_path / "b.jsonl", tmp_path / "b")
    assert files_below(tmp_path / "a") == files_below(tmp_path / "b")


def test_every_file_lies_where_it_should(tmp_path: Path) -> None:
    """No name of a submission leads out of the folder, or to another's file."""
    out = tmp_path / "a" / "b" / "out"
    write_all(write_results(tmp_path / "results.jsonl", hostile_class()), out)
    assert {path.name for path in tmp_path.iterdir()} == {"a", "results.jsonl"}
    assert {path.name for path in (tmp_path / "a").iterdir()} == {"b"}
    assert len(list((out / "students").iterdir())) == len(HOSTILE)


def secret_class() -> list[dict[str, Any]]:
    """Return a class in which a hidden check failed in every way, and gave its input away wherever it could."""
    fields = {**failing(), **dict.fromkeys(failing(), SECRET), "name": "check_deep", "sentence": "Be right."}
    verdicts = ("fail", "error", "timeout", "infra", "skipped", "not_started", "pass")
    checks = [
        fields | {"verdict": verdict, "hidden": True, "hints": [SECRET], "mutant": SECRET}
        for verdict in verdicts
    ]
    entry = exercise(0, "fail", *checks, output=SECRET)
    return [record("ann", entry), record("ben", exercise(0, "infra", *checks))]


def test_no_report_shows_what_is_hidden() -> None:
    """Neither the input nor anything that was made of it, nor the seed that would draw it again."""
    content = dict(render(class_of(secret_class()), lessons={IDS[0]: Lesson("Double", ("Think.",))}))
    assert len(content) == 4 + 3 * 2
    for name, text in content.items():
        assert SECRET.encode() not in text, name
        assert str(SEED).encode() not in text, name
    told = [name for name, text in content.items() if b"Be right." in text]
    assert {name.split("/")[0] for name in told} >= {
        "checks.csv", "junit.xml", "class.html", "students", "gradescope", "classroom",
    }  # fmt: skip


def test_what_is_not_hidden_is_shown() -> None:
    """The same class without the mark shows everything, so the test above looks in the right places."""
    shown = [
        record("ann", exercise(0, "fail", failing(**dict.fromkeys(("message", "counterexample"), SECRET))))
    ]
    for name, text in render(class_of(shown)):
        assert (SECRET.encode() in text) == (name not in ("grades.csv", "class.html")), name


def test_nothing_is_written_of_broken_results(tmp_path: Path) -> None:
    """And what was there stays."""
    path = write_results(tmp_path / "results.jsonl", friendly_class())
    write_all(path, tmp_path / "out")
    before = files_below(tmp_path / "out")
    path.write_text("{}\n")
    with pytest.raises(ResultsError):
        write_all(path, tmp_path / "out")
    assert files_below(tmp_path / "out") == before


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs a file that nobody can read to its end")
def test_files_appear_whole(tmp_path: Path) -> None:
    """A report is renamed into place over whatever is there: what held the old one still has all of it."""
    path = write_results(tmp_path / "results.jsonl", friendly_class())
    out = tmp_path / "out"
    write_all(path, out)
    with (out / "grades.csv").open("rb") as old:
        write_results(path, friendly_class()[:1])
        write_all(path, out)
        assert old.read().count(b"\n") == 4
    assert (out / "grades.csv").read_bytes().count(b"\n") == 2
    assert not [name for name in files_below(out) if name.endswith(".new")]


def test_a_large_class_stays_readable() -> None:
    """500 students by 21 exercises: a class page that a phone can take, a row a student."""
    ids = [f"ch{chapter:02}_x/ex{place:02}_y" for chapter in range(3) for place in range(7)]
    entries = [exercise(0) | {"id": exercise_id} for exercise_id in ids]
    results = class_of(record(f"student {place}", *entries) for place in range(500))
    page = dict(render(results, ["html"]))["class.html"]
    assert page.count(b"<tr") > 500
    assert len(page) < 1_200_000
