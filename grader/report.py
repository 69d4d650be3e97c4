"""Results, as data, as JSON, and as the text that a student reads."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

VERDICTS: Final = (
    "pass", "fail", "not_started", "error", "timeout", "memory", "crashed", "protocol", "nondeterministic",
    "missing", "syntax", "forbidden", "skipped", "infra",
)  # fmt: skip

_NEXT: Final = {
    "fail": "Paste the line above into Python after your code, follow it by hand, and see where the two part.",
    "error": "Read the line that is named above with these inputs in mind.",
    "not_started": "Write the part that raises NotImplementedError.",
    "timeout": "Look for a loop that does not end, or far more work than the formula needs.",
    "memory": "Look for an array that is far larger than the inputs, or a list that grows without end.",
    "crashed": "Take out whatever ends or breaks the process; a function gives its answer by returning it.",
    "protocol": "Take out whatever writes to the grader's own connection; return the answer instead.",
    "nondeterministic": "Look for state that outlives a call (a global, a default argument) or for random numbers.",
    "missing": "Define it under exactly this name, at the left margin of the file.",
    "syntax": "Mend that line; the error may sit just above it.",
    "forbidden": "Take the import out and write that part yourself.",
    "skipped": "Make the check that this one builds on pass first.",
    "infra": "This is not your code's fault. Run it again; if it stays, report it.",
    "pass": "",
}


def clean(text: str) -> str:
    r"""Return text with everything escaped that could move a cursor, hide, or turn other text around.

    Examples
    --------
    >>> print(clean("red " + chr(27) + "[31m, back " + chr(0x202E)))
    red \x1b[31m, back \u202e
    """
    return "".join(
        character
        if character == "\n" or unicodedata.category(character) not in _UNSAFE
        else _escape(character)
        for character in text
    )


# Control, format (bidirectional marks, zero-width), surrogate, private, unassigned, line and paragraph separators.
_UNSAFE: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def _escape(character: str) -> str:
    return "    " if character == "\t" else character.encode("unicode_escape").decode("ascii")


@dataclass
class CheckResult:
    """What one check found.

    Attributes
    ----------
    name, sentence
        The check, and its docstring's sentence.
    verdict, message
        One of `VERDICTS`, and what happened in one sentence ("" on a pass).
    counterexample
        The smallest failing input, as lines to paste.
    got, expected, table
        Both sides as text, and the element-by-element table with the worst element marked ("" where there is none).
    diagnosis, mutant
        What the student probably did, and the name of the mutant that behaves the same.
    hint_next
        One next step.
    output
        What the code printed on the input that is shown.
    hidden
        The check is the teacher's: a report shows its sentence, never its input.
    """

    name: str
    sentence: str
    verdict: str
    message: str = ""
    counterexample: str = ""
    got: str = ""
    expected: str = ""
    table: str = ""
    diagnosis: str = ""
    mutant: str = ""
    hint_next: str = ""
    output: str = ""
    hidden: bool = False

    def __post_init__(self) -> None:
        if not self.hint_next:
            self.hint_next = _NEXT[self.verdict]

    def to_json(self) -> dict[str, str]:
        """Return the fields that other programs may rely on."""
        names = ("name", "verdict", "message", "counterexample", "diagnosis")
        return {name: getattr(self, name) for name in names}

    def text(self) -> str:
        """Return what the student reads.

        In this order: the sentence; the smallest failing input; got and expected; the diagnosis; one next step.
        """
        parts = [self.sentence]
        if self.counterexample:
            parts.append(_indented(self.counterexample))
        parts.append(self.message)
        if self.table:
            parts.append(_indented(self.table))
        elif self.got or self.expected:
            parts.append(_indented(f"got       {self.got}\nexpected  {self.expected}"))
        if self.output:
            parts.append("Your code printed:\n" + _indented(self.output.rstrip()))
        parts += [self.diagnosis, self.hint_next]
        return "\n\n".join(part for part in parts if part)


@dataclass
class ExerciseResult:
    """What all checks of one exercise found; points are earned only if every check passed."""

    id: str
    verdict: str
    points: int
    max_points: int
    checks: list[CheckResult] = field(default_factory=list)
    output: str = ""
    seconds: float = 0.0

    def to_json(self) -> dict[str, Any]:
        """Return the exercise's entry of ``grader check --json``."""
        return {
            "id": self.id,
            "verdict": self.verdict,
            "points": self.points,
            "max_points": self.max_points,
            "checks": [check.to_json() for check in self.checks],
        }

    def text(self) -> str:
        """Return what the student reads: every check that did not pass, or that all did."""
        if self.verdict == "pass":
            return f"All {len(self.checks)} checks pass."
        failed = [check for check in self.checks if check.verdict not in ("pass", "skipped")]
        if self.verdict == "not_started":
            failed = failed[:1]
        return "\n\n\n".join(check.text() for check in failed)


def overall(checks: Sequence[CheckResult]) -> str:
    """Return the verdict of an exercise from those of its checks.

    It passes if all pass. It is not started if no check got further than that. Otherwise it has the first verdict
    of a check that was reached and not passed; a part not yet written makes the whole a failure.
    """
    verdicts = [check.verdict for check in checks]
    if verdicts and all(verdict == "pass" for verdict in verdicts):
        return "pass"
    if "infra" in verdicts or not verdicts:
        return "infra"
    if all(verdict in ("not_started", "skipped") for verdict in verdicts):
        return "not_started"
    return next(
        (verdict for verdict in verdicts if verdict not in ("pass", "not_started", "skipped")), "fail"
    )


def to_json(results: Sequence[ExerciseResult]) -> dict[str, Any]:
    """Return the one object that ``grader check --json`` prints."""
    return {
        "exercises": [result.to_json() for result in results],
        "points": sum(result.points for result in results),
        "max_points": sum(result.max_points for result in results),
    }


def _indented(text: str) -> str:
    return "\n".join(f"    {line}".rstrip() for line in text.split("\n"))
