"""results.jsonl: one line a submission, appended as it is graded, whole or not at all.

A line is on the disk before the next one is begun. If the run is killed the last line may be torn: it is cut off and
that submission is graded again. Where a submission has two lines, the later one counts; at the end of a run the file
is written anew, in the order of the names, with one line each.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grader.batch.folder import BatchError
from grader.progress import reason


@dataclass(frozen=True, slots=True)
class Mark:
    """What tells whether a line is still right: of which contents, drawn from which seed, judged by what.

    `whole` is false if something in the line could not be graded.
    """

    sha256: str
    seed: int | None
    judged_by: str
    whole: bool = True

    @classmethod
    def of(cls, line: Mapping[str, Any]) -> Mark:
        """Return the mark of a line."""
        whole = all(entry["verdict"] != "infra" for entry in line["exercises"])
        return cls(line["sha256"], line["seed"], line["judged_by"], whole)


@dataclass(frozen=True, slots=True)
class _Place:
    mark: Mark
    start: int
    length: int


class ResultsFile:
    """The results of a class.

    Parameters
    ----------
    path
        The file; made if it does not exist, and readable for its owner alone: it holds the seed.

    Raises
    ------
    BatchError
        From every method, if the file cannot be read or written.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._places: dict[str, _Place] = {}
        self.dropped = 0
        try:
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
            self._end = self._read()
            os.ftruncate(self._file, self._end)
        except OSError as error:
            raise BatchError(f"{path} cannot be used: {reason(error)}.") from None

    def _read(self) -> int:
        """Find the lines, and return where the last whole one ends."""
        end = 0
        with self._path.open("rb") as stream:
            for line in stream:
                if not line.endswith(b"\n"):
                    break
                try:
                    data = json.loads(line)
                    self._places[data["submission"]] = _Place(Mark.of(data), end, len(line))
                except (ValueError, LookupError, TypeError):
                    self.dropped += 1
                end += len(line)
        return end

    def mark(self, submission: str) -> Mark | None:
        """Return the mark of a submission's last line, None if it has none."""
        place = self._places.get(submission)
        return None if place is None else place.mark

    def names(self) -> list[str]:
        """Return the submissions that have a line."""
        return sorted(self._places)

    def append(self, line: Mapping[str, Any]) -> None:
        """Write a line, and wait until it is on the disk."""
        data = json.dumps(line).encode() + b"\n"
        try:
            written = 0
            while written < len(data):
                written += os.write(self._file, data[written:])
            os.fsync(self._file)
        except OSError as error:
            # Nothing half-written is left, not even when the disk is full.
            os.ftruncate(self._file, self._end)
            raise BatchError(
                f"{self._path} could not be written: {reason(error)}. Run again to go on."
            ) from None
        self._places[line["submission"]] = _Place(Mark.of(line), self._end, len(data))
        self._end += len(data)

    def lines(self) -> Iterator[dict[str, Any]]:
        """Yield the line of each submission, in the order of their names."""
        for name in self.names():
            line: dict[str, Any] = json.loads(self._raw(name))
            yield line

    def _raw(self, name: str) -> bytes:
        place = self._places[name]
        data = b""
        while len(data) < place.length:
            data += os.pread(self._file, place.length - len(data), place.start + len(data))
        return data

    def tidy(self) -> None:
        """Write the file anew: one line a submission, in the order of their names."""
        aside = self._path.with_name(f".{self._path.name}.new")
        try:
            with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as stream:
                for name in self.names():
                    stream.write(self._raw(name))
                stream.flush()
                os.fsync(stream.fileno())
            aside.chmod(self._path.stat().st_mode & 0o777)
            aside.replace(self._path)
        except OSError as error:
            aside.unlink(missing_ok=True)
            raise BatchError(f"{self._path} could not be written: {reason(error)}.") from None

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)
