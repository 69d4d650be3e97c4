"""Where the student stands: one small JSON file beside the work.

The file says what the grader last saw, and of which text it saw it: a verdict counts only while the task
file still has the hash that it was given for. It is the student's own note, never a grade; grading always
judges afresh.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from dataclasses import asdict, dataclass, fields, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

__all__ = ["FILE_NAME", "Progress", "Record", "State", "digest", "state_of", "write_aside"]

FILE_NAME = ".progress.json"
_VERSION = 1
# A class of a thousand exercises needs a tenth of this; anything larger is not our file.
_MAX_BYTES = 4 * 1024 * 1024


class State(StrEnum):
    """How an exercise stands, as the tables show it."""

    PASSED = "passed"
    FAILED = "failed"
    CHANGED = "changed"
    UNCHECKED = "unchecked"
    NOT_STARTED = "not_started"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Record:
    """What is remembered of one exercise.

    `sha256` is that of the task file which `verdict` belongs to, `hints` the number of hints read,
    `checked_at` the time of the check (ISO 8601, UTC).
    """

    verdict: str | None = None
    sha256: str | None = None
    hints: int = 0
    checked_at: str | None = None


def digest(source: bytes) -> str:
    """Return the SHA-256 of a task file, in hexadecimal.

    >>> digest(b"")[:8]
    'e3b0c442'
    """
    return hashlib.sha256(source).hexdigest()


def same_text(one: bytes, other: bytes) -> bool:
    r"""Tell whether two files hold the same text, whatever their line ends are.

    >>> same_text(b"a\r\nb\r\n", b"a\nb\n")
    True
    """
    return one.replace(b"\r\n", b"\n") == other.replace(b"\r\n", b"\n")


def state_of(record: Record, source: bytes | None, stub: bytes) -> State:
    """Say how an exercise stands, given its record, its task file now (None if there is none) and its stub.

    A verdict that was given for another text is never trusted: the exercise is then `changed` if it had
    passed and `unchecked` otherwise.

    >>> state_of(Record(), b"pass", stub=b"pass")
    <State.NOT_STARTED: 'not_started'>
    >>> state_of(Record(verdict="pass", sha256=digest(b"x = 1")), b"x = 1", stub=b"pass")
    <State.PASSED: 'passed'>
    >>> state_of(Record(verdict="pass", sha256=digest(b"x = 1")), b"x = 2", stub=b"pass")
    <State.CHANGED: 'changed'>
    """
    if source is None:
        return State.MISSING
    if record.verdict is not None and record.sha256 == digest(source):
        if record.verdict == "pass":
            return State.PASSED
        return State.NOT_STARTED if record.verdict == "not_started" else State.FAILED
    if same_text(source, stub):
        return State.NOT_STARTED
    return State.CHANGED if record.verdict == "pass" else State.UNCHECKED


def write_aside(path: Path, content: bytes) -> None:
    """Write a file whole or not at all: beside its place first, then renamed over it.

    Raises
    ------
    OSError
        If the folder cannot be written; `path` is then as it was.
    """
    aside = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        aside.write_bytes(content)
        if path.exists():
            shutil.copymode(path, aside)
        aside.replace(path)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise


class Progress:
    """The progress file of one work directory.

    Parameters
    ----------
    folder
        The work directory. Nothing is written there before the first `update`.

    Attributes
    ----------
    notices
        Sentences that the student should see, such as that a broken file was set aside.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / FILE_NAME
        self.notices: list[str] = []
        self._unsaved: dict[str, Record] = {}
        self._records: dict[str, Record] = {}
        self._records = self._load()

    def record(self, exercise_id: str) -> Record:
        """Return what is remembered of an exercise (an empty record if nothing is)."""
        return self._records.get(exercise_id, Record())

    def update(self, exercise_id: str, **changes: Any) -> Record:
        """Change fields of one record and save the file.

        The file is read again first, so that a `watch` in one window and a `check` in another keep each
        other's notes. Where the folder cannot be written the change is kept in memory and a notice says so,
        once.
        """
        self._records = self._load() | self._unsaved
        record = replace(self.record(exercise_id), **changes)
        self._records[exercise_id] = self._unsaved[exercise_id] = record
        self.save()
        return record

    def save(self) -> None:
        """Write the file, whole or not at all; a folder that cannot be written is a notice, not an error."""
        content = {
            "version": _VERSION,
            "exercises": {key: asdict(self._records[key]) for key in sorted(self._records)},
        }
        try:
            write_aside(self.path, (json.dumps(content, indent=1) + "\n").encode())
        except OSError as error:
            self._notice(f"Your progress could not be saved in {self.path}: {reason(error)}.")
        else:
            self._unsaved.clear()

    def _load(self) -> dict[str, Record]:
        try:
            with self.path.open("rb") as stream:
                content = stream.read(_MAX_BYTES + 1)
        except FileNotFoundError:
            return self._records
        except OSError as error:
            self._notice(f"Your progress could not be read from {self.path}: {reason(error)}.")
            return self._records
        try:
            return _parse(content)
        except ValueError as error:
            self._set_aside(str(error))
            return self._records

    def _set_aside(self, why: str) -> None:
        aside = free_name(self.path.with_name(self.path.name + ".broken"))
        try:
            self.path.rename(aside)
        except OSError as error:
            self._notice(f"{self.path} is not a progress file ({why}) and cannot be moved: {reason(error)}.")
        else:
            self._notice(
                f"{self.path} was not a progress file ({why}). It is kept as {aside.name}; "
                "run `grader check` to find out again where you stand."
            )

    def _notice(self, sentence: str) -> None:
        if sentence not in self.notices:
            self.notices.append(sentence)


def free_name(path: Path) -> Path:
    """Return `path`, or the first of `path-2`, `path-3`, ... at which there is nothing yet."""
    candidate, number = path, 1
    while os.path.lexists(candidate):
        number += 1
        candidate = path.with_name(f"{path.stem}-{number}{path.suffix}")
    return candidate


def reason(error: OSError) -> str:
    """Return what the system says of an error, without numbers and paths.

    >>> reason(PermissionError(13, "Permission denied"))
    'permission denied'
    """
    return (error.strerror or type(error).__name__).lower()


def _parse(content: bytes) -> dict[str, Record]:
    if len(content) > _MAX_BYTES:
        raise ValueError("it is too large")
    try:
        tree = json.loads(content)
    except (ValueError, RecursionError):
        raise ValueError("it does not hold JSON") from None
    if (
        not isinstance(tree, dict)
        or tree.get("version") != _VERSION
        or not isinstance(tree.get("exercises"), dict)
    ):
        raise ValueError("it has another form")
    return {key: _parse_record(value) for key, value in tree["exercises"].items()}


def _parse_record(value: object) -> Record:
    if not isinstance(value, dict):
        raise ValueError("it has another form")
    known = {field.name for field in fields(Record)}
    record = Record(**{key: item for key, item in value.items() if key in known})
    texts = (record.verdict, record.sha256, record.checked_at)
    whole = isinstance(record.hints, int) and not isinstance(record.hints, bool) and record.hints >= 0
    if not whole or not all(text is None or isinstance(text, str) for text in texts):
        raise ValueError("it has another form")
    return record
