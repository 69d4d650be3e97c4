"""Checks and mutants of doubling a list."""

from grader.spec import Exercise, Source, Student, given, mutant, st

EXERCISE = Exercise(
    title="Double every number of a list",
    names=("double_all",),
    points=3,
    after=("ch01_numbers/ex01_double",),
    imports=(),
    hints=("One by one.", "A list comprehension.", "[2 * value for value in values]"),
)


@given(values=st.lists(st.integers(-9, 9), max_size=4))
def check_values(student: Student, values: list[int]) -> None:
    """double_all(values) holds twice each value, in order."""
    student.double_all(values).equals([2 * value for value in values])


@mutant
def repeated(source: Source) -> Source:
    """You repeat the list; double what is in it."""
    return source.swap("[2 * value for value in values]", "2 * values")


@mutant
def squares(source: Source) -> Source:
    """You square each value; double it."""
    return source.swap("2 * value ", "value * value ")


@mutant
def backwards(source: Source) -> Source:
    """You go through the list from its end."""
    return source.swap("in values", "in reversed(values)")


@mutant
def unchanged(source: Source) -> Source:
    """You copy the values; double each."""
    return source.swap("2 * value ", "value ")
