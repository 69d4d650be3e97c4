"""The machine that runs a program against a student's module: in the worker, and in-process the same.

A request and a reply are plain data for `protocol.pack`. The machine decides nothing: it reports what happened
(values, the exception and its line, inputs that changed, results that share memory, warnings, output), and the
judge compares.
"""

from __future__ import annotations

import builtins
import operator
import types
from collections.abc import Callable
from typing import Any, Final

import numpy as np

from grader import loading
from grader.observe import (
    bounded,
    class_name,
    describe_exception,
    describe_warnings,
    labelled_inputs,
    observed,
    shares_memory,
    snapshot,
    unchanged,
)
from grader.protocol import JUDGE_TAGS, Fn, Opaque, ProtocolError, Ref, from_wire, to_wire

# The closed vocabulary of what a program may apply beside the student's own functions.
APPLY: Final[dict[str, Callable[..., Any]]] = {
    **{name: getattr(operator, name) for name in (
        "add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul", "neg", "pos", "lt", "le", "gt", "ge",
        "eq", "ne", "getitem", "setitem", "is_",
    )},
    **{name: getattr(builtins, name) for name in (
        "abs", "bool", "float", "int", "len", "list", "max", "min", "repr", "sorted", "sum", "tuple",
    )},
    "type_name": lambda value: class_name(type(value)),
}  # fmt: skip


class _MissingName(Exception):  # noqa: N818  # a signal to `_run`, and no error of ours
    """The student's module has no such name."""


class Machine:
    """One student's module and the program that is running on it.

    Parameters
    ----------
    interruptible
        Whether a KeyboardInterrupt is the user's, at this very terminal, and ends the whole run.
    """

    def __init__(self, *, interruptible: bool = False) -> None:
        self._code: types.CodeType | None = None
        self._imports: tuple[str, ...] = ()
        self._names: dict[str, Any] = {}
        self._results: list[Any] = []
        self._interruptible = interruptible

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        """Carry out one request from the judge and return the reply, both as plain data.

        Raises
        ------
        ProtocolError
            If the request is none.
        """
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
            message = bounded(made.message)
            return {"raised": _raised(made.verdict, made.type, message, -1, made.line), "output": ""}
        self._code = made
        return self._reload()

    def _reload(self) -> dict[str, Any]:
        self._names, self._results = {}, []
        if self._code is None:
            raise ProtocolError("nothing is loaded")
        raised = None
        with observed() as (output, _):
            try:
                self._names = loading.fresh_namespace(self._code, self._imports)
            except BaseException as error:
                raised = self._exception(error, -1)
        return {"raised": raised, "output": output.text()}

    def _run(self, start: int, steps: list[Any], ask: list[int]) -> dict[str, Any]:
        # A program that goes on after an answer was needed keeps its earlier results; a new one starts empty.
        del self._results[start:]
        self._results += [None] * (start - len(self._results))
        raised: dict[str, Any] | None = None
        end = start + len(steps)
        facts: list[list[Any]] = []
        with observed() as (output, caught):
            for number, step in enumerate(steps, start):
                result = None
                try:
                    result = self._step(number, step, facts)
                except _MissingName as missing:
                    raised = _raised("missing", "NameError", str(missing), number)
                except BaseException as error:
                    raised = self._exception(error, number)
                if caught:
                    facts.append([number, "warned", describe_warnings(caught)])
                    caught.clear()
                self._results.append(result)
                if raised is not None:
                    end = number
                    break
            answers = [[number, self._encode(number)] for number in ask if number < end]
        return {"raised": raised, "answers": answers, "facts": facts, "output": output.text()}

    def _exception(self, error: BaseException, step: int) -> dict[str, Any]:
        if self._interruptible and type(error) is KeyboardInterrupt:
            raise error
        return describe_exception(step)

    def _step(self, number: int, step: list[Any], facts: list[list[Any]]) -> Any:
        kind, name, args, kwargs = step
        args = [self._resolve(arg) for arg in args]
        match kind:
            case "name":
                if name not in self._names:
                    raise _MissingName(name)
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
                named = {key: self._resolve(arg) for key, arg in kwargs.items()}
                return self._call(number, args[0], args[1:], named, facts)
            case other:
                raise ProtocolError(f"no step is called {other!r}")

    def _call(
        self, number: int, function: Any, args: list[Any], kwargs: dict[str, Any], facts: list[list[Any]]
    ) -> Any:
        inputs = labelled_inputs(function, args, kwargs)
        before = [snapshot(value) for _, value in inputs]
        try:
            result = function(*args, **kwargs)
        finally:
            pairs = zip(inputs, before, strict=True)
            changed = [label for (label, value), old in pairs if not unchanged(value, old)]
            if changed:
                facts.append([number, "mutated", changed])
        shared = [label for label, value in inputs if shares_memory(result, value)]
        if shared:
            facts.append([number, "aliases", shared])
        return result

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

    def _encode(self, number: int) -> Any:
        try:
            return to_wire(self._results[number], opaque=self._opaque)
        except (ProtocolError, RuntimeError) as error:  # RuntimeError: a dict that changes while it is read
            return to_wire(Opaque(f"{class_name(type(self._results[number]))}: {error}"))

    def _opaque(self, value: Any) -> Opaque:
        number = next((number for number, result in enumerate(self._results) if result is value), None)
        name = f"ndarray of dtype {value.dtype}" if type(value) is np.ndarray else class_name(type(value))
        return Opaque(bounded(name), number)


def _raised(what: str, kind: str, message: str, step: int, line: int | None = None) -> dict[str, Any]:
    return {"what": what, "type": kind, "bases": [], "message": message, "line": line, "step": step}
