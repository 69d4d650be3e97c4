"""Text, DOT, SVG and PNG: what they show, what they do with strange names, and what happens without ``dot``."""

from __future__ import annotations

import json
import math
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import graphviz
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tinygrad_edu as tg
from tinygrad_edu import viz
from tinygrad_edu.scalar import Value

needs_dot = pytest.mark.skipif(shutil.which("dot") is None, reason="the program dot is not installed")


def neuron() -> Value:
    x, w, b = Value(2.0, name="x"), Value(-3.0, name="w"), Value(1.0, name="b")
    y = (x * w + b).relu()
    y.name = "y"
    return y


def layer() -> tuple[Any, dict[str, Any]]:
    linear = tg.nn.Linear(2, 1)
    return linear(tg.ones(3, 2)).relu().mean(dim=0).sum(), dict(linear.named_parameters())


def understood(source: str) -> Any:
    """What dot makes of a source, as data."""
    return json.loads(viz.program.run_dot(source, "json"))


def words(svg: str) -> list[str]:
    """Every piece of text in an SVG document."""
    return [element.text or "" for element in ET.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]


# -- Text


def test_text_reads_like_a_program() -> None:
    y = neuron()
    y.backward()
    assert viz.to_text(y) == "\n".join(
        [
            "6 nodes, 5 edges; result: y",
            "  x   leaf      2   grad 0  <-- gradient is 0",
            "  w   leaf      -3  grad 0  <-- gradient is 0",
            "  #2  x * w     -6  grad 0  <-- gradient is 0",
            "  b   leaf      1   grad 0  <-- gradient is 0",
            "  #4  #2 + b    -5  grad 0  <-- gradient is 0, and it starts here",
            "  y   relu(#4)  0   grad 1",
        ]
    )


def test_text_of_tensors() -> None:
    x = tg.tensor([[1.0, 2.0]], requires_grad=True, name="x")
    w = tg.tensor([[3.0], [4.0]])
    assert viz.to_text((x @ w).sum(dim=1), backward=True, show_attrs=True, show_saved=True) == "\n".join(
        [
            "4 nodes, 3 edges; result: #3",
            "  x   leaf           float32 (1, 2)  [[1, 2]]    grad [[3, 4]]",
            "  #1  constant       float32 (2, 1)  [[3], [4]]  grad none: requires_grad is False",
            "  #2  matmul(x, #1)  float32 (1, 1)  [[11]]      grad [[1]]  "
            "[keeps float32 (1, 2), keeps float32 (2, 1)]",
            "  #3  sum(#2)        float32 (1,)    [11]        grad [1]  "
            "[dim 1, keepdim False, keeps float32 (1, 1)]",
        ]
    )


@pytest.mark.parametrize(
    ("build", "line"),
    [
        (lambda x: x**3, "x ** 3"),
        (lambda x: x ** Value(3.0), "x ** #1"),
        (lambda x: -x, "neg(x)"),
        (lambda x: 1 - x, "#0 - x"),
        (lambda x: x.max(1), "max(x, #1)"),
    ],
)
def test_operations_in_text(build: Any, line: str) -> None:
    assert line in viz.to_text(build(Value(2.0, name="x"))).splitlines()[-1]


# -- DOT, as dot understands it


@needs_dot
def test_dot_has_every_node_and_every_edge() -> None:
    y, params = layer()
    picture = viz.graph(y, params=params)
    graph = understood(viz.to_dot(picture))
    assert [node["name"] for node in graph["objects"]] == [f"n{i}" for i in range(len(picture.nodes))]
    assert [(edge["tail"], edge["head"]) for edge in graph["edges"]] == [
        (edge.source, edge.target) for edge in picture.edges
    ]


@needs_dot
def test_a_node_shows_all_that_is_known_of_it() -> None:
    x = tg.tensor([1.0, math.inf], requires_grad=True, name="x")
    with np.errstate(invalid="ignore"):
        y = x * tg.tensor([2.0, 0.0])
    shown = words(viz.to_svg(y.sum(), backward=True))
    assert {"x", "mul", "type", "float32 (2,)", "value", "[1, inf]", "[2, nan]", "grad", "[2, 0]"} <= set(
        shown
    )
    assert "value: 1 of 2 are NaN, and it starts here" in shown
    assert "none: requires_grad is False" in shown


@pytest.mark.parametrize(
    ("kind", "colour", "build"),
    [
        ("nan", "#f6b89c", lambda x: x * math.nan),
        ("infinite", "#fbd98a", lambda x: (x - x).sqrt()),
        ("exploding", "#e6bfdb", lambda x: x * 1e6),
        ("zero", "#cccccc", lambda x: x * 0.0),
    ],
)
def test_trouble_has_its_colour(kind: str, colour: str, build: Any) -> None:
    picture = viz.graph(build(Value(1.0)), backward=True)
    assert kind in {note.kind for node in picture.nodes for note in node.notes}
    assert colour in viz.to_dot(picture)
    assert colour not in viz.to_dot(neuron())


@needs_dot
@pytest.mark.parametrize("direction", ["LR", "TB", "BT", "RL"])
def test_the_direction_of_the_arrows(direction: str) -> None:
    graph = understood(viz.to_dot(neuron(), direction=direction))
    places = {node["name"]: tuple(map(float, node["pos"].split(","))) for node in graph["objects"]}
    (x, y), (x_end, y_end) = places["n0"], places["n5"]
    along = {"LR": x_end - x, "RL": x - x_end, "TB": y - y_end, "BT": y_end - y}
    assert along[direction] > 100.0


NAMES = [
    'say "so"',
    "<b>bold</b>",
    "&amp;",
    "back\\slash\\n\\",
    "two\nlines\r\n",
    "tab\tnul\0escape\x1b[31m",
    "ünïcödé 数学 🙂",
    "\ud800 alone",
    "{a|b}",
    "n0 -> n1; }",
    "-->",
    "]]>",
    " ",
]


@needs_dot
@pytest.mark.parametrize("name", NAMES)
def test_strange_names_arrive_as_they_are(name: str) -> None:
    x = tg.tensor([1.0, 2.0], requires_grad=True, name=name)
    with viz.group(name):
        y = x * x
    shown = [text.replace("\xa0", " ").strip() for text in words(viz.to_svg(y))]
    assert shown.count(viz.text.plain(name).strip()) == 2
    assert shown.count("mul") == 1
    assert viz.text.plain(name) in viz.to_text(y)
    viz.to_svg(y, fold=1)


@needs_dot
@settings(max_examples=25, deadline=None)
@given(name=st.text(min_size=1, max_size=10), op=st.text(max_size=5))
def test_any_text_is_a_name(name: str, op: str) -> None:
    picture = viz.graph(Value(1.0, name=name) + Value(1.0, name=op))
    graph = understood(viz.to_dot(picture))
    assert len(graph["objects"]) == 3


def test_a_long_name_is_cut() -> None:
    assert viz.text.plain("a" * 100) == "a" * 57 + "..."


# -- Files


@needs_dot
@pytest.mark.parametrize(
    ("ending", "start"),
    [
        (".svg", b"<?xml"),
        (".png", b"\x89PNG"),
        (".dot", b"digraph"),
        (".gv", b"digraph"),
        (".txt", b"6 nodes"),
    ],
)
def test_draw_writes_what_the_name_asks_for(tmp_path: Path, ending: str, start: bytes) -> None:
    path = tmp_path / f"picture{ending}"
    path.write_bytes(b"old")
    assert viz.draw(neuron(), path) == path
    assert path.read_bytes().startswith(start)
    assert list(tmp_path.iterdir()) == [path]


def test_draw_without_a_file_gives_an_object_for_the_notebook() -> None:
    assert isinstance(viz.draw(neuron()), graphviz.Source)


@pytest.mark.parametrize("name", ["picture", "picture.jpeg"])
def test_draw_needs_an_ending_that_it_knows(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match=r"end it in \.svg, \.png, \.dot, \.gv or \.txt"):
        viz.draw(neuron(), tmp_path / name)


@pytest.mark.parametrize("ending", [".txt", ".dot"])
def test_a_file_in_no_folder_is_a_sentence(tmp_path: Path, ending: str) -> None:
    with pytest.raises(FileNotFoundError, match="make it first"):
        viz.draw(neuron(), tmp_path / "nowhere" / f"picture{ending}")


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "picture.svg"
    path.write_text("old")
    with pytest.raises(TypeError):
        viz.draw("no graph", path)
    with pytest.raises(TypeError):
        viz.program.write_aside(path, "text where bytes are due")  # type: ignore[arg-type]  # on purpose
    assert (path.read_text(), list(tmp_path.iterdir())) == ("old", [path])


# -- Large graphs


@needs_dot
def test_the_picture_of_a_huge_graph_has_a_box_for_its_middle(tmp_path: Path) -> None:
    y = Value(1.0, name="x")
    for _ in range(100_000):
        y = -y
    shown = words(viz.to_svg(y))
    assert "... 99,852 more" in shown
    assert shown.count("neg") == 149
    assert viz.to_png(y, tmp_path / "huge.png", max_nodes=5).stat().st_size > 1000


@needs_dot
def test_sixty_four_doublings_are_drawn_whole() -> None:
    y = Value(1.0)
    for _ in range(64):
        y = y + y
    graph = understood(viz.to_dot(y))
    assert (len(graph["objects"]), len(graph["edges"])) == (65, 128)


# -- The interface of torchviz


def test_make_dot_is_called_as_in_torchviz() -> None:
    y, params = layer()
    dot = viz.make_dot(y, params=params, show_attrs=True, show_saved=True)
    assert isinstance(dot, graphviz.Digraph)
    for text in ("<B>weight</B>", "<B>bias</B>", "<B>linear</B>", "keepdim", "float32 (3, 2)"):
        assert text.replace("<B>", "").replace("</B>", "") in dot.source
    plain = viz.make_dot(y).source
    assert "keepdim" not in plain
    assert "keeps" not in plain


def test_make_dot_takes_several_results() -> None:
    x = tg.tensor([1.0], requires_grad=True)
    assert viz.make_dot((x * 2, x * 3)).source.count(" -> ") == 4


def test_make_dot_cuts_long_attributes() -> None:
    y = tg.tensor(np.ones((1,) * 20), requires_grad=True).sum(dim=tuple(range(20)))
    source = viz.make_dot(y, show_attrs=True, max_attr_chars=10).source
    assert "(0, 1, 2, ..." in source
    assert "(0, 1, 2, 3" not in source


@needs_dot
def test_make_dot_renders(tmp_path: Path) -> None:
    y, params = layer()
    path = viz.make_dot(y, params=params).render(tmp_path / "model", format="svg", cleanup=True)
    shown = words(Path(path).read_text())
    assert {"weight", "bias", "linear", "relu"} <= set(shown)


# -- Notebooks, and a machine without dot


@needs_dot
def test_a_notebook_shows_the_picture_of_a_result_and_the_text_of_a_leaf() -> None:
    y = neuron()
    assert "relu" in str(y._repr_svg_())
    assert Value(1.0)._repr_svg_() is None
    x = tg.tensor([1.0], requires_grad=True)
    assert "mul" in (x * 2)._repr_svg_()
    assert x._repr_svg_() is None


@pytest.fixture
def no_dot(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))


@pytest.mark.usefixtures("no_dot")
def test_without_dot_text_and_source_still_work() -> None:
    y = neuron()
    assert viz.to_text(y).startswith("6 nodes")
    assert viz.to_dot(y).startswith("digraph")
    assert viz.make_dot(y).source.startswith("digraph")


@pytest.mark.usefixtures("no_dot")
def test_without_dot_a_sentence_says_what_to_install(tmp_path: Path) -> None:
    for render in (viz.to_svg, lambda y: viz.to_png(y, tmp_path / "picture.png")):
        with pytest.raises(viz.DotMissingError) as caught:
            render(neuron())
        for command in ("apt install graphviz", "brew install graphviz", "winget install graphviz"):
            assert command in str(caught.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("no_dot")
def test_without_dot_a_notebook_shows_text() -> None:
    assert neuron()._repr_svg_() is None


@needs_dot
def test_what_dot_says_is_passed_on() -> None:
    with pytest.raises(viz.DotError, match="syntax error"):
        viz.program.run_dot("digraph {", "svg")


def test_the_engine_is_imported_without_its_pictures() -> None:
    code = (
        "import sys, tinygrad_edu, tinygrad_edu.scalar; "
        "assert not any(name.startswith(('tinygrad_edu.viz', 'graphviz')) for name in sys.modules); "
        "from tinygrad_edu import viz; viz.to_dot(tinygrad_edu.scalar.Value(1.0)); "
        "assert 'graphviz' not in sys.modules and 'tinygrad_edu.nn' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
