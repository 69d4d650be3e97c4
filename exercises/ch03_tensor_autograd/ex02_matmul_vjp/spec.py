"""Checks and mutants of matmul_vjp.

The oracle moves one element of an operand at a time. The product is linear in each operand, so <g, nudge @ b> with a
single 1 in the nudge is exactly the gradient there, whatever the shapes.
"""

import math

import numpy as np

from grader.spec import Exercise, Source, Student, arrays, example, given, mutant, st

EXERCISE = Exercise(
    title="The backward rule of the matrix product",
    names=("matmul_vjp",),
    points=2,
    after=("ch03_tensor_autograd/ex01_sum_to",),
    imports=("numpy",),
    hints=(
        "Begin with two matrices, and let the shapes lead: from g of shape (m, n) and b of shape (k, n) there is "
        "one way to get to (m, k).",
        "For batches, np.swapaxes(b, -1, -2) transposes every matrix of the batch, and the products have a batch "
        "axis for every copy: sum_to brings them back to the operand's shape.",
        "Make matrices of vectors first: a[np.newaxis, :] on the left, b[:, np.newaxis] on the right. Then g "
        "lacks the axes that were dropped from the result; np.expand_dims(g, -1) and np.expand_dims(g, -2) put "
        "them back.",
        "With matrices A and B and the completed G: sum_to(G @ np.swapaxes(B, -1, -2), A.shape).reshape(a.shape) "
        "is the gradient of a. Complete G for b (axis -1) before you do it for a (axis -2).",
    ),
    floating={"rtol": 1e-9, "atol": 1e-12},
)

sides = st.integers(1, 3)


@st.composite
def batches(draw, max_axes):
    """Draw two shapes that broadcast: an axis is there in both or of size 1 in one, and one may lack the first few."""
    shapes = [], []
    for side in draw(st.lists(st.integers(2, 3), min_size=min(max_axes, 1), max_size=max_axes)):
        stretched = draw(st.sampled_from([None, 0, 1]))
        for number, shape in enumerate(shapes):
            shape.append(1 if number == stretched else side)
    shorter = draw(st.sampled_from([0, 1]))
    del shapes[shorter][: draw(st.integers(0, max_axes))]
    return tuple(map(tuple, shapes))


@st.composite
def factors(draw, a_kind, b_kind, batch_axes):
    """Draw (g, a, b) for the product of a "matrix" or "vector" with another, matrices with up to so many batch axes."""
    m, k, n = (draw(sides) for _ in range(3))
    a_batch, b_batch = draw(batches(batch_axes))
    a = draw(arrays(float, shape=(k,) if a_kind == "vector" else (*a_batch, m, k)))
    b = draw(arrays(float, shape=(k,) if b_kind == "vector" else (*b_batch, k, n)))
    return draw(arrays(float, shape=np.shape(a @ b))), a, b


@st.composite
def square_factors(draw):
    """Draw (g, a, b), all of one square shape."""
    side = draw(st.integers(2, 3))
    return tuple(draw(arrays(float, shape=(side, side))) for _ in range(3))


def counting(*shape):
    """Return an array of this shape with elements that are all different."""
    return 1.0 + np.arange(math.prod(shape)).reshape(shape)


def case_of(a_shape, b_shape):
    a, b = counting(*a_shape), counting(*b_shape)
    return counting(*np.shape(a @ b)), a, b


def sensitivity(function, x, g):
    """Return how fast <g, function(x)> changes with each element of x, for a linear function."""
    gradient = np.zeros(x.shape)
    for index in np.ndindex(x.shape):
        nudge = np.zeros(x.shape)
        nudge[index] = 1.0
        gradient[index] = np.sum(g * function(nudge))
    return gradient


def compare(student: Student, case):
    g, a, b = case
    gradients = student.matmul_vjp(g, a, b)
    gradients.equals([sensitivity(lambda nudge: nudge @ b, a, g), sensitivity(lambda nudge: a @ nudge, b, g)])
    gradients.leaves_inputs_alone()


@given(case=factors("matrix", "matrix", batch_axes=0))
@example(case=case_of((2, 3), (3, 4)))
@example(case=case_of((2, 0), (0, 3)))
@example(case=case_of((0, 2), (2, 3)))
def check_matrices(student: Student, case):
    """For two matrices the gradients are g @ b^T and a^T @ g, in this order; for empty ones too."""
    compare(student, case)


@given(case=square_factors())
@example(case=case_of((2, 2), (2, 2)))
def check_square_matrices(student: Student, case):
    """For square matrices, where the shapes cannot warn you, the right factor is transposed and on the right
    side.
    """
    compare(student, case)


@given(case=factors("matrix", "matrix", batch_axes=2))
@example(case=case_of((2, 2, 2), (2, 2)))
@example(case=case_of((2, 2), (3, 2, 2)))
@example(case=case_of((2, 3, 2, 2), (2, 2)))
@example(case=case_of((2, 1, 2, 3), (4, 3, 2)))
@example(case=case_of((3, 1, 2), (1, 2, 2)))
def check_batches(student: Student, case):
    """For batches each matrix has its own product, and an operand that serves several adds up their
    gradients.
    """
    compare(student, case)


@given(
    case=st.one_of(
        factors(*kinds, batch_axes=0)
        for kinds in (("vector", "matrix"), ("matrix", "vector"), ("vector", "vector"))
    )
)
@example(case=case_of((2,), (2, 3)))
@example(case=case_of((3, 2), (2,)))
@example(case=case_of((2,), (2,)))
def check_vectors(student: Student, case):
    """A vector on either side, or on both, gets a vector as its gradient."""
    compare(student, case)


@given(
    case=st.one_of(factors(*kinds, batch_axes=2) for kinds in (("vector", "matrix"), ("matrix", "vector")))
)
@example(case=case_of((2,), (3, 2, 2)))
@example(case=case_of((2,), (2, 3, 2, 2)))
@example(case=case_of((2, 3, 2, 2), (2,)))
@example(case=case_of((3, 2, 2), (2,)))
def check_vector_with_batch(student: Student, case):
    """A vector that meets a batch serves all of its matrices, and adds up their gradients."""
    compare(student, case)


GA = "ga = g @ np.swapaxes(b_matrix, -1, -2)"
GB = "gb = np.swapaxes(a_matrix, -1, -2) @ g"
RETURN = "return sum_to(ga, a_matrix.shape).reshape(a.shape), sum_to(gb, b_matrix.shape).reshape(b.shape)"


@mutant
def factors_swapped(source: Source) -> str:
    """You multiply in the wrong order. a stands on the left of the product, and its gradient has g on the
    left: g @ b^T; b stands on the right, and has g on the right: a^T @ g.
    """
    return source.swap(GA, "ga = np.swapaxes(b_matrix, -1, -2) @ g").swap(
        GB, "gb = g @ np.swapaxes(a_matrix, -1, -2)"
    )


@mutant
def not_transposed(source: Source) -> str:
    """You do not transpose. a_ik meets b_kj, and the sum runs over j: g @ b^T, and likewise a^T @ g."""
    return source.swap(GA, "ga = g @ b_matrix").swap(GB, "gb = a_matrix @ g")


@mutant
def results_exchanged(source: Source) -> str:
    """You return the gradient of b first. The order of the results is that of the operands."""
    return source.swap(RETURN, RETURN.replace("return", "ga, gb =") + "\n    return gb, ga")


@mutant
def g_ignored(source: Source) -> str:
    """Your gradients do not depend on what arrives: you take g as if it were all ones. Multiply by g."""
    return source.swap(GA, "g = np.ones_like(g)\n    " + GA)


@mutant
def batches_not_summed(source: Source) -> str:
    """An operand without batch axes of its own serves every matrix of the other's batch, and you give it one
    gradient for each. Add them up with sum_to.
    """
    return source.swap(
        RETURN,
        """if a.ndim == 1:
        ga = ga[..., 0, :]
    if b.ndim == 1:
        gb = gb[..., 0]
    return ga, gb""",
    )


@mutant
def only_leading_batches_summed(source: Source) -> str:
    """You sum the batch axes in front. A batch axis of size 1 is stretched as well, and is summed but stays."""
    return source.swap("return np.sum(g, axis=stretched, keepdims=True)", "return g").swap(
        RETURN,
        """ga, gb = sum_to(ga, a_matrix.shape), sum_to(gb, b_matrix.shape)
    return ga[0] if a.ndim == 1 else ga, gb[:, 0] if b.ndim == 1 else gb""",
    )


@mutant
def all_axes_reversed(source: Source) -> str:
    """.T turns all the axes round, those of the batch too. Transpose the last two only: np.swapaxes(x, -1,
    -2).
    """
    return source.swap(GA, "ga = g @ b_matrix.T").swap(GB, "gb = a_matrix.T @ g")


@mutant
def vectors_become_matrices(source: Source) -> str:
    """The gradient of a vector is a matrix with one row or column in your answer. Give it the shape of the
    vector.
    """
    return source.swap(RETURN, "return sum_to(ga, a_matrix.shape), sum_to(gb, b_matrix.shape)")


@mutant
def vectors_forgotten(source: Source) -> str:
    """You treat every operand as a matrix. A vector has one axis only: make a row or a column of it first."""
    return source.swap("a[np.newaxis, :] if a.ndim == 1 else a", "a").swap(
        "b[:, np.newaxis] if b.ndim == 1 else b", "b"
    )


@mutant
def outer_product(source: Source) -> str:
    """You use np.outer for a vector, and it flattens a batch into one long row. Use @ or broadcasting, which
    keep batches.
    """
    return source.swap(GB, "gb = np.outer(a, g) if a.ndim == 1 else np.swapaxes(a_matrix, -1, -2) @ g").swap(
        RETURN,
        "gb = gb if a.ndim == 1 and b.ndim > 2 else sum_to(gb, b_matrix.shape).reshape(b.shape)\n"
        "    return sum_to(ga, a_matrix.shape).reshape(a.shape), gb",
    )
