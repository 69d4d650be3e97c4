"""The engine reads as a book: files of a size to read, in an order, each understood from those before it."""

from __future__ import annotations

import ast
import io
import subprocess
import sys
import tokenize
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import tinygrad_edu

ROOT = Path(tinygrad_edu.__file__).parent
# DESIGN's reading order, with the small files that each chapter rests on before it.
CHAPTERS = (
    ("errors",),
    ("backend",),
    ("dtypes", "grad_mode", "signature", "memory"),
    ("scalar",),
    ("node",),
    ("primitive",),
    ("broadcast",),
    ("backward",),
    ("ops",),
    ("inputs",),
    ("methods",),
    ("in_place",),
    ("tensor",),
    ("factories",),
    ("watching", "missing"),
    ("autograd", "anomaly", "function", "gradcheck", "profiler"),
    ("nn",),
    ("optim",),
    ("data", "metrics", "models", "saving", "viz"),
    ("train",),
    ("__main__",),
)
ENGINE = ("ops", "nn", "optim")


def modules() -> dict[str, Path]:
    found = {}
    for path in ROOT.rglob("*.py"):
        parts = path.relative_to(ROOT).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


MODULES = modules()


def imported(name: str, tree: ast.AST) -> set[str]:
    """Return which modules of the package a file loads at once, as it is imported."""
    package = name if MODULES[name].name == "__init__.py" else name.rpartition(".")[0]
    targets = set()
    for node in at_once(tree):
        if isinstance(node, ast.Import):
            targets |= {alias.name.removeprefix("tinygrad_edu.") for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                up = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([part for part in (*up, base) if part])
            elif base == "tinygrad_edu":
                base = ""
            elif base.startswith("tinygrad_edu."):
                base = base.removeprefix("tinygrad_edu.")
            else:
                continue
            inside = {f"{base}.{alias.name}".strip(".") for alias in node.names}
            targets |= inside & MODULES.keys() or {base}
    return targets & MODULES.keys() - {"", name}


def at_once(tree: ast.AST) -> list[ast.AST]:
    """Return the statements that run on import: not those in functions, nor those for the type checker alone."""
    found: list[ast.AST] = []
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            continue
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        found += [node, *at_once(node)]
    return found


IMPORTS = {name: imported(name, ast.parse(path.read_text())) for name, path in MODULES.items()}


def chapter(name: str) -> int:
    first = name.split(".")[0]
    return next(number for number, names in enumerate(CHAPTERS) if first in names)


def code_lines(path: Path) -> int:
    """Count the lines that hold code: no docstring, no comment, none that is empty."""
    source = path.read_text()
    lines = set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.string.strip() and token.type != tokenize.COMMENT:
            lines |= set(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)) and ast.get_docstring(node):
            lines -= set(range(node.body[0].lineno, node.body[0].end_lineno + 1))
    return len(lines)


def test_every_module_has_its_chapter() -> None:
    assert {name.split(".")[0] for name in MODULES if name} == {one for names in CHAPTERS for one in names}


def test_nothing_imports_what_is_read_later() -> None:
    """Law 5: nobody needs a later file to understand an earlier one."""
    backward_in_the_book = {
        f"{name} <- {other}"
        for name, others in IMPORTS.items()
        for other in others
        if name and chapter(other) > chapter(name)
    }
    assert not backward_in_the_book


def test_no_imports_run_in_a_circle() -> None:
    try:
        list(TopologicalSorter({name: others for name, others in IMPORTS.items() if name}).static_order())
    except CycleError as error:
        pytest.fail(" <- ".join(error.args[1]))


def test_the_import_reader_sees_what_python_loads() -> None:
    """What the test above believes of the whole package is what a fresh interpreter has loaded."""
    loads, seen = ["tensor"], set()
    while loads:
        name = loads.pop()
        if name not in seen:
            seen.add(name)
            loads += IMPORTS[name]
    code = "import sys, tinygrad_edu; print(*[m for m in sys.modules if m.startswith('tinygrad_edu.')])"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    really = {name.removeprefix("tinygrad_edu.") for name in out.split()}
    assert seen <= really | {"ops"}
    missed = really - seen - IMPORTS[""]
    assert not {name for name in missed if not any(name in IMPORTS.get(other, ()) for other in really)} - {
        "ops"
    }


def test_files_are_of_a_size_to_read() -> None:
    assert {
        name: lines for name, path in MODULES.items() if (lines := len(path.read_text().splitlines())) > 400
    } == {}


def test_the_engine_proper_is_read_in_an_evening() -> None:
    """What makes a tensor, records and walks: all that these rest on, without the library of operations."""
    loads, seen = ["factories"], {"autograd"}
    while loads:
        name = loads.pop()
        if name not in seen and not name.startswith("ops"):
            seen.add(name)
            loads += IMPORTS[name]
    assert {"primitive", "backward", "tensor", "methods"} <= seen
    assert sum(code_lines(MODULES[name]) for name in seen) < 1500


def test_one_file_knows_the_array_library() -> None:
    """Whatever records, computes or optimises takes its arrays from `backend`."""
    others = {
        name
        for name, path in MODULES.items()
        if chapter(name or "tensor") <= chapter("optim")
        for node in ast.walk(ast.parse(path.read_text()))
        if (isinstance(node, ast.Import) and any(a.name.split(".")[0] == "numpy" for a in node.names))
        or (isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "numpy")
    }
    assert others == {"backend"}


# Puts into the seam a namespace that has NumPy's functions and counts what it is asked for.
PROGRAM = """
import collections, importlib.util, sys, types
import numpy

class Elsewhere(types.ModuleType):
    asked = collections.Counter()
    def __getattr__(self, name):
        if not name.startswith("__"):
            self.asked[name] += 1
        return getattr(numpy, name)

class Finder:
    def find_spec(self, name, path=None, target=None):
        if name != "tinygrad_edu.backend":
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        load = spec.loader.exec_module
        def exec_module(module):
            load(module)
            module.np = Elsewhere("elsewhere")
        spec.loader.exec_module = exec_module
        return spec

sys.meta_path.insert(0, Finder())
import tinygrad_edu as tg
from tinygrad_edu import nn, optim

tg.manual_seed(0)
net = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.ReLU(), nn.Flatten(), nn.Linear(32, 3))
optimizer = optim.Adam(net.parameters(), lr=0.1)
x, y = tg.randn(8, 1, 6, 6), tg.randint(0, 3, (8,))
losses = []
for _ in range(20):
    optimizer.zero_grad()
    loss = nn.functional.cross_entropy(net(x), y)
    loss.backward()
    optimizer.step()
    losses.append(loss.item())
assert losses[-1] < 0.1 * losses[0], losses
print(*sorted(Elsewhere.asked))
"""


def test_another_backend_goes_in_at_the_seam() -> None:
    """Training a network with another namespace in `backend` asks that one for its arrays and functions."""
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert {"add", "multiply", "zeros", "empty", "sqrt", "random", "dot"} <= set(done.stdout.split())
