"""What functions and layers must be, said without another framework: definitions, identities, conventions, extremes."""

from __future__ import annotations

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu import nn
from tinygrad_edu.autograd import check_vjp
from tinygrad_edu.nn import functional as F  # noqa: N812  # the field's name for it
from tinygrad_edu.nn.functional import interpolate

RNG = np.random.default_rng(5)


def drawn(*shape):
    return tg.tensor(RNG.standard_normal(shape))


def slopes(f, values):
    x = tg.tensor(values, dtype=tg.float64, requires_grad=True)
    f(x).sum().backward()
    return x.grad.tolist()


# Activations: what they are where they have a kink, and far out


def test_sign_and_step():
    x = [-2.0, 0.0, 3.0]
    for layer, values in ((nn.Sign(), [-1, 0, 1]), (nn.Step(), [0, 1, 1])):
        assert layer(tg.tensor(x)).tolist() == values
        assert layer(tg.tensor(x)).dtype == tg.float32
        # plainly: nothing is learnt through it
        assert slopes(layer, x) == [0, 0, 0]
    assert F.sign is tg.sign
    # the step of integers is a float, as every activation is
    assert F.step(tg.tensor([-1, 0])).dtype == tg.float32


@pytest.mark.parametrize(
    ("f", "at", "expected"),
    [
        (lambda x: F.elu(x, 0.5), [0.0], [0.5]),
        (lambda x: F.prelu(x, tg.tensor([0.25], dtype=tg.float64)), [0.0], [0.25]),
        (F.hardtanh, [-1.0, 0.0, 1.0], [0.0, 1.0, 0.0]),
        (F.relu6, [0.0, 3.0, 6.0], [0.0, 1.0, 0.0]),
        (F.silu, [0.0], [0.5]),
        (F.gelu, [0.0], [0.5]),
    ],
)
def test_slopes_at_kinks(f, at, expected):
    assert slopes(f, at) == expected


@pytest.mark.parametrize(
    "name", ["relu", "leaky_relu", "elu", "selu", "gelu", "silu", "mish", "softplus", "hardtanh"]
)
def test_activations_and_their_slopes_stay_finite_far_out(name):
    f = getattr(F, name)
    x = tg.tensor([-1e4, -700.0, -100.0, 100.0, 700.0, 1e4], requires_grad=True)
    y = f(x)
    y.sum().backward()
    assert np.isfinite(y.data).all()
    assert np.isfinite(x.grad.data).all()
    if name != "hardtanh":
        slope = F.selu(tg.tensor([1.0])).item() if name == "selu" else 1.0
        assert x.grad.tolist()[3:] == pytest.approx([slope] * 3)


def test_options_of_activations_that_make_no_sense():
    with pytest.raises(ValueError, match=r"max_val=1\.0 must be above min_val=1\.0"):
        nn.Hardtanh(1.0, 1.0)(tg.zeros(1))
    with pytest.raises(ValueError, match="'none' or 'tanh', not 'erf'"):
        F.gelu(tg.zeros(1), approximate="erf")
    with pytest.raises(tg.errors.ShapeError, match=r"input has shape \(2, 3\) and the weight \(2,\)"):
        nn.PReLU(2)(tg.zeros(2, 3))


# Convolutions


def test_a_transposed_convolution_is_the_transpose():
    """<conv(x), y> = <x, conv_transpose(y)>: the definition, for every option."""
    how = {"stride": (2, 1), "padding": (1, 2), "dilation": (1, 2), "groups": 2}
    x, w = drawn(2, 4, 7, 8), drawn(6, 2, 3, 3)
    y = F.conv2d(x, w, **how)
    v = drawn(*y.shape)
    back = F.conv_transpose2d(v, w, **how, output_padding=(0, 0))
    assert back.shape == x.shape
    assert (y * v).sum().item() == pytest.approx((x * back).sum().item(), rel=1e-10)


def test_convolution_by_hand_with_unfold_and_a_product():
    x, w = drawn(2, 3, 6, 5), drawn(4, 3, 3, 2)
    columns = F.unfold(x, (3, 2), padding=1, stride=(2, 1))
    by_hand = (w.reshape(4, -1) @ columns).reshape(2, 4, 3, 6)
    np.testing.assert_allclose(F.conv2d(x, w, padding=1, stride=(2, 1)).data, by_hand.data, rtol=1e-10)


def test_fold_counts_how_many_windows_see_a_pixel():
    ones = tg.ones(1, 1, 3, 4)
    assert F.fold(F.unfold(ones, 2), (3, 4), 2).tolist() == [[[[1, 2, 2, 1], [2, 4, 4, 2], [1, 2, 2, 1]]]]


@pytest.mark.parametrize("size", [(1, 1), (3, 5), (6, 7), (2, 7), (9, 8)])
def test_adaptive_pooling_by_its_definition(size):
    x = drawn(2, 2, 6, 7)
    out = F.adaptive_avg_pool2d(x, size).data
    for p in range(size[0]):
        for q in range(size[1]):
            rows = slice(p * 6 // size[0], -(-(p + 1) * 6 // size[0]))
            columns = slice(q * 7 // size[1], -(-(q + 1) * 7 // size[1]))
            np.testing.assert_allclose(out[..., p, q], x.data[..., rows, columns].mean((2, 3)), rtol=1e-10)


@pytest.mark.parametrize("number", [np.inf, np.nan])
def test_what_is_not_finite_stays_in_its_window(number):
    x = np.zeros((1, 1, 5, 5))
    x[0, 0, 0, 0] = number
    pooled = F.adaptive_avg_pool2d(tg.tensor(x), 3).data[0, 0]
    np.testing.assert_array_equal(np.isfinite(pooled), ~np.eye(3, dtype=bool) | np.diag([False, True, True]))
    assert str(pooled[0, 0]) == str(number)
    larger = interpolate(tg.tensor(x), scale_factor=2).data[0, 0]
    assert (~np.isfinite(larger)).sum() == 4


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: F.conv1d(tg.zeros(3, 4), tg.zeros(1, 3, 2)), r"input has shape \(3, 4\).*\(N, C, L\)"),
        (
            lambda: F.conv_transpose2d(tg.zeros(1, 3, 4, 4), tg.zeros(2, 1, 2, 2)),
            r"\(1, 3, 4, 4\) and kernels",
        ),
        (
            lambda: F.conv_transpose2d(tg.zeros(1, 2, 4, 4), tg.zeros(2, 1, 2, 2), output_padding=1),
            r"output_padding=\(1, 1\) must be less than stride=\(1, 1\)",
        ),
        (
            lambda: F.conv_transpose2d(tg.zeros(1, 2, 1, 1), tg.zeros(2, 1, 2, 2), padding=1),
            "would be 0 by 0. Use less padding",
        ),
        (
            lambda: F.conv_transpose2d(tg.zeros(1, 2, 4, 4), tg.zeros(2, 1, 2, 2), tg.zeros(2)),
            r"bias has shape \(2,\), but should be \(1,\)",
        ),
        (lambda: nn.Conv1d(3, 2, 3)(tg.zeros(3, 8)), r"For one sequence, .*unsqueeze\(0\)"),
        (
            lambda: nn.ConvTranspose2d(3, 2, 3)(tg.zeros(1, 2, 8, 8)),
            r"should get \(N, 3, H, W\). Check its channels",
        ),
        (lambda: nn.AdaptiveAvgPool2d(2)(tg.zeros(3, 8)), "should get images"),
        (lambda: F.adaptive_avg_pool2d(tg.zeros(1, 1, 3, 3), 0), "leaves nothing"),
        (lambda: F.unfold(tg.zeros(1, 1, 2, 2), 3), "do not fit into images"),
        (
            lambda: F.fold(tg.zeros(1, 3, 4), (3, 3), 2),
            r"shape \(1, 3, 4\), but should be \(N, C x 4, windows\)",
        ),
        (
            lambda: F.fold(tg.zeros(1, 4, 5), (3, 3), 2),
            r"5 columns, but images of \(3, 3\) have 2 x 2 windows",
        ),
        (lambda: interpolate(tg.zeros(1, 1, 2, 2)), "give size or scale_factor"),
        (lambda: interpolate(tg.zeros(1, 1, 2, 2), size=2, scale_factor=2), "give size or scale_factor"),
        (lambda: interpolate(tg.zeros(1, 1, 2, 2), size=(2, 2, 2)), r"3 number\(s\), but should have 2"),
        (lambda: interpolate(tg.zeros(1, 1, 2, 2), size=3, mode="bicubic"), "'bicubic', .* is not offered"),
        (lambda: interpolate(tg.zeros(1, 1, 2, 2), size=3, mode="linear"), r"takes \(N, C, L\)"),
        (lambda: interpolate(tg.zeros(1, 1, 2), size=3, align_corners=True), "of no use to mode='nearest'"),
        (lambda: interpolate(tg.zeros(1, 1, 2, 2), scale_factor=0.1), "no size may be 0"),
        (lambda: F.pad(tg.zeros(2), (1, 1), mode="reflect"), "'reflect' is not offered"),
        (lambda: nn.Conv1d(3, 4, (1, 2)), "kernel_size is one number"),
        (lambda: nn.ConvTranspose2d(3, 4, 2, padding_mode="circular"), "pads with zeros only"),
        (lambda: nn.ConvTranspose2d(3, 4, 2, groups=2), "multiples of groups=2"),
    ],
)
def test_what_does_not_fit_is_said(call, words):
    with pytest.raises(ValueError, match=words):
        call()


# Normalisation


def test_batch_norm_trains_on_the_batch_and_evaluates_with_the_running_statistics():
    layer = nn.BatchNorm2d(2, momentum=0.25).double()
    x = drawn(3, 2, 4, 5)
    y = layer(x).data
    np.testing.assert_allclose(y.mean((0, 2, 3)), 0, atol=1e-12)
    np.testing.assert_allclose(y.var((0, 2, 3)), 1, rtol=1e-4)
    np.testing.assert_allclose(layer.running_mean.data, 0.25 * x.data.mean((0, 2, 3)))
    # the variance that is kept is the unbiased one
    np.testing.assert_allclose(layer.running_var.data, 0.75 + 0.25 * x.data.var((0, 2, 3), ddof=1))
    assert layer.num_batches_tracked.item() == 1
    layer.eval()
    mean, var = (v.data.reshape(1, 2, 1, 1) for v in (layer.running_mean, layer.running_var))
    np.testing.assert_allclose(layer(x).data, (x.data - mean) / np.sqrt(var + 1e-5))
    assert layer.num_batches_tracked.item() == 1
    layer.reset_parameters()
    assert layer.running_var.tolist() == [1, 1]
    assert layer.num_batches_tracked.item() == 0


def test_batch_norm_without_momentum_keeps_the_plain_mean_of_all_batches():
    layer, batches = nn.BatchNorm1d(1, momentum=None).double(), [drawn(4, 1) for _ in range(3)]
    for batch in batches:
        layer(batch)
    assert layer.running_mean.item() == pytest.approx(np.mean([b.data.mean() for b in batches]))


def test_a_graph_keeps_the_statistics_it_was_recorded_with():
    layer = nn.BatchNorm1d(1, eps=0.0).double().eval()
    x = tg.tensor([[1.0], [4.0]], dtype=tg.float64, requires_grad=True)
    y = layer(x)
    layer.running_var.data = np.array([100.0])
    y.sum().backward()
    assert x.grad.tolist() == [[1.0], [1.0]]


@pytest.mark.parametrize(
    ("layer", "shape"),
    [(nn.LayerNorm((3, 4)), (2, 3, 4)), (nn.GroupNorm(1, 3), (2, 3, 4)), (nn.BatchNorm1d(3), (2, 3, 4))],
)
def test_gradients_of_normalisation_ignore_shift_and_scale(layer, shape):
    """The sum of a normalised group never changes, nor that of its squares: no gradient leads there."""
    x = drawn(*shape)
    x.requires_grad_()
    y = layer.double()(x)
    y.sum().backward()
    np.testing.assert_allclose(x.grad.data, 0, atol=1e-10)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: nn.BatchNorm2d(3)(tg.zeros(2, 3)), r"\(2, 3\), but should get \(N, 3, H, W\)"),
        (lambda: nn.BatchNorm1d(3)(tg.zeros(2, 4)), r"\(N, 3\) or \(N, 3, L\)"),
        (lambda: nn.BatchNorm1d(3)(tg.zeros(1, 3)), r"1 number\(s\) for each channel.*or eval\(\)"),
        (lambda: F.batch_norm(tg.zeros(2, 3), None, None), "needs running_mean and running_var"),
        (
            lambda: F.batch_norm(tg.zeros(2, 3), None, None, tg.ones(2), training=True),
            r"weight \(2,\), but should",
        ),
        (lambda: F.batch_norm(tg.zeros(3), None, None, training=True), r"expected \(N, C, ...\)"),
        (lambda: nn.LayerNorm(3)(tg.zeros(2, 4)), r"\(2, 4\), but should end in \(3,\)"),
        (lambda: nn.GroupNorm(2, 3), "must be a multiple of num_groups=2"),
        (lambda: F.group_norm(tg.zeros(2, 3), 2), "a multiple of num_groups=2"),
        (lambda: F.local_response_norm(tg.zeros(2, 3), 2), "at least three dimensions"),
    ],
)
def test_what_cannot_be_normalised_is_said(call, words):
    with pytest.raises(ValueError, match=words):
        call()


# Embedding, dropout of maps


def test_embedding_is_the_product_with_one_hot_vectors():
    table, words = drawn(5, 3).requires_grad_(), tg.tensor([[0, 4, 4], [2, 0, 1]])
    onehot = F.one_hot(words, 5).double()
    np.testing.assert_array_equal(F.embedding(words, table).data, (onehot @ table).data)
    assert check_vjp(lambda w: F.embedding(words, w), table)


def test_an_embedding_does_not_teach_its_padding():
    layer = nn.Embedding(4, 2, padding_idx=-1)
    assert layer.padding_idx == 3
    assert layer.weight.tolist()[3] == [0.0, 0.0]
    assert (layer.weight.data[:3] != 0).all()
    layer(tg.tensor([3, 1, 3, 1])).sum().backward()
    assert layer.weight.grad.tolist() == [[0, 0], [2, 2], [0, 0], [0, 0]]
    assert repr(layer) == "Embedding(4, 2, padding_idx=3)"


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: nn.Embedding(3, 2)(tg.tensor([0, 3])), IndexError, "run from 0 to 3, and the 3 rows"),
        (lambda: nn.Embedding(3, 2)(tg.tensor([-1])), IndexError, "run from -1"),
        (lambda: nn.Embedding(3, 2)(tg.tensor([1.0])), TypeError, r"float32; .*\.long\(\)"),
        (lambda: nn.Embedding(3, 2, padding_idx=3), ValueError, "padding_idx=3 is none of the 3 rows"),
        (lambda: nn.Embedding(3, 2, sparse=True), ValueError, "not offered"),
        (lambda: F.embedding(tg.tensor([0]), tg.zeros(1, 1), max_norm=1.0), ValueError, "not offered"),
    ],
)
def test_embeddings_say_what_is_no_row(call, error, words):
    with pytest.raises(error, match=words):
        call()


def test_dropout2d_drops_whole_maps():
    tg.manual_seed(0)
    out = nn.Dropout2d(0.25)(tg.ones(20, 20, 2, 3)).data
    assert set(np.unique(out).tolist()) == {0.0, np.float32(1 / 0.75)}
    assert (out == out[:, :, :1, :1]).all()
    assert np.mean(out == 0) == pytest.approx(0.25, abs=0.05)
    with pytest.raises(ValueError, match="Dropout2d: p is a probability"):
        nn.Dropout2d(2.0)


# Containers


def test_module_dict():
    heads = nn.ModuleDict([("a", nn.Linear(1, 1)), ("b", nn.ReLU())])
    heads["c"] = nn.Tanh()
    assert (len(heads), list(heads), "b" in heads, "d" in heads) == (3, ["a", "b", "c"], True, False)
    assert [name for name, _ in heads.named_parameters()] == ["a.weight", "a.bias"]
    assert list(heads.items())[1] == ("b", heads.b)
    assert list(heads.keys()) == list(heads)
    assert [type(m).__name__ for m in heads.values()] == ["Linear", "ReLU", "Tanh"]
    assert type(heads.pop("b")).__name__ == "ReLU"
    del heads["a"]
    assert list(heads) == ["c"]
    with pytest.raises(KeyError, match="has no 'a'; it has 'c'"):
        heads["a"]
    with pytest.raises(TypeError, match=r"write ReLU\(\) with parentheses"):
        heads["d"] = nn.ReLU
    with pytest.raises(KeyError, match="cannot name a part"):
        heads["items"] = nn.ReLU()


def test_parameter_list():
    weights = nn.ParameterList([tg.ones(2), nn.Parameter(tg.zeros(3))])
    weights.append(tg.ones(1))
    assert [name for name, _ in weights.named_parameters()] == ["0", "1", "2"]
    assert [tuple(p.shape) for p in weights] == [(2,), (3,), (1,)]
    assert len(weights[:2]) == 2
    weights[-1] = tg.zeros(4)
    assert tuple(weights[2].shape) == (4,)
    assert weights[2].requires_grad
    assert "(1): Parameter of shape (3,)" in repr(weights)
    with pytest.raises(IndexError, match="has 3 parameters; there is no index 3"):
        weights[3]
