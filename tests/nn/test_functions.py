"""Every function of ``nn.functional``: values, gradients and second derivatives against PyTorch and differences."""

from __future__ import annotations

import contextlib
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from op_cases import spread
from op_cases_nn import CASES

import tinygrad_edu as tg
from tinygrad_edu.autograd import grad, gradcheck, gradgradcheck

try:
    import torch
except ImportError:
    torch = None

FEW = settings(deadline=None, max_examples=12, derandomize=True, database=None)
FEWER = settings(FEW, max_examples=6)
DTYPES = st.sampled_from(["float32", "float64"])

over_cases = pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
with_torch = pytest.mark.skipif(torch is None, reason="PyTorch is not installed")

# PyTorch's own double backward has none of these.
NO_DOUBLE_BACKWARD = {"multi_margin_loss"}
# The row that stands for nothing has no gradient, although the result depends on it.
NO_DIFFERENCES = {"embedding_padded"}


@contextlib.contextmanager
def quiet_torch():
    """PyTorch tells about copies and kernels of its own; that is not what is tested."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def leaves(lib, arrays, dtype):
    return [lib.tensor(a, dtype=getattr(lib, dtype), requires_grad=True) for a in arrays]


def tolerance(dtype):
    return {"rtol": 1e-4, "atol": 3e-5} if dtype == "float32" else {"rtol": 1e-9, "atol": 1e-11}


@with_torch
@over_cases
@FEW
@given(data=st.data())
def test_values_and_gradients_agree_with_pytorch(case, data):
    arrays, f = case(data.draw)
    dtype = data.draw(DTYPES)
    ours, theirs = leaves(tg, arrays, dtype), leaves(torch, arrays, dtype)
    got = f(tg, *ours)
    with quiet_torch():
        expected = f(torch, *theirs)
    assert got.shape == tuple(expected.shape)
    assert str(got.dtype) == str(expected.dtype).removeprefix("torch.")
    close = tolerance(dtype)
    np.testing.assert_allclose(got.data, expected.detach().numpy(), **close)
    g = spread(data.draw, got.shape)
    got.backward(tg.tensor(g, dtype=got.dtype))
    with quiet_torch():
        expected.backward(torch.tensor(g, dtype=expected.dtype))
    for mine, other in zip(ours, theirs, strict=True):
        wanted = np.zeros(mine.shape) if other.grad is None else other.grad.numpy()
        found = np.zeros(mine.shape) if mine.grad is None else mine.grad.data
        np.testing.assert_allclose(found, wanted, **close)


def second(lib, take, f, arrays, g, h):
    """Differentiate the gradients, weighed by h, by the inputs and by the cotangent."""
    xs = leaves(lib, arrays, "float64")
    out = f(lib, *xs)
    cotangent = lib.tensor(g, requires_grad=True)
    first = take(out, xs, cotangent, create_graph=True, allow_unused=True)
    total = None
    for part, weight in zip(first, h, strict=True):
        if part is not None and part.requires_grad:
            term = (part * lib.tensor(weight)).sum()
            total = term if total is None else total + term
    results = list(first)
    if total is not None:
        results += take(total, [*xs, cotangent], allow_unused=True)
    else:
        results += [None] * (len(xs) + 1)
    # PyTorch has tensors that only say that they are zero
    force = {} if lib is tg else {"force": True}
    return [None if r is None else np.asarray(r.detach().numpy(**force)) for r in results]


@with_torch
@pytest.mark.parametrize("name", sorted(CASES.keys() - NO_DOUBLE_BACKWARD))
@FEWER
@given(data=st.data())
def test_create_graph_agrees_with_pytorchs_double_backward(name, data):
    """Gradgradcheck alone cannot see a rule that is wrong by a constant factor under ``create_graph``."""
    arrays, f = CASES[name](data.draw)
    shape = f(tg, *leaves(tg, arrays, "float64")).shape
    g, h = spread(data.draw, shape), [spread(data.draw, a.shape) for a in arrays]
    got = second(tg, grad, f, arrays, g, h)
    with quiet_torch():
        expected = second(torch, torch.autograd.grad, f, arrays, g, h)
    for mine, other in zip(got, expected, strict=True):
        if mine is None or other is None:
            # one of the two knows that nothing flows, the other computes zeros
            for part in (mine, other):
                assert part is None or not part.any()
            continue
        np.testing.assert_allclose(mine, other, rtol=1e-8, atol=1e-9)


@pytest.mark.parametrize("name", sorted(CASES.keys() - NO_DIFFERENCES))
@FEWER
@given(data=st.data())
def test_rules_agree_with_central_differences(name, data):
    arrays, f = CASES[name](data.draw)
    assert gradcheck(lambda *xs: f(tg, *xs), leaves(tg, arrays, "float64"))


@pytest.mark.parametrize("name", sorted(CASES.keys() - NO_DIFFERENCES))
@FEWER
@given(data=st.data())
def test_rules_of_rules_agree_with_central_differences(name, data):
    arrays, f = CASES[name](data.draw)
    assert gradgradcheck(lambda *xs: f(tg, *xs), leaves(tg, arrays, "float64"))


@over_cases
@FEWER
@given(data=st.data())
def test_layout_does_not_matter_and_inputs_stay_as_they_were(case, data):
    arrays, f = case(data.draw)
    expected = f(tg, *leaves(tg, arrays, "float64"))
    # the same numbers, every other element of a wider array: not contiguous
    wide = [np.repeat(a[..., None], 2, axis=-1)[..., 0] for a in arrays]
    before = [a.copy() for a in wide]
    ours = [tg.from_numpy(a).requires_grad_() for a in wide]
    got = f(tg, *ours)
    if got.requires_grad:
        got.backward(tg.ones_like(got))
    np.testing.assert_allclose(got.data, expected.data, rtol=1e-12, atol=1e-14)
    for array, copy in zip(wide, before, strict=True):
        np.testing.assert_array_equal(array, copy)
        assert array.flags.writeable
