"""Checks and mutants of Adam."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from grader.spec import Exercise, Source, Student, arrays, example, given, mutant, st

EXERCISE = Exercise(
    title="Adam",
    names=("Adam",),
    points=3,
    after=("ch06_optimizers/ex02_rmsprop",),
    imports=("numpy",),
    hints=(
        "Adam is momentum and RMSprop together, with one thing added. Which lines of the rule do you "
        "know from RMSprop? Start with those, and see to it that everything that must be remembered "
        "is kept on `self`.",
        "Three things live from step to step: the count t, one number for the whole optimizer; and "
        "for each parameter an m and a v, arrays of zeros at the start. Count t up once per `step`, "
        "before the loop over the parameters.",
        "Keep m and v in the lists as they are, without the correction. m_hat and v_hat are local "
        "names: they are used in the last line and then forgotten. For the weight decay make a new "
        "array, `g = g + ...`.",
        "self.t += 1; then for each i, p, g: g = g + self.weight_decay * p; m = beta1 * self.m[i] + "
        "(1 - beta1) * g; v with beta2 and g**2; put both back; p -= self.lr * (m / (1 - "
        "beta1**self.t)) / (np.sqrt(v / (1 - beta2**self.t)) + self.eps).",
    ),
    floating={"rtol": 1e-8, "atol": 1e-8},
)

# Hundredths are easy to read in a counterexample, and as good as any other numbers to tell answers apart.
NUMBERS = st.integers(-300, 300).map(lambda k: k / 100)
# What a gradient near 0 does depends on eps, which has a check of its own.
NOT_SMALL = st.integers(-275, 275).map(lambda k: (k + 25 if k >= 0 else k - 25) / 100)
TINY = 1e-12
RATES = st.sampled_from([0.2, 0.1])
BETAS = st.sampled_from([(0.75, 0.9), (0.9, 0.999), (0.8, 0.4)])

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


def mean(old_to_new: Sequence[float], beta: float) -> float:
    """Return the mean of all the numbers, where each weighs beta times as much as the one after it."""
    weights = [beta**age for age in reversed(range(len(old_to_new)))]
    return sum(w * number for w, number in zip(weights, old_to_new, strict=True)) / sum(weights)


def walk(
    p: float,
    grads: Sequence[float],
    *,
    lr: float,
    betas: tuple[float, float],
    eps: float,
    weight_decay: float = 0.0,
) -> float:
    """Where one number ends, by keeping all the gradients: a running average without its bias is a
    weighted mean.
    """
    seen: list[float] = []
    for g in grads:
        seen.append(g + weight_decay * p)
        size = math.sqrt(mean([old * old for old in seen], betas[1]))
        p -= lr * mean(seen, betas[0]) / (size + eps)
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
    optimizer = student.Adam(params, **settings)
    for grads in steps:
        optimizer.step(list(grads))
    student.all_equal(zip(params, destinations(case, **settings), strict=True))


@given(case=runs((2,), (2, 1), most=1), lr=RATES, betas=BETAS)
@example(case=run((3,), (2, 2), steps=1), lr=0.1, betas=(0.9, 0.999))
def check_first_step(student: Student, case: Run, lr: float, betas: tuple[float, float]) -> None:
    """In the first step every number moves by lr against its gradient, whatever that one's size, in the
    array that was given.
    """
    compare(student, case, lr=lr, betas=betas, eps=TINY)


@given(case=runs((2,), fewest=2), lr=RATES, betas=BETAS)
@example(case=run((2,), steps=10), lr=0.1, betas=(0.9, 0.999))
def check_later_steps(student: Student, case: Run, lr: float, betas: tuple[float, float]) -> None:
    """After t steps the averages, each with its own beta, are divided by 1 - beta^t for this step only."""
    compare(student, case, lr=lr, betas=betas, eps=TINY)


@given(case=runs((2,), (2,), (1, 2)), lr=RATES)
@example(case=run((2,), (2,), (1, 2), steps=10), lr=0.1)
def check_several_parameters(student: Student, case: Run, lr: float) -> None:
    """Each parameter has averages of its own, and a step counts once for all of them."""
    compare(student, case, lr=lr, betas=(0.75, 0.9), eps=TINY)


@given(case=runs((2,), gradients=NUMBERS), betas=BETAS, eps=st.sampled_from([1.0, 0.1, 1e-8]))
@example(case=run((2,), steps=10), betas=(0.9, 0.999), eps=0.1)
@example(case=((np.array([1.0]),), [(np.array([0.0]),)]), betas=(0.9, 0.999), eps=1e-8)
def check_eps(student: Student, case: Run, betas: tuple[float, float], eps: float) -> None:
    """eps is added to the root of the corrected average, so that a number whose gradients are all 0 stays."""
    compare(student, case, lr=0.2, betas=betas, eps=eps)


@given(case=runs((2,)), betas=BETAS, weight_decay=st.sampled_from([0.3, 0.05]))
@example(case=run((2,), steps=10), betas=(0.9, 0.999), weight_decay=0.3)
def check_weight_decay(student: Student, case: Run, betas: tuple[float, float], weight_decay: float) -> None:
    """weight_decay times the parameter is added to its gradient, before the averages take it in."""
    compare(student, case, lr=0.1, betas=betas, eps=0.1, weight_decay=weight_decay)


@given(case=runs((2,), (1,), most=3), weight_decay=st.sampled_from([0.0, 0.3]))
@example(case=run((2,), (1,), steps=3), weight_decay=0.3)
def check_gradients_belong_to_the_caller(student: Student, case: Run, weight_decay: float) -> None:
    """`step` changes no gradient, and does not mind if its caller writes new numbers into the same arrays."""
    settings = {"lr": 0.2, "betas": (0.75, 0.9), "eps": 0.1, "weight_decay": weight_decay}
    start, steps = case
    params = [student.let(p) for p in start]
    grads = [student.let(np.zeros_like(p)) for p in start]
    optimizer = student.Adam(params, **settings)
    for new in steps:
        for g, numbers in zip(grads, new, strict=True):
            g[:] = numbers
        optimizer.step(grads).leaves_inputs_alone()
    student.all_equal(zip(params, destinations(case, **settings), strict=True))


@given(first=runs((2,), most=3), second=runs((2,), most=3))
@example(first=run((2,), steps=3), second=run((2,), steps=2))
def check_two_optimizers(student: Student, first: Run, second: Run) -> None:
    """Two optimizers at work at the same time do not disturb each other."""
    settings = {"lr": 0.2, "betas": (0.75, 0.9), "eps": TINY}
    (p,), (q,) = ([student.let(p) for p in case[0]] for case in (first, second))
    one, two = student.Adam([p], **settings), student.Adam([q], **settings)
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
def no_bias_correction(source: Source) -> str:
    """You use the averages as they are. They start at 0 and are too small at first: divide m by 1 -
    beta1^t and v by 1 - beta2^t.
    """
    return source.swap("m_hat = m / (1 - beta1**self.t)", "m_hat = m").swap(
        "v_hat = v / (1 - beta2**self.t)", "v_hat = v"
    )


@mutant
def squares_not_corrected(source: Source) -> str:
    """You correct the mean of the gradients but not the mean of their squares. Divide v by 1 - beta2^t."""
    return source.swap("v_hat = v / (1 - beta2**self.t)", "v_hat = v")


@mutant
def count_starts_at_zero(source: Source) -> str:
    """Your first step has t = 0, and 1 - beta^0 is 0. Count up before you use t: the first step has t = 1."""
    return source.swap("        self.t += 1\n", "").swap(
        "(np.sqrt(v_hat) + self.eps)\n", "(np.sqrt(v_hat) + self.eps)\n        self.t += 1\n"
    )


@mutant
def count_stands_still(source: Source) -> str:
    """In your code every step is the first: t stays 1. Keep it on `self` and count it up at each step."""
    return source.swap("self.t += 1", "self.t = 1")


@mutant
def counts_every_parameter(source: Source) -> str:
    """You count t up once for each parameter. All the parameters take part in one step: count it up
    once in `step`, before the loop.
    """
    return source.swap("        self.t += 1\n", "").swap(
        "            m_hat = m", "            self.t += 1\n            m_hat = m"
    )


@mutant
def corrected_averages_kept(source: Source) -> str:
    """You keep the corrected averages for the next step, and they are corrected once more there. Keep m
    and v themselves; m_hat and v_hat serve one step only.
    """
    return source.swap("            self.means[i], self.squares[i] = m, v\n", "").swap(
        "(np.sqrt(v_hat) + self.eps)\n",
        "(np.sqrt(v_hat) + self.eps)\n            self.means[i], self.squares[i] = m_hat, v_hat\n",
    )


@mutant
def betas_swapped(source: Source) -> str:
    """You use the two betas the wrong way round. The first is for the gradients, the second for their
    squares.
    """
    return source.swap("beta1, beta2 = self.betas", "beta2, beta1 = self.betas")


@mutant
def state_shared_between_parameters(source: Source) -> str:
    """Your parameters share their averages, so that each is moved by the gradients of the others too.
    Keep an m and a v for each of them, in lists.
    """
    return (
        source.swap("self.means[i] + (", "self.means[0] + (")
        .swap("self.squares[i] + (", "self.squares[0] + (")
        .swap("self.means[i], self.squares[i] = m, v", "self.means[0], self.squares[0] = m, v")
    )


@mutant
def eps_inside_the_root(source: Source) -> str:
    """You add eps before you take the root. Take the root first, then add eps."""
    return source.swap("(np.sqrt(v_hat) + self.eps)", "np.sqrt(v_hat + self.eps)")


@mutant
def eps_before_the_correction(source: Source) -> str:
    """You add eps to the root of v and correct both together. Correct v first, take the root of v_hat,
    and add eps last.
    """
    return source.swap(
        "(np.sqrt(v_hat) + self.eps)", "((np.sqrt(v) + self.eps) / np.sqrt(1 - beta2**self.t))"
    )


@mutant
def eps_forgotten(source: Source) -> str:
    """You do not add eps, so that a gradient of 0 at the start gives 0 / 0. Add eps to the root."""
    return source.swap("(np.sqrt(v_hat) + self.eps)", "np.sqrt(v_hat)")


@mutant
def weight_decay_forgotten(source: Source) -> str:
    """You do not use the weight decay. Add weight_decay * p to the gradient first of all."""
    return source.swap("            g = g + self.weight_decay * p\n", "")


@mutant
def weight_decay_apart(source: Source) -> str:
    """You take the weight decay from the parameter directly, as AdamW does. In Adam it is a part of the
    gradient: add weight_decay * p to g before anything else.
    """
    return source.swap("            g = g + self.weight_decay * p\n", "").swap(
        "p -= self.lr * m_hat / (np.sqrt(v_hat) + self.eps)",
        "p -= self.lr * (m_hat / (np.sqrt(v_hat) + self.eps) + self.weight_decay * p)",
    )


@mutant
def gradient_mutated(source: Source) -> str:
    """`g += ...` writes into the caller's gradient. Make a new array: `g = g + ...`."""
    return source.swap("g = g + self.weight_decay * p", "g += self.weight_decay * p")


@mutant
def state_on_the_class(source: Source) -> str:
    """Your averages belong to the class (or to the whole file), so that all optimizers share them. Keep
    them on `self`.
    """
    return source.swap("self.means = [", "type(self).means = [").swap(
        "self.squares = [", "type(self).squares = ["
    )
