"""The self-test of a sandbox: try from inside what must fail, look from outside at what must be there.

A sandbox is believed for what it has just been seen to stop on this machine, under this kernel, for this user; not
for what it is called.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

from grader.process import STOPPED, Launch, ProcessRunner
from grader.program import Step, WorkerGone
from grader.protocol import Ref
from grader.sandbox.bait import Bait
from grader.sandbox.guard import youngest
from grader.sandbox.trials import BUBBLEWRAP, LANDLOCK, TRIALS, Scene, Trial

# What the probe imports; a student's file is granted no such thing.
_IMPORTS: Final = ("_thread", "ctypes", "errno", "numpy", "os", "socket", "sys", "time", "unicodedata")
_SECONDS: Final = 10.0
_READ_AND_SEARCH: Final = 1 << 2
_NAMESPACES: Final = ("user", "pid", "net", "ipc", "uts", "cgroup", "mnt")


class SandboxLauncher(Protocol):
    """A launcher whose limits can be read, so that the self-test knows what to exceed."""

    @property
    def memory(self) -> int:
        """Address space in bytes."""

    @property
    def tmp_bytes(self) -> int:
        """What the worker's private folder may hold."""

    def prepare(self, folder: str) -> Launch:
        """Return how to start a worker whose private folder is `folder`."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the self-test: what was tried, whether the tier promises to stop it, and whether it was stopped.

    `detail` is what the system said, or what the worker got hold of.
    """

    name: str
    promised: bool
    held: bool
    detail: str

    @property
    def broken(self) -> bool:
        """Whether a promise was not kept."""
        return self.promised and not self.held


def examine(launcher: SandboxLauncher, tier: str) -> list[Finding]:
    """Put every trial to workers of a launcher.

    Parameters
    ----------
    launcher
        Starts the workers.
    tier
        Whose promises are meant: "bubblewrap", "landlock" or "process".

    Returns
    -------
    list of Finding
        First whether an honest worker works at all; if it does not, nothing else was tried.
    """
    with Bait() as bait:
        scene = Scene(bait, launcher.memory, launcher.tmp_bytes)
        with contextlib.closing(_Prober(launcher, scene)) as prober:
            able = _able(prober)
            if not able.held:
                return [able]
            inspected = _inspected(prober.pid, tier)
            return [able, *inspected, *(_put(trial, prober, scene, tier) for trial in TRIALS)]


class _Prober:
    """A worker that has loaded the probe, replaced when a trial has ended it."""

    def __init__(self, launcher: SandboxLauncher, scene: Scene) -> None:
        self.scene = scene
        self._launcher = launcher
        self._runner: ProcessRunner | None = None

    @property
    def pid(self) -> int:
        return self._started().pid

    def ask(self, function: str, *arguments: Any) -> str:
        """Return what a function of the probe got hold of; nothing if it was refused.

        Raises
        ------
        WorkerGone
            If the worker ended.
        Refused
            If the system refused.
        """
        steps = [Step("name", function), Step("call", "", (Ref(0), *arguments))]
        try:
            runner = self._started()
            runner.allow(_SECONDS)
            reply = runner.run(0, steps, [1])
        except WorkerGone:
            self.close()
            raise
        raised = reply.raised
        if raised is None:
            return str(reply.answers[1])
        words = f"{raised.type}: {raised.message}"
        if not {"OSError", "MemoryError"}.isdisjoint(raised.bases):
            raise Refused(words)
        return f"the probe itself failed ({words})"

    def _started(self) -> ProcessRunner:
        if self._runner is None:
            self._runner = ProcessRunner(_Recorded(self._launcher, self.scene))
            self._runner.allow(_SECONDS)
            loaded = self._runner.load(Path(__file__).with_name("probe.py").read_bytes(), _IMPORTS)
            if loaded.raised is not None:
                raise WorkerGone("infra", f"the probe does not load: {loaded.raised.message}")
        return self._runner

    def close(self) -> None:
        """End the worker."""
        if self._runner is not None:
            self._runner.close()
            self._runner = None


class Refused(Exception):  # noqa: N818  # it is what one hopes for
    """The system refused; the message is its own."""


@dataclass(frozen=True, slots=True)
class _Recorded:
    """A launcher that notes where the worker's private folder is."""

    launcher: SandboxLauncher
    scene: Scene

    def prepare(self, folder: str) -> Launch:
        launch = self.launcher.prepare(folder)
        self.scene.private = launch.env["TMPDIR"]
        return launch


def _able(prober: _Prober) -> Finding:
    name = "works at all"
    try:
        prober.pid  # noqa: B018  # starting it tells where its folder is
        wrong = prober.ask("works", prober.scene.private)
    except (WorkerGone, Refused, OSError) as problem:
        return Finding(name, promised=True, held=False, detail=str(problem))
    return Finding(name, promised=True, held=not wrong, detail=wrong or "an honest submission runs")


def _put(trial: Trial, prober: _Prober, scene: Scene, tier: str) -> Finding:
    promised = tier in trial.promised
    try:
        prober.pid  # noqa: B018  # a worker that is started anew has another folder
        got = prober.ask(trial.function, *trial.arguments(scene))
    except Refused as refused:
        return Finding(trial.name, promised, held=True, detail=str(refused))
    except WorkerGone as gone:
        # One that its guard stopped did not get away with it; one that left of its own accord did, and one that ran
        # out of time tells nothing.
        stopped = gone.verdict == "crashed" and gone.message.startswith(STOPPED)
        return Finding(trial.name, promised, held=stopped, detail=gone.message)
    broke = bool(got) and (trial.proof is None or trial.proof(scene))
    return Finding(trial.name, promised, held=not broke, detail=got or "nothing was found")


def _inspected(started: int, tier: str) -> Iterator[Finding]:
    """Look at the worker from outside: layers that hide behind one another show here one by one."""
    worker = youngest(started)
    try:
        status = dict(
            line.split(":\t", 1)
            for line in Path(f"/proc/{worker}/status").read_text(encoding="utf-8").splitlines()
            if ":\t" in line
        )
        shared = [name for name in _NAMESPACES if _same_namespace(worker, name)]
    except OSError as error:
        yield Finding("can be inspected", promised=True, held=False, detail=str(error))
        return
    sandboxed = tier in (BUBBLEWRAP, LANDLOCK)
    users, groups = status["Uid"].split(), status["Gid"].split()
    if os.getuid() == 0:  # whose groups would otherwise have come along
        groups += status["Groups"].split()
    rights = int(status["CapPrm"], 16)
    # Where root's Python is in a folder of root's, Landlock guards what root's right to read would open.
    plain = rights in ((0, _READ_AND_SEARCH) if tier == LANDLOCK else (0,))
    yield Finding(
        "runs as root",
        sandboxed,
        "0" not in {*users, *groups} and plain,
        f"user {users[0]}, capabilities {rights:#x}",
    )
    yield Finding("may gain privileges", sandboxed, status.get("NoNewPrivs", "").strip() == "1", "NoNewPrivs")
    yield Finding("makes any system call", sandboxed, status.get("Seccomp", "").strip() == "2", "Seccomp")
    detail = f"shared: {', '.join(shared)}" if shared else "all its own"
    yield Finding("shares namespaces with the judge", tier == BUBBLEWRAP, not shared, detail)


def _same_namespace(worker: int, name: str) -> bool:
    try:
        return os.readlink(f"/proc/{worker}/ns/{name}") == os.readlink(f"/proc/self/ns/{name}")
    except FileNotFoundError:  # a kernel without it
        return False


def complaint(launcher: SandboxLauncher) -> str:
    """Return what a worker that does not start says about it: its last line of errors."""
    with tempfile.TemporaryDirectory(prefix="grader-") as folder:
        try:
            launch = launcher.prepare(folder)
            ended = subprocess.run(
                launch.argv,
                env=launch.env,
                cwd=launch.cwd,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=_SECONDS,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            return str(error)
    lines = ended.stderr.decode("utf-8", "replace").strip().splitlines()
    return lines[-1] if lines else f"it ended with status {ended.returncode} and no word"
