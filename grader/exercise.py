"""Exercises: a folder each, found by name, with solution, generated task, checks and mutants.

Listing exercises reads files only. The checks and mutants of one, which need Hypothesis and an oracle, are
imported when somebody first asks for them.
"""

from __future__ import annotations

import ast
import importlib.util
import inspect
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import Any, Final

_OPEN: Final = re.compile(r"^(?P<indent>[ \t]*)# >>> your code(?:: *(?P<what>.*\S))?\s*$")
_CLOSE: Final = re.compile(r"^[ \t]*# <<< your code\s*$")
_DEFAULT_BLANK: Final = "write this part"
# In a released pack, what the student starts from: task.py is theirs to change.
STUB_NAME: Final = "stub.py"


class ExerciseError(Exception):
    """An exercise folder that its author must mend, or a name that no exercise has; the message says which."""


@dataclass(frozen=True)
class Declaration:
    """What a spec declares as ``EXERCISE``.

    Attributes
    ----------
    title
        One line for lists.
    names
        What the student's file must define.
    points
        All or nothing.
    after
        Ids of the exercises that it builds on.
    imports
        Packages that the student's file may import, beside harmless parts of the standard library.
    hints
        From a nudge to almost the code; at least three.
    floating
        Default rules of `grader.compare` for every check, such as ``{"rtol": 1e-6}``.
    """

    title: str
    names: tuple[str, ...]
    points: int = 1
    after: tuple[str, ...] = ()
    imports: tuple[str, ...] = ("numpy",)
    hints: tuple[str, ...] = ()
    floating: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Source:
    """The text of a file, and the edits that mutants make to it."""

    text: str

    def swap(self, old: str, new: str) -> Source:
        """Return the source with `old`, which must occur exactly once, replaced by `new`.

        Examples
        --------
        >>> Source("y = x + 1").swap("+", "-").text
        'y = x - 1'
        """
        count = self.text.count(old)
        if count != 1 or old == new:
            raise ExerciseError(
                f"a mutant swaps {old!r}, which occurs {count} times (exactly once is needed)"
            )
        return Source(self.text.replace(old, new))

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True)
class Marks:
    """What the decorators of `grader.spec` noted on a function."""

    strategies: dict[str, Any] = field(default_factory=dict)
    examples: tuple[dict[str, Any], ...] = ()
    requires: tuple[str, ...] = ()
    mutant: bool = False
    hidden: bool = False


@dataclass(frozen=True)
class Check:
    """A check: its function, the sentence that the student reads, where its inputs come from, what it depends on."""

    name: str
    sentence: str
    function: Callable[..., None]
    marks: Marks


@dataclass(frozen=True)
class Mutant:
    """A wrong solution, and what to tell the student who wrote one like it."""

    name: str
    sentence: str
    source: str


@dataclass(frozen=True)
class Exercise:
    """One exercise folder."""

    id: str
    folder: Path

    @cached_property
    def declaration(self) -> Declaration:
        """What the spec declares as EXERCISE, read without importing the spec where that is possible."""
        return _read_declaration(self.folder / "spec.py") or self._spec.EXERCISE

    @property
    def title(self) -> str:
        """One line for lists."""
        return self.declaration.title

    @property
    def names(self) -> tuple[str, ...]:
        """What the student's file must define."""
        return self.declaration.names

    @property
    def points(self) -> int:
        """What it is worth, all or nothing."""
        return self.declaration.points

    @property
    def after(self) -> tuple[str, ...]:
        """Ids of the exercises that it builds on."""
        return self.declaration.after

    @property
    def imports(self) -> tuple[str, ...]:
        """Packages that the student's file may import."""
        return self.declaration.imports

    @property
    def hints(self) -> tuple[str, ...]:
        """From a nudge to almost the code."""
        return self.declaration.hints

    @property
    def released(self) -> bool:
        """Whether this is what `grader release` made for students: stub and visible checks, no solution."""
        return not (self.folder / "solution.py").exists() and (self.folder / STUB_NAME).exists()

    @cached_property
    def solution(self) -> str:
        """The text of the master file."""
        if self.released:
            raise ExerciseError(f"{self.id} was handed out without its solution")
        return _read(self.folder / "solution.py")

    @cached_property
    def stub(self) -> str:
        """What the student starts from, derived from the solution."""
        return _read(self.folder / STUB_NAME) if self.released else make_stub(self.solution)

    @property
    def task_path(self) -> Path:
        """The student's file in this folder."""
        return self.folder / "task.py"

    @cached_property
    def statement(self) -> str:
        """What the student reads: the docstring of the solution, which the stub has too."""
        return ast.get_docstring(ast.parse(self.stub)) or ""

    @cached_property
    def checks(self) -> tuple[Check, ...]:
        """The checks, in the order of the file."""
        found = self._functions(lambda name, marks: name.startswith("check_") and not marks.mutant)
        checks = tuple(Check(f.__name__, _sentence(f), f, _marks(f)) for f in found)
        for place, check in enumerate(checks):
            for name in check.marks.requires:
                if name not in [earlier.name for earlier in checks[:place]]:
                    raise ExerciseError(f"{self.id}: {check.name} requires {name}, which is no earlier check")
        return checks

    @cached_property
    def mutants(self) -> tuple[Mutant, ...]:
        """The mutants, in the order of the file; none where there is no solution to change."""
        if self.released:
            return ()
        found = self._functions(lambda _, marks: marks.mutant)
        return tuple(Mutant(f.__name__, _diagnosis(f), str(f(Source(self.solution)))) for f in found)

    @cached_property
    def _spec(self) -> ModuleType:
        path = self.folder / "spec.py"
        name = "exercise_spec_" + re.sub(r"\W", "_", str(path.resolve()))
        made = importlib.util.spec_from_file_location(name, path)
        if made is None or made.loader is None or not path.is_file():
            raise ExerciseError(f"{path} is missing")
        module = importlib.util.module_from_spec(made)
        sys.modules[name] = module
        made.loader.exec_module(module)
        if not isinstance(getattr(module, "EXERCISE", None), Declaration):
            raise ExerciseError(f"{path} declares no EXERCISE")
        return module

    def _functions(self, wanted: Callable[[str, Marks], bool]) -> list[Any]:
        here = self._spec.__name__
        functions = [f for f in vars(self._spec).values() if inspect.isfunction(f) and f.__module__ == here]
        chosen = [f for f in functions if wanted(f.__name__, _marks(f))]
        return sorted(chosen, key=lambda f: f.__code__.co_firstlineno)


def _marks(function: Any) -> Marks:
    marks: Marks = getattr(function, "__marks__", Marks())
    return marks


def _sentence(function: Any) -> str:
    """Return the first paragraph of a docstring, on one line."""
    return " ".join((inspect.getdoc(function) or "").split("\n\n")[0].split())


def _diagnosis(function: Any) -> str:
    """All of a docstring, on one line: what the student probably did, and what to change."""
    return " ".join((inspect.getdoc(function) or "").split())


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ExerciseError(f"{path} is missing") from None


def _read_declaration(path: Path) -> Declaration | None:
    """Read ``EXERCISE = Exercise(...)`` from the syntax tree; None if it is not made of literals."""
    for node in ast.parse(_read(path)).body:
        match node:
            case ast.Assign(targets=[ast.Name(id="EXERCISE")], value=ast.Call(args=[], keywords=keywords)):
                try:
                    return Declaration(**{str(kw.arg): ast.literal_eval(kw.value) for kw in keywords})
                except (ValueError, TypeError):
                    return None
    return None


def make_stub(solution: str) -> str:
    """Return the task that a solution's marker comments describe.

    Raises
    ------
    ExerciseError
        If a marker has no partner, or there is none at all.

    Examples
    --------
    >>> print(make_stub('''def f(x):
    ...     # >>> your code: return x doubled
    ...     return 2 * x
    ...     # <<< your code
    ... '''), end="")
    def f(x):
        raise NotImplementedError("return x doubled")
    """
    lines, inside, blocks = [], False, 0
    for number, line in enumerate(solution.splitlines(), 1):
        opening, closing = _OPEN.match(line), _CLOSE.match(line)
        if (opening and inside) or (closing and not inside):
            raise ExerciseError(f"line {number} of the solution: this marker has no partner")
        if opening:
            inside, blocks = True, blocks + 1
            what = (opening["what"] or _DEFAULT_BLANK).replace("\\", "\\\\").replace('"', '\\"')
            lines.append(f'{opening["indent"]}raise NotImplementedError("{what}")')
        elif closing:
            inside = False
        elif not inside:
            lines.append(line)
    if inside or not blocks:
        raise ExerciseError(
            "the solution needs '# >>> your code' and '# <<< your code' around what is to be written"
        )
    return "\n".join(lines) + "\n"


def exercises_root() -> Path:
    """Return where the exercises are: inside the installed package, or beside it in a clone."""
    packaged = Path(__file__).with_name("_exercises")
    return packaged if packaged.is_dir() else Path(__file__).parents[1] / "exercises"


def load_exercises(root: Path | None = None) -> list[Exercise]:
    """Return every exercise below `root`, in order; `root` defaults to the exercises that come with the grader."""
    root = exercises_root() if root is None else root
    folders = sorted(path.parent for path in root.glob("*/*/spec.py"))
    return [Exercise(folder.relative_to(root).as_posix(), folder) for folder in folders]


def find_exercises(text: str, exercises: Sequence[Exercise] | None = None) -> list[Exercise]:
    """Return the exercises that `text` names: by exact id, else by any part of the id."""
    exercises = load_exercises() if exercises is None else exercises
    text = text.strip().rstrip("/")
    exact = [exercise for exercise in exercises if text in (exercise.id, exercise.id.rpartition("/")[2])]
    return exact or [exercise for exercise in exercises if text and text in exercise.id]


def find_exercise(text: str, exercises: Sequence[Exercise] | None = None) -> Exercise:
    """Return the one exercise that `text` names.

    Raises
    ------
    ExerciseError
        If none has that name, or several have.
    """
    found = find_exercises(text, exercises)
    if len(found) == 1:
        return found[0]
    if not found:
        raise ExerciseError(f"no exercise is called {text!r}; 'grader list' shows them all")
    names = ", ".join(exercise.id for exercise in found)
    raise ExerciseError(f"{text!r} names {len(found)} exercises ({names}); write more of the name")
