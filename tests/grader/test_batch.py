"""Batch grading: the same grades whatever happens on the way."""

from __future__ import annotations

import json
import os
import random
import resource
import shutil
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from batch_cases import (
    ALL,
    COURSE,
    DOUBLE,
    REPOSITORY,
    SECRET,
    TRIPLE,
    Bureau,
    deadly_pack,
    foster_parent,
    make_class,
    read_lines,
    timeless,
    verdicts,
    write_submission,
)

from grader.batch import BatchError, Folder, Progress
from grader.batch.cache import Cache
from grader.batch.job import Job, entry, grade_one
from grader.batch.pool import JudgeDiedError, LocalPool
from grader.batch.results import ResultsFile
from grader.batch.seed import make_seed, read_seed
from grader.batch.version import Settings, Version, exercise_version, versions
from grader.exercise import load_exercises
from grader.judge import check_exercise
from grader.process import ProcessLauncher

UNSAFE = "--unsafe-no-sandbox"
LINUX = sys.platform == "linux"
SOURCES = {exercise.id: exercise for exercise in load_exercises(COURSE)}


@pytest.fixture(scope="module")
def classroom(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A class of eleven, of whom one has a damaged archive."""
    root = tmp_path_factory.mktemp("class")
    make_class(root, 11)
    return root


@pytest.fixture(scope="module")
def undisturbed(classroom: Path, tmp_path_factory: pytest.TempPathFactory) -> Bureau:
    """The class, graded in peace."""
    bureau = Bureau(tmp_path_factory.mktemp("out"))
    bureau.grade(classroom)
    return bureau


def solved(root: Path, name: str, **changes: str) -> None:
    """Write a submission that solves everything but what is changed."""
    texts = {exercise.id: exercise.solution for exercise in SOURCES.values()} | changes
    write_submission(root, name, {f"{key}/task.py": text.encode() for key, text in texts.items()})


# What a line says


def test_a_line_says_what_the_judge_says(classroom: Path, undisturbed: Bureau) -> None:
    """Exercise by exercise the same as `check_exercise`, with sums, the hash, the seed and the remarks."""
    lines = {
        line["submission"]: line for line in map(json.loads, undisturbed.results.read_text().splitlines())
    }
    assert sorted(lines) == [f"s{number:02}" for number in range(11)]
    for name in ("s00", "s04"):
        line = lines[name]
        assert [one["id"] for one in line["exercises"]] == list(SOURCES)
        for one in line["exercises"]:
            path = classroom / name / one["id"] / "task.py"
            source = path.read_bytes() if path.exists() else None
            direct = entry(
                check_exercise(SOURCES[one["id"]], source, seed=SECRET, launcher=ProcessLauncher())
            )
            assert timeless({**one, "sha256": None}) == timeless({**direct, "sha256": None})
        assert line["points"] == sum(one["points"] for one in line["exercises"])
        assert (line["max_points"], line["seed"], len(line["sha256"])) == (6, SECRET, 64)
    assert lines["s10"]["error"]
    assert set(verdicts(undisturbed.results)["s10"].values()) == {"missing"}


def test_hostile_submissions_earn_nothing(undisturbed: Bureau) -> None:
    """Each third submission cheats in its first exercise; none of them passes it, and none is infra."""
    found = verdicts(undisturbed.results)
    cheats = {found[f"s{number:02}"][DOUBLE] for number in range(1, 11, 3) if number != 10}
    assert cheats
    assert "pass" not in cheats
    assert "infra" not in {verdict for one in found.values() for verdict in one.values()}


# The same grades in any order, with any number of jobs, on any engine


@pytest.mark.parametrize(
    ("width", "order", "threads"), [(1, None, False), (3, 1, False), (2, 2, True)], ids=["1", "3", "threads"]
)
def test_order_and_number_do_not_matter(
    classroom: Path, undisturbed: Bureau, tmp_path: Path, width: int, order: int | None, threads: bool
) -> None:
    """One judge, three in another order, or threads of this process: the same lines, to the byte."""
    bureau = Bureau(tmp_path)
    bureau.grade(
        classroom, width=width, order=order, executor=(lambda: ThreadPoolExecutor(width)) if threads else None
    )
    assert bureau.lines() == undisturbed.lines()


def test_another_seed_draws_other_inputs(classroom: Path, undisturbed: Bureau, tmp_path: Path) -> None:
    """The verdicts stay, the counterexamples change; and another seed is another grading."""
    few = [classroom / "s00", classroom / "s04"]
    lines, found = [], []
    for seed in (SECRET, SECRET + 1, SECRET):
        bureau = Bureau(tmp_path, seed=seed)
        assert bureau.grade(*few).kept == 0
        lines.append(bureau.lines())
        found.append(verdicts(bureau.results))
    assert found[0] == found[1]
    assert lines[0] != lines[1]
    assert lines[0] == lines[2]
    assert set(lines[0]) < set(undisturbed.lines())


def test_secret_inputs_are_hidden(classroom: Path, undisturbed: Bureau, tmp_path: Path) -> None:
    """All that may carry an input out of the judge is marked; the grades are the same, and not judged again."""
    shutil.copytree(undisturbed.out, tmp_path / "out")
    bureau = Bureau(tmp_path / "out", hide_inputs=True)
    summary = bureau.grade(classroom)
    assert (summary.kept, summary.judged) == (0, 0)
    open_lines, lines = ([json.loads(line) for line in one.lines()] for one in (undisturbed, bureau))
    shown = set()
    for line, before in zip(lines, open_lines, strict=True):
        for one, known in zip(line["exercises"], before["exercises"], strict=True):
            for check, other in zip(one["checks"], known["checks"], strict=True):
                assert {**check, "hidden": False} == other
                if not check["hidden"]:
                    shown.add(check["verdict"])
                    assert not check["counterexample"] + check["got"] + check["output"]
    assert shown == {"missing", "syntax", "skipped"}


# Once only


def test_equal_sources_are_judged_once(tmp_path: Path) -> None:
    """Whoever handed them in, in whatever form, and also while the first is still being judged."""
    for number in range(6):
        write_submission(
            tmp_path / "class",
            f"s{number}",
            {f"{DOUBLE}/task.py": b"def double(x):\n    return 2*x\n"},
            number,
        )
    bureau = Bureau(tmp_path / "out")
    summary = bureau.grade(tmp_path / "class")
    assert (summary.graded, summary.judged, summary.reused) == (6, 3, 15)
    assert {tuple(one.values()) for one in verdicts(bureau.results).values()} == {
        ("pass", "missing", "missing")
    }


def test_what_has_not_changed_is_not_judged_again(
    classroom: Path, tmp_path: Path, undisturbed: Bureau
) -> None:
    """A second run keeps every line; a changed source is judged, and its submission alone is written anew."""
    shutil.copytree(classroom, tmp_path / "class")
    shutil.copytree(undisturbed.out, tmp_path / "out")
    bureau = Bureau(tmp_path / "out")
    summary = bureau.grade(tmp_path / "class")
    assert (summary.kept, summary.graded, summary.judged) == (11, 0, 0)
    assert bureau.pool is None
    path = tmp_path / "class" / "s00" / DOUBLE / "task.py"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("def double(x):\n    return x + x  # another way\n")
    summary = bureau.grade(tmp_path / "class")
    assert (summary.kept, summary.graded, summary.judged) == (10, 1, 1)
    assert verdicts(bureau.results)["s00"][DOUBLE] == "pass"
    fresh = Bureau(tmp_path / "fresh")
    fresh.grade(tmp_path / "class")
    assert bureau.results.read_text().count("\n") == 11
    assert bureau.lines() == fresh.lines()


def test_grades_outlive_the_results(classroom: Path, undisturbed: Bureau, tmp_path: Path) -> None:
    """With the results gone the cache gives them back; with a damaged cache they are judged again."""
    shutil.copytree(undisturbed.out, tmp_path / "out")
    bureau = Bureau(tmp_path / "out")
    bureau.results.unlink()
    assert bureau.grade(classroom).judged == 0
    assert bureau.lines() == undisturbed.lines()
    bureau.results.unlink()
    files = sorted((tmp_path / "out" / "grades").rglob("*.json"))
    for number, path in enumerate(files):
        text = [b"", b"{", b"[]", b"{}", path.read_bytes()[:-1], files[number - 1].read_bytes()][number % 6]
        path.write_bytes(text)
    summary = bureau.grade(classroom)
    assert (summary.judged, bureau.lines()) == (len(files), undisturbed.lines())


def test_what_a_grade_depends_on() -> None:
    """Source, version, seed, deadlines, tier and exercise are in the key; what only the line depends on is not."""
    settings = Settings(pack=str(COURSE))
    changes = ({"seed": 1}, {"check_s": 1.0}, {"exercise_s": 1.0}, {"sandbox": "process"})
    jobs = [
        Job(DOUBLE, ("v", "w"), "a", settings),
        Job(DOUBLE, ("v", "w"), "b", settings),
        Job(DOUBLE, ("v", "w"), None, settings),
        Job(DOUBLE, ("x", "w"), "a", settings),
        Job(DOUBLE, ("v", "x"), "a", settings),
        Job(TRIPLE, ("v", "w"), "a", settings),
        *[Job(DOUBLE, ("v", "w"), "a", replace(settings, **change)) for change in changes],
    ]
    assert len({job.key for job in jobs}) == len(jobs)
    for change in ({"submission_s": 1.0}, {"hide_inputs": True}):
        assert Job(DOUBLE, ("v", "w"), "a", replace(settings, **change)).key == jobs[0].key


def test_a_changed_exercise_has_another_version(tmp_path: Path) -> None:
    """Its spec, its solution, a module that a pack shares: each counts; the generated task does not."""
    seen = []
    changes = (
        "",
        f"{DOUBLE}/spec.py",
        f"{DOUBLE}/solution.py",
        "shared.py",
        "ch01_numbers/helpers.py",
        f"{DOUBLE}/task.py",
    )
    for number, place in enumerate(changes):
        pack = tmp_path / str(number)
        shutil.copytree(COURSE, pack)
        if place:
            with (pack / place).open("a") as stream:
                stream.write("\n# changed\n")
        seen.append(exercise_version(pack, DOUBLE))
    assert len(set(seen)) == 5
    assert seen[-1] == seen[0]
    assert exercise_version(tmp_path / "1", TRIPLE) == exercise_version(tmp_path / "0", TRIPLE)


def test_a_judge_with_another_version_refuses(tmp_path: Path) -> None:
    """Its grades would be taken for ours; one that lives on while an exercise changes takes the new one."""
    pack = tmp_path / "pack"
    shutil.copytree(COURSE, pack)
    settings = Settings(pack=str(pack), sandbox="process")

    def ask(version: Version) -> tuple[str, str]:
        answer = json.loads(
            grade_one(Job(DOUBLE, version, None, settings).to_json(b"def double(x):\n    return 2*x\n"))
        )
        return answer["verdict"], answer["checks"][0]["message"]

    old = versions(settings, [SOURCES[DOUBLE]])[DOUBLE]
    assert ask(old)[0] == "pass"
    for wrong, words in (((old[0], "0"), "other grader"), (("0", old[1]), "other exercises")):
        verdict, message = ask(wrong)
        assert (verdict, words in message) == ("infra", True)
    path = pack / DOUBLE / "spec.py"
    path.write_text(path.read_text().replace("equals(2 * x)", "equals(3 * x)"))
    new = versions(settings, [SOURCES[DOUBLE]])[DOUBLE]
    assert (old != new, ask(new)[0]) == (True, "fail")


# Deadlines


SLOW = "import functools\ndef {name}(x):\n    for _ in range(10**10):\n        pass\n"


def test_deadlines_of_checks_exercises_and_submissions(tmp_path: Path) -> None:
    """A check that hangs is a timeout; an exercise and a submission end when their time is up, which is no infra."""
    slow = {
        DOUBLE: SLOW.format(name="double"),
        TRIPLE: SLOW.format(name="triple"),
        ALL: SLOW.format(name="double_all"),
    }
    solved(tmp_path / "class", "ann", **slow)
    solved(tmp_path / "class", "bob", **{DOUBLE: slow[DOUBLE]})
    began = time.monotonic()
    bureau = Bureau(tmp_path / "out", check_s=0.4, exercise_s=0.2, submission_s=0.1)
    bureau.grade(tmp_path / "class")
    assert time.monotonic() - began < 60
    found = verdicts(bureau.results)
    assert list(found["ann"].values()) == ["timeout", "timeout", "timeout"]
    assert list(found["bob"].values()) == ["timeout", "timeout", "timeout"]
    ann, bob = map(json.loads, bureau.results.read_text().splitlines())
    first, second, *_ = ann["exercises"][0]["checks"]
    assert "had not finished after 0.2 s" in first["message"]
    assert "all checks together had used up the 0.2 s" in second["message"]
    for line in (ann, bob):
        assert f"not run, because the time was used up: {TRIPLE}, {ALL}" in line["notes"]
    assert "0.1 s" in bob["exercises"][1]["checks"][0]["message"]
    patient = Bureau(tmp_path / "patient", check_s=0.4, exercise_s=30, submission_s=60)
    patient.grade(tmp_path / "class")
    assert list(verdicts(patient.results)["bob"].values()) == ["timeout", "pass", "pass"]


# Judges that die


def test_the_pool_answers_and_survives(tmp_path: Path) -> None:
    """Jobs that kill their judge, hang or raise cost only themselves."""
    with (tmp_path / "log").open("wb") as log:
        pool = LocalPool(2, patience_s=120, log=log)
        wanted: list[tuple[Future[Any], object]] = []
        for number in range(12):
            wanted.append((pool.submit(json.dumps, [number]), f"[{number}]"))
            if number % 3 == 0:
                wanted.append((pool.submit(os._exit, 3), JudgeDiedError))
                wanted.append((pool.submit(signal.raise_signal, signal.SIGKILL), JudgeDiedError))
            if number % 4 == 0:
                wanted.append((pool.submit(json.loads, "{"), RuntimeError))
        for future, answer in wanted:
            if isinstance(answer, type):
                assert type(future.exception()) is answer
            else:
                assert future.result() == answer
        assert "SIGKILL" in str(wanted[2][0].exception())
        pids = pool.pids()
        pool.shutdown()
        assert pool.pids() == []
        assert not any(Path(f"/proc/{pid}").exists() for pid in pids)
        with pytest.raises(RuntimeError, match="closed"):
            pool.submit(json.dumps, 1)


def test_a_judge_that_hangs_is_given_up() -> None:
    """After the pool's patience, which is longer than any deadline."""
    pool = LocalPool(1, patience_s=1.0)
    future = pool.submit(time.sleep, 600)
    assert "no answer within 1 s" in str(future.exception())
    pool.shutdown()


def test_a_pool_can_be_stopped_at_once() -> None:
    """What runs is ended, what waits is cancelled; it does not take the ten minutes that the job would."""
    pool = LocalPool(1, patience_s=1000)
    running, waiting = pool.submit(time.sleep, 600), pool.submit(time.sleep, 600)
    while not running.running():
        time.sleep(0.01)
    pool.shutdown(cancel_futures=True)
    assert isinstance(running.exception(), JudgeDiedError)
    assert waiting.cancelled()


def test_a_judge_does_not_outlive_its_parent() -> None:
    """When nobody is there to hear the answer any more, it ends in the middle of its job."""
    start = f"import sys; sys.path[:] = {sys.path!r}; from grader.batch.serving import serve; serve()"
    judge = subprocess.Popen([sys.executable, "-c", start], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert judge.stdin is not None
    assert judge.stdout is not None
    for function, argument in (("ctime", 0), ("sleep", 600)):
        request = {"module": "time", "function": function, "arguments": [argument]}
        judge.stdin.write(json.dumps(request).encode() + b"\n")
        judge.stdin.flush()
    assert b"1970" in judge.stdout.readline()
    judge.stdin.close()
    assert judge.wait(30) == 128 + signal.SIGTERM
    judge.stdout.close()


def test_an_interrupted_run_leaves_no_judge(classroom: Path, tmp_path: Path) -> None:
    """In the middle of judging; what was graded until then is on the disk."""
    bureau = Bureau(tmp_path)

    def interrupt(progress: Progress) -> None:
        if progress.judged == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        bureau.grade(classroom, watch=interrupt)
    assert isinstance(bureau.pool, LocalPool)
    assert bureau.pool.pids() == []
    assert len(list((tmp_path / "grades").rglob("*.json"))) == 3


def test_what_a_spec_prints_goes_nowhere() -> None:
    """The conversation with a judge is on descriptors of its own."""
    pool = LocalPool(1, patience_s=100)
    assert pool.submit(print, '{"result": "forged"}').result() is None
    assert pool.submit(subprocess.call, ["echo", '{"result": "forged"}']).result() == 0
    assert pool.submit(json.dumps, 1).result() == "1"
    pool.shutdown()


@pytest.mark.parametrize("judged", [0, 7, 15])
def test_a_judge_killed_at_any_time_changes_nothing(
    judged: int, classroom: Path, undisturbed: Bureau, tmp_path: Path
) -> None:
    """Whoever it hits, whenever: the job is judged again by another."""
    # One death a run: a slow job that happened to be hit twice would rightly be infra.
    bureau = Bureau(tmp_path)
    draw, stop, killed = random.Random(judged), threading.Event(), []

    def kill() -> None:
        while not killed and not stop.wait(draw.random() * 0.05):
            pids = bureau.pool.pids() if isinstance(bureau.pool, LocalPool) else []
            if pids and len(list((tmp_path / "grades").rglob("*.json"))) >= judged:
                killed.append(draw.choice(sorted(pids)))
                os.kill(killed[-1], signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        bureau.grade(classroom)
    finally:
        stop.set()
        killer.join()
    assert killed
    assert bureau.lines() == undisturbed.lines()


@pytest.fixture
def deadly(tmp_path: Path) -> Path:
    """A pack in which judging one exercise kills the judge, while a file is there, and another's spec raises."""
    (tmp_path / "armed").touch()
    return deadly_pack(tmp_path / "pack", tmp_path / "armed")


def test_infra_is_retried_reported_and_never_the_students(deadly: Path, tmp_path: Path) -> None:
    """A job that kills its judge twice, a spec that raises: infra, said in the notes; graded when the cause is gone."""
    for name in ("ann", "bob"):
        solved(tmp_path / "class", name, **{DOUBLE: f"# {name}\n{SOURCES[DOUBLE].solution}"})
    bureau = Bureau(tmp_path / "out", deadly)
    summary = bureau.grade(tmp_path / "class")
    assert summary.not_graded == ("ann", "bob")
    assert {tuple(one.values()) for one in verdicts(bureau.results).values()} == {("pass", "infra", "infra")}
    line = json.loads(bureau.results.read_text().splitlines()[0])
    assert line["notes"] == [f"not graded, because the grader failed: {TRIPLE}, {ALL}; grade again"]
    assert (line["points"], line["max_points"]) == (1, 6)
    assert "SIGKILL" in line["exercises"][1]["checks"][0]["message"]
    (tmp_path / "armed").unlink()
    summary = bureau.grade(tmp_path / "class")
    assert (summary.kept, summary.judged, summary.not_graded) == (0, 2, ())
    assert {tuple(one.values()) for one in verdicts(bureau.results).values()} == {("pass", "pass", "pass")}


# The results file


def a_line(name: str, sha256: str = "x", verdict: str = "pass") -> dict[str, Any]:
    return {
        "submission": name, "sha256": sha256, "seed": 1, "judged_by": "me", "exercises": [{"verdict": verdict}],
    }  # fmt: skip


def test_a_results_file_at_every_length(tmp_path: Path) -> None:
    """Cut anywhere, it keeps every whole line and loses only the torn one."""
    path = tmp_path / "results.jsonl"
    results = ResultsFile(path)
    for name in "ab\u00e9":
        results.append(a_line(name))
    results.close()
    whole = path.read_bytes()
    ends = [place + 1 for place, byte in enumerate(whole) if byte == 10]
    for size in range(len(whole) + 1):
        path.write_bytes(whole[:size])
        results = ResultsFile(path)
        kept = sum(end <= size for end in ends)
        assert len(results.names()) == kept
        results.append(a_line("z"))
        results.close()
        assert (
            path.read_bytes()
            == whole[: ends[kept - 1] if kept else 0] + json.dumps(a_line("z")).encode() + b"\n"
        )


def test_the_last_line_of_a_submission_counts(tmp_path: Path) -> None:
    """Broken lines are dropped and counted; at the end there is one line each, in order, for its owner alone."""
    path = tmp_path / "results.jsonl"
    results = ResultsFile(path)
    for name, sha256 in (("b", "1"), ("a", "1"), ("b", "2"), ("c", "1")):
        results.append(a_line(name, sha256))
    results.close()
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([lines[0], b"[]\n", b"{}\n", b"\xff\n", *lines[1:]]))
    results = ResultsFile(path)
    assert results.dropped == 3
    results.tidy()
    assert [(line["submission"], line["sha256"]) for line in map(json.loads, path.read_text().splitlines())] == [
        ("a", "1"), ("b", "2"), ("c", "1"),
    ]  # fmt: skip
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    results.close()


def test_a_disk_that_is_full(tmp_path: Path) -> None:
    """No half-written line is left; the sentence says where."""
    path = tmp_path / "results.jsonl"
    results = ResultsFile(path)
    results.append(a_line("a"))
    before, size = resource.getrlimit(resource.RLIMIT_FSIZE), path.stat().st_size
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + 20, before[1]))
    try:
        with pytest.raises(BatchError, match=r"results\.jsonl could not be written: file too large"):
            results.append(a_line("b"))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    results.append(a_line("c"))
    assert results.names() == ["a", "c"]
    assert [json.loads(line)["submission"] for line in path.read_text().splitlines()] == ["a", "c"]
    results.close()


def test_one_run_at_a_time(tmp_path: Path) -> None:
    """A second one in the same folder is refused; scratch folders go, also that of a run that was killed."""
    with Folder(tmp_path) as first:
        scratch = Path(first.scratch)
        assert scratch.is_dir()
        with pytest.raises(BatchError, match="another run"), Folder(tmp_path):
            pass
    assert not scratch.exists()
    killed = Folder(tmp_path)
    killed.__enter__()
    (Path(killed.scratch) / "grader-x").mkdir()
    os.close(os.dup(0))
    assert killed._lock is not None
    killed._lock.close()  # what the system does for a process that was killed
    with Folder(tmp_path):
        assert not Path(killed.scratch).exists()


def test_a_scratch_note_leads_nowhere_else(tmp_path: Path) -> None:
    """Whatever the note says, only a folder that a run made is removed."""
    precious = tmp_path / "grader-run-precious"
    precious.mkdir()
    for text in (str(precious), "/", "", "\0", str(tmp_path)):
        with Folder(tmp_path / "out"):
            pass
        (tmp_path / "out" / ".grader" / "scratch").write_text(text)
        with Folder(tmp_path / "out"):
            assert precious.is_dir()


def test_a_cache_entry_is_for_its_key(tmp_path: Path) -> None:
    """One that lies under another name is no grade."""
    cache = Cache(tmp_path)
    cache.put("aa1", {"verdict": "pass"})
    (tmp_path / "aa" / "aa1.json").rename(tmp_path / "aa" / "aa2.json")
    assert (cache.get("aa1"), cache.get("aa2")) == (None, None)


def test_grades_that_cannot_be_kept(classroom: Path, tmp_path: Path) -> None:
    """The run ends with a sentence, without a judge left, and goes on when there is room."""
    bureau = Bureau(tmp_path)
    (tmp_path / "grades").touch()
    with pytest.raises(BatchError, match=r"could not be written: .*Run again"):
        bureau.grade(classroom / "s00", classroom / "s04")
    assert isinstance(bureau.pool, LocalPool)
    assert bureau.pool.pids() == []
    (tmp_path / "grades").unlink()
    assert bureau.grade(classroom / "s00", classroom / "s04").graded == 2


# The seed


@pytest.mark.parametrize(("text", "seed"), [("17\n", 17), ("0", 0), (" 17 ", 17)])
def test_a_number_is_a_seed(tmp_path: Path, text: str, seed: int) -> None:
    """As it stands."""
    (tmp_path / "seed").write_text(text)
    assert read_seed(tmp_path / "seed") == seed


def test_any_text_is_a_seed(tmp_path: Path) -> None:
    """Another text, another seed; nothing, a novel or no file is none."""
    seeds = []
    for text in ("spring", "autumn", "9" * 40, "\u00fcber"):
        (tmp_path / "seed").write_text(text, encoding="utf-8")
        seeds.append(read_seed(tmp_path / "seed"))
    assert len(set(seeds)) == 4
    assert all(0 <= seed < 2**63 for seed in seeds)
    for text in ("", " \n", "x" * 5000):
        (tmp_path / "seed").write_text(text)
        with pytest.raises(BatchError, match="holds no seed"):
            read_seed(tmp_path / "seed")
    with pytest.raises(BatchError, match="--new-seed"):
        read_seed(tmp_path / "none")


def test_a_new_seed_is_for_its_owner_alone(tmp_path: Path) -> None:
    """And never written over an old one."""
    before = os.umask(0)
    try:
        seed = make_seed(tmp_path / "seed")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "seed").stat().st_mode) == 0o600
    assert read_seed(tmp_path / "seed") == seed
    with pytest.raises(BatchError, match="is there already"):
        make_seed(tmp_path / "seed")


# The command


class Command:
    """`grader grade` as a process of its own."""

    def __init__(self, out: Path, *arguments: str | Path) -> None:
        self.out, self.arguments = out, [*map(str, arguments), "--out", str(out), "--exercises", str(COURSE)]
        self.environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), "PYTHONUTF8": "1", "COLUMNS": "100"}

    def start(self) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "grader", "grade", *self.arguments]
        return subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=self.environment,
            cwd=REPOSITORY,
        )

    def run(self) -> tuple[int, str, str]:
        process = self.start()
        out, err = process.communicate(timeout=240)
        return process.returncode, out, err

    def graded(self) -> int:
        """Return how many lines and grades there are: how far the run has come."""
        results = self.out / "results.jsonl"
        lines = results.read_bytes().count(b"\n") if results.exists() else 0
        return lines + len(list((self.out / ".grader" / "grades").rglob("*.json")))


@pytest.fixture
def seed_file(tmp_path: Path) -> Path:
    path = tmp_path / "seed"
    path.write_text(str(SECRET))
    path.chmod(0o600)
    return path


@pytest.fixture
def command(classroom: Path, tmp_path: Path, seed_file: Path) -> Command:
    return Command(
        tmp_path / "out", classroom, "--seed-file", seed_file, "--show-inputs", UNSAFE, "--jobs", "2"
    )


@pytest.fixture
def orphans() -> Iterator[Any]:
    if not LINUX:
        pytest.skip("only Linux tells whose child an orphan becomes")
    with foster_parent() as left:
        yield left


def test_the_command_grades_and_keeps_its_secret(command: Command, undisturbed: Bureau, orphans: Any) -> None:
    """Results as by the library, reports, no seed outside the results file, nothing left behind."""
    status, out, err = command.run()
    assert status == 0, err
    assert read_lines(command.out / "results.jsonl") == undisturbed.lines()
    assert "11 graded" in out
    assert "--unsafe-no-sandbox" in err
    written = [path for path in command.out.rglob("*") if path.is_file() and path.name != "results.jsonl"]
    assert {"grades.csv", "class.html"} <= {path.name for path in written}
    assert not [path for path in written if str(SECRET).encode() in path.read_bytes()]
    assert str(SECRET) not in out + err
    assert orphans() == []
    status, out, err = command.run()
    assert (status, "0 graded, 11 unchanged" in out) == (0, True)
    command.arguments.remove("--show-inputs")
    assert command.run()[0] == 0
    found = [json.loads(line) for line in read_lines(command.out / "results.jsonl")]
    hidden = {check["hidden"] for line in found for one in line["exercises"] for check in one["checks"]}
    assert hidden == {True, False}


def test_in_the_sandbox(
    classroom: Path, undisturbed: Bureau, tmp_path: Path, seed_file: Path, orphans: Any
) -> None:
    """The default: the best tier of this machine, with the same grades."""
    from grader.sandbox import SandboxError, choose_launcher

    try:
        choose_launcher()
    except SandboxError as error:
        pytest.skip(str(error))
    command = Command(tmp_path / "out", classroom, "--seed-file", seed_file, "--show-inputs", "--no-reports")
    status, _, err = command.run()
    assert (status, err) == (0, "")
    found = [json.loads(line) for line in read_lines(command.out / "results.jsonl")]
    known = [json.loads(line) for line in undisturbed.lines()]
    for line in (*found, *known):
        del line["judged_by"]
    assert found == known
    assert orphans() == []


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_killed_run_goes_on(
    command: Command, undisturbed: Bureau, orphans: Any, number: signal.Signals
) -> None:
    """Killed three times at random, it resumes and loses nothing; a run that is asked to end leaves no process."""
    draw = random.Random(int(number))
    progress = [0]
    for _ in range(3):
        process = command.start()
        while process.poll() is None and command.graded() <= progress[-1] + draw.randrange(4):
            time.sleep(0.01)
        time.sleep(draw.random() * 0.2)
        process.send_signal(number)
        out, err = process.communicate(timeout=60)
        assert "Traceback" not in err
        if process.returncode == 0:
            break
        wanted = {signal.SIGKILL: -9, signal.SIGTERM: 143, signal.SIGINT: 130}[number]
        assert (process.returncode, out) == (wanted, "")
        assert orphans() == []
        lines = (command.out / "results.jsonl").read_bytes().splitlines(keepends=True)
        assert all(json.loads(line) for line in lines if line.endswith(b"\n"))
        progress.append(command.graded())
    assert progress == sorted(progress)
    assert len(progress) > 1
    status, out, err = command.run()
    assert status == 0, err
    assert read_lines(command.out / "results.jsonl") == undisturbed.lines()
    assert orphans() == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nowhere"], "nowhere cannot be graded: no such file"),
        (["empty"], "there are no submissions in"),
        (["class", "--out", "class/out"], "lies inside"),
        (["class", "--exercises", "empty"], "there are no exercises in"),
        (["class", "--new-seed"], "--seed-file"),
        (["class", "--seed-file", "none"], "--new-seed"),
        (["class", "--scheduler", "tcp://127.0.0.1:1", "--jobs", "2"], "--jobs"),
        (["class", "--out", "file"], "cannot be used"),
    ],
)
def test_misuse_is_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], words: str
) -> None:
    """Exit status 2, one sentence, no traceback."""
    from click.testing import CliRunner

    from grader.cli.group import grader

    solved(tmp_path / "class", "ann")
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").touch()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GRADER_EXERCISES", str(COURSE))
    given = arguments if "--out" in arguments else [*arguments, "--out", "out"]
    result = CliRunner().invoke(grader, ["grade", *given])
    assert result.exit_code == 2
    assert words in result.stderr
