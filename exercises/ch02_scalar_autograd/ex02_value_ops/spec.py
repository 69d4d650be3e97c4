"""Checks and mutants of Value's operations.

An operation may be one record or a composition of others, so the checks never look at the records themselves: they
compare `data`, and what the given `derivative` makes of the records, with the calculus.
"""

import math

from grader.spec import Exercise, Source, Student, example, given, mutant, st

EXERCISE = Exercise(
    title="Numbers that remember how they were made",
    names=("Value", "derivative"),
    points=2,
    after=("ch02_scalar_autograd/ex01_numeric_derivative",),
    imports=("math", "numpy"),
    hints=(
        "Every operation ends with `return Value(data, parents, local_grads)`. Write __add__ first: what is the "
        "sum, what are its two parents, and how fast does the sum change with each of them?",
        "`other` may be a plain number. `other = as_value(other)` makes a Value of it, and then it has `.data` "
        "and can be a parent like any other.",
        "The local derivatives are plain numbers, made of `self.data` and `other.data`. For the product they are "
        "crossed: the first parent's is the second's data, and the other way about.",
        "`3 - a` arrives as a.__rsub__(3): there self is a and other is 3, and 3 comes first, so as_value(other) "
        "- self. For tanh compute t = math.tanh(self.data) once, and then Value(t, (self,), (1 - t**2,)).",
    ),
    floating={"rtol": 1e-7, "atol": 1e-9},
)

# Away from 0: there 1/a and log have no value, and relu has no derivative.
positive = st.floats(0.1, 3)
signed = st.one_of(positive, st.floats(-3, -0.1))
plain = st.one_of(st.integers(1, 5), signed)


def agrees(student: Student, *cases):
    """Compare for each (result, data, (x, slope), ...) the result's data, and its derivative by each x."""
    pairs = []
    for result, data, *slopes in cases:
        pairs.append((result.data, data))
        pairs += [(student.derivative(result, x), slope) for x, slope in slopes]
    student.all_equal(pairs)


@given(a=signed, b=signed)
@example(a=2.0, b=3.0)
def check_sum_and_product(student: Student, a, b):
    """a + b and a * b have the right data, and the right derivative by each operand."""
    x, y = student.Value(a), student.Value(b)
    agrees(student, (x + y, a + b, (x, 1), (y, 1)), (x * y, a * b, (x, b), (y, a)))


@given(a=signed, b=signed)
@example(a=3.0, b=2.0)
def check_difference_and_quotient(student: Student, a, b):
    """-a, a - b and a / b have the right data, and the right derivative by each operand."""
    x, y = student.Value(a), student.Value(b)
    agrees(
        student,
        (-x, -a, (x, -1)),
        (x - y, a - b, (x, 1), (y, -1)),
        (x / y, a / b, (x, 1 / b), (y, -a / b**2)),
    )


@given(a=positive, n=st.sampled_from([-2, -1, -0.5, 0.5, 1, 2, 2.5, 3]))
@example(a=-2.0, n=3)
@example(a=0.0, n=2)
def check_power(student: Student, a, n):
    """a ** n has the data a^n and the derivative n * a^(n-1), also for negative and fractional n."""
    x = student.Value(a)
    agrees(student, (x**n, a**n, (x, n * a ** (n - 1))))


@given(a=signed)
@example(a=-1.0)
def check_functions(student: Student, a):
    """exp, log, tanh and relu have the right data and the right derivative."""
    x, p = student.Value(a), student.Value(abs(a))
    agrees(
        student,
        (x.exp(), math.exp(a), (x, math.exp(a))),
        (p.log(), math.log(abs(a)), (p, 1 / abs(a))),
        (x.tanh(), math.tanh(a), (x, 1 / math.cosh(a) ** 2)),
        (x.relu(), max(a, 0.0), (x, float(a > 0))),
    )


@given(a=signed, n=plain)
@example(a=2.0, n=3)
def check_number_on_the_right(student: Student, a, n):
    """The second operand may be a plain number: a + 3, a - 3, a * 3, a / 3."""
    x = student.Value(a)
    agrees(
        student,
        (x + n, a + n, (x, 1)),
        (x - n, a - n, (x, 1)),
        (x * n, a * n, (x, n)),
        (x / n, a / n, (x, 1 / n)),
    )


@given(a=signed, n=plain)
@example(a=2.0, n=3)
def check_number_on_the_left(student: Student, a, n):
    """The first operand may be a plain number, and it stays the first: 3 + a, 3 - a, 3 * a, 3 / a."""
    x = student.Value(a)
    agrees(
        student,
        (n + x, n + a, (x, 1)),
        (n - x, n - a, (x, -1)),
        (n * x, n * a, (x, n)),
        (n / x, n / a, (x, -n / a**2)),
    )


@given(a=signed)
@example(a=3.0)
def check_same_value_twice(student: Student, a):
    """A Value used twice counts twice: the derivative of a * a is 2 * a, and that of a + a is 2."""
    x = student.Value(a)
    agrees(
        student, (x * x, a * a, (x, 2 * a)), (x + x, 2 * a, (x, 2)), (x - x, 0, (x, 0)), (x / x, 1, (x, 0))
    )


@given(a=signed, b=signed)
def check_operands_unchanged(student: Student, a, b):
    """An operation leaves its operands as they were: same data, and no parents where there were none."""
    x, y = student.Value(a), student.Value(b)
    for result in (
        x + y,
        x - y,
        x * y,
        x / y,
        -x,
        x**2,
        x.exp(),
        x.tanh(),
        x.relu(),
        2 + x,
        2 - x,
        2 * x,
        2 / x,
    ):
        result.data  # noqa: B018 (reading is a step of the program)
    student.all_equal([(x.data, a), (y.data, b), (x.parents, ()), (y.parents, ())])


SUM = "return Value(self.data + other.data, (self, other), (1.0, 1.0))"
PRODUCT = "return Value(self.data * other.data, (self, other), (other.data, self.data))"


@mutant
def product_not_crossed(source: Source) -> str:
    """Your product gives each operand its own data as local derivative. If b is 3, then a * b grows 3 for
    every 1 of a.
    """
    return source.swap("(other.data, self.data)", "(self.data, other.data)")


@mutant
def difference_without_sign(source: Source) -> str:
    """Your difference has the local derivatives of a sum. When b grows, a - b shrinks."""
    return source.swap("(1.0, -1.0)", "(1.0, 1.0)")


@mutant
def numerator_forgotten(source: Source) -> str:
    """Your derivative of a / b by b is that of 1 / b. The numerator a is a factor of it too."""
    return source.swap("-self.data / other.data**2", "-1.0 / other.data**2")


@mutant
def exponent_not_lowered(source: Source) -> str:
    """Your derivative of a^n is n * a^n. The exponent of the derivative is one less."""
    return source.swap("n * self.data ** (n - 1)", "n * self.data**n")


@mutant
def tanh_of_the_input(source: Source) -> str:
    """Your derivative of tanh is 1 - a^2 with the input a. The formula wants the output there: 1 - tanh(a)^2."""
    return source.swap("1.0 - result**2", "1.0 - self.data**2")


@mutant
def relu_always_open(source: Source) -> str:
    """Your relu lets the gradient through below 0. Its output is constant there, so the local derivative is
    0.
    """
    return source.swap("1.0 if self.data > 0 else 0.0", "1.0")


@mutant
def log_to_base_ten(source: Source) -> str:
    """You take the logarithm to base 10. The natural logarithm is math.log (np.log), and only its derivative
    is 1/a.
    """
    return source.swap("math.log(self.data)", "math.log10(self.data)")


@mutant
def numbers_refused(source: Source) -> str:
    """In your sum a plain number is asked for its `.data`, which it has not. Make a Value of it first, with
    as_value.
    """
    return source.swap("other = as_value(other)\n        " + SUM, SUM)


@mutant
def left_difference_turned_round(source: Source) -> str:
    """Your `3 - a` computes a - 3. In __rsub__ self is the right-hand operand: other comes first."""
    return source.swap("return as_value(other) - self", "return self - as_value(other)")


@mutant
def left_quotient_turned_round(source: Source) -> str:
    """Your `3 / a` computes a / 3. In __rtruediv__ self is the right-hand operand: other comes first."""
    return source.swap("return as_value(other) / self", "return self / as_value(other)")


@mutant
def one_edge_for_two_uses(source: Source) -> str:
    """You keep one entry for each parent, so a * a counts a once. Both uses need an entry: (self, other),
    even if equal.
    """
    once = (
        "record = {{self: {}, other: {}}}\n"
        "        return Value(self.data {} other.data, record.keys(), record.values())"
    )
    return source.swap(SUM, once.format(1.0, 1.0, "+")).swap(
        PRODUCT, once.format("other.data", "self.data", "*")
    )


@mutant
def sum_in_place(source: Source) -> str:
    """Your sum changes its left operand and returns it. Leave the operands alone and make a new Value."""
    return source.swap(SUM, "self.data += other.data\n        return self")
