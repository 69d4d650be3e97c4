"""What students are given: stubs with their statements, hints and visible checks, and nothing else."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from pathlib import Path

from grader.exercise import STUB_NAME, Exercise, ExerciseError
from grader.teaching.place import new_folder

__all__ = ["release", "visible_spec"]

_WITHHELD = {"mutant", "hidden"}


def release(exercises: Sequence[Exercise], folder: Path) -> list[Path]:
    """Write a pack for students into `folder`, which must not exist or be empty.

    Each exercise gets its ``task.py``, an untouched copy of it, and a ``spec.py`` with the visible checks. The pack is
    made aside and put in place whole.

    Returns
    -------
    list of Path
        The files written.

    Raises
    ------
    ExerciseError
        If something is there already, or a spec cannot be taken apart.
    """
    written = []
    with new_folder(folder) as aside:
        for exercise in exercises:
            place = aside / exercise.id
            place.mkdir(parents=True)
            spec = (exercise.folder / "spec.py").read_text(encoding="utf-8")
            for name, text in (
                ("task.py", exercise.stub),
                (STUB_NAME, exercise.stub),
                ("spec.py", visible_spec(spec)),
            ):
                (place / name).write_text(text, encoding="utf-8", newline="\n")
                written.append(folder / exercise.id / name)
    return written


def visible_spec(source: str) -> str:
    """Return a spec without its mutants and hidden checks, and without whatever only they used.

    What a mutant swaps is a piece of the solution, so a constant that holds it must go with the mutant.

    Raises
    ------
    ExerciseError
        If a visible check requires one that is withheld.

    Examples
    --------
    >>> print(visible_spec('''
    ... from grader.spec import Exercise, mutant
    ... ANSWER = "return 2 * x"
    ... EXERCISE = Exercise(title="double", names=("double",))
    ... def check_two(student):
    ...     student.double(1.0).equals(2.0)
    ... @mutant
    ... def triples(source):
    ...     return source.swap(ANSWER, "return 3 * x")
    ... '''), end="")
    from grader.spec import Exercise
    <BLANKLINE>
    EXERCISE = Exercise(title="double", names=("double",))
    <BLANKLINE>
    <BLANKLINE>
    def check_two(student):
        student.double(1.0).equals(2.0)
    """
    tree = ast.parse(source)
    withheld = {node.name for node in tree.body if _decorators(node) & _WITHHELD}  # type: ignore[attr-defined]  # only functions are decorated
    kept = [node for node in tree.body if not _decorators(node) & _WITHHELD]
    for node in kept:
        for name in _required(node) & withheld:
            raise ExerciseError(f"a visible check requires {name}, which is hidden and is not handed out")
    used = _reachable(kept)
    pieces: list[tuple[str, str]] = []
    for node in kept:
        text = _text(node, source, used)
        if text:
            pieces.append(
                ("\n\n\n" if isinstance(node, ast.FunctionDef | ast.ClassDef) else _gap(node), text)
            )
    return "".join((gap if i else "") + text for i, (gap, text) in enumerate(pieces)) + "\n"


def _decorators(node: ast.stmt) -> set[str]:
    """Return the names of a function's decorators."""
    found = set()
    for decorator in getattr(node, "decorator_list", []):
        target = decorator.func if isinstance(decorator, ast.Call) else decorator
        found.add(target.attr if isinstance(target, ast.Attribute) else getattr(target, "id", ""))
    return found


def _required(node: ast.stmt) -> set[str]:
    """Return the checks that ``@requires(...)`` names."""
    return {
        str(argument.value)
        for decorator in getattr(node, "decorator_list", [])
        if isinstance(decorator, ast.Call) and getattr(decorator.func, "id", "") == "requires"
        for argument in decorator.args
        if isinstance(argument, ast.Constant)
    }


def _defined(node: ast.stmt) -> set[str]:
    """Return the names that a statement of the module makes."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return {node.name}
    if isinstance(node, ast.Import | ast.ImportFrom):
        return {alias.asname or alias.name.split(".")[0] for alias in node.names}
    return {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}


def _is_root(node: ast.stmt) -> bool:
    """Whether a statement is kept for its own sake: EXERCISE and the checks."""
    return any(name == "EXERCISE" or name.startswith("check_") for name in _defined(node))


def _reachable(nodes: Sequence[ast.stmt]) -> set[str]:
    """Return every name that the checks and the declaration lead to."""
    used: set[str] = set()
    waiting = [node for node in nodes if _is_root(node)]
    makers = {name: node for node in nodes for name in _defined(node)}
    while waiting:
        node = waiting.pop()
        used |= _defined(node) if not isinstance(node, ast.Import | ast.ImportFrom) else set()
        for name in {n.id for n in ast.walk(node) if isinstance(n, ast.Name)} - used:
            used.add(name)
            if name in makers:
                waiting.append(makers[name])
    return used


def _text(node: ast.stmt, source: str, used: set[str]) -> str:
    """Return the text of a statement that is kept, "" for one that nothing visible needs."""
    if isinstance(node, ast.Expr):
        # the docstring; any other bare expression computes nothing that is needed
        return source_of(node, source) if isinstance(node.value, ast.Constant) else ""
    if isinstance(node, ast.Import | ast.ImportFrom):
        names = [alias for alias in node.names if (alias.asname or alias.name.split(".")[0]) in used]
        if isinstance(node, ast.ImportFrom) and node.module == "__future__":
            names = node.names
        node.names = names
        return ast.unparse(node) if names else ""
    return source_of(node, source) if _defined(node) & used else ""


def source_of(node: ast.stmt, source: str) -> str:
    """Return the lines of a statement, its decorators among them."""
    decorators = getattr(node, "decorator_list", [])
    first = min([node.lineno, *(d.lineno for d in decorators)])
    return "\n".join(source.splitlines()[first - 1 : node.end_lineno])


def _gap(node: ast.stmt) -> str:
    return "\n" if isinstance(node, ast.Import | ast.ImportFrom) else "\n\n"
