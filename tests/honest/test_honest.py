"""Honest answers of every style, which must pass: in each folder `task.py.txt` and `honest.toml`, which says of what.

They are named so that nothing that walks this tree imports or reformats them: a byte order mark, a tab or a carriage
return is the point of some.
"""

from __future__ import annotations

import sys
import tomllib
from functools import cache
from pathlib import Path

import pytest

from grader.exercise import Exercise, load_exercises
from grader.judge import check_exercise
from grader.process import Launcher
from grader.sandbox import report, unsandboxed_launcher

HERE = Path(__file__).parent
FOLDERS = sorted(place.parent for place in HERE.glob("*/honest.toml"))
TIERS = ("bubblewrap", "landlock", "process")


@cache
def exercises() -> dict[str, Exercise]:
    """Return the exercises by the last part of their names."""
    return {exercise.id.rpartition("/")[2].partition("_")[2]: exercise for exercise in load_exercises()}


@cache
def launcher(tier: str) -> Launcher | str:
    """Return the launcher of a tier, or why this machine has none."""
    if tier == "process":
        return unsandboxed_launcher()
    if (found := report(tier)).reason is not None:
        return f"{tier}: {found.reason}"
    from grader.sandbox.bubblewrap import BubblewrapLauncher
    from grader.sandbox.landlock import LandlockLauncher

    return {"bubblewrap": BubblewrapLauncher, "landlock": LandlockLauncher}[tier]()


@pytest.mark.parametrize("tier", TIERS if sys.platform == "linux" else TIERS[-1:])
@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_an_honest_answer_passes(folder: Path, tier: str) -> None:
    if isinstance(found := launcher(tier), str):
        pytest.skip(found)
    said = tomllib.loads((folder / "honest.toml").read_text(encoding="utf-8"))
    exercise = exercises()[said["exercise"]]
    source = (folder / "task.py.txt").read_bytes()
    result = check_exercise(exercise, source, seed=20240229, deadline_s=20.0, launcher=found)
    assert (result.verdict, result.points) == ("pass", exercise.points), result.text()


def test_there_are_enough_of_them() -> None:
    assert len(FOLDERS) >= 20
