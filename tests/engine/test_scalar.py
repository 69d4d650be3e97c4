"""`Value`: against central differences and PyTorch, its conventions, its errors, its depth and its end."""

from __future__ import annotations

import gc
import math
import sys
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tinygrad_edu.scalar import Value

# -- Random programs: each step applies an operation to earlier numbers, so that nodes are shared freely.

UNARY: dict[str, Callable[[float], bool]] = {
    # the operation, and where it is smooth enough for central differences
    "exp": lambda x: x < 3.0,
    "log": lambda x: x > 0.1,
    "sqrt": lambda x: x > 0.1,
    "tanh": lambda _: True,
    "sigmoid": lambda _: True,
    "relu": lambda x: abs(x) > 0.01,
    "abs": lambda x: abs(x) > 0.01,
    "sin": lambda _: True,
    "cos": lambda _: True,
    "neg": lambda _: True,
    "square": lambda _: True,
    "cube": lambda _: True,
    "inverse": lambda x: abs(x) > 0.2,
    "half_power": lambda x: x > 0.1,
    "shifted": lambda _: True,
    "quotient": lambda x: abs(x) > 0.2,
    "exponential": lambda x: abs(x) < 3.0,
}
BINARY: dict[str, Callable[[float, float], bool]] = {
    "add": lambda _x, _y: True,
    "sub": lambda _x, _y: True,
    "mul": lambda _x, _y: True,
    "div": lambda _x, y: abs(y) > 0.2,
    "pow": lambda x, y: x > 0.1 and abs(y) < 4.0,
    "max": lambda x, y: abs(x - y) > 0.01,
    "min": lambda x, y: abs(x - y) > 0.01,
}
WRITTEN: dict[str, Callable[..., Any]] = {
    "neg": lambda x: -x,
    "square": lambda x: x**2,
    "cube": lambda x: x**3.0,
    "inverse": lambda x: x**-1,
    "half_power": lambda x: x**0.5,
    "shifted": lambda x: 1 + (2 - x * 3) * 0.5,
    "quotient": lambda x: 2.0 / x,
    "exponential": lambda x: 1.5**x,
    "add": lambda x, y: x + y,
    "sub": lambda x, y: x - y,
    "mul": lambda x, y: x * y,
    "div": lambda x, y: x / y,
    "pow": lambda x, y: x**y,
}


def apply(name: str, *inputs: Any) -> Any:
    """Run one operation; all others are methods, of `Value` and of PyTorch's tensors alike."""
    return WRITTEN[name](*inputs) if name in WRITTEN else getattr(inputs[0], name)(*inputs[1:])


@dataclass
class Program:
    """Numbers to start from, and steps (operation, indices of what it is applied to)."""

    start: list[float]
    steps: list[tuple[str, tuple[int, ...]]]

    def run(self, leaves: list[Any]) -> Any:
        numbers = list(leaves)
        for name, indices in self.steps:
            numbers.append(apply(name, *[numbers[i] for i in indices]))
        return numbers[-1]

    def at(self, start: list[float]) -> float:
        return float(self.run([Value(x) for x in start]).data)


@st.composite
def programs(draw: st.DrawFn) -> Program:
    start = draw(st.lists(st.floats(-2.0, 2.0), min_size=1, max_size=3))
    numbers = [Value(x) for x in start]
    steps: list[tuple[str, tuple[int, ...]]] = []
    for _ in range(draw(st.integers(1, 10))):
        name = draw(st.sampled_from([*UNARY, *BINARY]))
        count = 1 if name in UNARY else 2
        indices = tuple(draw(st.integers(0, len(numbers) - 1)) for _ in range(count))
        inputs = [numbers[i] for i in indices]
        if not (UNARY | BINARY)[name](*[v.data for v in inputs]):
            continue
        result = apply(name, *inputs)
        if abs(result.data) < 30.0:
            steps.append((name, indices))
            numbers.append(result)
    return Program(start, steps)


@settings(max_examples=150, deadline=None)
@given(programs())
def test_gradients_are_those_of_central_differences(program: Program) -> None:
    leaves = [Value(x) for x in program.start]
    program.run(leaves).backward()
    for i, leaf in enumerate(leaves):
        estimates = []
        for h in (1e-4, 5e-5):
            up, down = (
                program.at([x + (sign * h if i == j else 0.0) for j, x in enumerate(program.start)])
                for sign in (1.0, -1.0)
            )
            estimates.append((up - down) / (2.0 * h))
        coarse, fine = estimates
        # Richardson's step removes the error of order h^2; what it moved bounds what is left
        estimate = fine + (fine - coarse) / 3.0
        assert leaf.grad == pytest.approx(estimate, rel=1e-6, abs=1e-6 + abs(fine - coarse))


@settings(max_examples=150, deadline=None)
@given(programs())
def test_values_and_gradients_are_those_of_pytorch(program: Program) -> None:
    torch = pytest.importorskip("torch")
    leaves = [Value(x) for x in program.start]
    theirs = [torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in program.start]
    ours, expected = program.run(leaves), program.run(theirs)
    ours.backward()
    expected.backward()
    assert ours.data == pytest.approx(expected.item(), rel=1e-12, abs=1e-12)
    for leaf, their in zip(leaves, theirs, strict=True):
        assert leaf.grad == pytest.approx(
            0.0 if their.grad is None else their.grad.item(), rel=1e-9, abs=1e-9
        )


@settings(max_examples=50, deadline=None)
@given(programs())
def test_a_second_backward_adds_exactly_once_more(program: Program) -> None:
    leaves = [Value(x) for x in program.start]
    result = program.run(leaves)
    result.backward()
    first = [leaf.grad for leaf in leaves]
    interior = {id(v): v.grad for v in graph(result) if v.op}
    result.backward()
    # not to the last bit: the second time, the same numbers are added to another start
    assert [leaf.grad for leaf in leaves] == pytest.approx([2.0 * g for g in first], rel=1e-12, abs=1e-9)
    if result.op:
        assert {id(v): v.grad for v in graph(result) if v.op} == interior


@settings(max_examples=50, deadline=None)
@given(programs())
def test_zero_grad_reaches_the_whole_graph(program: Program) -> None:
    leaves = [Value(x) for x in program.start]
    result = program.run(leaves)
    result.backward()
    result.zero_grad()
    assert [v.grad for v in graph(result)] == [0.0] * len(graph(result))


def graph(result: Value) -> list[Value]:
    """Every value behind `result`, itself included."""
    found = [result]
    for v in found:
        found.extend(p for p in v.parents if not any(p is other for other in found))
    return found


# -- The shape of the record


def test_a_repeated_parent_is_two_edges() -> None:
    x = Value(3.0)
    y = x * x
    assert [p is x for p in y.parents] == [True, True]
    assert y.local_grads == (3.0, 3.0)
    y.backward()
    assert x.grad == 6.0


@pytest.mark.parametrize(
    ("build", "op", "local"),
    [
        (lambda x: -x, "neg", (-1.0,)),
        (lambda x: x**2, "**2", (4.0,)),
        (lambda x: x**-0.5, "**-0.5", (-0.5 * 2.0**-1.5,)),
        (lambda x: x ** Value(2.0), "**", (4.0, 4.0 * math.log(2.0))),
        (lambda x: x + 1, "+", (1.0, 1.0)),
        (lambda x: 1 + x, "+", (1.0, 1.0)),
        (lambda x: 1 - x, "-", (1.0, -1.0)),
        (lambda x: 1 / x, "/", (0.5, -0.25)),
        (lambda x: x.max(1), "max", (1.0, 0.0)),
        (lambda x: x.min(1), "min", (0.0, 1.0)),
        (lambda x: abs(x), "abs", (1.0,)),
    ],
)
def test_a_result_records_its_operation(
    build: Callable[[Value], Value], op: str, local: tuple[float, ...]
) -> None:
    result = build(Value(2.0))
    assert (result.op, result.local_grads) == (op, pytest.approx(local))
    assert len(result.parents) == len(local)


def test_a_leaf_has_no_record() -> None:
    leaf = Value(2, name="x")
    assert (leaf.op, leaf.parents, leaf.local_grads, leaf.name) == ("", (), (), "x")
    assert type(leaf.data) is float


def test_the_repr_has_the_number_the_gradient_and_the_name() -> None:
    x = Value(2.0, name="x")
    y = x * 3
    y.backward()
    assert (repr(x), repr(y)) == ("Value(data=2.0, grad=3.0, name='x')", "Value(data=6.0, grad=1.0)")


def test_backward_on_a_leaf_is_its_own_derivative() -> None:
    leaf = Value(2.0)
    leaf.backward()
    leaf.backward()
    assert leaf.grad == 2.0


def test_two_results_over_one_subgraph_add_up_in_the_leaf() -> None:
    x = Value(2.0)
    shared = x * x
    (shared * 3).backward()
    (shared * 5).backward()
    assert x.grad == 4.0 * (3 + 5)


def test_a_gradient_that_is_no_number_stays_in_its_branch() -> None:
    x, y = Value(0.0), Value(2.0)
    (x.sqrt() * 0.0 + y).backward()
    assert math.isnan(x.grad)
    assert y.grad == 1.0


# -- Large graphs

CHAINS: dict[str, Callable[[Value], Value]] = {
    "left": lambda y: y + 1.0,
    "right": lambda y: Value(1.0) + y,
    "one input": lambda y: -y,
    "both": lambda y: (y + y) * 0.5,
}


@pytest.mark.parametrize("chain", CHAINS)
def test_a_hundred_thousand_operations_deep(chain: str) -> None:
    leaf = Value(1.0)
    y = leaf
    for _ in range(100_000):
        y = CHAINS[chain](y)
    y.backward()
    # an even number of changes of sign
    assert leaf.grad == 1.0
    y.zero_grad()
    assert leaf.grad == 0.0


def test_a_million_deep_graph_is_freed_without_the_garbage_collector() -> None:
    leaf = Watched(1.0)
    gone = weakref.ref(leaf)
    y: Value = leaf
    gc.disable()
    try:
        for _ in range(1_000_000):
            y = -y
        del leaf
        assert gone() is not None
        del y
        assert gone() is None
    finally:
        gc.enable()


def test_sixty_four_doublings_take_sixty_four_steps() -> None:
    x = Value(1.0)
    y = x
    for _ in range(64):
        y = y + y
    y.backward()
    assert x.grad == 2.0**64
    assert len(graph(y)) == 65


class Watched(Value):
    """A leaf that can be watched."""

    __slots__ = ("__weakref__",)


def test_a_graph_goes_with_its_last_result() -> None:
    leaf = Watched(2.0)
    gone = weakref.ref(leaf)
    gc.disable()
    try:
        y = (leaf * leaf).exp() + leaf
        y.backward()
        y.backward()
        y.zero_grad()
        del leaf
        assert gone() is not None
        del y
        assert gone() is None
    finally:
        gc.enable()


def test_a_graph_leaves_nothing_in_its_leaves() -> None:
    w = Value(2.0)
    before = sys.getrefcount(w)
    (w * w + w).backward()
    assert sys.getrefcount(w) == before


# -- Conventions, each as PyTorch has it

INF, NAN = math.inf, math.nan
CONVENTIONS: list[tuple[str, tuple[float, ...], float, tuple[float, ...]]] = [
    # operation, inputs, result, gradients
    ("relu", (0.0,), 0.0, (0.0,)),
    ("relu", (NAN,), NAN, (1.0,)),
    ("abs", (0.0,), 0.0, (0.0,)),
    ("sqrt", (0.0,), 0.0, (INF,)),
    ("sigmoid", (-1000.0,), 0.0, (0.0,)),
    ("sigmoid", (1000.0,), 1.0, (0.0,)),
    ("tanh", (-1000.0,), -1.0, (0.0,)),
    ("exp", (-1000.0,), 0.0, (0.0,)),
    ("max", (1.0, 1.0), 1.0, (0.5, 0.5)),
    ("max", (2.0, 1.0), 2.0, (1.0, 0.0)),
    ("max", (NAN, 1.0), NAN, (1.0, 1.0)),
    ("max", (1.0, NAN), NAN, (1.0, 1.0)),
    ("max", (INF, INF), INF, (0.5, 0.5)),
    ("min", (1.0, 1.0), 1.0, (0.5, 0.5)),
    ("min", (2.0, 1.0), 1.0, (0.0, 1.0)),
    ("min", (NAN, 1.0), NAN, (1.0, 1.0)),
    ("min", (1.0, NAN), NAN, (1.0, 1.0)),
    ("pow", (0.0, 0.0), 1.0, (0.0, 0.0)),
    ("pow", (0.0, 0.5), 0.0, (INF, 0.0)),
    ("pow", (0.0, 1.0), 0.0, (1.0, 0.0)),
    ("pow", (0.0, 2.0), 0.0, (0.0, 0.0)),
    ("pow", (2.0, 0.0), 1.0, (0.0, math.log(2.0))),
    ("pow", (-2.0, 2.0), 4.0, (-4.0, NAN)),
    ("pow", (-2.0, 0.0), 1.0, (0.0, NAN)),
    ("pow", (-2.0, -3.0), -0.125, (-0.1875, NAN)),
    ("pow", (1e-200, -1.0), 1e200, (-INF, 1e200 * math.log(1e-200))),
    ("half_power", (0.0,), 0.0, (INF,)),
    ("square", (-2.0,), 4.0, (-4.0,)),
    ("mul", (INF, 0.0), NAN, (0.0, INF)),
]


@pytest.mark.parametrize(("name", "inputs", "result", "gradients"), CONVENTIONS)
def test_conventions(
    name: str, inputs: tuple[float, ...], result: float, gradients: tuple[float, ...]
) -> None:
    leaves = [Value(x) for x in inputs]
    y = apply(name, *leaves)
    y.backward()
    assert y.data == pytest.approx(result, nan_ok=True)
    assert [leaf.grad for leaf in leaves] == pytest.approx(list(gradients), nan_ok=True)


@pytest.mark.parametrize(("name", "inputs", "result", "gradients"), CONVENTIONS)
def test_conventions_are_those_of_pytorch(
    name: str, inputs: tuple[float, ...], result: float, gradients: tuple[float, ...]
) -> None:
    torch = pytest.importorskip("torch")
    leaves = [torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in inputs]
    y = apply(name, *leaves)
    y.backward()
    assert y.item() == pytest.approx(result, nan_ok=True)
    assert [leaf.grad.item() for leaf in leaves] == pytest.approx(list(gradients), nan_ok=True)


# -- What users get wrong


@pytest.mark.parametrize(
    ("expression", "error", "message"),
    [
        (lambda: Value(-1.0, name="loss").log(), ValueError, "log(loss = -1.0) is no real number"),
        (lambda: Value(0.0).log(), ValueError, "it needs a number above 0"),
        (lambda: Value(-4.0).sqrt(), ValueError, "sqrt(-4.0)"),
        (lambda: Value(1000.0).exp(), OverflowError, "exp(1000.0)"),
        (lambda: Value(INF).sin(), ValueError, "it needs a finite number"),
        (lambda: Value(-INF).cos(), ValueError, "cos(-inf)"),
        (lambda: Value(1.0) / Value(0.0, name="n"), ZeroDivisionError, "1.0 / n = 0.0: a divisor must not"),
        (lambda: 1 / Value(0.0), ZeroDivisionError, "1.0 / 0.0"),
        (lambda: Value(1.0) / 0, ZeroDivisionError, "1.0 / 0.0"),
        (lambda: Value(0.0) ** -1, ValueError, "pow(0.0, -1.0)"),
        (lambda: Value(-8.0) ** (1 / 3), ValueError, "a whole exponent"),
        (lambda: Value(-8.0) ** Value(0.5), ValueError, "pow(-8.0, 0.5)"),
        (lambda: (-8.0) ** Value(0.5), ValueError, "pow(-8.0, 0.5)"),
        (lambda: Value(10.0) ** 400, OverflowError, "pow(10.0, 400.0)"),
        (lambda: Value("3"), TypeError, "one real number, such as 2.0, and got '3'"),
        (lambda: Value([1.0]), TypeError, "got [1.0]"),
        (lambda: Value(1j), TypeError, "got 1j"),
        (lambda: Value(Value(1.0)), TypeError, "got Value(data=1.0"),
        (lambda: Value(1.0) + "2", TypeError, "got '2'"),
        (lambda: Value(1.0).max(None), TypeError, "got None"),
    ],
)
def test_a_mistake_gets_a_sentence(
    expression: Callable[[], Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error) as caught:
        expression()
    assert message in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


@pytest.mark.parametrize("function", [math.exp, np.exp, float], ids=["math.exp", "np.exp", "float"])
def test_a_function_of_plain_numbers_never_loses_the_graph_in_silence(function: Callable[[Any], Any]) -> None:
    with pytest.raises(TypeError):
        function(Value(1.0))


@pytest.mark.parametrize(
    "number", [2, True, 2.0, np.float32(2.0), np.float64(2.0), np.int64(2), np.array(2.0)]
)
def test_numbers_of_every_kind_become_values_on_either_side(number: Any) -> None:
    x = Value(3.0)
    plain = float(number)
    results = [x + number, number + x, x - number, number - x, x * number, number * x, x / number, number / x]
    expected = [3 + plain, 3 + plain, 3 - plain, plain - 3, 3 * plain, 3 * plain, 3 / plain, plain / 3]
    assert [type(y) for y in results] == [Value] * 8
    assert [y.data for y in results] == expected
    assert (x**number).data == 3.0**plain
    assert (number**x).data == plain**3.0


# -- Comparisons


@pytest.mark.parametrize(("x", "y"), [(1.0, 2.0), (2.0, 1.0), (1.0, 1.0), (NAN, 1.0), (-0.0, 0.0)])
def test_comparisons_are_those_of_the_numbers(x: float, y: float) -> None:
    for a, b in ((Value(x), Value(y)), (Value(x), y), (x, Value(y))):
        assert (a < b, a <= b, a > b, a >= b) == (x < y, x <= y, x > y, x >= y)
        assert (a == b, a != b) == (x == y, x != y)


def test_equal_values_are_two_keys() -> None:
    x, y = Value(1.0), Value(1.0)
    assert x == y
    assert len({x: 1, y: 2}) == 2


def test_the_built_in_max_and_sorted_work() -> None:
    values = [Value(x) for x in (2.0, 3.0, 1.0)]
    assert max(values) is values[1]
    assert [v.data for v in sorted(values)] == [1.0, 2.0, 3.0]


def test_sum_starts_from_zero() -> None:
    values = [Value(x) for x in (2.0, 3.0, 1.0)]
    total = sum(v * v for v in values)
    assert isinstance(total, Value)
    total.backward()
    assert [v.grad for v in values] == [4.0, 6.0, 2.0]
