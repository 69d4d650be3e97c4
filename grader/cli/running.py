"""Judging several exercises side by side, with results in the order they were asked for."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import time
from collections import deque
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from grader.report import ExerciseResult

# How long judges may take to stop what they started before they are ended by force.
_PATIENCE_S = 10.0

__all__ = ["Job", "run_jobs", "worthwhile_judges"]


@dataclass(frozen=True, slots=True)
class Job:
    """One exercise to judge: everything that a judge in another process needs to know.

    `source` is None where there is no task file.
    """

    exercise_id: str
    folder: Path
    source: bytes | None
    isolated: bool
    seed: int | None
    points: int


def worthwhile_judges(count: int) -> int:
    """Return how many judges to run side by side for so many exercises: at most one per core that we may use.

    A second judge takes about as long to start as two exercises take to judge.

    >>> worthwhile_judges(3)
    1
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(cores, count // 2))


def run_jobs(jobs: Sequence[Job], parallel: int) -> Generator[ExerciseResult]:
    """Judge every job, `parallel` at a time, and yield the results in the order of the jobs.

    With one job or `parallel=1` everything happens in this process. Closing the iterator, or an interrupt, stops what
    is running, together with the workers it started.
    """
    if min(parallel, len(jobs)) <= 1:
        for job in jobs:
            yield judge_job(job)
        return
    # Spawned, not forked: the caller may have threads (a progress display, a watcher).
    spawn = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(min(parallel, len(jobs)), mp_context=spawn, initializer=_begin_judge)
    number = 0
    try:
        for result in _judged(pool, jobs, parallel):
            number += 1
            yield result
    except BrokenProcessPool:
        # Something killed a judge, most likely for want of memory: go on without company. Another that was just
        # starting may not have noticed, and the pool would wait for it for ever.
        pool.shutdown(wait=False, cancel_futures=True)
        _stop_judges()
        for job in jobs[number:]:
            yield judge_job(job)
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        _stop_judges()
        raise
    finally:
        pool.shutdown()


def _judged(pool: ProcessPoolExecutor, jobs: Sequence[Job], parallel: int) -> Iterator[ExerciseResult]:
    """Yield results in order, handing out no more than is judged at once: what is handed out cannot be taken back."""
    waiting = deque(enumerate(jobs))
    running: dict[Future[ExerciseResult], int] = {}
    ready: dict[int, Future[ExerciseResult]] = {}
    for turn in range(len(jobs)):
        while turn not in ready:
            while waiting and len(running) < parallel:
                number, job = waiting.popleft()
                with _interrupts_held():
                    running[pool.submit(_judge_interruptibly, job)] = number
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                ready[running.pop(future)] = future
        yield ready.pop(turn).result()


def judge_job(job: Job) -> ExerciseResult:
    """Judge one exercise in this process; what goes wrong in the grader or the spec is the verdict `infra`."""
    # Hypothesis and NumPy come with these; a verb that judges nothing should not wait for them.
    from grader.exercise import Exercise
    from grader.judge import check_exercise
    from grader.report import CheckResult, ExerciseResult

    exercise = Exercise(job.exercise_id, job.folder)
    try:
        return check_exercise(exercise, job.source, isolated=job.isolated, seed=job.seed)
    except Exception as error:
        # A spec that is broken costs its own exercise its verdict, not the others theirs.
        sentence, message = "The grader could not judge this exercise.", f"{type(error).__name__}: {error}"
        broken = CheckResult("grader", sentence, "infra", message)
        return ExerciseResult(job.exercise_id, "infra", 0, job.points, [broken])


# In a judge's process: whether an interrupt has anything to stop.
_judging = False


@contextlib.contextmanager
def _interrupts_held() -> Iterator[None]:
    """Hold interrupts back for a moment, where the system can; the processes started meanwhile begin so.

    The terminal sends Ctrl-C to every process at once, and a judge that is just starting would answer with a
    traceback.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _begin_judge() -> None:
    signal.signal(signal.SIGINT, _stop_judging)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})


def _stop_judging(*_: object) -> None:
    """Interrupt the exercise in hand; a judge without one leaves Ctrl-C to the parent."""
    if _judging:
        raise KeyboardInterrupt


def _judge_interruptibly(job: Job) -> ExerciseResult:
    # A judge that is interrupted still kills the worker it started; one that is terminated could not.
    global _judging
    try:
        _judging = True
        return judge_job(job)
    finally:
        _judging = False


def _stop_judges() -> None:
    """Interrupt the judges until they have ended: one that is only just starting does not listen yet."""
    end = time.monotonic() + _PATIENCE_S
    while judges := multiprocessing.active_children():
        for judge in judges:
            # The pool's own thread may have buried it in the meantime.
            with contextlib.suppress(ProcessLookupError):
                if os.name == "posix" and judge.pid is not None and time.monotonic() < end:
                    os.kill(judge.pid, signal.SIGINT)
                else:
                    judge.terminate()
        judges[0].join(timeout=0.1)
