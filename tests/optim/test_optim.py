"""Optimizers: against PyTorch for ten steps, by hand for one, and safe beside graphs that are still in use."""

from __future__ import annotations

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu import nn, optim

RNG = np.random.default_rng(5)
CASES = [
    ("SGD", {"lr": 0.1}),
    ("SGD", {"lr": 0.1, "momentum": 0.9}),
    ("SGD", {"lr": 0.1, "momentum": 0.9, "dampening": 0.3}),
    ("SGD", {"lr": 0.1, "momentum": 0.9, "nesterov": True}),
    ("SGD", {"lr": 0.1, "momentum": 0.5, "weight_decay": 0.2}),
    ("SGD", {"lr": 0.1, "momentum": 0.5, "weight_decay": 0.2, "maximize": True}),
    ("SGD", {}),
    ("Adam", {}),
    ("Adam", {"lr": 0.1}),
    ("Adam", {"lr": 0.1, "betas": (0.5, 0.9), "eps": 1e-3}),
    ("Adam", {"lr": 0.1, "weight_decay": 0.2}),
    ("Adam", {"lr": 0.1, "amsgrad": True, "betas": (0.9, 0.5)}),
    ("Adam", {"lr": 0.1, "maximize": True}),
    ("Adam", {"lr": 0.1, "betas": (0.0, 0.0)}),
    ("AdamW", {}),
    ("AdamW", {"lr": 0.1, "weight_decay": 0.5, "amsgrad": True}),
    ("AdamW", {"lr": 0.1, "maximize": True}),
    ("NAdam", {}),
    ("NAdam", {"lr": 0.1, "momentum_decay": 0.3, "weight_decay": 0.2}),
    ("NAdam", {"lr": 0.1, "weight_decay": 0.2, "decoupled_weight_decay": True, "maximize": True}),
    ("Adagrad", {}),
    ("Adagrad", {"lr": 0.1, "lr_decay": 0.5, "weight_decay": 0.2, "initial_accumulator_value": 0.3}),
    ("Adagrad", {"lr": 0.1, "eps": 0.1, "maximize": True}),
    ("RMSprop", {}),
    ("RMSprop", {"lr": 0.1, "alpha": 0.5, "eps": 0.1, "weight_decay": 0.2}),
    ("RMSprop", {"lr": 0.03, "momentum": 0.9, "centered": True, "maximize": True}),
    ("Adadelta", {}),
    ("Adadelta", {"lr": 2.0, "rho": 0.5, "eps": 1e-2, "weight_decay": 0.2}),
    ("Adadelta", {"maximize": True}),
]


def wavy(w, b, x):
    """A loss whose gradients are bounded and change sign on the way."""
    return ((x @ w + b).sin() ** 2).sum() + w.cos().sum()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("name", "options"), CASES, ids=str)
def test_ten_steps_agree_with_torch(name, options, dtype):
    torch = pytest.importorskip("torch")
    w, b, x = (RNG.standard_normal(s).astype(dtype) * 0.3 for s in ((4, 3), (3,), (5, 4)))
    ours = [tg.tensor(a, requires_grad=True) for a in (w, b)]
    theirs = [torch.tensor(a, requires_grad=True) for a in (w, b)]
    mine, other = getattr(optim, name)(ours, **options), getattr(torch.optim, name)(theirs, **options)
    for _ in range(10):
        mine.zero_grad()
        other.zero_grad()
        wavy(*ours, tg.tensor(x)).backward()
        wavy(*theirs, torch.tensor(x)).backward()
        mine.step()
        other.step()
    for p, q in zip(ours, theirs, strict=True):
        assert p.dtype == dtype
        tolerance = {"rtol": 2e-4, "atol": 2e-5} if dtype is np.float32 else {"rtol": 1e-9, "atol": 1e-12}
        if name == "NAdam" and dtype is np.float64:
            # PyTorch keeps the product of the momenta in float32, whatever the parameters are
            tolerance = {"rtol": 1e-6, "atol": 1e-9}
        np.testing.assert_allclose(p.data, q.detach().numpy(), **tolerance)


def stepped(optimizer_class, start, gradients, **options):
    w = tg.tensor(start, requires_grad=True)
    optimizer = optimizer_class([w], **options)
    for gradient in gradients:
        w.grad = tg.tensor(gradient)
        optimizer.step()
    return w.tolist()


def test_one_step_by_hand():
    assert stepped(optim.SGD, [1.0], [[2.0]], lr=0.25) == [0.5]
    assert stepped(optim.SGD, [0.0], [[1.0], [1.0]], lr=1.0, momentum=0.5) == [-2.5]
    assert stepped(optim.SGD, [0.0], [[1.0], [1.0]], lr=1.0, momentum=0.5, nesterov=True) == [-3.25]
    # After one step both moments are unbiased, so Adam moves by lr whatever the size of the gradient.
    assert stepped(optim.Adam, [0.0, 0.0], [[1e-3, -1e3]], lr=0.5) == pytest.approx([-0.5, 0.5], rel=1e-4)


def test_groups_have_options_of_their_own():
    a, b, c = (tg.tensor([1.0], requires_grad=True) for _ in range(3))
    optimizer = optim.SGD([{"params": [a]}, {"params": b, "lr": 0.5}], lr=0.25)
    optimizer.add_param_group({"params": [c], "lr": 1.0})
    for w in (a, b, c):
        w.grad = tg.ones(1)
    optimizer.step()
    assert [w.item() for w in (a, b, c)] == [0.75, 0.5, 0.0]
    optimizer.param_groups[0]["lr"] = 0.75
    optimizer.step()
    assert a.item() == 0


def test_parameters_without_a_gradient_stay():
    a, b = (tg.tensor([1.0], requires_grad=True) for _ in range(2))
    optimizer = optim.Adam([a, b])
    a.grad = tg.ones(1)
    optimizer.step()
    assert b.item() == 1
    assert b not in optimizer.state
    optimizer.zero_grad(set_to_none=False)
    assert a.grad.item() == 0
    assert b.grad is None
    optimizer.zero_grad()
    assert a.grad is None


def test_a_closure_is_called_and_its_loss_returned():
    w = tg.tensor([2.0], requires_grad=True)
    optimizer = optim.SGD([w], lr=0.25)

    def closure():
        optimizer.zero_grad()
        loss = (w * w).sum()
        loss.backward()
        return loss

    assert optimizer.step(closure).item() == 4
    assert w.item() == 1


# Safety: what a graph or a user still holds never changes


def optimizers():
    return [
        (optim.SGD, {"lr": 0.1, "momentum": 0.9, "weight_decay": 0.1}),
        (optim.Adam, {"lr": 0.1, "weight_decay": 0.1}),
    ]


@pytest.mark.parametrize(("kind", "options"), optimizers())
def test_a_retained_graph_keeps_the_values_it_saw(kind, options):
    w = tg.tensor(RNG.standard_normal(3), requires_grad=True)
    optimizer = kind([w], **options)
    for _ in range(3):
        loss = (w * w * w).sum()
        start = w.tolist()
        loss.backward(retain_graph=True)
        optimizer.step()
        optimizer.zero_grad()
        loss.backward()
        np.testing.assert_allclose(w.grad.data, 3 * np.square(start), rtol=1e-12)
        assert w.tolist() != start


@pytest.mark.parametrize(("kind", "options"), optimizers())
def test_arrays_and_views_in_the_users_hands_do_not_change(kind, options):
    w = tg.tensor(RNG.standard_normal((2, 3)), requires_grad=True)
    optimizer = kind([w], **options)
    for look in (
        lambda: w.data,
        lambda: w.data[0],
        lambda: w.data.T,
        lambda: w.detach().data,
        lambda: memoryview(w.data),
    ):
        seen = look()
        before = np.array(seen)
        w.grad = tg.tensor(np.ones((2, 3)))
        optimizer.step()
        np.testing.assert_array_equal(np.asarray(seen), before)


@pytest.mark.parametrize(("kind", "options"), optimizers())
def test_memory_shared_with_the_user_is_left_at_the_first_step(kind, options):
    array = np.ones(6, np.float32)
    w = tg.from_numpy(array[1:4]).requires_grad_()
    view = w.data
    del view
    optimizer = kind([w], **options)
    w.grad = tg.ones(3)
    optimizer.step()
    assert array.tolist() == [1.0] * 6
    assert w.data.base is None


@pytest.mark.parametrize(("kind", "options"), optimizers())
def test_gradients_do_not_change(kind, options):
    w = tg.tensor([1.0, 2.0], requires_grad=True)
    optimizer = kind([w], **options)
    w.grad = tg.tensor([3.0, 4.0])
    for _ in range(2):
        optimizer.step()
        assert w.grad.tolist() == [3.0, 4.0]


def test_the_array_is_written_in_place_when_nobody_else_holds_it():
    layer = nn.Linear(3, 2)
    optimizer = optim.Adam(layer.parameters())
    address = layer.weight.data.ctypes.data
    for _ in range(3):
        optimizer.zero_grad()
        layer(tg.ones(1, 3)).sum().backward()
        optimizer.step()
        assert layer.weight.data.ctypes.data == address


def test_two_parameters_of_one_shape_have_states_of_their_own():
    a, b = (tg.tensor([0.0], requires_grad=True) for _ in range(2))
    optimizer = optim.Adam([a, b], lr=0.1)
    a.grad, b.grad = tg.tensor([1.0]), tg.tensor([-5.0])
    optimizer.step()
    assert optimizer.state[a]["exp_avg"].item() == pytest.approx(0.1)
    assert optimizer.state[b]["exp_avg"].item() == pytest.approx(-0.5)
    assert optimizer.state[a]["step"] == 1


# State


@pytest.mark.parametrize(("kind", "options"), [*optimizers(), (optim.Adam, {"amsgrad": True})])
def test_a_resumed_run_gives_the_same_bits(kind, options):
    x = tg.tensor(RNG.standard_normal((5, 4)))

    def run(w, b, optimizer, steps):
        for _ in range(steps):
            optimizer.zero_grad()
            wavy(w, b, x).backward()
            optimizer.step()

    start = [RNG.standard_normal(s) for s in ((4, 3), (3,))]
    w, b = (tg.tensor(a, requires_grad=True) for a in start)
    optimizer = kind([w, b], **options)
    run(w, b, optimizer, 3)
    saved, weights = optimizer.state_dict(), [w.data.copy(), b.data.copy()]
    run(w, b, optimizer, 3)

    v, c = (tg.tensor(a, requires_grad=True) for a in weights)
    resumed = kind([v, c], lr=99.0)
    resumed.load_state_dict(saved)
    run(v, c, resumed, 3)
    np.testing.assert_array_equal(v.data, w.data)
    np.testing.assert_array_equal(c.data, b.data)


def test_a_state_dict_has_the_layout_of_torch():
    torch = pytest.importorskip("torch")
    states = []
    for make, module in ((tg.tensor, optim), (torch.tensor, torch.optim)):
        w = make([[1.0, 2.0]], requires_grad=True)
        optimizer = module.Adam([{"params": [w], "lr": 0.5}])
        (w * w).sum().backward()
        optimizer.step()
        states.append(optimizer.state_dict())
    ours, theirs = states
    assert ours["state"].keys() == theirs["state"].keys()
    assert ours["state"][0].keys() == theirs["state"][0].keys()
    for name, value in theirs["state"][0].items():
        np.testing.assert_allclose(ours["state"][0][name], value.numpy(), rtol=1e-6)
    assert ours["param_groups"][0].items() <= theirs["param_groups"][0].items()


def test_a_state_of_another_model_is_refused():
    one = optim.Adam([tg.zeros(2, requires_grad=True)])
    two = optim.Adam([tg.zeros(2, requires_grad=True), tg.zeros(2, requires_grad=True)])
    with pytest.raises(ValueError, match=r"sizes \[2\], and this optimizer has \[1\]"):
        one.load_state_dict(two.state_dict())
    w = tg.zeros(3, requires_grad=True)
    other = optim.Adam([w])
    w.grad = tg.ones(3)
    other.step()
    with pytest.raises(ValueError, match=r"exp_avg has shape \(3,\), and its parameter \(2,\)"):
        one.load_state_dict(other.state_dict())


def test_an_optimizer_prints_its_options():
    text = repr(optim.SGD([tg.zeros(1, requires_grad=True)], lr=0.5))
    assert text.startswith("SGD (\nParameter Group 0\n    dampening: 0\n    lr: 0.5\n")


# What a mistake says


def leaf():
    return tg.ones(1, requires_grad=True)


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda: optim.SGD([]), ValueError, "no parameters"),
        (lambda: optim.SGD(leaf()), TypeError, "put it in a list"),
        (lambda: optim.SGD([1.0]), TypeError, "optimizes tensors, not float"),
        (lambda: optim.SGD([leaf() * 2]), ValueError, "is the result of mul"),
        (lambda: optim.SGD([w := leaf(), leaf(), w]), ValueError, "given twice"),
        (lambda: optim.SGD([leaf()], lr=-1), ValueError, "lr must not be negative, and is -1"),
        (lambda: optim.SGD([leaf()], lr=float("nan")), ValueError, "lr must not be negative"),
        (lambda: optim.SGD([leaf()], momentum=-1), ValueError, "momentum must not be negative"),
        (lambda: optim.SGD([leaf()], weight_decay=-1), ValueError, "weight_decay must not be negative"),
        (lambda: optim.SGD([leaf()], nesterov=True), ValueError, "needs a momentum"),
        (lambda: optim.Adam([leaf()], eps=-1), ValueError, "eps must not be negative"),
        (lambda: optim.Adam([leaf()], betas=(0.9, 1.0)), ValueError, r"each beta lies in \[0, 1\)"),
        (
            lambda: optim.Adam([{"params": [leaf()], "learning_rate": 1}]),
            ValueError,
            "no option learning_rate",
        ),
    ],
)
def test_misuse_is_refused(make, error, words):
    with pytest.raises(error, match=words):
        make()


def test_no_optimizer_is_without_a_case():
    assert {name for name, _ in CASES} == set(optim.__all__) - {"Optimizer", "lr_scheduler"}
