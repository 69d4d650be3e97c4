"""The picture as data: what is in it, that it is whole, and that looking changes nothing."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tinygrad_edu as tg
from tinygrad_edu import viz
from tinygrad_edu.errors import GraphFreedError, NoGradError, ShapeError
from tinygrad_edu.scalar import Value
from tinygrad_edu.viz.walk import CONSTANT, NOT_CALLED, NOT_KEPT, RELEASED

# -- Random graphs: each step combines two earlier nodes, so that sharing and repeated inputs are common.

Steps = list[tuple[str, int, int]]
steps = st.lists(
    st.tuples(st.sampled_from(["+", "*", "tanh"]), st.integers(0, 30), st.integers(0, 30)),
    min_size=1,
    max_size=25,
)


def build(start: list[Any], program: Steps) -> list[Any]:
    nodes = list(start)
    for op, i, j in program:
        x, y = nodes[i % len(nodes)], nodes[j % len(nodes)]
        nodes.append(x.tanh() if op == "tanh" else x + y if op == "+" else x * y)
    return nodes


def values() -> list[Any]:
    return [Value(0.5, name="a"), Value(-0.3, name="b")]


def tensors() -> list[Any]:
    a = tg.tensor(np.array([0.5, 0.25]), requires_grad=True, name="a")
    return [a, tg.tensor(np.array([-0.3, 0.1]), requires_grad=True, name="b")]


def behind(root: Any) -> list[Any]:
    """Every node behind `root`, by a search of the simplest kind."""
    found = {id(root): root}
    todo = [root]
    while todo:
        for x in inputs(todo.pop()):
            if id(x) not in found:
                found[id(x)] = x
                todo.append(x)
    return list(found.values())


def inputs_first(root: Any) -> list[Any]:
    """Every node behind `root` in the order of the picture, by recursion."""
    order: list[Any] = []

    def visit(node: Any) -> None:
        if not any(node is other for other in order):
            for x in inputs(node):
                visit(x)
            order.append(node)

    visit(root)
    return order


def inputs(node: Any) -> tuple[Any, ...]:
    return node.parents if isinstance(node, Value) else node.inputs


@pytest.mark.parametrize("start", [values, tensors])
@settings(max_examples=40, deadline=None)
@given(program=steps)
def test_every_node_once_and_every_edge_of_it(start: Any, program: Steps) -> None:
    root = build(start(), program)[-1]
    picture = viz.graph(root)
    nodes = behind(root)
    assert len(picture.nodes) == len(nodes)
    assert len(picture.edges) == sum(len(inputs(node)) for node in nodes)
    assert all(edge.source < edge.target for edge in picture.edges)
    assert picture.results == (len(nodes) - 1,)
    assert sorted(node.value.text for node in picture.nodes if node.value) == sorted(
        viz.graph(node).nodes[-1].value.text for node in nodes
    )


@settings(max_examples=40, deadline=None)
@given(program=steps)
def test_its_own_walk_finds_the_gradients_of_values(program: Steps) -> None:
    root = build(values(), program)[-1]
    picture = viz.graph(root, backward=True)
    assert all(node.grad == 0.0 for node in behind(root))
    root.backward()
    # the two may add in another order; the text holds the sign, to four digits
    found = [float(node.gradient.text) for node in picture.nodes if node.gradient]
    assert found == pytest.approx([node.grad for node in inputs_first(root)], rel=1e-3)


@settings(max_examples=40, deadline=None)
@given(program=steps)
def test_its_own_walk_finds_the_gradients_of_tensors(program: Steps) -> None:
    root = build(tensors(), program)[-1].sum()
    picture = viz.graph(root, backward=True)
    nodes = behind(root)
    assert all(node.grad is None for node in nodes)
    for node in nodes:
        node.retain_grad()
    root.backward(retain_graph=True)
    assert [node.gradient for node in picture.nodes] == [node.gradient for node in viz.graph(root).nodes]


@settings(max_examples=40, deadline=None)
@given(program=steps, most=st.integers(3, 12))
def test_a_shortened_picture_accounts_for_every_node(program: Steps, most: int) -> None:
    picture = viz.graph(build(values(), program)[-1])
    short = picture.shortened(most)
    assert len(short.nodes) == min(most, len(picture.nodes))
    left_out = [node for node in short.nodes if node.kind == "more"]
    assert len(left_out) == (len(picture.nodes) > most)
    if left_out:
        assert left_out[0].op == f"... {len(picture.nodes) - most + 1} more"
    assert all(edge.source < edge.target for edge in short.edges)
    assert short.nodes[short.results[0]] is picture.nodes[-1]


# -- What is said about a node


def test_a_value_graph_node_by_node() -> None:
    x = Value(3.0, name="x")
    y = x * x
    y.backward()
    first, second = viz.graph(y).nodes
    assert (first.kind, first.name, first.op, first.shape, first.value.text) == ("leaf", "x", "", None, "3")
    assert (second.kind, second.name, second.op, second.value.text) == ("result", "", "*", "9")
    assert (first.gradient.text, second.gradient.text) == ("6", "1")
    assert [(e.source, e.target, e.local) for e in viz.graph(y).edges] == [(0, 1, 3.0), (0, 1, 3.0)]


def test_a_tensor_graph_node_by_node() -> None:
    layer = tg.nn.Linear(2, 1)
    y = layer(tg.ones(3, 2)).relu()
    kinds = [
        (n.kind, n.name, n.op, n.shape, n.dtype)
        for n in viz.graph(y, params=dict(layer.named_parameters())).nodes
    ]
    assert kinds == [
        ("constant", "", "", (3, 2), "float32"),
        ("parameter", "weight", "", (1, 2), "float32"),
        ("parameter", "bias", "", (1,), "float32"),
        ("result", "", "linear", (3, 1), "float32"),
        ("result", "", "relu", (3, 1), "float32"),
    ]


def test_an_optional_input_that_was_not_given_is_no_edge() -> None:
    y = tg.nn.Linear(2, 1, bias=False)(tg.ones(3, 2))
    assert len(viz.graph(y).edges) == 2


def test_the_name_of_a_tensor_goes_before_that_of_its_parameter() -> None:
    x = tg.tensor([1.0], requires_grad=True, name="mine")
    assert viz.graph(x * 2, params={"theirs": x}).nodes[0].name == "mine"


def test_several_results_in_one_picture() -> None:
    x = Value(2.0)
    picture = viz.graph([x * x, x + x])
    assert len(picture.nodes) == 3
    assert [picture.nodes[i].op for i in picture.results] == ["*", "+"]


def states() -> dict[str, tuple[Any, str]]:
    """Tensors without a gradient: (the tensor, what the picture says of it)."""
    x = tg.tensor([1.0, 2.0], requires_grad=True)
    used = x * tg.tensor([3.0, 3.0])
    kept = x * 2
    kept.retain_grad()
    released = x * 2
    released.sum().backward()
    x.grad = None
    return {
        "constant": (used.inputs[1], CONSTANT),
        "leaf before backward": (x, NOT_CALLED),
        "result": (used, NOT_KEPT),
        "result that keeps it": (kept, NOT_CALLED),
        "released": (released, RELEASED),
    }


@pytest.mark.parametrize("state", states())
def test_a_missing_gradient_has_its_reason(state: str) -> None:
    tensor, reason = states()[state]
    node = viz.graph(tensor).nodes[-1]
    assert (node.gradient, node.no_gradient) == (None, reason)


def test_a_released_graph_says_how_to_keep_it() -> None:
    x = tg.tensor([1.0], requires_grad=True)
    y = (x * 2).sum()
    y.backward()
    (node,) = viz.graph(y).nodes
    assert node.details == [("inputs", "released by backward(); retain_graph=True keeps them")]


def test_a_value_has_no_gradient_before_backward_and_after_zero_grad() -> None:
    x = Value(2.0)
    y = x * 0.0
    assert [node.no_gradient for node in viz.graph(y).nodes] == [NOT_CALLED] * 3
    y.backward()
    # 0 is a gradient once backward has been called
    assert [node.gradient.text for node in viz.graph(y).nodes] == ["0", "2", "1"]
    y.zero_grad()
    assert [node.no_gradient for node in viz.graph(y).nodes] == [NOT_CALLED] * 3


@pytest.mark.parametrize("called", [False, True])
def test_what_is_true_of_every_node_is_said_once(called: bool) -> None:
    x = Value(2.0)
    y = x * x
    if called:
        y.backward()
    assert viz.graph(y).remark == ("" if called else "no gradients: backward() not called")


# -- Looking changes nothing


def test_its_own_walk_runs_no_hook_and_keeps_every_gradient_as_it_was() -> None:
    x = tg.tensor([1.0, 2.0], requires_grad=True)
    h = x * x
    h.retain_grad()
    seen: list[Any] = []
    h.register_hook(seen.append)
    y = h.sum()
    y.backward(retain_graph=True)
    before = [(t.grad, None if t.grad is None else t.grad.tolist()) for t in (x, h, y)]
    picture = viz.graph(y, backward=True)
    assert len(seen) == 1
    assert [(t.grad, None if t.grad is None else t.grad.tolist()) for t in (x, h, y)] == before
    assert [node.gradient.text for node in picture.nodes] == ["[2, 4]", "[1, 1]", "1"]
    y.backward()
    assert len(seen) == 2
    assert x.grad.tolist() == [4.0, 8.0]


def test_hooks_are_back_when_its_own_walk_fails() -> None:
    x = tg.tensor([1.0, 2.0], requires_grad=True, name="x")
    h = x * x
    y = h.sum() + x.sum()
    (h * 1.0).sum().backward()
    with pytest.raises(GraphFreedError):
        viz.graph(y, backward=True)
    assert x.name == "x"


@pytest.mark.parametrize(
    ("result", "error"),
    [
        (lambda: tg.tensor([1.0, 2.0], requires_grad=True) * 2, ShapeError),
        (lambda: tg.tensor([1.0]) * 2, NoGradError),
    ],
)
def test_what_backward_refuses_its_own_walk_refuses(result: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        viz.graph(result(), backward=True)


@pytest.mark.parametrize("thing", [3.0, None, np.ones(2), "graph"])
def test_only_values_and_tensors_have_graphs(thing: Any) -> None:
    with pytest.raises(TypeError, match="viz draws a Value or a Tensor, and got a"):
        viz.graph(thing)


def test_values_and_tensors_do_not_mix() -> None:
    with pytest.raises(TypeError, match="not both in one picture"):
        viz.graph([Value(1.0), tg.tensor(1.0)])


# -- What is wrong

NAN, INF = math.nan, math.inf


def notes(y: Any, **options: Any) -> dict[str, list[str]]:
    return {
        node.name: [note.text for note in node.notes] for node in viz.graph(y, **options).nodes if node.notes
    }


def test_trouble_in_values_starts_where_no_input_has_it() -> None:
    x = Value(INF, name="x")
    a = x - x
    a.name = "a"
    b = a + 1.0
    b.name = "b"
    assert notes(b) == {
        "x": ["value: it is infinite"],
        "a": ["value: it is NaN, and it starts here"],
        "b": ["value: it is NaN"],
    }


def test_trouble_in_gradients_starts_where_no_user_has_it() -> None:
    x, s = Value(0.0, name="x"), Value(0.0, name="s")
    r = x.sqrt()
    r.name = "r"
    e = r * 1e6
    e.name = "e"
    y = e * 1.0 + s * 0.0
    assert notes(y, backward=True) == {
        "r": ["gradient explodes: it reaches 1e+06, and it starts here"],
        "x": ["gradient: it is infinite, and it starts here"],
        "s": ["gradient is 0, and it starts here"],
        # the constants 1e6, 1.0 and 0.0 that were multiplied with 0
        "": ["gradient is 0, and it starts here"],
    }


def test_a_start_is_not_claimed_where_gradients_on_the_way_are_unknown() -> None:
    x = tg.tensor([1.0, 1.0], requires_grad=True, name="x")
    y = (x * 0.0).sum()
    y.backward(retain_graph=True)
    assert notes(y) == {"x": ["gradient is 0 everywhere"]}
    assert notes(y, backward=True)["x"] == ["gradient is 0 everywhere, and it starts here"]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ([1.0, NAN], [("nan", "value: 1 of 2 are NaN")]),
        ([INF, -INF, 1.0], [("infinite", "value: 2 of 3 are infinite")]),
        ([NAN, INF], [("nan", "value: 1 of 2 are NaN"), ("infinite", "value: 1 of 2 are infinite")]),
        ([0.0, 0.0], []),
        ([1e30], []),
    ],
)
def test_what_is_wrong_with_a_value(data: list[float], expected: list[tuple[str, str]]) -> None:
    (node,) = viz.graph(tg.tensor(data)).nodes
    assert [(note.kind, note.text) for note in node.notes] == expected


@pytest.mark.parametrize(("threshold", "marked"), [(99.0, True), (100.0, True), (101.0, False)])
def test_the_threshold_of_explosion_is_the_callers(threshold: float, marked: bool) -> None:
    x = Value(1.0)
    found = viz.graph(x * 100.0, backward=True, exploding=threshold).nodes[0].notes
    assert [note.kind for note in found] == ["exploding"] * marked


# -- Numbers in words


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (np.array(2.5), "2.5"),
        (np.array([1.0, -2.0]), "[1, -2]"),
        (np.arange(6).reshape(2, 3), "[[0, 1, 2], [3, 4, 5]]"),
        (np.arange(8.0), "mean 3.5, 0 to 7"),
        (np.array([NAN, *range(8)]), "mean 3.5, 0 to 7"),
        (np.full(9, NAN), "nothing finite"),
        (np.full(9, 1e308), "mean inf, 1e+308 to 1e+308"),
        (np.zeros((0, 3)), "empty"),
        (np.array([True, False]), "[True, False]"),
        (np.arange(10) > 3, "6 of 10 true"),
        (np.float32(1e-7), "1e-07"),
        (1 / 3, "0.3333"),
        (NAN, "nan"),
        (-INF, "-inf"),
    ],
)
def test_numbers_in_words(data: Any, text: str) -> None:
    assert viz.summary.numbers_of(data).text == text


# -- Large graphs


@pytest.mark.parametrize("start", [lambda: Value(1.0), lambda: tg.tensor(1.0, requires_grad=True)])
def test_sixty_four_doublings_are_sixty_five_nodes(start: Any) -> None:
    y = start()
    for _ in range(64):
        y = y + y
    picture = viz.graph(y, backward=True)
    assert (len(picture.nodes), len(picture.edges)) == (65, 128)
    assert picture.nodes[0].gradient.text == f"{2.0**64:.4g}"
    assert len(viz.to_text(picture).splitlines()) == 66
    assert viz.to_dot(picture).count(" -> ") == 128


@pytest.mark.parametrize("start", [lambda: Value(1.0), lambda: tg.tensor(1.0, requires_grad=True)])
def test_a_hundred_thousand_deep(start: Any) -> None:
    y = start()
    for _ in range(100_000):
        y = -y
    picture = viz.graph(y, backward=True)
    assert len(picture.nodes) == 100_001
    assert picture.nodes[0].gradient.text == "1"
    assert len(viz.to_text(picture).splitlines()) == 100_002
    assert viz.to_dot(picture).count(" -> ") == 100_000
    short = viz.to_text(picture, max_nodes=5)
    assert "... 99,997 more" in short
