"""Results for Gradescope and GitHub Classroom: every field as the platform takes it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from gradescope_rules import complaints, is_number
from report_cases import (
    HOSTILE,
    SEED,
    class_of,
    exercise,
    failing,
    friendly_class,
    hostile_class,
    record,
)

from grader.report import VERDICTS
from grader.reports.classroom import classroom_json
from grader.reports.gradescope import gradescope_json

Found = dict[str, Any]


def gradescope(*records: Found) -> Found:
    """Return the results.json of the one submission, having validated it."""
    [submission] = class_of(records).submissions
    content: Found = json.loads(gradescope_json(submission))
    assert not complaints(content)
    return content


@pytest.mark.parametrize(
    ("change", "count"),
    [
        ({}, 0),
        ({"max_score": 3}, 1),
        ({"score": "3"}, 1),
        ({"visibility": "no"}, 1),
        ({"tests": [{"status": "ok"}]}, 1),
    ],
    ids=str,
)
def test_the_validator_complains(change: Found, count: int) -> None:
    """It takes what is valid and nothing else."""
    assert len(complaints({"score": 1, "tests": [{"name": "a"}], **change})) == count


def test_gradescope_points_and_order() -> None:
    """An exercise has the points, the checks below it say what was found; the scores add up."""
    content = gradescope(friendly_class()[1])
    assert content["score"] == 1
    assert sum(test.get("score", 0) for test in content["tests"]) == 1
    assert sum(test.get("max_score", 0) for test in content["tests"]) == 6
    assert [(test["number"], test["status"], test["tags"][1]) for test in content["tests"]] == [
        ("1", "passed", "pass"), ("1.1", "passed", "pass"),
        ("2", "failed", "fail"), ("2.1", "passed", "pass"), ("2.2", "failed", "fail"), ("2.3", "failed", "skipped"),
        ("3", "failed", "not_started"), ("3.1", "failed", "not_started"),
    ]  # fmt: skip
    said = content["tests"][4]["output"]
    order = [
        "The sentence of check_more.",
        "double(np.array",
        "got[1] == 3.0",
        "<-- worst",
        "here I am",
        "You add one",
    ]
    assert sorted(order, key=said.index) == order
    assert content["output"].startswith("1 of 3 exercises passed.\nleft out ben.ipynb")


def test_nothing_is_rendered_as_html() -> None:
    """The platform's default for the top-level output would be."""
    content = gradescope(friendly_class()[0])
    formats = {
        value for entry in (content, *content["tests"]) for key, value in entry.items() if "format" in key
    }
    assert formats == {"text"}
    assert {"output_format", "test_output_format", "test_name_format"} <= content.keys()
    assert all({"output_format", "name_format"} <= test.keys() for test in content["tests"])


def test_students_see_their_total_and_not_the_graders_output() -> None:
    """A hidden test would hide the total as well."""
    content = gradescope(record("ann", exercise(0, "fail", failing(hidden=True))))
    assert {entry["visibility"] for entry in (content, *content["tests"])} == {"visible"}
    assert content["stdout_visibility"] == "hidden"
    assert "hidden" in content["tests"][1]["tags"]
    assert content["tests"][1]["output"].startswith("The sentence of check_values.")
    assert "np.array" not in json.dumps(content)


def test_what_went_wrong_before_any_check() -> None:
    """An unreadable submission and the grader's own failure are said in words."""
    assert "the archive is damaged" in gradescope(friendly_class()[2])["output"]
    failed = gradescope(record("ann", exercise(0, "infra"), seconds=2.5))
    assert "not your code's fault" in failed["output"]
    assert failed["execution_time"] == 2.5


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_texts_are_valid_on_both(name: str) -> None:
    """Whatever a student wrote, wherever it lands."""
    entry = hostile_class()[list(HOSTILE).index(name)]
    assert gradescope(entry)["tests"]
    assert classroom(entry)["tests"]


def classroom(*records: Found) -> Found:
    """Return what the reporter action gets, having looked at it as the action does."""
    [submission] = class_of(records).submissions
    encoded = classroom_json(submission)
    # Linux: an environment variable has at most 128 KiB, name and zero byte included; base64 makes four of three.
    assert 4 * len(encoded) / 3 + len("GRADER_RESULTS=") + 4 < 128 * 1024
    content: Found = json.loads(encoded)
    assert content["status"] in ("pass", "fail", "error")
    assert is_number(content["max_score"])
    for test in content["tests"]:
        assert test["status"] in ("pass", "fail", "error")
        assert is_number(test["score"])
        for line in f"Error: {test['message']}\n{test['name']}".splitlines():
            assert not line.lstrip().startswith("::")
            assert "##[" not in line
    return content


@pytest.mark.parametrize(
    ("verdicts", "status"),
    [(["pass", "pass"], "pass"), (["pass", "fail"], "fail"), (["infra", "fail"], "error"), ([], "fail")],
    ids=str,
)
def test_classroom_status(verdicts: list[str], status: str) -> None:
    """It passes only if everything did; the grader's own failure is an error."""
    content = classroom(record("ann", *(exercise(place, verdict) for place, verdict in enumerate(verdicts))))
    assert content["status"] == status
    own = {"pass": "pass", "fail": "fail", "infra": "error"}
    assert [test["status"] for test in content["tests"]] == [own[verdict] for verdict in verdicts]


def test_classroom_points_add_up() -> None:
    """The action sums `score`, and reports it out of `max_score`."""
    content = classroom(friendly_class()[1])
    assert (sum(test["score"] for test in content["tests"]), content["max_score"]) == (1, 6)
    assert "double(np.array([1.0, 2.0]))" in content["tests"][1]["message"]


@pytest.mark.parametrize("text", ["x" * 12_000, "\U0001d54f" * 12_000], ids=["plain", "wide"])
def test_a_long_feedback_still_fits(text: str) -> None:
    """Messages give way so that an environment variable can hold the whole; the points stay."""
    entries = [
        exercise(0, "fail", failing(message=text)) | {"id": f"ch01_x/ex{place:02}_y"} for place in range(90)
    ]
    content = classroom(record("ann", *entries))
    assert (len(content["tests"]), content["max_score"]) == (90, 90)
    assert all(test["message"] for test in content["tests"])


@pytest.mark.parametrize("verdict", VERDICTS)
def test_every_verdict_has_a_status(verdict: str) -> None:
    """Only "pass" is passed."""
    entry = record("ann", exercise(0, verdict, failing(verdict=verdict)))
    assert {test["status"] for test in gradescope(entry)["tests"]} == {
        "passed" if verdict == "pass" else "failed"
    }
    assert (classroom(entry)["tests"][0]["status"] == "pass") == (verdict == "pass")


def test_the_seed_stays_with_the_teacher() -> None:
    """Who knows it can draw the hidden inputs."""
    [submission] = class_of(friendly_class()[:1]).submissions
    assert str(SEED) not in (gradescope_json(submission) + classroom_json(submission)).decode()
