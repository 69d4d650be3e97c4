"""The one import of a spec: how an exercise, its checks and its mutants are written.

A check is a plain function. Its docstring is the sentence that the student reads, its first argument is the
student's module (see `grader.handles`), the others are drawn by Hypothesis::

    @given(x=arrays(float, shape=3), g=arrays(float, shape=3))
    @example(x=np.array([-1000.0, 0.0, 1000.0]), g=np.ones(3))
    def check_backward(student, x, g):
        \"\"\"sigmoid_backward(g, y) is g * y * (1 - y).\"\"\"
        y = 1 / (1 + np.exp(-x))
        student.sigmoid_backward(g, y).equals(g * y * (1 - y))
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np
from hypothesis import strategies as st
from hypothesis.errors import UnsatisfiedAssumption
from hypothesis.extra import numpy as hypothesis_numpy

from grader.exercise import Declaration as Exercise
from grader.exercise import Marks, Source
from grader.handles import Handle, Student, fn
from grader.protocol import Opaque

__all__ = [
    "Exercise", "Handle", "Opaque", "Source", "Student", "arrays", "assume", "example", "fn", "given", "hidden",
    "mutant", "requires", "st",
]  # fmt: skip

F = TypeVar("F", bound=Callable[..., Any])


def _mark(function: F, **changes: Any) -> F:
    function.__marks__ = replace(getattr(function, "__marks__", Marks()), **changes)  # type: ignore[attr-defined]  # our own note
    return function


def _marks(function: Any) -> Marks:
    marks: Marks = getattr(function, "__marks__", Marks())
    return marks


def given(**strategies: Any) -> Callable[[F], F]:
    """Draw these arguments of a check with Hypothesis; a check without it runs once."""
    return lambda function: _mark(function, strategies=strategies)


def example(**arguments: Any) -> Callable[[F], F]:
    """Try these arguments as well, after the drawn ones."""
    return lambda function: _mark(function, examples=(arguments, *_marks(function).examples))


def assume(condition: object) -> None:
    """Give up on inputs for which the check says nothing."""
    # Hypothesis's own complains where it is not Hypothesis that runs the check, as on given examples.
    if not condition:
        raise UnsatisfiedAssumption


def requires(*checks: str) -> Callable[[F], F]:
    """Skip this check unless the named ones passed: its failure would say nothing new."""
    return lambda function: _mark(function, requires=checks)


def hidden(function: F) -> F:
    """Keep this check from students: it is not handed out, and a report tells them its sentence, never its input."""
    return _mark(function, hidden=True)


def mutant(function: F) -> F:
    """Make a wrong solution of this function, which gets the solution's `Source` and returns a changed one."""
    return _mark(function, mutant=True)


def arrays(
    dtype: Any = float, shape: Any = ..., elements: Any = None
) -> st.SearchStrategy[np.ndarray[Any, Any]]:
    """Arrays of finite numbers, every element drawn by itself.

    Parameters
    ----------
    dtype
        float64 by default, which is what gradients are checked in.
    shape
        A number, a tuple, or a strategy of tuples; by default one or two axes of one to four.
    elements
        A strategy; by default numbers from -3 to 3 for floats and from -5 to 5 for integers.
    """
    dtype = np.dtype(dtype)
    if shape is ...:
        shape = hypothesis_numpy.array_shapes(min_dims=1, max_dims=2, min_side=1, max_side=4)
    if elements is None and dtype.kind == "f":
        elements = st.floats(-3, 3, width=8 * dtype.itemsize, allow_subnormal=False)
    elif elements is None and dtype.kind in "iu":
        elements = st.integers(0 if dtype.kind == "u" else -5, 5)
    # Without a fill each element is drawn: with one, most elements are equal and hide wrong indices.
    return hypothesis_numpy.arrays(dtype, shape, elements=elements, fill=st.nothing())
