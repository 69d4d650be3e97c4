"""The dev check: what an exercise's author must have got right, as a list of complaints.

A check that cannot fail is a defect, and so is a mutant that nobody notices: every check kills at least one mutant,
every mutant is killed and recognised, the solution passes whatever the seed, and the stub is "not started".
"""

from __future__ import annotations

import doctest
import types
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from grader.exercise import Check, Exercise, ExerciseError
from grader.judge import check_exercise
from grader.process import KeptRunner
from grader.report import ExerciseResult

SEEDS: Final = (None, 1, 2)
MIN_HINTS: Final = 3
MIN_MUTANTS: Final = 4
MIN_STATEMENT: Final = 200
MAX_SHRINKS: Final = 0  # nobody reads these counterexamples

# One worker for everything that an author wrote: solutions and mutants need no process each.
HOUSE: Final = KeptRunner()


def complaints(exercise: Exercise, *, seeds: Sequence[int | None] = SEEDS) -> list[str]:
    """Return everything that is wrong with an exercise, one sentence each; an empty list is what one wants.

    Parameters
    ----------
    exercise
        The exercise.
    seeds
        The seeds under which the solution must pass.
    """
    found: list[str] = []
    try:
        found += _about_files(exercise)
        found += _about_stub(exercise)
        found += _about_solution(exercise, seeds)
        found += _about_mutants(exercise)
    except ExerciseError as error:
        found.append(str(error))
    return found


def _about_files(exercise: Exercise) -> Iterator[str]:
    if not exercise.task_path.is_file():
        yield "task.py is missing"
    elif exercise.task_path.read_text(encoding="utf-8") != exercise.stub:
        yield "task.py is not what the solution's markers give; make it anew"
    if len(exercise.statement) < MIN_STATEMENT:
        yield "the statement (docstring of solution.py) is too short to stand alone"
    if ">>>" not in exercise.statement:
        yield "the statement has no worked example that doctest can run"
    if len(exercise.hints) < MIN_HINTS or not all(map(str.strip, exercise.hints)):
        yield f"there are {len(exercise.hints)} hints; at least {MIN_HINTS} are needed"
    if not exercise.points > 0:
        yield "it is worth no points"
    for check in exercise.checks:
        if not check.sentence:
            yield f"{check.name} has no docstring, so the student is told nothing"
    yield from _about_doctests(exercise)


def _about_doctests(exercise: Exercise) -> Iterator[str]:
    module = types.ModuleType("solution")
    exec(compile(exercise.solution, str(exercise.folder / "solution.py"), "exec"), module.__dict__)
    for name in exercise.names:
        if name not in vars(module):
            yield f"the solution does not define {name!r}"
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    runner = doctest.DocTestRunner(verbose=False, optionflags=flags)
    report: list[str] = []
    for test in doctest.DocTestFinder().find(module, "solution"):
        runner.run(test, out=report.append)
    if runner.failures:
        yield f"{runner.failures} doctest lines of the solution fail:\n{''.join(report)}"


def _about_stub(exercise: Exercise) -> Iterator[str]:
    # A comment makes it differ from what was handed out, so that it runs.
    result = _judge(exercise, exercise.stub + "# begun\n")
    for check in result.checks:
        if check.verdict not in ("not_started", "skipped"):
            yield f"{check.name} gives {check.verdict!r} on the stub, not 'not_started' ({check.message})"


def _about_solution(exercise: Exercise, seeds: Sequence[int | None]) -> Iterator[str]:
    for seed in seeds:
        result = _judge(exercise, exercise.solution, seed)
        for check in result.checks:
            if check.verdict != "pass":
                yield f"the solution fails {check.name} with seed {seed}:\n{check.text()}"
        if not result.checks:
            yield "there are no checks"


def _about_mutants(exercise: Exercise) -> Iterator[str]:
    if len(exercise.mutants) < MIN_MUTANTS:
        yield f"there are {len(exercise.mutants)} mutants; at least {MIN_MUTANTS} are needed"
    results = {mutant.name: judge_mutant(exercise, mutant.name) for mutant in exercise.mutants}
    for mutant in exercise.mutants:
        if not mutant.sentence:
            yield f"the mutant {mutant.name} has no docstring, so its diagnosis is empty"
        named = {check.mutant for check in results[mutant.name].checks if check.mutant}
        if not killers(results[mutant.name]):
            yield f"no check catches the mutant {mutant.name}"
        elif named != {mutant.name}:
            yield f"the mutant {mutant.name} is diagnosed as {' and '.join(sorted(named)) or 'nothing'}"
    for check in exercise.checks:
        if not any(check.name in killers(result) for result in results.values()):
            yield f"{check.name} catches no mutant, so nothing proves that it can fail"


def _judge(exercise: Exercise, source: str, seed: int | None = None) -> ExerciseResult:
    return check_exercise(exercise, source, seed=seed, runner=lambda: HOUSE, max_shrinks=MAX_SHRINKS)


def judge_mutant(exercise: Exercise, name: str) -> ExerciseResult:
    """Return what the checks say of a mutant."""
    source = next(mutant.source for mutant in exercise.mutants if mutant.name == name)
    return _judge(exercise, source)


def killers(result: ExerciseResult) -> list[str]:
    """Return the names of the checks that caught what this is the result of."""
    return [check.name for check in result.checks if check.verdict not in ("pass", "skipped", "infra")]


def without_bodies(exercise: Exercise, *names: str) -> Exercise:
    """Return the exercise with the bodies of these checks taken out: they run the code and accept whatever it does."""

    def emptied(check: Check) -> Check:
        return replace(check, function=lambda student, **_: student.run()) if check.name in names else check

    copy = Exercise(exercise.id, exercise.folder)
    copy.__dict__.update(checks=tuple(map(emptied, exercise.checks)), mutants=exercise.mutants)
    return copy
