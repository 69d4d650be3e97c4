"""gradcheck must reject wrong rules; a check that accepts them would be worse than none."""

from __future__ import annotations

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu.autograd import check_vjp, gradcheck, gradgradcheck
from tinygrad_edu.gradcheck import GradcheckError
from tinygrad_edu.primitive import binary, primitive, unary


def doubles(*shape, seed=0):
    return tg.tensor(np.random.default_rng(seed).uniform(0.5, 2, shape), requires_grad=True)


def wrong_unary(rule):
    @unary("wrong")
    def f(x):
        return x * x * x

    f.defvjp(rule)
    return f, (doubles(3),)


def wrong_product(rule):
    @binary("wrong")
    def f(x, y):
        return x * y

    f.defvjp(rule)
    return f, (doubles(2, 3), doubles(3, seed=1))


def wrong_matmul(rule):
    @primitive("wrong")
    def f(x, y):
        return x @ y

    f.defvjp(rule)
    return f, (doubles(3, 3), doubles(3, 3, seed=1))


WRONG = {
    "zeros": wrong_unary(lambda g, out, x: g * 0.0),
    "no_cotangent": wrong_unary(lambda g, out, x: 3 * x * x),
    "factor": wrong_unary(lambda g, out, x: g * 2 * x * x),
    "sign": wrong_unary(lambda g, out, x: -3 * g * x * x),
    "one_percent_off": wrong_unary(lambda g, out, x: g * 3.03 * x * x),
    "nan": wrong_unary(lambda g, out, x: g * np.nan),
    "one_element": wrong_unary(lambda g, out, x: 3 * g * x * x * np.array([1, 1, 0])),
    "swapped": wrong_product(lambda g, out, x, y: (g * x, g * y)),
    "first_only": wrong_product(lambda g, out, x, y: (g * y, g * 0.0)),
    # with a cotangent of all ones these two would pass
    "transposed_cotangent": wrong_matmul(lambda g, out, x, y: (g.T @ y.T, x.T @ g)),
    "rows_reversed": wrong_matmul(lambda g, out, x, y: (g[::-1] @ y.T, x.T @ g)),
    "missing_transpose": wrong_matmul(lambda g, out, x, y: (g @ y, x.T @ g)),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_rules_are_rejected(name):
    f, inputs = WRONG[name]
    with pytest.raises(GradcheckError, match=r"the rule says .* but central differences"):
        gradcheck(f, inputs)
    assert not gradcheck(f, inputs, raise_exception=False)


def test_a_rule_that_is_right_once_but_not_twice_is_rejected():
    @unary("cube")
    def cube(x):
        return x * x * x

    @cube.defvjp
    def cube_vjp(g, out, x):
        # a raw array in the rule: right for the first derivative, lost for the second
        data = x.data if isinstance(x, tg.Tensor) else x
        return g * (3 * data * data)

    x = doubles(3)
    assert gradcheck(cube, x)
    with pytest.raises(GradcheckError):
        gradgradcheck(cube, x)
    with pytest.raises(GradcheckError):
        check_vjp(cube, x)


def test_the_worst_element_is_reported():
    @unary("wrong")
    def f(x):
        return x * 1.0

    @f.defvjp
    def f_vjp(g, out, x):
        return g * np.array([1.0, 1.001, 3.0, 1.01])

    with pytest.raises(GradcheckError, match=r"input 0, element \(2,\).*step of 1e-06"):
        gradcheck(f, doubles(4))


def test_a_kink_within_the_step_is_said():
    x = tg.tensor(np.array([0.0, 1.0]), requires_grad=True)
    with pytest.raises(GradcheckError, match="a kink seems to lie within the step"):
        gradcheck(tg.relu, x)


def test_right_rules_pass_and_leave_the_inputs_alone():
    x, y = doubles(2, 3), doubles(3, seed=1)
    before = x.data.copy()
    assert check_vjp(lambda x, y: (x * y).tanh() @ y, (x, y))
    np.testing.assert_array_equal(x.data, before)
    assert x.grad is None


def test_several_outputs_and_integer_inputs():
    x, at = doubles(4), tg.tensor([0, 2, 2])
    assert gradcheck(lambda x, at: (x[at].exp(), x.sum(), at), (x, at))
