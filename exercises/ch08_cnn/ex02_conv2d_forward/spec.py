"""Checks and mutants of conv2d."""

from typing import Any

import numpy as np

from grader.spec import Exercise, Source, Student, example, given, mutant, st

EXERCISE = Exercise(
    title="Convolution in two dimensions, forward",
    names=("conv2d",),
    points=3,
    after=("ch08_cnn/ex01_output_size",),
    imports=("numpy",),
    hints=(
        "Start with one image, one channel, one kernel, stride 1 and no padding: two loops over the "
        "places i, j of the output. Which part of the image lies under the kernel at (i, j)? What do "
        "you do with it?",
        "At output place (i, j) the kernel's top left corner lies on row i * stride_h and column j * "
        "stride_w of the padded image. Cut out the patch from there, kernel_h rows and kernel_w "
        "columns, multiply by the kernel element by element, and sum over everything: rows, columns "
        "and channels.",
        "np.pad(x, ((0, 0), (0, 0), (pad_h, pad_h), (pad_w, pad_w))) adds zeros on all four sides and"
        " leaves x as it is. The bias has one number per kernel, and kernels are axis 1 of the "
        "output: b[:, None, None] lines it up.",
        "for n, o, i, j in np.ndindex(n_images, n_kernels, out_h, out_w): take patch = padded[n, :, "
        "top : top + kernel_h, left : left + kernel_w], then out[n, o, i, j] = (patch * w[o]).sum(). "
        "Add the bias at the end, unless it is None.",
    ),
)


def numbers(shape: tuple[int, ...], seed: int) -> np.ndarray:
    """Halves: sums of their products are exact, so that every order of summation gives the same result."""
    return np.random.default_rng([*shape, seed]).integers(-9, 10, shape) / 2


def layer(
    x_shape: tuple[int, ...],
    w_shape: tuple[int, ...],
    stride: tuple[int, int] = (1, 1),
    padding: tuple[int, int] = (0, 0),
    seed: int = 0,
) -> dict[str, Any]:
    """Arguments of conv2d of these shapes, without a bias."""
    return {
        "x": numbers(x_shape, seed),
        "w": numbers(w_shape, seed + 1),
        "stride": stride,
        "padding": padding,
    }


@st.composite
def layers(
    draw: st.DrawFn,
    *,
    most_images: int = 2,
    most_channels: int = 3,
    most_kernels: int = 3,
    most_stride: int = 1,
    most_padding: int = 0,
) -> dict[str, Any]:
    """Arguments of conv2d without a bias: every size up to the given one, and the kernel always fits."""
    n, c, o = (draw(st.integers(1, most)) for most in (most_images, most_channels, most_kernels))
    kernel = (draw(st.integers(1, 3)), draw(st.integers(1, 3)))
    stride = (draw(st.integers(1, most_stride)), draw(st.integers(1, most_stride)))
    padding = (draw(st.integers(0, most_padding)), draw(st.integers(0, most_padding)))
    size = [draw(st.integers(max(1, k - 2 * p), 5)) for k, p in zip(kernel, padding, strict=True)]
    return layer((n, c, *size), (o, c, *kernel), stride, padding, draw(st.integers(0, 999)))


def by_definition(
    x: np.ndarray,
    w: np.ndarray,
    b: np.ndarray | None = None,
    stride: tuple[int, int] = (1, 1),
    padding: tuple[int, int] = (0, 0),
) -> np.ndarray:
    """Compute every number of the output by itself; what lies outside the image counts as 0."""
    n_images, channels, height, width = x.shape
    n_kernels, _, kernel_h, kernel_w = w.shape

    def one(n: int, o: int, top: int, left: int) -> float:
        total = 0.0 if b is None else float(b[o])
        for c, k, m in np.ndindex(channels, kernel_h, kernel_w):
            if 0 <= top + k < height and 0 <= left + m < width:
                total += float(x[n, c, top + k, left + m]) * float(w[o, c, k, m])
        return total

    tops = range(-padding[0], height + padding[0] - kernel_h + 1, stride[0])
    lefts = range(-padding[1], width + padding[1] - kernel_w + 1, stride[1])
    rows = [
        [[[one(n, o, t, m) for m in lefts] for t in tops] for o in range(n_kernels)] for n in range(n_images)
    ]
    return np.array(rows)


@given(case=layers(most_images=1, most_channels=1, most_kernels=1))
@example(case=layer((1, 1, 3, 3), (1, 1, 2, 2)))
@example(case=layer((1, 1, 3, 2), (1, 1, 3, 2)))
def check_one_kernel(student: Student, case: dict[str, Any]) -> None:
    """With one channel and one kernel, each output is the sum of pixel times weight, the kernel laid
    down as it is.
    """
    student.conv2d(case["x"], case["w"]).equals(by_definition(case["x"], case["w"]))


@given(case=layers())
@example(case=layer((2, 3, 4, 3), (4, 3, 2, 2)))
def check_channels(student: Student, case: dict[str, Any]) -> None:
    """Each kernel makes one output channel of every image, and sums over all channels of the image."""
    student.conv2d(case["x"], case["w"]).equals(by_definition(case["x"], case["w"]))


@given(case=layers(most_stride=3))
@example(case=layer((1, 1, 5, 6), (1, 1, 2, 2), stride=(2, 3)))
@example(case=layer((1, 1, 3, 3), (1, 1, 3, 3), stride=(2, 2)))
def check_stride(student: Student, case: dict[str, Any]) -> None:
    """The kernel moves on by stride[0] rows and stride[1] columns, and a rest at the end is dropped."""
    x, w, stride = case["x"], case["w"], case["stride"]
    student.conv2d(x, w, stride=stride).equals(by_definition(x, w, stride=stride))


@given(case=layers(most_stride=3, most_padding=2))
@example(case=layer((2, 2, 3, 4), (3, 2, 3, 2), stride=(1, 2), padding=(1, 0)))
@example(case=layer((1, 1, 2, 1), (1, 1, 3, 2), padding=(2, 1)))
def check_padding(student: Student, case: dict[str, Any]) -> None:
    """padding[0] rows of zeros lie above and below the image, and padding[1] columns on each side."""
    student.conv2d(**case).equals(by_definition(**case))


@given(case=layers(most_stride=2, most_padding=1))
@example(case=layer((2, 2, 3, 4), (3, 2, 2, 2)))
def check_bias(student: Student, case: dict[str, Any]) -> None:
    """Each kernel's bias is added, once, to all the outputs of that kernel."""
    b = numbers((len(case["w"]),), 0)
    student.conv2d(**case, b=b).equals(by_definition(**case, b=b))


@given(case=layers(most_stride=2, most_padding=1))
@example(case=layer((1, 1, 2, 2), (1, 1, 2, 2)))
def check_inputs_left_alone(student: Student, case: dict[str, Any]) -> None:
    """The images, the kernels and the bias are the same after the call as before."""
    student.conv2d(**case, b=np.arange(1.0, len(case["w"]) + 1)).leaves_inputs_alone()


@mutant
def turns_the_kernel(source: Source) -> str:
    """You turn the kernel by 180 degrees, as the convolution of mathematics does. Here it is laid down
    as it is: w[o, c, 0, 0] meets the pixel at the top left of the patch.
    """
    return source.swap('"nckl,ockl->no", patch, w)', '"nckl,ockl->no", patch, w[:, :, ::-1, ::-1])')


@mutant
def stride_and_padding_swapped(source: Source) -> str:
    """You use the stride as padding and the padding as stride. Padding adds zeros around the image; the
    stride says how far the kernel moves on.
    """
    return source.swap("(pad_h, pad_w) = stride, padding", "(pad_h, pad_w) = padding, stride")


@mutant
def rows_and_columns_swapped(source: Source) -> str:
    """You take the stride's two numbers in the wrong order: the first is for moving down, the second
    for moving to the right.
    """
    return source.swap("(stride_h, stride_w), (pad_h", "(stride_w, stride_h), (pad_h")


@mutant
def padding_axes_swapped(source: Source) -> str:
    """You take the padding's two numbers in the wrong order: the first is for rows above and below, the
    second for columns on both sides.
    """
    return source.swap("(pad_h, pad_w) = stride, padding", "(pad_w, pad_h) = stride, padding")


@mutant
def channels_not_summed(source: Source) -> str:
    """Only the last channel is left in your output: each channel overwrites the one before it. Add them
    all up.
    """
    return source.swap('"nckl,ockl->no", patch, w)', '"nckl,ockl->no", patch[:, -1:], w[:, -1:])')


@mutant
def position_without_stride(source: Source) -> str:
    """The size of your output follows the stride, but the kernel does not: it still moves by 1. The
    kernel of output (i, j) begins at row i * stride[0] and column j * stride[1].
    """
    return source.swap("top, left = i * stride_h, j * stride_w", "top, left = i, j")


@mutant
def padding_at_the_end(source: Source) -> str:
    """You add all the padding below and on the right. Half of it belongs above and on the left."""
    return source.swap("(pad_h, pad_h), (pad_w, pad_w)", "(0, 2 * pad_h), (0, 2 * pad_w)")


@mutant
def bias_forgotten(source: Source) -> str:
    """You do not add the bias. Each kernel has one, and it belongs to all the outputs of that kernel."""
    return source.swap("if b is not None:", "if False:")


@mutant
def bias_along_the_columns(source: Source) -> str:
    """You add the bias along the last axis, the columns: NumPy lines up shapes from the right. Give it
    two more axes on the right, so that it runs along the kernels.
    """
    return source.swap("out += b[:, None, None]", "out = out + b")


@mutant
def bias_per_product(source: Source) -> str:
    """You add the bias once for every channel. Add it once to the finished sum."""
    return source.swap("out += b[:, None, None]", "out += b[:, None, None] * x.shape[1]")


@mutant
def weights_the_patch_in_place(source: Source) -> str:
    """You multiply the patch in place. A slice of an array is a view: `patch *= w` writes the products
    into the image itself. Make a new array, `patch * w`.
    """
    return source.swap(
        "    x = np.pad(x, ((0, 0), (0, 0), (pad_h, pad_h), (pad_w, pad_w)))\n",
        "    if pad_h or pad_w:\n        x = np.pad(x, ((0, 0), (0, 0), (pad_h, pad_h), (pad_w, pad_w)))\n",
    ).swap(
        'out[:, :, i, j] = np.einsum("nckl,ockl->no", patch, w)',
        "for n, o in np.ndindex(n_images, n_kernels):\n"
        "                one = patch[n]\n"
        "                one *= w[o]\n"
        "                out[n, o, i, j] = one.sum()",
    )
