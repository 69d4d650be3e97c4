"""Checks and mutants of Value's operations.

An operation may be one record or a composition of others, so the checks never look at the records themselves: they
compare `data`, and what the given `derivative` makes of the records, with the calculus.
"""

import math
import operator

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

# Away from 0: there 1/a and log have no value, and relu has no derivative. Quarters, which are easy to follow by
# hand, and others, which no formula meets by accident.
positive = st.one_of(st.integers(1, 12).map(lambda n: n / 4), st.floats(0.1, 3))
signed = st.one_of(positive, positive.map(lambda a: -a))
whole = st.sampled_from([-2, -1, 1, 2, 3])
plain = st.one_of(st.integers(1, 5), signed)

# For each operation: what it computes, and its slopes by the left and by the right operand.
OPERATIONS = {
    "+": (operator.add, lambda *_: (1.0, 1.0)),
    "-": (operator.sub, lambda *_: (1.0, -1.0)),
    "*": (operator.mul, lambda a, b: (b, a)),
    "/": (operator.truediv, lambda a, b: (1 / b, -a / b**2)),
}
operations = st.sampled_from(sorted(OPERATIONS))

# For each function: what it computes, and its slope.
FUNCTIONS = {
    "exp": (math.exp, math.exp),
    "log": (math.log, lambda a: 1 / a),
    "tanh": (math.tanh, lambda a: 1 / math.cosh(a) ** 2),
    "relu": (lambda a: max(a, 0.0), lambda a: float(a > 0)),
}


def agrees(student: Student, result, data, *slopes):
    """Compare the data of a result, and its derivative by x for each (x, number, slope); x still holds the number."""
    result.data.equals(data)
    student.all_equal(
        [(student.derivative(result, x), slope) for x, _, slope in slopes]
        + [(x.data, number) for x, number, _ in slopes]
    )


@given(operation=operations, a=signed, b=signed)
@example(operation="+", a=2.0, b=3.0)
@example(operation="-", a=2.0, b=3.0)
@example(operation="*", a=2.0, b=3.0)
@example(operation="/", a=2.0, b=4.0)
def check_two_values(student: Student, operation, a, b):
    """a + b, a - b, a * b and a / b have the right data, and the right derivative by each operand."""
    compute, slopes = OPERATIONS[operation]
    x, y = student.Value(a), student.Value(b)
    by_x, by_y = slopes(a, b)
    agrees(student, compute(x, y), compute(a, b), (x, a, by_x), (y, b, by_y))


@given(operation=operations, a=signed, n=plain)
@example(operation="+", a=2.0, n=3)
@example(operation="-", a=2.0, n=3)
@example(operation="*", a=2.0, n=3)
@example(operation="/", a=2.0, n=4)
def check_number_on_the_right(student: Student, operation, a, n):
    """The second operand may be a plain number: a + 3, a - 3, a * 3, a / 3."""
    compute, slopes = OPERATIONS[operation]
    x = student.Value(a)
    agrees(student, compute(x, n), compute(a, n), (x, a, slopes(a, n)[0]))


@given(operation=operations, a=signed, n=plain)
@example(operation="+", a=2.0, n=3)
@example(operation="-", a=2.0, n=3)
@example(operation="*", a=2.0, n=3)
@example(operation="/", a=2.0, n=4)
def check_number_on_the_left(student: Student, operation, a, n):
    """The first operand may be a plain number, and it stays the first: 3 + a, 3 - a, 3 * a, 3 / a."""
    compute, slopes = OPERATIONS[operation]
    x = student.Value(a)
    agrees(student, compute(n, x), compute(n, a), (x, a, slopes(n, a)[1]))


@given(operation=operations, a=signed)
@example(operation="+", a=3.0)
@example(operation="-", a=3.0)
@example(operation="*", a=3.0)
@example(operation="/", a=3.0)
def check_same_value_twice(student: Student, operation, a):
    """A Value used twice counts twice: the derivative of a * a is 2 * a, and that of a + a is 2."""
    compute, slopes = OPERATIONS[operation]
    x = student.Value(a)
    agrees(student, compute(x, x), compute(a, a), (x, a, sum(slopes(a, a))))


@given(a=signed)
def check_negative(student: Student, a):
    """-a has the data -a, and its derivative is -1."""
    x = student.Value(a)
    agrees(student, -x, -a, (x, a, -1.0))


@given(case=st.one_of(st.tuples(signed, whole), st.tuples(positive, st.sampled_from([-0.5, 0.5, 1.5, 2.5]))))
@example(case=(-2.0, 2))
@example(case=(-2.0, 3))
@example(case=(4.0, 0.5))
@example(case=(0.0, 2))
def check_power(student: Student, case):
    """a ** n has the data a^n and the derivative n * a^(n-1), also for negative and fractional n."""
    a, n = case
    x = student.Value(a)
    agrees(student, x**n, a**n, (x, a, n * a ** (n - 1)))


@given(function=st.sampled_from(sorted(FUNCTIONS)), a=signed)
@example(function="exp", a=-1.0)
@example(function="log", a=2.0)
@example(function="tanh", a=-1.0)
@example(function="relu", a=-1.0)
@example(function="relu", a=1.0)
def check_functions(student: Student, function, a):
    """exp, log, tanh and relu have the right data and the right derivative."""
    compute, slope = FUNCTIONS[function]
    if function == "log":
        a = abs(a)
    x = student.Value(a)
    agrees(student, x.attribute(function)(), compute(a), (x, a, slope(a)))


@given(a=positive, b=positive)
@example(a=2.0, b=3.0)
def check_operands_unchanged(student: Student, a, b):
    """An operation leaves its operands as they were: same data, and no parents where there were none."""
    x, y = student.Value(a), student.Value(b)
    for compute, _ in OPERATIONS.values():
        compute(x, y), compute(x, 2), compute(2, x)
    -x, x**2
    for function in FUNCTIONS:
        x.attribute(function)()
    student.all_equal([(x.data, a), (y.data, b), (x.parents, ()), (y.parents, ())], rtol=0, atol=0)


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
def negative_without_slope(source: Source) -> str:
    """Your negative has the slope of the number itself. When a grows by 1, -a shrinks by 1."""
    return source.swap("(-1.0,)", "(1.0,)")


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
