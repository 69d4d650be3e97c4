"""Checks and mutants of conv2d_backward."""

from typing import Any

import numpy as np

from grader.spec import Exercise, Source, Student, example, given, mutant, st

EXERCISE = Exercise(
    title="Convolution in two dimensions, backward",
    names=("conv2d_backward",),
    points=4,
    after=("ch08_cnn/ex02_conv2d_forward",),
    imports=("numpy",),
    hints=(
        "Begin with gb: the bias of a kernel is added to each of its outputs, so its gradient is the "
        "sum of that kernel's g. Over which three axes is that?",
        "For gw and gx, loop over n, o, i, j as in the forward direction. The output (n, o, i, j) was"
        " made from one patch of the padded image and from w[o]. What does it add to gw[o], and what "
        "to the gradient of the patch?",
        "Make gx as large as the padded image, full of zeros, and collect with `+=`, since "
        "neighbouring kernels overlap. When all is collected, cut off pad_h rows above and below and "
        "pad_w columns on each side.",
        "Inside the loops: gw[o] += g[n, o, i, j] * patch, and gx_padded[n, :, rows, cols] += g[n, o,"
        " i, j] * w[o], where rows = slice(i * stride_h, i * stride_h + kernel_h), cols is its like "
        "for j, and patch is x_padded[n, :, rows, cols]. At the end, gx = gx_padded[:, :, pad_h : "
        "pad_h + height, pad_w : pad_w + width].",
    ),
)


def numbers(shape: tuple[int, ...], seed: int) -> np.ndarray:
    """Halves: sums of their products are exact, so that every order of summation gives the same result."""
    return np.random.default_rng([*shape, seed]).integers(-9, 10, shape) / 2


def positions(size: int, kernel: int, stride: int, padding: int) -> range:
    """Where the kernel begins, counted in pixels of the image; the padding lies before 0."""
    return range(-padding, size + padding - kernel + 1, stride)


def out_shape(
    x_shape: tuple[int, ...], w_shape: tuple[int, ...], stride: tuple[int, int], padding: tuple[int, int]
) -> tuple[int, ...]:
    """Return the shape of the forward direction's output."""
    sizes = zip(x_shape[2:], w_shape[2:], stride, padding, strict=True)
    return (x_shape[0], w_shape[0], *(len(positions(*each)) for each in sizes))


def layer(
    x_shape: tuple[int, ...],
    w_shape: tuple[int, ...],
    stride: tuple[int, int] = (1, 1),
    padding: tuple[int, int] = (0, 0),
    seed: int = 0,
) -> dict[str, Any]:
    """Arguments of conv2d_backward for images and kernels of these shapes."""
    g = numbers(out_shape(x_shape, w_shape, stride, padding), seed + 2)
    x, w = numbers(x_shape, seed), numbers(w_shape, seed + 1)
    return {"g": g, "x": x, "w": w, "stride": stride, "padding": padding}


@st.composite
def layers(draw: st.DrawFn, *, most_stride: int = 1, most_padding: int = 0) -> dict[str, Any]:
    """Arguments of conv2d_backward; the kernel always fits."""
    n, c, o = draw(st.integers(1, 2)), draw(st.integers(1, 3)), draw(st.integers(1, 3))
    kernel = (draw(st.integers(1, 3)), draw(st.integers(1, 3)))
    stride = (draw(st.integers(1, most_stride)), draw(st.integers(1, most_stride)))
    padding = (draw(st.integers(0, most_padding)), draw(st.integers(0, most_padding)))
    size = [draw(st.integers(max(1, k - 2 * p), 5)) for k, p in zip(kernel, padding, strict=True)]
    return layer((n, c, *size), (o, c, *kernel), stride, padding, draw(st.integers(0, 999)))


def by_definition(
    g: np.ndarray, x: np.ndarray, w: np.ndarray, stride: tuple[int, int], padding: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Visit every product, pixel times weight, of the forward direction; what lies outside the image is
    no pixel.
    """
    gx, gw, gb = np.zeros(x.shape), np.zeros(w.shape), np.zeros(len(w))
    _, channels, height, width = x.shape
    _, _, kernel_h, kernel_w = w.shape
    tops = positions(height, kernel_h, stride[0], padding[0])
    lefts = positions(width, kernel_w, stride[1], padding[1])
    for n, o, i, j in np.ndindex(g.shape):
        share = float(g[n, o, i, j])
        gb[o] += share
        for c, k, m in np.ndindex(channels, kernel_h, kernel_w):
            row, column = tops[i] + k, lefts[j] + m
            if 0 <= row < height and 0 <= column < width:
                gx[n, c, row, column] += share * float(w[o, c, k, m])
                gw[o, c, k, m] += share * float(x[n, c, row, column])
    return gx, gw, gb


@given(case=layers(most_stride=2, most_padding=1))
@example(case=layer((2, 3, 4, 3), (4, 3, 2, 2)))
def check_bias_gradient(student: Student, case: dict[str, Any]) -> None:
    """gb holds, for each kernel, the sum of g over all images, rows and columns."""
    student.conv2d_backward(**case)[2].equals(by_definition(**case)[2])


@given(case=layers())
@example(case=layer((1, 1, 3, 3), (1, 1, 2, 2)))
@example(case=layer((2, 3, 4, 3), (4, 3, 2, 2)))
@example(case=layer((1, 2, 3, 2), (1, 2, 3, 2)))
def check_kernel_gradient(student: Student, case: dict[str, Any]) -> None:
    """Each weight gets g times pixel from every position of its kernel, and all of them are added up."""
    student.conv2d_backward(**case)[1].equals(by_definition(**case)[1])


@given(case=layers())
@example(case=layer((1, 1, 3, 3), (1, 1, 2, 2)))
@example(case=layer((2, 3, 4, 3), (4, 3, 2, 2)))
@example(case=layer((1, 2, 3, 2), (1, 2, 3, 2)))
def check_image_gradient(student: Student, case: dict[str, Any]) -> None:
    """Each pixel gets g times weight from every kernel that lies on it, and all of them are added up."""
    student.conv2d_backward(**case)[0].equals(by_definition(**case)[0])


@given(case=layers(most_stride=3))
@example(case=layer((1, 1, 5, 6), (1, 1, 2, 2), stride=(2, 3)))
@example(case=layer((2, 2, 5, 4), (3, 2, 2, 3), stride=(2, 1)))
def check_stride(student: Student, case: dict[str, Any]) -> None:
    """The output (i, j) belongs to the kernel that begins at row i * stride[0] and column j * stride[1]."""
    compare_all(student, case)


@given(case=layers(most_stride=2, most_padding=2))
@example(case=layer((2, 2, 3, 4), (3, 2, 3, 2), stride=(1, 2), padding=(1, 0)))
@example(case=layer((1, 1, 2, 1), (1, 1, 3, 2), padding=(2, 1)))
def check_padding(student: Student, case: dict[str, Any]) -> None:
    """The zeros around the image take part, but gx has only the gradients of the image itself."""
    compare_all(student, case)


@given(case=layers(most_stride=2, most_padding=1))
@example(case=layer((1, 1, 2, 2), (1, 1, 2, 2)))
def check_inputs_left_alone(student: Student, case: dict[str, Any]) -> None:
    """The cotangent, the images and the kernels are the same after the call as before."""
    student.conv2d_backward(**case).leaves_inputs_alone()


def compare_all(student: Student, case: dict[str, Any]) -> None:
    """Compare gx, gw and gb with the definition."""
    got = student.conv2d_backward(**case)
    student.all_equal([(got[k], expected) for k, expected in enumerate(by_definition(**case))])


@mutant
def overlaps_overwritten(source: Source) -> str:
    """Where two kernels overlap, the later one overwrites what the earlier one gave to the pixel. Add
    it up: `+=` instead of `=`.
    """
    return source.swap("gx_padded[:, :, rows, cols] += ", "gx_padded[:, :, rows, cols] = ")


@mutant
def weights_overwritten(source: Source) -> str:
    """Only the last position of the kernel is left in gw. A weight takes part at every position; add
    up: `+=`.
    """
    return source.swap("            gw += np.einsum", "            gw = np.einsum")


@mutant
def averages_over_the_batch(source: Source) -> str:
    """You divide gw and gb by the number of images. If the loss is a mean, g knows it already; here we
    only add up.
    """
    return source.swap("return gx, gw, gb", "return gx, gw / len(x), gb / len(x)")


@mutant
def bias_for_each_image(source: Source) -> str:
    """Your gb still has an axis for the images. All images share one bias, so sum over the images too."""
    return source.swap("g.sum(axis=(0, 2, 3))", "g.sum(axis=(2, 3))")


@mutant
def kernels_not_summed(source: Source) -> str:
    """Your gx knows only the last kernel. Every kernel looks at every pixel, so sum over the kernels."""
    return source.swap('"no,ockl->nckl", here, w)', '"no,ockl->nckl", here[:, -1:], w[-1:])')


@mutant
def turns_the_kernel(source: Source) -> str:
    """You turn the kernel by 180 degrees. That is right if you slide it over a padded g; but when you
    go from output to output and give each patch its share, lay it down as it is.
    """
    return source.swap('"no,ockl->nckl", here, w)', '"no,ockl->nckl", here, w[:, :, ::-1, ::-1])')


@mutant
def stride_and_padding_swapped(source: Source) -> str:
    """You use the stride as padding and the padding as stride. Padding adds zeros around the image; the
    stride says how far the kernel moves on.
    """
    return source.swap("(pad_h, pad_w) = stride, padding", "(pad_h, pad_w) = padding, stride")


@mutant
def position_without_stride(source: Source) -> str:
    """Your kernel always moves by 1. The kernel of output (i, j) begins at row i * stride[0], column j
    * stride[1].
    """
    return source.swap("slice(i * stride_h, i * stride_h + kernel_h)", "slice(i, i + kernel_h)").swap(
        "slice(j * stride_w, j * stride_w + kernel_w)", "slice(j, j + kernel_w)"
    )


@mutant
def padding_left_on(source: Source) -> str:
    """Your gx still has the gradients of the padding around it. Cut them off: gx has the shape of x."""
    return source.swap("gx_padded[:, :, pad_h : pad_h + height, pad_w : pad_w + width]", "gx_padded")


@mutant
def padding_cut_at_the_end(source: Source) -> str:
    """You cut off all the padding below and on the right. The image begins at row padding[0] and column
    padding[1].
    """
    return source.swap("pad_h : pad_h + height, pad_w : pad_w + width", ":height, :width")


@mutant
def weights_in_place(source: Source) -> str:
    """You collect the gradient in the array w itself: `gw = w` gives the same array a second name.
    Begin with a new array of zeros, np.zeros_like(w).
    """
    return source.swap("gw = np.zeros_like(w)", "gw = w\n    w = w.copy()\n    gw[...] = 0.0")
