"""A program as lines of Python that a student can paste."""

from __future__ import annotations

import itertools
import keyword
import string
from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np

from grader.program import Step
from grader.protocol import Fn, Opaque, Ref

_SYMBOLS: Final = {
    "add": "+", "sub": "-", "mul": "*", "truediv": "/", "floordiv": "//", "mod": "%", "pow": "**", "matmul": "@",
    "lt": "<", "le": "<=", "gt": ">", "ge": ">=", "eq": "==", "ne": "!=", "is_": "is",
}  # fmt: skip


def render(steps: Sequence[Step], shown: int) -> list[str]:
    """Return a program as Python lines, the last of which is the expression of step `shown`.

    Steps that neither do anything nor lead to it are left out.

    Examples
    --------
    >>> steps = [Step("name", "Value"), Step("call", "", (Ref(0), 2.0)), Step("get", "grad", (Ref(1),))]
    >>> render(steps, 2)
    ['Value(2.0).grad']
    """
    return list(_Renderer(steps, shown).lines())


class _Renderer:
    def __init__(self, steps: Sequence[Step], shown: int) -> None:
        last = max([shown, *(number for number, step in enumerate(steps) if _acts(step))])
        self.steps = steps[: last + 1]
        self.shown = shown
        used = {shown} | {number for number, step in enumerate(self.steps) if _acts(step)}
        for number in range(last, -1, -1):
            if number in used:
                used.update(self.steps[number].refs())
        self.used = used
        self.uses = [ref for number in used for ref in self.steps[number].refs()]
        if shown != last:
            self.uses += [shown, shown]  # it is named where it comes up, and named again at the end
        taken = {step.name for step in steps} | {key for step in steps for key in step.kwargs}
        self.names = (name for name in _letters() if name not in taken)
        self.text: dict[int, str] = {}

    def lines(self) -> Iterator[str]:
        for number, step in enumerate(self.steps):
            if number not in self.used:
                continue
            expression = self.expression(step)
            if number == len(self.steps) - 1 or step.kind == "set" or _is_setitem(step):
                yield expression
            elif self.inlined(number):
                self.text[number] = expression
            elif number not in self.uses:
                yield expression
            else:
                self.text[number] = next(self.names)
                yield f"{self.text[number]} = {expression}"
        if self.shown != len(self.steps) - 1:
            yield self.text[self.shown]

    def inlined(self, number: int) -> bool:
        """Return whether an expression may move to its only use: nothing that acts must come between."""
        step = self.steps[number]
        if step.kind == "name":
            return True
        if step.kind == "let" and not isinstance(step.args[0], (np.ndarray, list, dict)):
            return True
        if self.uses.count(number) != 1:
            return False
        user = next(user for user in sorted(self.used) if number in self.steps[user].refs())
        between = [self.steps[i].kind for i in range(number + 1, user) if i in self.used]
        return all(kind in ("name", "let", "get") for kind in between)

    def expression(self, step: Step) -> str:
        args = [self.value(arg) for arg in step.args]
        if step.kind == "name":
            return step.name
        if step.kind == "let":
            return args[0]
        if step.kind == "get":
            return f"{_atom(args[0])}.{step.name}"
        if step.kind == "set":
            return f"{_atom(args[0])}.{step.name} = {args[1]}"
        if step.kind == "each":
            return f"[item.{step.name} for item in {args[0]}]"
        if step.kind == "call":
            named = [f"{key}={self.value(value)}" for key, value in step.kwargs.items()]
            return f"{_atom(args[0])}({', '.join([*args[1:], *named])})"
        return self.applied(step, args)

    def applied(self, step: Step, args: list[str]) -> str:
        if step.name == "getitem":
            return f"{_atom(args[0])}[{_key(step.args[1], args[1])}]"
        if step.name == "setitem":
            return f"{_atom(args[0])}[{_key(step.args[1], args[1])}] = {args[2]}"
        if step.name in _SYMBOLS:
            return f"{_atom(args[0])} {_SYMBOLS[step.name]} {_atom(args[1])}"
        if step.name in ("neg", "pos"):
            return f"{'-' if step.name == 'neg' else '+'}{_atom(args[0])}"
        if step.name == "type_name":
            return f"type({args[0]}).__name__"
        return f"{step.name}({', '.join(args)})"

    def value(self, value: Any) -> str:
        if type(value) is Ref:
            return self.text[value.step]
        return format_value(value, self.value)


def _acts(step: Step) -> bool:
    return step.kind in ("call", "set") or _is_setitem(step)


def _is_setitem(step: Step) -> bool:
    return step.kind == "apply" and step.name == "setitem"


def _letters() -> Iterator[str]:
    for size in itertools.count(1):
        names = map("".join, itertools.product(string.ascii_lowercase, repeat=size))
        yield from (name for name in names if name != "np" and not keyword.iskeyword(name))


def _atom(text: str) -> str:
    """Put parentheses around whatever an operator or a dot might bind into."""
    depth = 0
    for place, character in enumerate(text):
        depth += (character in "([{") - (character in ")]}")
        if not depth and (character in " " or (character in "-+" and not place)):
            return f"({text})"
    return text


def _key(key: Any, text: str) -> str:
    if type(key) is tuple and key:
        return ", ".join(_key(part, format_value(part)) for part in key)
    if type(key) is slice:
        start, stop, step = ("" if part is None else str(part) for part in (key.start, key.stop, key.step))
        return f"{start}:{stop}" + (f":{step}" if step else "")
    return text


def format_value(value: Any, inner: Any = None) -> str:
    """Return the Python expression of a value.

    Examples
    --------
    >>> format_value(np.array([[1.0, np.inf]], dtype=np.float32))
    'np.array([[1.0, np.inf]], dtype=np.float32)'
    >>> format_value((1, [2.5], Fn("x + 1")))
    '(1, [2.5], lambda x: x + 1)'
    """
    inner = inner or format_value
    kind = type(value)
    if kind is float:
        return _number(value)
    if kind is list:
        return f"[{', '.join(map(inner, value))}]"
    if kind is tuple:
        return f"({', '.join(map(inner, value))}{',' * (len(value) == 1)})"
    if kind is dict:
        return "{" + ", ".join(f"{inner(key)}: {inner(item)}" for key, item in value.items()) + "}"
    if kind is np.ndarray:
        return _array(value)
    if isinstance(value, np.bool_):
        return f"np.{value!s}_"
    if isinstance(value, np.generic):
        return f"np.{value.dtype.name}({_number(value)})"
    if kind is Fn or kind is Opaque:
        return str(value)
    if isinstance(value, np.dtype):
        return f"np.{value.name}"
    if value is Ellipsis:
        return "..."
    return repr(value)


def _array(array: np.ndarray[Any, Any]) -> str:
    plain = array.dtype in (np.float64, np.int64, np.bool_)
    dtype = "" if plain else f", dtype=np.{array.dtype.name}"
    if not array.size:
        dtype = (
            ""
            if array.dtype == np.float64
            else f", dtype=np.{'bool_' if array.dtype == np.bool_ else array.dtype}"
        )
        return f"np.zeros({array.shape}{dtype})"
    return f"np.array({_nested(array)}{dtype})"


def _nested(array: np.ndarray[Any, Any]) -> str:
    if array.ndim == 0:
        return _number(array[()])
    return f"[{', '.join(_nested(part) for part in array)}]"


def _number(value: Any) -> str:
    text = str(value)
    return {"nan": "np.nan", "inf": "np.inf", "-inf": "-np.inf"}.get(text, text)
