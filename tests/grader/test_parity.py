"""In-process and isolated give the same: every solution and every mutant of every exercise, answer by answer."""

import pytest
from judge_cases import sample

from grader.checkrun import CheckRun
from grader.exercise import load_exercises
from grader.process import KeptRunner, LocalRunner
from grader.protocol import pack, to_wire

EXERCISES = {exercise.id: exercise for exercise in [*load_exercises(), sample()]}
EXAMPLES = 4
DEADLINE = 3.0


@pytest.fixture(scope="module")
def worker():
    made = KeptRunner()
    yield made
    made.end()


def account(exercise, source, runner, skipped=()):
    """Everything that came back while the checks were run on a source, to the last bit."""
    runner.allow(DEADLINE)
    loaded = runner.load(source.encode(), exercise.imports)
    found = {"loaded": [loaded.raised, loaded.output]}
    for check in exercise.checks:
        if check.name in skipped:
            continue
        runner.allow(DEADLINE)
        runner.load(source.encode(), exercise.imports)
        run = CheckRun(check, exercise.declaration.floating, runner)
        run.run(seed=1, max_examples=EXAMPLES, max_shrinks=0)
        cause = run.failure and (run.failure.cause.verdict, run.failure.cause.message, run.failure.lines())
        found[check.name] = [cause, *map(plain, (reply for p in run.programs for reply in p.replies))]
    return found


def plain(reply):
    answers = pack([[step, to_wire(value)] for step, value in reply.answers.items()])
    return reply.raised, answers, sorted(reply.facts.items()), reply.output


@pytest.mark.parametrize("name", EXERCISES)
def test_solution_and_mutants_give_the_same_in_both_places(name, worker):
    exercise = EXERCISES[name]
    sources = {"stub": exercise.stub, "solution": exercise.solution}
    sources |= {mutant.name: mutant.source for mutant in exercise.mutants}
    for label, source in sources.items():
        there = account(exercise, source, worker)
        # What had to be stopped there cannot be stopped here.
        stopped = [check for check, (cause, *_) in there.items() if cause and cause[0] == "timeout"]
        here = account(exercise, source, LocalRunner(), stopped)
        for check, answers in here.items():
            assert answers == there[check], label
