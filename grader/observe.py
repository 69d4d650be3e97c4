"""What can be seen of a student's code while it runs: output, warnings, exceptions, inputs that change.

Everything here looks at objects that may lie. Classes are read through `type` itself, text through `str` itself,
and nothing that comes out is longer than it may be.
"""

from __future__ import annotations

import contextlib
import io
import sys
import types
import warnings
from collections.abc import Iterator
from typing import Any, Final

import numpy as np

from grader import loading

MAX_MESSAGE: Final = 1000
MAX_OUTPUT: Final = 4000
MAX_WARNINGS: Final = 8


class Capture(io.TextIOBase):
    """Keep the first characters that the student prints, and count the others."""

    def __init__(self) -> None:
        self._kept: list[str] = []
        self._room = MAX_OUTPUT
        self._dropped = 0

    def writable(self) -> bool:
        """Return True: this is what ``print`` writes to."""
        return True

    def write(self, text: str) -> int:
        """Take the text, keep what there is room for, and return its length."""
        if type(text) is not str:
            raise TypeError(f"write() needs a str, not {type(text).__name__}")
        if self._room:
            self._kept.append(text[: self._room])
        self._dropped += max(0, len(text) - self._room)
        self._room = max(0, self._room - len(text))
        return len(text)

    def text(self) -> str:
        """Return what was kept, with a notice if that is not all."""
        notice = f"\n[... {self._dropped} more characters were cut]" if self._dropped else ""
        return "".join(self._kept) + notice


@contextlib.contextmanager
def observed() -> Iterator[tuple[Capture, list[warnings.WarningMessage]]]:
    """Collect what is printed and every warning, whatever the student's code has set up for either."""
    capture = Capture()
    with (
        contextlib.redirect_stdout(capture),
        contextlib.redirect_stderr(capture),
        np.errstate(divide="warn", over="warn", invalid="warn", under="ignore"),
        warnings.catch_warnings(record=True) as caught,
    ):
        warnings.simplefilter("always")
        yield capture, caught


def bounded(text: str) -> str:
    """Return an exact and short `str`: a subclass may override every method that one would call on it."""
    return str.encode(text, "utf-8", "backslashreplace")[:MAX_MESSAGE].decode("utf-8", "ignore")


def class_name(kind: type) -> str:
    """Return the name of a class, past a metaclass that answers ``__name__`` with something else."""
    name: str = type.__dict__["__name__"].__get__(kind)
    return bounded(name)


def message_of(error: object) -> str:
    """Return ``str(error)``, or a remark if that raises."""
    try:
        return bounded(str(error))
    except BaseException:  # whatever the student's __str__ may raise
        return "(its message could not be read)"


def describe_warnings(caught: list[warnings.WarningMessage]) -> list[str]:
    """Return the first few warnings, each as "Category: message"."""
    return [f"{class_name(w.category)}: {message_of(w.message)}" for w in caught[:MAX_WARNINGS]]


def describe_exception(step: int) -> dict[str, Any]:
    """Return the exception in flight as plain data: its class and bases, message, and the student's own line."""
    kind, error, trace = sys.exc_info()
    assert kind is not None  # called from an except clause
    line = None
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == loading.FILENAME:
            line = trace.tb_lineno
        trace = trace.tb_next
    return {
        "what": "forbidden" if kind is loading.ForbiddenImportError else "raised",
        "type": class_name(kind),
        "bases": [class_name(base) for base in type.mro(kind)[:16]],
        "message": message_of(error),
        "line": line,
        "step": step,
    }


def labelled_inputs(function: Any, args: list[Any], kwargs: dict[str, Any]) -> list[tuple[str, Any]]:
    """Return the arguments that a call could change in place, under the student's own parameter names."""
    target = getattr(function, "__init__", None) if isinstance(function, type) else function
    code = getattr(target, "__code__", None)
    names = code.co_varnames[: code.co_argcount] if isinstance(code, types.CodeType) else ()
    if target is not function or isinstance(function, types.MethodType):
        names = names[1:]
    labels = [names[i] if i < len(names) else f"argument {i + 1}" for i in range(len(args))]
    named = [*zip(labels, args, strict=True), *kwargs.items()]
    return [(bounded(label), value) for label, value in named if type(value) in (np.ndarray, list, dict)]


def snapshot(value: Any) -> Any:
    """Return what `unchanged` needs to know of an array, list or dictionary as it is now."""
    if type(value) is np.ndarray:
        return value.copy()
    items = value.values() if type(value) is dict else value
    return [(item, item.copy() if type(item) is np.ndarray else None) for item in items]


def unchanged(value: Any, before: Any) -> bool:
    """Return whether an array, list or dictionary is still what its snapshot says, arrays inside it included."""
    if type(value) is np.ndarray:
        return _same_bytes(value, before)
    items = list(value.values() if type(value) is dict else value)
    return len(items) == len(before) and all(
        item is kept and (copy is None or _same_bytes(item, copy))
        for item, (kept, copy) in zip(items, before, strict=True)
    )


def _same_bytes(a: np.ndarray[Any, Any], b: np.ndarray[Any, Any]) -> bool:
    return a.shape == b.shape and a.dtype == b.dtype and a.tobytes() == b.tobytes()


def shares_memory(result: Any, value: Any) -> bool:
    """Return whether a result is, or holds a view of, an input.

    Overlapping bounds are enough to know it: they belong to views of one buffer.
    """
    return result is value or any(
        np.may_share_memory(mine, yours) for mine in _arrays(result) for yours in _arrays(value)
    )


def _arrays(value: Any) -> list[Any]:
    if isinstance(value, np.ndarray):
        return [value]
    if type(value) is dict:
        value = list(value.values())
    if type(value) not in (list, tuple):
        return []
    return [item for item in value[:100] if isinstance(item, np.ndarray)]
