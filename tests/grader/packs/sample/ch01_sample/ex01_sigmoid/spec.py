"""Checks and mutants of the sample."""

import numpy as np

from grader.spec import Exercise, Source, Student, arrays, example, given, mutant, requires, st

EXERCISE = Exercise(
    title="Sigmoid, forward and backward",
    names=("sigmoid", "sigmoid_backward"),
    points=2,
    hints=(
        "Which exponential stays small?",
        "Use the absolute value.",
        "np.exp(-np.abs(x)) never overflows.",
    ),
)


def oracle(x):
    return 0.5 * (1 + np.tanh(x / 2))


@given(x=arrays(float, elements=st.floats(-5, 5)))
def check_values(student: Student, x):
    """sigmoid(x) is 1 / (1 + e^-x) for every element."""
    y = student.sigmoid(x)
    y.equals(oracle(x))
    y.leaves_inputs_alone()


@requires("check_values")
@example(x=np.array([-1000.0, 0.0, 1000.0]))
def check_extremes(student: Student, x):
    """sigmoid(x) gives no warning, also at -1000."""
    y = student.sigmoid(x)
    y.without_warnings()
    y.equals(oracle(x))


@given(x=arrays(float, shape=3), g=arrays(float, shape=3))
def check_backward(student: Student, x, g):
    """sigmoid_backward(g, y) is g * y * (1 - y)."""
    y = oracle(x)
    student.sigmoid_backward(g, y).equals(g * y * (1 - y))


@mutant
def overflows(source: Source) -> Source:
    """Your exponential overflows for large negative inputs: take e^-|x|, which is never above 1."""
    return source.swap(
        "e = np.exp(-np.abs(x))\n    return np.where(x >= 0, 1 / (1 + e), e / (1 + e))",
        "return 1 / (1 + np.exp(-x))",
    )


@mutant
def wrong_sign(source: Source) -> Source:
    """You compute 1 / (1 + e^x): the exponent needs its minus sign."""
    return source.swap("x >= 0", "x <= 0")


@mutant
def no_upstream(source: Source) -> Source:
    """You return the local derivative; the chain rule multiplies it by the incoming gradient g."""
    return source.swap("g * y * (1 - y)", "y * (1 - y)")


@mutant
def mutates(source: Source) -> Source:
    """You write into x itself; make a new array."""
    return source.swap(
        "e = np.exp", "x *= 1.0 + 1e-16\n    x += 0.5\n    x -= 0.25\n    x -= 0.25\n    e = np.exp"
    )
