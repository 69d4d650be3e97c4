"""Grades by what they depend on, kept over runs: one small file each, written whole or not at all."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from grader.batch.folder import BatchError
from grader.progress import reason, write_aside


class Cache:
    """A folder of grades.

    Parameters
    ----------
    folder
        Where; made when the first grade is put in.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, key: str) -> dict[str, Any] | None:
        """Return the grade that was kept under this key, None if there is none that can be read."""
        try:
            found = json.loads(self._path(key).read_bytes())
        except (OSError, ValueError):
            return None
        # A file that a crash of the machine has mixed up is as good as none.
        if not isinstance(found, dict) or found.get("key") != key or not isinstance(found.get("grade"), dict):
            return None
        grade: dict[str, Any] = found["grade"]
        return grade

    def put(self, key: str, grade: dict[str, Any]) -> None:
        """Keep a grade.

        Raises
        ------
        BatchError
            If it cannot be written.
        """
        path = self._path(key)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_aside(path, json.dumps({"key": key, "grade": grade}).encode())
        except OSError as error:
            raise BatchError(f"{path} could not be written: {reason(error)}. Run again to go on.") from None

    def _path(self, key: str) -> Path:
        return self._folder / key[:2] / f"{key}.json"
