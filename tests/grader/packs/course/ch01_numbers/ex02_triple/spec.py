"""Checks and mutants of tripling."""

from grader.spec import Exercise, Source, Student, given, mutant, st

EXERCISE = Exercise(
    title="Triple a number",
    names=("triple",),
    points=2,
    after=("ch01_numbers/ex01_double",),
    imports=(),
    hints=("What is three times two?", "Add it to its double.", "return 3 * x"),
)


@given(x=st.integers(-50, 50))
def check_values(student: Student, x: int) -> None:
    """triple(x) is 3 x."""
    student.triple(x).equals(3 * x)


@mutant
def square(source: Source) -> Source:
    """You multiply x by itself; multiply it by three."""
    return source.swap("3 * x", "x * x")


@mutant
def same(source: Source) -> Source:
    """You return x as it is; multiply it by three."""
    return source.swap("3 * x", "x")


@mutant
def half(source: Source) -> Source:
    """You divide x; multiply it by three."""
    return source.swap("3 * x", "x / 3")


@mutant
def negative(source: Source) -> Source:
    """Your sign is turned round."""
    return source.swap("3 * x", "-3 * x")
