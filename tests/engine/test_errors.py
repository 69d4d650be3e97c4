"""The sentence for each mistake: what happened, what was expected, one thing to do, the user's own line."""

from __future__ import annotations

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu import errors
from tinygrad_edu.autograd import grad, gradcheck, hessian
from tinygrad_edu.primitive import binary, primitive, unary


def leaf(shape=()):
    return tg.ones(*shape, requires_grad=True) if shape else tg.tensor(1.0, requires_grad=True)


def twice(y):
    y.backward()
    y.backward()


MISTAKES = {
    "broadcast": (
        lambda: leaf((2, 3)) + leaf((4,)),
        errors.ShapeError,
        r"add: shapes \(2, 3\) and \(4,\) do not",
    ),
    "matmul": (
        lambda: leaf((2, 3)) @ leaf((4, 5)),
        errors.ShapeError,
        r"last axis of the first \(3\).*\(4\).*\.T",
    ),
    "matmul_number": (
        lambda: leaf() @ leaf((2,)),
        errors.ShapeError,
        r"a single number is no matrix; use \*",
    ),
    "matmul_batch": (
        lambda: leaf((2, 3, 4)) @ leaf((5, 4, 3)),
        errors.ShapeError,
        r"batch axes \(2,\) and \(5,\)",
    ),
    "reshape": (
        lambda: leaf((2, 3)).reshape(4),
        errors.ShapeError,
        r"holds 6 numbers and cannot become \(4,\)",
    ),
    "cat": (
        lambda: tg.cat([leaf((2, 3)), leaf((2, 4))]),
        errors.ShapeError,
        r"\(2, 3\), \(2, 4\) must be equal but",
    ),
    "stack": (lambda: tg.stack([leaf((2,)), leaf((3,))]), errors.ShapeError, r"\(2,\), \(3,\) must be equal"),
    "pad": (lambda: tg.pad(leaf((2,)), (1, -1)), errors.ShapeError, r"pairs of sizes of at least 0"),
    "index": (lambda: leaf((2,))[5], IndexError, r"index 5 is out of bounds.*shape \(2,\)"),
    "not_scalar": (
        lambda: (leaf((2,)) * 2).backward(),
        errors.ShapeError,
        r"shape \(2,\).*\.sum\(\).*gradient=",
    ),
    "gradient_shape": (
        lambda: (leaf((2,)) * 2).backward(tg.ones(3)),
        errors.ShapeError,
        r"shape \(3,\), but should be \(2,\)",
    ),
    "no_grad": (lambda: tg.ones(1).backward(), errors.NoGradError, r"requires_grad=True"),
    "freed": (
        lambda: twice(leaf() * 2),
        errors.GraphFreedError,
        r"behind this mul was released.*retain_graph=True",
    ),
    "item": (lambda: leaf((2,)).item(), errors.AutogradError, r"shape \(2,\).*tolist"),
    "numpy": (lambda: leaf().numpy(), errors.AutogradError, r"detach\(\)\.numpy\(\)"),
    "as_array": (lambda: np.asarray(leaf((2,))), errors.AutogradError, r"detach\(\)\.numpy\(\)"),
    "integer_leaf": (lambda: tg.tensor([1], requires_grad=True), errors.DtypeError, r"int64.*only floats"),
    "interior_requires_grad": (
        lambda: (leaf() * 2).requires_grad_(),
        errors.AutogradError,
        r"computed by mul",
    ),
    "text": (lambda: leaf() + "1", errors.DtypeError, r"add: an input is a str"),
    "text_tensor": (lambda: tg.tensor(["a"]), errors.DtypeError, r"a tensor holds numbers"),
    "ragged": (lambda: tg.tensor([[1.0], [1.0, 2.0]]), errors.DtypeError, r"inhomogeneous"),
    "mean_of_integers": (lambda: tg.tensor([1, 2]).mean(), TypeError, r"int64.*\.float\(\)"),
    "in_place_on_a_leaf": (lambda: leaf((2,)).zero_(), errors.AutogradError, r"zero_: .*no_grad"),
    "in_place_on_an_interior_tensor": (
        lambda: (leaf((2,)) * 2).mul_(3),
        errors.AutogradError,
        r"mul_: .*no_grad",
    ),
    "assignment": (
        lambda: leaf((2,)).__setitem__(0, 1.0),
        errors.AutogradError,
        r"assignment by index.*no_grad",
    ),
    "unknown_parameter": (
        lambda: tg.sum(leaf((2,)), dims=1),
        TypeError,
        r"no parameter 'dims'; it has: dim, keepdim",
    ),
    "too_many_parameters": (
        lambda: tg.softmax(leaf((2,)), 0, 1),
        TypeError,
        r"takes 1 parameters \(dim\), not 2",
    ),
    "missing_parameter": (lambda: tg.unsqueeze(leaf((2,))), TypeError, r"needs the parameter 'dim'"),
    "missing_input": (lambda: tg.matmul(leaf((2,))), TypeError, r"needs its input 'y'"),
    "unused": (
        lambda: grad(leaf() * 2, leaf()),
        errors.NoGradError,
        r"do not depend on input 0.*allow_unused=True",
    ),
    "grad_of_constant": (
        lambda: grad(leaf() * 2, tg.ones(1)),
        errors.NoGradError,
        r"input 0 does not require",
    ),
    "grad_outputs": (lambda: grad(leaf() * 2, leaf(), (None, None)), errors.ShapeError, r"1 outputs, but 2"),
    "hessian": (
        lambda: hessian(lambda x: x * 2, tg.ones(2)),
        errors.AutogradError,
        r"\(2,\), but should return a s",
    ),
    "gradcheck_float32": (
        lambda: gradcheck(tg.exp, leaf((2,))),
        errors.DtypeError,
        r"float32, but should be float64",
    ),
    "device": (lambda: tg.ones(2, device="cuda"), errors.AutogradError, r"no device 'cuda' here, only 'cpu'"),
    "to_device": (lambda: tg.ones(2).to("cuda"), errors.AutogradError, r"no device 'cuda' here, only 'cpu'"),
    "hook": (lambda: bad_hook(), errors.ShapeError, r"a hook returned a gradient of shape \(3,\)"),
    "in_place_shape": (
        lambda: grow(),
        errors.AutogradError,
        r"shape \(2, 2\), but the tensor keeps its own, \(2,\)",
    ),
}


def bad_hook():
    x = leaf((2,))
    x.register_hook(lambda g: tg.ones(3))
    x.sum().backward()


def grow():
    x = tg.ones(2)
    x += tg.ones(2, 2)


@pytest.mark.parametrize("name", MISTAKES)
def test_each_mistake_gets_its_sentence(name):
    make, kind, sentence = MISTAKES[name]
    with pytest.raises(kind, match=sentence) as caught:
        make()
    assert str(caught.value).count("\n") == 0


def test_the_users_own_line_is_named():
    with pytest.raises(errors.ShapeError) as caught:
        leaf((2, 3)) + leaf((4,))
    assert "(test_errors.py:" in str(caught.value)
    assert "leaf((2, 3)) + leaf((4,))" in str(caught.value)


def test_every_error_of_the_engine_is_a_runtime_error():
    for name in errors.__all__:
        kind = getattr(errors, name)
        if isinstance(kind, type):
            assert issubclass(kind, errors.AutogradError)
    assert issubclass(errors.AutogradError, RuntimeError)


def test_numpy_functions_refuse_tensors():
    with pytest.raises(TypeError):
        np.exp(leaf((2,)))
    # while an array on the left of an operator makes way
    assert isinstance(np.ones(2) * leaf((2,)), tg.Tensor)


def test_a_rule_of_the_wrong_shape_is_an_error():
    @unary("wrong_unary")
    def f(x):
        return x * 2

    @f.defvjp
    def f_vjp(g, out, x):
        return g[..., None]

    @binary("wrong_binary")
    def h(x, y):
        return x + y

    @h.defvjp
    def h_vjp(g, out, x, y):
        return g, g[:1]

    @primitive("wrong_number")
    def k(x, y):
        return x + y

    @k.defvjp
    def k_vjp(g, out, x, y):
        return (g,)

    x = leaf((2,))
    with pytest.raises(
        errors.RuleError, match=r"wrong_unary returned a gradient of shape \(2, 1\) for input 0"
    ):
        f(x).sum().backward()
    with pytest.raises(
        errors.RuleError, match=r"wrong_binary returned a gradient of shape \(1,\) for input 1"
    ):
        h(x, leaf((2,))).sum().backward()
    with pytest.raises(errors.RuleError, match=r"wrong_number returned 1 gradients, but should return 2"):
        k(x, leaf((2,))).sum().backward()
