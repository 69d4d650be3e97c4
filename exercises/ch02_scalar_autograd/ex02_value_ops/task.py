"""Numbers that remember how they were made.

A derivative can be measured (the previous exercise) or it can be worked out. To work it out, a
program needs the whole calculation in front of it, step by step. So we replace plain numbers by
records. A `Value` holds

    data           the number itself
    parents        the Values it was made from
    local_grads    for each parent, how fast `data` changes when that parent changes

Every operation makes a new Value and fills in these three. For the product c = a * b:

    c.data = a * b      c.parents = (a, b)      c.local_grads = (dc/da, dc/db) = (b, a)

"Local" means: of this one step, with the other parent held still, and without asking what happens
to c afterwards. The numbers are known the moment the operation runs, so they are computed there and
then. These are all you need:

    operation          data             local derivatives
    a + b              a + b            1,  1
    a - b              a - b            1,  -1
    a * b              a * b            b,  a
    a / b              a / b            1/b,  -a/b^2
    -a                 -a               -1
    a ** n             a^n              n * a^(n-1)             (n a plain number)
    a.exp()            e^a              e^a
    a.log()            ln a             1/a
    a.tanh()           t = tanh a       1 - t^2
    a.relu()           max(a, 0)        1 if a > 0, else 0

From the records every derivative follows by the chain rule: along a path from x to the output,
multiply the local derivatives; over all paths, add up. That is the function `derivative`, which is
given below. It walks every path, and soon there are far too many; the next two exercises do it in
one pass.

Worked example: y = a * b + a at a = 2, b = 3. Two paths lead from a to y: through the product
(local derivatives 1 * 3) and directly (local derivative 1). So dy/da = 3 + 1 = 4. From b there is
one: dy/db = 1 * 2 = 2.

>>> a, b = Value(2.0), Value(3.0)
>>> y = a * b + a
>>> y.data
8.0
>>> derivative(y, a), derivative(y, b)
(4.0, 2.0)

One parent may be used twice, and then it stands in `parents` twice, once for each use:

>>> square = a * a
>>> square.parents == (a, a), square.local_grads, derivative(square, a)
(True, (2.0, 2.0), 4.0)

A plain number may stand on either side: `a * 3`, `3 * a`, `a - 1`, `1 - a`, `2 / a`. For `3 * a`
Python first asks the number 3, which knows nothing of Values, and then calls `a.__rmul__(3)`. The
operand order matters in `__rsub__` and `__rtruediv__`: `1 - a` calls `a.__rsub__(1)`.

>>> (1 - a).data, derivative(1 - a, a)
(-1.0, -1.0)

You may write an operation out in full, or build it from others you have written
(a - b is a + (-b)): both are right. Operations never change their operands; they make new Values.

Not asked: exponents that are Values, a ** 0 at a = 0, which of 0 and 1 is the slope of relu exactly
at 0.
"""

import math


class Value:
    """A number, and the record of how it was made.

    Parameters
    ----------
    data : float
        The number.
    parents : tuple of Values
        What it was made from, one entry for each use; empty for a number that you put in yourself.
    local_grads : tuple of floats
        How fast `data` changes with each parent, in the order of `parents`.
    """

    def __init__(self, data, parents=(), local_grads=()):
        self.data = float(data)
        self.parents = tuple(parents)
        self.local_grads = tuple(local_grads)

    def __repr__(self):
        return f"Value({self.data})"

    # Arithmetic. `other` is a Value or a plain number; as_value (below) makes a Value of either.

    def __add__(self, other):
        """Return self + other."""
        raise NotImplementedError("a Value with the sum, its two parents and their local derivatives")

    def __mul__(self, other):
        """Return self * other."""
        raise NotImplementedError("the product")

    def __neg__(self):
        """Return -self."""
        raise NotImplementedError("the negative")

    def __sub__(self, other):
        """Return self - other."""
        raise NotImplementedError("the difference")

    def __truediv__(self, other):
        """Return self / other."""
        raise NotImplementedError("the quotient")

    def __pow__(self, n):
        """Return self to the power n, where n is a plain number."""
        raise NotImplementedError("the power")

    # The same with a plain number on the left: Python turns `3 - a` into a.__rsub__(3).

    def __radd__(self, other):
        """Return other + self."""
        raise NotImplementedError("other + self")

    def __rmul__(self, other):
        """Return other * self."""
        raise NotImplementedError("other * self")

    def __rsub__(self, other):
        """Return other - self."""
        raise NotImplementedError("other - self, in this order")

    def __rtruediv__(self, other):
        """Return other / self."""
        raise NotImplementedError("other / self, in this order")

    # Functions of one number.

    def exp(self):
        """Return e to the power self."""
        raise NotImplementedError("the exponential")

    def log(self):
        """Return the natural logarithm of self, which is positive."""
        raise NotImplementedError("the natural logarithm")

    def tanh(self):
        """Return the hyperbolic tangent of self."""
        raise NotImplementedError("the hyperbolic tangent")

    def relu(self):
        """Return self where it is positive, else 0."""
        raise NotImplementedError("self or 0, whichever is larger")


def as_value(x):
    """Return x itself if it is a Value, else a new Value that holds the number x. Given."""
    return x if isinstance(x, Value) else Value(x)


def derivative(output, x):
    """How fast `output` changes with `x`: over all paths, the product of the local derivatives. Given.

    Parameters
    ----------
    output, x : Value

    Returns
    -------
    float
        0.0 if no path leads from x to output.
    """
    if output is x:
        return 1.0
    steps = zip(output.parents, output.local_grads, strict=True)
    return sum((local * derivative(parent, x) for parent, local in steps), 0.0)
