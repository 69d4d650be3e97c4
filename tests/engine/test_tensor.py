"""Tensors as PyTorch users handle them: making, showing, converting, changing in place."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

import tinygrad_edu as tg


def test_factories_agree_with_pytorch():
    torch = pytest.importorskip("torch")
    for make in (
        lambda lib: lib.tensor([[1.0, 2.0]]),
        lambda lib: lib.tensor(5),
        lambda lib: lib.zeros(2, 3),
        lambda lib: lib.zeros((2, 3), dtype=lib.float64),
        lambda lib: lib.ones([2]),
        lambda lib: lib.full((2, 2), 7),
        lambda lib: lib.arange(5),
        lambda lib: lib.arange(1, 2, 0.25),
        lambda lib: lib.linspace(-1, 1, 5),
        lambda lib: lib.eye(3),
        lambda lib: lib.eye(2, 3),
        lambda lib: lib.zeros_like(lib.ones(2, dtype=lib.float64)),
        lambda lib: lib.full_like(lib.ones(2), 3),
        lambda lib: lib.randn(2, 3) * 0,
        lambda lib: lib.rand(3) * 0,
        lambda lib: lib.randint(0, 5, (2, 2)) * 0,
        lambda lib: lib.randint(5, (2,)) * 0,
    ):
        got, expected = make(tg), make(torch)
        assert str(got.dtype) == str(expected.dtype).removeprefix("torch.")
        np.testing.assert_array_equal(got.data, expected.numpy())
        assert got.is_leaf
        assert not got.requires_grad


def test_random_numbers_follow_the_seed_and_their_distribution():
    tg.manual_seed(3)
    first = [tg.randn(1000), tg.rand(1000), tg.randint(0, 7, (1000,)), tg.randperm(10)]
    tg.manual_seed(3)
    again = [tg.randn(1000), tg.rand(1000), tg.randint(0, 7, (1000,)), tg.randperm(10)]
    for a, b in zip(first, again, strict=True):
        assert a.tolist() == b.tolist()
    normal, uniform, whole, order = first
    assert abs(normal.mean().item()) < 0.15
    assert 0.9 < normal.var().item() < 1.1
    assert 0 <= uniform.amin().item() < 0.05
    assert 0.95 < uniform.amax().item() < 1
    assert sorted(set(whole.tolist())) == list(range(7))
    assert sorted(order.tolist()) == list(range(10))


def test_tensor_copies_and_from_numpy_shares():
    array = np.ones(2)
    copied, shared = tg.tensor(array), tg.from_numpy(array)
    array[0] = 5
    assert copied.tolist() == [1, 1]
    assert shared.tolist() == [5, 1]


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: tg.tensor([1.0, 2.5]), "tensor([1. , 2.5])"),
        (lambda: tg.tensor(1.5, requires_grad=True), "tensor(1.5, requires_grad=True)"),
        (lambda: tg.tensor([1], dtype=tg.float64), "tensor([1.], dtype=float64)"),
        (lambda: tg.tensor([1.0], requires_grad=True) * 2, "tensor([2.], grad_fn=<MulBackward>)"),
        (lambda: tg.tensor([True]), "tensor([ True])"),
    ],
)
def test_repr(make, text):
    assert repr(make()) == text


def test_grad_fn_and_next_functions():
    x = tg.tensor([1.0], requires_grad=True)
    y = (x * 2).log_softmax(0)
    assert y.grad_fn.name() == "LogSoftmaxBackward"
    assert [str(f) for f, _ in y.grad_fn.next_functions] == ["<MulBackward>"]
    assert x.grad_fn is None
    assert x.is_leaf
    assert not y.is_leaf


def test_numbers_out():
    x = tg.tensor([[1.5]])
    assert (x.item(), float(x), int(x), bool(x), len(x)) == (1.5, 1.5, 1, True, 1)
    assert [row.tolist() for row in tg.tensor([[1], [2]])] == [[1], [2]]
    assert list(range(5))[tg.tensor(2)] == 2
    with pytest.raises(TypeError, match="no index"):
        list(range(5))[tg.tensor(2.0)]
    assert (x.size(), x.size(0), x.dim(), x.numel(), x.device) == ((1, 1), 1, 2, 1, "cpu")
    np.testing.assert_array_equal(np.asarray(tg.tensor([1.0])), [1.0])


def test_types_in_and_out():
    x = tg.tensor([1.7])
    assert (x.double().dtype, x.long().tolist(), x.to(tg.float64).float().dtype) == (
        tg.float64,
        [1],
        tg.float32,
    )
    assert x.to("cpu") is x
    assert x.cpu() is x


def test_in_place_under_no_grad_keeps_the_tensor_and_its_type():
    w = tg.tensor([1.0, 2.0], requires_grad=True)
    same = w
    (w * w).sum().backward()
    with tg.no_grad():
        w -= 0.5 * w.grad
        w *= 2
        w /= 4
        w += 1.0
    assert w is same
    assert w.tolist() == [1, 1]
    assert w.dtype == tg.float32
    assert w.requires_grad
    w.grad.zero_()
    assert w.grad.tolist() == [0, 0]


def test_in_place_on_an_interior_tensor_makes_a_new_one():
    x = tg.tensor([1.0], requires_grad=True)
    y = x * 2
    before = y
    y += 1
    assert y is not before
    y.backward()
    assert x.grad.tolist() == [2]


def test_assignment_by_index():
    x = tg.zeros(2, 2)
    old = x.data
    x[0, 1] = 5
    x[tg.tensor([1])] = tg.ones(2)
    assert x.tolist() == [[0, 5], [1, 1]]
    # what a graph may have seen is not changed under it
    assert old.tolist() == [[0, 0], [0, 0]]


def test_detach_and_clone():
    x = tg.tensor([1.0], requires_grad=True)
    assert not x.detach().requires_grad
    y = x.clone()
    y.backward()
    assert x.grad.tolist() == [1]
    assert y.data is not x.data


def test_the_public_functions_are_those_of_the_package():
    for name in (
        "add sub mul div neg pow exp log sqrt abs sin cos tanh sigmoid relu maximum minimum where clip clamp sum mean "
        "var max min amax amin argmax argmin logsumexp softmax log_softmax matmul mm reshape transpose permute expand "
        "squeeze unsqueeze flatten cat stack pad gather tensor zeros ones full arange linspace eye randn rand randint "
        "manual_seed no_grad float32 float64"
    ).split():
        assert hasattr(tg, name), name


def test_answers_without_a_gradient_agree_with_pytorch():
    torch = pytest.importorskip("torch")
    a = np.array([[1.0, -2.0, 0.0], [np.nan, np.inf, -2.0]])
    b = np.array([0.0, -2.0, 0.0])
    for name in "eq ne lt le gt ge logical_and logical_or".split():
        got, expected = (
            getattr(tg, name)(tg.tensor(a), tg.tensor(b)),
            getattr(torch, name)(torch.tensor(a), torch.tensor(b)),
        )
        np.testing.assert_array_equal(got.data, expected.numpy(), strict=True)
    for name in "logical_not isnan isinf isfinite any all argsort".split():
        got, expected = getattr(tg, name)(tg.tensor(a)), getattr(torch, name)(torch.tensor(a))
        np.testing.assert_array_equal(got.data, expected.numpy(), strict=True)
    for name in "any all argmax argmin".split():
        for keep in (False, True):
            got = getattr(tg, name)(tg.tensor(a[:1]), dim=1, keepdim=keep)
            expected = getattr(torch, name)(torch.tensor(a[:1]), dim=1, keepdim=keep)
            np.testing.assert_array_equal(got.data, expected.numpy(), strict=True)
    x, same = tg.tensor(a), tg.tensor([3.0, 1.0, 3.0, 1.0])
    assert ((x > 0) & ~(x > 0.5) | (x < -1)).any().item()
    assert (
        tg.argsort(same, descending=True).tolist()
        == torch.argsort(torch.tensor([3.0, 1.0, 3.0, 1.0]), descending=True, stable=True).tolist()
    )


def test_axis_and_keepdims_are_accepted():
    x = tg.tensor([[1.0, 2.0]])
    assert tg.sum(x, axis=1, keepdims=True).tolist() == [[3]]
    assert x.mean(axis=[0, 1]).item() == 1.5
    assert x.softmax(axis=0).tolist() == [[1, 1]]


def test_raw_arrays_in_raw_arrays_out():
    assert type(tg.exp(np.zeros(2))) is np.ndarray
    assert type(tg.matmul(np.eye(2), np.eye(2))) is np.ndarray


def test_the_import_is_light():
    """NumPy and nothing heavier: no matplotlib, scikit-learn, graphviz, hypothesis, rich."""
    code = (
        "import sys, tinygrad_edu; "
        "print(*[m for m in sys.modules if m.split('.')[0] in "
        "('matplotlib', 'sklearn', 'scipy', 'graphviz', 'hypothesis', 'rich', 'click', 'msgpack', 'pandas', 'torch')])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == ""
