"""The walk: accumulation, release, hooks, depth, memory, and second derivatives."""

from __future__ import annotations

import gc
import weakref

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tinygrad_edu as tg
from tinygrad_edu.autograd import grad


def leaf(values, name=None):
    return tg.tensor(np.asarray(values, dtype=np.float64), requires_grad=True, name=name)


def test_a_repeated_input_pays_twice():
    x = leaf(3.0)
    y = x * x
    assert y.inputs == (x, x)
    y.backward()
    assert x.grad.item() == 6.0


def test_a_second_backward_adds_exactly_once_more():
    x = leaf([1.0, 2.0])
    h = x * x
    y = (h * h).sum()
    y.backward(retain_graph=True)
    first = x.grad.data.copy()
    y.backward()
    np.testing.assert_array_equal(x.grad.data, 2 * first)
    assert h.grad is None


def test_three_contributions_and_more_leave_the_borrowed_arrays_alone():
    x = leaf([1.0, 2.0])
    a, b = x * 1.0, x * 1.0
    g = np.array([1.0, 10.0])
    # a gets four contributions, all of which begin as the same array g
    out = a + b + a + b + a + a
    out.backward(tg.tensor(g))
    np.testing.assert_array_equal(x.grad.data, 6 * g)
    np.testing.assert_array_equal(g, [1.0, 10.0])


def test_two_leaves_do_not_share_what_one_of_them_may_change():
    x, y = leaf([1.0, 2.0]), leaf([3.0, 4.0])
    (x + y).backward(tg.ones(2, dtype=tg.float64))
    x.grad *= 10
    x.grad.zero_()
    np.testing.assert_array_equal(y.grad.data, [1.0, 1.0])


def test_the_gradient_argument_is_not_handed_to_the_leaf():
    x = leaf([1.0, 2.0])
    seed = tg.tensor(np.ones(2))
    (x + 0.0).backward(seed)
    seed.data[0] = 99.0
    np.testing.assert_array_equal(x.grad.data, [1.0, 1.0])


def test_a_leaf_gradient_holds_no_larger_array_alive():
    x = leaf(1.0)
    x.expand((1000,)).sum().backward()
    y = leaf(np.ones((2, 3)))
    y.sum().backward()
    assert x.grad.data.base is None
    assert y.grad.data.base is None


def test_constants_are_shown_but_not_walked():
    x, c = leaf([1.0]), tg.tensor([2.0])
    y = x * c
    assert y.inputs[1].data.tolist() == [2.0]
    y.backward()
    assert c.grad is None


def test_deep_chain_without_recursion():
    x = leaf(1.0)
    y = x
    for _ in range(100_000):
        y = y + x
    y.backward()
    assert x.grad.item() == 100_001.0
    z = x
    for _ in range(100_000):
        z = -z
    # never walked: dropping it must not recurse either
    del z


def test_shared_nodes_64_doublings_deep():
    x = leaf(1.0)
    y = x
    for _ in range(64):
        y = y + y
    y.backward()
    assert x.grad.item() == 2.0**64


def test_a_graph_dies_by_reference_count():
    gc.collect()
    gc.disable()
    try:
        x = leaf([1.0, 2.0])
        h = (x * x).tanh()
        y = h.sum()
        gone = [weakref.ref(h), weakref.ref(y)]
        del h, y
        assert [ref() for ref in gone] == [None, None]
        h = x.exp()
        y = h.sum()
        gone = weakref.ref(h)
        del h
        assert gone() is not None
        # the walk releases what it has passed, though y lives on
        y.backward()
        assert gone() is None
    finally:
        gc.enable()


def test_interior_gradients_are_kept_only_when_asked_for():
    x = leaf([1.0, 2.0])
    h = x * 3.0
    h.retain_grad()
    (h * h).sum().backward()
    np.testing.assert_array_equal(h.grad.data, [6.0, 12.0])
    assert h.retains_grad


def test_hooks_see_the_whole_gradient_once_and_may_replace_it():
    x = leaf([1.0, 2.0])
    h = x * 2.0
    seen = []
    h.register_hook(lambda g: seen.append(g.tolist()))
    handle = h.register_hook(lambda g: g * 100)
    x.register_hook(lambda g: g + 1)
    (h + h).sum().backward(retain_graph=True)
    assert seen == [[2.0, 2.0]]
    np.testing.assert_array_equal(x.grad.data, [401.0, 401.0])
    handle.remove()
    handle.remove()
    x.grad = None
    (h + h).sum().backward()
    np.testing.assert_array_equal(x.grad.data, [5.0, 5.0])


def test_a_failed_walk_leaves_the_graph_usable():
    x = leaf([1.0])
    h = x * 2.0
    y = h.exp()

    def fail(g):
        raise KeyError("stop")

    handle = h.register_hook(fail)
    with pytest.raises(KeyError):
        y.backward(retain_graph=True)
    handle.remove()
    assert tg.is_grad_enabled()
    z = h * h
    z.backward()
    np.testing.assert_allclose(x.grad.data, 8.0)


def test_no_grad_as_context_and_decorator():
    x = leaf([1.0])
    with tg.no_grad():
        assert not (x * 2).requires_grad
        with tg.enable_grad():
            assert (x * 2).requires_grad
        assert not (x * 2).requires_grad
    assert (x * 2).requires_grad

    @tg.no_grad()
    def f(x):
        return x * 2

    assert not f(x).requires_grad
    tg.set_grad_enabled(False)
    assert not (x * 2).requires_grad
    tg.set_grad_enabled(True)
    assert (x * 2).requires_grad


def test_backward_inside_no_grad_still_walks():
    x = leaf([3.0])
    y = x * x
    with tg.no_grad():
        y.backward()
    assert x.grad.item() == 6.0
    assert not x.grad.requires_grad


def test_create_graph_makes_grad_differentiable():
    x = leaf(2.0)
    y = x**4
    y.backward(create_graph=True)
    first = x.grad
    x.grad = None
    first.backward()
    assert first.item() == 32.0
    assert x.grad.item() == 48.0


def test_gradients_accumulate_under_create_graph_too():
    x = leaf(2.0)
    (x**3).backward(create_graph=True)
    (x**2).backward(create_graph=True)
    assert x.grad.item() == 12.0 + 4.0
    total, x.grad = x.grad, None
    total.backward()
    assert x.grad.item() == 12.0 + 2.0


def test_third_derivative():
    x = leaf(0.7)
    y = x.sin()
    for _ in range(3):
        (y,) = grad(y, x, create_graph=True)
    np.testing.assert_allclose(y.item(), -np.cos(0.7))


def test_grad_leaves_every_grad_alone_and_takes_interior_inputs():
    x = leaf([1.0, 2.0])
    h = x * x
    y = (h * 3.0).sum()
    gh, gx = grad(y, (h, x))
    assert (gh.tolist(), gx.tolist()) == ([3.0, 3.0], [6.0, 12.0])
    assert x.grad is None


def test_grad_of_several_outputs_adds_them_up():
    x = leaf([1.0, 2.0])
    h = x * x
    outs = (h.sum(), h)
    (g,) = grad(outs, x, (None, tg.tensor([10.0, 100.0], dtype=tg.float64)))
    assert g.tolist() == [22.0, 404.0]


def test_float32_stays_float32_in_a_mixed_graph():
    x = tg.tensor([1.0, 2.0], requires_grad=True)
    w = leaf([3.0, 4.0])
    y = (x * 2.0 + 1) * w
    assert y.dtype == tg.float64
    y.sum().backward()
    assert (x.grad.dtype, w.grad.dtype) == (tg.float32, tg.float64)
    assert ((x * 2 + 1) / 3 - 0.5).dtype == tg.float32


def test_gradient_through_data_rebound_after_the_forward_pass_is_the_old_one():
    x = leaf([2.0])
    y = x * x
    x.data = np.array([100.0])
    y.backward()
    assert x.grad.item() == 4.0


# A random program, run with a toy model beside it: forward-mode derivatives by every leaf, which cannot
# forget, double or reorder a contribution because they carry them along with the values.


class Dual:
    def __init__(self, value, slopes):
        self.value, self.slopes = value, slopes


MODEL = {
    "add": lambda a, b: Dual(a.value + b.value, a.slopes + b.slopes),
    "sub": lambda a, b: Dual(a.value - b.value, a.slopes - b.slopes),
    "mul": lambda a, b: Dual(a.value * b.value, a.slopes * b.value + b.slopes * a.value),
    "tanh": lambda a, b: Dual(np.tanh(a.value), a.slopes * (1 - np.tanh(a.value) ** 2)),
    "sin": lambda a, b: Dual(np.sin(a.value), a.slopes * np.cos(a.value)),
    "neg": lambda a, b: Dual(-a.value, -a.slopes),
}
BINARY = {"add", "sub", "mul"}
step = st.tuples(st.sampled_from(sorted(MODEL)), st.integers(0, 999), st.integers(0, 999))


@settings(deadline=None, max_examples=60, derandomize=True, database=None)
@given(
    values=st.lists(st.floats(-2, 2), min_size=1, max_size=4),
    steps=st.lists(step, min_size=1, max_size=30),
    walks=st.integers(1, 3),
)
def test_random_programs_agree_with_forward_mode(values, steps, walks):
    leaves = [leaf(v) for v in values]
    ours = [x.tanh() for x in leaves]
    one = np.eye(len(values))
    model = [MODEL["tanh"](Dual(v, row), None) for v, row in zip(values, one, strict=True)]
    for name, i, j in steps:
        i, j = i % len(ours), j % len(ours)
        ours.append(
            getattr(tg, name)(ours[i], ours[j]) if name in BINARY else getattr(tg, name)(ours[i]).tanh()
        )
        made = MODEL[name](model[i], model[j])
        model.append(made if name in BINARY else MODEL["tanh"](made, None))
        if abs(ours[-1].item()) > 1e3:
            return
    for walk in range(walks):
        ours[-1].backward(retain_graph=walk < walks - 1)
    got = [0.0 if x.grad is None else x.grad.item() for x in leaves]
    np.testing.assert_allclose(got, walks * model[-1].slopes, rtol=1e-9, atol=1e-9)
