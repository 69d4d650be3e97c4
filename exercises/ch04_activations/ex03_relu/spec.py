"""Checks and mutants of relu."""

import numpy as np

from grader.spec import Exercise, Source, Student, arrays, example, given, mutant, requires, st

EXERCISE = Exercise(
    title="Rectified linear unit, forward and backward",
    names=("relu", "relu_backward"),
    points=1,
    after=("ch02_scalar_autograd/ex04_backward",),
    imports=("numpy",),
    hints=(
        "The comparison x > 0 gives an array of True and False, one for each element: the doors, open or shut.",
        "np.maximum compares element by element (np.max does something else: it finds one largest element).",
        "np.where(condition, a, b) takes a where the condition holds and b elsewhere, in a new array. "
        "In the backward pass the condition is about x and a is g.",
    ),
    # Inputs are of the size of 1, so this is room for rounding and for nothing else.
    floating={"rtol": 1e-7, "atol": 1e-12},
)

# Two arrays of one shape, drawn as one.
PAIRS = st.sampled_from([(2, 1), (2, 3), (2, 2, 3), (2, 2, 1, 2)])
# No element of x may sit on the corner, where the slope is a convention; check_corner is about that.
AWAY_FROM_ZERO = st.floats(-3, 3).filter(lambda value: abs(value) >= 0.125)


@given(x=arrays(shape=st.sampled_from([(1,), (3,), (2, 3), (2, 1, 2)])))
@example(x=np.array([[-1000.0, -0.5, 0.0], [1e-9, 7.0, 1000.0]]))
@example(x=np.zeros(0))
def check_values(student: Student, x: np.ndarray) -> None:
    """relu(x) is x where x is positive and 0 elsewhere, in an array of the same shape."""
    student.relu(x).equals(np.array([max(value, 0.0) for value in x.flat]).reshape(x.shape))


@given(pair=arrays(shape=PAIRS, elements=AWAY_FROM_ZERO))
@example(pair=np.array([[2.0, -3.0, 0.5, -4.0], [5.0, 0.25, -0.75, -6.0]]))
def check_backward(student: Student, pair: np.ndarray) -> None:
    """relu_backward(g, x) is g where x is positive and 0 where x is negative, whatever the sign of g."""
    g, x = pair
    expected = [gradient if value > 0 else 0.0 for gradient, value in zip(g.flat, x.flat, strict=True)]
    student.relu_backward(g, x).equals(np.array(expected).reshape(x.shape))


@requires("check_backward")
@given(g=arrays(shape=(2,), elements=AWAY_FROM_ZERO))
@example(g=np.array([3.0, -2.0]))
def check_corner(student: Student, g: np.ndarray) -> None:
    """Where x is exactly 0, relu_backward(g, x) is g times a slope from 0 to 1 (PyTorch takes 0)."""
    result = student.relu_backward(g, np.zeros_like(g))
    result.is_array_like(shape=g.shape)
    got = np.nan_to_num(np.asarray(result.value(), float))
    result.equals(np.clip(got, np.minimum(g, 0.0), np.maximum(g, 0.0)))


@requires("check_values", "check_backward")
def check_float32(student: Student) -> None:
    """Given float32 arrays, both functions return float32 arrays."""
    x, g = np.array([-2.0, 0.25, 1.5], np.float32), np.array([0.5, -1.0, 2.0], np.float32)
    student.relu(x).equals(np.array([0.0, 0.25, 1.5]), dtype=np.float32)
    student.relu_backward(g, x).equals(np.array([0.0, -1.0, 2.0]), dtype=np.float32)


def check_inputs(student: Student) -> None:
    """Neither function changes the arrays that it is given."""
    student.relu(np.array([-2.0, 0.5])).leaves_inputs_alone()
    student.relu_backward(np.array([3.0, -1.0]), np.array([-2.0, 0.5])).leaves_inputs_alone()


FORWARD = "    return np.maximum(x, 0.0)\n"
BACKWARD = "    return np.where(x > 0, g, 0.0)\n"


@mutant
def input_changed(source: Source) -> str:
    """You set elements of `x` itself to zero, and the backward pass then looks for a sign that is gone.

    Write into a copy, or use a function that makes a new array.
    """
    return source.swap(FORWARD, "    x[x < 0] = 0.0\n    return x\n")


@mutant
def absolute_value(source: Source) -> str:
    """You turn negative elements into positive ones; they should become 0."""
    return source.swap("np.maximum(x, 0.0)", "np.abs(x)")


@mutant
def gradient_passes_everywhere(source: Source) -> str:
    """You hand g on through every element, also where x < 0 and the unit was off; nothing goes back there."""
    return source.swap("np.where(x > 0, g, 0.0)", "g.copy()")


@mutant
def sign_of_g(source: Source) -> str:
    """You look at the sign of g, as if relu were applied to the gradient; what decides is the sign of x."""
    return source.swap("np.where(x > 0, g, 0.0)", "np.maximum(g, 0.0)")


@mutant
def positive_gradients_only(source: Source) -> str:
    """You pass g only where it is positive too. An open door lets negative gradients through as well."""
    return source.swap("np.where(x > 0, g, 0.0)", "np.where((x > 0) & (g > 0), g, 0.0)")


@mutant
def no_incoming_gradient(source: Source) -> str:
    """You return the local slope, 1 or 0; the chain rule multiplies it by the incoming gradient `g`."""
    return source.swap("np.where(x > 0, g, 0.0)", "(x > 0).astype(x.dtype)")


@mutant
def value_for_slope(source: Source) -> str:
    """You multiply g by relu(x); the chain rule wants the slope of relu there, not its value."""
    return source.swap("np.where(x > 0, g, 0.0)", "g * np.maximum(x, 0.0)")


@mutant
def divides_by_x(source: Source) -> str:
    """You find the slope by dividing relu(x) by x, and at x = 0 that is 0 / 0, which is NaN.

    Decide by comparing x with 0, without dividing.
    """
    return source.swap("np.where(x > 0, g, 0.0)", "g * (np.maximum(x, 0.0) / x)")


@mutant
def makes_float64(source: Source) -> str:
    """You mix in an array of NumPy's default dtype, float64, and the result becomes float64 too.

    A plain 0.0, or an array of zeros made like `x`, keeps the dtype.
    """
    return source.swap("np.maximum(x, 0.0)", "np.maximum(x, np.zeros(x.shape))")


@mutant
def changes_g(source: Source) -> str:
    """You set elements of `g` itself to zero, and whoever gave it to you still needs it; work on a copy."""
    return source.swap(BACKWARD, "    g[x <= 0] = 0.0\n    return g\n")
