"""The dev check complains about everything that an exercise's author can get wrong."""

from dataclasses import replace

import pytest
from judge_cases import SAMPLE_PACK, sample

from grader.dev import complaints, without_bodies
from grader.exercise import Exercise, Mutant, load_exercises


def changed(**changes):
    """The sample with some of its parts replaced."""
    copy = Exercise(sample().id, sample().folder)
    declaration = {key: changes.pop(key) for key in list(changes) if key in ("hints", "points", "names")}
    copy.__dict__.update(declaration=replace(sample().declaration, **declaration), **changes)
    return copy


def test_the_sample_is_in_order():
    assert complaints(sample()) == []


FIRST, *REST = sample().mutants
CHECK = sample().checks[0]
FAULTS = {
    "a stub that is out of date": ({"stub": sample().stub + "\n"}, "task.py is not what"),
    "two hints": ({"hints": ("a", "b")}, "there are 2 hints"),
    "an empty hint": ({"hints": ("a", "b", " ")}, "there are 3 hints"),
    "no points": ({"points": 0}, "worth no points"),
    "a name that the solution lacks": ({"names": ("sigmoid", "tanh")}, "does not define 'tanh'"),
    "three mutants": ({"mutants": tuple(REST)}, "there are 3 mutants"),
    "a mutant that is none": (
        {"mutants": (*REST, Mutant("harmless", "You did.", sample().solution + "# so\n"))},
        "no check catches the mutant harmless",
    ),
    "a mutant without words": (
        {"mutants": (replace(FIRST, sentence=""), *REST)},
        "overflows has no docstring",
    ),
    "the same mutant twice": (
        {"mutants": (*sample().mutants, replace(FIRST, name="again", source=FIRST.source + "# so\n"))},
        "the mutant again is diagnosed as nothing",
    ),
    "a check without words": (
        {"checks": (replace(CHECK, sentence=""), *sample().checks[1:])},
        "check_values has no docstring",
    ),
    "no checks": ({"checks": ()}, "there are no checks"),
    "a solution that is wrong": (
        {"solution": FIRST.source},
        "the solution fails check_extremes with seed None",
    ),
    "a worked example that is wrong": (
        {"solution": sample().solution.replace("array([0.5])", "array([0.6])")},
        "doctest lines of the solution fail",
    ),
    "a short statement": ({"statement": ">>> 1"}, "too short"),
    "a statement without an example": ({"statement": "word " * 99}, "no worked example"),
    "a check that the stub passes": (
        {
            "checks": (
                replace(CHECK, function=lambda student, **_: student.let(1).equals(1)),
                *sample().checks[1:],
            )
        },
        "check_values gives 'pass' on the stub",
    ),
}


@pytest.mark.parametrize(("changes", "complaint"), FAULTS.values(), ids=FAULTS)
def test_each_fault_is_complained_of(changes, complaint):
    assert any(complaint in found for found in complaints(changed(**changes), seeds=(None,)))


def test_a_missing_task_is_complained_of(tmp_path):
    folder = tmp_path / sample().id
    folder.mkdir(parents=True)
    for name in ("solution.py", "spec.py"):
        (folder / name).write_text((sample().folder / name).read_text())
    [exercise] = load_exercises(tmp_path)
    assert "task.py is missing" in complaints(exercise, seeds=(None,))


@pytest.mark.parametrize("check", [check.name for check in sample().checks])
def test_a_check_of_the_sample_without_its_body_is_complained_of(check):
    found = complaints(without_bodies(sample(), check), seeds=(None,))
    assert any(f"{check} catches no mutant" in complaint for complaint in found)


def test_the_pack_is_found():
    assert SAMPLE_PACK.is_dir()
