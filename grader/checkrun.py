"""One check put to one student: attempts, the smallest failure, and the programs that were tried."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from hypothesis.errors import HypothesisException, UnsatisfiedAssumption

from grader.behaviour import replay, same_behaviour
from grader.draw import Enough, draw_examples
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


class CheckRun:
    """One check put to the student's module that `runner` holds."""

    def __init__(self, check: Check, floating: Mapping[str, float], runner: Runner) -> None:
        self.check = check
        self.failure: Failure | None = None
        self.programs: list[Program] = []
        self.worker_died = False
        self._floating = dict(floating)
        self._runner = runner
        self._attempts = 0
        self._max_shrinks = 0
        self._failed_at = (0, 0.0)

    def run(self, *, seed: int, max_examples: int, max_shrinks: int) -> None:
        """Run the check on drawn inputs, shrink the first failure, and run it on the given examples."""
        marks = self.check.marks
        self._max_shrinks = max_shrinks
        try:
            if marks.strategies:
                with contextlib.suppress(_Shrunk):
                    draw_examples(self._attempt, marks.strategies, seed=seed, max_examples=max_examples)
            # Also after a failure: what the code does on them helps to tell what is wrong with it.
            for arguments in marks.examples or ([] if marks.strategies else [{}]):
                with contextlib.suppress(UnsatisfiedAssumption):
                    self._try(arguments)
        except Enough:
            pass
        except HypothesisException as error:
            self._note(_broken_check(error, Program(self._runner)))
        if self.failure is None and not self.programs:
            self._note(_broken_check("it asked nothing of the code", Program(self._runner)))
        if not self.worker_died:
            self._confirm()

    def _attempt(self, arguments: dict[str, Any]) -> str | None:
        """Run the check once on drawn arguments; return None, or the kind of failure."""
        self._attempts += 1
        if self.failure is not None:
            number, moment = self._failed_at
            if self._attempts - number > self._max_shrinks or time.monotonic() - moment > SHRINK_SECONDS:
                raise _Shrunk
        return self._try(arguments)

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
        if self.failure is None:
            self.failure = failure
            self._failed_at = (self._attempts, time.monotonic())
        elif failure.kind == self.failure.kind and failure.size <= self.failure.size:
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
