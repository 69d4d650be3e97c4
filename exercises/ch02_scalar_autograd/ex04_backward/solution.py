"""Run the chain rule backwards.

A calculation is recorded: every Value knows its parents and, for each of them, the local
derivative. Its nodes stand in a list `order`, parents before the nodes made from them, the output
last. What is left to do is the heart of every deep learning library, and it is a few lines long.

We ask how fast the output changes with *every* node, and keep the answer in the node's `grad`. If v
was used to make c_1, c_2, ..., then v acts on the output through each of them, and the actions add
up:

    v.grad = sum over all uses of v in some c of   (local derivative of c by v) * c.grad

So c.grad must be finished before it is handed on, which is why we go through `order` from its end
to its beginning. Each node hands to each of its parents (local derivative) * (its own grad), and
the parent *adds* it to what it has. A node used twice in one step, as in x * x, has two entries in
`parents` and receives twice.

At the output we begin with a number g, the gradient that arrives from outside. Usually g = 1: the
output changes as fast as itself. Another g multiplies every result, as if the output were handed on
to a step with local derivative g.

Worked example. p = a * b and y = p + a, with a = 2, b = 3, g = 1:

    y.grad = 1                                                              (the beginning)
    y hands   1 * 1 = 1 to p,   1 * 1 = 1 to a
    p.grad = 1 is finished; p hands   3 * 1 = 3 to a,   2 * 1 = 2 to b
    a.grad = 1 + 3 = 4       b.grad = 2

>>> a, b = Value(2.0), Value(3.0)
>>> p = a * b
>>> y = p + a
>>> backward([a, b, p, y])
>>> [node.grad for node in (a, b, p, y)]
[4.0, 2.0, 1.0, 1.0]

*Twice.* Leaves (nodes without parents: the numbers that you put in) collect. Another backward, over
the same graph or over another that uses the same leaves, adds to what they hold, until somebody
sets their grad to 0. That is how a network sums the gradients of many examples. The nodes in
between do not collect: each backward starts them from 0, or else the remains of the last pass would
be handed on once more, and the leaves would receive too much.

>>> backward([a, b, p, y])
>>> [node.grad for node in (a, b, p, y)]
[8.0, 4.0, 1.0, 1.0]

A leaf collects even when it is itself the output: backward([x]) adds g to x.grad.

Not asked: finding the order (the previous exercise), functions other than + and *.
"""


class Value:
    """A number, the record of how it was made, and its gradient. Given.

    Parameters
    ----------
    data : float
        The number.
    parents : tuple of Values
        What it was made from, one entry for each use; empty for a leaf.
    local_grads : tuple of floats
        How fast `data` changes with each parent, in the order of `parents`.

    Attributes
    ----------
    grad : float
        How fast the output changes with this number; 0.0 until a backward has been here.
    """

    __slots__ = ("data", "grad", "local_grads", "parents")

    def __init__(self, data, parents=(), local_grads=()):
        self.data = float(data)
        self.parents = tuple(parents)
        self.local_grads = tuple(local_grads)
        self.grad = 0.0

    def __repr__(self):
        return f"Value({self.data}, grad={self.grad})"

    def __add__(self, other):
        return Value(self.data + other.data, (self, other), (1.0, 1.0))

    def __mul__(self, other):
        return Value(self.data * other.data, (self, other), (other.data, self.data))


def backward(order, g=1.0):
    """Fill in `grad` for every node of a calculation.

    Leaves add to the grad that they hold; every other node ends with the gradient of this pass alone.

    Parameters
    ----------
    order : list of Values
        Every node that the output depends on, parents before the nodes made from them; the output is
        the last one. The list is the caller's: it comes back as it was.
    g : float
        The gradient that arrives at the output.

    Returns
    -------
    None
        The answer is in the nodes.
    """
    # >>> your code: clear the nodes in between, give the output g, hand on from last to first
    for node in order:
        if node.parents:
            node.grad = 0.0
    order[-1].grad += g
    for node in reversed(order):
        for parent, local_grad in zip(node.parents, node.local_grads, strict=True):
            parent.grad += local_grad * node.grad
    # <<< your code


def running_sum(x, count):
    """Return, in order, the nodes of x + x + ... + x, added from the left, `count` additions. Given.

    >>> [node.data for node in running_sum(Value(5.0), 3)]
    [5.0, 10.0, 15.0, 20.0]
    """
    order = [x]
    for _ in range(count):
        order.append(order[-1] + x)
    return order
