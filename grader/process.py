"""Runners: a worker process with a deadline, and a machine in this process that answers the same.

`Launcher` is the seam for sandboxes: it turns "start a worker" into a command, an environment and a folder. What a
launcher starts is ended here, by killing its whole process group, whatever state it is in.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

import msgpack
import numpy as np

from grader import protocol
from grader.machine import Machine
from grader.program import Reply, Step, WorkerGone, load_request, read_reply, run_request
from grader.remains import ReplyPipe, remove_folder

POSIX: Final = os.name == "posix"
START_SECONDS: Final = 30.0
STOPPED: Final = "it was stopped: "
PYTHON_OPTIONS: Final = ("-I", "-S", "-B", "-X", "utf8")
_TICK: Final = 0.02


@dataclass(frozen=True)
class Launch:
    """How to start a worker: the command, its environment and the folder it starts in.

    Attributes
    ----------
    shell_status
        Whether an exit status of 128 + n means signal n, because another program passes it on.
    guard
        Called with the process many times a second; a sentence that it returns is the reason to stop the worker.
    """

    argv: list[str]
    env: dict[str, str]
    cwd: str
    shell_status: bool = False
    guard: Callable[[int], str | None] | None = None


class Launcher(Protocol):
    """Decides how a worker is started; a sandbox is another one of these."""

    def prepare(self, folder: str) -> Launch:
        """Return how to start a worker whose private folder is `folder`."""


def worker_environment(folder: str) -> dict[str, str]:
    """Return all the environment that a worker gets: one thread for BLAS, and its private folder."""
    threads = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
    env = {**dict.fromkeys(threads, "1"), **dict.fromkeys(("HOME", "TMPDIR", "TEMP", "TMP"), folder)}
    if "SYSTEMROOT" in os.environ:  # Windows starts no Python without it
        env["SYSTEMROOT"] = os.environ["SYSTEMROOT"]
    return env


@dataclass(frozen=True)
class ProcessLauncher:
    """A separate process with limits and a cleared environment: enough for one's own code, not for a stranger's.

    Attributes
    ----------
    memory
        Address space in bytes. NumPy needs about 100 MB of it with one BLAS thread.
    cpu_seconds
        CPU time for the life of the worker.
    """

    memory: int = 2 * 2**30
    cpu_seconds: int = 120

    def prepare(self, folder: str) -> Launch:
        """Return the command of a plain isolated Python, without site packages or user settings."""
        worker = str(Path(__file__).with_name("worker.py"))
        packages = {str(Path(str(module.__file__)).parents[1]) for module in (np, msgpack)}
        # The empty argument is a sandbox's order: there is none.
        arguments = [worker, str(self.memory), str(self.cpu_seconds), "", *sorted(packages)]
        return Launch([sys.executable, *PYTHON_OPTIONS, *arguments], worker_environment(folder), folder)


class ProcessRunner:
    """A worker process. Every request has a deadline; past it the worker and all it started are killed.

    Parameters
    ----------
    launcher
        How to start it.

    Raises
    ------
    WorkerGone
        From every method, once the worker cannot answer any more: verdict ``timeout``, ``crashed``, ``protocol``,
        or ``infra`` if it never got as far as the student's code.
    """

    def __init__(self, launcher: Launcher | None = None) -> None:
        self._folder = tempfile.mkdtemp(prefix="grader-")
        self._deadline: float | None = None
        self._timed_out = False
        self._stopped: str | None = None
        self._closed = threading.Event()
        self._ready = False
        self._id = 0
        self._allowed = self._left = START_SECONDS
        try:
            self._launch = launch = (launcher or ProcessLauncher()).prepare(self._folder)
            self._process = subprocess.Popen(
                launch.argv,
                env=launch.env,
                cwd=launch.cwd,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                start_new_session=POSIX,
                creationflags=0 if POSIX else getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
            )
        except OSError as error:
            remove_folder(self._folder)
            raise WorkerGone("infra", f"the worker could not be started: {error}") from error
        assert self._process.stdout is not None  # it is a pipe, by construction
        self._replies = ReplyPipe(self._process.stdout, lambda: self._timed_out or self._stopped is not None)
        threading.Thread(target=self._watch, daemon=True).start()

    def allow(self, seconds: float) -> None:
        """Give the code this many seconds from now on, all requests together; past them it is stopped."""
        self._allowed = self._left = seconds

    @property
    def pid(self) -> int:
        """The process that was started; in a sandbox the worker may be a descendant of it."""
        return self._process.pid

    def load(self, source: bytes, imports: Sequence[str]) -> Reply:
        """Load a source; every later request is about it."""
        return self._request(load_request(source, imports), (), -1)

    def reload(self) -> Reply:
        """Execute the loaded source again, into an empty module."""
        return self._request({"do": "reload"}, (), -1)

    def run(self, start: int, steps: Sequence[Step], ask: Sequence[int]) -> Reply:
        """Run steps numbered from `start` and return the results asked for."""
        return self._request(run_request(start, steps, ask), ask, start + len(steps) - 1)

    def close(self) -> None:
        """Kill the worker and everything in its process group, and remove its folder."""
        if self._closed.is_set():
            return
        self._closed.set()
        self._kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            # Closing flushes into a pipe that nobody reads any more.
            with contextlib.suppress(OSError):
                stream.close() if stream else None
        remove_folder(self._folder)

    def _request(self, request: dict[str, Any], ask: Sequence[int], last: int) -> Reply:
        if self._closed.is_set():
            raise WorkerGone("infra", "the worker was already closed")
        self._id += 1
        body = protocol.pack({"id": self._id, **request})
        try:
            if not self._ready:
                self._exchange(None, START_SECONDS)
                self._ready = True
            began = time.monotonic()
            try:
                data = self._exchange(body, self._left)
            finally:
                self._left -= time.monotonic() - began
            reply = read_reply(data, ask, last)
            if data["id"] != self._id:
                raise protocol.ProtocolError("a reply answers another request")
        except protocol.ProtocolError as error:
            self.close()
            raise WorkerGone("protocol", f"the worker sent something that is no answer: {error}") from error
        except (EOFError, OSError) as error:
            raise self._gone() from error
        return reply

    def _exchange(self, body: bytes | None, seconds: float) -> Any:
        """Send a frame, if there is one, and wait for the next; the watch kills the worker if that takes too long."""
        requests = self._process.stdin
        assert requests is not None  # it is a pipe, by construction
        self._deadline = time.monotonic() + seconds
        try:
            if body is not None:
                protocol.write_frame(requests, body)
            return protocol.unpack(protocol.read_frame(self._replies))
        finally:
            self._deadline = None

    def _watch(self) -> None:
        # A plain attribute and a slow tick: no request pays for waking a thread.
        while not self._closed.wait(_TICK):
            deadline = self._deadline
            if deadline is not None and time.monotonic() > deadline:
                self._timed_out = True
            elif self._launch.guard is not None:
                self._stopped = self._launch.guard(self._process.pid)
            if self._timed_out or self._stopped:
                self._kill()
                return

    def _kill(self) -> None:
        if POSIX:
            # The leader is not reaped before this, so its number cannot have gone to somebody else's group.
            with contextlib.suppress(OSError):
                os.killpg(self._process.pid, signal.SIGKILL)
        with contextlib.suppress(OSError):
            self._process.kill()

    def _gone(self) -> WorkerGone:
        # Whoever stopped it is burying it at this moment.
        status = None if self._timed_out or self._stopped else self._own_exit()
        if status is not None and self._launch.shell_status and 128 < status < 128 + 65:
            status = 128 - status
        self.close()
        if self._timed_out:
            if self._ready:
                return WorkerGone("timeout", f"it had not finished after {self._allowed:g} s and was stopped")
            return WorkerGone("infra", f"the worker was not ready after {START_SECONDS:g} s")
        if self._stopped:
            return WorkerGone("crashed" if self._ready else "infra", STOPPED + self._stopped)
        if not self._ready:
            return WorkerGone("infra", f"the worker ended before it was ready ({_in_words(status)})")
        if status == -getattr(signal, "SIGXCPU", 0):
            return WorkerGone("timeout", "it used up its CPU time and was stopped")
        return WorkerGone("crashed", _in_words(status))

    def _own_exit(self) -> int | None:
        """How the worker ended, if it did so by itself within a moment of falling silent; it is not reaped here."""
        for _ in range(25):
            if hasattr(os, "waitid"):  # Linux; macOS before Python 3.13 and Windows can only reap
                try:
                    ended = os.waitid(os.P_PID, self._process.pid, os.WEXITED | os.WNOWAIT | os.WNOHANG)
                except ChildProcessError:  # the watch has just killed it, and buried it
                    return None
                if ended is not None:
                    return ended.si_status if ended.si_code == os.CLD_EXITED else -ended.si_status
            elif (status := self._process.poll()) is not None:
                return status
            time.sleep(_TICK)
        return None


def _in_words(status: int | None) -> str:
    """Say how a process ended.

    Examples
    --------
    >>> _in_words(-11)
    'the process was ended by SIGSEGV: it touched memory that is not its own, or recursed too deeply'
    >>> _in_words(0)
    'the process ended itself (exit status 0) in place of giving an answer'
    """
    if status is None:
        return "the process closed its connection in place of giving an answer"
    if status >= 0:
        return f"the process ended itself (exit status {status}) in place of giving an answer"
    why = {
        "SIGSEGV": "it touched memory that is not its own, or recursed too deeply",
        "SIGKILL": "most often the system ran out of memory",
        "SIGABRT": "a library gave up",
        "SIGFPE": "an arithmetic trap",
    }
    try:
        name = signal.Signals(-status).name
    except ValueError:
        name = f"signal {-status}"
    return f"the process was ended by {name}" + (f": {why[name]}" if name in why else "")


class LocalRunner:
    """A machine in this process, for debugging; everything passes through the same bytes. No limits, no deadline."""

    def __init__(self) -> None:
        self._answer: Callable[[dict[str, Any]], dict[str, Any]] = Machine(interruptible=True).answer

    def allow(self, seconds: float) -> None:
        """Do nothing: code in this process cannot be stopped."""

    def load(self, source: bytes, imports: Sequence[str]) -> Reply:
        """Load a source; every later request is about it."""
        return self._request(load_request(source, imports), (), -1)

    def reload(self) -> Reply:
        """Execute the loaded source again, into an empty module."""
        return self._request({"do": "reload"}, (), -1)

    def run(self, start: int, steps: Sequence[Step], ask: Sequence[int]) -> Reply:
        """Run steps numbered from `start` and return the results asked for."""
        return self._request(run_request(start, steps, ask), ask, start + len(steps) - 1)

    def close(self) -> None:
        """Forget the student's module."""
        self._answer = Machine(interruptible=True).answer

    def _request(self, request: dict[str, Any], ask: Sequence[int], last: int) -> Reply:
        received = protocol.unpack(protocol.pack({"id": 0, **request}))
        try:
            sent = protocol.pack({"id": 0, **self._answer(received)})
            return read_reply(protocol.unpack(sent), ask, last)
        except protocol.ProtocolError as error:
            raise WorkerGone("protocol", f"the worker sent something that is no answer: {error}") from error


class KeptRunner:
    """One worker for one trusted source after another, kept over many uses and replaced when it dies.

    Solutions and mutants run here: nobody needs protection from them, but a mutant may loop for ever on an input
    that another mutant's check came up with.
    """

    def __init__(self) -> None:
        self._runner: ProcessRunner | None = None
        self._allowed = START_SECONDS

    def begin(self) -> None:
        """Start the worker if there is none, without waiting for it."""
        if self._runner is None:
            self._runner = ProcessRunner()
            self._runner.allow(self._allowed)
            atexit.register(self._runner.close)

    def allow(self, seconds: float) -> None:
        """Give the code this many seconds from now on, all requests together; past them it is stopped."""
        self._allowed = seconds
        if self._runner is not None:
            self._runner.allow(seconds)

    def load(self, source: bytes, imports: Sequence[str]) -> Reply:
        """Load a source; every later request is about it."""
        self.begin()
        return self._request(lambda runner: runner.load(source, imports))

    def reload(self) -> Reply:
        """Execute the loaded source again, into an empty module."""
        return self._request(lambda runner: runner.reload())

    def run(self, start: int, steps: Sequence[Step], ask: Sequence[int]) -> Reply:
        """Run steps numbered from `start` and return the results asked for."""
        return self._request(lambda runner: runner.run(start, steps, ask))

    def close(self) -> None:
        """Leave the worker for the next source; `end` ends it."""

    def end(self) -> None:
        """End the worker."""
        if self._runner is not None:
            self._runner.close()
            atexit.unregister(self._runner.close)
            self._runner = None

    def _request(self, ask: Callable[[ProcessRunner], Reply]) -> Reply:
        if self._runner is None:
            raise WorkerGone("infra", "the worker died and nothing is loaded")
        try:
            return ask(self._runner)
        except WorkerGone:
            self.end()
            raise
