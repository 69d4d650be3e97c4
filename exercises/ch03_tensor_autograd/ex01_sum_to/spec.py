"""Checks and mutants of sum_to and mul_vjp.

The oracle of sum_to gives every place of the small array a number, lets NumPy broadcast the numbers, and adds each
element of g to the place whose number stands there. That of mul_vjp moves one element of an operand at a time: a
product is linear in each operand, so the change of <g, x * y> is exact for any step, here 1.
"""

import math

import numpy as np

from grader.spec import Exercise, Source, Student, arrays, example, given, mutant, st

EXERCISE = Exercise(
    title="Undo broadcasting",
    names=("sum_to", "mul_vjp"),
    points=2,
    after=("ch02_scalar_autograd/ex04_backward",),
    imports=("numpy",),
    hints=(
        "Compare the shapes from the right. Which axes of g have no partner in `shape`, and which have one of "
        "size 1?",
        "g.ndim - len(shape) axes stand in front without a partner. Sum these first, without keepdims, and what "
        "is left has as many axes as `shape`.",
        "Now each axis has its partner, with the same number. Sum those where `shape` says 1, with keepdims=True."
        " np.sum takes a tuple of axes, also an empty one.",
        "g = np.sum(g, axis=tuple(range(g.ndim - len(shape)))), then the same again with the axes where "
        "shape[axis] == 1 and keepdims=True. For mul_vjp: sum_to(g * y, x.shape) is the gradient of x.",
    ),
    floating={"rtol": 1e-9, "atol": 1e-12},
)

sides = st.integers(1, 3)


@st.composite
def broadcasts(draw, leading, stretch):
    """Draw (g, shape): up to `leading` axes in front of `shape`, and axes of size 1 in it if `stretch`."""
    full = draw(st.lists(sides if stretch else st.integers(2, 3), min_size=int(stretch), max_size=3))
    shape = tuple(1 if stretch and draw(st.booleans()) else side for side in full)
    front = draw(st.lists(sides, min_size=min(leading, 1), max_size=leading))
    return draw(arrays(float, shape=(*front, *full))), shape


@st.composite
def products(draw):
    """Draw (g, x, y): each axis is there in both operands or of size 1 in one, and one may lack the first few."""
    shapes = [], []
    for side in draw(st.lists(st.integers(2, 3), max_size=3)):
        stretched = draw(st.sampled_from([None, 0, 1]))
        for number, shape in enumerate(shapes):
            shape.append(1 if number == stretched else side)
    shorter = draw(st.sampled_from([0, 1]))
    del shapes[shorter][: draw(st.integers(0, 3))]
    x, y = (draw(arrays(float, shape=tuple(shape))) for shape in shapes)
    return draw(arrays(float, shape=np.shape(x * y))), x, y


def counting(*shape):
    """Return an array of this shape with elements that are all different."""
    return 1.0 + np.arange(math.prod(shape)).reshape(shape)


def summed(g, shape):
    places = np.arange(math.prod(shape)).reshape(shape)
    total = np.zeros(math.prod(shape))
    np.add.at(total, np.broadcast_to(places, g.shape).ravel(), g.ravel())
    return total.reshape(shape)


def sensitivity(function, x, g):
    """Return how fast <g, function(x)> changes with each element of x, for a linear function."""
    gradient = np.zeros(x.shape)
    for index in np.ndindex(x.shape):
        nudge = np.zeros(x.shape)
        nudge[index] = 1.0
        gradient[index] = np.sum(g * function(nudge))
    return gradient


@given(case=broadcasts(leading=2, stretch=False))
@example(case=(counting(2, 3), (3,)))
@example(case=(counting(2, 3), ()))
def check_leading_axes(student: Student, case):
    """Axes that broadcasting put in front are summed away."""
    g, shape = case
    student.sum_to(g, shape).equals(summed(g, shape))


@given(case=broadcasts(leading=0, stretch=True))
@example(case=(counting(2, 3), (2, 1)))
@example(case=(counting(1, 3), (1, 1)))
def check_stretched_axes(student: Student, case):
    """Axes that broadcasting stretched are summed, and stay with size 1."""
    g, shape = case
    student.sum_to(g, shape).equals(summed(g, shape))


@given(case=broadcasts(leading=2, stretch=True))
@example(case=(counting(4, 2, 3), (2, 1)))
def check_both_at_once(student: Student, case):
    """Leading and stretched axes together are undone, and g is left as it was."""
    g, shape = case
    result = student.sum_to(g, shape)
    result.equals(summed(g, shape))
    result.leaves_inputs_alone()


def check_empty_axes(student: Student):
    """An axis of size 0 is summed like any other: the sum of nothing is 0."""
    for size, shape in (((0, 3), (1, 3)), ((0, 3), (3,)), ((2, 0), (2, 1)), ((2, 0), (1, 0)), ((0,), ())):
        student.sum_to(np.zeros(size), shape).equals(np.zeros(shape))


@given(case=products())
@example(case=(counting(2, 3), counting(3), counting(2, 1)))
def check_product(student: Student, case):
    """mul_vjp gives each operand g times the other operand, summed to its own shape."""
    g, x, y = case
    gradients = student.mul_vjp(g, x, y)
    gradients.equals([sensitivity(lambda nudge: nudge * y, x, g), sensitivity(lambda nudge: x * nudge, y, g)])
    gradients.leaves_inputs_alone()


LEADING = "    g = np.sum(g, axis=tuple(range(g.ndim - len(shape))))\n"
STRETCHED = "    return np.sum(g, axis=stretched, keepdims=True)\n"
PRODUCT = "return sum_to(g * y, x.shape), sum_to(g * x, y.shape)"


@mutant
def stretched_axes_forgotten(source: Source) -> str:
    """You sum the leading axes only. An axis of size 1 in the shape was repeated too, and its copies add up
    as well.
    """
    return source.swap(STRETCHED, "    return g\n")


@mutant
def leading_axes_forgotten(source: Source) -> str:
    """You sum stretched axes only. If g has more axes than the shape, those in front are copies too, and have
    to go.
    """
    return source.swap(LEADING, "")


@mutant
def stretched_axes_dropped(source: Source) -> str:
    """You sum the stretched axes away. They were there before broadcasting: keep them, with size 1
    (keepdims=True).
    """
    return source.swap(STRETCHED, "    return np.sum(g, axis=stretched)\n")


@mutant
def axes_not_shifted(source: Source) -> str:
    """You look for axes in the shape and sum the axes with these numbers in g, which has more axes in front.
    Sum the leading axes first; then the numbers agree.
    """
    return source.swap(LEADING, "    missing = tuple(range(g.ndim - len(shape)))\n").swap(
        STRETCHED, "    return np.sum(np.sum(g, axis=stretched, keepdims=True), axis=missing)\n"
    )


@mutant
def averages(source: Source) -> str:
    """You average over the copies. Each of them acts on the result by itself, so their gradients add up."""
    return source.swap(LEADING, LEADING.replace("np.sum", "np.mean")).swap(
        STRETCHED, STRETCHED.replace("np.sum", "np.mean")
    )


@mutant
def first_copy_only(source: Source) -> str:
    """You keep the gradient of the first copy and drop the others. Every copy hands something back: add them
    up.
    """
    return source.swap(LEADING, "    while g.ndim > len(shape):\n        g = g[0]\n")


@mutant
def longer_than_one(source: Source) -> str:
    """You sum axes longer than 1 where the shape says 1. An axis of size 0 is not longer than 1, but must
    become 1 as well.
    """
    return source.swap("if size == 1)", "if size == 1 and g.shape[axis] > 1)")


@mutant
def own_factor(source: Source) -> str:
    """You multiply g by the operand itself. How fast x * y changes with x is decided by the other operand, y."""
    return source.swap(PRODUCT, "return sum_to(g * x, x.shape), sum_to(g * y, y.shape)")


@mutant
def product_not_summed(source: Source) -> str:
    """Your gradients have the shape of the product. Each must have the shape of its operand: use sum_to."""
    return source.swap(PRODUCT, "return g * y, g * x")


@mutant
def summed_too_early(source: Source) -> str:
    """You sum g to the operand's shape and multiply then. The factors differ from copy to copy: multiply
    first, then sum.
    """
    return source.swap(PRODUCT, "return sum_to(g, x.shape) * y, sum_to(g, y.shape) * x")
