"""Groups: what they hold, what they become in each picture, and that folding keeps a graph a graph."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tinygrad_edu as tg
from tinygrad_edu import nn, viz


def groups(y: Any) -> list[tuple[str, tuple[str, ...]]]:
    return [(node.op, node.group) for node in viz.graph(y).nodes if node.kind == "result"]


def nested() -> Any:
    x = tg.tensor([1.0, 2.0], requires_grad=True, name="x")
    with viz.group("outer"):
        with viz.group("inner"):
            h = (x * 2).tanh()
        h = h + x
    with viz.group("loss"):
        return (h * h).sum()


def test_a_result_knows_the_groups_it_was_made_in() -> None:
    assert groups(nested()) == [
        ("mul", ("outer", "inner")),
        ("tanh", ("outer", "inner")),
        ("add", ("outer",)),
        ("mul", ("loss",)),
        ("sum", ("loss",)),
    ]


@pytest.mark.parametrize(
    ("depth", "ops"),
    [
        (0, ["", "", "mul", "tanh", "add", "mul", "sum"]),
        (1, ["", "outer", "loss"]),
        (2, ["", "inner", "add", "mul", "sum"]),
        (3, ["", "", "mul", "tanh", "add", "mul", "sum"]),
    ],
)
def test_folding_at_a_depth(depth: int, ops: list[str]) -> None:
    assert [node.op for node in viz.graph(nested()).folded(depth).nodes] == ops


def test_a_box_shows_what_leaves_it() -> None:
    y = nested()
    box = viz.graph(y, backward=True).folded().nodes[1]
    inside = viz.graph(y, backward=True).nodes[4]
    assert (inside.op, box.kind, box.details) == ("add", "group", [("holds", "3 operations")])
    assert (box.value, box.gradient, box.shape, box.dtype) == (inside.value, inside.gradient, (2,), "float32")


def test_repeated_edges_out_of_a_box_stay_and_edges_into_it_are_one() -> None:
    x = tg.tensor([1.0], requires_grad=True)
    with viz.group("box"):
        h = (x * x) + x
    picture = viz.graph(h * h).folded()
    assert [(edge.source, edge.target) for edge in picture.edges] == [(0, 1), (1, 2), (1, 2)]


def test_a_box_says_what_is_wrong_inside() -> None:
    x = tg.tensor([1.0, 1.0], requires_grad=True, name="x")
    with viz.group("box"), np.errstate(invalid="ignore"):
        y = ((x * tg.tensor([np.inf, 0.0])) * 0.0).sum()
    (note,) = viz.graph(y).folded().nodes[-1].notes[:1]
    assert (note.kind, note.where, note.text) == ("infinite", "value", "inside: 1 with an infinite value")


def test_a_group_that_ends_in_an_error_has_ended() -> None:
    x = tg.tensor([1.0], requires_grad=True)
    with pytest.raises(RuntimeError), viz.group("broken"):
        raise RuntimeError
    assert groups(x * 2) == [("mul", ())]


def test_a_label_used_twice_makes_two_groups() -> None:
    y = tg.tensor([1.0], requires_grad=True)
    for _ in range(3):
        with viz.group("step"):
            y = y * 2
    assert [group for _, group in groups(y)] == [("step",), ("step (2)",), ("step (3)",)]


# -- Modules


class Block(nn.Module):
    """Two layers and a shortcut."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Linear(3, 3)
        self.act = nn.ReLU()

    def forward(self, x: Any) -> Any:
        return x + self.act(self.first(x))


def test_every_layer_of_a_model_is_a_group() -> None:
    model = nn.Sequential(Block(), nn.Linear(3, 1))
    x = tg.ones(2, 3)
    with viz.modules(model):
        y = model(x).sum()
    assert groups(y) == [
        ("linear", ("0: Block", "first: Linear")),
        ("relu", ("0: Block", "act: ReLU")),
        ("add", ("0: Block",)),
        ("linear", ("1: Linear",)),
        ("sum", ()),
    ]
    picture = viz.graph(y, params=dict(model.named_parameters())).folded()
    assert [(node.kind, node.op) for node in picture.nodes] == [
        ("constant", ""),
        ("group", "0: Block"),
        ("group", "1: Linear"),
        ("result", "sum"),
    ]
    assert picture.nodes[1].details == [("holds", "3 operations, 2 parameters")]


def test_a_shared_parameter_stays_outside_of_the_boxes() -> None:
    linear = nn.Linear(2, 2, bias=False)
    model = nn.Sequential(linear, nn.ReLU(), linear)
    with viz.modules(model):
        y = model(tg.ones(1, 2))
    kinds = [(node.kind, node.op) for node in viz.graph(y).folded().nodes]
    assert kinds == [
        ("constant", ""),
        ("parameter", ""),
        ("group", "0: Linear"),
        ("group", "1: ReLU"),
        ("group", "0: Linear (2)"),
    ]


@pytest.mark.parametrize("fails", [False, True])
def test_the_model_is_as_before(fails: bool) -> None:
    model = nn.Sequential(Block(), nn.ReLU())
    before = [dict(vars(module)) for module in model.modules()]
    with pytest.raises(RuntimeError) if fails else nullcontext(), viz.modules(model):
        model(tg.ones(2, 3))
        if fails:
            raise RuntimeError
    assert [dict(vars(module)) for module in model.modules()] == before
    assert groups(model(tg.ones(2, 3))) == [("linear", ()), ("relu", ()), ("add", ()), ("relu", ())]


# -- Any graph, any groups

Program = list[tuple[str, int, int]]
programs = st.lists(
    st.tuples(st.sampled_from(["+", "*", "open", "close"]), st.integers(0, 30), st.integers(0, 30)),
    min_size=1,
    max_size=30,
)


def run(program: Program) -> Any:
    nodes: list[Any] = [tg.tensor([1.0, 0.5], requires_grad=True, name="x"), tg.tensor([0.1, 0.2])]
    opened: list[Any] = []
    for op, i, j in program:
        x, y = nodes[i % len(nodes)], nodes[j % len(nodes)]
        if op == "open":
            opened.append(viz.group(f"g{i % 3}"))
            opened[-1].__enter__()
        elif op == "close":
            if opened:
                opened.pop().__exit__(None, None, None)
        else:
            nodes.append(x + y if op == "+" else x * y)
    for context in reversed(opened):
        context.__exit__(None, None, None)
    return nodes[0] * 1.0 + nodes[-1]


@settings(max_examples=100, deadline=None)
@given(program=programs, depth=st.integers(1, 3), most=st.integers(3, 10))
def test_a_folded_graph_is_a_graph_that_holds_everything(program: Program, depth: int, most: int) -> None:
    picture = viz.graph(run(program))
    folded = picture.folded(depth)
    assert all(edge.source < edge.target for edge in folded.edges)
    assert len({id(node) for node in folded.nodes}) == len(folded.nodes)
    assert folded.results == (len(folded.nodes) - 1,)
    held = sum(int(node.details[0][1].split()[0]) for node in folded.nodes if node.kind == "group")
    shown = sum(node.kind == "result" for node in folded.nodes)
    assert held + shown == sum(node.kind == "result" for node in picture.nodes)
    assert all(len(node.group) < depth for node in folded.nodes)
    short = folded.shortened(most)
    assert all(edge.source < edge.target for edge in short.edges)
    # text and source of whatever came out
    assert len(viz.to_text(short).splitlines()) == len(short.nodes) + 1
    assert viz.to_dot(picture).count("{") == viz.to_dot(picture).count("}")
