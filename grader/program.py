"""Programs as data: what a check asks of a student's code, and what came back.

A program is a list of steps. Each step may refer to the result of an earlier one, so that stateful things
(optimizers, graphs, modules) are built, driven and read in one round trip. The judge never calls a student's
function; it sends steps to a `Runner` and reads a `Reply`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from grader.protocol import WORKER_TAGS, ProtocolError, Ref, from_wire, to_wire

# No worker of ours sends longer texts (see `observe`); what they end up in is read by people.
MAX_OUTPUT: Final = 5000
MAX_WORDS: Final = 4000
MAX_NAMES: Final = 64


@dataclass(frozen=True, slots=True)
class Step:
    """One step: its kind, the name it is about, and its arguments (`Ref` for an earlier result).

    Kinds: ``name`` (a name of the student's module), ``let`` (a value of the check's own), ``call``, ``get``,
    ``set``, ``each`` (an attribute of every element), ``apply`` (an operator or a builtin).
    """

    kind: str
    name: str = ""
    args: tuple[Any, ...] = ()
    kwargs: dict[str, Any] = field(default_factory=dict)

    def wire(self) -> list[Any]:
        """Return the step as the list that travels."""
        return [self.kind, self.name, list(self.args), self.kwargs]

    def refs(self) -> list[int]:
        """Return the numbers of the steps whose results this one uses."""
        return list(_refs([*self.args, *self.kwargs.values()]))


def _refs(value: Any) -> list[int]:
    if type(value) is Ref:
        return [value.step]
    if type(value) is dict:
        value = value.values()
    elif type(value) not in (list, tuple):
        return []
    return [step for item in value for step in _refs(item)]


@dataclass(frozen=True, slots=True)
class Raised:
    """The exception that stopped a program (or the reason why a source did not load, at step -1)."""

    what: str  # "raised", or a verdict that says more: "missing", "syntax", "forbidden"
    type: str
    bases: tuple[str, ...]
    message: str
    line: int | None
    step: int


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back for one request."""

    raised: Raised | None = None
    answers: dict[int, Any] = field(default_factory=dict)
    facts: dict[tuple[int, str], tuple[str, ...]] = field(default_factory=dict)
    output: str = ""


class WorkerGone(Exception):  # noqa: N818  # it is an outcome, not an error
    """The worker can answer no more; `verdict` and the message say why."""

    def __init__(self, verdict: str, message: str) -> None:
        super().__init__(message)
        self.verdict = verdict
        self.message = message


class Runner(Protocol):
    """Whatever carries out requests on one student's module: a worker process, or a machine in this process."""

    def allow(self, seconds: float) -> None:
        """Give the code this many seconds from now on, all requests together; past them it is stopped."""

    def load(self, source: bytes, imports: Sequence[str]) -> Reply:
        """Load a source; every later request is about it."""

    def reload(self) -> Reply:
        """Execute the loaded source again, into an empty module."""

    def run(self, start: int, steps: Sequence[Step], ask: Sequence[int]) -> Reply:
        """Run steps numbered from `start` and return the results asked for."""

    def close(self) -> None:
        """End it and everything that it started."""


@dataclass(frozen=True, slots=True)
class Batch:
    """The steps of one round trip, and which results were asked for."""

    start: int
    steps: tuple[Step, ...]
    ask: tuple[int, ...]


class Program:
    """A program under construction: steps, of which the first `sent` have run."""

    def __init__(self, runner: Runner) -> None:
        self.steps: list[Step] = []
        self.batches: list[Batch] = []
        self.replies: list[Reply] = []
        self.facts: dict[tuple[int, str], tuple[str, ...]] = {}
        self._runner = runner
        self._sent = 0

    @property
    def output(self) -> str:
        """What the student's code printed while the program ran."""
        return "".join(reply.output for reply in self.replies)

    def add(self, step: Step) -> int:
        """Append a step and return its number."""
        self.steps.append(step)
        return len(self.steps) - 1

    def run(self, ask: Sequence[int] = ()) -> Reply:
        """Run what is pending and return the results of the steps in `ask`.

        Raises
        ------
        WorkerGone
            If the worker cannot answer.
        """
        batch = Batch(self._sent, tuple(self.steps[self._sent :]), tuple(ask))
        self._sent = len(self.steps)
        self.batches.append(batch)
        reply = self._runner.run(batch.start, batch.steps, batch.ask)
        self.replies.append(reply)
        self.facts |= reply.facts
        return reply


def load_request(source: bytes, imports: Sequence[str]) -> dict[str, Any]:
    """Return the request that loads a source."""
    return {"do": "load", "source": source, "imports": list(imports)}


def run_request(start: int, steps: Sequence[Step], ask: Sequence[int]) -> dict[str, Any]:
    """Return the request that runs steps."""
    wire = to_wire([step.wire() for step in steps])
    return {"do": "run", "start": start, "steps": wire, "ask": list(ask)}


def read_reply(data: Any, ask: Sequence[int], last: int) -> Reply:
    """Check a worker's reply against what was asked and return it.

    Parameters
    ----------
    data
        The unpacked frame. Nothing about it is taken on trust.
    ask
        The steps whose results were asked for: each must be answered, in order, unless something was raised.
    last
        The number of the last step that was sent.

    Raises
    ------
    ProtocolError
        If anything in it is missing, additional, of the wrong type or out of range.
    """
    fields = _fields(
        data, {"id": int, "raised": (dict, type(None)), "output": str}, {"answers": list, "facts": list}
    )
    raised = None if fields["raised"] is None else _read_raised(fields["raised"], last)
    answers = {}
    for pair in fields.get("answers", []):
        step, value = _items(pair, int, object)
        answers[step] = from_wire(value, WORKER_TAGS)
    expected = [step for step in ask if raised is None or step < raised.step]
    if list(answers) != list(dict.fromkeys(expected)):
        raise ProtocolError("a reply does not answer what was asked")
    if len(fields["output"]) > MAX_OUTPUT:
        raise ProtocolError("a reply holds more output than a worker passes on")
    facts = {}
    for triple in fields.get("facts", []):
        step, what, words = _items(triple, int, str, list)
        if what not in ("mutated", "aliases", "warned") or not _short_texts(words):
            raise ProtocolError("a reply states a fact that the protocol does not know")
        facts[step, what] = tuple(words)
    return Reply(raised, answers, facts, fields["output"])


def _read_raised(data: dict[str, Any], last: int) -> Raised:
    kinds = {"what": str, "type": str, "bases": list, "message": str, "line": (int, type(None)), "step": int}
    fields = _fields(data, kinds, {})
    if fields["what"] not in ("raised", "missing", "syntax", "forbidden") or not -1 <= fields["step"] <= last:
        raise ProtocolError("a reply reports an exception of unknown kind")
    if not _short_texts([fields["type"], fields["message"], *fields["bases"]]):
        raise ProtocolError("a reply reports an exception with a malformed class")
    return Raised(**{**fields, "bases": tuple(fields["bases"])})


def _short_texts(words: list[Any]) -> bool:
    return len(words) <= MAX_NAMES and all(type(word) is str and len(word) <= MAX_WORDS for word in words)


def _fields(data: Any, needed: dict[str, Any], optional: dict[str, Any]) -> dict[str, Any]:
    allowed = needed | optional
    if type(data) is not dict or not needed.keys() <= data.keys() <= allowed.keys():
        raise ProtocolError("a reply does not have the fields it must have")
    for key, value in data.items():
        if not isinstance(value, allowed[key]):
            raise ProtocolError(f"the field {key!r} of a reply has the wrong type")
    return data


def _items(data: Any, *kinds: type) -> list[Any]:
    if type(data) is not list or len(data) != len(kinds) or not all(map(isinstance, data, kinds)):
        raise ProtocolError("a reply holds a malformed entry")
    return data
