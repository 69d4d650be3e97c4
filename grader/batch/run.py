"""The run: from submissions to lines, whatever does the judging and whatever dies on the way."""

from __future__ import annotations

import json
import queue
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError, Executor, Future
from dataclasses import dataclass, field
from typing import Any, Final

from grader.batch.cache import Cache
from grader.batch.folder import BatchError
from grader.batch.job import Job, grade_one, not_judged
from grader.batch.lines import results_line, used_up
from grader.batch.results import Mark, ResultsFile
from grader.batch.version import Settings, judged_by, versions
from grader.exercise import Exercise
from grader.intake import Entry, Store, StoreError, Submission

# A verdict of infra is asked for again so often in all; a job that was there when a judge died, less often: it may
# well be what kills them.
_ATTEMPTS: Final = 3
_DEATHS: Final = 2
# Enough that no judge ever waits for the reading of a submission.
_AHEAD: Final = 3
# The scheduler of a cluster has given such a job to several workers, and each of them died.
_HOPELESS: Final = "KilledWorker"


@dataclass(slots=True)
class Progress:
    """How far a run is: submissions that are done, and of them those that were found done."""

    total: int
    done: int = 0
    kept: int = 0
    judged: int = 0
    reused: int = 0


@dataclass(frozen=True, slots=True)
class Summary:
    """What a run did.

    Attributes
    ----------
    graded, kept
        Submissions that were graded now, and that had been before and have not changed.
    judged, reused
        Sources that were judged now, and grades that were taken over from equal sources.
    not_graded
        Submissions with something in them that the grader failed on.
    absent
        Submissions that have results from earlier runs but were not given this time.
    """

    graded: int
    kept: int
    judged: int
    reused: int
    not_graded: tuple[str, ...]
    absent: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Bench:
    """Who judges.

    Attributes
    ----------
    executor
        Runs `grade_one`.
    width
        Returns how many jobs it runs side by side at the moment.
    launcher
        How the judges start workers, from `grader.batch.job.described`; None if each finds out by itself.
    """

    executor: Executor
    width: Callable[[], int]
    launcher: dict[str, Any] | None = None


@dataclass(eq=False, slots=True)
class _Open:
    """A submission of which something is still to be judged."""

    submission: Submission
    waiting: int
    grades: dict[str, dict[str, Any]] = field(default_factory=dict)
    skipped: set[str] = field(default_factory=set)


@dataclass(eq=False, slots=True)
class _Running:
    """A job, who waits for it, and how often it went wrong."""

    job: Job
    exercise: Exercise
    waiting: list[_Open]
    infra: int = 0
    deaths: int = 0


class Batch:
    """Grades submissions.

    Parameters
    ----------
    exercises
        All of them, in their order.
    settings
        How to grade.
    store, cache, results
        Where sources, grades and lines are kept.
    start
        Returns who judges; called when there is something to judge.
    watch
        Called whenever a submission is done or a job has come back.
    """

    def __init__(
        self,
        exercises: Sequence[Exercise],
        settings: Settings,
        *,
        store: Store,
        cache: Cache,
        results: ResultsFile,
        start: Callable[[], Bench],
        watch: Callable[[Progress], None] = lambda progress: None,  # noqa: ARG005  # the shape of every watcher
    ) -> None:
        self._exercises, self._settings = exercises, settings
        self._store, self._cache, self._results = store, cache, results
        self._versions = versions(settings, exercises)
        self._judged_by = judged_by(settings, self._versions)
        self._start, self._watch = start, watch
        self._bench: Bench | None = None
        self._queue: deque[tuple[_Open, Exercise]] = deque()
        self._running: dict[str, _Running] = {}
        self._done: queue.SimpleQueue[tuple[str, Future[str]]] = queue.SimpleQueue()
        self._progress = Progress(0)

    def run(self, entries: Sequence[Entry]) -> Summary:
        """Grade all of them. However this ends, what was graded is on the disk and no judge is left.

        Raises
        ------
        BatchError
            If the results cannot be written, or the cluster is gone.
        """
        self._progress = Progress(len(entries))
        try:
            self._loop(iter(entries))
        except BaseException:
            if self._bench is not None:
                self._bench.executor.shutdown(cancel_futures=True)
            raise
        if self._bench is not None:
            self._bench.executor.shutdown()
        self._results.tidy()
        return self._summary({entry.name for entry in entries})

    def _summary(self, given: set[str]) -> Summary:
        progress, names = self._progress, self._results.names()
        marks = {name: self._results.mark(name) for name in names if name in given}
        return Summary(
            progress.done - progress.kept,
            progress.kept,
            progress.judged,
            progress.reused,
            tuple(name for name, mark in marks.items() if mark is not None and not mark.whole),
            tuple(name for name in names if name not in given),
        )

    def _loop(self, entries: Iterator[Entry]) -> None:
        more = True
        while more or self._queue or self._running:
            while more and len(self._queue) < self._ahead:
                entry = next(entries, None)
                more = entry is not None
                if entry is not None:
                    self._open(entry.submission())
            self._hand_out()
            if self._running:
                self._settle(*self._done.get())

    @property
    def _ahead(self) -> int:
        return _AHEAD * (1 if self._bench is None else self._bench.width())

    def _open(self, submission: Submission) -> None:
        if self._results.mark(submission.name) == Mark(
            submission.sha256, self._settings.seed, self._judged_by
        ):
            self._progress.kept += 1
            self._finished()
            return
        opened = _Open(submission, len(self._exercises))
        for exercise in self._exercises:
            grade = self._cache.get(self._job(opened, exercise).key)
            if grade is None:
                self._queue.append((opened, exercise))
            else:
                self._progress.reused += 1
                self._give(opened, exercise.id, grade)

    def _job(self, opened: _Open, exercise: Exercise) -> Job:
        source = opened.submission.sources.get(exercise.id)
        return Job(exercise.id, self._versions[exercise.id], source, self._settings)

    def _hand_out(self) -> None:
        while self._queue and len(self._running) < self._ahead:
            opened, exercise = self._queue.popleft()
            job = self._job(opened, exercise)
            if self._is_late(opened, exercise):
                self._give(opened, exercise.id, None)
            elif job.key in self._running:
                self._progress.reused += 1
                self._running[job.key].waiting.append(opened)
            elif (grade := self._cache.get(job.key)) is not None:
                self._progress.reused += 1
                self._give(opened, exercise.id, grade)
            else:
                self._running[job.key] = _Running(job, exercise, [opened])
                self._submit(self._running[job.key])

    def _is_late(self, opened: _Open, exercise: Exercise) -> bool:
        """Return whether what came before this exercise has used up the submission's time already."""
        before = self._exercises[: self._exercises.index(exercise)]
        spent = sum(opened.grades[one.id]["seconds"] for one in before if one.id in opened.grades)
        return used_up(spent, self._settings)

    def _submit(self, running: _Running) -> None:
        if self._bench is None:
            self._bench = self._start()
        job = running.job
        try:
            source = None if job.sha256 is None else self._store.get(job.sha256)
        except StoreError as error:
            raise BatchError(f"{error}. Run again to read the submissions anew.") from None
        future = self._bench.executor.submit(grade_one, job.to_json(source, self._bench.launcher))
        future.add_done_callback(lambda done: self._done.put((job.key, done)))

    def _settle(self, key: str, future: Future[str]) -> None:
        running = self._running[key]
        try:
            grade: dict[str, Any] = json.loads(future.result())
        except CancelledError:
            raise BatchError(
                "the cluster gave up our jobs; its scheduler is gone. Run again to go on."
            ) from None
        except Exception as error:
            running.deaths += _DEATHS if type(error).__name__ == _HOPELESS else 1
            grade = not_judged(running.exercise.id, 0, f"{type(error).__name__}: {error}")
        if grade["verdict"] == "infra":
            running.infra += 1
            if running.infra < _ATTEMPTS and running.deaths < _DEATHS:
                self._submit(running)
                return
            grade["max_points"] = running.exercise.points
        else:
            self._cache.put(key, grade)
        del self._running[key]
        self._progress.judged += 1
        for opened in running.waiting:
            self._give(opened, running.exercise.id, grade)
        self._watch(self._progress)

    def _give(self, opened: _Open, exercise_id: str, grade: dict[str, Any] | None) -> None:
        if grade is not None:
            opened.grades[exercise_id] = grade
        opened.waiting -= 1
        if opened.waiting == 0:
            args = self._exercises, opened.grades, self._settings, self._judged_by
            self._results.append(results_line(opened.submission, *args))
            self._finished()

    def _finished(self) -> None:
        self._progress.done += 1
        self._watch(self._progress)
