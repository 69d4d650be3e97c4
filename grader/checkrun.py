"""One check put to one student: attempts, the smallest failure, and the programs that were tried."""

from __future__ import annotations

import contextlib
import copy
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from hypothesis.errors import HypothesisException, UnsatisfiedAssumption

from grader.behaviour import replay, same_behaviour
from grader.draw import Enough, inputs, run_live
from grader.exercise import Check
from grader.handles import CheckFailed, Student
from grader.program import Program, Runner, WorkerGone
from grader.render import render

# Far beyond what that many attempts take, so that it is their number that decides, on any machine.
SHRINK_SECONDS: Final = 3.0

# About these a smaller input would say nothing new.
_NOT_SHRUNK: Final = frozenset({"not_started", "missing", "memory", "forbidden", "infra"})


@dataclass
class Failure:
    """How a check failed, and on which program."""

    cause: CheckFailed
    program: Program
    size: int = 0

    @property
    def kind(self) -> str:
        """What must stay the same while the input shrinks, lest one failure turn into another."""
        raised = self.cause.raised.type if self.cause.raised else ""
        return f"{self.cause.verdict} {self.cause.aspect} {raised}"

    def lines(self) -> list[str]:
        """Return the program as lines to paste, up to the step that the failure is about."""
        step, steps = self.cause.step, self.program.steps
        if step is None and self.cause.verdict in ("fail", "nondeterministic") and steps:
            step = len(steps) - 1
        if step is None:
            return []
        # An exception ends the program; a value is read when all of it has run.
        return render(steps[: step + 1] if self.cause.aspect == "raised" else steps, step)


class _Shrunk(Enough):
    """The failing input is small enough, or has been tried to be made so for long enough."""


class _Shrinking:
    """What Hypothesis calls: it passes over inputs that are known to pass, and stops when the bounds are reached."""

    def __init__(
        self, attempt: Callable[[dict[str, Any]], str | None], *, skip: int, max_shrinks: int
    ) -> None:
        self._attempt, self._skip, self._max_shrinks = attempt, skip, max_shrinks
        self._ends: float | None = None

    def __call__(self, arguments: dict[str, Any]) -> str | None:
        if self._skip:
            self._skip -= 1
            return None
        if self._ends is not None:
            self._max_shrinks -= 1
            if self._max_shrinks < 0 or time.monotonic() > self._ends:
                raise _Shrunk
        kind = self._attempt(arguments)
        if kind is not None and self._ends is None:
            self._ends = time.monotonic() + SHRINK_SECONDS
        return kind


class CheckRun:
    """One check put to the student's module that `runner` holds."""

    def __init__(self, check: Check, floating: Mapping[str, float], runner: Runner) -> None:
        self.check = check
        self.failure: Failure | None = None
        self.programs: list[Program] = []
        self.worker_died = False
        self._floating = dict(floating)
        self._runner = runner

    def run(self, *, seed: int, max_examples: int, max_shrinks: int) -> None:
        """Run the check on drawn inputs, shrink the first failure, and run it on the given examples."""
        marks = self.check.marks
        try:
            if marks.strategies:
                self._run_drawn(seed=seed, max_examples=max_examples, max_shrinks=max_shrinks)
            # Also after a failure: what the code does on them helps to tell what is wrong with it.
            for arguments in marks.examples or ([] if marks.strategies else [{}]):
                with contextlib.suppress(UnsatisfiedAssumption):
                    self._try(copy.deepcopy(arguments))
        except Enough:
            pass
        except Exception as error:  # a strategy that cannot be drawn from
            self._note(_broken_check(error, Program(self._runner)))
        if self.failure is None and not self.programs:
            self._note(_broken_check("it asked nothing of the code", Program(self._runner)))
        if not self.worker_died:
            self._confirm()

    def _run_drawn(self, *, seed: int, max_examples: int, max_shrinks: int) -> None:
        strategies = self.check.marks.strategies
        passed = 0
        try:
            for arguments in inputs(strategies, seed=seed, max_examples=max_examples) or []:
                if self._try(arguments) is not None:
                    break
                passed += 1
            if passed and self.failure is None:
                return
        except UnsatisfiedAssumption:
            pass  # Hypothesis must draw others in their place
        if self.failure is None or max_shrinks:
            attempt = _Shrinking(self._try, skip=passed, max_shrinks=max_shrinks)
            with contextlib.suppress(_Shrunk):
                run_live(attempt, strategies, seed=seed, max_examples=max_examples)

    def _try(self, arguments: dict[str, Any]) -> str | None:
        program = Program(self._runner)
        try:
            failure = self._outcome(arguments, program)
        except WorkerGone as gone:
            self.worker_died = True
            self._note(_lost(gone, program))
            raise Enough from gone
        if program.batches:
            self.programs.append(program)
        if failure is None:
            return None
        self._note(failure)
        if failure.cause.verdict in _NOT_SHRUNK:
            raise Enough
        return failure.kind

    def _outcome(self, arguments: dict[str, Any], program: Program) -> Failure | None:
        try:
            self.check.function(Student(program, self._floating), **arguments)
        except CheckFailed as failed:
            return Failure(failed, program)
        except AssertionError as failed:
            return Failure(CheckFailed("fail", str(failed) or "the result is not what it should be"), program)
        except (WorkerGone, HypothesisException):
            raise
        except Exception as error:
            return _broken_check(error, program)
        return None

    def _note(self, failure: Failure) -> None:
        """Keep the failure that is shortest to read, the latest of several; one of another kind is not taken."""
        failure.size = sum(map(len, failure.lines()))
        if self.failure is None or (failure.kind == self.failure.kind and failure.size <= self.failure.size):
            self.failure = failure

    def sample(self, size: int) -> list[Program]:
        """Return up to `size` of the programs that were tried, the last (the given examples) always among them."""
        if len(self.programs) <= size:
            return list(self.programs)
        places = np.linspace(0, len(self.programs) - 1, size).round().astype(int)
        return [self.programs[place] for place in places]

    def _confirm(self) -> None:
        """Ask again, of the module executed anew, what was asked before; another answer is a failure of its own."""
        failure = self.failure
        if failure is not None and failure.cause.verdict not in ("fail", "error"):
            return
        for program in [failure.program] if failure else [self.programs[0], self.programs[-1]]:
            try:
                again = replay(self._runner, [program])[0]
            except WorkerGone as gone:
                self.worker_died = True
                self.failure = failure or _lost(gone, program)
                return
            if not same_behaviour(program.replies, again):
                message = "the same lines, run again in a fresh start of your file, gave another answer"
                cause = CheckFailed("nondeterministic", message, step=failure.cause.step if failure else None)
                self.failure = Failure(cause, program)
                return


def _lost(gone: WorkerGone, program: Program) -> Failure:
    step = len(program.steps) - 1 if program.steps else None
    return Failure(CheckFailed(gone.verdict, gone.message, step=step, aspect="raised"), program)


def _broken_check(error: Exception | str, program: Program) -> Failure:
    """Blame the student for a check that broke only if it had a value of theirs in hand."""
    words = f"{type(error).__name__}: {error}" if isinstance(error, Exception) else error
    if any(reply.answers for reply in program.replies):
        return Failure(
            CheckFailed("fail", f"the check cannot work with what your code returned ({words})"), program
        )
    return Failure(CheckFailed("infra", f"the check itself failed: {words}", aspect="raised"), program)
