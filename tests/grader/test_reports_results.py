"""Reading results.jsonl: what is read, what is refused, what is never kept."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from report_cases import (
    IDS,
    SECRET,
    check,
    class_of,
    exercise,
    failing,
    friendly_class,
    record,
    write_results,
)

from grader.reports.results import ResultsError, parse_submission, read_results


def changed(entry: dict[str, Any], **fields: Any) -> str:
    """Return a line with fields changed, or taken out where the new value is ..."""
    return json.dumps({key: value for key, value in (entry | fields).items() if value is not ...})


def test_the_order_of_the_lines_does_not_matter(tmp_path: Path) -> None:
    """Students by name, exercises by id, from a file or from its folder."""
    forth = read_results(write_results(tmp_path / "results.jsonl", friendly_class()))
    back = read_results(write_results(tmp_path / "other.jsonl", reversed(friendly_class())))
    assert forth == back == read_results(tmp_path)
    assert [submission.name for submission in forth.submissions] == ["ann", "ben", "eve"]
    assert forth.exercises == {IDS[0]: 1, IDS[1]: 2, IDS[2]: 3}


def test_chapter_ten_comes_after_chapter_nine() -> None:
    """Numbers in ids count as numbers."""
    ids = ["ch10_x/ex1_a", "ch9_x/ex10_b", "ch9_x/ex9_c"]
    entries = [exercise() | {"id": exercise_id} for exercise_id in ids]
    assert list(class_of([record("ann", *entries)]).exercises) == ids[::-1][:2] + ids[:1]


def test_a_submission_judged_twice_counts_as_it_was_judged_last(tmp_path: Path) -> None:
    """A resumed run appends."""
    path = write_results(
        tmp_path / "r.jsonl", [record("ann", exercise(0, "infra")), record("ann", exercise(0))]
    )
    [ann] = read_results(path).submissions
    assert ann.points == 1


def test_what_may_be_absent() -> None:
    """An entry that says only what it must is read, with nothing where it says nothing."""
    line = {"submission": "ann", "exercises": [{"id": "a", "verdict": "pass", "points": 1, "max_points": 2}]}
    ann = parse_submission(json.dumps(line))
    assert (ann.points, ann.max_points, ann.seconds, ann.notes, ann.error) == (1, 2, None, (), "")
    bare = parse_submission(
        changed(record("ann", exercise(0, "fail", {"name": "check_far_out", "verdict": "fail"})))
    )
    [entry] = bare.exercises[0].checks
    assert (entry.title, entry.hidden, entry.seconds, entry.hints) == ("far out", False, None, ())
    assert class_of([changed_to_none(record("ann", exercise()))]).submissions[0].exercises


def changed_to_none(entry: dict[str, Any]) -> dict[str, Any]:
    """Return an entry in which everything optional is null."""
    absent = dict.fromkeys(("seconds", "notes", "error", "sha256", "seed"))
    checks = [{"name": "check_a", "verdict": "pass", **dict.fromkeys(("sentence", "got", "hidden", "hints"))}]
    return entry | absent | {"exercises": [entry["exercises"][0] | {"checks": checks, "seconds": None}]}


@pytest.mark.parametrize("hidden", [True, "yes", 1])
def test_of_a_hidden_check_nothing_is_kept_but_sentence_and_verdict(hidden: object) -> None:
    """So no report can show what was never read; anything but a plain "no" hides."""
    secret = dict.fromkeys(failing(), SECRET) | {"hints": [SECRET], "hint_next": SECRET}
    entry = {
        **secret,
        "name": "check_x",
        "verdict": "fail",
        "sentence": "Be right.",
        "hidden": hidden,
        "more": SECRET,
    }
    submission = parse_submission(changed(record("ann", exercise(0, "fail", entry))))
    assert SECRET not in repr(submission)
    [found] = submission.exercises[0].checks
    assert (found.title, found.verdict, found.hidden) == ("Be right.", "fail", True)
    assert found.text().startswith("Be right.\n\nThis check is hidden")


def test_the_seed_is_not_kept() -> None:
    """A student who knew it could draw the same inputs."""
    assert "91827" not in repr(class_of([record("ann", exercise())]))


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("", "does not hold JSON"),
        ("[]", "not a JSON object"),
        ("[" * 100_000, "does not hold JSON"),
        ("\udcff", "does not hold JSON"),
        (changed(record("ann"), submission=...), "'submission' is not a name"),
        (changed(record("ann"), submission=""), "'submission' is not a name"),
        (changed(record("ann"), submission=3), "'submission' is not a name"),
        (changed(record("ann"), points=-1), "'points' is not a number from 0 on"),
        (changed(record("ann"), points=float("nan")), "'points' is not a number from 0 on"),
        (changed(record("ann"), points=float("inf")), "'points' is not a number from 0 on"),
        (changed(record("ann"), points=10**400), "'points' is not a number from 0 on"),
        (changed(record("ann"), points=True), "'points' is not a number from 0 on"),
        (changed(record("ann"), points="3"), "'points' is not a number from 0 on"),
        (changed(record("ann"), seconds="3"), "'seconds' is not a number from 0 on"),
        (changed(record("ann"), notes="x"), "'notes' is not a list of texts"),
        (changed(record("ann"), error=["x"]), "'error' is not a text"),
        (changed(record("ann"), exercises={}), "'exercises' is not a list of objects"),
        (changed(record("ann"), exercises=[3]), "'exercises' is not a list of objects"),
        (changed(record("ann", exercise(), exercise())), "an exercise occurs twice"),
        (changed(record("ann", exercise() | {"verdict": "passed"})), "'passed' is no verdict"),
        (changed(record("ann", exercise() | {"verdict": ["pass"]})), "is no verdict"),
        (changed(record("ann", exercise() | {"id": ""})), "'id' is missing"),
        (changed(record("ann", exercise(0, "pass", check(sentence=3)))), "'sentence' is not a text"),
        (changed(record("ann", exercise(0, "pass", check(hints=[3])))), "'hints' is not a list of texts"),
    ],
    ids=str,
)
def test_a_line_that_is_no_result(tmp_path: Path, line: str, why: str) -> None:
    """A sentence with the line, the reason and what to do."""
    path = write_results(tmp_path / "results.jsonl", friendly_class())
    good = path.read_text(encoding="utf-8")
    path.write_bytes(good.encode() + line.encode("utf-8", "surrogateescape") + b"\n" + good.encode())
    if not line:
        assert len(read_results(path).submissions) == 3
        return
    with pytest.raises(ResultsError) as raised:
        read_results(path)
    assert "line 4" in str(raised.value)
    assert why in str(raised.value)
    assert "grader grade" in str(raised.value)


def test_a_last_line_that_was_cut_short(tmp_path: Path) -> None:
    """A killed run leaves one; what stands before it is reported, and a notice says so."""
    path = write_results(tmp_path / "results.jsonl", friendly_class())
    whole = read_results(path)
    path.write_bytes(path.read_bytes() + json.dumps(record("zoe", exercise())).encode()[:-9])
    cut = read_results(path)
    assert cut.submissions == whole.submissions
    assert "cut short" in cut.notices[0]


@pytest.mark.parametrize("name", ["nothing.jsonl", "."])
def test_no_results(tmp_path: Path, name: str) -> None:
    """A sentence, not a traceback."""
    with pytest.raises(ResultsError, match=r"could not be read: no such file.*grader grade"):
        read_results(tmp_path / name)
