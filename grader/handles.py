"""What a check holds in its hands: the student, and handles on results that are not here yet.

Nothing here runs a student's code. Calling, adding, indexing and reading attributes only append steps to the
program; the questions (`equals`, `value`, `raises`, ...) run what is pending in one round trip and fail the check
with a `CheckFailed` if the answer is wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final

import numpy as np

from grader.compare import Difference, as_array, describe, difference
from grader.program import Program, Raised, Reply, Step
from grader.protocol import Fn, Ref


class CheckFailed(Exception):  # noqa: N818  # it is an answer, not an error
    """A check's question got a wrong answer.

    Attributes
    ----------
    verdict, message
        The verdict, and what happened in one sentence.
    step
        The step that it is about, for the counterexample; None if there is nothing to show.
    aspect
        What was wrong: "value", "dtype", "mutated", "aliases", "warned" or "raised".
    difference, raised
        The comparison or the exception behind it.
    """

    def __init__(
        self,
        verdict: str,
        message: str,
        *,
        step: int | None = None,
        aspect: str = "value",
        difference: Difference | None = None,
        raised: Raised | None = None,
    ) -> None:
        super().__init__(message)
        self.verdict = verdict
        self.message = message
        self.step = step
        self.aspect = aspect
        self.difference = difference
        self.raised = raised


def fn(text: str, *parameters: str) -> Fn:
    """Return a function that can be handed to student code, given by its formula (``np`` and ``math`` are known).

    Examples
    --------
    >>> fn("x ** 3 - 2 * x")(2.0)
    4.0
    >>> str(fn("x * y", "x", "y"))
    'lambda x, y: x * y'
    """
    return Fn(text, parameters or ("x",))


class Student:
    """The student's module, as a check sees it: its names are handles, its state is a program that starts empty."""

    def __init__(self, program: Program, floating: dict[str, float] | None = None) -> None:
        self._program = program
        self._floating = floating or {}

    def __getattr__(self, name: str) -> Handle:
        if name.startswith("__"):
            raise AttributeError(name)
        return self.name(name)

    def name(self, name: str) -> Handle:
        """Return the handle of a name of the module, also one that a method of this class hides."""
        return self._add(Step("name", name))

    def let(self, value: Any) -> Handle:
        """Return a handle on a value of the check's own, to read again after student code had it in hand."""
        return self._add(Step("let", args=(_plain(value),)))

    def apply(self, name: str, *args: Any) -> Handle:
        """Apply an operator or builtin by name (`machine.APPLY`), such as ``len``, ``eq`` or ``is_``."""
        return self._add(Step("apply", name, _plain(args)))

    def run(self) -> None:
        """Run what is pending; an exception in the student's code fails the check."""
        self._ask(())

    def all_equal(self, pairs: Iterable[tuple[Handle, Any]], **rules: Any) -> None:
        """Compare several handles with what they should be, in one round trip; `rules` as for `Handle.equals`."""
        pairs = list(pairs)
        answers = self._ask([_step(handle) for handle, _ in pairs]).answers
        for handle, expected in pairs:
            self._compare(_step(handle), answers[_step(handle)], expected, rules)

    def _add(self, step: Step) -> Handle:
        return Handle(self, self._program.add(step))

    def _ask(self, ask: Sequence[int]) -> Reply:
        reply = self._program.run(ask)
        if reply.raised is not None:
            raise failure_of(reply.raised)
        return reply

    def _compare(self, step: int, got: Any, expected: Any, rules: dict[str, Any]) -> None:
        found = difference(got, self._identities(expected), **{**self._floating, **rules})
        if found is not None:
            raise CheckFailed("fail", found.message, step=step, aspect=found.aspect, difference=found)

    def _identities(self, expected: Any) -> Any:
        """Where a check expects a handle, the very object is expected; ask the worker how it names it."""
        if isinstance(expected, Handle):
            return self._ask([_step(expected)]).answers[_step(expected)]
        if type(expected) in (list, tuple):
            return type(expected)(self._identities(item) for item in expected)
        return expected


_SPECIAL: Final = {
    "SystemExit": "your code asks Python to exit; it should return its result",
    "KeyboardInterrupt": "your code raises KeyboardInterrupt; it should return its result",
    "EOFError": "your code asks for keyboard input, and there is none; all that it needs comes as arguments",
}


def failure_of(raised: Raised) -> CheckFailed:
    """Return the failure that an exception in the student's code means."""
    verdict = raised.what
    message = f"{raised.type}: {raised.message}" if raised.message else raised.type
    if raised.what == "missing":
        message = f"there is no {raised.message!r} in your file"
    elif raised.what == "forbidden":
        message = raised.message
    elif raised.what == "raised":
        message = _SPECIAL.get(raised.type, message)
        verdict = "error"
        if "NotImplementedError" in raised.bases:
            verdict = "not_started"
        elif "MemoryError" in raised.bases:
            verdict = "memory"
    step = raised.step if verdict in ("error", "memory") and raised.step >= 0 else None
    return CheckFailed(verdict, message, step=step, aspect="raised", raised=raised)


def _step(handle: Handle) -> int:
    if not isinstance(handle, Handle):
        raise TypeError(f"a handle is needed here, not {describe(handle)}")
    number: int = object.__getattribute__(handle, "_number")
    return number


def _plain(value: Any) -> Any:
    """Replace handles by references, at any depth."""
    if isinstance(value, Handle):
        return Ref(_step(value))
    if type(value) in (list, tuple):
        return type(value)(_plain(item) for item in value)
    if type(value) is dict:
        return {key: _plain(item) for key, item in value.items()}
    if type(value) is slice:
        return value
    return value


def _operator(name: str) -> Callable[..., Handle]:
    def method(self: Handle, *others: Any) -> Handle:
        return self._new("apply", name, self, *others)

    return method


def _reflected(name: str) -> Callable[..., Handle]:
    def method(self: Handle, other: Any) -> Handle:
        return self._new("apply", name, other, self)

    return method


class Handle:
    """A result in the student's process: further steps are taken on it, and questions are asked about it."""

    __slots__ = ("_number", "_student")
    __array_ufunc__ = None  # an array on the left must leave the operator to us
    __hash__ = object.__hash__

    _number: int
    _student: Student

    def __init__(self, student: Student, number: int) -> None:
        object.__setattr__(self, "_student", student)
        object.__setattr__(self, "_number", number)

    def _new(self, kind: str, name: str, *args: Any, **kwargs: Any) -> Handle:
        return self._student._add(Step(kind, name, _plain(args), _plain(kwargs)))

    # Steps

    def __call__(self, *args: Any, **kwargs: Any) -> Handle:
        """Return the handle of the result of calling this with these arguments."""
        return self._new("call", "", self, *args, **kwargs)

    def __getattr__(self, name: str) -> Handle:
        if name.startswith("__"):
            raise AttributeError(name)
        return self.attribute(name)

    def attribute(self, name: str) -> Handle:
        """Return the handle of an attribute, also one that a method of this class hides."""
        return self._new("get", name, self)

    def each(self, name: str) -> Handle:
        """Return the handle of the list of this attribute of every element."""
        return self._new("each", name, self)

    def __setattr__(self, name: str, value: Any) -> None:
        self._new("set", name, self, value)

    def __setitem__(self, key: Any, value: Any) -> None:
        self._new("apply", "setitem", self, key, value)

    def unpack(self, count: int) -> list[Handle]:
        """Return handles on the first `count` elements, without a round trip."""
        return [self[i] for i in range(count)]

    def __iter__(self) -> Iterator[Handle]:
        return iter(self.unpack(len(self)))

    def __len__(self) -> int:
        length = self._student.apply("len", self).value()
        if type(length) is not int:
            raise CheckFailed("fail", "a length is not a whole number", step=self._number)
        return length

    __getitem__ = _operator("getitem")
    __add__, __radd__ = _operator("add"), _reflected("add")
    __sub__, __rsub__ = _operator("sub"), _reflected("sub")
    __mul__, __rmul__ = _operator("mul"), _reflected("mul")
    __truediv__, __rtruediv__ = _operator("truediv"), _reflected("truediv")
    __floordiv__, __rfloordiv__ = _operator("floordiv"), _reflected("floordiv")
    __mod__, __rmod__ = _operator("mod"), _reflected("mod")
    __pow__, __rpow__ = _operator("pow"), _reflected("pow")
    __matmul__, __rmatmul__ = _operator("matmul"), _reflected("matmul")
    __neg__, __pos__, __abs__ = _operator("neg"), _operator("pos"), _operator("abs")
    __lt__, __le__, __gt__, __ge__ = _operator("lt"), _operator("le"), _operator("gt"), _operator("ge")

    def __eq__(self, other: object) -> bool:
        raise TypeError("== on a handle compares nothing; write handle.equals(expected), or apply('eq', ...)")

    def __bool__(self) -> bool:
        raise TypeError("a handle has no truth value yet; ask handle.value()")

    def __repr__(self) -> str:
        return f"<handle of step {self._number}>"

    # Questions

    def value(self) -> Any:
        """Run what is pending and return the result: a number, an array, a list, or an `Opaque` stand-in."""
        return self._student._ask([self._number]).answers[self._number]

    def equals(self, expected: Any, **rules: Any) -> None:
        """Fail unless the result is `expected`.

        Parameters
        ----------
        expected
            A value, or a handle: then the very same object is expected. Lists may hold both.
        **rules
            ``rtol=1e-7``, ``atol=None``, ``dtype=any``, ``nan_ok=False``, see `grader.compare`.
        """
        self._student._compare(self._number, self.value(), expected, rules)

    def raises(self, *kinds: type[BaseException] | str) -> None:
        """Fail unless computing this result raises one of these exceptions (classes, or names of the student's)."""
        names = [kind if isinstance(kind, str) else kind.__name__ for kind in kinds]
        wanted = f"but should raise {' or '.join(names)}"
        reply = self._student._program.run([self._number])
        raised = reply.raised
        if raised is None:
            message = f"it returned {describe(reply.answers[self._number])}, {wanted}"
            raise CheckFailed("fail", message, step=self._number, aspect="raised")
        if raised.what != "raised" or raised.step != self._number:
            raise failure_of(raised)
        if not set(names) & set(raised.bases):
            failure = failure_of(raised)
            if failure.verdict == "error":
                failure.message = f"it raised {failure.message}, {wanted}"
            raise failure

    def is_array_like(self, *, shape: tuple[int, ...] | None = None, dtype: Any = any) -> None:
        """Fail unless the result is a number, an array, or a rectangular nest of numbers, of this shape and dtype."""
        got = self.value()
        array = as_array(got)
        if array is None:
            raise CheckFailed("fail", f"got is {describe(got)}, but should be an array", step=self._number)
        if shape is not None and array.shape != tuple(shape):
            message = f"got.shape == {array.shape}, but should be {tuple(shape)}"
            raise CheckFailed("fail", message, step=self._number)
        if dtype is not any and array.dtype != np.dtype(dtype):
            message = f"got.dtype == {array.dtype}, but should be {np.dtype(dtype)}"
            raise CheckFailed("fail", message, step=self._number, aspect="dtype")

    def leaves_inputs_alone(self) -> None:
        """Fail if the call that gave this result changed one of its arguments (arrays, lists, dictionaries)."""
        self._without("mutated", "the call changed {} in place, but should leave its inputs as they are")

    def does_not_alias(self) -> None:
        """Fail if the result of the call shares memory with one of its arguments."""
        self._without("aliases", "the result shares memory with {}, but should be an array of its own")

    def without_warnings(self) -> None:
        """Fail if computing the result gave a warning, such as NumPy's on overflow."""
        self._without("warned", "the call gave a warning ({}), but should give none")

    def _without(self, what: str, message: str) -> None:
        program = self._student._program
        self._student._ask([self._number])
        step = self._number
        while program.steps[step].kind != "call":
            refs = program.steps[step].refs()
            if not refs:
                raise TypeError(f"{self!r} is not the result of a call")
            step = refs[0]
        words = program.facts.get((step, what))
        if words:
            text = message.format(" and ".join(words))
            raise CheckFailed("fail", text, step=step, aspect=what)
