"""Every operation: values and gradients against PyTorch, rules against central differences, manners."""

from __future__ import annotations

import math
from importlib import import_module

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from op_cases import CASES as FIRST_CASES
from op_cases import spread
from op_cases_more import CASES as MORE_CASES

import tinygrad_edu as tg
from tinygrad_edu import primitive

try:
    import torch
except ImportError:
    torch = None

FEW = settings(deadline=None, max_examples=12, derandomize=True, database=None)


# Second derivatives by difference are hopeless this far out.
ONCE_ONLY = {"sigmoid_far_out"}
CASES = FIRST_CASES | MORE_CASES

over_cases = pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())


def leaves(lib, arrays, dtype):
    kind = {"float32": lib.float32, "float64": lib.float64}[dtype]
    return [lib.tensor(a, dtype=kind, requires_grad=True) for a in arrays]


@pytest.mark.skipif(torch is None, reason="PyTorch is not installed")
@over_cases
@FEW
@given(data=st.data())
def test_values_and_gradients_agree_with_pytorch(case, data):
    arrays, f = case(data.draw)
    dtype = data.draw(st.sampled_from(["float32", "float64"]))
    ours, theirs = leaves(tg, arrays, dtype), leaves(torch, arrays, dtype)
    got, expected = f(tg, *ours), f(torch, *theirs)
    assert got.shape == tuple(expected.shape)
    assert str(got.dtype) == str(expected.dtype).removeprefix("torch.")
    close = {"rtol": 1e-4, "atol": 1e-5} if dtype == "float32" else {"rtol": 1e-10, "atol": 1e-12}
    np.testing.assert_allclose(got.data, expected.detach().numpy(), **close)
    g = spread(data.draw, got.shape)
    got.backward(tg.tensor(g, dtype=got.dtype))
    expected.backward(torch.tensor(g, dtype=expected.dtype))
    for mine, other in zip(ours, theirs, strict=True):
        grad = np.zeros(mine.shape) if other.grad is None else other.grad.numpy()
        assert mine.grad.dtype == mine.dtype
        np.testing.assert_allclose(mine.grad.data, grad, **close)


@over_cases
@FEW
@given(data=st.data())
def test_rules_agree_with_central_differences(case, data):
    arrays, f = case(data.draw)
    assert tg.autograd.gradcheck(lambda *xs: f(tg, *xs), leaves(tg, arrays, "float64"))


@pytest.mark.parametrize("name", sorted(CASES.keys() - ONCE_ONLY))
@FEW
@given(data=st.data())
def test_rules_of_rules_agree_with_central_differences(name, data):
    arrays, f = CASES[name](data.draw)
    assert tg.autograd.gradgradcheck(lambda *xs: f(tg, *xs), leaves(tg, arrays, "float64"))


@over_cases
@FEW
@given(data=st.data())
def test_layout_does_not_matter_and_inputs_stay_as_they_were(case, data):
    arrays, f = case(data.draw)
    expected = f(tg, *leaves(tg, arrays, "float64"))
    # the same numbers, every other element of a wider array: not contiguous
    wide = [np.repeat(a[..., None], 2, axis=-1)[..., 0] for a in arrays]
    before = [a.copy() for a in wide]
    ours = [tg.from_numpy(a).requires_grad_() for a in wide]
    got = f(tg, *ours)
    got.backward(tg.ones_like(got))
    # BLAS may add in another order
    np.testing.assert_allclose(got.data, expected.data, rtol=1e-13, atol=1e-15)
    for array, copy, leaf in zip(wide, before, ours, strict=True):
        np.testing.assert_array_equal(array, copy)
        assert array.flags.writeable
        assert leaf.grad.shape == leaf.shape


@over_cases
@FEW
@given(data=st.data())
def test_results_are_read_only(case, data):
    arrays, f = case(data.draw)
    assert not f(tg, *leaves(tg, arrays, "float64")).data.flags.writeable


def declared_operations():
    """Every operation that the package declares with a rule; those behind layers have tests of their own."""
    found = {}
    for module in "elementwise index linalg order rearrange reduce rounding scan shape special".split():
        found |= declared_in(import_module(f"tinygrad_edu.ops.{module}"))
    return found | declared_in(import_module("tinygrad_edu.broadcast"))


def declared_in(module):
    with_op = [
        value for value in vars(module).values() if isinstance(getattr(value, "op", None), primitive.Op)
    ]
    return {value.__name__: value.op for value in with_op if value.op.vjp is not None}


def test_no_operation_is_left_out(monkeypatch):
    """Run the rules of all cases and see that every declared rule was among them."""
    operations, seen = declared_operations(), set()
    for op in operations.values():
        monkeypatch.setattr(op, "vjp", noting(op, seen))

    for case in CASES.values():
        run_the_rules(case)
    assert {op.name for op in operations.values()} - seen == set()


def run_the_rules(case):
    """Take first and second derivatives of a few draws of the case."""

    @settings(FEW, max_examples=4)
    @given(data=st.data())
    def run(data):
        arrays, f = case(data.draw)
        xs = leaves(tg, arrays, "float64")
        out = f(tg, *xs)
        first = tg.autograd.grad(out, xs, tg.ones_like(out).requires_grad_(), create_graph=True)
        for g in first:
            if g.requires_grad:
                g.backward(tg.ones_like(g), retain_graph=True)

    run()


def noting(op, seen):
    rule = op.vjp

    def noted(*args, **kwargs):
        seen.add(op.name)
        return rule(*args, **kwargs)

    return noted


def test_erf_keeps_its_digits_in_both_precisions():
    x = np.concatenate([np.linspace(-7, 7, 2001), [1e-30, -1e-12, 1e-4, np.inf, -np.inf, 0.0]])
    for dtype, bound in ((np.float32, 4e-7), (np.float64, 1e-15)):
        places = x.astype(dtype)
        expected = np.array([math.erf(v) for v in places])
        got = tg.erf(tg.from_numpy(places)).data
        assert got.dtype == dtype
        assert np.abs(got).max() <= 1
        np.testing.assert_allclose(got, expected, rtol=bound)
    assert np.isnan(tg.erf(tg.tensor([np.nan])).item())
