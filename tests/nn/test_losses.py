"""Losses: against closed forms, against PyTorch, and their derivatives against central differences."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from layer_cases import LOSSES

import tinygrad_edu as tg
from tinygrad_edu import nn
from tinygrad_edu.autograd import check_vjp, gradcheck, gradgradcheck
from tinygrad_edu.errors import DtypeError, ShapeError
from tinygrad_edu.nn import functional as F  # noqa: N812  # the field's name for it

RNG = np.random.default_rng(7)
CASES = [
    {},
    {"reduction": "sum"},
    {"reduction": "none"},
    {"weight": True},
    {"weight": True, "reduction": "none"},
    {"ignore_index": 1},
    {"ignore_index": 1, "weight": True, "reduction": "sum"},
    {"label_smoothing": 0.3},
    {"label_smoothing": 0.3, "weight": True, "ignore_index": 2},
    {"label_smoothing": 0.3, "weight": True, "reduction": "none"},
]
SHAPES = [((5, 3), (5,)), ((3,), ()), ((2, 3, 4), (2, 4)), ((2, 3, 2, 2), (2, 2, 2)), ((1, 3), (1,))]


def scores_and_classes(shape, target_shape):
    return RNG.standard_normal(shape) * 3, RNG.integers(0, 3, target_shape)


def options_for(case, make):
    options = dict(case)
    if options.pop("weight", False):
        options["weight"] = make(np.array([0.5, 1.0, 2.0]))
    return options


def agree_with_torch(ours, theirs, inputs, *, rtol=1e-10):
    """Value and gradient of every float input, for a random cotangent."""
    torch = pytest.importorskip("torch")
    mine = [tg.tensor(x, requires_grad=x.dtype.kind == "f") for x in inputs]
    other = [torch.tensor(x, requires_grad=x.dtype.kind == "f") for x in inputs]
    out, expected = ours(*mine), theirs(*other)
    np.testing.assert_allclose(out.data, expected.detach().numpy(), rtol=rtol, atol=1e-12)
    g = RNG.standard_normal(expected.shape)
    out.backward(tg.tensor(g))
    expected.backward(torch.tensor(g))
    for got, want in zip(mine, other, strict=True):
        if want.grad is not None:
            np.testing.assert_allclose(got.grad.data, want.grad.numpy(), rtol=rtol, atol=1e-12)


@pytest.mark.parametrize("case", CASES, ids=str)
@pytest.mark.parametrize(("shape", "target_shape"), SHAPES)
def test_cross_entropy_agrees_with_torch(case, shape, target_shape):
    torch = pytest.importorskip("torch")
    x, target = scores_and_classes(shape, target_shape)
    # at least one row counts, else the mean is 0 / 0 in both
    target.flat[0] = 0
    agree_with_torch(
        lambda x, t: F.cross_entropy(x, t, **options_for(case, tg.tensor)),
        lambda x, t: torch.nn.functional.cross_entropy(x, t, **options_for(case, torch.tensor)),
        [x, target],
    )


@pytest.mark.parametrize("case", [case for case in CASES if "label_smoothing" not in case], ids=str)
@pytest.mark.parametrize(("shape", "target_shape"), SHAPES)
def test_nll_loss_agrees_with_torch(case, shape, target_shape):
    torch = pytest.importorskip("torch")
    x, target = scores_and_classes(shape, target_shape)
    target.flat[0] = 0
    agree_with_torch(
        lambda x, t: F.nll_loss(x, t, **options_for(case, tg.tensor)),
        lambda x, t: torch.nn.functional.nll_loss(x, t, **options_for(case, torch.tensor)),
        [x, target],
    )


@pytest.mark.parametrize("smoothing", [0.0, 0.25])
@pytest.mark.parametrize("weight", [False, True])
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("shape", [(5, 3), (3,), (2, 3, 2, 2)])
def test_cross_entropy_with_probabilities_agrees_with_torch(shape, reduction, weight, smoothing):
    torch = pytest.importorskip("torch")
    x, q = RNG.standard_normal(shape), RNG.random(shape)
    case = {"weight": weight, "reduction": reduction, "label_smoothing": smoothing}
    agree_with_torch(
        lambda x, q: F.cross_entropy(x, q, **options_for(case, tg.tensor)),
        lambda x, q: torch.nn.functional.cross_entropy(x, q, **options_for(case, torch.tensor)),
        [x, q],
    )


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize(
    ("name", "weight"),
    [("mse_loss", False)]
    + [(f"binary_cross_entropy{kind}", weight) for kind in ("", "_with_logits") for weight in (False, True)],
)
def test_elementwise_losses_agree_with_torch(name, weight, reduction):
    torch = pytest.importorskip("torch")
    x, y = RNG.random((4, 3)), RNG.random((4, 3))
    x = x * 6 - 3 if name.endswith("logits") else x
    case = {"weight": True, "reduction": reduction} if weight else {"reduction": reduction}
    agree_with_torch(
        lambda x, y: getattr(F, name)(x, y, **options_for(case, tg.tensor)),
        lambda x, y: getattr(torch.nn.functional, name)(x, y, **options_for(case, torch.tensor)),
        [x, y],
    )


@pytest.mark.parametrize("pos_weight", [0.3, 4.0])
def test_pos_weight_agrees_with_torch(pos_weight):
    torch = pytest.importorskip("torch")
    x, y = RNG.standard_normal((4, 3)), RNG.random((4, 3))
    options = {"reduction": "none"}
    agree_with_torch(
        lambda x, y: F.binary_cross_entropy_with_logits(x, y, pos_weight=tg.tensor(pos_weight), **options),
        lambda x, y: torch.nn.functional.binary_cross_entropy_with_logits(
            x, y, pos_weight=torch.tensor(pos_weight), **options
        ),
        [x, y],
    )


# The losses as modules, each with and without its options


@pytest.mark.parametrize(("text", "kind"), LOSSES)
def test_losses_as_modules_agree_with_torch(text, kind):
    torch = pytest.importorskip("torch")
    x, y = RNG.random((4, 3)), RNG.random((4, 3))
    inputs = {
        "numbers": [x, y],
        "probabilities": [x, y],
        "classes": [x, np.array([0, 2, 1, 2])],
        "signs": [x, np.sign(y - 0.5)],
        "pairs": [x, y, np.sign(RNG.random((4, 3)) - 0.5)],
    }[kind]
    ours = eval(f"nn.{text}", {"nn": nn, "tensor": lambda v: tg.tensor(v, dtype=tg.float64)})
    theirs = eval(f"nn.{text}", {"nn": torch.nn, "tensor": lambda v: torch.tensor(v, dtype=torch.float64)})
    assert list(ours.state_dict()) == list(theirs.state_dict())
    agree_with_torch(ours, theirs, inputs)


def test_rmse():
    x, y = tg.tensor([1.0, 5.0, 3.0, 1.0], requires_grad=True), tg.tensor([1.0, 2.0, 3.0, 1.0])
    loss = nn.RMSELoss()(x, y)
    loss.backward()
    assert loss.item() == 1.5
    # d / (n rmse)
    assert x.grad.tolist() == [0.0, 0.5, 0.0, 0.0]
    exact = tg.tensor([1.0, 2.0], requires_grad=True)
    F.rmse_loss(exact, tg.tensor([1.0, 2.0])).backward()
    assert exact.grad.tolist() == [0.0, 0.0]
    z = tg.tensor(RNG.standard_normal((3, 2)), requires_grad=True)
    assert check_vjp(lambda z: F.rmse_loss(z, tg.zeros(3, 2, dtype=tg.float64)), z)


def test_kl_div_of_an_impossible_event_is_0_and_its_mean_warns():
    p = tg.tensor([[0.0, 1.0]])
    x = tg.tensor([[-100.0, 0.0]], requires_grad=True)
    loss = F.kl_div(x, p, reduction="batchmean")
    loss.backward()
    assert loss.item() == 0.0
    assert x.grad.tolist() == [[0.0, -1.0]]
    with pytest.warns(UserWarning, match="reduction='batchmean'"):
        assert F.kl_div(x, tg.tensor([[0.5, 0.5]])).item() == pytest.approx((50 - np.log(2)) / 2)


@pytest.mark.parametrize(
    ("name", "slopes"),
    [("l1_loss", [-1, 0, 1]), ("smooth_l1_loss", [-1, 0, 1]), ("huber_loss", [-1, 0, 1])],
)
def test_kinks_of_distances_lie_as_in_torch(name, slopes):
    x = tg.tensor([-1.0, 0.0, 1.0], requires_grad=True)
    getattr(F, name)(x, tg.zeros(3), reduction="sum").backward()
    assert x.grad.tolist() == slopes


@pytest.mark.parametrize("name", ["mse_loss", "rmse_loss", "l1_loss", "smooth_l1_loss", "huber_loss"])
def test_broadcasting_in_a_distance_warns(name):
    with pytest.warns(UserWarning, match=rf"{name}: input has shape \(2, 1\) and target \(2,\)"):
        getattr(F, name)(tg.zeros(2, 1), tg.zeros(2))


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda x, t: F.multi_margin_loss(x, t, p=3), "p is 1 or 2, not 3"),
        (lambda x, t: F.multi_margin_loss(x, t - 1), "row 0 is -1"),
        (lambda x, t: F.smooth_l1_loss(x, x, beta=-1.0), "beta is at least 0"),
        (lambda x, t: F.huber_loss(x, x, delta=0.0), "delta is above 0"),
        (lambda x, t: F.margin_ranking_loss(x, x, t), "must have as many dimensions"),
    ],
)
def test_impossible_options_are_refused(call, words):
    with pytest.raises(ValueError, match=words):
        call(tg.zeros(2, 3), tg.tensor([0, 1]))


# Closed forms and extremes: no other framework needed


def test_cross_entropy_of_equal_scores_is_log_of_the_number_of_classes():
    assert F.cross_entropy(tg.zeros(4, 7), tg.arange(4)).item() == pytest.approx(np.log(7))


def test_cross_entropy_is_exact_for_huge_scores():
    x = tg.tensor([[1e30, 0.0], [0.0, -1e30]], requires_grad=True)
    losses = F.cross_entropy(x, tg.tensor([1, 0]), reduction="none")
    assert losses.tolist() == [pytest.approx(1e30), 0.0]
    losses.sum().backward()
    assert x.grad.tolist() == [[1.0, -1.0], [0.0, 0.0]]


@pytest.mark.parametrize("classes", [2, 63, 64, 200])
def test_cross_entropy_of_few_and_of_many_classes(classes):
    x, target = RNG.standard_normal((5, classes)) * 50, RNG.integers(0, classes, 5)
    expected = np.log(np.exp(x - x.max(1, keepdims=True)).sum(1)) + x.max(1) - x[np.arange(5), target]
    losses = F.cross_entropy(tg.tensor(x), tg.tensor(target), reduction="none")
    np.testing.assert_allclose(losses.data, expected, rtol=1e-10, atol=1e-12)


def test_cross_entropy_keeps_float32():
    x = tg.randn(3, 4, requires_grad=True)
    loss = F.cross_entropy(x, tg.tensor([0, 1, 2]))
    loss.backward()
    assert loss.dtype == x.grad.dtype == tg.float32


@pytest.mark.parametrize("dtype", [np.int64, np.int32, np.uint8, np.uint64])
def test_any_integer_type_names_classes(dtype):
    loss = F.cross_entropy(tg.tensor([[0.0, np.log(3.0)]]), tg.tensor(np.array([0], dtype)))
    assert loss.item() == pytest.approx(np.log(4))


def test_the_mean_over_nothing_is_nan_as_in_torch():
    x = tg.zeros(2, 3, requires_grad=True)
    loss = F.cross_entropy(x, tg.tensor([-100, -100]))
    assert np.isnan(loss.item())
    assert F.cross_entropy(x, tg.tensor([-100, -100]), reduction="sum").item() == 0


def test_columns_in_memory_order_change_nothing():
    x, target = scores_and_classes((6, 3), (6,))
    grads = []
    for layout in (np.ascontiguousarray, np.asfortranarray):
        leaf = tg.tensor(layout(x), requires_grad=True)
        F.cross_entropy(leaf, tg.tensor(target)).backward()
        grads.append(leaf.grad.data)
    np.testing.assert_array_equal(*grads)


def test_two_backwards_through_a_retained_graph_give_the_same_gradient():
    x, target = scores_and_classes((6, 3), (6,))
    leaf = tg.tensor(x, requires_grad=True)
    loss = F.cross_entropy(leaf, tg.tensor(target))
    loss.backward(retain_graph=True)
    once = leaf.grad.data.copy()
    loss.backward()
    np.testing.assert_allclose(leaf.grad.data, 2 * once, rtol=1e-12)


@pytest.mark.parametrize(
    ("score", "target", "loss", "slope"), [(0.0, 0.5, np.log(2), 0.0), (0.0, 1.0, np.log(2), -0.5)]
)
def test_binary_cross_entropy_has_no_kink_at_score_zero(score, target, loss, slope):
    x = tg.tensor([score], requires_grad=True)
    value = F.binary_cross_entropy_with_logits(x, tg.tensor([target]))
    value.backward()
    assert value.item() == pytest.approx(loss)
    assert x.grad.item() == pytest.approx(slope)


@pytest.mark.parametrize(
    ("score", "target", "loss"), [(1000.0, 0.0, 1000.0), (-1000.0, 0.0, 0.0), (-1000.0, 1.0, 1000.0)]
)
def test_binary_cross_entropy_is_exact_for_huge_scores(score, target, loss):
    x = tg.tensor([score], requires_grad=True)
    value = F.binary_cross_entropy_with_logits(x, tg.tensor([target]))
    value.backward()
    assert value.item() == loss
    assert x.grad.item() == pytest.approx((1 if score > 0 else 0) - target, abs=1e-37)


def test_binary_cross_entropy_at_certainty_costs_one_hundred_as_in_torch():
    torch = pytest.importorskip("torch")
    p, y = np.array([0.0, 0.0, 1.0, 1.0], np.float32), np.array([0.0, 1.0, 0.0, 1.0], np.float32)
    agree_with_torch(
        lambda p: F.binary_cross_entropy(p, tg.tensor(y), reduction="none"),
        lambda p: torch.nn.functional.binary_cross_entropy(p, torch.tensor(y), reduction="none"),
        [p],
        rtol=1e-6,
    )
    assert F.binary_cross_entropy(tg.tensor(p), tg.tensor(y), reduction="none").tolist() == [0, 100, 100, 0]


# Derivatives


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_recorded_gradient_is_the_plain_one(case):
    """Under create_graph the rule takes another path, which gradgradcheck alone would let be wrong by a factor."""
    x, target = scores_and_classes((5, 3), (5,))
    target[:2] = 0, 1
    g = tg.tensor(RNG.standard_normal(() if case.get("reduction") != "none" else (5,)))
    leaf = tg.tensor(x, requires_grad=True)
    loss = F.cross_entropy(leaf, tg.tensor(target), **options_for(case, tg.tensor))
    (recorded,) = tg.autograd.grad(loss, leaf, g, create_graph=True)
    loss.backward(g)
    np.testing.assert_allclose(recorded.data, leaf.grad.data, rtol=1e-10, atol=1e-14)


@given(data=st.data())
@settings(deadline=None, max_examples=15)
def test_cross_entropy_passes_gradcheck_twice(data):
    rows, classes = data.draw(st.integers(1, 4)), data.draw(st.integers(1, 4))
    seed = data.draw(st.integers(0, 2**32 - 1))
    rng = np.random.default_rng(seed)
    reduction = data.draw(st.sampled_from(["mean", "sum", "none"]))
    weight = tg.tensor(rng.random(classes) + 0.5) if data.draw(st.booleans()) else None
    target = rng.integers(0, classes, rows)
    ignored = data.draw(st.booleans()) and rows > 1
    if ignored:
        target[0] = -100
    x = tg.tensor(rng.standard_normal((rows, classes)), requires_grad=True)

    def loss(x):
        return F.cross_entropy(x, tg.tensor(target), weight, reduction=reduction)

    assert gradcheck(loss, (x,))
    assert gradgradcheck(loss, (x,))


@pytest.mark.parametrize("name", ["mse_loss", "binary_cross_entropy", "binary_cross_entropy_with_logits"])
def test_elementwise_losses_pass_gradcheck_twice(name):
    x = tg.tensor(RNG.random((2, 3)) * 0.8 + 0.1, requires_grad=True)
    y = tg.tensor(RNG.random((2, 3)) * 0.8 + 0.1, requires_grad=True)
    assert gradcheck(getattr(F, name), (x, y))
    assert gradgradcheck(getattr(F, name), (x, y))


# What a mistake says


@pytest.mark.parametrize(
    ("scores", "classes", "error", "words"),
    [
        (np.zeros((3, 2)), [0, 1], ShapeError, r"\(3, 2\) and target \(2,\)"),
        (np.zeros((3, 2)), [[0], [1], [0]], ShapeError, r"\(3, 2\) and target \(3, 1\)"),
        (np.zeros((3, 2)), [0, 1, 2], ValueError, "row 2 is 2, and 2 scores per row mean classes 0 to 1"),
        (np.zeros((3, 2)), [0, -1, 1], ValueError, "row 1 is -1"),
        (np.zeros((3, 2)), [0.0, 1.0, 1.0], DtypeError, "class indices are integers"),
        (np.zeros((3, 0)), [0, 1, 1], ShapeError, "no class to choose from"),
    ],
)
@pytest.mark.parametrize("loss", [F.cross_entropy, F.nll_loss])
def test_targets_that_do_not_fit_are_refused(loss, scores, classes, error, words):
    with pytest.raises(error, match=words):
        loss(tg.tensor(scores), tg.tensor(classes))


def test_class_weights_of_the_wrong_length_are_refused():
    with pytest.raises(ShapeError, match=r"class weights have shape \(3,\); expected \(2,\)"):
        F.cross_entropy(tg.zeros(1, 2), tg.tensor([0]), weight=tg.ones(3))


@pytest.mark.parametrize("loss", [F.cross_entropy, F.nll_loss])
def test_an_unknown_reduction_is_refused(loss):
    with pytest.raises(ValueError, match="'mean', 'sum' or 'none', not 'average'"):
        loss(tg.zeros(1, 2), tg.tensor([0]), reduction="average")


def test_scores_passed_as_probabilities_are_refused():
    with pytest.raises(ValueError, match=r"from -2 to 3, .* use binary_cross_entropy_with_logits"):
        F.binary_cross_entropy(tg.tensor([-2.0, 3.0]), tg.tensor([0.0, 1.0]))


@pytest.mark.parametrize("loss", [F.binary_cross_entropy, F.binary_cross_entropy_with_logits])
def test_binary_losses_refuse_to_broadcast(loss):
    with pytest.raises(ShapeError, match=r"\(2, 1\) and target \(2,\)"):
        loss(tg.zeros(2, 1), tg.zeros(2))


def test_mse_warns_when_it_broadcasts():
    with pytest.warns(UserWarning, match=r"\(2, 1\) and target \(2,\)"):
        F.mse_loss(tg.zeros(2, 1), tg.zeros(2))
