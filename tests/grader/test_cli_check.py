"""`grader check`: what it prints, what it remembers, how it ends."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from grader.progress import Progress, digest

if TYPE_CHECKING:
    from conftest import StudentAtWork

IDS = ["ch01_numbers/ex01_double", "ch01_numbers/ex02_triple", "ch02_lists/ex01_double_all"]
NAMES = ["double", "triple", "double_all"]


def verdicts(student: StudentAtWork, *arguments: str) -> dict[str, str]:
    """Check, as JSON, and return the verdict of each exercise."""
    data = json.loads(student.grader("check", "--json", *arguments).stdout)
    return {entry["id"]: entry["verdict"] for entry in data["exercises"]}


@pytest.mark.parametrize("mode", [[], ["--in-process"], ["--jobs", "1"], ["--jobs", "3"]], ids=" ".join)
def test_solutions_pass_and_stubs_are_not_started(student: StudentAtWork, mode: list[str]) -> None:
    """In every mode, in course order, with the exit status that says so."""
    assert verdicts(student, *mode) == dict.fromkeys(IDS, "not_started")
    assert student.grader("check", *mode).exit_code == 1
    student.solve(*NAMES)
    result = student.grader("check", *mode)
    assert result.exit_code == 0
    lines = [line.split() for line in result.output.splitlines()[:3]]
    assert [(line[1], line[2], line[3]) for line in lines] == [
        (IDS[0], "1/1", "passed"),
        (IDS[1], "2/2", "passed"),
        (IDS[2], "3/3", "passed"),
    ]
    assert "All exercises passed." in result.output


def test_a_wrong_answer_gets_its_feedback(student: StudentAtWork) -> None:
    """The check's sentence, the line to paste, got and expected; and the exit status 1."""
    student.write("double", "x * x")
    result = student.grader("check", "double")
    assert result.exit_code == 1
    for text in (
        "fail",
        "double(x) is 2 x.",
        "double(",
        "got",
        "expected",
        str(Path("ex01_double", "task.py")),
    ):
        assert text in result.output
    assert "Traceback" not in result.output


def test_only_failures_are_told_at_length(student: StudentAtWork) -> None:
    """Among many, what is not started is one line; asked for by name, it is explained."""
    student.write("double", "x * x")
    everything = student.grader("check").output
    assert "double(x) is 2 x." in everything
    assert "triple(x) is 3 x." not in everything
    assert "triple(x) is 3 x." in student.grader("check", "triple").output


def test_json_is_the_object_that_was_promised(student: StudentAtWork) -> None:
    """Exactly the documented keys, and nothing else on standard output."""
    student.solve("double")
    student.write("triple", "x")
    result = student.grader("check", "--json")
    assert result.exit_code == 1
    data = json.loads(result.stdout)
    assert set(data) == {"exercises", "points", "max_points"}
    for entry in data["exercises"]:
        assert set(entry) == {"id", "verdict", "points", "max_points", "checks"}
        for check in entry["checks"]:
            assert set(check) == {"name", "verdict", "message", "counterexample", "diagnosis"}
    assert (data["points"], data["max_points"]) == (1, 6)
    assert [entry["points"] for entry in data["exercises"]] == [1, 0, 0]
    assert data["exercises"][1]["checks"][0]["counterexample"].startswith("triple(")


@pytest.mark.parametrize(
    ("named", "checked"),
    [
        (["double"], IDS[:1]),
        (["ex01_double"], IDS[:1]),
        (["triple", "double"], IDS[:2]),
        (["double_a"], IDS[2:]),
        (["ch01"], IDS[:2]),
        (["ch01_numbers/", "double"], IDS[:2]),
        (["numbers"], IDS[:2]),
        (["ch01_numbers/ex02_triple"], IDS[1:2]),
        (["ch01_numbers/ex02_triple/task.py"], IDS[1:2]),
        (["./ch01_numbers\\ex02_triple\\"], IDS[1:2]),
        ([], IDS),
    ],
    ids=repr,
)
def test_naming_exercises(student: StudentAtWork, named: list[str], checked: list[str]) -> None:
    """Any part that fits one exercise, a chapter, a path as the shell completes it; always in course order."""
    assert list(verdicts(student, *named)) == checked


@pytest.mark.parametrize(
    ("named", "sentence"),
    [
        ("dubble", "Did you mean double?"),
        ("zzz", "`grader list` shows them all"),
        ("ex01", "ch02_lists/ex01_double_all"),
        ("ch0", "names 3 exercises"),
        ("", "no exercise is called ''"),
    ],
)
def test_names_that_fit_none_or_many(student: StudentAtWork, named: str, sentence: str) -> None:
    """A sentence with what was meant, and the exit status 2; nothing on standard output."""
    result = student.grader("check", "--json", named)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert sentence in result.stderr
    assert result.stderr.startswith("grader: ")


def test_a_verdict_is_remembered_with_its_text(student: StudentAtWork) -> None:
    """The record holds the verdict and the hash of the file that it was given for; hints stay."""
    student.grader("hint", "double")
    student.solve("double")
    student.grader("check", "double")
    record = Progress(student.work.root).record(IDS[0])
    assert (record.verdict, record.sha256, record.hints) == (
        "pass",
        digest(student.task("double").read_bytes()),
        1,
    )
    student.write("double", "x")
    student.grader("check")
    assert Progress(student.work.root).record(IDS[0]).verdict == "fail"


def test_a_seed_changes_the_examples_and_repeats_them(student: StudentAtWork) -> None:
    """A mistake at a single number is found with some seeds and not with others, and always with the same."""
    student.write("double", "2 * x if x != 17 else 0")

    def found() -> list[str]:
        return [verdicts(student, "double", "--seed", str(seed))[IDS[0]] for seed in range(6)]

    first = found()
    assert set(first) == {"pass", "fail"}
    assert found() == first


def test_files_that_cannot_be_judged(student: StudentAtWork) -> None:
    """A missing file, bytes that are no text, a folder in its place: a verdict or a sentence each, no traceback."""
    student.task("double").unlink()
    student.task("triple").write_bytes(b"\xff\xfe\x00def")
    student.task("double_all").unlink()
    student.task("double_all").mkdir()
    result = student.grader("check")
    assert result.exit_code == 1
    assert [line.split()[3] for line in result.stdout.splitlines()[:3]] == ["missing", "syntax", "missing"]
    assert "is not a regular file" in result.stderr
    assert "Traceback" not in result.output
    assert verdicts(student) == dict(zip(IDS, ["missing", "syntax", "missing"], strict=True))


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root reads everything")
def test_a_file_that_may_not_be_read(student: StudentAtWork) -> None:
    """The system's reason, as a sentence."""
    student.task("double").chmod(0)
    result = student.grader("check", "double")
    assert "permission denied" in result.stderr


def test_a_broken_progress_file_does_not_stop_a_check(student: StudentAtWork) -> None:
    """It is set aside with a sentence, and the new verdict is kept."""
    (student.work.root / ".progress.json").write_text("{broken")
    student.solve("double")
    result = student.grader("check", "double")
    assert result.exit_code == 0
    assert ".progress.json.broken" in result.stderr
    assert student.grader("list").stderr == ""
    assert Progress(student.work.root).record(IDS[0]).verdict == "pass"


@pytest.mark.parametrize("jobs", ["1", "2"])
@pytest.mark.parametrize("broken", ["st.integers(1, 0)", "no_such_name"])
def test_a_broken_spec_costs_only_its_own_exercise(
    student: StudentAtWork, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, jobs: str, broken: str
) -> None:
    """The verdict is infra, the student's record stays as it was, and the others are judged."""
    pack = tmp_path / "pack"
    shutil.copytree(Path(os.environ["GRADER_EXERCISES"]), pack, ignore=shutil.ignore_patterns("__pycache__"))
    spec = pack / IDS[1] / "spec.py"
    spec.write_text(spec.read_text().replace("st.integers(-50, 50)", broken))
    monkeypatch.setenv("GRADER_EXERCISES", str(pack))
    student.solve(*NAMES)
    assert verdicts(student, "--jobs", jobs) == dict(zip(IDS, ["pass", "infra", "pass"], strict=True))
    assert "This is not your code's fault" in student.grader("check", "triple").output
    assert Progress(student.work.root).record(IDS[1]).verdict is None


def test_no_exercises_at_all(student: StudentAtWork, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong GRADER_EXERCISES is said so."""
    monkeypatch.setenv("GRADER_EXERCISES", str(tmp_path / "nowhere"))
    result = student.grader("check")
    assert result.exit_code == 2
    assert "GRADER_EXERCISES" in result.stderr


def test_another_directory(student: StudentAtWork, tmp_path: Path) -> None:
    """--work before or after the verb; commands that are printed carry it on."""
    assert student.grader("init", str(tmp_path / "other work")).exit_code == 0
    student.solve("double")
    there = str(tmp_path / "other work")
    for arguments in (["check", "--work", there], ["--work", there, "check"]):
        result = student.grader(*arguments)
        assert "0 of 3 passed" in result.output
        assert f"--work '{there}'" in result.output
    assert "1 of 3 passed" in student.grader("check").output


@pytest.mark.parametrize(("place", "sentence"), [("nowhere", "does not exist"), ("README.md", "is a file")])
@pytest.mark.parametrize("verb", ["check", "list", "show", "hint", "watch"])
def test_a_wrong_directory(student: StudentAtWork, verb: str, place: str, sentence: str) -> None:
    """A sentence and the exit status 2 from every verb."""
    result = student.grader(verb, "--work", place)
    assert result.exit_code == 2
    assert sentence in result.stderr


on_linux = pytest.mark.skipif(sys.platform != "linux", reason="processes are looked up in /proc")


@on_linux
@pytest.mark.parametrize(
    ("jobs", "moment", "send"),
    [
        # A terminal sends it to the whole group: to the judges too, but not to the workers, which have their own.
        (1, "worker.py", os.killpg),
        (2, "worker.py", os.killpg),
        (2, "spawn_main", os.killpg),
        (2, "worker.py", os.kill),
    ],
)
def test_an_interrupt_stops_everything(
    student: StudentAtWork, jobs: int, moment: str, send: Callable[[int, int], None]
) -> None:
    """Ctrl-C while endless answers run, or while judges start: status 130, one sentence, no process left behind."""
    for name in NAMES:
        student.write(name, "all(True for _ in iter(int, 1))")
    process = subprocess.Popen(
        [sys.executable, "-m", "grader", "check", "--jobs", str(jobs)],
        env=student.environment,
        cwd=student.work.root,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    end = time.monotonic() + 60
    while len(_descendants(process.pid, moment)) < jobs and time.monotonic() < end:
        time.sleep(0.01)
    family = set(_descendants(process.pid, ""))
    assert family, "nothing was started"
    if moment == "spawn_main":
        # Well into the start of the judges, where Python would answer an interrupt with a traceback.
        time.sleep(0.05)
    send(process.pid, signal.SIGINT)
    later: set[int] = set()
    while process.poll() is None and time.monotonic() < end:
        later |= set(_descendants(process.pid, "worker.py")) - family
        time.sleep(0.01)
    _, errors = process.communicate(timeout=60)
    assert errors.decode().strip() == "grader: stopped. What was checked before is remembered."
    # Python ends itself by the signal if that arrives in code made from text; a shell calls both 130.
    assert process.returncode in (130, -signal.SIGINT)
    assert later == set() or moment == "spawn_main"
    while any(Path(f"/proc/{pid}").exists() for pid in family | later) and time.monotonic() < end:
        time.sleep(0.01)
    assert [pid for pid in family | later if Path(f"/proc/{pid}").exists()] == []


@on_linux
def test_a_judge_that_is_killed_costs_nothing(student: StudentAtWork) -> None:
    """When the system ends a judge, the others' work is kept and the rest is judged without it."""
    student.solve(*NAMES)
    process = subprocess.Popen(
        [sys.executable, "-m", "grader", "check", "--jobs", "2"],
        env=student.environment,
        cwd=student.work.root,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    end = time.monotonic() + 60
    while not (judges := _descendants(process.pid, "spawn_main")) and time.monotonic() < end:
        time.sleep(0.01)
    os.kill(judges[0], signal.SIGKILL)
    output, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (0, b"")
    assert output.count(b"passed") == len(NAMES) + 2


def _descendants(pid: int, part: str) -> list[int]:
    """Return the processes below `pid` whose command line holds `part`."""
    found = []
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in map(int, _read(children).split()):
            found += [child] * (part in _read(Path(f"/proc/{child}/cmdline"))) + _descendants(child, part)
    return found


def _read(path: Path) -> str:
    """Return what the system says of a process or thread; nothing if it is gone."""
    try:
        return path.read_text()
    except OSError:
        return ""
