"""The judge: puts every check of an exercise to a student's code and says what it found.

The judge draws inputs, knows the expected answers and decides. The student's code runs elsewhere (a worker
process), or here if one asks for it (`isolated=False`), in both cases behind a `Runner`. Nothing that comes back is
trusted, and whatever is not a valid answer is a failure.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from grader.exercise import Check, Exercise
from grader.handles import CheckFailed, failure_of
from grader.loading import MAX_SOURCE
from grader.process import KeptRunner, Launcher, LocalRunner, ProcessRunner
from grader.program import Runner, WorkerGone
from grader.report import CheckResult, ExerciseResult, clean, overall

if TYPE_CHECKING:  # Hypothesis takes its time to import; a worker starts meanwhile
    from grader.checkrun import CheckRun

DEADLINE_SECONDS: Final = 5.0
MAX_EXAMPLES: Final = 25
MAX_SHRINKS: Final = 60
MAX_WORKERS: Final = 3
MAX_COUNTEREXAMPLE: Final = 4000
MAX_OUTPUT: Final = 4000

# Where solutions and mutants are run to explain a failure.
STAGE: Final = KeptRunner()


def check_exercise(
    exercise: Exercise,
    source: str | bytes | None,
    *,
    isolated: bool = True,
    seed: int | None = None,
    deadline_s: float = DEADLINE_SECONDS,
    max_examples: int = MAX_EXAMPLES,
    max_shrinks: int = MAX_SHRINKS,
    launcher: Launcher | None = None,
    runner: Callable[[], Runner] | None = None,
) -> ExerciseResult:
    """Put every check of an exercise to a student's file.

    Parameters
    ----------
    exercise
        What to check.
    source
        The student's file, as text or as bytes; None if there is none.
    isolated
        Whether the code runs in a process of its own. In-process there are no limits and no deadline.
    seed
        A secret for grading; None draws the same inputs every time.
    deadline_s
        Seconds that the student's code may take for one check, all its inputs together.
    max_examples, max_shrinks
        Drawn inputs for each check, and attempts to find a smaller one that fails as well.
    launcher
        How workers are started, `process.ProcessLauncher` by default.
    runner
        Gives the runner in place of all that; for sources that are trusted to share one.
    """
    began = time.monotonic()
    data = source.encode("utf-8", "surrogatepass") if isinstance(source, str) else source
    result = ExerciseResult(exercise.id, "infra", 0, exercise.points)
    refused = _refused_unread(exercise, data)
    if refused is not None or data is None:
        result.checks = [_told(check, refused) for check in exercise.checks]
    else:
        start = runner or ((lambda: ProcessRunner(launcher)) if isolated else LocalRunner)
        judging = _Judging(exercise, data, _Workers(start, data, exercise.imports, deadline_s))
        result.checks = judging.results(seed, max_examples, max_shrinks)
        result.output = clean(_cut(judging.output, MAX_OUTPUT))
    result.verdict = overall(result.checks)
    result.points = exercise.points if result.verdict == "pass" else 0
    result.seconds = time.monotonic() - began
    return result


def _refused_unread(exercise: Exercise, data: bytes | None) -> CheckFailed | None:
    """Return what can be said against a file without running it."""
    if data is None:
        return CheckFailed("missing", "there is no file for this exercise")
    if len(data) > MAX_SOURCE:
        return CheckFailed("syntax", f"the file is larger than {MAX_SOURCE // 1024} KiB")
    if data.replace(b"\r\n", b"\n").strip() == exercise.stub.encode().strip():
        return CheckFailed("not_started", "the file is as it was handed out")
    return None


def _told(check: Check, failed: CheckFailed | None, source: bytes = b"") -> CheckResult:
    if failed is None:
        return CheckResult(check.name, check.sentence, "pass", hidden=check.marks.hidden)
    # One line: in a message of several a submission could go on as if it were the report.
    message = clean(_message(failed, source)).replace("\n", "\\n")
    return CheckResult(check.name, check.sentence, failed.verdict, message, hidden=check.marks.hidden)


class _Workers:
    """The runners of one submission and exercise: each replaced after its death, a few times."""

    def __init__(
        self, start: Callable[[], Runner], source: bytes, imports: Sequence[str], deadline_s: float
    ) -> None:
        self._start, self._source, self._imports, self._deadline_s = start, source, imports, deadline_s
        self._runner: Runner | None = None
        self._loaded = False
        self._started = 0

    @property
    def exhausted(self) -> bool:
        return self._runner is None and self._started >= MAX_WORKERS

    def begin(self) -> Runner:
        """Start a runner if there is none, without waiting for it."""
        if self._runner is None:
            self._runner, self._loaded = self._start(), False
            self._started += 1
        return self._runner

    def module(self) -> tuple[Runner, str]:
        """Return a runner that has just executed the student's file, and what the file printed.

        Raises
        ------
        CheckFailed
            If the file cannot be executed.
        """
        try:
            try:
                return self._executed()
            except WorkerGone as gone:
                if gone.verdict != "infra":
                    raise
                self.drop()
                return self._executed()
        except WorkerGone as gone:
            self.drop()
            raise CheckFailed(gone.verdict, f"while your file was loaded, {gone.message}") from gone

    def _executed(self) -> tuple[Runner, str]:
        runner = self.begin()
        runner.allow(self._deadline_s)
        reply = runner.reload() if self._loaded else runner.load(self._source, self._imports)
        if reply.raised is not None:
            raise failure_of(reply.raised)
        self._loaded = True
        return runner, reply.output

    def drop(self) -> None:
        """End the runner."""
        if self._runner is not None:
            self._runner.close()
            self._runner = None


class _Judging:
    """One submission of one exercise before the judge."""

    def __init__(self, exercise: Exercise, source: bytes, workers: _Workers) -> None:
        self.output = ""
        self._exercise, self._source, self._workers = exercise, source, workers
        self._runs: list[CheckRun] = []
        self._results: dict[str, CheckResult] = {}
        self._unloadable = False

    def results(self, seed: int | None, max_examples: int, max_shrinks: int) -> list[CheckResult]:
        """Run every check and say what each found."""
        try:
            with contextlib.suppress(WorkerGone):  # whoever needs it will try again, and say so
                self._workers.begin()
            limits = {
                check.name: {"seed": _seed(seed, self._exercise, check), "max_examples": max_examples}
                for check in self._exercise.checks
            }
            self._draw_ahead(limits)
            # Hidden checks come last: a submission may carry what it is asked into what it says later.
            for check in sorted(self._exercise.checks, key=lambda check: check.marks.hidden):
                self._results[check.name] = self._check(check, max_shrinks=max_shrinks, **limits[check.name])
                if self._results[check.name].verdict in ("fail", "error"):
                    # One reads the first failures; where everything fails, the later ones need not be as small.
                    max_shrinks //= 2
            self._diagnose()
        finally:
            self._workers.drop()
        return [self._results[check.name] for check in self._exercise.checks]

    def _draw_ahead(self, limits: dict[str, dict[str, int]]) -> None:
        """Draw the inputs while the worker starts."""
        from grader.draw import draw_ahead

        for check in self._exercise.checks:
            if check.marks.strategies:
                with contextlib.suppress(Exception):  # the check itself will meet it again, and be blamed
                    draw_ahead(check.marks.strategies, **limits[check.name])

    def _check(self, check: Check, **limits: int) -> CheckResult:
        from grader.checkrun import CheckRun
        from grader.diagnose import DIAGNOSED

        before = {name: self._results[name] for name in check.marks.requires if name in self._results}
        unmet = [name for name, result in before.items() if result.verdict != "pass"]
        if self._unloadable:
            return _told(check, CheckFailed("skipped", "not run: your file could not be loaded"))
        if unmet:
            return _told(check, CheckFailed("skipped", f"not run: it builds on {' and '.join(unmet)}"))
        if self._workers.exhausted:
            return _told(
                check, CheckFailed("skipped", f"not run: your code was stopped {MAX_WORKERS} times already")
            )
        try:
            runner, printed = self._workers.module()
        except CheckFailed as failed:
            self._unloadable = True
            return _told(check, failed, self._source)
        self.output = self.output or printed
        run = CheckRun(check, self._exercise.declaration.floating, runner)
        run.run(**limits)
        if run.worker_died:
            self._workers.drop()
        if run.failure is not None and run.failure.cause.verdict in DIAGNOSED:
            with contextlib.suppress(WorkerGone):  # it starts while the other checks run
                STAGE.begin()
        self._runs.append(run)
        return self._result(run)

    def _result(self, run: CheckRun) -> CheckResult:
        failure = run.failure
        if failure is None:
            if not run.check.marks.hidden:
                self.output = self.output or run.programs[-1].output
            return _told(run.check, None)
        result = _told(run.check, failure.cause, self._source)
        result.counterexample = clean(_cut("\n".join(failure.lines()), MAX_COUNTEREXAMPLE))
        result.output = clean(_cut(failure.program.output, MAX_OUTPUT))
        if not run.check.marks.hidden:
            self.output = failure.program.output or self.output
        if failure.cause.difference is not None:
            result.got = clean(failure.cause.difference.got)
            result.expected = clean(failure.cause.difference.expected)
            result.table = clean(failure.cause.difference.table)
        return result

    def _diagnose(self) -> None:
        if all(run.failure is None for run in self._runs):
            return
        from grader.diagnose import diagnose

        for name, mutant in diagnose(self._exercise, self._runs, self._student, STAGE).items():
            self._results[name].diagnosis = mutant.sentence
            self._results[name].mutant = mutant.name

    def _student(self) -> Runner:
        if self._workers.exhausted:
            raise WorkerGone("skipped", "stopped too often")
        return self._workers.module()[0]


def _seed(secret: int | None, exercise: Exercise, check: Check) -> int:
    """Return the seed of one check: the same in any order and on any machine, and its own."""
    digest = hashlib.sha256(f"{secret} {exercise.id} {check.name}".encode()).digest()
    return int.from_bytes(digest[:8], "big")


def _message(failed: CheckFailed, source: bytes) -> str:
    """Return the sentence of a failure, with the student's own line where there is one."""
    raised = failed.raised
    if raised is None or raised.line is None:
        return failed.message
    # Where Python ends a line; `str.splitlines` also ends it at marks that a submission may hold to mislead.
    lines = re.split("\r\n|\r|\n", source.decode("utf-8", "replace"))
    quoted = f" ({lines[raised.line - 1].strip()[:200]})" if 0 < raised.line <= len(lines) else ""
    return f"line {raised.line}{quoted}: {failed.message}"


def _cut(text: str, limit: int) -> str:
    return (
        text if len(text) <= limit else f"{text[:limit]}\n[... {len(text) - limit} more characters were cut]"
    )
