"""Checks and mutants of numeric_derivative and numeric_gradient.

The functions handed to the student are polynomials whose central difference is known exactly, for steps so large
that every other formula is visibly wrong.
"""

import numpy as np

from grader.spec import Exercise, Source, Student, arrays, example, fn, given, mutant, st

EXERCISE = Exercise(
    title="Measure a derivative",
    names=("numeric_derivative", "numeric_gradient"),
    points=1,
    imports=("math", "numpy"),
    hints=(
        "You need f at two places, one on each side of x. How far apart are these two places?",
        "They are 2h apart, so the difference of the two values is divided by 2 * h. For the gradient, ask the "
        "same question once for each number in x, and let only this one number move.",
        "For numeric_gradient make a copy of x that holds floats, and an array of zeros of the same shape for the"
        " answer. np.ndindex(x.shape) gives the index of every number, whatever the number of axes.",
        "In the loop: keep copy[index]; set copy[index] to it plus h and call f(copy); set it to it minus h and "
        "call f(copy) again; put the kept number back; store the difference divided by 2 * h in gradient[index].",
    ),
    floating={"rtol": 1e-7, "atol": 1e-8},
)

numbers = st.floats(-3, 3)
steps = st.floats(0.01, 1)
points = arrays(float, shape=st.sampled_from([(1,), (2,), (4,), (2, 3), (3, 1), (2, 2, 2)]))

# Every number by itself, where the step shows, and the first row against the last, where nudging two at once shows.
COUPLED = fn("np.sum(x ** 3) + np.sum(x[0] * x[-1])")


def coupled_gradient(x, h):
    gradient = 3 * x**2 + h**2
    gradient[0] += x[-1]
    gradient[-1] += x[0]
    return gradient


@given(a=numbers, b=numbers, x=numbers, h=steps)
@example(a=1.0, b=-2.0, x=3.0, h=0.5)
def check_quadratic(student: Student, a, b, x, h):
    """For a * x^2 + b * x the central difference is exactly the derivative, 2 * a * x + b, even with a large
    step.
    """
    f = fn(f"{a} * x ** 2 + {b} * x")
    student.numeric_derivative(f, x, h=h).equals(2 * a * x + b)


@given(x=numbers, h=steps)
@example(x=2.0, h=0.1)
def check_step(student: Student, x, h):
    """The step is h: for x^3 the central difference with step h is 3 * x^2 + h^2."""
    student.numeric_derivative(fn("x ** 3"), x, h=h).equals(3 * x**2 + h**2)


@given(x=numbers)
def check_default_step(student: Student, x):
    """Without h, the step is small enough to be accurate and large enough to stay clear of rounding."""
    student.numeric_derivative(fn("np.sin(x)"), x).equals(np.cos(x))


@given(x=points, h=steps)
@example(x=np.array([[1.0, 2.0], [3.0, 4.0]]), h=0.5)
def check_gradient(student: Student, x, h):
    """Each number of the gradient measures what happens when one number of x moves and all the others stay."""
    student.numeric_gradient(COUPLED, x, h=h).equals(coupled_gradient(x, h))


@given(x=arrays(int, shape=st.sampled_from([(1,), (3,), (2, 2)])))
@example(x=np.array([1, 2, 3]))
def check_integers(student: Student, x):
    """An x that holds integers is nudged by fractions like any other."""
    student.numeric_gradient(COUPLED, x).equals(coupled_gradient(x.astype(float), 1e-5))


@given(x=points)
@example(x=np.array([0.1, 0.7]))
def check_input_unchanged(student: Student, x):
    """numeric_gradient leaves x exactly as it was, to the last digit."""
    student.numeric_gradient(COUPLED, x, h=0.1).leaves_inputs_alone()


CENTRAL = "return (f(x + h) - f(x - h)) / (2 * h)"


@mutant
def one_sided(source: Source) -> str:
    """You nudge x to one side only. The central difference compares f(x + h) with f(x - h), not with f(x)."""
    return source.swap(CENTRAL, "return (f(x + h) - f(x)) / h")


@mutant
def divided_by_h(source: Source) -> str:
    """Your result is twice too large: x + h and x - h lie 2 * h apart, so divide by that distance."""
    return source.swap(CENTRAL, "return (f(x + h) - f(x - h)) / h")


@mutant
def wrong_sign(source: Source) -> str:
    """Your sign is turned round: take the value on the right, f(x + h), minus the value on the left, f(x -
    h).
    """
    return source.swap(CENTRAL, "return (f(x - h) - f(x + h)) / (2 * h)")


@mutant
def own_step(source: Source) -> str:
    """You use a step of your own. The caller chose h; use it in both evaluations and in the division."""
    return source.swap(CENTRAL, "h = 1e-5\n    " + CENTRAL)


@mutant
def tiny_step(source: Source) -> str:
    """You made the default step smaller. Below about 1e-6 rounding grows faster than the error of the formula
    shrinks.
    """
    return source.swap("numeric_derivative(f, x, h=1e-5)", "numeric_derivative(f, x, h=1e-14)")


@mutant
def all_at_once(source: Source) -> str:
    """You nudge all the numbers of x together. For each number of the gradient only one may move."""
    return source.swap("point[index] = kept + h", "point += h").swap(
        "point[index] = kept - h\n        below = f(point)\n        point[index] = kept",
        "point -= 2 * h\n        below = f(point)\n        point += h",
    )


@mutant
def not_put_back(source: Source) -> str:
    """You nudge a number and leave it nudged while you measure the next. Put it back first."""
    return source.swap("        point[index] = kept\n", "")


@mutant
def whole_rows(source: Source) -> str:
    """You loop over the first axis only, so with two axes a whole row moves at once. Loop over the index of
    every number.
    """
    return source.swap("in np.ndindex(point.shape)", "in range(len(point))").swap(
        "kept = point[index]", "kept = np.array(point[index])"
    )


@mutant
def integers_stay_integers(source: Source) -> str:
    """Your copy of an integer array holds integers, and an integer that is nudged by 0.00001 is cut off. Copy
    to floats.
    """
    return source.swap("np.array(x, dtype=float)", "np.array(x)").swap(
        "np.zeros_like(point)", "np.zeros(point.shape)"
    )


@mutant
def nudges_the_callers_array(source: Source) -> str:
    """You nudge the caller's own array, and adding and taking away h leaves its last digits changed. Work on
    a copy.
    """
    return (
        source.swap("np.array(x, dtype=float)", "np.asarray(x, dtype=float)")
        .swap("kept = point[index]\n        point[index] = kept + h", "point[index] += h")
        .swap("point[index] = kept - h", "point[index] -= 2 * h")
        .swap("point[index] = kept\n", "point[index] += h\n")
    )
