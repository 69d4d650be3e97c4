"""Put the nodes of a graph in order.

A calculation is a graph: every node is a number, and its parents are the numbers it was made from.
To run the chain rule backwards over it, we need the nodes in a row, such that

    1. every node that the output depends on is there, exactly once (the output too);
    2. every node stands after all of its parents, so the output stands last.

That is a *topological order*. Read from left to right it is an order in which the calculation could
have been done; read from right to left, every node comes up only when everything that was made from
it is finished. This second reading is what the next exercise needs.

Worked example. In y = (a * b) + a, the product p has the parents a and b, and y has the parents
p and a:

    a ----> p ----> y           node    parents
    | b ----^       ^           p       a, b
    +---------------+           y       p, a

a is used twice and must still be listed once. (a, b, p, y) is an order, and so is (b, a, p, y);
both are right. (a, p, b, y) is not: p stands before its parent b.

>>> a, b = Node("a"), Node("b")
>>> p = Node("p", (a, b))
>>> y = Node("y", (p, a))
>>> order = topological_order(y)
>>> len(order), order[-1].name
(4, 'y')
>>> sorted(node.name for node in order[:2]), order[2].name
(['a', 'b'], 'p')

Three things make this harder than it looks.

*Sharing.* A node may be used many times, by one consumer (x * x) or by several. With
x_1 = x_0 + x_0, x_2 = x_1 + x_1 and so on, 64 such doublings make 2^64 paths but only 65 nodes. Walk
nodes, not paths.

*Depth.* A recurrent network over a long text is a chain of a hundred thousand operations. Python
stops a recursion after about a thousand calls. So keep your own list of what is still to be done (a
stack) instead of calling yourself.

*Identity.* Two different nodes may carry the same name. They are the same node only if they are the
same object (`a is b`), and a Node can be put into a set or used as a key of a dictionary.

Not asked: graphs that contain a circle. A number cannot be made from itself.
"""


class Node:
    """One number of a calculation; here only its name and its parents matter. Given.

    A node takes no other attributes: what you have to remember about it, keep in a set or a dictionary.

    Parameters
    ----------
    name : str
        For people to read; several nodes may have the same one.
    parents : tuple of Nodes
        What it was made from, one entry for each use; empty for a leaf.
    """

    __slots__ = ("name", "parents")

    def __init__(self, name, parents=()):
        self.name = name
        self.parents = tuple(parents)

    def __repr__(self):
        return f"Node({self.name!r})"


def topological_order(output):
    """List every node that `output` depends on, parents before the nodes made from them.

    Parameters
    ----------
    output : Node
        The end of the calculation.

    Returns
    -------
    list of Nodes
        `output` itself and all its ancestors, each once; `output` last.
    """
    # >>> your code: the nodes in order, without recursion
    order = []
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
    # <<< your code


def chain(length):
    """Return the last of `length` nodes in a row, named 0, 1, 2, ..., each made from the one before. Given.

    >>> chain(3), chain(3).parents
    (Node(2), (Node(1),))
    """
    node = Node(0)
    for number in range(1, length):
        node = Node(number, (node,))
    return node


def doublings(count):
    """Return the last of `count` doublings: node k is made from node k - 1, used twice. Given.

    >>> doublings(2), doublings(2).parents
    (Node(2), (Node(1), Node(1)))
    """
    node = Node(0)
    for number in range(1, count + 1):
        node = Node(number, (node, node))
    return node
