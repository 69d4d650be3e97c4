"""Checks and mutants of SGD."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from grader.spec import Exercise, Source, Student, arrays, example, given, mutant, st

EXERCISE = Exercise(
    title="Stochastic gradient descent with momentum",
    names=("SGD",),
    points=2,
    imports=("numpy",),
    hints=(
        "Begin without momentum, weight decay and Nesterov: go through parameters and gradients "
        "together (`zip`), and move each parameter against its gradient. Remember that `p -= ...` "
        "changes the array and `p = p - ...` does not.",
        "The velocity has to live from one step to the next, so it belongs on `self`: in `__init__`, "
        "make a list with one array of zeros for each parameter. In `step`, use `enumerate` to find "
        "the velocity that belongs to parameter i, and put the new one back into the list.",
        "Take the four lines of the rule in their order. For the first, make a new array, `g = g + "
        "...`; `g += ...` would change the gradient that the caller still owns.",
        "Inside the loop: g = g + self.weight_decay * p; then v is the momentum times the old "
        "velocity, plus g; put v into the list; d is `g + self.momentum * v` if self.nesterov, else "
        "v; at last p -= self.lr * d.",
    ),
    floating={"rtol": 1e-9, "atol": 1e-9},
)

# Hundredths are easy to read in a counterexample, and as good as any other numbers to tell answers apart.
NUMBERS = st.integers(-300, 300).map(lambda k: k / 100)
RATES = st.sampled_from([0.2, 0.1])
PARTS = st.sampled_from([0.75, 0.9, 0.25])
DECAYS = st.sampled_from([0.3, 0.05])

Run = tuple[Sequence[np.ndarray], Sequence[Sequence[np.ndarray]]]


def runs(*shapes: tuple[int, ...], most: int = 5) -> st.SearchStrategy[Run]:
    """Parameters of these shapes, and gradients for 1 to `most` steps."""
    each = st.tuples(*(arrays(float, shape, elements=NUMBERS) for shape in shapes))
    return st.tuples(each, st.lists(each, min_size=1, max_size=most))


def run(*shapes: tuple[int, ...], steps: int) -> Run:
    """Parameters of these shapes and gradients for so many steps, always the same."""
    rng = np.random.default_rng(0)
    each = [tuple(rng.integers(-300, 301, shape) / 100 for shape in shapes) for _ in range(steps + 1)]
    return each[0], each[1:]


def walk(
    p: float,
    grads: Sequence[float],
    *,
    lr: float,
    momentum: float = 0.0,
    weight_decay: float = 0.0,
    nesterov: bool = False,
) -> float:
    """Where one number ends, by keeping all the gradients: the velocity is their sum, the older the
    smaller.
    """
    seen: list[float] = []
    for g in grads:
        seen.insert(0, g + weight_decay * p)
        velocity = sum(momentum**age * old for age, old in enumerate(seen))
        p -= lr * (seen[0] + momentum * velocity if nesterov else velocity)
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
    optimizer = student.SGD(params, **settings)
    for grads in steps:
        optimizer.step(list(grads))
    student.all_equal(zip(params, destinations(case, **settings), strict=True))


@given(case=runs((2,), (2, 1), most=1), lr=RATES)
@example(case=run((3,), (2, 2), steps=1), lr=0.1)
def check_plain_step(student: Student, case: Run, lr: float) -> None:
    """Without momentum and weight decay, one step takes lr times its gradient from every parameter,
    whatever its shape, in place.
    """
    compare(student, case, lr=lr)


@given(case=runs((2,)), lr=RATES, momentum=PARTS)
@example(case=run((2,), steps=10), lr=0.1, momentum=0.9)
def check_momentum(student: Student, case: Run, lr: float, momentum: float) -> None:
    """In each step the velocity keeps `momentum` times what it was and takes in the whole new gradient."""
    compare(student, case, lr=lr, momentum=momentum)


@given(case=runs((2,), (2,), (1, 2)), lr=RATES)
@example(case=run((2,), (2,), (1, 2), steps=10), lr=0.1)
def check_several_parameters(student: Student, case: Run, lr: float) -> None:
    """Each parameter has a velocity of its own, also where shapes are equal."""
    compare(student, case, lr=lr, momentum=0.75)


@given(case=runs((2,)), lr=RATES, momentum=PARTS, weight_decay=DECAYS)
@example(case=run((2,), steps=10), lr=0.1, momentum=0.9, weight_decay=0.3)
def check_weight_decay(student: Student, case: Run, lr: float, momentum: float, weight_decay: float) -> None:
    """weight_decay times the parameter is added to its gradient, before the velocity takes it in."""
    compare(student, case, lr=lr, momentum=momentum, weight_decay=weight_decay)


@given(case=runs((2,)), lr=RATES, momentum=PARTS, weight_decay=st.sampled_from([0.0, 0.3]))
@example(case=run((2,), steps=10), lr=0.1, momentum=0.9, weight_decay=0.3)
def check_nesterov(student: Student, case: Run, lr: float, momentum: float, weight_decay: float) -> None:
    """With nesterov=True the step goes along g + momentum * v, with the new velocity v."""
    compare(student, case, lr=lr, momentum=momentum, weight_decay=weight_decay, nesterov=True)


@given(case=runs((2,), (1,), most=3), weight_decay=st.sampled_from([0.0, 0.3]), nesterov=st.booleans())
@example(case=run((2,), (1,), steps=3), weight_decay=0.3, nesterov=True)
def check_gradients_belong_to_the_caller(
    student: Student, case: Run, weight_decay: float, nesterov: bool
) -> None:
    """`step` changes no gradient, and does not mind if its caller writes new numbers into the same arrays."""
    settings = {"lr": 0.2, "momentum": 0.75, "weight_decay": weight_decay, "nesterov": nesterov}
    start, steps = case
    params = [student.let(p) for p in start]
    grads = [student.let(np.zeros_like(p)) for p in start]
    optimizer = student.SGD(params, **settings)
    for new in steps:
        for g, numbers in zip(grads, new, strict=True):
            g[:] = numbers
        optimizer.step(grads).leaves_inputs_alone()
    student.all_equal(zip(params, destinations(case, **settings), strict=True))


@given(first=runs((2,), most=3), second=runs((2,), most=3))
@example(first=run((2,), steps=3), second=run((2,), steps=2))
def check_two_optimizers(student: Student, first: Run, second: Run) -> None:
    """Two optimizers at work at the same time do not disturb each other."""
    settings = {"lr": 0.2, "momentum": 0.75}
    (p,), (q,) = ([student.let(p) for p in case[0]] for case in (first, second))
    one, two = student.SGD([p], **settings), student.SGD([q], **settings)
    for k in range(3):
        for optimizer, (_, steps) in ((one, first), (two, second)):
            if k < len(steps):
                optimizer.step(list(steps[k]))
    student.all_equal([(p, destinations(first, **settings)[0]), (q, destinations(second, **settings)[0])])


@mutant
def climbs(source: Source) -> str:
    """You walk uphill: the gradient shows where the loss grows. Subtract the step instead of adding it."""
    return source.swap("p -= self.lr * d", "p += self.lr * d")


@mutant
def makes_a_new_array(source: Source) -> str:
    """You compute the new parameter but do not put it into the array that you were given: `p = p - ...`
    only gives the name p to a new array. Write `p -= ...`.
    """
    return source.swap("p -= self.lr * d", "p = p - self.lr * d")


@mutant
def velocity_forgotten(source: Source) -> str:
    """Your velocity is zero again at every step. Keep it on `self` from one step to the next."""
    return source.swap("            self.velocities[i] = v\n", "")


@mutant
def gradient_damped(source: Source) -> str:
    """You average velocity and gradient: the gradient comes in with the factor 1 - momentum. It should
    come in whole.
    """
    return source.swap("self.velocities[i] + g", "self.velocities[i] + (1 - self.momentum) * g")


@mutant
def state_shared_between_parameters(source: Source) -> str:
    """Your parameters share one velocity, so that each is pushed by the gradients of the others too.
    Keep one velocity for each of them, in a list.
    """
    return source.swap("self.velocities[i] + g", "self.velocities[0] + g").swap(
        "self.velocities[i] = v", "self.velocities[0] = v"
    )


@mutant
def weight_decay_forgotten(source: Source) -> str:
    """You do not use the weight decay. Add weight_decay * p to the gradient first of all."""
    return source.swap("            g = g + self.weight_decay * p\n", "")


@mutant
def weight_decay_apart(source: Source) -> str:
    """You take the weight decay from the parameter directly. Here it is a part of the gradient, so that
    the velocity takes it in as well: add weight_decay * p to g before anything else.
    """
    return source.swap("            g = g + self.weight_decay * p\n", "").swap(
        "p -= self.lr * d", "p -= self.lr * (d + self.weight_decay * p)"
    )


@mutant
def nesterov_not_ahead(source: Source) -> str:
    """With nesterov=True you still step along the velocity itself (g + momentum * the old velocity is
    the same thing). Use g + momentum * the new velocity.
    """
    return source.swap("d = g + self.momentum * v if self.nesterov else v", "d = v")


@mutant
def nesterov_without_gradient(source: Source) -> str:
    """With nesterov=True you step along momentum * v alone. The gradient itself is a part of the step
    too: add g.
    """
    return source.swap("d = g + self.momentum * v if", "d = self.momentum * v if")


@mutant
def gradient_mutated(source: Source) -> str:
    """`g += ...` writes into the caller's gradient. Make a new array: `g = g + ...`."""
    return source.swap("g = g + self.weight_decay * p", "g += self.weight_decay * p")


@mutant
def gradient_kept(source: Source) -> str:
    """You keep the caller's gradient array itself as the velocity: `v = g` only gives it a second name.
    When the caller writes the next gradient into it, your velocity changes too. Keep a copy.
    """
    return source.swap("            g = g + self.weight_decay * p\n", "").swap(
        "v = self.momentum * self.velocities[i] + g",
        "if self.weight_decay:\n"
        "                g = g + self.weight_decay * p\n"
        "            v = self.momentum * self.velocities[i] + g if self.velocities[i].any() else g",
    )


@mutant
def state_on_the_class(source: Source) -> str:
    """Your velocities belong to the class (or to the whole file), so that all optimizers share them.
    Keep them on `self`.
    """
    return source.swap("self.velocities = [", "type(self).velocities = [")
