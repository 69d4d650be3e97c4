"""Checks and mutants of softmax."""

import numpy as np

from grader.spec import Exercise, Source, Student, arrays, example, given, mutant, requires, st

EXERCISE = Exercise(
    title="Softmax, forward and backward",
    names=("softmax", "softmax_backward"),
    points=3,
    after=("ch04_activations/ex01_sigmoid",),
    imports=("numpy",),
    hints=(
        "Work on one row on paper first. Which of your steps mix the elements of a row? Those are the ones that "
        "need an axis.",
        "axis=-1 is the last axis. keepdims=True keeps it with length 1, so that the result still lines up with x.",
        "Forward: e = np.exp(x - x.max(axis=-1, keepdims=True)), then e over its sum along the same axis.",
        "Backward: one sum for each row, of g * out, kept as a column; subtract it from g; multiply by out.",
    ),
    # Inputs are of the size of 1, so this is room for rounding and for nothing else.
    floating={"rtol": 1e-7, "atol": 1e-12},
)

SHAPES = st.sampled_from([(3,), (1, 2), (2, 1), (2, 3), (2, 1, 2)])
# Two arrays of one shape, drawn as one.
PAIRS = st.sampled_from([(2, 2), (2, 1, 2), (2, 2, 3), (2, 2, 1, 2), (2, 2, 1)])


def oracle(x: np.ndarray) -> np.ndarray:
    """Softmax, a row at a time: e^(x_i - log of the row's sum of exponentials)."""
    rows = [np.exp(row - np.logaddexp.reduce(row)) for row in x.reshape(-1, x.shape[-1])]
    return np.array(rows).reshape(x.shape)


def oracle_backward(g: np.ndarray, out: np.ndarray) -> np.ndarray:
    """Multiply g by the whole table of derivatives, a row at a time."""
    classes = out.shape[-1]
    rows = zip(g.reshape(-1, classes), out.reshape(-1, classes), strict=True)
    return np.array([(np.diag(p) - np.outer(p, p)) @ a for a, p in rows]).reshape(out.shape)


@given(x=arrays(shape=SHAPES))
@example(x=np.array([[0.0, 1.0, -2.0], [3.0, 0.5, 3.0]]))
@example(x=np.array([[[0.5, 2.0]], [[-1.0, 1.0]]]))
def check_values(student: Student, x: np.ndarray) -> None:
    """softmax(x) is e^x over the sum of e^x along the last axis: every row adds up to 1."""
    student.softmax(x).equals(oracle(x))


@requires("check_values")
def check_large_scores(student: Student) -> None:
    """Scores of 1000 and -1000 give probabilities like any others, and no warning."""
    x = np.array([[1000.0, 999.0, 0.0], [-1000.0, -1000.0, -1000.0], [1000.0, -1000.0, -1000.0]])
    out = student.softmax(x)
    out.equals(oracle(x))
    out.without_warnings()


@given(pair=arrays(shape=PAIRS))
@example(pair=np.array([[[2.0, -3.0, 0.5], [1.0, 4.0, -2.0]], [[0.0, 1.0, -1.0], [0.5, -0.5, 2.0]]]))
def check_backward(student: Student, pair: np.ndarray) -> None:
    """softmax_backward(g, out) is out * (g - s), where s is each row's own sum of g * out."""
    g, x = pair
    # Two decimals keep the line to paste short; the rows then add up to 1 only nearly, which no formula minds.
    out = np.round(oracle(x), 2)
    student.softmax_backward(g, out).equals(oracle_backward(g, out))


@requires("check_values", "check_backward")
def check_float32(student: Student) -> None:
    """Given float32 arrays, both functions return float32 arrays."""
    x = np.array([[-2.0, 0.0, 1.5], [0.5, 0.5, 1.0]], np.float32)
    g = np.array([[0.5, -1.0, 2.0], [3.0, 0.0, 1.0]], np.float32)
    out = oracle(x)
    student.softmax(x).equals(out, dtype=np.float32)
    student.softmax_backward(g, out).equals(oracle_backward(g, out), dtype=np.float32)


def check_inputs(student: Student) -> None:
    """Neither function changes the arrays that it is given."""
    student.softmax(np.array([[-2.0, 0.5]])).leaves_inputs_alone()
    student.softmax_backward(np.array([[3.0, -1.0]]), np.array([[0.25, 0.75]])).leaves_inputs_alone()


FORWARD = """\
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)
"""
BACKWARD = "    return out * (g - (g * out).sum(axis=-1, keepdims=True))\n"


@mutant
def no_shift(source: Source) -> str:
    """You take e to the power of the scores as they are, and large scores become inf / inf, which is NaN.

    Take the same number off a whole row first, so that the largest exponent is 0.
    """
    return source.swap("np.exp(x - x.max(axis=-1, keepdims=True))", "np.exp(x)")


@mutant
def one_shift_for_all_rows(source: Source) -> str:
    """You take the largest score of the whole array off every row, and rows far below it become 0 / 0.

    Each row needs its own maximum.
    """
    return source.swap("x.max(axis=-1, keepdims=True)", "x.max()")


@mutant
def one_sum_for_all_rows(source: Source) -> str:
    """You divide by the sum over the whole array, so that only all rows together add up to 1.

    Each row needs its own sum.
    """
    # The shift is the same for all rows too, as in whoever forgets the axis once and for all.
    return source.swap("x.max(axis=-1, keepdims=True)", "x.max()").swap(
        "e.sum(axis=-1, keepdims=True)", "e.sum()"
    )


@mutant
def first_axis(source: Source) -> str:
    """You go along the first axis, so that the columns add up to 1: the classes are on the last axis."""
    return source.swap("x.max(axis=-1", "x.max(axis=0").swap("e.sum(axis=-1", "e.sum(axis=0")


@mutant
def shift_in_place(source: Source) -> str:
    """You take the maximum off `x` itself (-= writes into it); put the difference in a new array."""
    shifted = "    x -= x.max(axis=-1, keepdims=True)\n    e = np.exp(x)\n"
    return source.swap("    e = np.exp(x - x.max(axis=-1, keepdims=True))\n", shifted)


@mutant
def diagonal_only(source: Source) -> str:
    """You use out * (1 - out), the effect of each score on its own probability.

    Each score also lowers all the other probabilities of its row, and those terms are missing.
    """
    return source.swap("out * (g - (g * out).sum(axis=-1, keepdims=True))", "g * out * (1.0 - out)")


@mutant
def backward_sums_over_all_rows(source: Source) -> str:
    """You subtract the sum of g * out over the whole array; each row has its own sum."""
    return source.swap("(g * out).sum(axis=-1, keepdims=True)", "(g * out).sum()")


@mutant
def unweighted_sum(source: Source) -> str:
    """You subtract the plain sum of g; in the sum each g_i has to be weighted with its probability."""
    return source.swap("(g * out).sum(axis=-1, keepdims=True)", "g.sum(axis=-1, keepdims=True)")


@mutant
def forgets_the_outer_factor(source: Source) -> str:
    """You have the difference between g and the row's sum right, but it still has to be multiplied by out."""
    return source.swap(
        "out * (g - (g * out).sum(axis=-1, keepdims=True))", "g - (g * out).sum(axis=-1, keepdims=True)"
    )


@mutant
def probability_minus_target(source: Source) -> str:
    """You return out - g, the formula for softmax together with cross entropy; here g is a gradient, not a target."""
    return source.swap("out * (g - (g * out).sum(axis=-1, keepdims=True))", "out - g")


@mutant
def makes_float64(source: Source) -> str:
    """You collect the result in an array of NumPy's default dtype, float64; ask for that of `x`."""
    filled = "    p = np.zeros(x.shape)\n    p[...] = e / e.sum(axis=-1, keepdims=True)\n    return p\n"
    return source.swap("    return e / e.sum(axis=-1, keepdims=True)\n", filled)
