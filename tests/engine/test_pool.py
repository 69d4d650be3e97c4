"""Pooling: against loops over windows, against PyTorch, to the second derivative; ties, borders and layouts."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

import tinygrad_edu as tg
from tinygrad_edu.autograd import gradcheck, gradgradcheck
from tinygrad_edu.errors import ShapeError
from tinygrad_edu.ops import workspace
from tinygrad_edu.ops.pool import avg_pool2d, avg_pool2d_grad, max_pool2d, max_pool2d_grad, max_pool2d_pick

DTYPES = [np.float32, np.float64]
SQUARE = {"kernel_size": (2, 2), "stride": (2, 2)}


def drawn(seed, *shape, dtype=np.float64):
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


def with_ties(seed, *shape, dtype=np.float64):
    return np.random.default_rng(seed).integers(-2, 2, shape).astype(dtype)


@st.composite
def poolings(draw, dilated=True):
    """An image shape, and the parameters of a pooling that fits it."""

    def pair(low, high):
        return draw(st.integers(low, high)), draw(st.integers(low, high))

    kernel, stride = pair(1, 4), pair(1, 4)
    dilation = pair(1, 2) if dilated else (1, 1)
    # PyTorch allows half of the kernel, dilated or not
    padding = tuple(draw(st.integers(0, k // 2)) for k in kernel)
    reach = [d * (k - 1) + 1 for d, k in zip(dilation, kernel, strict=True)]
    size = [draw(st.integers(max(1, r - 2 * p), r + 6)) for r, p in zip(reach, padding, strict=True)]
    how = {"kernel_size": kernel, "stride": stride, "padding": padding, "ceil_mode": draw(st.booleans())}
    if dilated:
        how["dilation"] = dilation
    else:
        how["count_include_pad"] = draw(st.booleans())
    return (draw(st.integers(0, 2)), draw(st.integers(1, 3)), *size), how


def windows_of(shape, out_shape, how):
    """Yield each window of an output shape, with the pixels of the image that it sees, row by row."""
    dilation = how.get("dilation", (1, 1))
    for p, q in np.ndindex(out_shape[2:]):
        corner = [at * s - e for at, s, e in zip((p, q), how["stride"], how["padding"], strict=True)]
        pixels = [
            (corner[0] + i * dilation[0], corner[1] + j * dilation[1])
            for i, j in np.ndindex(how["kernel_size"])
        ]
        yield (p, q), [(r, c) for r, c in pixels if 0 <= r < shape[2] and 0 <= c < shape[3]]


def expected_size(shape, how):
    """The number of windows by the definition: those that begin within the image or its first border."""
    sizes = []
    for axis in (0, 1):
        kernel, step, edge = (how[name][axis] for name in ("kernel_size", "stride", "padding"))
        reach = how.get("dilation", (1, 1))[axis] * (kernel - 1) + 1
        starts = [s for s in range(-edge, shape[2 + axis] + edge) if (s + edge) % step == 0]
        whole = [s for s in starts if s + reach <= shape[2 + axis] + edge]
        count = len(whole)
        if how["ceil_mode"] and count < len(starts):
            covered = whole[-1] + reach == shape[2 + axis] + edge
            count += not covered and starts[count] < shape[2 + axis]
        sizes.append(count)
    return tuple(sizes)


# as many windows as would tile the image, and yet they do not
SHIFTED = {"kernel_size": (3, 3), "stride": (3, 3), "padding": (1, 1), "ceil_mode": False, "dilation": (1, 1)}
DILATED = {"kernel_size": (2, 2), "stride": (2, 2), "padding": (0, 0), "ceil_mode": True, "dilation": (2, 2)}


@pytest.mark.parametrize("dtype", DTYPES)
@settings(deadline=None, max_examples=60)
@given(case=poolings(), seed=st.integers(0, 2**32 - 1), ties=st.booleans())
@example(case=((1, 1, 3, 3), SHIFTED), seed=0, ties=False)
@example(case=((1, 1, 4, 4), DILATED), seed=0, ties=False)
def test_max_agrees_with_the_definition(dtype, case, seed, ties):
    shape, how = case
    x = (with_ties if ties else drawn)(seed, *shape, dtype=dtype)
    out = max_pool2d(x, **how)
    assert out.shape == (*shape[:2], *expected_size(shape, how))
    assert out.dtype == dtype
    g, h = drawn(seed + 1, *out.shape, dtype=dtype), drawn(seed + 2, *shape, dtype=dtype)
    # a window between whose taps the whole image falls sees nothing: the maximum of nothing is -inf
    expected, gx, picked = np.full_like(out, -np.inf), np.zeros(shape), np.zeros_like(out)
    for at, pixels in windows_of(shape, out.shape, how):
        for image in np.ndindex(shape[:2]) if pixels else ():
            # max() takes the first of a tie
            pixel = image + max(pixels, key=lambda pixel, image=image: x[image + pixel])
            expected[image + at] = x[pixel]
            gx[pixel] += g[image + at]
            picked[image + at] = h[pixel]
    assert np.array_equal(out, expected)
    np.testing.assert_allclose(max_pool2d_grad(g, x, out, **how), gx.astype(dtype), rtol=1e-5, atol=1e-5)
    assert np.array_equal(max_pool2d_pick(h, x, out, **how), picked)


@pytest.mark.parametrize("dtype", DTYPES)
@settings(deadline=None, max_examples=60)
@given(case=poolings(dilated=False), seed=st.integers(0, 2**32 - 1))
def test_average_agrees_with_the_definition(dtype, case, seed):
    shape, how = case
    x = drawn(seed, *shape, dtype=dtype)
    out = avg_pool2d(x, **how)
    assert out.shape == (*shape[:2], *expected_size(shape, how))
    g = drawn(seed + 1, *out.shape, dtype=dtype)
    expected, gx = np.empty(out.shape), np.zeros(shape)
    for at, pixels in windows_of(shape, out.shape, how):
        count = len(pixels)
        if how["count_include_pad"]:
            # what lies beyond the border is no padding either
            count = 1
            for axis in (0, 1):
                start = at[axis] * how["stride"][axis] - how["padding"][axis]
                count *= min(how["kernel_size"][axis], shape[2 + axis] + how["padding"][axis] - start)
        for image in np.ndindex(shape[:2]):
            expected[image + at] = sum(x[image + pixel] for pixel in pixels) / count
            for pixel in pixels:
                gx[image + pixel] += g[image + at] / count
    got = avg_pool2d_grad(g, size=shape[2:], **how)
    for mine, wanted in ((out, expected), (got, gx)):
        assert mine.dtype == dtype
        np.testing.assert_allclose(mine, wanted, rtol=1e-5, atol=1e-5 if dtype == np.float32 else 1e-13)


@pytest.mark.parametrize("kind", ["max", "avg"])
@settings(deadline=None, max_examples=40)
@given(data=st.data(), seed=st.integers(0, 2**32 - 1))
def test_agrees_with_pytorch_to_the_second_derivative(kind, data, seed):
    torch = pytest.importorskip("torch")
    shape, how = data.draw(poolings(dilated=kind == "max"))
    x, ours = with_ties(seed, *shape), {"max": max_pool2d, "avg": avg_pool2d}[kind]
    out_shape = ours(x, **how).shape
    # PyTorch refuses some empty batches, and crashes where a window sees no pixel
    assume(x.size and all(pixels for _, pixels in windows_of(shape, out_shape, how)))
    g, d = drawn(seed + 1, *out_shape), drawn(seed + 2, *shape)

    def derivatives(lib, pool):
        leaf, cotangent = lib.tensor(x, requires_grad=True), lib.tensor(g, requires_grad=True)
        out = pool(leaf, **how)
        (first,) = lib.autograd.grad(out, leaf, cotangent, create_graph=True)
        (second,) = lib.autograd.grad((first * lib.tensor(d)).sum(), cotangent)
        return [tensor.detach().numpy() for tensor in (out, first, second)]

    theirs = torch.nn.functional.max_pool2d if kind == "max" else torch.nn.functional.avg_pool2d
    for mine, other in zip(derivatives(tg, ours), derivatives(torch, theirs), strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(
    "window",
    [SQUARE, {"kernel_size": (3, 2), "stride": (2, 1), "padding": (1, 1)}],
    ids=["tiles", "overlaps"],
)
@pytest.mark.parametrize("pool", [max_pool2d, avg_pool2d])
def test_rules_hold_up_against_numbers(pool, window):
    # all apart, so that no step of the difference makes another one the largest
    values = np.random.default_rng(0).permutation(2 * 2 * 6 * 4).reshape(2, 2, 6, 4) / 10.0
    x = tg.tensor(values, requires_grad=True)
    assert gradcheck(lambda x: pool(x, **window) ** 2, (x,))
    assert gradgradcheck(lambda x: pool(x, **window) ** 2, (x,))


def test_picking_is_the_transpose_of_its_own_rule():
    x, h = drawn(0, 1, 2, 4, 6), tg.tensor(drawn(1, 1, 2, 4, 6), requires_grad=True)
    out = max_pool2d(x, **SQUARE)
    how = {**SQUARE, "padding": (0, 0), "dilation": (1, 1), "ceil_mode": False}
    assert gradcheck(lambda h: max_pool2d_pick(h, x, out, **how), (h,))


def test_a_tie_goes_to_the_first_pixel_row_by_row():
    x = tg.tensor([[[[0.0, 3.0, 1.0, 1.0], [3.0, 3.0, 1.0, 1.0]]]], requires_grad=True)
    max_pool2d(x, **SQUARE).sum().backward()
    assert x.grad.tolist() == [[[[0.0, 1.0, 1.0, 0.0], [0.0, 0.0, 0.0, 0.0]]]]


def test_the_border_never_wins():
    x = tg.tensor(np.full((1, 1, 3, 3), -5.0), requires_grad=True)
    out = max_pool2d(x, kernel_size=(2, 2), stride=(2, 2), padding=(1, 1))
    assert out.tolist() == [[[[-5.0, -5.0], [-5.0, -5.0]]]]
    out.sum().backward()
    assert x.grad.sum().item() == 4.0


@pytest.mark.parametrize("value", [np.nan, -np.inf, np.inf])
def test_windows_of_special_values_pass_their_gradient_on(value):
    x = tg.tensor(np.array([[[[1.0, value], [value, value]]]]), requires_grad=True)
    out = max_pool2d(x, **SQUARE)
    np.testing.assert_equal(out.item(), np.maximum(1.0, value))
    out.sum().backward()
    assert x.grad.sum().item() == 1.0


LAYOUTS = {
    "C order": np.ascontiguousarray,
    "channels last": lambda a: np.ascontiguousarray(a.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2),
    "mirrored": lambda a: np.ascontiguousarray(a[:, :, ::-1, ::-1])[:, :, ::-1, ::-1],
}


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_layout_and_threads_do_not_matter(monkeypatch, layout, threads):
    how = {"kernel_size": (3, 2), "stride": (2, 2), "padding": (1, 1)}
    x = with_ties(0, 5, 3, 7, 8)
    plain = max_pool2d(x, **how), avg_pool2d(x, **how)
    g = drawn(1, *plain[0].shape)

    def all_of(x, g, out):
        return [
            max_pool2d(x, **how),
            avg_pool2d(x, **how),
            max_pool2d_grad(g, x, out, dilation=(1, 1), ceil_mode=False, **how),
            avg_pool2d_grad(g, size=(7, 8), ceil_mode=False, count_include_pad=True, **how),
        ]

    expected = all_of(x, g, plain[0])
    monkeypatch.setattr(workspace, "BLOCK_BYTES", 2**10)
    monkeypatch.setattr(workspace, "THREADED_BYTES", 0)
    monkeypatch.setattr(workspace, "_threads", threads)
    change = LAYOUTS[layout]
    before = x.copy()
    for got, wanted in zip(all_of(change(x), change(g), change(plain[0])), expected, strict=True):
        np.testing.assert_allclose(got, wanted, rtol=1e-15)
    assert np.array_equal(x, before)


def test_whole_numbers():
    out = max_pool2d(np.arange(-16, 0).reshape(1, 1, 4, 4), **SQUARE, padding=(1, 1))
    assert out.dtype == np.arange(1).dtype
    assert out.tolist() == [[[[-16, -14, -13], [-8, -6, -5], [-4, -2, -1]]]]


@pytest.mark.parametrize("pool", [max_pool2d, avg_pool2d])
@pytest.mark.parametrize(
    ("shape", "how", "words"),
    [
        ((3, 5, 5), {}, ["(3, 5, 5)", "(N, C, H, W)", "batch axis"]),
        ((1, 1, 1, 5), {}, ["(2, 2)", "(1, 1, 1, 5)", "smaller window"]),
        ((1, 1, 5, 5), {"padding": (0, 2)}, ["(0, 2)", "half", "less padding"]),
        ((1, 1, 5, 5), {"stride": (0, 1)}, ["stride is (0, 1)", "1 or more"]),
    ],
)
def test_windows_that_do_not_fit_get_a_sentence(pool, shape, how, words):
    with pytest.raises(ShapeError) as caught:
        pool(tg.zeros(*shape), **{**SQUARE, **how})
    message = str(caught.value)
    assert pool.op.name in message
    assert all(word in message for word in words), message
    assert "test_pool.py" in message
