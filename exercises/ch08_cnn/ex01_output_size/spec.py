"""Checks and mutants of output_size."""

import numpy as np

from grader.spec import Exercise, Source, Student, example, given, mutant, st

EXERCISE = Exercise(
    title="The size of a convolution's output",
    names=("output_size",),
    points=1,
    imports=("math", "numpy"),
    hints=(
        "Forget the formula for a moment. Draw a line of 7 boxes on paper, lay a kernel of 3 boxes at"
        " its left end, and move it on by 2 as long as it fits. How far could it move in all? How "
        "many moves was that? How many positions?",
        "Compute in three steps: how many pixels there are with the padding (it is added at both "
        "ends), how many the kernel covers (from the first to the last that it looks at), and the "
        "difference, which is the room to move.",
        "A move needs a whole stride of room, so divide the room by the stride and round down: that "
        "is what `//` does. Then add the position at the start. Raise the ValueError before, if the "
        "room is negative.",
        "covered = dilation * (kernel - 1) + 1, room = size + 2 * padding - covered; then an `if` for"
        " room < 0, and a `return` with room, `//`, stride and + 1.",
    ),
)

STRIDES = {"stride": st.integers(1, 4)}
PADDINGS = {"padding": st.integers(0, 4)}
DILATIONS = {"dilation": st.integers(1, 3)}


@st.composite
def layers(draw: st.DrawFn, **drawn: st.SearchStrategy[int]) -> dict[str, int]:
    """Arguments of output_size, on a line on which the kernel fits."""
    others = {name: draw(strategy) for name, strategy in drawn.items()}
    kernel = draw(st.integers(1, 5))
    covered = others.get("dilation", 1) * (kernel - 1) + 1
    least = max(1, covered - 2 * others.get("padding", 0))
    return {"size": draw(st.integers(least, least + 8)), "kernel": kernel, **others}


def count_positions(size: int, kernel: int, stride: int = 1, padding: int = 0, dilation: int = 1) -> int:
    """Walk the kernel over the line, pixel 0 being the first that is not padding, and count."""
    positions = 0
    first = -padding
    while first + dilation * (kernel - 1) < size + padding:
        positions += 1
        first += stride
    return positions


@given(case=layers())
@example(case={"size": 3, "kernel": 3})
@example(case={"size": 7, "kernel": 3})
def check_kernel(student: Student, case: dict[str, int]) -> None:
    """With stride 1 and nothing else, the kernel fits at size - kernel + 1 positions."""
    student.output_size(**case).equals(count_positions(**case))


@given(case=layers(**STRIDES))
@example(case={"size": 7, "kernel": 3, "stride": 2})
@example(case={"size": 8, "kernel": 3, "stride": 2})
@example(case={"size": 3, "kernel": 3, "stride": 4})
def check_stride(student: Student, case: dict[str, int]) -> None:
    """A move counts only if there is room for a whole stride; a rest at the end is dropped."""
    student.output_size(**case).equals(count_positions(**case))


@given(case=layers(**STRIDES, **PADDINGS))
@example(case={"size": 7, "kernel": 3, "stride": 2, "padding": 1})
@example(case={"size": 224, "kernel": 7, "stride": 2, "padding": 3})
@example(case={"size": 1, "kernel": 5, "stride": 1, "padding": 2})
def check_padding(student: Student, case: dict[str, int]) -> None:
    """Padding makes the line longer by that many pixels at each of its two ends."""
    student.output_size(**case).equals(count_positions(**case))


@given(case=layers(**STRIDES, **PADDINGS, **DILATIONS))
@example(case={"size": 7, "kernel": 3, "dilation": 2})
@example(case={"size": 7, "kernel": 1, "dilation": 3})
def check_dilation(student: Student, case: dict[str, int]) -> None:
    """With dilation d, a kernel of k pixels covers d * (k - 1) + 1 pixels."""
    student.output_size(**case).equals(count_positions(**case))


@given(case=layers(**STRIDES))
@example(case={"size": 7, "kernel": 3, "stride": 2})
def check_whole_number(student: Student, case: dict[str, int]) -> None:
    """The answer is an int, so that it can be a shape; 3.0 cannot."""
    got = student.output_size(**case)
    value = got.value()
    if type(value) is not int and not isinstance(value, np.integer):
        student.apply("type_name", got).equals("int")


@given(size=st.integers(1, 9), missing=st.integers(1, 3), **STRIDES, **PADDINGS)
@example(size=4, padding=0, missing=1, stride=1)
@example(size=2, padding=1, missing=2, stride=3)
def check_no_room(student: Student, size: int, missing: int, stride: int, padding: int) -> None:
    """A kernel that covers more pixels than there are, padding included, is a ValueError."""
    kernel = size + 2 * padding + missing
    student.output_size(size=size, kernel=kernel, stride=stride, padding=padding).raises(ValueError)


@mutant
def forgets_the_start(source: Source) -> str:
    """You count the moves. The position at the start, before the first move, counts too."""
    return source.swap("return room // stride + 1", "return room // stride")


@mutant
def padding_at_one_end(source: Source) -> str:
    """You add the padding once. It is added at the left end and at the right end."""
    return source.swap("room = size + 2 * padding - covered", "room = size + padding - covered")


@mutant
def stride_and_padding_swapped(source: Source) -> str:
    """You use the stride where the padding belongs and the padding where the stride belongs. Padding
    makes the line longer; stride divides the room.
    """
    return source.swap("2 * padding - covered", "2 * stride - covered").swap(
        "room // stride", "room // padding"
    )


@mutant
def dilation_forgotten(source: Source) -> str:
    """You take the kernel's own size for the pixels that it covers. With dilation there are gaps
    between them, which are covered too.
    """
    return source.swap("covered = dilation * (kernel - 1) + 1", "covered = kernel")


@mutant
def dilation_after_the_last(source: Source) -> str:
    """You count dilation * kernel pixels, that is, a gap after the last pixel of the kernel as well.
    There are gaps only between its pixels, and these are one fewer than the pixels.
    """
    return source.swap("covered = dilation * (kernel - 1) + 1", "covered = dilation * kernel")


@mutant
def rounds_up(source: Source) -> str:
    """You round up, so that the last kernel sticks out at the end. Round down: a rest that is shorter
    than the stride is dropped.
    """
    return source.swap("room // stride + 1", "-(-room // stride) + 1")


@mutant
def rounds_to_nearest(source: Source) -> str:
    """You round to the nearest number, and half the time that is up. Round down: a rest that is shorter
    than the stride is dropped.
    """
    return source.swap("room // stride + 1", "round(room / stride) + 1")


@mutant
def divides_with_a_rest(source: Source) -> str:
    """You divide with `/`, which keeps the rest. Divide with `//`, which rounds down and gives an int."""
    return source.swap("room // stride + 1", "room / stride + 1")


@mutant
def returns_a_float(source: Source) -> str:
    """Your number is right, but it is a float (np.floor gives one, too). Divide with `//`, which gives
    an int.
    """
    return source.swap("room // stride + 1", "room / stride // 1 + 1")


@mutant
def no_error(source: Source) -> str:
    """You return a number even where the kernel does not fit. Look at the room first, and raise a
    ValueError if it is negative.
    """
    return source.swap("if room < 0:", "if False:")


@mutant
def touching_is_too_large(source: Source) -> str:
    """You raise the error also where the kernel just fits. With no room to move there is still one
    position.
    """
    return source.swap("if room < 0:", "if room <= 0:")
