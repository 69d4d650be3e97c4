"""A new exercise, complete from the first moment: it passes the dev check, and its author changes it from there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from grader.exercise import ExerciseError, make_stub

__all__ = ["write_skeleton"]

_NAME: Final = re.compile(r"[a-z][a-z0-9_]*")

_SOLUTION: Final = '''"""Scale, forward and backward.

Say here what is asked and why, for somebody who meets it for the first time. Give the formula, the shapes, and the
units where there are any:

    scale(x, factor) = factor * x                 x of any shape, factor a number

By the chain rule the gradient of a loss by x is the incoming gradient g times the slope, which is the factor:

    scale_backward(g, factor) = g * factor

Worked example
--------------
Twice (1, -2) is (2, -4), and a gradient of (1, 10) comes back as (2, 20).

>>> scale(np.array([1.0, -2.0]), 2.0)
array([ 2., -4.])
>>> scale_backward(np.array([1.0, 10.0]), 2.0)
array([ 2., 20.])

Not asked: the gradient by the factor.
"""

import numpy as np


def scale(x: np.ndarray, factor: float) -> np.ndarray:
    """Return factor * x, an array of the shape of `x`; `x` itself stays as it is."""
    # >>> your code: every element of x times the factor
    return factor * x
    # <<< your code


def scale_backward(g: np.ndarray, factor: float) -> np.ndarray:
    """Return the gradient by x, given the gradient `g` by the result."""
    # >>> your code: the incoming gradient times the slope
    return g * factor
    # <<< your code
'''

_SPEC: Final = '''"""Checks and mutants of {name}."""

import numpy as np

from grader.spec import Exercise, Source, Student, arrays, example, given, mutant, st

EXERCISE = Exercise(
    title="{title}",
    names=("scale", "scale_backward"),
    points=1,
    after=(),
    imports=("numpy",),
    hints=(
        "A nudge: which way does every element go?",
        "Stronger: NumPy multiplies a number with every element of an array.",
        "Almost the code: one product each, of the factor with x, and of g with the slope.",
    ),
)


@given(x=arrays(shape=(2, 3)), factor=st.floats(-3, 3))
@example(x=np.array([[1.0, -2.0, 0.5]]), factor=2.0)
def check_forward(student: Student, x: np.ndarray, factor: float) -> None:
    """scale(x, factor) is the factor times every element of x."""
    student.scale(x, factor).equals(np.multiply(x, factor), rtol=1e-12)


@given(g=arrays(shape=(2, 3)), factor=st.floats(-3, 3))
@example(g=np.array([[1.0, 10.0, -3.0]]), factor=2.0)
def check_backward(student: Student, g: np.ndarray, factor: float) -> None:
    """scale_backward(g, factor) is the incoming gradient times the slope, which is the factor."""
    student.scale_backward(g, factor).equals(np.multiply(g, factor), rtol=1e-12)


def check_inputs(student: Student) -> None:
    """Neither function changes the array that it is given."""
    student.scale(np.array([1.0, -2.0]), 3.0).leaves_inputs_alone()
    student.scale_backward(np.array([1.0, -2.0]), 3.0).leaves_inputs_alone()


@mutant
def adds(source: Source) -> str:
    """You add the factor; scaling multiplies by it."""
    return source.swap("return factor * x", "return factor + x")


@mutant
def loses_the_sign(source: Source) -> str:
    """You scale by the size of the factor; a negative one also turns the sign round."""
    return source.swap("return factor * x", "return abs(factor) * x")


@mutant
def no_incoming_gradient(source: Source) -> str:
    """You return the local slope; the chain rule multiplies it by the incoming gradient."""
    return source.swap("return g * factor", "return np.full_like(g, factor)")


@mutant
def in_place(source: Source) -> str:
    """You write the result into `x`, and whoever gave it to you still needs it; return a new array."""
    return source.swap("return factor * x", "x *= factor\\n    return x")
'''


def write_skeleton(root: Path, name: str) -> Path:
    """Write a new exercise ``CHAPTER/NAME`` below `root`; return its folder.

    Raises
    ------
    ExerciseError
        If the name is no two plain words, or the folder exists.
    """
    chapter, _, exercise = name.strip("/").partition("/")
    if not _NAME.fullmatch(chapter) or not _NAME.fullmatch(exercise):
        raise ExerciseError(
            f"{name!r} should be CHAPTER/NAME in small letters, digits and underscores, such as ch09_rnn/ex01_cell"
        )
    folder = root / chapter / exercise
    if folder.exists():
        raise ExerciseError(f"{folder} is there already; choose another name")
    folder.mkdir(parents=True)
    title = exercise.partition("_")[2].replace("_", " ").capitalize() or exercise
    texts = {
        "solution.py": _SOLUTION,
        "spec.py": _SPEC.replace("{name}", exercise).replace("{title}", title),
        "task.py": make_stub(_SOLUTION),
    }
    for file, text in texts.items():
        (folder / file).write_text(text, encoding="utf-8", newline="\n")
    return folder
