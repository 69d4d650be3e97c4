"""Checks and mutants of tanh."""

import numpy as np

from grader.spec import Exercise, Source, Student, arrays, example, given, mutant, requires, st

EXERCISE = Exercise(
    title="Hyperbolic tangent, forward and backward",
    names=("tanh", "tanh_backward"),
    points=2,
    after=("ch04_activations/ex01_sigmoid",),
    imports=("numpy",),
    hints=(
        "Compute tanh(|x|) first, where only one form of the fraction is needed, and think of the sign afterwards.",
        "e^(-2|x|) is never larger than 1. tanh(|x|) is one minus it, over one plus it.",
        "e = np.exp(-2.0 * np.abs(x)); then np.sign(x) times the fraction.",
        "For the backward pass you need no exponential at all: square `out`.",
    ),
    # The statement leaves the last digits near 0 to libraries: 1 - e^-2x loses them by cancellation.
    floating={"rtol": 1e-7, "atol": 1e-12},
)

SHAPES = st.sampled_from([(1,), (3,), (2, 3), (2, 1, 2)])
# Two arrays of one shape, drawn as one.
PAIRS = st.sampled_from([(2, 1), (2, 3), (2, 2, 3), (2, 2, 1, 2)])


@given(x=arrays(shape=SHAPES))
@example(x=np.array([[-2.0, 0.0, 0.5], [3.0, -30.0, 30.0]]))
@example(x=np.zeros(0))
def check_values(student: Student, x: np.ndarray) -> None:
    """tanh(x) is (e^x - e^-x) / (e^x + e^-x) for every element, in an array of the same shape."""
    student.tanh(x).equals(np.tanh(x))


@requires("check_values")
def check_far_out(student: Student) -> None:
    """tanh(x) is -1 at -1000 and 1 at 1000, and gives no warning on the way."""
    left, right = student.tanh(np.array([-1000.0])), student.tanh(np.array([1000.0]))
    student.all_equal([(left, np.array([-1.0])), (right, np.array([1.0]))])
    left.without_warnings()
    right.without_warnings()


@given(pair=arrays(shape=PAIRS, elements=st.floats(-0.9375, 0.9375)))
@example(pair=np.array([[2.0, -3.0, 0.5], [0.5, 0.0, -0.75]]))
def check_backward(student: Student, pair: np.ndarray) -> None:
    """tanh_backward(g, out) is the incoming gradient g times the slope 1 - out^2, element by element."""
    g, out = pair
    student.tanh_backward(g, out).equals(g * (1.0 - out) * (1.0 + out))


@requires("check_values", "check_backward")
def check_float32(student: Student) -> None:
    """Given float32 arrays, both functions return float32 arrays."""
    x, g = np.array([-2.0, 0.0, 1.5], np.float32), np.array([0.5, -1.0, 2.0], np.float32)
    out = np.tanh(x)
    student.tanh(x).equals(out, dtype=np.float32)
    student.tanh_backward(g, out).equals(g * (1 - out) * (1 + out), dtype=np.float32)


def check_inputs(student: Student) -> None:
    """Neither function changes the arrays that it is given."""
    student.tanh(np.array([-2.0, 0.5])).leaves_inputs_alone()
    student.tanh_backward(np.array([3.0, -1.0]), np.array([0.25, -0.75])).leaves_inputs_alone()


FORWARD = """\
    e = np.exp(-2.0 * np.abs(x))
    return np.sign(x) * (1.0 - e) / (1.0 + e)
"""
BACKWARD = "    return g * (1.0 - out**2)\n"


@mutant
def overflows(source: Source) -> str:
    """You follow the formula as it stands, and far out it becomes inf / inf, which is NaN.

    Divide above and below by the larger exponential.
    """
    literal = "    return (np.exp(x) - np.exp(-x)) / (np.exp(x) + np.exp(-x))\n"
    return source.swap(FORWARD, literal)


@mutant
def overflows_on_the_left(source: Source) -> str:
    """You use the form with e^-2x for all x; it is meant for x >= 0, and far to the left it ends in NaN.

    For negative x use that tanh is odd.
    """
    return source.swap(FORWARD, "    e = np.exp(-2.0 * x)\n    return (1.0 - e) / (1.0 + e)\n")


@mutant
def forgets_the_sign(source: Source) -> str:
    """You return tanh(|x|): a negative x must give a negative result."""
    return source.swap("np.sign(x) * (1.0 - e)", "(1.0 - e)")


@mutant
def forgets_the_two(source: Source) -> str:
    """You use e^-x where e^-2x is needed, which gives tanh of half of x.

    Divide the formula by e^x again, on paper, and look at the exponent that is left.
    """
    return source.swap("np.exp(-2.0 * np.abs(x))", "np.exp(-np.abs(x))")


@mutant
def slope_of_the_input(source: Source) -> str:
    """You put `out` through tanh once more, as if it were the input; it is the value of tanh already."""
    return source.swap("1.0 - out**2", "1.0 - np.tanh(out) ** 2")


@mutant
def no_incoming_gradient(source: Source) -> str:
    """You return the local slope; the chain rule multiplies it by the incoming gradient `g`."""
    return source.swap("g * (1.0 - out**2)", "1.0 - out**2")


@mutant
def forgets_the_square(source: Source) -> str:
    """You take 1 - out for the slope. At out = -1 that is 2, but the curve is flat there: something must be squared."""
    return source.swap("1.0 - out**2", "1.0 - out")


@mutant
def slope_of_sigmoid(source: Source) -> str:
    """You use out * (1 - out), which is the slope of the sigmoid; at out = 0 the slope of tanh is 1."""
    return source.swap("g * (1.0 - out**2)", "g * out * (1.0 - out)")


@mutant
def makes_float64(source: Source) -> str:
    """You collect the result in an array of NumPy's default dtype, float64; ask for that of `x`."""
    filled = (
        "    out = np.zeros(x.shape)\n    out[...] = np.sign(x) * (1.0 - e) / (1.0 + e)\n    return out\n"
    )
    return source.swap("    return np.sign(x) * (1.0 - e) / (1.0 + e)\n", filled)


@mutant
def changes_g(source: Source) -> str:
    """You multiply into `g` itself, and whoever gave it to you still needs it; put the product in a new array."""
    return source.swap(BACKWARD, "    g *= 1.0 - out**2\n    return g\n")
