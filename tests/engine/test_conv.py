"""Convolution: against seven loops, against PyTorch, to the second derivative; every path, layout and edge."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tinygrad_edu as tg
from tinygrad_edu.autograd import grad, gradcheck, gradgradcheck
from tinygrad_edu.errors import ShapeError
from tinygrad_edu.ops import winograd, workspace
from tinygrad_edu.ops.conv import conv2d, conv2d_input_grad, conv2d_weight_grad, empty_images

DTYPES = [np.float32, np.float64]
# errors of sums of some tens of products, relative to the largest result
TOLERANCE = {np.dtype(np.float32): 2e-6, np.dtype(np.float64): 1e-14}
ONE = {"stride": (1, 1), "padding": (0, 0), "dilation": (1, 1), "groups": 1}


def drawn(seed, *shape, dtype=np.float64):
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


def by_loops(x, w, g, *, stride, padding, dilation, groups):
    """The output, and the gradients of images and kernels for a cotangent `g`, by the definition."""
    out, gx, gw = np.zeros(g.shape), np.zeros(x.shape), np.zeros(w.shape)
    channels, kernels = w.shape[1], len(w) // groups
    for n, o, p, q in np.ndindex(g.shape):
        for c, i, j in np.ndindex(w.shape[1:]):
            row, column = (
                at * step + tap * spread - edge
                for at, step, tap, spread, edge in zip((p, q), stride, (i, j), dilation, padding, strict=True)
            )
            if 0 <= row < x.shape[2] and 0 <= column < x.shape[3]:
                pixel = n, o // kernels * channels + c, row, column
                out[n, o, p, q] += w[o, c, i, j] * x[pixel]
                gx[pixel] += w[o, c, i, j] * g[n, o, p, q]
                gw[o, c, i, j] += x[pixel] * g[n, o, p, q]
    return out, gx, gw


def agree(got, expected, dtype, factor=1.0):
    dtype = np.dtype(dtype)
    assert got.dtype == dtype
    assert got.shape == expected.shape
    scale = np.abs(expected).max(initial=1e-30)
    np.testing.assert_allclose(got / scale, expected / scale, rtol=0, atol=factor * TOLERANCE[dtype])


def all_three(x, w, g, **how):
    return (
        conv2d(x, w, **how),
        conv2d_input_grad(g, w, size=x.shape[2:], **how),
        conv2d_weight_grad(x, g, size=w.shape[2:], **how),
    )


@st.composite
def convolutions(draw):
    """Shapes and parameters of a small convolution: (x shape, w shape, output shape, parameters)."""

    def pair(low, high):
        return draw(st.integers(low, high)), draw(st.integers(low, high))

    groups = draw(st.integers(1, 3))
    kernel, stride, padding, dilation = pair(1, 4), pair(1, 3), pair(0, 4), pair(1, 2)
    reach = [d * (k - 1) + 1 for d, k in zip(dilation, kernel, strict=True)]
    size = [draw(st.integers(max(1, r - 2 * p), r + 6)) for r, p in zip(reach, padding, strict=True)]
    out = [(h + 2 * p - r) // s + 1 for h, p, r, s in zip(size, padding, reach, stride, strict=True)]
    batch, channels, kernels = draw(st.integers(0, 3)), draw(st.integers(1, 3)), draw(st.integers(1, 3))
    how = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    x, w = (batch, channels * groups, *size), (kernels * groups, channels, *kernel)
    return x, w, (batch, kernels * groups, *out), how


@pytest.mark.parametrize("dtype", DTYPES)
@settings(deadline=None, max_examples=60)
@given(case=convolutions(), seed=st.integers(0, 2**32 - 1))
def test_agrees_with_the_definition(dtype, case, seed):
    x_shape, w_shape, out_shape, how = case
    x, w, g = (drawn(seed + i, *shape, dtype=dtype) for i, shape in enumerate((x_shape, w_shape, out_shape)))
    for got, expected in zip(all_three(x, w, g, **how), by_loops(x, w, g, **how), strict=True):
        agree(got, expected, dtype)


@settings(deadline=None, max_examples=40)
@given(case=convolutions(), seed=st.integers(0, 2**32 - 1))
def test_agrees_with_pytorch_to_the_second_derivative(case, seed):
    torch = pytest.importorskip("torch")
    x_shape, w_shape, out_shape, how = case
    if x_shape[0] == 0:
        # PyTorch's own second derivative refuses an empty batch
        x_shape, out_shape = (1, *x_shape[1:]), (1, *out_shape[1:])
    shapes = x_shape, w_shape, w_shape[:1], out_shape, x_shape, w_shape, w_shape[:1]
    arrays = [drawn(seed + i, *shape) for i, shape in enumerate(shapes)]

    def derivatives(lib, functional, autograd):
        x, w, b, g = (lib.tensor(a, requires_grad=True) for a in arrays[:4])
        directions = [lib.tensor(a) for a in arrays[4:]]
        out = functional.conv2d(x, w, b, **how)
        first = autograd.grad(out, (x, w, b), g, create_graph=True)
        along = sum((d * f).sum() for d, f in zip(directions, first, strict=True))
        return [out, *first, *autograd.grad(along, (x, w, g))]

    ours = derivatives(tg, tg.nn.functional, tg.autograd)
    theirs = derivatives(torch, torch.nn.functional, torch.autograd)
    for mine, other in zip(ours, theirs, strict=True):
        agree(mine.detach().numpy(), other.detach().numpy(), np.float64, factor=10)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(
    ("stride", "padding", "dilation", "groups"), [(1, 1, 1, 1), (2, 1, 1, 1), (2, 3, 2, 2)]
)
def test_layers_agree_with_pytorch(dtype, stride, padding, dilation, groups):
    """At the sizes of real layers, where blocks, threads and Winograd's algorithm come in."""
    torch = pytest.importorskip("torch")
    x, w, b = (
        drawn(0, 6, 32, 29, 30, dtype=dtype),
        drawn(1, 48, 32 // groups, 3, 3, dtype=dtype),
        drawn(2, 48, dtype=dtype),
    )
    how = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    results = []
    for lib in (tg, torch):
        leaves = [lib.tensor(a, requires_grad=True) for a in (x, w, b)]
        out = lib.nn.functional.conv2d(*leaves, **how)
        out.backward(lib.tensor(drawn(3, *out.shape, dtype=dtype)))
        results.append([out.detach().numpy(), *(leaf.grad.numpy() for leaf in leaves)])
    for mine, other in zip(*results, strict=True):
        agree(mine, other, dtype, factor=3)


def test_rules_hold_up_against_numbers():
    how = {"stride": (2, 1), "padding": (1, 0), "dilation": (1, 2), "groups": 2}
    x, w, b = (
        tg.tensor(drawn(i, *s), requires_grad=True) for i, s in enumerate([(2, 4, 4, 5), (6, 2, 3, 2), (6,)])
    )
    assert gradcheck(lambda *leaves: conv2d(*leaves, **how), (x, w, b))
    assert gradgradcheck(lambda *leaves: conv2d(*leaves, **how), (x, w, b))
    g = tg.tensor(drawn(3, *conv2d(x, w, **how).shape), requires_grad=True)
    assert gradcheck(lambda g, w: conv2d_input_grad(g, w, size=(4, 5), **how), (g, w))
    assert gradcheck(lambda x, g: conv2d_weight_grad(x, g, size=(3, 2), **how), (x, g))


def test_third_derivatives():
    """The sum of squares of the second derivative, differentiated once more: nothing is lost on the way."""
    x, w = (
        tg.tensor(drawn(0, 1, 2, 4, 4), requires_grad=True),
        tg.tensor(drawn(1, 2, 2, 3, 3), requires_grad=True),
    )

    def second(x, w):
        (gx,) = grad((conv2d(x, w, **ONE) ** 2).sum(), x, create_graph=True)
        (gw,) = grad((gx**2).sum(), w, create_graph=True)
        return gw

    assert gradcheck(second, (x, w))


# -- Winograd's algorithm


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("block_bytes", [2**14, 2**21])
@pytest.mark.parametrize(
    ("batch", "channels", "kernels", "size", "padding"),
    [
        (3, 16, 32, (8, 12), (1, 1)),
        (2, 32, 32, (13, 18), (0, 2)),
        (1, 64, 32, (9, 7), (4, 1)),
        (5, 32, 64, (6, 4), (1, 0)),
    ],
)
def test_tiles_agree_with_the_plain_sum(
    monkeypatch, threads, block_bytes, batch, channels, kernels, size, padding
):
    monkeypatch.setattr(workspace, "BLOCK_BYTES", block_bytes)
    monkeypatch.setattr(workspace, "THREADED_BYTES", 0)
    monkeypatch.setattr(workspace, "_threads", threads)
    # small tiles do not pay, but must be right all the same
    monkeypatch.setattr(winograd, "is_worth_it", lambda *_: True)
    how = {**ONE, "padding": padding}
    x, w = drawn(0, batch, channels, *size), drawn(1, kernels, channels, 3, 3)
    g = drawn(2, *conv2d(x, w, **how).shape)
    expected = all_three(x, w, g, **how)
    got = all_three(*(a.astype(np.float32) for a in (x, w, g)), **how)
    for mine, exact in zip(got, expected, strict=True):
        agree(mine, exact, np.float32, factor=2)
    bias = drawn(3, kernels, dtype=np.float32)
    with_bias = conv2d(x.astype(np.float32), w.astype(np.float32), bias, **how)
    np.testing.assert_allclose(with_bias - bias[:, None, None], got[0], atol=1e-5 * np.abs(expected[0]).max())


def test_tiles_are_nearly_as_exact_as_the_plain_sum(monkeypatch):
    x, w = drawn(0, 4, 64, 28, 28), drawn(1, 64, 64, 3, 3)
    exact = conv2d(x, w, **ONE)
    errors = []
    for by_tiles in (True, False):
        monkeypatch.setattr(winograd, "is_worth_it", lambda *_, use=by_tiles: use)
        errors.append(
            np.sqrt(np.mean((conv2d(x.astype(np.float32), w.astype(np.float32), **ONE) - exact) ** 2))
        )
    tiles, plain = errors
    assert plain < tiles < 4 * plain


@pytest.mark.parametrize(
    ("size", "channels", "kernels", "expected"),
    [
        ((28, 28), 64, 64, True),
        ((14, 14), 32, 64, True),
        ((28, 28), 1, 32, False),
        ((28, 28), 8, 8, False),
        ((2, 2), 64, 64, False),
    ],
)
def test_tiles_where_they_pay(size, channels, kernels, expected):
    assert winograd.is_worth_it(*size, channels, kernels) is expected


# -- memory


LAYOUTS = {
    "C order": np.ascontiguousarray,
    "channels last": lambda a: np.ascontiguousarray(a.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2),
    "Fortran order": np.asfortranarray,
    "mirrored": lambda a: np.ascontiguousarray(a[:, :, ::-1, ::-1])[:, :, ::-1, ::-1],
    "every other": lambda a: np.repeat(a, 2, axis=3)[..., ::2],
}


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(
    "how", [{**ONE, "padding": (1, 1)}, {**ONE, "stride": (2, 1), "groups": 2}], ids=["padded", "strided"]
)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_layout_of_the_inputs_does_not_matter(layout, how, dtype):
    arrays = [drawn(0, 2, 4, 7, 6, dtype=dtype), drawn(1, 6, 4 // how["groups"], 3, 3, dtype=dtype)]
    arrays.append(drawn(2, *conv2d(*arrays, **how).shape, dtype=dtype))
    expected = all_three(*arrays, **how)
    for which in range(3):
        given = [LAYOUTS[layout](a) if i == which else a for i, a in enumerate(arrays)]
        assert np.array_equal(given[which], arrays[which])
        for got, wanted in zip(all_three(*given, **how), expected, strict=True):
            agree(got, wanted, dtype)


def test_a_gradient_that_was_broadcast():
    x, w = (
        tg.tensor(drawn(0, 2, 3, 5, 5), requires_grad=True),
        tg.tensor(drawn(1, 4, 3, 3, 3), requires_grad=True),
    )
    conv2d(x, w, **ONE).sum().backward()
    _, gx, gw = by_loops(x.data, w.data, np.ones((2, 4, 3, 3)), **ONE)
    agree(x.grad.numpy(), gx, np.float64)
    agree(w.grad.numpy(), gw, np.float64)


def test_inputs_are_left_alone_and_results_are_new():
    x, w, b = drawn(0, 2, 2, 4, 4), drawn(1, 2, 2, 1, 1), drawn(2, 2)
    before = [a.copy() for a in (x, w, b)]
    out = conv2d(x, w, b, **ONE)
    again = conv2d(x, w, b, **ONE)
    assert not any(np.shares_memory(out, a) for a in (x, w, b, again))
    assert all(np.array_equal(a, c) for a, c in zip((x, w, b), before, strict=True))


def test_results_lie_channels_last_and_own_their_memory():
    out = conv2d(drawn(0, 2, 3, 5, 5), drawn(1, 4, 3, 3, 3), **ONE)
    assert out.transpose(0, 2, 3, 1).flags.c_contiguous
    # a view would make the engine copy it when it becomes the gradient of a leaf
    assert out.flags.owndata
    assert empty_images((1, 2, 3, 4), np.float32).flags.owndata


def test_nothing_is_kept_for_the_backward_pass():
    x, w = tg.tensor(drawn(0, 1, 1, 4, 4), requires_grad=True), tg.tensor(drawn(1, 1, 1, 2, 2))
    out = conv2d(x, w, **ONE)
    assert out.kept is None
    assert [a is b for a, b in zip(out.arrays, (x.data, w.data, None), strict=True)] == [True] * 3


@pytest.mark.parametrize("wanted", [w for w in itertools.product([True, False], repeat=3) if any(w)])
def test_only_wanted_gradients_are_computed(wanted):
    leaves = [drawn(i, *shape) for i, shape in enumerate([(1, 2, 4, 4), (3, 2, 2, 2), (3,)])]
    g = drawn(3, 1, 3, 3, 3)
    rule = conv2d.op.vjp
    assert tuple(gradient is not None for gradient in rule(g, None, *leaves, needs=wanted, **ONE)) == wanted


def test_two_runs_agree_bit_for_bit():
    x, w, g = (
        drawn(i, *s, dtype=np.float32)
        for i, s in enumerate([(16, 32, 20, 20), (32, 32, 3, 3), (16, 32, 18, 18)])
    )
    for first, second in zip(all_three(x, w, g, **ONE), all_three(x, w, g, **ONE), strict=True):
        assert np.array_equal(first, second)


# -- edges


@pytest.mark.parametrize("dtype", DTYPES)
def test_an_empty_batch(dtype):
    x, w = np.empty((0, 3, 5, 5), dtype), drawn(0, 2, 3, 3, 3, dtype=dtype)
    out, gx, gw = all_three(x, w, np.empty((0, 2, 3, 3), dtype), **ONE)
    assert (out.shape, gx.shape) == ((0, 2, 3, 3), (0, 3, 5, 5))
    assert {out.dtype, gx.dtype, gw.dtype} == {np.dtype(dtype)}
    assert np.array_equal(gw, np.zeros_like(w))


@pytest.mark.parametrize(
    ("x", "w", "b", "how", "words"),
    [
        ((3, 5, 5), (2, 3, 3, 3), None, {}, ["(3, 5, 5)", "(N, C, H, W)", "batch axis"]),
        ((1, 3, 5, 5), (2, 3, 3), None, {}, ["(2, 3, 3)", "(O, C / groups, kh, kw)"]),
        ((1, 3, 5, 5), (2, 4, 3, 3), None, {}, ["(1, 3, 5, 5)", "(2, 4, 3, 3)", "3 channels", "take 4"]),
        ((1, 4, 5, 5), (3, 2, 3, 3), None, {"groups": 2}, ["2 group(s)", "evenly"]),
        ((1, 3, 5, 5), (2, 3, 3, 3), (3,), {}, ["bias", "(3,)", "(2,)"]),
        (
            (1, 3, 2, 9),
            (2, 3, 5, 3),
            None,
            {"padding": (1, 1)},
            ["(5, 3)", "(1, 3, 2, 9)", "smaller window"],
        ),
        ((1, 3, 9, 4), (2, 3, 3, 3), None, {"dilation": (1, 2)}, ["dilation (1, 2)", "more padding"]),
        ((1, 3, 9, 4), (2, 3, 3, 3), None, {"stride": (1, 0)}, ["stride is (1, 0)", "1 or more"]),
        ((1, 3, 9, 4), (2, 3, 3, 3), None, {"padding": (-1, 1)}, ["padding is (-1, 1)", "0 or more"]),
        ((1, 3, 9, 4), (2, 3, 3, 3), None, {"groups": 0}, ["0 group(s)"]),
    ],
)
def test_shapes_that_do_not_fit_get_a_sentence(x, w, b, how, words):
    with pytest.raises(ShapeError) as caught:
        conv2d(tg.zeros(*x), tg.zeros(*w), None if b is None else tg.zeros(*b), **{**ONE, **how})
    message = str(caught.value)
    assert all(word in message for word in words), message
    # the user's own line
    assert "test_conv.py" in message


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_forked_child_starts_its_own_threads():
    program = """
import os, warnings
import numpy as np
from tinygrad_edu.ops import workspace
from tinygrad_edu.ops.conv import conv2d
workspace.set_num_threads(2)
x, w = np.ones((8, 16, 32, 32)), np.ones((16, 16, 3, 3))
how = dict(stride=(1, 1), padding=(0, 0), dilation=(1, 1), groups=1)
before = conv2d(x, w, **how)
assert workspace._pool is not None
warnings.simplefilter("ignore", DeprecationWarning)
child = os.fork()
if not child:
    os._exit(0 if np.array_equal(conv2d(x, w, **how), before) else 1)
assert os.waitpid(child, 0)[1] == 0
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)
