"""Checks and mutants of mse."""

import math

import numpy as np

from grader.spec import Exercise, Source, Student, arrays, example, given, mutant, requires, st

EXERCISE = Exercise(
    title="Mean squared error, forward and backward",
    names=("mse", "mse_backward"),
    points=2,
    after=("ch02_scalar_autograd/ex04_backward",),
    imports=("numpy",),
    hints=(
        "Three small steps: compare the two shapes, square the differences, take the mean. Which comes first?",
        "prediction.shape is a tuple; two tuples can be compared with !=. prediction.size counts all elements.",
        "np.mean without an axis averages over everything, whatever the shape.",
        "Backward: the derivative of d^2 is 2 d. Multiply by g and divide by the N of the mean.",
    ),
    # Inputs are of the size of 1, so this is room for rounding and for nothing else.
    floating={"rtol": 1e-7, "atol": 1e-12},
)

# Predictions and targets, drawn as one.
PAIRS = st.sampled_from([(2, 2), (2, 1), (2, 3, 2), (2, 1, 3), (2, 2, 1, 2)])


def oracle(prediction: np.ndarray, target: np.ndarray) -> float:
    """Add up the squares one by one, without rounding, and divide."""
    return (
        math.fsum((p - t) ** 2 for p, t in zip(prediction.flat, target.flat, strict=True)) / prediction.size
    )


@given(pair=arrays(shape=PAIRS))
@example(pair=np.array([[[2.0, 5.0], [0.0, 3.0], [1.0, 1.0]], [[1.0, 5.0], [3.0, 1.0], [-1.0, 0.5]]]))
def check_loss(student: Student, pair: np.ndarray) -> None:
    """mse(prediction, target) is one number: the mean of (prediction - target)^2 over all elements."""
    prediction, target = pair
    student.mse(prediction, target).equals(oracle(prediction, target))


@given(
    shapes=st.sampled_from(
        [((3, 1), (3,)), ((3,), (3, 1)), ((2, 2), (2,)), ((2, 3), (1, 3)), ((1,), (4,)), ((2, 3), (3, 2))]
    )
)
def check_shapes(student: Student, shapes: tuple[tuple[int, ...], tuple[int, ...]]) -> None:
    """If the shapes of prediction and target differ, mse raises ValueError, also where NumPy would broadcast."""
    student.mse(np.ones(shapes[0]), np.zeros(shapes[1])).raises(ValueError)


@given(g=st.floats(-3, 3), pair=arrays(shape=PAIRS))
@example(g=-1.5, pair=np.array([[[2.0, 5.0], [0.0, 3.0], [1.0, 1.0]], [[1.0, 5.0], [3.0, 1.0], [-1.0, 0.5]]]))
@example(g=2.0, pair=np.array([[4.0], [1.0]]))
def check_backward(student: Student, g: float, pair: np.ndarray) -> None:
    """mse_backward(g, prediction, target) is g * 2 * (prediction - target) / N, where N counts all elements."""
    prediction, target = pair
    student.mse_backward(g, prediction, target).equals((prediction - target) * (2.0 * g / prediction.size))


@requires("check_backward")
def check_float32(student: Student) -> None:
    """Given float32 arrays, mse_backward returns a float32 array."""
    prediction, target = np.array([2.0, 5.0, 0.5], np.float32), np.array([1.0, 5.0, 1.0], np.float32)
    student.mse_backward(3.0, prediction, target).equals(np.array([2.0, 0.0, -1.0]), dtype=np.float32)


def check_inputs(student: Student) -> None:
    """Neither function changes the arrays that it is given."""
    prediction, target = np.array([2.0, 5.0]), np.array([1.0, 7.0])
    student.mse(prediction, target).leaves_inputs_alone()
    student.mse_backward(3.0, prediction, target).leaves_inputs_alone()


SHAPES_DIFFER = """\
    if prediction.shape != target.shape:
        raise ValueError(f"prediction has shape {prediction.shape} but target has shape {target.shape}")
"""
FORWARD = "    return float(np.mean((prediction - target) ** 2))\n"
BACKWARD = "    return g * 2.0 * (prediction - target) / prediction.size\n"


@mutant
def sum_for_mean(source: Source) -> str:
    """You add the squares up and do not divide: twice as many examples would give twice the loss."""
    return source.swap("np.mean((prediction - target) ** 2)", "np.sum((prediction - target) ** 2)")


@mutant
def mean_over_the_batch_only(source: Source) -> str:
    """You divide by the length of the first axis; N counts all elements, those of every axis."""
    return source.swap(
        "np.mean((prediction - target) ** 2)", "np.sum((prediction - target) ** 2) / len(prediction)"
    )


@mutant
def one_loss_for_each_column(source: Source) -> str:
    """You average over the first axis alone and return an array; a loss is one number."""
    return source.swap(FORWARD, "    return np.mean((prediction - target) ** 2, axis=0)\n")


@mutant
def half_the_loss(source: Source) -> str:
    """You put a factor 1/2 before the mean. Some books do, so that no 2 is left in the gradient; here there is none."""
    return source.swap("np.mean((prediction - target) ** 2)", "0.5 * np.mean((prediction - target) ** 2)")


@mutant
def root_of_the_loss(source: Source) -> str:
    """You take the square root at the end; that is another measure, in the unit of the predictions."""
    return source.swap("np.mean((prediction - target) ** 2)", "np.sqrt(np.mean((prediction - target) ** 2))")


@mutant
def absolute_errors(source: Source) -> str:
    """You average the sizes of the differences; they have to be squared first."""
    return source.swap("np.mean((prediction - target) ** 2)", "np.mean(np.abs(prediction - target))")


@mutant
def broadcasts_silently(source: Source) -> str:
    """You subtract without looking at the shapes, and NumPy stretches them to fit; compare them first."""
    return source.swap(SHAPES_DIFFER, "")


@mutant
def missing_factor_2(source: Source) -> str:
    """Your gradient is half of what it should be: the derivative of d^2 is not d."""
    return source.swap("g * 2.0 * (prediction - target)", "g * (prediction - target)")


@mutant
def gradient_not_divided(source: Source) -> str:
    """Your gradient is that of the sum; the loss is a mean, so something has to be divided."""
    return source.swap("(prediction - target) / prediction.size", "(prediction - target)")


@mutant
def gradient_divided_by_the_batch_only(source: Source) -> str:
    """You divide the gradient by the length of the first axis; the mean was over all elements."""
    return source.swap("/ prediction.size", "/ len(prediction)")


@mutant
def target_minus_prediction(source: Source) -> str:
    """Your gradient points the other way: a prediction that is too large must get a positive one (for positive g)."""
    return source.swap("g * 2.0 * (prediction - target)", "g * 2.0 * (target - prediction)")


@mutant
def no_incoming_gradient(source: Source) -> str:
    """You return the local gradient; the chain rule multiplies it by the incoming gradient `g`."""
    return source.swap("g * 2.0 * (prediction - target)", "2.0 * (prediction - target)")


@mutant
def makes_float64(source: Source) -> str:
    """You collect the gradient in an array of NumPy's default dtype, float64; ask for that of the predictions."""
    filled = (
        "    out = np.zeros(prediction.shape)\n"
        "    out[...] = g * 2.0 * (prediction - target) / prediction.size\n"
        "    return out\n"
    )
    return source.swap(BACKWARD, filled)


@mutant
def prediction_changed(source: Source) -> str:
    """You subtract the target from `prediction` itself (-= writes into it), and it is needed again later."""
    return source.swap(FORWARD, "    prediction -= target\n    return float(np.mean(prediction**2))\n")
