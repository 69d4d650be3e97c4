"""Checks and mutants of topological_order.

Many orders are right. What a student returned is compared with the right order that is nearest to it, so that a
right one equals it and a wrong one shows the first node that stands in the wrong place.
"""

from grader.spec import Exercise, Source, Student, example, given, mutant, requires, st

EXERCISE = Exercise(
    title="Put the nodes of a graph in order",
    names=("topological_order", "Node", "chain", "doublings"),
    points=2,
    after=("ch02_scalar_autograd/ex02_value_ops",),
    imports=("numpy",),
    hints=(
        "A node may be listed once all of its parents are listed. When you first meet a node, is that already so?",
        "You meet a node twice: when you enter it, and again when you are done with everything above it. List it "
        "the second time. A set of the nodes that you have entered keeps you from entering one twice; a list "
        "would have to be searched each time.",
        "Instead of recursion keep a stack of pairs (node, whether its parents have been dealt with). Start with "
        "(output, False). A pair that is pushed later is popped earlier.",
        "While the stack is not empty, pop a pair. If the flag is True, append the node to the order. Else, if "
        "the node is not in the set: add it, push (node, True), and then push (parent, False) for every parent.",
    ),
)

DEPTH = 100_000


@st.composite
def graphs(draw):
    """Draw a graph: for node 0, 1, 2, ... the numbers of its parents, which are smaller. The last one is the
    output.
    """
    size = draw(st.integers(1, 7))
    parents = [draw(st.lists(st.integers(0, node - 1), max_size=3)) if node else [] for node in range(size)]
    return tuple(map(tuple, parents))


DIAMOND = ((), (0,), (0,), (1, 2))
SQUARE = ((), (0, 0))
SHORT_AND_LONG_WAY = ((), (0,), (1,), (2, 0))
LONG_AND_SHORT_WAY = ((), (0,), (1,), (0, 2))


def ordered_names(student: Student, graph):
    """Build the graph with nodes named by their numbers, and return the handle on the names in the student's
    order.
    """
    nodes = []
    for number, parents in enumerate(graph):
        nodes.append(student.Node(number, *([tuple(nodes[i] for i in parents)] if parents else [])))
    return student.topological_order(nodes[-1]).each("name")


def ancestry(graph):
    """Return the numbers of the nodes that the last one depends on, and its own."""
    needed = {len(graph) - 1}
    for node in reversed(range(len(graph))):
        if node in needed:
            needed.update(graph[node])
    return needed


def nearest_order(graph, got):
    """Return the right order that follows `got` wherever that is possible."""
    needed = ancestry(graph)
    wishes = [node for node in got if node in needed] + sorted(needed)
    order = []
    while len(order) < len(needed):
        order.append(
            next(n for n in wishes if n not in order and all(parent in order for parent in graph[n]))
        )
    return order


@given(graph=graphs())
@example(graph=SQUARE)
@example(graph=DIAMOND)
def check_each_node_once(student: Student, graph):
    """Every node that the output depends on is listed exactly once, also if it is used several times; no
    other is.
    """
    student.apply("sorted", ordered_names(student, graph)).equals(sorted(ancestry(graph)))


@given(graph=graphs())
@example(graph=DIAMOND)
@example(graph=SHORT_AND_LONG_WAY)
@example(graph=LONG_AND_SHORT_WAY)
def check_parents_first(student: Student, graph):
    """Every node stands after all of its parents, and the output stands last."""
    names = ordered_names(student, graph)
    names.equals(nearest_order(graph, names.value()))


def check_equal_names(student: Student):
    """Two different nodes with the same name are two nodes."""
    # First with different names, so that whoever is wrong for another reason is not taken for wrong about names.
    names = student.topological_order(student.Node("c", (student.Node("a"), student.Node("b")))).each("name")
    names.equals(["a", "b", "c"] if names.value()[:1] == ["a"] else ["b", "a", "c"])
    left, right = student.Node("x"), student.Node("x")
    student.topological_order(student.Node("sum", (left, right))).each("name").equals(["x", "x", "sum"])


@requires("check_each_node_once", "check_parents_first")
def check_size(student: Student):
    """A chain of 100,000 nodes needs no recursion, and 64 doublings with their 2^64 paths only 65 visits."""
    order = student.topological_order(student.chain(DEPTH))
    sample = order[::999].each("name")
    student.all_equal([(student.apply("len", order), DEPTH), (sample, list(range(0, DEPTH, 999)))])
    student.topological_order(student.doublings(64)).each("name").equals(list(range(65)))


WALK = """    order = []
    entered = set()
    stack = [(output, False)]
    while stack:
        node, parents_are_listed = stack.pop()
        if parents_are_listed:
            order.append(node)
        elif node not in entered:
            entered.add(node)
            stack.append((node, True))
            stack.extend((parent, False) for parent in node.parents)
    return order
"""


@mutant
def visited_twice(source: Source) -> str:
    """You list a shared node once for every use. Remember, in a set, which nodes you have been to, and skip
    them.
    """
    return source.swap("elif node not in entered:", "else:")


@mutant
def leaves_left_out(source: Source) -> str:
    """You leave out the nodes without parents. The leaves belong to the order too; they are what we want
    gradients of.
    """
    return source.swap(
        "if parents_are_listed:\n",
        "if parents_are_listed and not node.parents:\n            continue\n        if parents_are_listed:\n",
    )


@mutant
def output_left_out(source: Source) -> str:
    """You list the ancestors of the output but not the output itself. It comes last."""
    return source.swap("return order\n", "return order[:-1]\n")


@mutant
def consumers_first(source: Source) -> str:
    """Your list runs from the output back to the leaves. Parents come before the nodes made from them: turn
    it round.
    """
    return source.swap("return order\n", "return order[::-1]\n")


@mutant
def listed_when_met(source: Source) -> str:
    """You list a node when you first meet it, and turn the list round at the end. A node that is also used
    further on is met too early that way: list it only when everything above it is listed.
    """
    return source.swap(
        WALK,
        """    order = []
    entered = set()
    stack = [output]
    while stack:
        node = stack.pop()
        if node not in entered:
            entered.add(node)
            order.append(node)
            stack.extend(node.parents)
    return order[::-1]
""",
    )


@mutant
def by_shortest_distance(source: Source) -> str:
    """You walk level by level from the output. A node may be near by one way and far by another, and its
    place is decided by the longest way, not the shortest: list it only when everything above it is listed.
    """
    return source.swap(
        WALK,
        """    order = [output]
    entered = {output}
    for node in order:
        for parent in node.parents:
            if parent not in entered:
                entered.add(parent)
                order.append(parent)
    return order[::-1]
""",
    )


@mutant
def same_name_same_node(source: Source) -> str:
    """You tell nodes apart by their names, and names may be equal. Put the node itself into the set."""
    return source.swap("node not in entered", "node.name not in entered").swap(
        "entered.add(node)", "entered.add(node.name)"
    )


@mutant
def recursive(source: Source) -> str:
    """You call a function for each parent from within itself, and Python stops at about 1,000 calls. Keep a
    stack of your own.
    """
    return source.swap(
        WALK,
        """    order = []
    entered = set()

    def enter(node):
        if node not in entered:
            entered.add(node)
            for parent in node.parents:
                enter(parent)
            order.append(node)

    enter(output)
    return order
""",
    )
