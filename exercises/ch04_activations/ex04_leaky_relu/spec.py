"""Checks and mutants of leaky_relu."""

import numpy as np

from grader.spec import Exercise, Source, Student, arrays, example, given, mutant, requires, st

EXERCISE = Exercise(
    title="Leaky ReLU, forward and backward",
    names=("leaky_relu", "leaky_relu_backward"),
    points=1,
    after=("ch04_activations/ex03_relu",),
    imports=("numpy",),
    hints=(
        "It is relu with something other than 0 on the negative side. Where did the 0 stand in your relu?",
        "np.where(condition, a, b) takes a where the condition holds and b elsewhere. What is b here?",
        "Forward: np.where(x > 0, x, ...) with negative_slope times x. Backward: the same condition on x, and the "
        "same two factors, 1 and negative_slope, now on g.",
    ),
    # Inputs are of the size of 1, so this is room for rounding and for nothing else.
    floating={"rtol": 1e-7, "atol": 1e-12},
)

# Two arrays of one shape, drawn as one.
PAIRS = st.sampled_from([(2, 1), (2, 3), (2, 2, 3), (2, 2, 1, 2)])
# No element of x may sit on the corner, where the slope is a convention; check_corner is about that.
AWAY_FROM_ZERO = st.floats(-3, 3).filter(lambda value: abs(value) >= 0.125)
SLOPES = st.sampled_from([0.5, 0.1, 0.2, 0.0, 1.0])


@given(x=arrays(shape=st.sampled_from([(1,), (3,), (2, 3), (2, 1, 2)])), negative_slope=SLOPES)
@example(x=np.array([[-1000.0, -0.5, 0.0], [0.25, 7.0, 1000.0]]), negative_slope=0.2)
@example(x=np.zeros(0), negative_slope=0.2)
def check_values(student: Student, x: np.ndarray, negative_slope: float) -> None:
    """leaky_relu(x, negative_slope) is x where x is positive and negative_slope * x elsewhere."""
    expected = [value if value > 0 else negative_slope * value for value in x.flat]
    student.leaky_relu(x, negative_slope).equals(np.array(expected).reshape(x.shape))


@given(pair=arrays(shape=PAIRS, elements=AWAY_FROM_ZERO), negative_slope=SLOPES)
@example(pair=np.array([[2.0, -3.0, 0.5, -4.0], [5.0, 0.25, -0.75, -6.0]]), negative_slope=0.2)
def check_backward(student: Student, pair: np.ndarray, negative_slope: float) -> None:
    """leaky_relu_backward(g, x, negative_slope) is g where x is positive and negative_slope * g where x is negative."""
    g, x = pair
    expected = [a if value > 0 else negative_slope * a for a, value in zip(g.flat, x.flat, strict=True)]
    student.leaky_relu_backward(g, x, negative_slope).equals(np.array(expected).reshape(x.shape))


@requires("check_values", "check_backward")
def check_default(student: Student) -> None:
    """Without the argument negative_slope both functions use 0.01."""
    x, g = np.array([-3.0, 2.0]), np.array([5.0, -7.0])
    student.leaky_relu(x).equals(np.array([-0.03, 2.0]))
    student.leaky_relu_backward(g, x).equals(np.array([0.05, -7.0]))


@requires("check_backward")
@given(g=arrays(shape=(2,), elements=AWAY_FROM_ZERO))
@example(g=np.array([3.0, -2.0]))
def check_corner(student: Student, g: np.ndarray) -> None:
    """Where x is exactly 0, leaky_relu_backward is g times a slope from negative_slope (PyTorch's) to 1."""
    result = student.leaky_relu_backward(g, np.zeros_like(g), 0.25)
    result.is_array_like(shape=g.shape)
    got = np.nan_to_num(np.asarray(result.value(), float))
    result.equals(np.clip(got, np.minimum(g, 0.25 * g), np.maximum(g, 0.25 * g)))


@requires("check_values", "check_backward")
def check_float32(student: Student) -> None:
    """Given float32 arrays, both functions return float32 arrays."""
    x, g = np.array([-2.0, 0.25, 1.5], np.float32), np.array([0.5, -1.0, 2.0], np.float32)
    student.leaky_relu(x, 0.5).equals(np.array([-1.0, 0.25, 1.5]), dtype=np.float32)
    student.leaky_relu_backward(g, x, 0.5).equals(np.array([0.25, -1.0, 2.0]), dtype=np.float32)


def check_inputs(student: Student) -> None:
    """Neither function changes the arrays that it is given."""
    student.leaky_relu(np.array([-2.0, 0.5]), 0.5).leaves_inputs_alone()
    student.leaky_relu_backward(np.array([3.0, -1.0]), np.array([-2.0, 0.5]), 0.5).leaves_inputs_alone()


FORWARD = "    return np.where(x > 0, x, negative_slope * x)\n"
BACKWARD = "    return np.where(x > 0, g, negative_slope * g)\n"


@mutant
def input_changed(source: Source) -> str:
    """You scale elements of `x` itself, and the caller's array is no longer what it was; work on a copy."""
    return source.swap(FORWARD, "    x[x < 0] *= negative_slope\n    return x\n")


@mutant
def dead_forward(source: Source) -> str:
    """You set negative elements to 0, which is the plain relu; here they are multiplied by negative_slope."""
    return source.swap("np.where(x > 0, x, negative_slope * x)", "np.maximum(x, 0.0)")


@mutant
def wrong_side_up(source: Source) -> str:
    """Your negative elements come out positive: negative_slope is itself a positive number, so no minus is needed."""
    return source.swap("np.where(x > 0, x, negative_slope * x)", "np.where(x > 0, x, -negative_slope * x)")


@mutant
def slope_written_out(source: Source) -> str:
    """You always use 0.01; that is only the default. Use the argument negative_slope."""
    return source.swap("np.where(x > 0, x, negative_slope * x)", "np.where(x > 0, x, 0.01 * x)")


@mutant
def another_default(source: Source) -> str:
    """Your default for negative_slope is not 0.01; other libraries have other defaults, but we follow PyTorch."""
    return source.swap(
        "def leaky_relu(x: np.ndarray, negative_slope: float = 0.01)",
        "def leaky_relu(x: np.ndarray, negative_slope: float = 0.2)",
    )


@mutant
def gradient_passes_everywhere(source: Source) -> str:
    """You hand g on unchanged also where x < 0; there it has to be scaled, as x was in the forward pass."""
    return source.swap("np.where(x > 0, g, negative_slope * g)", "g.copy()")


@mutant
def dead_backward(source: Source) -> str:
    """You let nothing back where x < 0; the leak works in both directions: what goes back is small, but not 0."""
    return source.swap("np.where(x > 0, g, negative_slope * g)", "np.where(x > 0, g, 0.0)")


@mutant
def backward_slope_written_out(source: Source) -> str:
    """You always use 0.01 in the backward pass; it has to be the negative_slope that the forward pass used."""
    return source.swap("np.where(x > 0, g, negative_slope * g)", "np.where(x > 0, g, 0.01 * g)")


@mutant
def sign_of_g(source: Source) -> str:
    """You look at the sign of g, as if leaky_relu were applied to the gradient; what decides is the sign of x."""
    return source.swap("np.where(x > 0, g, negative_slope * g)", "np.where(g > 0, g, negative_slope * g)")


@mutant
def no_incoming_gradient(source: Source) -> str:
    """You return the local slope; the chain rule multiplies it by the incoming gradient `g`."""
    return source.swap(
        "np.where(x > 0, g, negative_slope * g)", "np.where(x > 0, 1.0, negative_slope).astype(x.dtype)"
    )


@mutant
def divides_by_x(source: Source) -> str:
    """You find the slope by dividing the output by x, and at x = 0 that is 0 / 0, which is NaN.

    Decide by comparing x with 0, without dividing.
    """
    divided = "g * (np.where(x > 0, x, negative_slope * x) / x)"
    return source.swap("np.where(x > 0, g, negative_slope * g)", divided)


@mutant
def makes_float64(source: Source) -> str:
    """You choose between two slopes in an array of float64, and the product becomes float64 too.

    Choose between two products, or give the slopes the dtype of `x`.
    """
    slopes = "x * np.where(x > 0, 1.0, negative_slope)"
    return source.swap("np.where(x > 0, x, negative_slope * x)", slopes)


@mutant
def changes_g(source: Source) -> str:
    """You scale elements of `g` itself, and whoever gave it to you still needs it; work on a copy."""
    return source.swap(BACKWARD, "    g[x <= 0] *= negative_slope\n    return g\n")
