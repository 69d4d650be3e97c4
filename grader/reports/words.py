"""How verdicts are called and marked in reports: a sign, a word and a kind, so that colour never speaks alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from grader.reports.results import ExerciseEntry

__all__ = ["LOOKS", "Look", "blamed", "label"]


@dataclass(frozen=True, slots=True)
class Look:
    """How a verdict is shown: one sign, a few words, and a kind that has a colour.

    Kinds: "good", "bad" (wrong), "broken" (stopped or refused), "wait" (nothing to judge), "ours" (not graded).
    """

    sign: str
    words: str
    kind: str


LOOKS: Final = {
    "pass": Look("P", "passed", "good"),
    "fail": Look("F", "wrong answer", "bad"),
    "nondeterministic": Look("N", "changes from run to run", "bad"),
    "error": Look("E", "raised an error", "broken"),
    "timeout": Look("T", "took too long", "broken"),
    "memory": Look("M", "took too much memory", "broken"),
    "crashed": Look("C", "ended its process", "broken"),
    "protocol": Look("X", "gave no valid answer", "broken"),
    "syntax": Look("S", "syntax error", "broken"),
    "forbidden": Look("B", "forbidden import", "broken"),
    "not_started": Look("·", "not started", "wait"),
    "missing": Look("-", "missing", "wait"),
    "skipped": Look("K", "not run", "wait"),
    "infra": Look("?", "not graded", "ours"),
}


def label(exercise_id: str) -> str:
    """Return a short name for an exercise.

    Examples
    --------
    >>> label("ch04_activations/ex01_sigmoid"), label("loops/countdown")
    ('4.1 sigmoid', 'countdown')
    """
    chapter, _, name = exercise_id.rpartition("/")
    number, _, rest = name.partition("_")
    if (
        chapter[:2] == "ch"
        and chapter[2:4].isdigit()
        and number[:2] == "ex"
        and number[2:].isdigit()
        and rest
    ):
        return f"{int(chapter[2:4])}.{int(number[2:])} {rest.replace('_', ' ')}"
    return name.replace("_", " ")


def blamed(exercise: ExerciseEntry) -> bool:
    """Tell whether an exercise was tried and is not right: neither passed, nor untouched, nor the grader's failure."""
    return LOOKS[exercise.verdict].kind in ("bad", "broken")
