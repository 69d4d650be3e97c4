"""Operations of one's own, in PyTorch's form."""

from __future__ import annotations

import gc
import weakref

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu.autograd import Function, check_vjp
from tinygrad_edu.errors import AutogradError, RuleError


class Exp(Function):
    @staticmethod
    def forward(ctx, x):
        result = x.exp()
        ctx.save_for_backward(result)
        return result

    @staticmethod
    def backward(ctx, g):
        (result,) = ctx.saved_tensors
        return g * result


class ScaledProduct(Function):
    @staticmethod
    def forward(ctx, x, scale, y):
        ctx.scale = scale
        ctx.save_for_backward(x, y)
        return x * y * scale

    @staticmethod
    def backward(ctx, g):
        x, y = ctx.saved_tensors
        gx = g * y * ctx.scale if ctx.needs_input_grad[0] else None
        gy = g * x * ctx.scale if ctx.needs_input_grad[2] else None
        return gx, None, gy


def doubles(*shape, seed=0):
    return tg.tensor(np.random.default_rng(seed).uniform(0.5, 2, shape), requires_grad=True)


def test_first_and_second_derivatives():
    x, y = doubles(3), doubles(3, seed=1)
    assert check_vjp(Exp.apply, x)
    assert check_vjp(lambda x, y: ScaledProduct.apply(x, 2.5, y).tanh(), (x, y))


def test_only_what_is_needed():
    x, c = doubles(2), tg.tensor(np.ones(2))
    out = ScaledProduct.apply(x, 3.0, c)
    out.sum().backward()
    assert x.grad.tolist() == [3, 3]
    assert c.grad is None
    assert not ScaledProduct.apply(c, 3.0, c).requires_grad
    with tg.no_grad():
        assert not Exp.apply(x).requires_grad


def test_it_is_named_in_the_graph():
    assert repr(Exp.apply(doubles(1)).grad_fn) == "<ExpBackward>"


def test_saving_the_result_makes_no_cycle():
    gc.collect()
    gc.disable()
    try:
        out = Exp.apply(doubles(2))
        gone = weakref.ref(out)
        del out
        assert gone() is None
    finally:
        gc.enable()


def test_identity_returns_a_tensor_of_its_own():
    class Reverse(Function):
        @staticmethod
        def forward(ctx, x):
            return x

        @staticmethod
        def backward(ctx, g):
            return -g

    x = doubles(2)
    out = Reverse.apply(x)
    assert out is not x
    out.sum().backward()
    assert x.grad.tolist() == [-1, -1]


def test_mistakes_get_a_sentence():
    class NoTensor(Function):
        @staticmethod
        def forward(ctx, x):
            return 1.0

    class OneTooMany(Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2

        @staticmethod
        def backward(ctx, g):
            return g, g

    with pytest.raises(AutogradError, match="forward returned a float, but should return one tensor"):
        NoTensor.apply(doubles(1))
    with pytest.raises(RuleError, match="returned 2 gradients, but should return 1"):
        OneTooMany.apply(doubles(1)).backward()
    with pytest.raises(NotImplementedError, match="static method backward"):
        type("Half", (Function,), {"forward": staticmethod(lambda ctx, x: x * 2)}).apply(
            doubles(1)
        ).backward()
