"""Checks and mutants of cross_entropy."""

import math

import numpy as np

from grader.spec import Exercise, Source, Student, arrays, example, given, mutant, requires, st

EXERCISE = Exercise(
    title="Cross entropy from logits, forward and backward",
    names=("cross_entropy", "cross_entropy_backward"),
    points=3,
    after=("ch04_activations/ex05_softmax", "ch05_losses/ex01_mse"),
    imports=("numpy",),
    hints=(
        "Do one row on paper: its maximum, the log of its sum, the score of its true class. Then all rows at once.",
        "z[np.arange(len(labels)), labels] picks from row 0 the column labels[0], from row 1 the column labels[1], ...",
        "z = logits - logits.max(axis=1, keepdims=True); the loss of each row is "
        "np.log(np.exp(z).sum(axis=1)) minus the picked score; then the mean.",
        "Backward: softmax of each row, from the same z. Subtract 1 at the picked places, divide by N, multiply by g.",
    ),
    # Inputs are of the size of 1, so this is room for rounding and for nothing else.
    floating={"rtol": 1e-7, "atol": 1e-12},
)


@st.composite
def batches(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    """Logits of shape (N, C), and a label for each row."""
    shape = draw(st.sampled_from([(2, 2), (1, 2), (1, 3), (3, 2), (2, 3), (2, 1)]))
    labels = arrays(np.int64, shape=shape[:1], elements=st.integers(0, shape[1] - 1))
    return draw(arrays(shape=shape)), draw(labels)


BATCH = (np.array([[0.0, 1.0, 2.5], [-1.0, 0.5, 0.25]]), np.array([2, 0]))
# Three rows and two columns: nobody can mistake one axis for the other.
TALL = (np.array([[3.0, 1.0], [0.5, 2.0], [-1.0, 0.0]]), np.array([0, 0, 1]))


def oracle(logits: np.ndarray, labels: np.ndarray) -> float:
    """Average the losses, one example at a time."""
    rows = zip(logits, labels, strict=True)
    return math.fsum(np.logaddexp.reduce(row) - row[label] for row, label in rows) / len(logits)


def oracle_backward(g: float, logits: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Predicted minus true, one number at a time."""
    slopes = np.zeros(logits.shape)
    for n, c in np.ndindex(logits.shape):
        probability = math.exp(logits[n, c] - np.logaddexp.reduce(logits[n]))
        slopes[n, c] = (probability - (labels[n] == c)) / len(logits)
    return g * slopes


@given(batch=batches())
@example(batch=BATCH)
@example(batch=TALL)
def check_loss(student: Student, batch: tuple[np.ndarray, np.ndarray]) -> None:
    """cross_entropy(logits, labels) is one number: the mean over the rows of -log softmax at the row's label."""
    student.cross_entropy(*batch).equals(oracle(*batch))


@given(g=st.floats(-3, 3), batch=batches())
@example(g=-1.5, batch=BATCH)
@example(g=2.0, batch=TALL)
def check_backward(student: Student, g: float, batch: tuple[np.ndarray, np.ndarray]) -> None:
    """cross_entropy_backward(g, logits, labels) is g / N times softmax(logits), less 1 at each row's label."""
    student.cross_entropy_backward(g, *batch).equals(oracle_backward(g, *batch))


@requires("check_loss", "check_backward")
def check_large_logits(student: Student) -> None:
    """Logits of 1000 and -1000 give a finite loss and gradient like any others, and no warning."""
    logits = np.array([[1000.0, -1000.0], [-1000.0, -1000.0], [1000.0, 1001.0]])
    labels = np.array([1, 0, 1])
    loss = student.cross_entropy(logits, labels)
    loss.equals(oracle(logits, labels))
    loss.without_warnings()
    gradient = student.cross_entropy_backward(1.5, logits, labels)
    gradient.equals(oracle_backward(1.5, logits, labels))
    gradient.without_warnings()


@requires("check_backward")
def check_float32(student: Student) -> None:
    """Given float32 logits, cross_entropy_backward returns a float32 array."""
    logits, labels = BATCH[0].astype(np.float32), BATCH[1]
    expected = oracle_backward(3.0, *BATCH)
    student.cross_entropy_backward(3.0, logits, labels).equals(expected, dtype=np.float32)


def check_inputs(student: Student) -> None:
    """Neither function changes the arrays that it is given."""
    student.cross_entropy(*BATCH).leaves_inputs_alone()
    student.cross_entropy_backward(3.0, *BATCH).leaves_inputs_alone()


SHIFT = "    z = logits - logits.max(axis=1, keepdims=True)\n"
FORWARD = (
    SHIFT
    + """\
    log_sum = np.log(np.exp(z).sum(axis=1))
    return float(np.mean(log_sum - z[np.arange(len(labels)), labels]))
"""
)
PICKED = "z[np.arange(len(labels)), labels]"
TRUE_CLASS = "    p[np.arange(len(labels)), labels] -= 1.0\n"
SOFTMAX = (
    "    e = np.exp(logits - logits.max(axis=1, keepdims=True))\n    p = e / e.sum(axis=1, keepdims=True)\n"
)


@mutant
def no_shift(source: Source) -> str:
    """You take e to the power of the logits as they are, and large ones overflow.

    Take each row's maximum off first; the loss does not change.
    """
    return source.swap(SHIFT, "    z = logits\n").swap(
        "np.exp(logits - logits.max(axis=1, keepdims=True))", "np.exp(logits)"
    )


@mutant
def log_after_softmax(source: Source) -> str:
    """You compute softmax and then its logarithm: a probability that was rounded to 0 gives minus infinity.

    Simplify log and exponential on paper before you write the code.
    """
    late = (
        "    e = np.exp(logits - np.max(logits, axis=1, keepdims=True))\n"
        "    return float(-np.mean(np.log((e / np.sum(e, axis=1, keepdims=True))[np.arange(len(labels)), labels])))\n"
    )
    return source.swap(FORWARD, late)


@mutant
def log_of_almost_zero(source: Source) -> str:
    """You add a tiny number before you take the logarithm, which caps the loss of a badly wrong answer.

    Simplify log and exponential on paper, and no logarithm of 0 is left to avoid.
    """
    late = (
        "    e = np.exp(logits - np.max(logits, axis=1, keepdims=True))\n"
        "    p = e / np.sum(e, axis=1, keepdims=True)\n"
        "    return float(-np.mean(np.log(p[np.arange(len(labels)), labels] + 1e-12)))\n"
    )
    return source.swap(FORWARD, late)


@mutant
def softmax_applied_twice(source: Source) -> str:
    """You put the logits through softmax and give the probabilities to a formula that has softmax inside.

    The loss wants the scores as they are.
    """
    twice = (
        "    e = np.exp(logits - np.max(logits, axis=1, keepdims=True))\n"
        "    logits = e / np.sum(e, axis=1, keepdims=True)\n"
    )
    return source.swap(SHIFT, twice + SHIFT)


@mutant
def labels_off_by_one(source: Source) -> str:
    """You count the classes from 1, so that each label picks its left neighbour; the first class is number 0."""
    return source.swap(PICKED, "z[np.arange(len(labels)), labels - 1]").swap(
        TRUE_CLASS, "    p[np.arange(len(labels)), labels - 1] -= 1.0\n"
    )


@mutant
def sum_for_mean(source: Source) -> str:
    """You add up the losses of the examples and do not divide: a batch twice as large would have twice the loss."""
    return source.swap("np.mean(log_sum", "np.sum(log_sum")


@mutant
def divided_by_all_elements(source: Source) -> str:
    """You divide by N times C; each example has one loss, so the mean is over N of them."""
    picked = f"np.mean(log_sum - {PICKED})"
    return source.swap(picked, f"np.sum(log_sum - {PICKED}) / logits.size")


@mutant
def every_label_in_every_row(source: Source) -> str:
    """You index with z[:, labels], which takes the columns of all labels from every row: N times N numbers.

    Each row needs one number, so give the row numbers too.
    """
    return source.swap(f"log_sum - {PICKED}", "log_sum[:, None] - z[:, labels]")


@mutant
def wrong_sign(source: Source) -> str:
    """Your loss is negative: the log of the sum is larger than the true class's score, so subtract the other way."""
    return source.swap(f"log_sum - {PICKED}", f"{PICKED} - log_sum")


@mutant
def forgets_the_log_of_the_sum(source: Source) -> str:
    """You return minus the mean of the true classes' scores; the log of each row's sum belongs to it."""
    return source.swap(f"log_sum - {PICKED}", f"-{PICKED}")


@mutant
def gradient_not_divided(source: Source) -> str:
    """Your gradient is that of the sum over the batch; the loss is a mean, so divide by the number of examples."""
    return source.swap("g * p / len(labels)", "g * p")


@mutant
def gradient_divided_by_all_elements(source: Source) -> str:
    """You divide the gradient by N times C; the mean was over the N examples."""
    return source.swap("g * p / len(labels)", "g * p / p.size")


@mutant
def softmax_for_gradient(source: Source) -> str:
    """You return softmax and never use the labels: something happens at the true class of each row."""
    return source.swap(TRUE_CLASS, "")


@mutant
def gradient_at_every_label(source: Source) -> str:
    """You subtract 1 in the columns of all labels in every row; give the row numbers too, one place for each row."""
    return source.swap(TRUE_CLASS, "    p[:, labels] -= 1.0\n")


@mutant
def gradient_at_the_true_class_only(source: Source) -> str:
    """You keep the gradient at the true class and nothing elsewhere; every logit of the row is in the sum."""
    alone = (
        "    true = np.zeros_like(p)\n"
        "    true[np.arange(len(labels)), labels] = p[np.arange(len(labels)), labels] - 1.0\n"
        "    p = true\n"
    )
    return source.swap(TRUE_CLASS, alone)


@mutant
def true_minus_predicted(source: Source) -> str:
    """Your gradient points the other way: the true class's logit should rise, so its gradient is negative."""
    return source.swap("g * p / len(labels)", "-g * p / len(labels)")


@mutant
def no_incoming_gradient(source: Source) -> str:
    """You return the local gradient; the chain rule multiplies it by the incoming gradient `g`."""
    return source.swap("g * p / len(labels)", "p / len(labels)")


@mutant
def makes_float64(source: Source) -> str:
    """You subtract a table of zeros and ones in float64 (np.eye's default), and the gradient becomes float64 too."""
    return source.swap(TRUE_CLASS, "    p = p - np.eye(logits.shape[1])[labels]\n")


@mutant
def logits_changed(source: Source) -> str:
    """You take the maximum off `logits` itself (-= writes into it); put the difference in a new array."""
    return source.swap(SHIFT, "    logits -= np.max(logits, axis=1, keepdims=True)\n    z = logits\n")
