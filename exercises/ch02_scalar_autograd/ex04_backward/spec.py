"""Checks and mutants of backward.

The graphs are made of records with local derivatives drawn at random. The oracle runs forwards, from each node to
the nodes made from it, so it shares nothing with the pass that it judges.
"""

import numpy as np

from grader.spec import Exercise, Source, Student, example, given, mutant, requires, st

EXERCISE = Exercise(
    title="Run the chain rule backwards",
    names=("backward", "Value", "running_sum"),
    points=2,
    after=("ch02_scalar_autograd/ex03_topological_order",),
    imports=("numpy",),
    hints=(
        "Three things, in this order: make the nodes in between forget the last pass, give the output its "
        "gradient, and let every node hand on what it has.",
        "Which nodes are in between? Those with parents. And a node may hand on only when it has received "
        "everything: go through the list from its end. reversed(order) does so and leaves the list alone.",
        "A parent receives local_grad * node.grad, and adds it to what it has. zip(node.parents, "
        "node.local_grads) gives the pairs, and a parent that is there twice comes up twice.",
        "for every node with parents: node.grad = 0.0. Then order[-1].grad += g. Then, for every node of "
        "reversed(order), and for every pair of its parents and local_grads: parent.grad += local_grad * "
        "node.grad.",
    ),
    floating={"rtol": 1e-9, "atol": 1e-9},
)

DEPTH = 10_000

positive = st.one_of(st.integers(1, 8).map(lambda n: n / 4), st.floats(0.25, 2))
slopes = st.one_of(positive, positive.map(lambda slope: -slope))


@st.composite
def graphs(draw):
    """Draw a graph: for node 0, 1, 2, ... its parents, which have smaller numbers, each with a local
    derivative.
    """
    leaves = draw(st.integers(1, 2))
    size = leaves + draw(st.integers(1, 5))
    edge = [st.tuples(st.integers(0, node - 1), slopes) for node in range(1, size)]
    return tuple(
        tuple(draw(st.lists(edge[node - 1], min_size=1, max_size=3))) if node >= leaves else ()
        for node in range(size)
    )


SQUARE = ((), ((0, 1.5), (0, 2.0)))
DIAMOND = ((), ((0, 2.0),), ((0, 0.5),), ((1, 1.5), (2, -1.0)))
TAIL = (*DIAMOND[:3], ((1, 1.5), (2, -1.0), (0, 0.25)), ((3, 2.0),))


def build(student: Student, graph):
    nodes = []
    for edges in graph:
        record = (tuple(nodes[parent] for parent, _ in edges), tuple(slope for _, slope in edges))
        nodes.append(student.Value(1.0, *(record if edges else ())))
    return nodes


def needed_for(graph, output):
    """Return the numbers of the nodes that node `output` depends on, and its own, parents first."""
    needed = {output}
    for node in range(output, -1, -1):
        if node in needed:
            needed.update(parent for parent, _ in graph[node])
    return sorted(needed)


def slopes_by(graph, node):
    """Return how fast each node changes with `node`, worked out forwards."""
    change = np.zeros(len(graph))
    for number, edges in enumerate(graph):
        change[number] = (number == node) + sum(slope * change[parent] for parent, slope in edges)
    return change


@given(path=st.lists(slopes, min_size=1, max_size=4), g=slopes)
@example(path=[3.0, 0.5], g=2.0)
def check_path(student: Student, path, g):
    """Along a path the local derivatives multiply, beginning with g at the output."""
    graph = ((), *(((node, slope),) for node, slope in enumerate(path)))
    nodes = build(student, graph)
    student.backward(nodes, g)
    student.all_equal([(node.grad, g * slopes_by(graph, i)[-1]) for i, node in enumerate(nodes)])


@given(graph=graphs(), g=slopes)
@example(graph=SQUARE, g=1.0)
@example(graph=DIAMOND, g=1.0)
def check_shared_nodes(student: Student, graph, g):
    """A node used several times adds up what comes back from each use."""
    nodes = build(student, graph)
    order = needed_for(graph, len(graph) - 1)
    student.backward([nodes[i] for i in order], g)
    student.all_equal([(nodes[i].grad, g * slopes_by(graph, i)[-1]) for i in order])


@given(graph=graphs(), g=slopes, g2=slopes, back=st.integers(0, 2))
@example(graph=TAIL, g=1.0, g2=1.0, back=0)
@example(graph=TAIL, g=1.0, g2=3.0, back=1)
def check_second_pass(student: Student, graph, g, g2, back):
    """A second backward, from the same output or another, adds its gradients to the leaves; the nodes in
    between hold those of the last pass alone.
    """
    nodes = build(student, graph)
    last = len(graph) - 1
    passes = [(last, g), (max(last - back, 0), g2)]
    expected = np.zeros(len(graph))
    for output, gradient in passes:
        order = needed_for(graph, output)
        student.backward([nodes[i] for i in order], gradient)
        for i in order:
            expected[i] = gradient * slopes_by(graph, i)[output] + (0.0 if graph[i] else expected[i])
    student.all_equal([(node.grad, expected[i]) for i, node in enumerate(nodes)])


@given(g=slopes, g2=slopes)
@example(g=1.0, g2=1.0)
def check_leaf_as_output(student: Student, g, g2):
    """A leaf that is itself the output collects g in every pass."""
    leaf = student.Value(5.0)
    student.backward([leaf], g)
    student.backward([leaf], g2)
    leaf.grad.equals(g + g2)


def check_order_unchanged(student: Student):
    """The list comes back as it was, so it can be used for another backward."""
    nodes = build(student, TAIL)
    order = student.let(nodes)
    result = student.backward(order, 1.0)
    student.apply("len", order).value()  # to tell a list that was emptied from one that was turned round
    result.leaves_inputs_alone()


@requires("check_path", "check_shared_nodes")
def check_size(student: Student):
    """10,000 additions, and 64 doublings with their 2^64 paths, take one visit to each node and no recursion."""
    leaf = student.Value(1.0)
    student.backward(student.running_sum(leaf, DEPTH))
    leaf.grad.equals(DEPTH + 1)
    nodes = [student.Value(1.0)]
    for _ in range(64):
        nodes.append(nodes[-1] + nodes[-1])
    student.backward(nodes)
    nodes[0].grad.equals(2.0**64)


HAND_ON = "parent.grad += local_grad * node.grad"
LOOP = """    for node in reversed(order):
        for parent, local_grad in zip(node.parents, node.local_grads, strict=True):
            parent.grad += local_grad * node.grad
"""
FORGET = """    for node in order:
        if node.parents:
            node.grad = 0.0
"""


@mutant
def overwrites(source: Source) -> str:
    """Each use of a node replaces what the others handed to it. Contributions add up: += where you wrote =."""
    return source.swap(HAND_ON, "parent.grad = local_grad * node.grad")


@mutant
def local_only(source: Source) -> str:
    """You hand on the local derivative alone. The chain rule multiplies it by the gradient of the node that
    hands it on.
    """
    return source.swap(HAND_ON, "parent.grad += local_grad")


@mutant
def from_first_to_last(source: Source) -> str:
    """You go through the order from the leaves to the output, so nodes hand on before they have received
    anything.
    """
    return source.swap("in reversed(order)", "in order")


@mutant
def g_ignored(source: Source) -> str:
    """You begin with 1 at the output. The gradient that arrives there is g."""
    return source.swap("order[-1].grad += g", "order[-1].grad += 1.0")


@mutant
def one_edge_for_two_uses(source: Source) -> str:
    """A node that uses the same parent twice hands to it once only. Go through all the entries, also the
    equal ones.
    """
    return source.swap(
        "zip(node.parents, node.local_grads, strict=True)",
        "dict(zip(node.parents, node.local_grads)).items()",
    )


@mutant
def remains_handed_on_again(source: Source) -> str:
    """The nodes in between still hold the last pass, and hand it on once more. Start them from 0 in every
    backward.
    """
    return source.swap(FORGET, "").swap("order[-1].grad += g", "order[-1].grad = g")


@mutant
def leaves_forget(source: Source) -> str:
    """You set the leaves back to 0 as well. They collect over all passes; only nodes with parents start
    again.
    """
    return source.swap("        if node.parents:\n            node.grad = 0.0\n", "        node.grad = 0.0\n")


@mutant
def output_overwritten(source: Source) -> str:
    """You set the output's grad to g. If the output is a leaf it has something to keep: add g to it."""
    return source.swap("order[-1].grad += g", "order[-1].grad = g")


@mutant
def turns_the_list_round(source: Source) -> str:
    """You turn the caller's list round in place. reversed(order) walks it backwards and leaves it as it is."""
    return source.swap(
        "order[-1].grad += g\n    for node in reversed(order)",
        "order[-1].grad += g\n    order.reverse()\n    for node in order",
    )


@mutant
def follows_every_path(source: Source) -> str:
    """You follow each path from the output by recursion. That is too deep for Python in a long calculation,
    and too many in a shared one. The order is there so that each node hands on once, when it has received
    everything.
    """
    return source.swap(
        "    order[-1].grad += g\n" + LOOP,
        """
    def hand_on(node, received):
        node.grad += received
        for parent, local_grad in zip(node.parents, node.local_grads, strict=True):
            hand_on(parent, local_grad * received)

    hand_on(order[-1], g)
""",
    )
