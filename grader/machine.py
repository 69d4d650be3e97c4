"""The machine that runs a program against a student's module. It runs in the worker, and in-process the same.

A request and a reply are plain data for `protocol.pack`. The machine decides nothing: it reports what happened
(values, the exception and its line, inputs that changed, results that share memory, warnings, output), and the
judge compares.
"""

from __future__ import annotations

import builtins
import contextlib
import io
import operator
import sys
import types
import warnings
from collections.abc import Callable, Iterator
from typing import Any, Final

import numpy as np

from grader import loading
from grader.protocol import JUDGE_TAGS, Fn, Opaque, ProtocolError, Ref, from_wire, to_wire

MAX_MESSAGE: Final = 1000
MAX_OUTPUT: Final = 4000
MAX_WARNINGS: Final = 8

# The closed vocabulary of what a program may apply beside the student's own functions.
APPLY: Final[dict[str, Callable[..., Any]]] = {
    **{name: getattr(operator, name) for name in (
        "add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul", "neg", "pos", "lt", "le", "gt", "ge",
        "eq", "ne", "getitem", "setitem", "is_",
    )},
    **{name: getattr(builtins, name) for name in (
        "abs", "bool", "float", "int", "len", "list", "max", "min", "repr", "reversed", "sorted", "sum", "tuple",
    )},
    "type_name": lambda value: type(value).__name__,
}  # fmt: skip


class _Capture(io.TextIOBase):
    """Keep the first characters that the student prints and count the rest away."""

    def __init__(self) -> None:
        self.kept: list[str] = []
        self.room = MAX_OUTPUT
        self.dropped = 0

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        if type(text) is not str:
            raise TypeError(f"write() needs a str, not {type(text).__name__}")
        if self.room:
            self.kept.append(text[: self.room])
        self.dropped += max(0, len(text) - self.room)
        self.room = max(0, self.room - len(text))
        return len(text)

    def text(self) -> str:
        notice = f"\n[... {self.dropped} more characters were cut]" if self.dropped else ""
        return "".join(self.kept) + notice


class Machine:
    """One student's module and the program that is running on it."""

    def __init__(self) -> None:
        self._code: types.CodeType | None = None
        self._imports: tuple[str, ...] = ()
        self._names: dict[str, Any] = {}
        self._results: list[Any] = []

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        """Carry out one request from the judge and return the reply, both as plain data."""
        match request["do"]:
            case "load":
                return self._load(request["source"], tuple(request["imports"]))
            case "reload":
                return self._reload()
            case "run":
                return self._run(request["start"], from_wire(request["steps"], JUDGE_TAGS), request["ask"])
            case other:
                raise ProtocolError(f"no request is called {other!r}")

    def _load(self, source: bytes, imports: tuple[str, ...]) -> dict[str, Any]:
        self._code, self._imports = None, imports
        made = loading.compile_source(source, imports)
        if isinstance(made, loading.Problem):
            raised = {"what": made.verdict, "type": made.type, "bases": [], "step": -1}
            return {"raised": {**raised, "message": _bounded(made.message), "line": made.line}, "output": ""}
        self._code = made
        return self._reload()

    def _reload(self) -> dict[str, Any]:
        self._names, self._results = {}, []
        raised = None
        with _observed() as (output, _):
            try:
                if self._code is None:
                    raise ProtocolError("nothing is loaded")
                self._names = loading.fresh_namespace(self._code, self._imports)
            except BaseException:
                raised = _describe_exception(-1)
        return {"raised": raised, "output": output.text()}

    def _run(self, start: int, steps: list[Any], ask: list[int]) -> dict[str, Any]:
        # A program that goes on after an answer was needed keeps its earlier results; a new one starts empty.
        del self._results[start:]
        self._results += [None] * (start - len(self._results))
        raised, facts = None, []
        with _observed() as (output, caught):
            for step, wire in enumerate(steps, start):
                try:
                    self._results.append(self._step(step, wire, facts))
                except _Missing as missing:
                    raised = {"what": "missing", "type": "NameError", "bases": [], "step": step}
                    raised |= {"message": str(missing), "line": None}
                except BaseException:
                    raised = _describe_exception(step)
                if caught:
                    facts.append(
                        [step, "warned", [_bounded(f"{w.category.__name__}: {w.message}") for w in caught]]
                    )
                    caught.clear()
                if raised is not None:
                    self._results.append(None)
                    break
            answers = [[step, self._encode(step)] for step in ask if raised is None or step < raised["step"]]
        return {"raised": raised, "answers": answers, "facts": facts, "output": output.text()}

    def _step(self, step: int, wire: list[Any], facts: list[Any]) -> Any:
        kind, name, args, kwargs = wire
        args = [self._resolve(arg) for arg in args]
        kwargs = {key: self._resolve(arg) for key, arg in kwargs.items()}
        match kind:
            case "name":
                if name not in self._names:
                    raise _Missing(name)
                return self._names[name]
            case "let":
                return args[0]
            case "get":
                return getattr(args[0], name)
            case "set":
                return setattr(args[0], name, args[1])
            case "each":
                return [getattr(item, name) for item in args[0]]
            case "apply":
                return APPLY[name](*args)
            case "call":
                inputs = _labelled(args[0], args[1:], kwargs)
                before = [_snapshot(value) for _, value in inputs]
                try:
                    result = args[0](*args[1:], **kwargs)
                finally:
                    changed = [
                        label
                        for (label, value), old in zip(inputs, before, strict=True)
                        if not _unchanged(value, old)
                    ]
                    if changed:
                        facts.append([step, "mutated", changed])
                shared = [label for label, value in inputs if _shares_memory(result, value)]
                if shared:
                    facts.append([step, "aliases", shared])
                return result
            case other:
                raise ProtocolError(f"no step is called {other!r}")

    def _resolve(self, value: Any) -> Any:
        kind = type(value)
        if kind is Ref:
            return self._results[value.step]
        if kind is Fn:
            return value.compiled()
        if kind is list or kind is tuple:
            return kind([self._resolve(item) for item in value])
        if kind is dict:
            return {key: self._resolve(item) for key, item in value.items()}
        return value

    def _encode(self, step: int) -> Any:
        try:
            return to_wire(self._results[step], opaque=self._opaque)
        except (ProtocolError, RuntimeError) as error:  # RuntimeError: a dict that changes while it is read
            return to_wire(Opaque(_bounded(f"{_type_name(self._results[step])}: {error}")))

    def _opaque(self, value: Any) -> Opaque:
        step = next((step for step, result in enumerate(self._results) if result is value), None)
        kind = type(value)
        name = f"ndarray of dtype {value.dtype}" if kind is np.ndarray else _type_name(value)
        return Opaque(_bounded(name), step)


class _Missing(Exception):
    """A name that the exercise asks for is not in the student's module."""


@contextlib.contextmanager
def _observed() -> Iterator[tuple[_Capture, list[warnings.WarningMessage]]]:
    capture = _Capture()
    with (
        contextlib.redirect_stdout(capture),
        contextlib.redirect_stderr(capture),
        np.errstate(divide="warn", over="warn", invalid="warn", under="ignore"),
        warnings.catch_warnings(record=True) as caught,
    ):
        warnings.simplefilter("always")
        yield capture, caught


def _describe_exception(step: int) -> dict[str, Any]:
    """Describe the exception in flight without trusting any of its methods."""
    kind, error, trace = sys.exc_info()
    line = None
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == loading.FILENAME:
            line = trace.tb_lineno
        trace = trace.tb_next
    try:
        message = _bounded(str(error))
    except BaseException:
        message = "(its message could not be read)"
    bases = [_bounded(_class_name(base)) for base in type.mro(kind)[:16]] if isinstance(kind, type) else []
    return {
        "what": "forbidden" if kind is loading.ForbiddenImportError else "raised", "type": _bounded(_class_name(kind)), "bases": bases, "step": step,
        "message": message, "line": line,
    }  # fmt: skip


def _class_name(kind: Any) -> str:
    # Read through `type` itself: a metaclass may answer `__name__` with anything.
    name: str = type.__dict__["__name__"].__get__(kind)
    return name


def _type_name(value: Any) -> str:
    return _class_name(type(value))


def _bounded(text: str) -> str:
    # `str.encode` on the class: a subclass of str may override every method that one would call on it.
    return str.encode(text, "utf-8", "backslashreplace")[:MAX_MESSAGE].decode("utf-8", "ignore")


def _labelled(function: Any, args: list[Any], kwargs: dict[str, Any]) -> list[tuple[str, Any]]:
    """Name the inputs of a call that can be changed in place, by the student's own parameter names."""
    code = getattr(function, "__code__", None)
    names = code.co_varnames[: code.co_argcount] if isinstance(code, types.CodeType) else ()
    if isinstance(function, types.MethodType):
        names = names[1:]
    labels = [names[i] if i < len(names) else f"argument {i + 1}" for i in range(len(args))]
    named = [*zip(labels, args, strict=True), *kwargs.items()]
    return [(_bounded(label), value) for label, value in named if type(value) in (np.ndarray, list, dict)]


def _snapshot(value: Any) -> Any:
    if type(value) is np.ndarray:
        return value.copy()
    items = value.values() if type(value) is dict else value
    return [(item, item.copy() if type(item) is np.ndarray else None) for item in items]


def _unchanged(value: Any, old: Any) -> bool:
    if type(value) is np.ndarray:
        return _same_bytes(value, old)
    items = list(value.values() if type(value) is dict else value)
    return len(items) == len(old) and all(
        item is kept and (copy is None or _same_bytes(item, copy))
        for item, (kept, copy) in zip(items, old, strict=True)
    )


def _same_bytes(a: Any, b: Any) -> bool:
    return a.shape == b.shape and a.dtype == b.dtype and a.tobytes() == b.tobytes()


def _arrays(value: Any) -> list[Any]:
    if isinstance(value, np.ndarray):
        return [value]
    if type(value) is dict:
        value = list(value.values())
    return (
        [item for item in value[:100] if isinstance(item, np.ndarray)] if type(value) in (list, tuple) else []
    )


def _shares_memory(result: Any, value: Any) -> bool:
    # Overlapping bounds are enough: two arrays with overlapping bounds are views of one buffer.
    return result is value or any(
        np.may_share_memory(mine, yours) for mine in _arrays(result) for yours in _arrays(value)
    )
