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

SIZES = st.integers(1, 12)
KERNELS = st.integers(1, 5)
STRIDES = st.integers(1, 4)
PADDINGS = st.integers(0, 4)
DILATIONS = st.integers(1, 3)


def count_positions(size: int, kernel: int, stride: int = 1, padding: int = 0, dilation: int = 1) -> int:
    """Walk the kernel over the line, pixel 0 being the first that is not padding, and count."""
    positions = 0
    first = -padding
    while first + dilation * (kernel - 1) < size + padding:
        positions += 1
        first += stride
    return positions


def compare(student: Student, **settings: int) -> None:
    """Compare where the kernel fits; where it does not, another check asks for the error."""
    expected = count_positions(**settings)
    if expected:
        student.output_size(**settings).equals(expected)


@given(size=SIZES, kernel=KERNELS)
@example(size=3, kernel=3)
@example(size=7, kernel=3)
def check_kernel(student: Student, size: int, kernel: int) -> None:
    """With stride 1 and nothing else, the kernel fits at size - kernel + 1 positions."""
    compare(student, size=size, kernel=kernel)


@given(size=SIZES, kernel=KERNELS, stride=STRIDES)
@example(size=7, kernel=3, stride=2)
@example(size=8, kernel=3, stride=2)
@example(size=3, kernel=3, stride=4)
def check_stride(student: Student, size: int, kernel: int, stride: int) -> None:
    """A move counts only if there is room for a whole stride; a rest at the end is dropped."""
    compare(student, size=size, kernel=kernel, stride=stride)


@given(size=SIZES, kernel=KERNELS, stride=STRIDES, padding=PADDINGS)
@example(size=7, kernel=3, stride=2, padding=1)
@example(size=224, kernel=7, stride=2, padding=3)
@example(size=1, kernel=5, stride=1, padding=2)
def check_padding(student: Student, size: int, kernel: int, stride: int, padding: int) -> None:
    """Padding makes the line longer by that many pixels at each of its two ends."""
    compare(student, size=size, kernel=kernel, stride=stride, padding=padding)


@given(size=SIZES, kernel=KERNELS, stride=STRIDES, padding=PADDINGS, dilation=DILATIONS)
@example(size=7, kernel=3, stride=1, padding=0, dilation=2)
@example(size=7, kernel=1, stride=1, padding=0, dilation=3)
def check_dilation(
    student: Student, size: int, kernel: int, stride: int, padding: int, dilation: int
) -> None:
    """With dilation d, a kernel of k pixels covers d * (k - 1) + 1 pixels."""
    compare(student, size=size, kernel=kernel, stride=stride, padding=padding, dilation=dilation)


@given(size=st.integers(5, 12), kernel=KERNELS, stride=STRIDES)
@example(size=7, kernel=3, stride=2)
def check_whole_number(student: Student, size: int, kernel: int, stride: int) -> None:
    """The answer is an int, so that it can be a shape; 3.0 cannot."""
    got = student.output_size(size=size, kernel=kernel, stride=stride)
    if not isinstance(got.value(), int | np.integer):
        student.apply("type_name", got).equals("int")


@given(size=st.integers(1, 4), kernel=st.integers(2, 6), stride=STRIDES, padding=st.integers(0, 1))
@example(size=4, kernel=5, stride=1, padding=0)
@example(size=2, kernel=6, stride=3, padding=1)
def check_no_room(student: Student, size: int, kernel: int, stride: int, padding: int) -> None:
    """A kernel that covers more pixels than there are, padding included, is a ValueError."""
    settings = {"size": size, "kernel": kernel, "stride": stride, "padding": padding}
    if not count_positions(**settings):
        student.output_size(**settings).raises(ValueError)


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
