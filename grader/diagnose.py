"""Which mutant behaves as the student's code does.

A mutant is named when, on the smallest failing program and on a sample of the others, it gave what the student's
code gave, and not what the solution gives. Where two mutants fit, more programs may tell them apart; if they do
not, nothing is said: a wrong diagnosis is worse than none.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from grader.behaviour import replay, same_behaviour
from grader.checkrun import CheckRun
from grader.exercise import Exercise, Mutant
from grader.handles import CheckFailed
from grader.process import LocalRunner
from grader.program import Program, Reply, Runner, WorkerGone

MAX_PROGRAMS: Final = 8
DIAGNOSED: Final = frozenset({"fail", "error", "nondeterministic"})


def diagnose(exercise: Exercise, runs: Sequence[CheckRun], student: Callable[[], Runner]) -> dict[str, Mutant]:
    """Return the mutant that explains each failed check, by the name of the check, where exactly one does.

    Parameters
    ----------
    exercise
        Whose mutants and solution are run, in this process: they are trusted.
    runs
        What the checks found.
    student
        Gives a runner that holds the student's module.
    """
    failed = [run for run in runs if run.failure and run.failure.cause.verdict in DIAGNOSED]
    if not failed:
        return {}
    cast = _Cast(exercise)
    found = {}
    try:
        runner = student()
        for run in failed:
            mutant = _explain(run, runs, cast, runner)
            if mutant is not None:
                found[run.check.name] = mutant
    except (WorkerGone, CheckFailed):
        pass  # the student's module cannot be run again: there is nothing to compare
    finally:
        cast.close()
    return found


class _Cast:
    """The solution and the mutants, each loaded once, and only when asked for."""

    def __init__(self, exercise: Exercise) -> None:
        self.mutants = exercise.mutants
        self._exercise = exercise
        self._runners: dict[str, Runner] = {}

    def replies(self, source: str, programs: Sequence[Program]) -> list[list[Reply]]:
        if source not in self._runners:
            self._runners[source] = LocalRunner()
            self._runners[source].load(source.encode(), self._exercise.imports)
        return replay(self._runners[source], programs)

    def solution(self, programs: Sequence[Program]) -> list[list[Reply]]:
        return self.replies(self._exercise.solution, programs)

    def close(self) -> None:
        for runner in self._runners.values():
            runner.close()


def _explain(run: CheckRun, runs: Sequence[CheckRun], cast: _Cast, student: Runner) -> Mutant | None:
    assert run.failure is not None  # the caller chose failed runs
    aspect = run.failure.cause.aspect
    first = run.failure.program
    programs = [first, *run.programs[:MAX_PROGRAMS]]
    given = replay(student, programs)
    if _alike(given[:1], cast.solution([first]), aspect):
        return None
    fitting = [mutant for mutant in cast.mutants if _alike(given, cast.replies(mutant.source, programs), aspect)]
    if len(fitting) > 1:
        others = [program for other in runs for program in _sample(other)]
        given = replay(student, others)
        fitting = [mutant for mutant in fitting if _alike(given, cast.replies(mutant.source, others), aspect)]
    return fitting[0] if len(fitting) == 1 else None


def _sample(run: CheckRun) -> list[Program]:
    return [*([run.failure.program] if run.failure else []), *run.programs[:MAX_PROGRAMS]]


def _alike(mine: list[list[Reply]], yours: list[list[Reply]], aspect: str) -> bool:
    return all(same_behaviour(a, b, aspect) for a, b in zip(mine, yours, strict=True))
