"""Exercise folders: found, named, read, and turned into stubs."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from judge_cases import SAMPLE_PACK, sample

from grader.exercise import (
    Declaration,
    Exercise,
    ExerciseError,
    Source,
    exercises_root,
    find_exercise,
    find_exercises,
    load_exercises,
    make_stub,
)

SPEC = """
from grader.spec import Exercise, mutant
NAMES = ("f",)
EXERCISE = Exercise(title="T", names={names})

def helper(student): pass

{checks}

@mutant
def check_is_no_check_if_it_is_a_mutant(source): return source.swap("2", "3")
"""
SOLUTION = '''"""Double it."""


def f(x):
    # >>> your code: double it
    return 2 * x
    # <<< your code
'''


def write(folder, *, checks="def check_it(student):\n    pass", names="NAMES", solution=SOLUTION):
    """Write an exercise folder and return it loaded."""
    place = folder / "ch01_a" / "ex01_b"
    place.mkdir(parents=True)
    (place / "solution.py").write_text(solution, encoding="utf-8")
    (place / "spec.py").write_text(SPEC.format(checks=checks, names=names), encoding="utf-8")
    [exercise] = load_exercises(folder)
    return exercise


def test_the_sample_is_read_whole():
    exercise = sample()
    assert exercise.id == "ch01_sample/ex01_sigmoid"
    assert (exercise.title, exercise.points, exercise.imports) == (
        "Sigmoid, forward and backward",
        2,
        ("numpy",),
    )
    assert [check.name for check in exercise.checks] == ["check_values", "check_extremes", "check_backward"]
    assert exercise.checks[0].sentence == "sigmoid(x) is 1 / (1 + e^-x) for every element."
    assert exercise.checks[1].marks.requires == ("check_values",)
    assert [mutant.name for mutant in exercise.mutants] == [
        "overflows",
        "wrong_sign",
        "no_upstream",
        "mutates",
    ]
    assert exercise.statement.startswith("Sigmoid and its gradient")
    ast.parse(exercise.stub)
    assert exercise.stub.count("raise NotImplementedError") == 2


def test_a_declaration_that_is_not_made_of_literals_is_imported(tmp_path):
    exercise = write(tmp_path)
    assert exercise.declaration == Declaration(title="T", names=("f",))
    assert [check.name for check in exercise.checks] == ["check_it"]
    assert [mutant.name for mutant in exercise.mutants] == ["check_is_no_check_if_it_is_a_mutant"]


def test_listing_exercises_needs_no_hypothesis():
    script = (
        "import sys; from grader.exercise import load_exercises\n"
        "print(len([(e.title, e.hints, e.points, e.after, e.statement) for e in load_exercises()]))\n"
        "print(sorted({'hypothesis', 'numpy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [str(len(load_exercises())), "[]"]


def test_ids_follow_the_folders_in_order():
    ids = [exercise.id for exercise in load_exercises()]
    assert ids == sorted(ids)
    assert all((exercises_root() / id_ / "solution.py").is_file() for id_ in ids)


EXERCISES = [Exercise(id_, Path()) for id_ in ("ch01_a/ex01_tanh", "ch01_a/ex02_sum", "ch02_b/ex01_sum_to")]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("tanh", ["ch01_a/ex01_tanh"]),
        ("ch01_a/ex01_tanh", ["ch01_a/ex01_tanh"]),
        ("ch01_a/ex01_tanh/", ["ch01_a/ex01_tanh"]),
        ("ch01", ["ch01_a/ex01_tanh", "ch01_a/ex02_sum"]),
        ("ex02_sum", ["ch01_a/ex02_sum"]),
        ("sum", ["ch01_a/ex02_sum", "ch02_b/ex01_sum_to"]),
        ("softmax", []),
        ("", []),
    ],
)
def test_any_part_of_an_id_names_exercises(text, found):
    assert [exercise.id for exercise in find_exercises(text, EXERCISES)] == found


@pytest.mark.parametrize(
    ("text", "message"), [("softmax", "no exercise is called 'softmax'"), ("ch01", "names 2 exercises")]
)
def test_one_exercise_must_be_named_without_doubt(text, message):
    assert find_exercise("tanh", EXERCISES).id == "ch01_a/ex01_tanh"
    with pytest.raises(ExerciseError, match=message):
        find_exercise(text, EXERCISES)


def test_stub_of_several_blocks():
    solution = """\
A = 1


def f():
    # >>> your code: say "hi\\n"
    x = 1
    return x
    # <<< your code


class C:
    def m(self):
        if True:
            # >>> your code
            pass
            # <<< your code
        return 2
"""
    stub = """\
A = 1


def f():
    raise NotImplementedError("say \\"hi\\\\n\\"")


class C:
    def m(self):
        if True:
            raise NotImplementedError("write this part")
        return 2
"""
    assert make_stub(solution) == stub


@pytest.mark.parametrize(
    "solution",
    [
        "def f(): pass\n",
        "# >>> your code\n",
        "# <<< your code\n",
        "# >>> your code\n# >>> your code\n# <<< your code\n",
        "# >>> your code\n# <<< your code\n# <<< your code\n",
    ],
)
def test_markers_without_partners_are_refused(solution):
    with pytest.raises(ExerciseError):
        make_stub(solution)


@pytest.mark.parametrize(("old", "new"), [("x", "y"), ("z", "y"), ("a", "a")])
def test_a_swap_needs_exactly_one_place_and_a_change(old, new):
    with pytest.raises(ExerciseError):
        Source("a = x + x").swap(old, new)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda e: (e.folder / "solution.py").unlink(), "solution.py is missing"),
        (lambda e: (e.folder / "spec.py").write_text("x = 1"), "declares no EXERCISE"),
        (lambda e: (e.folder / "spec.py").unlink(), "spec.py is missing"),
    ],
)
def test_a_broken_folder_is_named(tmp_path, change, message):
    exercise = write(tmp_path)
    change(exercise)
    with pytest.raises(ExerciseError, match=message):
        _ = exercise.title + exercise.solution


def test_a_check_requires_earlier_checks_only(tmp_path):
    checks = (
        "from grader.spec import requires\n"
        "@requires('check_b')\ndef check_a(student): pass\ndef check_b(student): pass"
    )
    with pytest.raises(ExerciseError, match="check_a requires check_b, which is no earlier check"):
        assert write(tmp_path, checks=checks).checks


def test_the_pack_lies_where_the_tests_think():
    assert (SAMPLE_PACK / sample().id / "spec.py").is_file()
