"""Checks and mutants of binary_cross_entropy."""

import math

import numpy as np

from grader.spec import Exercise, Source, Student, arrays, example, given, mutant, requires, st

EXERCISE = Exercise(
    title="Binary cross entropy, forward and backward",
    names=("binary_cross_entropy", "binary_cross_entropy_backward"),
    points=3,
    after=("ch05_losses/ex01_mse",),
    imports=("numpy",),
    hints=(
        "Name the two logarithms first, log p and log(1 - p), make both safe, and only then mix them with t and 1 - t.",
        "np.maximum(np.log(probability), -100.0) has the right value everywhere; np.log(0) still warns.",
        'with np.errstate(divide="ignore"): around the two logarithms says that you know about the zeros.',
        "Backward: (probability - target) over np.maximum(p (1 - p), 1e-12). Then the N of the mean, then g.",
    ),
    # Inputs are of the size of 1, so this is room for rounding and for nothing else.
    floating={"rtol": 1e-7, "atol": 1e-12},
)

# Probabilities well inside, where slopes are of ordinary size; check_ends is about 0 and 1.
INSIDE = st.floats(0.0625, 0.9375)
SHAPES = st.sampled_from([(2,), (1,), (3, 2), (1, 3), (2, 1, 2)])


@st.composite
def batches(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities, and targets of the same shape: mostly 0 and 1, some between."""
    shape = draw(SHAPES)
    targets = st.sampled_from([0.0, 1.0, 0.0, 1.0, 0.75, 0.1])
    return draw(arrays(shape=shape, elements=INSIDE)), draw(arrays(shape=shape, elements=targets))


HARD = (np.array([[0.5, 0.25, 0.9], [0.125, 0.75, 0.4]]), np.array([[1.0, 0.0, 1.0], [1.0, 0.0, 0.0]]))
SOFT = (np.array([0.5, 0.25, 0.75]), np.array([0.9, 0.2, 0.5]))


def log(value: float) -> float:
    """Logarithm that never counts for less than -100."""
    return max(math.log(value), -100.0) if value > 0 else -100.0


def oracle(probability: np.ndarray, target: np.ndarray) -> float:
    """Average the surprises, one by one."""
    pairs = zip(probability.flat, target.flat, strict=True)
    return -math.fsum(t * log(p) + (1 - t) * log(1 - p) for p, t in pairs) / probability.size


@given(batch=batches())
@example(batch=HARD)
@example(batch=SOFT)
def check_loss(student: Student, batch: tuple[np.ndarray, np.ndarray]) -> None:
    """binary_cross_entropy(p, t) is one number: the mean of -(t log p + (1 - t) log(1 - p)) over all elements."""
    student.binary_cross_entropy(*batch).equals(oracle(*batch))


@requires("check_loss")
@given(
    pairs=st.lists(
        st.tuples(st.sampled_from([0.0, 1.0, 0.5]), st.sampled_from([1.0, 0.0, 0.5])), min_size=1, max_size=3
    )
)
@example(pairs=[(0.0, 1.0)])
@example(pairs=[(0.0, 0.0), (1.0, 1.0)])
@example(pairs=[(1e-30, 1.0), (1e-60, 1.0)])
def check_ends(student: Student, pairs: list[tuple[float, float]]) -> None:
    """Where p is 0 or 1 a logarithm counts as -100, nothing becomes infinite or NaN, and there is no warning."""
    probability, target = np.array(pairs).T.copy()
    loss = student.binary_cross_entropy(probability, target)
    loss.equals(oracle(probability, target))
    loss.without_warnings()


@given(g=st.floats(-3, 3), batch=batches())
@example(g=-1.5, batch=HARD)
@example(g=2.0, batch=SOFT)
def check_backward(student: Student, g: float, batch: tuple[np.ndarray, np.ndarray]) -> None:
    """binary_cross_entropy_backward(g, p, t) is g * (p - t) / (p * (1 - p)) / N, where N counts all elements."""
    probability, target = batch
    slope = (1 - target) / (1 - probability) - target / probability
    student.binary_cross_entropy_backward(g, probability, target).equals(g * slope / slope.size)


@requires("check_backward")
@given(g=st.floats(0.125, 3))
@example(g=1.0)
def check_backward_ends(student: Student, g: float) -> None:
    """Where p is 0 or 1 the gradient is finite, without a warning, and never points away from the target."""
    probability, target = np.array([0.0, 0.0, 1.0, 1.0]), np.array([0.0, 1.0, 0.0, 1.0])
    result = student.binary_cross_entropy_backward(g, probability, target)
    result.is_array_like(shape=(4,))
    got = np.nan_to_num(np.asarray(result.value(), float), posinf=0.0, neginf=0.0)
    result.equals(np.where(target == 1.0, np.minimum(got, 0.0), np.maximum(got, 0.0)))
    result.without_warnings()


@requires("check_backward")
def check_float32(student: Student) -> None:
    """Given float32 arrays, binary_cross_entropy_backward returns a float32 array."""
    probability, target = np.array([0.5, 0.25, 0.75], np.float32), np.array([1.0, 0.0, 0.0], np.float32)
    result = student.binary_cross_entropy_backward(3.0, probability, target)
    result.equals(np.array([-2.0, 4.0 / 3.0, 4.0]), dtype=np.float32)


def check_inputs(student: Student) -> None:
    """Neither function changes the arrays that it is given."""
    probability, target = np.array([0.0, 0.25]), np.array([1.0, 0.0])
    student.binary_cross_entropy(probability, target).leaves_inputs_alone()
    student.binary_cross_entropy_backward(3.0, probability, target).leaves_inputs_alone()


LOGS = """\
    with np.errstate(divide="ignore"):
        log_p = np.maximum(np.log(probability), -100.0)
        log_q = np.maximum(np.log(1.0 - probability), -100.0)
"""
MEAN = "np.mean(target * log_p + (1.0 - target) * log_q)"
SLOPE = "    slope = (probability - target) / np.maximum(probability * (1.0 - probability), 1e-12)\n"
BACKWARD = "    return g * slope / probability.size\n"


@mutant
def log_of_zero(source: Source) -> str:
    """You take the logarithm of p and of 1 - p as they are; where one of them is 0, infinity and NaN come out.

    Keep each logarithm from falling below -100.
    """
    return source.swap(LOGS, "    log_p, log_q = np.log(probability), np.log(1.0 - probability)\n")


@mutant
def warns_at_zero(source: Source) -> str:
    """Your values are right, but np.log(0) warned on the way: say that you have dealt with it, or avoid it."""
    logs = LOGS.replace('with np.errstate(divide="ignore")', "if True")
    return source.swap(LOGS, logs)


@mutant
def clips_the_probability(source: Source) -> str:
    """You keep p a little away from 0 and 1, as some libraries do, and a certain mistake then costs less than 100.

    The rule here is about the logarithm, not about p.
    """
    clipped = (
        "    clipped = np.clip(probability, 1e-12, 1.0 - 1e-12)\n"
        "    log_p, log_q = np.log(clipped), np.log(1.0 - clipped)\n"
    )
    return source.swap(LOGS, clipped)


@mutant
def only_the_yes_half(source: Source) -> str:
    """You count only t * log p, and an example with t = 0 costs nothing whatever p is; the other half is missing."""
    return source.swap(MEAN, "np.mean(target * log_p)")


@mutant
def same_log_in_both_halves(source: Source) -> str:
    """You use log p in both halves; the truth "no" had the probability 1 - p."""
    return source.swap(MEAN, "np.mean(target * log_p + (1.0 - target) * log_p)")


@mutant
def wrong_sign(source: Source) -> str:
    """Your loss is negative: the logarithm of a probability is at most 0, and a surprise is minus that."""
    return source.swap(f"-float({MEAN})", f"float({MEAN})")


@mutant
def sum_for_mean(source: Source) -> str:
    """You add the surprises up and do not divide: twice as many examples would give twice the loss."""
    return source.swap("np.mean(target", "np.sum(target")


@mutant
def hard_targets_only(source: Source) -> str:
    """You treat each target as yes or no. A target between 0 and 1 takes a share of both logarithms."""
    return source.swap(MEAN, "np.mean(np.where(target > 0.5, log_p, log_q))")


@mutant
def logarithm_base_2(source: Source) -> str:
    """You use the logarithm to base 2, which measures in bits; here it is the natural one."""
    return source.swap("np.log(probability)", "np.log2(probability)").swap(
        "np.log(1.0 - probability)", "np.log2(1.0 - probability)"
    )


@mutant
def divides_by_zero(source: Source) -> str:
    """You divide by p * (1 - p) also where that is 0; never divide by less than some tiny number."""
    return source.swap(
        "np.maximum(probability * (1.0 - probability), 1e-12)", "(probability * (1.0 - probability))"
    )


@mutant
def slope_of_the_logit(source: Source) -> str:
    """You return (p - t) / N, the gradient for the number *before* the sigmoid; here p itself is the input."""
    return source.swap(SLOPE, "    slope = probability - target\n")


@mutant
def only_the_yes_slope(source: Source) -> str:
    """You use -t / p alone, the slope of the first half; (1 - t) log(1 - p) depends on p as well."""
    return source.swap(SLOPE, "    slope = -target / np.maximum(probability, 1e-12)\n")


@mutant
def target_minus_probability(source: Source) -> str:
    """Your gradient points the other way: where t = 1 the loss falls as p rises, so it must be negative (for g > 0)."""
    return source.swap("slope = (probability - target)", "slope = (target - probability)")


@mutant
def gradient_not_divided(source: Source) -> str:
    """Your gradient is that of the sum; the loss is a mean, so something has to be divided."""
    return source.swap("g * slope / probability.size", "g * slope")


@mutant
def gradient_divided_by_the_batch_only(source: Source) -> str:
    """You divide the gradient by the length of the first axis; the mean was over all elements."""
    return source.swap("g * slope / probability.size", "g * slope / len(probability)")


@mutant
def no_incoming_gradient(source: Source) -> str:
    """You return the local gradient; the chain rule multiplies it by the incoming gradient `g`."""
    return source.swap("g * slope / probability.size", "slope / probability.size")


@mutant
def makes_float64(source: Source) -> str:
    """You collect the gradient in an array of NumPy's default dtype, float64; ask for that of the probabilities."""
    filled = (
        "    out = np.zeros(probability.shape)\n    out[...] = g * slope / probability.size\n    return out\n"
    )
    return source.swap(BACKWARD, filled)


@mutant
def probability_changed(source: Source) -> str:
    """You write into `probability` itself to get rid of its zeros; the backward pass then sees another p."""
    return source.swap(LOGS, "    np.maximum(probability, 1e-300, out=probability)\n" + LOGS)
