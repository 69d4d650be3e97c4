"""Checks and mutants of sigmoid."""

import numpy as np

from grader.spec import Exercise, Source, Student, arrays, example, given, mutant, requires, st

EXERCISE = Exercise(
    title="Sigmoid, forward and backward",
    names=("sigmoid", "sigmoid_backward"),
    points=2,
    after=("ch02_scalar_autograd/ex04_backward",),
    imports=("numpy",),
    hints=(
        "Both forms of the fraction have the same value. Which of them is safe for negative x, which for the rest?",
        "e^-|x| is never larger than 1. Write both forms with it: only the number above the line differs.",
        "e = np.exp(-np.abs(x)); above the line stands 1 where x >= 0 and e elsewhere; below it 1 + e. "
        "np.where picks one of two values for each element.",
        "The backward pass is one line of products: g, out, and one minus out.",
    ),
    # Inputs are of the size of 1, so this is room for rounding and for nothing else.
    floating={"rtol": 1e-7, "atol": 1e-12},
)

SHAPES = st.sampled_from([(1,), (3,), (2, 3), (2, 1, 2)])
# Two arrays of one shape, drawn as one.
PAIRS = st.sampled_from([(2, 1), (2, 3), (2, 2, 3), (2, 2, 1, 2)])


def oracle(x: np.ndarray) -> np.ndarray:
    """Sigmoid by way of its logarithm, -log(1 + e^-x), for which NumPy has a function that cannot overflow."""
    return np.exp(-np.logaddexp(0.0, -x))


@given(x=arrays(shape=SHAPES))
@example(x=np.array([[-2.0, 0.0, 0.5], [3.0, -30.0, 30.0]]))
@example(x=np.zeros(0))
def check_values(student: Student, x: np.ndarray) -> None:
    """sigmoid(x) is 1 / (1 + e^-x) for every element, in an array of the same shape."""
    student.sigmoid(x).equals(oracle(x))


@requires("check_values")
def check_far_out(student: Student) -> None:
    """sigmoid(x) is 0 at -1000 and 1 at 1000, and gives no overflow warning on the way."""
    left, right = student.sigmoid(np.array([-1000.0])), student.sigmoid(np.array([1000.0]))
    student.all_equal([(left, np.array([0.0])), (right, np.array([1.0]))])
    left.without_warnings()
    right.without_warnings()


@given(pair=arrays(shape=PAIRS, elements=st.floats(0.0625, 0.9375)))
@example(pair=np.array([[2.0, -3.0, 0.5], [0.25, 0.5, 0.875]]))
def check_backward(student: Student, pair: np.ndarray) -> None:
    """sigmoid_backward(g, out) is the incoming gradient g times the slope out * (1 - out), element by element."""
    g, out = pair
    student.sigmoid_backward(g, out).equals(g * (out - out**2))


@requires("check_values", "check_backward")
def check_float32(student: Student) -> None:
    """Given float32 arrays, both functions return float32 arrays."""
    x, g = np.array([-2.0, 0.0, 1.5], np.float32), np.array([0.5, -1.0, 2.0], np.float32)
    out = oracle(x)
    student.sigmoid(x).equals(out, dtype=np.float32)
    student.sigmoid_backward(g, out).equals(g * (out - out**2), dtype=np.float32)


def check_inputs(student: Student) -> None:
    """Neither function changes the arrays that it is given."""
    student.sigmoid(np.array([-2.0, 0.5])).leaves_inputs_alone()
    student.sigmoid_backward(np.array([3.0, -1.0]), np.array([0.25, 0.75])).leaves_inputs_alone()


FORWARD = """\
    e = np.exp(-np.abs(x))
    return np.where(x >= 0, 1.0, e) / (1.0 + e)
"""
BACKWARD = "    return g * out * (1.0 - out)\n"


@mutant
def overflows_on_the_left(source: Source) -> str:
    """You raise e to -x everywhere, and far to the left that is a huge power.

    Use the other form of the fraction where x is negative.
    """
    return source.swap(FORWARD, "    return 1.0 / (1.0 + np.exp(-x))\n")


@mutant
def overflows_on_the_right(source: Source) -> str:
    """You write the fraction with e^x everywhere, and far to the right it becomes inf / inf, which is NaN.

    Use the other form of the fraction where x is positive.
    """
    return source.swap(FORWARD, "    return np.exp(x) / (1.0 + np.exp(x))\n")


@mutant
def computes_both_forms_everywhere(source: Source) -> str:
    """You choose with np.where, but np.where chooses after both forms have been computed for every element.

    Make the power itself harmless first.
    """
    both = "    return np.where(x >= 0, 1.0 / (1.0 + np.exp(-x)), np.exp(x) / (1.0 + np.exp(x)))\n"
    return source.swap(FORWARD, both)


@mutant
def mirrored(source: Source) -> str:
    """Your curve falls where it should rise: the exponent has the wrong sign somewhere."""
    return source.swap("np.where(x >= 0, 1.0, e)", "np.where(x >= 0, e, 1.0)")


@mutant
def slope_of_the_input(source: Source) -> str:
    """You put `out` through the sigmoid once more, as if it were the input; it is the sigmoid's value already."""
    again = "    s = 1.0 / (1.0 + np.exp(-out))\n    return g * s * (1.0 - s)\n"
    return source.swap(BACKWARD, again)


@mutant
def no_incoming_gradient(source: Source) -> str:
    """You return the local slope; the chain rule multiplies it by the incoming gradient `g`."""
    return source.swap("g * out * (1.0 - out)", "out * (1.0 - out)")


@mutant
def slope_of_tanh(source: Source) -> str:
    """You use 1 - out^2, which is the slope of tanh. The sigmoid's is a product of out and something else."""
    return source.swap("g * out * (1.0 - out)", "g * (1.0 - out**2)")


@mutant
def half_of_the_slope(source: Source) -> str:
    """Your slope has only one of its two factors: it must vanish where out is 0 and also where out is 1."""
    return source.swap("g * out * (1.0 - out)", "g * (1.0 - out)")


@mutant
def makes_float64(source: Source) -> str:
    """You collect the result in an array of NumPy's default dtype, float64; ask for that of `x`."""
    filled = (
        "    out = np.zeros(x.shape)\n    out[...] = np.where(x >= 0, 1.0, e) / (1.0 + e)\n    return out\n"
    )
    return source.swap("    return np.where(x >= 0, 1.0, e) / (1.0 + e)\n", filled)


@mutant
def changes_g(source: Source) -> str:
    """You multiply into `g` itself, and whoever gave it to you still needs it; put the product in a new array."""
    return source.swap(BACKWARD, "    g *= out * (1.0 - out)\n    return g\n")
