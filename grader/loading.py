"""From a student's bytes to a module namespace, or to the one reason why not.

Both the worker and the in-process mode load sources here, so that a file is refused in the same words everywhere.
"""

from __future__ import annotations

import ast
import builtins
import functools
import importlib.util
import sys
import types
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

FILENAME: Final = "task.py"
MAX_SOURCE: Final = 256 * 2**10

# Harmless helpers of the standard library that nobody needs to ask for.
ALWAYS_GRANTED: Final = frozenset(
    {"__future__", "abc", "collections", "dataclasses", "enum", "functools", "itertools", "math", "numbers",
     "operator", "typing"}
)  # fmt: skip
# From 3.13 on Python itself asks for these by the importer of whatever code runs, as when NumPy warns of an overflow.
# A file that names one in an import statement is refused before it runs.
_OF_THE_INTERPRETER: Final = frozenset({"warnings"})
# Parts of NumPy that reach compilers, C or the test runner rather than arrays.
NEVER_GRANTED: Final = frozenset({"ctypeslib", "distutils", "f2py", "testing"})


class ForbiddenImportError(ImportError):
    """A student's file imported, while it ran, what the exercise does not grant."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a source could not be loaded: the verdict, what Python said, and the student's line."""

    verdict: str
    type: str
    message: str
    line: int | None = None


@functools.lru_cache(maxsize=64)  # mutants are compared again and again
def compile_source(source: bytes, imports: tuple[str, ...]) -> types.CodeType | Problem:
    """Parse and compile a student's file, checking what it imports.

    Parameters
    ----------
    source
        The file as bytes, so that its own encoding declaration and newlines count.
    imports
        Packages that the exercise grants, beside `ALWAYS_GRANTED`.
    """
    if len(source) > MAX_SOURCE:
        return Problem("syntax", "SyntaxError", f"the file is larger than {MAX_SOURCE // 1024} KiB")
    try:
        text = importlib.util.decode_source(source)
    except (SyntaxError, UnicodeError, LookupError):  # LookupError: a codec of something else than text
        return Problem("syntax", "SyntaxError", "the file is not UTF-8 text; save it as UTF-8")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text, FILENAME)
            refused = next(_refused_imports(tree, imports), None)
            return refused or compile(tree, FILENAME, "exec", dont_inherit=True)
    except SyntaxError as error:
        return Problem("syntax", type(error).__name__, error.msg or "invalid syntax", error.lineno)
    except (RecursionError, MemoryError):
        return Problem("syntax", "SyntaxError", "the code nests too deeply for Python to read")
    except ValueError as error:  # a NUL, or a number with thousands of digits
        return Problem("syntax", "SyntaxError", str(error))


def _refused_imports(tree: ast.AST, imports: Sequence[str]) -> Iterator[Problem]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = "." * node.level + (node.module or "")
            names = [base, *[f"{base}.{alias.name}" for alias in node.names]]
        else:
            continue
        for name in names:
            if not is_granted(name, imports):
                yield Problem("forbidden", "ImportError", refusal(name, imports), node.lineno)


def is_granted(module: str, imports: Sequence[str]) -> bool:
    """Return whether a student's file may import this module.

    Examples
    --------
    >>> is_granted("numpy.linalg", ["numpy"]), is_granted("numpy.ctypeslib", ["numpy"]), is_granted("os", ["numpy"])
    (True, False, False)
    """
    parts = module.split(".")
    return (parts[0] in ALWAYS_GRANTED or parts[0] in imports) and NEVER_GRANTED.isdisjoint(parts)


def refusal(module: str, imports: Sequence[str]) -> str:
    """Return the sentence that says why a module is not granted."""
    granted = " and ".join(imports) or "the standard helpers"
    return f"imports {module!r}, but this exercise grants {granted} only; write that part yourself"


def guarded_import(imports: Sequence[str]) -> Callable[..., Any]:
    """Return an ``__import__`` for the student's file, for imports that the parser could not see."""

    def student_import(
        name: str, globals_: Any = None, locals_: Any = None, fromlist: Sequence[str] = (), level: int = 0
    ) -> Any:
        if level or not (is_granted(name, imports) or name in _OF_THE_INTERPRETER):
            raise ForbiddenImportError(refusal(name, imports))
        return builtins.__import__(name, globals_, locals_, fromlist, level)

    return student_import


def fresh_namespace(code: types.CodeType, imports: Sequence[str]) -> dict[str, Any]:
    """Execute a compiled file as the module ``task`` and return its names.

    Raises
    ------
    BaseException
        Whatever the student's top-level code raises.
    """
    module = types.ModuleType("task")
    module.__dict__["__file__"] = FILENAME
    module.__dict__["__builtins__"] = {**vars(builtins), "__import__": guarded_import(imports)}
    # Dataclasses look their module up by name while the class is being made.
    before = sys.modules.get("task")
    sys.modules["task"] = module
    try:
        exec(code, module.__dict__)
    finally:
        if before is None:
            sys.modules.pop("task", None)
        else:
            sys.modules["task"] = before
    return module.__dict__
