"""Finding what went wrong: detect_anomaly, profile, why_no_grad."""

from __future__ import annotations

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu.autograd import AnomalyError, detect_anomaly, profile, why_no_grad
from tinygrad_edu.primitive import OPS

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")


def leaf(values):
    return tg.tensor(values, requires_grad=True)


def test_the_first_bad_value_is_named_with_its_line():
    x = leaf([1.0, 0.0])
    with detect_anomaly():
        h = x * 2
        with pytest.raises(AnomalyError) as caught:
            h.log()
    text = str(caught.value)
    assert text.startswith("log: the result has 1 infinite of 2 numbers, though what went in had none")
    assert "from 0 to 2" in text
    assert "h.log()" in text
    assert "smooth only where x > 0" in text


def test_nan_and_infinity_are_told_apart():
    with detect_anomaly(), pytest.raises(AnomalyError, match="1 NaN and 1 infinite of 3 numbers"):
        leaf([-1.0, 0.0, 1.0]).log()


@pytest.mark.parametrize("create_graph", [False, True])
def test_the_first_bad_gradient_is_named_with_both_lines(create_graph):
    x = leaf([0.0, 4.0])
    with detect_anomaly():
        root = x.sqrt()
        loss = (root * 2).sum()
        with pytest.raises(AnomalyError) as caught:
            loss.backward(create_graph=create_graph)
    text = str(caught.value)
    assert "sqrt" in text or "div" in text
    assert "infinite" in text
    if not create_graph:
        assert text.startswith("backward of sqrt: the gradient for input 0 has 1 infinite of 2 numbers")
        assert "Computed here: (test_debugging.py:" in text
        assert "root = x.sqrt()" in text
        assert "loss.backward(create_graph=create_graph)" in text


def test_what_came_in_bad_is_said():
    x = leaf([np.nan])
    with (
        detect_anomaly(),
        pytest.raises(AnomalyError, match=r"mul: the result has 1 NaN .* so had input 0 already"),
    ):
        x * 2


def test_everything_is_put_back():
    before = [(op.forward, op.vjp) for op in OPS]
    with pytest.raises(KeyError), detect_anomaly(), profile():
        raise KeyError
    assert [(op.forward, op.vjp) for op in OPS] == before
    leaf([0.0]).log()


def test_check_nan_off_only_notes():
    with detect_anomaly(check_nan=False):
        leaf([0.0]).log().backward()


def test_profile_counts_calls_and_memory():
    x = leaf(np.ones(1000, np.float32))
    with profile() as report:
        y = ((x * x).tanh() * x).sum()
        y.backward()
    mul, tanh = report.ops["mul"], report.ops["tanh"]
    assert (mul.calls, mul.backward_calls, mul.memory) == (2, 2, 8000)
    assert (tanh.calls, tanh.backward_calls) == (1, 1)
    assert all(row.forward >= 0 and row.backward >= 0 for row in report.ops.values())
    table = str(report).splitlines()
    assert table[0].split() == ["operation", "calls", "forward", "backward", "results"]
    assert {line.split()[0] for line in table[1:-1]} >= {"mul", "tanh", "sum"}


def test_why_no_grad():
    x, other = leaf([1.0]), leaf([1.0])
    h = x * 2
    loss = (h * h).sum()
    assert "made without requires_grad=True" in why_no_grad(tg.ones(1))
    assert "computed by mul" in why_no_grad(h)
    assert "retain_grad" in why_no_grad(h)
    assert "no backward() has reached it" in why_no_grad(x)
    assert "has not been called yet" in why_no_grad(x, loss)
    assert "does not depend on it" in why_no_grad(other, loss)
    assert "requires no gradient" in why_no_grad(x, loss.detach())
    loss.backward()
    assert why_no_grad(x) == "it has one"
    assert "already released" in why_no_grad(other, loss)
