"""Checks and mutants of max_pool2d and max_pool2d_backward."""

from typing import Any

import numpy as np

from grader.spec import Exercise, Source, Student, example, given, mutant, st

EXERCISE = Exercise(
    title="Max pooling, forward and backward",
    names=("max_pool2d", "max_pool2d_backward"),
    points=3,
    after=("ch08_cnn/ex01_output_size",),
    imports=("numpy",),
    hints=(
        "The window moves over the image just as the kernel of a convolution does; only what is done "
        "with the patch is another thing, and every channel is by itself. Write the forward direction"
        " first.",
        "np.pad has a keyword constant_values: pad with -np.inf. Then out[n, c, i, j] is the .max() "
        "of the patch that begins at row i * stride_h and column j * stride_w.",
        "Backward, look at one window at a time. Find the place of its largest number: "
        "np.argmax(window) gives the first one, counted through all rows; divmod(place, kernel_w) "
        "turns the count into row and column.",
        "Collect in zeros as large as the padded image: gx[n, c, top + row, left + column] += g[n, c,"
        " i, j], for every n, c, i, j. At the end cut off the padding: gx[:, :, pad_h : pad_h + "
        "height, pad_w : pad_w + width].",
    ),
)


def starts(size: int, kernel: int, stride: int, padding: int) -> range:
    """Where the windows begin, counted in pixels of the image; the padding lies before 0."""
    return range(-padding, size + padding - kernel + 1, stride)


def layer(
    shape: tuple[int, ...],
    kernel: tuple[int, ...],
    stride: tuple[int, ...],
    padding: tuple[int, ...] = (0, 0),
    kind: str = "distinct",
    seed: int = 0,
) -> dict[str, Any]:
    """Arguments of max_pool2d, and the cotangent g beside them; the pixels are distinct or tied."""
    rng = np.random.default_rng([*shape, seed])
    count = int(np.prod(shape))
    pixels = {
        "distinct": lambda: rng.permutation(count) - count // 2,
        "positive": lambda: 1 + rng.permutation(count),
        "negative": lambda: -1 - rng.permutation(count),
        "deep": lambda: (-1 - rng.permutation(count)) * 1e12,
        "tied": lambda: rng.integers(0, 2, count),
    }[kind]()
    out = [len(starts(*each)) for each in zip(shape[2:], kernel, stride, padding, strict=True)]
    return {
        "x": pixels.reshape(shape) / 2,
        "kernel": kernel,
        "stride": stride,
        "padding": padding,
        "g": rng.choice([-0.5, 0.5]) * rng.integers(2, 10, (*shape[:2], *out)),  # no two shares cancel
    }


@st.composite
def layers(
    draw: st.DrawFn, kind: str = "distinct", *, padded: bool = False, overlapping: bool = False
) -> dict[str, Any]:
    """Arguments as from `layer`, with padding at most half the window; the window always fits."""
    n, c = draw(st.integers(1, 2)), draw(st.integers(1, 2))
    kernel = tuple(draw(st.integers(2 if overlapping else 1, 3)) for _ in "hw")
    stride = tuple(draw(st.integers(1, k - 1 if overlapping else 3)) for k in kernel)
    padding = tuple(draw(st.integers(0, k // 2 if padded else 0)) for k in kernel)
    size = [draw(st.integers(max(1, k - 2 * p), 4)) for k, p in zip(kernel, padding, strict=True)]
    return layer((n, c, *size), kernel, stride, padding, kind, draw(st.integers(0, 999)))


def by_definition(
    x: np.ndarray,
    kernel: tuple[int, int],
    stride: tuple[int, int],
    padding: tuple[int, int],
    g: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """List the pixels of every window, row by row: the largest is its output, the first such has its
    share.
    """
    out, gx = np.zeros(g.shape), np.zeros(x.shape)
    height, width = x.shape[2:]
    tops = starts(height, kernel[0], stride[0], padding[0])
    lefts = starts(width, kernel[1], stride[1], padding[1])
    for n, c, i, j in np.ndindex(g.shape):
        rows = [r for r in range(tops[i], tops[i] + kernel[0]) if 0 <= r < height]
        columns = [s for s in range(lefts[j], lefts[j] + kernel[1]) if 0 <= s < width]
        pixels = [(float(x[n, c, r, s]), r, s) for r in rows for s in columns]
        largest = max(value for value, _, _ in pixels)
        winner = next((r, s) for value, r, s in pixels if value == largest)
        out[n, c, i, j] = largest
        gx[n, c][winner] += float(g[n, c, i, j])
    return out, gx


def compare_forward(student: Student, case: dict[str, Any]) -> None:
    """Compare the output of the forward direction."""
    got = student.max_pool2d(case["x"], case["kernel"], case["stride"], case["padding"])
    got.equals(by_definition(**case)[0])


def compare_backward(student: Student, case: dict[str, Any]) -> None:
    """Compare the gradient of the images."""
    got = student.max_pool2d_backward(case["g"], case["x"], case["kernel"], case["stride"], case["padding"])
    got.equals(by_definition(**case)[1])


@given(case=layers())
@example(case=layer((1, 1, 4, 4), (2, 2), (2, 2)))
@example(case=layer((2, 3, 5, 3), (2, 2), (2, 1)))
@example(case=layer((1, 1, 3, 2), (3, 2), (1, 1)))
def check_forward(student: Student, case: dict[str, Any]) -> None:
    """Each output is the largest number in its window, which moves on by the stride; a rest at the end
    is dropped.
    """
    compare_forward(student, case)


@given(case=layers("negative", padded=True))
@example(case=layer((1, 1, 2, 2), (2, 2), (2, 2), (1, 1), "deep"))
@example(case=layer((2, 2, 3, 4), (3, 2), (2, 1), (1, 0), "negative"))
@example(case=layer((2, 2, 3, 4), (2, 3), (1, 2), (0, 1), "negative"))
def check_padding(student: Student, case: dict[str, Any]) -> None:
    """padding[0] rows lie above and below the image and padding[1] columns on each side, and they never
    win.
    """
    compare_forward(student, case)


@given(case=layers())
@example(case=layer((1, 1, 4, 4), (2, 2), (2, 2)))
@example(case=layer((2, 2, 4, 3), (2, 3), (3, 1)))
def check_backward(student: Student, case: dict[str, Any]) -> None:
    """The largest pixel of a window gets the window's g, and all the other pixels get 0."""
    compare_backward(student, case)


@given(case=layers(overlapping=True))
@example(case=layer((1, 1, 3, 3), (2, 2), (1, 1)))
@example(case=layer((1, 2, 4, 5), (3, 3), (1, 2)))
def check_overlap(student: Student, case: dict[str, Any]) -> None:
    """A pixel that wins several windows gets the sum of their g."""
    compare_backward(student, case)


@given(case=layers("tied"))
@example(case=layer((1, 1, 2, 2), (2, 2), (2, 2), kind="tied"))
@example(case=layer((1, 1, 4, 4), (2, 3), (1, 1), kind="tied"))
def check_ties(student: Student, case: dict[str, Any]) -> None:
    """Of several equal largest pixels only the first, row by row, gets the window's g."""
    compare_backward(student, case)


@given(case=layers("positive", padded=True))
@example(case=layer((1, 1, 2, 2), (2, 2), (2, 2), (1, 1), "positive"))
@example(case=layer((2, 2, 3, 4), (3, 2), (2, 1), (1, 0), "positive"))
@example(case=layer((2, 2, 3, 4), (2, 3), (1, 2), (0, 1), "positive"))
def check_backward_padding(student: Student, case: dict[str, Any]) -> None:
    """With padding, the gradient still has the shape of x, and each pixel its own share."""
    compare_backward(student, case)


@given(case=layers("negative", padded=True))
@example(case=layer((1, 1, 2, 2), (2, 2), (2, 2), (1, 1), "deep"))
def check_backward_negative(student: Student, case: dict[str, Any]) -> None:
    """Padding never wins, also where all the pixels are negative, so that no share is lost to it."""
    compare_backward(student, case)


@given(case=layers())
@example(case=layer((1, 1, 2, 2), (2, 2), (2, 2)))
def check_inputs_left_alone(student: Student, case: dict[str, Any]) -> None:
    """Neither function changes the images, and the backward one does not change g."""
    settings = (case["kernel"], case["stride"], case["padding"])
    student.max_pool2d(case["x"], *settings).leaves_inputs_alone()
    student.max_pool2d_backward(case["g"], case["x"], *settings).leaves_inputs_alone()


@mutant
def pads_with_zeros(source: Source) -> str:
    """You pad with zeros, and a zero wins against pixels that are all negative. Pad with minus infinity."""
    return source.swap(
        "    x = np.pad(x, ((0, 0), (0, 0), (pad_h, pad_h), (pad_w, pad_w)), constant_values=-np.inf)",
        "    x = np.pad(x, ((0, 0), (0, 0), (pad_h, pad_h), (pad_w, pad_w)))",
    )


@mutant
def pads_with_zeros_backward(source: Source) -> str:
    """Your backward direction pads with zeros: where all pixels of a window are negative, its share
    goes to the padding and is lost. Pad with minus infinity there too.
    """
    return source.swap(
        "    padded = np.pad(x, ((0, 0), (0, 0), (pad_h, pad_h), (pad_w, pad_w)), constant_values=-np.inf)",
        "    padded = np.pad(x, ((0, 0), (0, 0), (pad_h, pad_h), (pad_w, pad_w)))",
    )


@mutant
def rows_and_columns_swapped(source: Source) -> str:
    """Your forward direction takes the stride's two numbers in the wrong order: the first is for moving
    down, the second for moving to the right.
    """
    return source.swap(
        "            top, left = i * stride_h, j * stride_w\n            out[",
        "            top, left = i * stride_w, j * stride_h\n            out[",
    )


@mutant
def stride_of_the_kernel(source: Source) -> str:
    """Your windows lie side by side, as if the stride were the size of the window. Move on by the stride."""
    return source.swap(
        "            top, left = i * stride_h, j * stride_w\n            out[",
        "            top, left = i * kernel_h, j * kernel_w\n            out[",
    )


@mutant
def stride_and_padding_swapped(source: Source) -> str:
    """Your backward direction uses the stride as padding and the padding as stride. Padding surrounds
    the image; the stride says how far the window moves on.
    """
    return source.swap(
        "    _, _, out_h, out_w = g.shape\n"
        "    (kernel_h, kernel_w), (stride_h, stride_w), (pad_h, pad_w) = kernel, stride, padding",
        "    _, _, out_h, out_w = g.shape\n"
        "    (kernel_h, kernel_w), (stride_h, stride_w), (pad_h, pad_w) = kernel, padding, stride",
    )


@mutant
def overlaps_overwritten(source: Source) -> str:
    """A pixel that wins several windows keeps only the share of the last. Add the shares up: `+=`
    instead of `=`.
    """
    return source.swap("left + col] += g[n, c, i, j]", "left + col] = g[n, c, i, j]")


@mutant
def counts_the_windows(source: Source) -> str:
    """You add 1 for every window that a pixel wins. It is worth what the loss says it is worth: add
    g[n, c, i, j].
    """
    return source.swap("left + col] += g[n, c, i, j]", "left + col] += 1.0")


@mutant
def ties_given_twice(source: Source) -> str:
    """With a tie you give the share to every pixel that is the largest, and so more than there is. Only
    the first one gets it: np.argmax finds it, `window == window.max()` finds all.
    """
    return source.swap(
        "        row, col = divmod(int(np.argmax(window)), kernel_w)\n"
        "        gx[n, c, top + row, left + col] += g[n, c, i, j]",
        "        winners = window == window.max()\n"
        "        gx[n, c, top : top + kernel_h, left : left + kernel_w] += winners * g[n, c, i, j]",
    )


@mutant
def ties_divided(source: Source) -> str:
    """With a tie you divide the share among all the pixels that are the largest. That would be a valid
    gradient too, but here the first one gets all of it, as in PyTorch.
    """
    return source.swap(
        "        row, col = divmod(int(np.argmax(window)), kernel_w)\n"
        "        gx[n, c, top + row, left + col] += g[n, c, i, j]",
        "        winners = window == window.max()\n"
        "        gx[n, c, top : top + kernel_h, left : left + kernel_w] += winners * g[n, c, i, j] / winners.sum()",
    )


@mutant
def ties_to_the_last(source: Source) -> str:
    """With a tie the last of the largest pixels gets the share. It should be the first: take a new
    winner only if it is larger (`>`), not if it is as large (`>=`).
    """
    return source.swap("int(np.argmax(window))", "window.size - 1 - int(np.argmax(window.ravel()[::-1]))")


@mutant
def padding_left_on(source: Source) -> str:
    """Your gradient still has the padding around it. Cut it off: it has the shape of x."""
    return source.swap("return gx[:, :, pad_h : pad_h + height, pad_w : pad_w + width]", "return gx")


@mutant
def padding_cut_at_the_end(source: Source) -> str:
    """You cut off all the padding below and on the right. The image begins at row padding[0] and column
    padding[1].
    """
    return source.swap("gx[:, :, pad_h : pad_h + height, pad_w : pad_w + width]", "gx[:, :, :height, :width]")


@mutant
def strikes_out_the_losers(source: Source) -> str:
    """You write into a window to mark the pixels that do not win. A slice is a view, so that changes
    the image, and with it the windows that come next. Leave x as it is; copy the window if you want to
    write into it.
    """
    return source.swap(
        "    padded = np.pad(x, ((0, 0), (0, 0), (pad_h, pad_h), (pad_w, pad_w)), constant_values=-np.inf)",
        "    padded = x\n"
        "    if pad_h or pad_w:\n"
        "        padded = np.pad(x, ((0, 0), (0, 0), (pad_h, pad_h), (pad_w, pad_w)), constant_values=-np.inf)",
    ).swap(
        "        row, col = divmod(int(np.argmax(window)), kernel_w)\n",
        "        row, col = divmod(int(np.argmax(window)), kernel_w)\n"
        "        window[window < window.max()] = -np.inf\n",
    )
