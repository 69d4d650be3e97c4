"""Diagnoses: named when exactly one mutant behaves as the student does, and silent otherwise."""

import pytest
from judge_cases import RUNNERS, sample

from grader.behaviour import same_behaviour
from grader.exercise import load_exercises
from grader.judge import check_exercise
from grader.program import Raised, Reply

SOLUTION = """
def f(x):
    # >>> your code
    return x + 1
    # <<< your code
"""
SPEC = '''
from grader.spec import Exercise, example, given, mutant, st
EXERCISE = Exercise(title="T", names=("f",))

@given(x=st.integers(-9, 9))
@example(x=100)
def check_it(student, x):
    """f(x) is x + 1."""
    student.f(x).equals(x + 1)

def check_large(student):
    """f(x) is x + 1 for a large x too."""
    student.f(1000).equals(1001)
'''


def mutants(**bodies):
    return "".join(
        f'\n@mutant\ndef {name}(source):\n    """You {name}."""\n    return source.swap("return x + 1", "{body}")\n'
        for name, body in bodies.items()
    )


@pytest.fixture
def course(tmp_path):
    """Make an exercise with these mutants."""

    def make(**bodies):
        folder = tmp_path / "ch" / "ex"
        folder.mkdir(parents=True)
        (folder / "solution.py").write_text(SOLUTION)
        (folder / "spec.py").write_text(SPEC + mutants(**bodies))
        [exercise] = load_exercises(tmp_path)
        return exercise

    return make


def named(exercise, body, check="check_it"):
    result = check_exercise(exercise, f"def f(x):\n    {body}\n", isolated=False)
    return next(found.mutant for found in result.checks if found.name == check)


def test_another_way_to_write_the_same_mistake_is_recognised(course):
    exercise = course(adds_two="return x + 2", subtracts="return x - 1", forgets="return x")
    assert named(exercise, "return 2.0 + x") == "adds_two"
    assert named(exercise, "y = x\n    return y") == "forgets"


@pytest.mark.parametrize(
    "body", ["return x + 3", "return x + 1 + (x % 2)", "return None", "raise ValueError(x)", "return [x]"]
)
def test_an_unknown_mistake_is_not_named(course, body):
    assert named(course(adds_two="return x + 2", forgets="return x"), body) == ""


def test_two_mutants_that_fit_are_none(course):
    exercise = course(adds_two="return x + 2", adds_twice="return x + 1 + 1", forgets="return x")
    assert named(exercise, "return x + 2") == ""
    assert named(exercise, "return x") == "forgets"


def test_two_mutants_that_fit_here_are_told_apart_elsewhere(course):
    exercise = course(wraps="return x + 2 if x < 500 else x", adds_two="return x + 2")
    assert named(exercise, "return x + 2") == "adds_two"
    assert named(exercise, "return x + 2 if x < 600 else x") == "wraps"


def test_a_likeness_on_the_smallest_input_alone_is_not_enough(course):
    # On 0 and on every drawn number the code does as the mutant does; on the given example it does not.
    assert named(course(forgets="return x"), "return x if x < 50 else x + 1") == ""


def test_a_mutant_that_raises_explains_code_that_raises(course):
    exercise = course(indexes="return x[0]", divides="return 1 / 0")
    assert named(exercise, "return x[1]") == "indexes"
    assert named(exercise, "y = 2 / 0") == "divides"


def test_a_mutant_that_never_ends_stops_nobody(course):
    exercise = course(loops="\\n    while x == 1000: pass\\n    return x + 2", adds_two="return x + 2")
    assert named(exercise, "return x + 2") == "adds_two"


def test_a_mutant_with_state_explains_code_with_state(course):
    exercise = course(counts="f.n = getattr(f, 'n', 0) + 1\\n    return x + f.n", forgets="return x")
    result = check_exercise(
        exercise, "n = 0\ndef f(x):\n    global n\n    n += 1\n    return x + n\n", isolated=False
    )
    assert result.verdict == "nondeterministic"


def test_a_diagnosis_is_the_docstring_of_the_mutant():
    source = next(mutant.source for mutant in sample().mutants if mutant.name == "no_upstream")
    [*_, backward] = check_exercise(
        sample(), source.replace("y * (1 - y)", "y - y ** 2"), isolated=False
    ).checks
    assert backward.diagnosis == (
        "You return the local derivative; the chain rule multiplies it by the incoming gradient g."
    )


def raised(kind, step=0):
    return Reply(Raised("raised", kind, (kind,), "", None, step))


@pytest.mark.parametrize(
    ("mine", "yours", "aspect", "same"),
    [
        (Reply(answers={0: 1.0}), Reply(answers={0: 1.0 + 1e-8}), "value", True),
        (Reply(answers={0: 1.0}), Reply(answers={0: 1.001}), "value", False),
        (Reply(answers={0: float("nan")}), Reply(answers={0: float("nan")}), "value", True),
        (Reply(answers={0: 1.0}), Reply(answers={1: 1.0}), "value", False),
        (Reply(answers={0: 1.0}), raised("E"), "value", False),
        (raised("E"), raised("E"), "value", True),
        (raised("E"), raised("F"), "value", False),
        (raised("E"), raised("E", 1), "value", False),
        (Reply(facts={(0, "mutated"): ("x",)}), Reply(facts={(0, "mutated"): ("y",)}), "mutated", True),
        (Reply(facts={(0, "mutated"): ("x",)}), Reply(), "mutated", False),
        (Reply(facts={(0, "mutated"): ("x",)}), Reply(), "value", True),
        (Reply(facts={(0, "mutated"): ("x",)}), Reply(facts={(0, "warned"): ("x",)}), "warned", False),
    ],
)
def test_same_behaviour(mine, yours, aspect, same):
    assert same_behaviour([mine], [yours], aspect) is same


def test_both_runners_are_there():
    assert set(RUNNERS) == {"in-process", "isolated"}
