"""Hooks of modules: what they see, what they may replace, and that they go again; beside PyTorch."""

from __future__ import annotations

import gc
import weakref

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu import nn


class TwoIn(nn.Module):
    def forward(self, x, y, factor=1.0):
        return x * y * factor


class TwoOut(nn.Module):
    def forward(self, x):
        return x * 2, x * x


def test_forward_hooks_see_and_replace_inputs_and_outputs():
    layer, seen = TwoIn(), []
    layer.register_forward_pre_hook(lambda m, inputs: (inputs[0] + 1, inputs[1]))
    layer.register_forward_hook(lambda m, inputs, output: seen.append((m, inputs[0].item(), output.item())))
    layer.register_forward_hook(lambda m, inputs, output: output * 10)
    assert layer(tg.tensor(2.0), tg.tensor(5.0), factor=2.0).item() == 300
    assert seen == [(layer, 3.0, 30.0)]


def test_a_single_replaced_input_needs_no_tuple():
    layer = nn.ReLU()
    layer.register_forward_pre_hook(lambda m, inputs: -inputs[0])
    assert layer(tg.tensor(-2.0)).item() == 2


def test_hooks_run_in_order_and_prepended_ones_first_and_removed_ones_not():
    layer, order = nn.Identity(), []
    handles = [
        layer.register_forward_hook(lambda m, i, o, n=n: order.append(n), prepend=n == 2) for n in range(3)
    ]
    layer(tg.ones(1))
    assert order == [2, 0, 1]
    handles[0].remove()
    handles[0].remove()
    layer(tg.ones(1))
    assert order == [2, 0, 1, 2, 1]


def gradients_seen(lib, nn, frozen_input=False):
    """What backward hooks are given on the way through a small network."""
    make = lambda *shape: lib.tensor(np.arange(1.0, 1 + np.prod(shape)).reshape(shape), requires_grad=True)  # noqa: E731  # short
    model = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1))
    for p in model.parameters():
        p.data = lib.tensor(np.linspace(-1, 1, int(np.prod(p.shape))).reshape(tuple(p.shape)))
    seen = []

    def note(module, grad_input, grad_output):
        numbers = [None if g is None else np.asarray(g.tolist()) for g in (*grad_input, *grad_output)]
        seen.append([type(module).__name__, *numbers])

    for layer in model:
        layer.register_full_backward_hook(note)
    x = make(4, 2)
    if frozen_input:
        x = x.detach()
    model(x).sum().backward()
    return seen, None if frozen_input else np.asarray(x.grad.tolist())


# PyTorch tells that nothing flows into the first layer
@pytest.mark.filterwarnings("ignore:Full backward hook is firing")
@pytest.mark.parametrize("frozen_input", [False, True])
def test_backward_hooks_see_what_pytorchs_see(frozen_input):
    torch = pytest.importorskip("torch")
    ours, x_grad = gradients_seen(tg, nn, frozen_input)
    theirs, their_x_grad = gradients_seen(torch, torch.nn, frozen_input)
    assert [entry[0] for entry in ours] == [entry[0] for entry in theirs] == ["Linear", "Tanh", "Linear"]
    for mine, other in zip(ours, theirs, strict=True):
        for g, h in zip(mine[1:], other[1:], strict=True):
            assert (g is None) == (h is None)
            if g is not None:
                np.testing.assert_allclose(g, h, rtol=1e-10, atol=1e-14)
    if not frozen_input:
        np.testing.assert_allclose(x_grad, their_x_grad, rtol=1e-10, atol=1e-14)


def test_a_backward_hook_replaces_gradients_of_several_inputs():
    layer, seen = TwoIn(), []

    def double(module, grad_input, grad_output):
        seen.append([None if g is None else g.tolist() for g in (*grad_input, *grad_output)])
        return tuple(None if g is None else g * 2 for g in grad_input)

    layer.register_full_backward_hook(double)
    x, y = tg.tensor([2.0, 3.0], requires_grad=True), tg.tensor([[5.0, 7.0]], requires_grad=True)
    layer(x, y).sum().backward()
    assert seen == [[[5.0, 7.0], [[2.0, 3.0]], [[1.0, 1.0]]]]
    assert x.grad.tolist() == [10.0, 14.0]
    assert y.grad.tolist() == [[4.0, 6.0]]
    # one input without a gradient
    layer(x, tg.ones(1, 2)).sum().backward()
    assert seen[1] == [[1.0, 1.0], None, [[1.0, 1.0]]]


def test_a_backward_hook_of_a_module_with_several_outputs():
    layer, seen = TwoOut(), []
    layer.register_full_backward_hook(
        lambda m, gi, go: seen.append([None if g is None else g.item() for g in (*gi, *go)])
    )
    x = tg.tensor(3.0, requires_grad=True)
    twice, square = layer(x)
    (twice * 5 + square).backward()
    (layer(x)[1]).backward()
    assert seen == [[16.0, 5.0, 1.0], [6.0, None, 1.0]]


def test_backward_hooks_under_create_graph_give_tensors_of_the_graph():
    layer = TwoOut()
    layer.register_full_backward_hook(lambda m, gi, go: (gi[0] * 3,))
    x = tg.tensor(2.0, requires_grad=True)
    (g,) = tg.autograd.grad(layer(x)[1], x, create_graph=True)
    assert g.item() == 12
    g.backward()
    # d/dx 3 (2 x); as in PyTorch, the hook is called for the first derivative only
    assert x.grad.item() == 6


def test_backward_hooks_do_nothing_without_recording_and_leave_no_cycle():
    layer, seen = nn.Identity(), []
    layer.register_full_backward_hook(lambda *args: seen.append(args))
    x = tg.ones(2, requires_grad=True)
    with tg.no_grad():
        assert layer(x).tolist() == [1.0, 1.0]
    gc.disable()
    try:
        y = layer(x * 2)
        watch = weakref.ref(y)
        y.sum().backward()
        del y
        assert watch() is None
    finally:
        gc.enable()
    assert len(seen) == 1
