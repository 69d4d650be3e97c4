"""Gradients kept in bounds, and penalties."""

from __future__ import annotations

import math

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu.errors import AutogradError
from tinygrad_edu.nn import utils

GRADIENTS = [np.array([3.0, -4.0]), np.array([[0.5], [12.0]])]


def with_gradients(lib):
    made = [lib.tensor(np.zeros_like(g)) for g in GRADIENTS]
    for p, g in zip(made, GRADIENTS, strict=True):
        p.grad = lib.tensor(g)
    return [*made, lib.tensor(np.zeros(2))]


@pytest.mark.parametrize("norm_type", [1.0, 2.0, 3.0, math.inf])
@pytest.mark.parametrize("max_norm", [1.0, 100.0])
def test_clip_grad_norm_agrees_with_pytorch(norm_type, max_norm):
    torch = pytest.importorskip("torch")
    ours, theirs = with_gradients(tg), with_gradients(torch)
    got = utils.clip_grad_norm_(ours, max_norm, norm_type)
    expected = torch.nn.utils.clip_grad_norm_(theirs, max_norm, norm_type)
    np.testing.assert_allclose(got.item(), expected.item())
    for p, q in zip(ours[:2], theirs[:2], strict=True):
        np.testing.assert_allclose(p.grad.data, q.grad.numpy(), rtol=1e-6)


def test_clip_grad_norm_by_hand():
    p = with_gradients(tg)[0]
    old = p.grad.data
    assert utils.clip_grad_norm_(p, 2.5).item() == 5.0
    np.testing.assert_allclose(p.grad.data, [1.5, -2.0], rtol=1e-6)
    assert old.tolist() == [3, -4]
    assert utils.clip_grad_norm_([], 1.0).item() == 0
    p.grad.data = np.array([np.inf, 1.0])
    with pytest.raises(AutogradError, match="the norm of the gradients is inf"):
        utils.clip_grad_norm_(p, 1.0, error_if_nonfinite=True)


def test_clip_grad_value():
    made = with_gradients(tg)
    utils.clip_grad_value_(made, 2.0)
    assert [p.grad.tolist() for p in made[:2]] == [[2, -2], [[0.5], [2]]]


def test_penalties_and_their_gradients():
    w, b = tg.tensor([1.0, -2.0], requires_grad=True), tg.tensor([[3.0]], requires_grad=True)
    penalty = utils.l1_penalty([w, b])
    assert penalty.item() == 6
    penalty.backward()
    assert (w.grad.tolist(), b.grad.tolist()) == ([1, -1], [[1]])
    w.grad = b.grad = None
    penalty = utils.l2_penalty(iter([w, b]))
    assert penalty.item() == 14
    penalty.backward()
    assert (w.grad.tolist(), b.grad.tolist()) == ([2, -4], [[6]])
    assert utils.l1_penalty([]).item() == 0
