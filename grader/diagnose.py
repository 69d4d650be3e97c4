"""Which mutant behaves as the student's code does.

A mutant is named when, on the smallest failing program and on a sample of the others, it gave what the student's
code gave, and not what the solution gives. Where two mutants fit, more programs may tell them apart; if they do
not, nothing is said: a wrong diagnosis is worse than none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final

from grader.behaviour import replay, replayed, same_behaviour
from grader.checkrun import CheckRun
from grader.exercise import Exercise, Mutant
from grader.handles import CheckFailed
from grader.program import Program, Reply, Runner, WorkerGone

MAX_PROGRAMS: Final = 8
MUTANT_SECONDS: Final = 1.0
DIAGNOSED: Final = frozenset({"fail", "error", "nondeterministic"})


def diagnose(
    exercise: Exercise, runs: Sequence[CheckRun], student: Callable[[], Runner], stage: Runner
) -> dict[str, Mutant]:
    """Return the mutant that explains each failed check, by the name of the check, where exactly one does.

    Parameters
    ----------
    exercise
        Whose mutants and solution are compared with the student's code.
    runs
        What the checks found.
    student
        Gives a runner that holds the student's module.
    stage
        Where solution and mutants are run, one after the other.
    """
    failed = [run for run in runs if run.failure and run.failure.cause.verdict in DIAGNOSED]
    if not failed or exercise.released:
        return {}
    everywhere = [program for run in runs for program in _sample(run)]
    found = {}
    try:
        holder = student()
        for run in failed:
            mutant = _Comparison(exercise, run, holder, stage).explain(everywhere)
            if mutant is not None:
                found[run.check.name] = mutant
    except (WorkerGone, CheckFailed):
        pass  # the student's module cannot be run again: there is nothing to compare
    return found


class _Comparison:
    """The student beside the solution and the mutants, over one failed check."""

    def __init__(self, exercise: Exercise, run: CheckRun, student: Runner, stage: Runner) -> None:
        self._exercise, self._run, self._student, self._stage = exercise, run, student, stage

    def explain(self, everywhere: Sequence[Program]) -> Mutant | None:
        smallest, *more = _sample(self._run)
        if self._fitting([self._exercise.solution], [smallest]):
            return None
        mutants = {mutant.source: mutant for mutant in self._exercise.mutants}
        # Most mutants drop out on the first program, so that few have to run the others.
        left = self._fitting(mutants, [smallest])
        if left and more:
            left = self._fitting(left, [smallest, *more])
        if len(left) > 1:
            left = self._fitting(left, everywhere)
        return mutants[left[0]] if len(left) == 1 else None

    def _fitting(self, sources: Iterable[str], programs: Sequence[Program]) -> list[str]:
        """Return the sources that do on these programs what the student's code does."""
        given = replay(self._student, programs)
        return [source for source in sources if self._fits(source, programs, given)]

    def _fits(self, source: str, programs: Sequence[Program], given: Iterable[list[Reply]]) -> bool:
        assert self._run.failure is not None  # the caller chose failed runs
        aspect = self._run.failure.cause.aspect
        self._stage.allow(MUTANT_SECONDS)
        try:
            if self._stage.load(source.encode(), self._exercise.imports).raised is not None:
                return False
            return all(
                same_behaviour(mine, replayed(self._stage, program), aspect)
                for program, mine in zip(programs, given, strict=True)
            )
        except WorkerGone:
            return False


def _sample(run: CheckRun) -> list[Program]:
    return [*([run.failure.program] if run.failure else []), *run.sample(MAX_PROGRAMS)]
