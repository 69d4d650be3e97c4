"""grad, vjp, jvp, jacobian and hessian, beside PyTorch where it is installed and in closed form."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tinygrad_edu as tg
from tinygrad_edu import autograd

A = np.random.default_rng(0).standard_normal((3, 4))
X = np.random.default_rng(1).uniform(0.5, 1.5, 4)
Y = np.random.default_rng(2).uniform(0.5, 1.5, 3)


def both(lib, x, y):
    """Two inputs, a result of three elements, nothing linear."""
    a = lib.tensor(A)
    return lib.tanh(a @ (x * x)) * y.exp() + y * x.sum()


def t(lib, array):
    return lib.tensor(array, requires_grad=lib is tg)


@pytest.fixture
def torch():
    return pytest.importorskip("torch")


def test_vjp_agrees_with_pytorch(torch):
    v = np.array([1.0, -2.0, 0.5])
    out, (gx, gy) = autograd.vjp(lambda x, y: both(tg, x, y), (tg.tensor(X), tg.tensor(Y)), tg.tensor(v))
    expected, (ex, ey) = torch.autograd.functional.vjp(
        lambda x, y: both(torch, x, y), (torch.tensor(X), torch.tensor(Y)), torch.tensor(v)
    )
    for got, want in ((out, expected), (gx, ex), (gy, ey)):
        np.testing.assert_allclose(got.data, want.numpy(), rtol=1e-12)


def test_jvp_agrees_with_pytorch(torch):
    vx, vy = np.array([1.0, -2.0, 0.5, 3.0]), np.array([0.1, 0.2, -0.3])
    out, moved = autograd.jvp(
        lambda x, y: both(tg, x, y), (tg.tensor(X), tg.tensor(Y)), (tg.tensor(vx), tg.tensor(vy))
    )
    expected, wanted = torch.autograd.functional.jvp(
        lambda x, y: both(torch, x, y),
        (torch.tensor(X), torch.tensor(Y)),
        (torch.tensor(vx), torch.tensor(vy)),
    )
    np.testing.assert_allclose(out.data, expected.numpy(), rtol=1e-12)
    np.testing.assert_allclose(moved.data, wanted.numpy(), rtol=1e-12)


def test_jacobian_agrees_with_pytorch(torch):
    got = autograd.jacobian(lambda x, y: both(tg, x, y), (tg.tensor(X), tg.tensor(Y)))
    expected = torch.autograd.functional.jacobian(
        lambda x, y: both(torch, x, y), (torch.tensor(X), torch.tensor(Y))
    )
    for mine, other in zip(got, expected, strict=True):
        assert mine.shape == tuple(other.shape)
        np.testing.assert_allclose(mine.data, other.numpy(), rtol=1e-12)


def test_hessian_agrees_with_pytorch(torch):
    got = autograd.hessian(lambda x, y: both(tg, x, y).sum(), (tg.tensor(X), tg.tensor(Y)))
    expected = torch.autograd.functional.hessian(
        lambda x, y: both(torch, x, y).sum(), (torch.tensor(X), torch.tensor(Y))
    )
    for row, other_row in zip(got, expected, strict=True):
        for mine, other in zip(row, other_row, strict=True):
            np.testing.assert_allclose(mine.data, other.numpy(), rtol=1e-10, atol=1e-12)


@settings(deadline=None, max_examples=25, derandomize=True, database=None)
@given(st.integers(0, 2**32 - 1))
def test_jvp_and_vjp_are_transposes(seed):
    rng = np.random.default_rng(seed)
    x, v, u = tg.tensor(rng.uniform(0.5, 1.5, 4)), rng.standard_normal(4), rng.standard_normal(3)

    def f(x):
        return both(tg, x, tg.tensor(Y))

    _, forward = autograd.jvp(f, x, tg.tensor(v))
    _, back = autograd.vjp(f, x, tg.tensor(u))
    np.testing.assert_allclose(forward.data @ u, back.data @ v, rtol=1e-10, atol=1e-12)


def test_closed_forms():
    x = tg.tensor(np.array([1.0, 2.0]))
    assert autograd.jacobian(lambda x: x**2, x).tolist() == [[2, 0], [0, 4]]
    assert autograd.hessian(lambda x: x[0] ** 2 * x[1], x).tolist() == [[4, 2], [2, 0]]
    # of something that does not depend on it
    assert autograd.jacobian(lambda x: tg.ones(3, dtype=tg.float64), x).tolist() == [[0, 0]] * 3
    assert autograd.hessian(lambda x: x.sum(), x).tolist() == [[0, 0], [0, 0]]
    assert autograd.vjp(lambda x: tg.ones(1), x)[1].tolist() == [0, 0]
    assert autograd.jvp(lambda x: tg.ones(2), x, x)[1].tolist() == [0, 0]
    # linear: the second walk finds no dependence on the cotangent's own derivative
    assert autograd.jvp(lambda x: 3 * x, x, tg.tensor(np.array([1.0, 10.0])))[1].tolist() == [3, 30]


def test_create_graph_differentiates_through_the_answer():
    x = tg.tensor(np.array([1.0, 2.0]), requires_grad=True)
    jac = autograd.jacobian(lambda x: x**3, x, create_graph=True)
    jac.sum().backward()
    assert x.grad.tolist() == [6, 12]
    x.grad = None
    _, g = autograd.vjp(lambda x: (x**3).sum(), x, create_graph=True)
    g.sum().backward()
    assert x.grad.tolist() == [6, 12]


def test_the_same_tensor_given_twice_is_two_inputs():
    x = tg.tensor(np.array([3.0]))
    _, (gx, gy) = autograd.vjp(lambda a, b: a * a * b, (x, x), tg.tensor(np.array([1.0])))
    assert (gx.item(), gy.item()) == (18, 9)


def test_unused_inputs():
    x, y = (tg.tensor([1.0], requires_grad=True) for _ in range(2))
    assert autograd.grad((x * 2).sum(), (x, y), allow_unused=True)[1] is None


def test_works_inside_no_grad():
    with tg.no_grad():
        assert autograd.jacobian(lambda x: x * x, tg.tensor([2.0])).tolist() == [[4]]
