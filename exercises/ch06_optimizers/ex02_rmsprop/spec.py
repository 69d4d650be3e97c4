"""Checks and mutants of RMSprop."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from grader.spec import Exercise, Source, Student, arrays, example, given, mutant, st

EXERCISE = Exercise(
    title="RMSprop",
    names=("RMSprop",),
    points=2,
    after=("ch06_optimizers/ex01_sgd_momentum",),
    imports=("numpy",),
    hints=(
        "Think of one number first. You have its old average v and its new gradient g. What is the "
        "new average? By what is the gradient divided? Arrays then do the same for all their numbers "
        "at once.",
        "The averages have to live from one step to the next, so they belong on `self`: in "
        "`__init__`, make a list with one array of zeros for each parameter. In `step`, use "
        "`enumerate` to find the one that belongs to parameter i, and put the new one back into the "
        "list.",
        "Take the three lines of the rule in their order. For the first, make a new array, `g = g + "
        "...`; `g += ...` would change the gradient that the caller still owns. In the last, the root"
        " comes first, then eps is added.",
        "Inside the loop: g = g + self.weight_decay * p; then v is alpha times the old average plus "
        "(1 - alpha) * g**2; put v into the list; at last p -= self.lr * g / (np.sqrt(v) + self.eps).",
    ),
    floating={"rtol": 1e-8, "atol": 1e-8},
)

# Hundredths are easy to read in a counterexample, and as good as any other numbers to tell answers apart.
NUMBERS = st.integers(-300, 300).map(lambda k: k / 100)
# What a gradient near 0 does depends on eps, which has a check of its own.
NOT_SMALL = st.integers(-275, 275).map(lambda k: (k + 25 if k >= 0 else k - 25) / 100)
TINY = 1e-12
RATES = st.sampled_from([0.2, 0.1])
PARTS = st.sampled_from([0.75, 0.9, 0.99])

Run = tuple[Sequence[np.ndarray], Sequence[Sequence[np.ndarray]]]


def runs(
    *shapes: tuple[int, ...],
    fewest: int = 1,
    most: int = 5,
    gradients: st.SearchStrategy[float] = NOT_SMALL,
) -> st.SearchStrategy[Run]:
    """Parameters of these shapes, and gradients for `fewest` to `most` steps."""
    start, step = (
        st.tuples(*(arrays(float, shape, elements=elements) for shape in shapes))
        for elements in (NUMBERS, gradients)
    )
    return st.tuples(start, st.lists(step, min_size=fewest, max_size=most))


def run(*shapes: tuple[int, ...], steps: int) -> Run:
    """Parameters of these shapes and gradients for so many steps, always the same."""
    rng = np.random.default_rng(0)
    each = [tuple(rng.integers(-300, 301, shape) / 100 for shape in shapes) for _ in range(steps + 1)]
    return each[0], each[1:]


def walk(
    p: float, grads: Sequence[float], *, lr: float, alpha: float, eps: float, weight_decay: float = 0.0
) -> float:
    """Where one number ends, by keeping all the squares: the average weighs each the less the older it is."""
    squares: list[float] = []
    for g in grads:
        g += weight_decay * p
        squares.insert(0, g * g)
        average = (1 - alpha) * sum(alpha**age * old for age, old in enumerate(squares))
        p -= lr * g / (math.sqrt(average) + eps)
    return p


def destinations(case: Run, **settings: Any) -> list[np.ndarray]:
    """Where all the parameters end, each number by itself."""
    start, steps = case
    ends = [np.zeros_like(p) for p in start]
    for k, p in enumerate(start):
        for place in np.ndindex(p.shape):
            ends[k][place] = walk(float(p[place]), [float(grads[k][place]) for grads in steps], **settings)
    return ends


def compare(student: Student, case: Run, **settings: Any) -> None:
    """Make all the steps and compare the arrays that the optimizer was given with where they should be."""
    start, steps = case
    params = [student.let(p) for p in start]
    optimizer = student.RMSprop(params, **settings)
    for grads in steps:
        optimizer.step(list(grads))
    student.all_equal(zip(params, destinations(case, **settings), strict=True))


@given(case=runs((2,), (2, 1), most=1), lr=RATES, alpha=PARTS)
@example(case=run((3,), (2, 2), steps=1), lr=0.1, alpha=0.9)
def check_first_step(student: Student, case: Run, lr: float, alpha: float) -> None:
    """The first average is (1 - alpha) * g^2, and the step, taken in place, is measured against its root."""
    compare(student, case, lr=lr, alpha=alpha, eps=TINY)


@given(case=runs((2,), fewest=2), lr=RATES, alpha=PARTS)
@example(case=run((2,), steps=10), lr=0.1, alpha=0.9)
def check_running_average(student: Student, case: Run, lr: float, alpha: float) -> None:
    """In each step the average keeps alpha times what it was and takes in 1 - alpha times the new square."""
    compare(student, case, lr=lr, alpha=alpha, eps=TINY)


@given(case=runs((2,), (2,), (1, 2)), lr=RATES)
@example(case=run((2,), (2,), (1, 2), steps=10), lr=0.1)
def check_several_parameters(student: Student, case: Run, lr: float) -> None:
    """Each parameter has a running average of its own, also where shapes are equal."""
    compare(student, case, lr=lr, alpha=0.75, eps=TINY)


@given(case=runs((2,), gradients=NUMBERS), alpha=PARTS, eps=st.sampled_from([1.0, 0.1, 1e-8]))
@example(case=run((2,), steps=10), alpha=0.9, eps=0.1)
@example(case=((np.array([1.0]),), [(np.array([0.0]),)]), alpha=0.9, eps=1e-8)
def check_eps(student: Student, case: Run, alpha: float, eps: float) -> None:
    """eps is added to the root, so that a number whose gradients have all been 0 stays where it is."""
    compare(student, case, lr=0.2, alpha=alpha, eps=eps)


@given(case=runs((2,)), alpha=PARTS, weight_decay=st.sampled_from([0.3, 0.05]))
@example(case=run((2,), steps=10), alpha=0.9, weight_decay=0.3)
def check_weight_decay(student: Student, case: Run, alpha: float, weight_decay: float) -> None:
    """weight_decay times the parameter is added to its gradient, before the average takes it in."""
    compare(student, case, lr=0.1, alpha=alpha, eps=0.1, weight_decay=weight_decay)


@given(case=runs((2,), (1,), most=3), weight_decay=st.sampled_from([0.0, 0.3]))
@example(case=run((2,), (1,), steps=3), weight_decay=0.3)
def check_gradients_belong_to_the_caller(student: Student, case: Run, weight_decay: float) -> None:
    """`step` changes no gradient, and does not mind if its caller writes new numbers into the same arrays."""
    settings = {"lr": 0.2, "alpha": 0.75, "eps": 0.1, "weight_decay": weight_decay}
    start, steps = case
    params = [student.let(p) for p in start]
    grads = [student.let(np.zeros_like(p)) for p in start]
    optimizer = student.RMSprop(params, **settings)
    for new in steps:
        for g, numbers in zip(grads, new, strict=True):
            g[:] = numbers
        optimizer.step(grads).leaves_inputs_alone()
    student.all_equal(zip(params, destinations(case, **settings), strict=True))


@given(first=runs((2,), most=3), second=runs((2,), most=3))
@example(first=run((2,), steps=3), second=run((2,), steps=2))
def check_two_optimizers(student: Student, first: Run, second: Run) -> None:
    """Two optimizers at work at the same time do not disturb each other."""
    settings = {"lr": 0.2, "alpha": 0.75, "eps": TINY}
    (p,), (q,) = ([student.let(p) for p in case[0]] for case in (first, second))
    one, two = student.RMSprop([p], **settings), student.RMSprop([q], **settings)
    for k in range(3):
        for optimizer, (_, steps) in ((one, first), (two, second)):
            if k < len(steps):
                optimizer.step(list(steps[k]))
    student.all_equal([(p, destinations(first, **settings)[0]), (q, destinations(second, **settings)[0])])


@mutant
def makes_a_new_array(source: Source) -> str:
    """You compute the new parameter but do not put it into the array that you were given: `p = p - ...`
    only gives the name p to a new array. Write `p -= ...`.
    """
    return source.swap("p -= self.lr", "p = p - self.lr")


@mutant
def without_the_root(source: Source) -> str:
    """You divide by the average square itself. That makes large gradients give small steps; divide by
    its root.
    """
    return source.swap("np.sqrt(v)", "v")


@mutant
def alpha_for_the_new(source: Source) -> str:
    """You give alpha to the new square and 1 - alpha to the old average. It is the other way round:
    alpha is the part that is kept.
    """
    return source.swap(
        "self.alpha * self.averages[i] + (1 - self.alpha) * g**2",
        "(1 - self.alpha) * self.averages[i] + self.alpha * g**2",
    )


@mutant
def sums_the_squares(source: Source) -> str:
    """You add up all the squares and forget none, as AdaGrad does, so that the steps die out. Keep only
    alpha times the old average, and take in 1 - alpha times the new square.
    """
    return source.swap("self.alpha * self.averages[i] + (1 - self.alpha) * g**2", "self.averages[i] + g**2")


@mutant
def corrected_as_in_adam(source: Source) -> str:
    """You divide the average by 1 - alpha^t, as Adam does. RMSprop takes the average as it is."""
    return (
        source.swap("self.averages = [", "self.t = 0\n        self.averages = [")
        .swap("(np.sqrt(v) + self.eps)", "(np.sqrt(v / (1 - self.alpha**self.t)) + self.eps)")
        .swap("        for i, (p, g)", "        self.t += 1\n        for i, (p, g)")
    )


@mutant
def average_forgotten(source: Source) -> str:
    """Your average is zero again at every step. Keep it on `self` from one step to the next."""
    return source.swap("            self.averages[i] = v\n", "")


@mutant
def state_shared_between_parameters(source: Source) -> str:
    """Your parameters share one running average, so that each is measured by the gradients of the
    others too. Keep one average for each of them, in a list.
    """
    return source.swap("self.averages[i] + (", "self.averages[0] + (").swap(
        "self.averages[i] = v", "self.averages[0] = v"
    )


@mutant
def eps_inside_the_root(source: Source) -> str:
    """You add eps before you take the root. Take the root first, then add eps."""
    return source.swap("(np.sqrt(v) + self.eps)", "np.sqrt(v + self.eps)")


@mutant
def eps_forgotten(source: Source) -> str:
    """You do not add eps, so that a gradient of 0 at the start gives 0 / 0. Add eps to the root."""
    return source.swap("(np.sqrt(v) + self.eps)", "np.sqrt(v)")


@mutant
def weight_decay_forgotten(source: Source) -> str:
    """You do not use the weight decay. Add weight_decay * p to the gradient first of all."""
    return source.swap("            g = g + self.weight_decay * p\n", "")


@mutant
def weight_decay_apart(source: Source) -> str:
    """You take the weight decay from the parameter directly. Here it is a part of the gradient, and is
    divided by the root like the rest of it: add weight_decay * p to g before anything else.
    """
    return source.swap("            g = g + self.weight_decay * p\n", "").swap(
        "p -= self.lr * g / (np.sqrt(v) + self.eps)",
        "p -= self.lr * (g / (np.sqrt(v) + self.eps) + self.weight_decay * p)",
    )


@mutant
def weight_decay_not_averaged(source: Source) -> str:
    """Your step has the weight decay in it, but your average has not. Add weight_decay * p to the
    gradient first, and use the sum for both.
    """
    return source.swap("(1 - self.alpha) * g**2", "(1 - self.alpha) * grads[i] ** 2")


@mutant
def gradient_mutated(source: Source) -> str:
    """`g += ...` writes into the caller's gradient. Make a new array: `g = g + ...`."""
    return source.swap("g = g + self.weight_decay * p", "g += self.weight_decay * p")


@mutant
def state_on_the_class(source: Source) -> str:
    """Your averages belong to the class (or to the whole file), so that all optimizers share them. Keep
    them on `self`.
    """
    return source.swap("self.averages = [", "type(self).averages = [")
