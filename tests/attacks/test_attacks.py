"""Every attack in this folder, in every tier of sandbox that this machine has.

An attack is a folder: `task.py.txt`, what somebody might hand in (named so that nothing that walks this tree ever
imports it), and `attack.toml`:

    family = "A"          # of the five: A forging the verdict, B stealing answers, C tampering with the record,
                          # D denial of service, E right only when watched
    exercise = "sigmoid"  # what it is handed in for
    how = "..."           # how it works, in a line
    verdict = ["fail"]    # the verdicts of which it must get one
    where = "everywhere"  # the default; "sandboxes" where it would harm the machine without one; "best" if it is slow
    deadline = 2.0        # seconds for each check
    says = ["..."]        # what the report must hold
    limit = "..."         # only where it cannot be told from a right answer: why not

    [process]             # what a mere process lets through: "verdict", "leaves" ("process", "file"), "why"

    [source]              # in place of task.py.txt, for what nobody wants to read: head + text * times + tail
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import re
import signal
import sys
import tempfile
import time
import tomllib
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

if sys.platform != "linux":
    pytest.skip("the attacks look for what is left behind in /proc", allow_module_level=True)

from grader.exercise import Exercise, load_exercises
from grader.judge import MAX_WORKERS, STAGE, check_exercise
from grader.process import Launcher, LocalRunner
from grader.program import Reply, Step
from grader.sandbox import report, unsandboxed_launcher
from grader.sandbox.bubblewrap import BubblewrapLauncher
from grader.sandbox.landlock import LandlockLauncher

HERE = Path(__file__).parent
SANDBOXES = ("bubblewrap", "landlock")
SEED = 20240229
CANARY = "canary-7f3a"
# Attacks that write outside of their folder write here and nowhere else.
OUTSIDE = "/tmp/grader-attack-"
UNSAFE = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
# What an attack would like a reader to see at the beginning of a line.
LIES = re.compile(r"^ {0,3}(All \d+ checks pass|PASS|points|verdict|::)", re.MULTILINE | re.IGNORECASE)


@dataclass(frozen=True)
class Attack:
    """One attack, as its folder says."""

    name: str
    family: str
    exercise: str
    how: str
    verdict: tuple[str, ...]
    where: str = "everywhere"
    deadline: float = 2.0
    says: tuple[str, ...] = ()
    limit: str = ""
    process: dict[str, Any] = field(default_factory=dict)
    source: bytes = b""

    def expected(self, tier: str) -> tuple[str, ...]:
        """Return the verdicts that it may get in a tier."""
        return tuple(self.process.get("verdict", self.verdict)) if tier == "process" else self.verdict

    def leaves(self, tier: str) -> str:
        """Return what it is known to leave behind in a tier."""
        return self.process.get("leaves", "") if tier == "process" else ""


def read(folder: Path) -> Attack:
    """Read the folder of an attack."""
    said = tomllib.loads((folder / "attack.toml").read_text(encoding="utf-8"))
    made = said.pop("source", None)
    if made is None:
        source = (folder / "task.py.txt").read_bytes()
    else:
        source = (made.get("head", "") + made["text"] * made["times"] + made.get("tail", "")).encode()
    for key in ("verdict", "says"):
        said[key] = tuple(said.get(key, ()))
    return Attack(name=folder.name, source=source, **said)


ATTACKS = [read(place.parent) for place in sorted(HERE.glob("*/attack.toml"))]


@cache
def exercises() -> dict[str, Exercise]:
    """Return the exercises by the last part of their names."""
    return {exercise.id.rpartition("/")[2].partition("_")[2]: exercise for exercise in load_exercises()}


@cache
def launchers() -> dict[str, Launcher]:
    """Return a launcher for every tier that this machine has, the best first."""
    found: dict[str, Launcher] = {}
    for tier in SANDBOXES:
        if report(tier).usable:
            found[tier] = {"bubblewrap": BubblewrapLauncher, "landlock": LandlockLauncher}[tier]()
    return {**found, "process": unsandboxed_launcher()}


def tiers(attack: Attack) -> list[str]:
    """Return the tiers in which an attack is tried."""
    if attack.where == "best":
        return ["best"]
    return [*SANDBOXES, *(["process"] if attack.where == "everywhere" else [])]


CASES = [
    pytest.param(attack, tier, id=f"{attack.name}-{tier}") for attack in ATTACKS for tier in tiers(attack)
]


@pytest.fixture(scope="module", autouse=True)
def orphans_come_to_us() -> Iterator[None]:
    """Adopt every process that loses its parent, so that none can hide from us (prctl(2): 36)."""
    libc = ctypes.CDLL(None)
    libc.prctl(36, 1, 0, 0, 0)
    launchers()  # the self-test wants a folder with a short name
    STAGE.begin()  # where mutants run; kept from one submission to the next, on purpose
    yield
    libc.prctl(36, 0, 0, 0, 0)


def descendants() -> dict[int, str]:
    """Return the processes that this one has started, those that they have, and so on, with their states."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            state, parent = (folder / "stat").read_text().rpartition(")")[2].split()[:2]
        except OSError:
            continue
        found[int(folder.name)] = (int(parent), state)
    mine = {os.getpid()}
    while more := {pid for pid, (parent, _) in found.items() if parent in mine} - mine:
        mine |= more
    return {pid: found[pid][1] for pid in mine - {os.getpid()}}


class Scene:
    """Where an attack takes place: what it might find, and what it leaves behind."""

    def __init__(self, folder: Path) -> None:
        self.private = folder / "private"
        self.private.mkdir()
        self._before = set(descendants())
        self.secret = os.open(folder / "secret", os.O_RDWR | os.O_CREAT)
        os.write(self.secret, CANARY.encode())
        os.set_inheritable(self.secret, True)

    def processes(self) -> set[int]:
        """Return what still runs and did not before; the dead are buried."""
        left = {pid: state for pid, state in descendants().items() if pid not in self._before}
        for pid in [pid for pid, state in left.items() if state == "Z"]:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)
        return {pid for pid, state in left.items() if state != "Z"}

    def left(self) -> set[str]:
        """Return the kinds of what is left behind, once there was time for it to go away."""
        if self.processes() or any(self.private.iterdir()):
            STAGE.end()  # begun anew meanwhile, because a mutant did not end
        end = time.monotonic() + 3.0
        while self.processes() and time.monotonic() < end:
            time.sleep(0.02)
        found = {"process"} if self.processes() else set()
        return found | ({"file"} if any(self.private.iterdir()) or outside() else set())

    def clean_up(self) -> None:
        """Remove it all."""
        os.close(self.secret)
        for pid in self.processes():
            os.kill(pid, signal.SIGKILL)
        for place in outside():
            place.unlink()


def outside() -> list[Path]:
    """Return what attacks have written outside of their folder.

    They put their parent's number at the end, so that tests that run at the same time do not take each other's.
    """
    written = Path(OUTSIDE).parent.glob(Path(OUTSIDE).name + "*")
    return [place for place in written if not _of_another_judge(place.name.rpartition("-")[2])]


def _of_another_judge(number: str) -> bool:
    mine = str(os.getpid())
    return number.isdecimal() and number != mine and int(number) > 9 and Path("/proc", number).exists()


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    """Set the scene, and clear it."""
    made = Scene(tmp_path)
    for folder in (made.private, *made.private.parents):  # a worker that is nobody must get to its own folder
        if folder.stat().st_uid == os.getuid() and not folder.stat().st_mode & 0o001:
            folder.chmod(folder.stat().st_mode | 0o001)
    monkeypatch.setattr(tempfile, "tempdir", str(made.private))
    monkeypatch.setenv("GRADER_SEED", CANARY)
    yield made
    made.clean_up()


@pytest.mark.parametrize(("attack", "tier"), CASES)
def test_an_attack_earns_nothing_harms_nobody_and_leaves_nothing(
    attack: Attack, tier: str, scene: Scene
) -> None:
    tier = next(iter(launchers())) if tier == "best" else tier
    if tier not in launchers():
        pytest.skip(f"{tier}: {report(tier).reason}")
    exercise = exercises()[attack.exercise]
    began = time.monotonic()
    result = check_exercise(
        exercise,
        attack.source,
        seed=SEED,
        deadline_s=attack.deadline,
        max_examples=10,
        max_shrinks=10,
        launcher=launchers()[tier],
    )
    took = time.monotonic() - began
    expected = attack.expected(tier)

    told = "\n\n".join([result.text(), *(check.text() for check in result.checks)])
    assert result.verdict in expected, told
    assert result.points == (exercise.points if result.verdict == "pass" else 0)
    # Not a measurement: a worker is started three times at most, and each check has its deadline.
    assert took < attack.deadline * (len(exercise.checks) + MAX_WORKERS) + 30
    assert scene.left() == set(attack.leaves(tier).split()), [*scene.private.rglob("*"), *outside()]
    # No lie, and nothing that moves a cursor, hides, or turns other text round.
    assert result.verdict == "pass" or not LIES.search(told), told
    assert not {unicodedata.category(c) for c in told + result.output if c != "\n"} & UNSAFE
    assert (tier == "process" and attack.process) or all(said in told for said in attack.says), told
    assert CANARY not in told + result.output
    for check in result.checks:
        assert "\n" not in check.message
        assert len(check.message) < 5000
    assert len(json.dumps(result.to_json())) < 100_000


def test_the_five_families_are_there() -> None:
    assert len(ATTACKS) >= 60
    assert {attack.family for attack in ATTACKS} == set("ABCDE")
    assert len({attack.name.split("_")[0] for attack in ATTACKS}) == len(ATTACKS)


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_an_attack_says_what_it_is(attack: Attack) -> None:
    assert attack.exercise in exercises()
    assert attack.how.endswith(".")
    assert len(attack.how) < 200
    assert ("pass" in attack.verdict) == bool(attack.limit)
    assert attack.process.keys() <= {"verdict", "leaves", "why"}
    assert not attack.process or attack.process["why"].endswith(".")


class Eavesdropper(LocalRunner):
    """Writes down what a student sees at home: the arguments of every call of `sigmoid` and `sigmoid_backward`."""

    heard: ClassVar[list[tuple[str, list[Any]]]] = []

    def run(self, start: int, steps: Sequence[Step], ask: Sequence[int]) -> Reply:
        names = {start + i: step.name for i, step in enumerate(steps) if step.kind == "name"}
        for step in steps:
            if step.kind == "call":
                function, *arguments = step.args
                self.heard.append((names[function.step], [argument.tolist() for argument in arguments]))
        return super().run(start, steps, ask)


def test_answers_learnt_by_heart_are_worth_nothing_under_a_secret_seed() -> None:
    exercise = exercises()["sigmoid"]
    Eavesdropper.heard.clear()
    check_exercise(exercise, exercise.solution, runner=Eavesdropper)
    right: dict[str, Any] = {}
    exec(exercise.solution, right)
    table = [
        (name, arguments, right[name](*map(np.array, arguments)).tolist())
        for name, arguments in Eavesdropper.heard
    ]
    source = f"""import numpy as np

TABLE = {table!r}


def look_up(name, *arguments):
    for known, inputs, answer in TABLE:
        if known == name and inputs == [argument.tolist() for argument in arguments]:
            return np.array(answer, arguments[-1].dtype).reshape(arguments[-1].shape)
    return np.zeros_like(arguments[-1])


def sigmoid(x):
    return look_up("sigmoid", x)


def sigmoid_backward(g, out):
    return look_up("sigmoid_backward", g, out)
"""
    launcher = next(iter(launchers().values()))
    verdicts = [
        check_exercise(exercise, source, seed=seed, max_shrinks=5, launcher=launcher).verdict
        for seed in (None, SEED, SEED + 1)
    ]
    assert verdicts == ["pass", "fail", "fail"]


CARRIER = """import numpy as np

np.carried = getattr(np, "carried", [])


def sigmoid(x):
    np.carried.append(x.tolist())
    print(np.carried)
    e = np.exp(-np.abs(x))
    return np.where(x >= 0, 1.0, e).astype(x.dtype) / (1.0 + e)


def sigmoid_backward(g, out):
    raise ValueError(f"carried {np.carried[-2:]}")
"""


def test_what_a_hidden_check_asks_is_not_carried_into_what_a_student_reads() -> None:
    """The hidden check asks for -1000, and nobody else does."""
    exercise = Exercise(exercises()["sigmoid"].id, exercises()["sigmoid"].folder)
    checks = exercises()["sigmoid"].checks
    exercise.__dict__["checks"] = tuple(
        replace(check, marks=replace(check.marks, hidden=check.name == "check_far_out")) for check in checks
    )
    result = check_exercise(exercise, CARRIER, seed=SEED, launcher=next(iter(launchers().values())))
    shown = [check.text() for check in result.checks if not check.hidden]
    assert [check.name for check in result.checks] == [check.name for check in checks]
    assert "carried [" in "".join(shown)
    assert "1000.0" not in "".join([result.output, *shown])
