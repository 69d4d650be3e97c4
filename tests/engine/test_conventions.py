"""The conventions page, line by line; beside PyTorch where it is installed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import tinygrad_edu as tg

try:
    import torch
except ImportError:
    torch = None


def slope(f, *values):
    """The gradients of ``f(lib, *xs).sum()``; PyTorch must say the same."""
    ours = [tg.tensor(v, dtype=tg.float64, requires_grad=True) for v in values]
    f(tg, *ours).sum().backward()
    got = [x.grad.tolist() for x in ours]
    if torch is not None:
        theirs = [torch.tensor(v, dtype=torch.float64, requires_grad=True) for v in values]
        f(torch, *theirs).sum().backward()
        assert got == [x.grad.tolist() for x in theirs]
    return got[0] if len(got) == 1 else got


def test_relu_at_0():
    assert slope(lambda lib, x: lib.relu(x), [-1.0, 0.0, 1.0]) == [0, 0, 1]


def test_abs_at_0():
    assert slope(lambda lib, x: lib.abs(x), [-1.0, 0.0, 1.0]) == [-1, 0, 1]


@pytest.mark.parametrize("name", ["maximum", "minimum"])
def test_tie_of_two(name):
    assert slope(lambda lib, x, y: getattr(lib, name)(x, y), [2.0], [2.0]) == [[0.5], [0.5]]


@pytest.mark.parametrize("name", ["amax", "amin", "max", "min"])
def test_tie_in_a_reduction(name):
    assert slope(lambda lib, x: getattr(lib, name)(x), [3.0, 3.0]) == [0.5, 0.5]


@pytest.mark.parametrize("name", ["max", "min"])
def test_tie_along_a_dim(name):
    assert slope(lambda lib, x: getattr(lib, name)(x, dim=1).values, [[3.0, 3.0, 3.0]]) == [[1, 0, 0]]
    assert getattr(tg, name)(tg.tensor([[3.0, 3.0]]), dim=1).indices.tolist() == [0]


def test_clip_edges():
    assert slope(lambda lib, x: lib.clip(x, -1, 1), [-2.0, -1.0, 0.0, 1.0, 2.0]) == [0, 1, 1, 1, 0]


def test_sqrt_at_0():
    with pytest.warns(RuntimeWarning, match="divide by zero"):
        assert slope(lambda lib, x: lib.sqrt(x), [0.0]) == [np.inf]


def test_power_zero():
    assert slope(lambda lib, x: x**0, [0.0, 2.0]) == [0, 0]
    assert slope(lambda lib, x, y: x**y, [2.0, 3.0], [0.0, 0.0])[0] == [0, 0]


def test_power_of_zero():
    assert slope(lambda lib, x, y: x**y, [0.0], [2.0]) == [[0], [0]]


def test_var_correction():
    x = tg.tensor([1.0, 2.0, 3.0, 6.0])
    assert x.var().item() == pytest.approx(14 / 3)
    assert x.var(correction=0).item() == pytest.approx(3.5)


def test_leaf_grad_accumulates():
    x = tg.tensor([1.0], requires_grad=True)
    for _ in range(3):
        (2 * x).sum().backward()
    assert x.grad.tolist() == [6]


def test_interior_grad():
    x = tg.tensor([1.0], requires_grad=True)
    h, kept = 2 * x, 2 * x
    kept.retain_grad()
    (h + kept).sum().backward()
    assert h.grad is None
    assert kept.grad.tolist() == [1]


def test_no_flow():
    x, unused = tg.tensor([1.0], requires_grad=True), tg.tensor([1.0], requires_grad=True)
    x.sum().backward()
    assert unused.grad is None


def test_read_only():
    x = tg.tensor([1.0, 2.0], requires_grad=True)
    y = x * 2
    with pytest.raises(ValueError, match="read-only"):
        y.data[0] = 5
    y.sum().backward()
    with pytest.raises(ValueError, match="read-only"):
        x.grad.data[0] = 5
    with tg.no_grad():
        z = x * 2
        x -= 1
    with pytest.raises(ValueError, match="read-only"):
        z.data[0] = 5
    assert x.tolist() == [0, 1]
    x.data = np.array([7.0, 8.0], np.float32)
    x.data -= 0.5
    assert x.tolist() == [6.5, 7.5]


def test_rebound_data():
    x = tg.tensor([3.0], requires_grad=True)
    y = x * x
    x.data = np.array([5.0], np.float32)
    with pytest.raises(tg.errors.GraphChangedError, match="was given new data after the graph was recorded"):
        y.backward(create_graph=True)
    y.backward()
    assert x.grad.tolist() == [6]


@pytest.mark.parametrize(
    ("f", "dtype"),
    [
        (lambda lib: lib.tensor([1.0]), "float32"),
        (lambda lib: lib.tensor([1]), "int64"),
        (lambda lib: lib.tensor([True]), "bool"),
        (lambda lib: lib.tensor([1.0]) * 2, "float32"),
        (lambda lib: lib.tensor([1]) * 2, "int64"),
        (lambda lib: lib.tensor([1]) * 2.5, "float32"),
        (lambda lib: lib.tensor([1]) / 2, "float32"),
        (lambda lib: lib.exp(lib.tensor([1])), "float32"),
        (lambda lib: lib.tensor([1.0]) * lib.tensor([1]), "float32"),
        (lambda lib: lib.tensor([1.0]) * lib.tensor([1.0], dtype=lib.float64), "float64"),
        (lambda lib: lib.tensor([1.0]) * lib.tensor(1.0, dtype=lib.float64), "float32"),
        (lambda lib: lib.tensor([1]) * lib.tensor(1.5), "float32"),
        (lambda lib: lib.tensor([1.0]) + lib.tensor([True]), "float32"),
        (lambda lib: lib.tensor([True, False]).sum(), "int64"),
        (lambda lib: lib.where(lib.tensor([True]), lib.tensor([1.0]), 0.0), "float32"),
        (lambda lib: lib.tensor([1]) > 0.5, "bool"),
        (lambda lib: lib.arange(3), "int64"),
        (lambda lib: lib.arange(3.0), "float32"),
        (lambda lib: lib.full((2,), 1.0), "float32"),
        (lambda lib: lib.full((2,), 1), "int64"),
    ],
)
def test_types(f, dtype):
    assert str(f(tg).dtype) == dtype
    if torch is not None:
        assert str(f(torch).dtype) == f"torch.{dtype}"


def test_numpy_arrays_keep_their_type():
    assert tg.tensor(np.ones(2)).dtype == tg.float64
    assert tg.tensor([np.float64(1.0)]).dtype == tg.float64
    assert (tg.tensor([1.0]) * np.ones(1)).dtype == tg.float64


def test_warnings_stay():
    with pytest.warns(RuntimeWarning, match="divide by zero"):
        tg.log(tg.tensor([0.0]))


def test_every_line_of_the_page_names_a_test_that_exists():
    page = Path(tg.__file__).with_name("CONVENTIONS.md").read_text(encoding="utf-8")
    lines = [line for line in page.splitlines() if line.startswith("| ") and "---" not in line][1:]
    assert len(lines) > 15
    for line in lines:
        name = line.rstrip(" |").rsplit("`", 2)[1]
        if not name.startswith("tests/"):
            assert f"test_{name}" in globals(), line
