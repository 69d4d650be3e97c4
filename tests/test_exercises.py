"""The dev check of every exercise: stub, solution, mutants, checks, statement, hints."""

import pytest

from grader.dev import complaints, without_bodies
from grader.exercise import find_exercises, load_exercises

EXERCISES = {exercise.id: exercise for exercise in load_exercises()}


@pytest.mark.parametrize("name", EXERCISES)
def test_the_exercise_is_in_order(name):
    assert complaints(EXERCISES[name]) == []


@pytest.mark.parametrize("name", EXERCISES)
def test_no_check_can_lose_its_body_unseen(name):
    """Each check is judged by itself, so taking out all the bodies at once shows what taking out any one would."""
    checks = [check.name for check in EXERCISES[name].checks]
    found = complaints(without_bodies(EXERCISES[name], *checks), seeds=())
    for check in checks:
        assert f"{check} catches no mutant, so nothing proves that it can fail" in found


@pytest.mark.parametrize("name", EXERCISES)
def test_what_comes_before_is_there(name):
    earlier = list(EXERCISES)[: list(EXERCISES).index(name)]
    for other in EXERCISES[name].after:
        assert other in earlier, f"{name} comes after {other}, which is no earlier exercise"


def test_every_exercise_has_a_short_name_of_its_own():
    for name in EXERCISES:
        short = name.rpartition("/")[2].partition("_")[2]
        assert [found.id for found in find_exercises(short)].count(name) == 1


def test_titles_differ():
    titles = [exercise.title for exercise in EXERCISES.values()]
    assert len(set(titles)) == len(titles)


def test_there_are_exercises():
    # An empty glob would make every test above pass.
    assert len(EXERCISES) >= 21
