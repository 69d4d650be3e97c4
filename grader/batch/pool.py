"""Judges on this machine: an Executor of processes, each of which may die without harm to the others.

`concurrent.futures.ProcessPoolExecutor` breaks as a whole when a process dies, and nobody can tell which job it died
of. Here each process has a thread that feeds it one job at a time, notices its death, says which job it was, and
starts another.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from typing import IO, Any, Final, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

_THREADS: Final = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
# A new process now and then, whatever specs and libraries leave behind in it.
_JOBS_PER_JUDGE: Final = 2000
_PATIENCE_S: Final = 10.0


class JudgeDiedError(Exception):
    """A judge ended, or was ended, in the middle of a job."""


@dataclass(frozen=True, slots=True)
class _Task:
    future: Future[Any]
    request: bytes


class LocalPool(Executor):
    """Judge processes on this machine.

    Parameters
    ----------
    judges
        How many side by side.
    patience_s
        Seconds after which a job that has not answered is given up and its judge killed. Far beyond all deadlines
        of the student's code; it guards against a judge that hangs.
    scratch
        A folder for the judges' temporary files; None for the system's.
    log
        Where the judges' standard error goes; None throws it away.
    """

    def __init__(
        self, judges: int, *, patience_s: float, scratch: str | None = None, log: IO[bytes] | None = None
    ) -> None:
        self._tasks: queue.SimpleQueue[_Task | None] = queue.SimpleQueue()
        self._patience_s = patience_s
        self._environment = {**os.environ, **dict.fromkeys(_THREADS, "1")}
        if scratch is not None:
            self._environment |= dict.fromkeys(("TMPDIR", "TEMP", "TMP"), scratch)
        self._log = log
        self._closed = False
        self._lock = threading.Lock()
        self._judges: set[_Judge] = set()
        self._keepers = [threading.Thread(target=self._keep, daemon=True) for _ in range(judges)]
        for keeper in self._keepers:
            keeper.start()

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Have a judge call a function of a module; JSON carries what it takes and what it returns.

        The future raises `JudgeDiedError` if the judge died over it.
        """
        if kwargs:
            raise TypeError("named arguments are not carried to a judge")
        request = {"module": fn.__module__, "function": fn.__qualname__, "arguments": args}
        task = _Task(Future(), json.dumps(request).encode() + b"\n")
        with self._lock:
            if self._closed:
                raise RuntimeError("the pool is closed")
            self._tasks.put(task)
        return task.future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End the judges: when all jobs are done or, with `cancel_futures`, now."""
        with self._lock:
            self._closed = True
        if cancel_futures:
            self._cancel_waiting()
            with self._lock:
                judges = list(self._judges)
            for judge in judges:
                judge.stop()
        for _ in self._keepers:
            self._tasks.put(None)
        if wait:
            for keeper in self._keepers:
                keeper.join()

    def pids(self) -> list[int]:
        """Return the process numbers of the judges that are there now."""
        with self._lock:
            return [judge.pid for judge in self._judges]

    def _cancel_waiting(self) -> None:
        with contextlib.suppress(queue.Empty):
            while True:
                task = self._tasks.get_nowait()
                if task is not None:
                    task.future.cancel()

    def _keep(self) -> None:
        judge: _Judge | None = None
        done = 0
        try:
            while (task := self._tasks.get()) is not None:
                if not task.future.set_running_or_notify_cancel():
                    continue
                try:
                    if judge is None or done >= _JOBS_PER_JUDGE:
                        judge, done = self._another(judge), 0
                    result = judge.ask(task.request, self._patience_s)
                    done += 1
                except Exception as error:
                    self._without(judge)
                    judge = None
                    task.future.set_exception(error)
                else:
                    task.future.set_result(result)
        finally:
            self._without(judge)

    def _another(self, judge: _Judge | None) -> _Judge:
        self._without(judge)
        new = _Judge(self._environment, self._log)
        with self._lock:
            self._judges.add(new)
            closed = self._closed
        if closed:  # it was started while the others were being stopped
            new.stop()
        return new

    def _without(self, judge: _Judge | None) -> None:
        if judge is not None:
            judge.end()
            with self._lock:
                self._judges.discard(judge)


class _Judge:
    """One process of `grader.batch.serving`."""

    def __init__(self, environment: Mapping[str, str], log: IO[bytes] | None) -> None:
        # The same modules as here, wherever they came from, and nothing from the current directory.
        start = f"import sys; sys.path[:] = {sys.path!r}; from grader.batch.serving import serve; serve()"
        self._process = subprocess.Popen(
            [sys.executable, "-c", start],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL if log is None else log,
            env=dict(environment),
            # A Ctrl-C at the terminal is for the grader alone, which then stops its judges in order.
            start_new_session=os.name == "posix",
        )

    @property
    def pid(self) -> int:
        return self._process.pid

    def ask(self, request: bytes, patience_s: float) -> Any:
        late = threading.Event()

        def give_up() -> None:
            late.set()
            self._process.kill()

        timer = threading.Timer(patience_s, give_up)
        timer.daemon = True
        timer.start()
        assert self._process.stdin is not None  # both are pipes, by construction
        assert self._process.stdout is not None
        try:
            self._process.stdin.write(request)
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        except OSError:
            line = b""
        finally:
            timer.cancel()
        if late.is_set():
            raise JudgeDiedError(f"the judge gave no answer within {patience_s:g} s and was ended")
        if not line.endswith(b"\n"):
            raise JudgeDiedError(f"the judge ended in the middle of it ({self._how()})")
        reply = json.loads(line)
        if "error" in reply:
            raise RuntimeError(reply["error"])
        return reply["result"]

    def stop(self) -> None:
        """Ask it to end its worker and then itself; it may be in the middle of a job."""
        with contextlib.suppress(OSError):
            self._process.terminate()

    def end(self) -> None:
        """See to it that it is gone."""
        with contextlib.suppress(OSError):
            assert self._process.stdin is not None  # a pipe, by construction
            self._process.stdin.close()
        try:
            self._process.wait(_PATIENCE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        assert self._process.stdout is not None  # a pipe, by construction
        self._process.stdout.close()

    def _how(self) -> str:
        try:
            status = self._process.wait(1)
        except subprocess.TimeoutExpired:
            return "it closed its connection"
        if status >= 0:
            return f"exit status {status}"
        with contextlib.suppress(ValueError):
            return signal.Signals(-status).name
        return f"signal {-status}"
