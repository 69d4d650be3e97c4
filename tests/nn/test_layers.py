"""Layers and functions: against PyTorch with the same weights, and what is random about them."""

from __future__ import annotations

from collections import OrderedDict

import numpy as np
import pytest
from layer_cases import LAYERS, SPREADS

import tinygrad_edu as tg
from tinygrad_edu import nn
from tinygrad_edu.autograd import gradcheck, gradgradcheck
from tinygrad_edu.errors import ShapeError
from tinygrad_edu.nn import functional as F  # noqa: N812  # the field's name for it

RNG = np.random.default_rng(11)


def make(nn, text):
    return eval(f"nn.{text}", {"nn": nn, "OrderedDict": OrderedDict})


# PyTorch says that it copies; so do we
@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel lengths")
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("text", "shape"), LAYERS, ids=[f"{text}{shape}" for text, shape in LAYERS])
def test_layers_agree_with_torch(text, shape, dtype):
    torch = pytest.importorskip("torch")
    theirs = make(torch.nn, text).to(getattr(torch, np.dtype(dtype).name))
    ours = make(nn, text).to(dtype=dtype)
    assert list(ours.state_dict()) == list(theirs.state_dict())
    ours.load_state_dict({name: value.numpy() for name, value in theirs.state_dict().items()})
    x = RNG.standard_normal(shape).astype(dtype)
    mine, other = tg.tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
    out, expected = ours(mine), theirs(other)
    g = RNG.standard_normal(expected.shape).astype(dtype)
    out.backward(tg.tensor(g))
    expected.backward(torch.tensor(g))
    tolerance = {"rtol": 1e-4, "atol": 1e-5} if dtype is np.float32 else {"rtol": 1e-10, "atol": 1e-12}
    assert out.dtype == dtype
    np.testing.assert_allclose(out.data, expected.detach().numpy(), **tolerance)
    np.testing.assert_allclose(mine.grad.data, other.grad.numpy(), **tolerance)
    for (name, p), q in zip(ours.named_parameters(), theirs.parameters(), strict=True):
        np.testing.assert_allclose(p.grad.data, q.grad.numpy(), err_msg=name, **tolerance)
    # a second batch, then evaluation: state that the forward pass changes
    with torch.no_grad(), tg.no_grad():
        ours(tg.tensor(x * 2 + 1)), theirs(torch.tensor(x * 2 + 1))
        for name, value in theirs.state_dict().items():
            np.testing.assert_allclose(ours.state_dict()[name].data, value.numpy(), err_msg=name, **tolerance)
            assert ours.state_dict()[name].dtype == value.numpy().dtype
        np.testing.assert_allclose(ours.eval()(mine).data, theirs.eval()(other).numpy(), **tolerance)


@pytest.mark.parametrize("shape", [(3, 4), (4,), (2, 3, 4), (0, 4)])
@pytest.mark.parametrize("bias", [True, False])
def test_linear_passes_gradcheck_twice(shape, bias):
    inputs = [
        tg.tensor(RNG.standard_normal(s), requires_grad=True) for s in (shape, (2, 4), (2,))[: 2 + bias]
    ]
    np.testing.assert_allclose(
        F.linear(*inputs).data,
        inputs[0].data @ inputs[1].data.T + (inputs[2].data if bias else 0),
        rtol=1e-12,
    )
    if shape[0]:
        assert gradcheck(F.linear, tuple(inputs))
        assert gradgradcheck(F.linear, tuple(inputs))


@pytest.mark.parametrize("wanted", [(1, 0, 0), (0, 1, 0), (0, 0, 1), (0, 1, 1)])
def test_linear_gives_gradients_only_where_they_are_wanted(wanted):
    x, w, b = (
        tg.tensor(RNG.standard_normal(s), requires_grad=bool(r))
        for s, r in zip(((3, 4), (2, 4), (2,)), wanted, strict=True)
    )
    g = RNG.standard_normal((3, 2))
    F.linear(x, w, b).backward(tg.tensor(g))
    for leaf, expected, r in zip((x, w, b), (g @ w.data, g.T @ x.data, g.sum(0)), wanted, strict=True):
        if r:
            np.testing.assert_allclose(leaf.grad.data, expected, rtol=1e-12)
        else:
            assert leaf.grad is None


def test_linear_leaves_its_inputs_alone_and_takes_views():
    x, w, b = tg.randn(4, 6).data.T, tg.randn(3, 8).data[:, ::2], tg.randn(3).data
    copies = [a.copy() for a in (x, w, b)]
    out = F.linear(tg.tensor(x), tg.tensor(w), tg.tensor(b))
    np.testing.assert_allclose(out.data, x @ w.T + b, rtol=1e-4, atol=1e-6)
    for array, copy in zip((x, w, b), copies, strict=True):
        np.testing.assert_array_equal(array, copy)


@pytest.mark.parametrize(
    ("x", "w", "b", "words"),
    [
        ((2, 3), (4, 5), None, r"\(2, 3\) and weight \(4, 5\)"),
        ((2, 3), (4, 3), (3,), r"bias has shape \(3,\), but should be \(4,\)"),
    ],
)
def test_linear_says_what_does_not_fit(x, w, b, words):
    with pytest.raises(ShapeError, match=words):
        F.linear(tg.zeros(*x), tg.zeros(*w), None if b is None else tg.zeros(*b))


@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
@pytest.mark.parametrize("shape", [(3,), (3, 2), (2, 3, 4), (2, 3, 2, 2)])
def test_softmax_without_dim_guesses_as_torch_does_and_warns(name, shape):
    torch = pytest.importorskip("torch")
    x = RNG.standard_normal(shape)
    with pytest.warns(UserWarning, match="write dim="):
        ours = getattr(F, name)(tg.tensor(x))
    with pytest.warns(UserWarning, match="Implicit dimension"):
        theirs = getattr(torch.nn.functional, name)(torch.tensor(x))
    np.testing.assert_allclose(ours.data, theirs.numpy(), rtol=1e-10)


def test_leaky_relu_at_zero_has_the_negative_slope_as_in_torch():
    x = tg.tensor([0.0], requires_grad=True)
    F.leaky_relu(x, 0.25).sum().backward()
    assert x.grad.item() == 0.25


# Dropout


def test_dropout_zeroes_a_share_p_and_keeps_the_mean():
    tg.manual_seed(0)
    x = tg.ones(100, 100, requires_grad=True)
    out = nn.Dropout(0.3)(x)
    assert set(np.unique(out.data).tolist()) == {0.0, np.float32(1 / 0.7)}
    assert np.mean(out.data == 0) == pytest.approx(0.3, abs=0.02)
    out.sum().backward()
    np.testing.assert_array_equal(x.grad.data, out.data)
    assert out.dtype == x.grad.dtype == tg.float32


@pytest.mark.parametrize(
    ("p", "training", "expected"), [(0.0, True, 1.0), (1.0, True, 0.0), (0.9, False, 1.0)]
)
def test_dropout_at_its_ends(p, training, expected):
    assert set(F.dropout(tg.ones(50), p, training).tolist()) == {expected}


@pytest.mark.parametrize("p", [-0.1, 1.1])
def test_dropout_refuses_what_is_no_probability(p):
    for make in (lambda: nn.Dropout(p), lambda: F.dropout(tg.ones(1), p)):
        with pytest.raises(ValueError, match="probability between 0 and 1"):
            make()


# one_hot


@pytest.mark.parametrize("shape", [(), (4,), (2, 3)])
def test_one_hot_agrees_with_torch(shape):
    torch = pytest.importorskip("torch")
    classes = RNG.integers(0, 5, shape)
    for count in (-1, 5, 7):
        ours = F.one_hot(tg.tensor(classes), count)
        theirs = torch.nn.functional.one_hot(torch.tensor(classes), count).numpy()
        np.testing.assert_array_equal(ours.data, theirs)
        assert ours.dtype == theirs.dtype


@pytest.mark.parametrize(("classes", "count"), [([0, 3], 3), ([-1], 3), ([0.5], 3), (np.zeros(0, int), -1)])
def test_one_hot_refuses_what_is_no_class(classes, count):
    with pytest.raises(ValueError, match="one_hot"):
        F.one_hot(tg.tensor(classes), count)


# Starting values


@pytest.mark.parametrize(
    ("layer", "fan_in"), [(nn.Linear(400, 300), 400), (nn.Conv2d(40, 30, 3, groups=2), 180)]
)
def test_layers_start_evenly_within_one_over_root_fan_in(layer, fan_in):
    bound = 1 / np.sqrt(fan_in)
    for p in layer.parameters():
        assert np.abs(p.data).max() <= bound * (1 + 1e-6)
        assert p.dtype == tg.float32
    weight = layer.weight.data
    assert np.abs(weight).max() > 0.99 * bound
    assert weight.std() == pytest.approx(bound / np.sqrt(3), rel=0.02)
    assert layer.bias.data.std() == pytest.approx(bound / np.sqrt(3), rel=0.4)
    assert weight.mean() == pytest.approx(0, abs=0.02 * bound)


@pytest.mark.parametrize(("name", "options", "mean", "std"), SPREADS, ids=[f"{s[0]}{s[1]}" for s in SPREADS])
def test_initializers_have_the_spread_of_their_paper(name, options, mean, std):
    tg.manual_seed(3)
    x = tg.zeros(300, 400)
    assert getattr(nn.init, name)(x, **options) is x
    assert x.dtype == tg.float32
    assert x.data.mean() == pytest.approx(mean, abs=0.02 * std)
    assert x.data.std() == pytest.approx(std, rel=0.02)


@pytest.mark.parametrize(("name", "options", "mean", "std"), SPREADS, ids=[f"{s[0]}{s[1]}" for s in SPREADS])
def test_initializers_draw_as_far_as_pytorchs(name, options, mean, std):
    torch = pytest.importorskip("torch")
    tg.manual_seed(3)
    torch.manual_seed(3)
    ours = getattr(nn.init, name)(tg.zeros(300, 400), **options).data
    theirs = getattr(torch.nn.init, name)(torch.zeros(300, 400), **options).numpy()
    # the whole distribution, at nine places
    for share in np.arange(0.1, 0.95, 0.1):
        assert np.quantile(ours, share) == pytest.approx(np.quantile(theirs, share), abs=0.02 * std)
    if "uniform" in name:
        assert np.abs(ours).max() == pytest.approx(np.abs(theirs).max(), rel=1e-3)


def test_initializers_draw_every_bit_of_float64():
    for name in ("uniform_", "normal_"):
        x = getattr(nn.init, name)(tg.zeros(100, dtype=tg.float64)).data
        assert (x != x.astype(np.float32)).mean() > 0.9


@pytest.mark.parametrize("shape", [(3, 5), (5, 3), (4, 2, 3, 3)])
def test_orthogonal_rows_or_columns(shape):
    x = nn.init.orthogonal_(tg.zeros(*shape), gain=3.0).data.reshape(shape[0], -1)
    small = x @ x.T if x.shape[0] <= x.shape[1] else x.T @ x
    np.testing.assert_allclose(small, 9 * np.eye(len(small)), atol=1e-5)


def test_constants():
    x = tg.zeros(2, 3)
    assert nn.init.ones_(x).tolist() == [[1.0] * 3] * 2
    assert nn.init.constant_(x, 2.5).tolist() == [[2.5] * 3] * 2
    assert nn.init.eye_(x).tolist() == [[1, 0, 0], [0, 1, 0]]
    assert nn.init.zeros_(x).tolist() == [[0.0] * 3] * 2


GAINS = ["linear", "conv2d", "conv_transpose2d", "sigmoid", "tanh", "relu", "leaky_relu", "selu"]


@pytest.mark.parametrize("name", GAINS)
def test_gains_agree_with_torch(name):
    torch = pytest.importorskip("torch")
    assert nn.init.calculate_gain(name) == pytest.approx(torch.nn.init.calculate_gain(name))


def test_initializers_refuse_biases_and_unknown_names():
    with pytest.raises(ShapeError, match=r"\(out, in, ...\), and this tensor has shape \(3,\)"):
        nn.init.xavier_uniform_(tg.zeros(3))
    with pytest.raises(ShapeError, match="eye_ fills matrices"):
        nn.init.eye_(tg.zeros(3))
    with pytest.raises(ValueError, match="'fan_in' or 'fan_out', not 'fan'"):
        nn.init.kaiming_normal_(tg.zeros(2, 2), mode="fan")
    with pytest.raises(ValueError, match="not 'swish'"):
        nn.init.calculate_gain("swish")


def test_the_same_seed_gives_the_same_model():
    weights = []
    for seed in (1, 1, 2):
        tg.manual_seed(seed)
        weights.append(nn.Linear(3, 2).weight.data)
    np.testing.assert_array_equal(weights[0], weights[1])
    assert (weights[0] != weights[2]).all()


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: nn.Conv2d(3, 4, 3, groups=2), "multiples of groups=2"),
        (lambda: nn.Conv2d(1, 1, 3, padding_mode="reflect"), "pads with zeros only"),
        (lambda: nn.Conv2d(1, 1, (1, 2, 3)), "one number or two"),
        (
            lambda: nn.Conv2d(1, 1, 3, stride=2, padding="same")(tg.zeros(1, 1, 5, 5)),
            "padding='same' with stride",
        ),
        (lambda: nn.Conv2d(1, 1, 3, padding="half")(tg.zeros(1, 1, 5, 5)), "padding='half'"),
    ],
)
def test_impossible_convolutions_are_refused(make, words):
    with pytest.raises(ValueError, match=words):
        make()
