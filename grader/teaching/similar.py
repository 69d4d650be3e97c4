"""Submissions laid out for a plagiarism tool: one folder for each exercise, one file in it for each student.

Comparing programs is a field of its own (JPlag, MOSS, Dolos); what they want is a tidy tree, and that is all this
makes. The stub is beside it as the base code that everybody has in common.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from pathlib import Path

from grader.exercise import Exercise
from grader.intake import Catalogue, Limits, Store, discover
from grader.teaching.place import new_folder

__all__ = ["export_similar"]

BASE = "base"


def export_similar(submissions: Sequence[Path], exercises: Sequence[Exercise], folder: Path) -> int:
    """Write ``EXERCISE/student/task.py`` for every source handed in, and ``base/EXERCISE/task.py``; return how many.

    Raises
    ------
    ExerciseError
        If `folder` is there already and not empty.
    """
    count = 0
    with new_folder(folder) as aside:
        store = Store(aside / ".store")
        found = discover(submissions, Catalogue(exercises), store, Limits())
        names: set[str] = set()
        for entry in found.entries:
            handed_in = entry.submission()
            student = _file_name(handed_in.name, names)
            for exercise_id, sha256 in sorted(handed_in.sources.items()):
                place = aside / exercise_id.replace("/", "-") / student
                place.mkdir(parents=True)
                (place / "task.py").write_bytes(store.get(sha256))
                count += 1
        for exercise in exercises:
            place = aside / BASE / exercise.id.replace("/", "-")
            place.mkdir(parents=True)
            (place / "task.py").write_text(exercise.stub, encoding="utf-8", newline="\n")
        shutil.rmtree(aside / ".store", ignore_errors=True)
    return count


def _file_name(name: str, taken: set[str]) -> str:
    """Return a harmless file name for a submission, unlike those before it."""
    plain = re.sub(r"[^\w.-]", "_", name).strip(".") or "submission"
    unique, number = plain, 2
    while unique.casefold() in taken:
        unique, number = f"{plain}-{number}", number + 1
    taken.add(unique.casefold())
    return unique
