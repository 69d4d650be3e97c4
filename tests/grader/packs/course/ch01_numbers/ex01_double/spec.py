"""Checks and mutants of doubling."""

from grader.spec import Exercise, Source, Student, given, mutant, st

EXERCISE = Exercise(
    title="Double a number",
    names=("double",),
    points=1,
    imports=(),
    hints=("What is twice three?", "Add it to itself.", "return 2 * x"),
)


@given(x=st.integers(-50, 50))
def check_values(student: Student, x: int) -> None:
    """double(x) is 2 x."""
    student.double(x).equals(2 * x)


def check_zero(student: Student) -> None:
    """double(0) is 0."""
    student.double(0).equals(0)


@mutant
def square(source: Source) -> Source:
    """You multiply x by itself; multiply it by two."""
    return source.swap("2 * x", "x * x")


@mutant
def same(source: Source) -> Source:
    """You return x as it is; multiply it by two."""
    return source.swap("2 * x", "x")


@mutant
def half(source: Source) -> Source:
    """You halve x; multiply it by two."""
    return source.swap("2 * x", "x / 2")


@mutant
def negative(source: Source) -> Source:
    """Your sign is turned round."""
    return source.swap("2 * x", "-2 * x")


@mutant
def never_zero(source: Source) -> Source:
    """You treat 0 as a case of its own; twice nothing is nothing."""
    return source.swap("2 * x", "2 * x if x else 1")
