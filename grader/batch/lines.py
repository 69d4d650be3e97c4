"""What a line of results.jsonl says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from grader.batch.job import not_judged
from grader.batch.version import Settings
from grader.exercise import Exercise
from grader.intake import Submission

# With these verdicts a check's message was made before any input was, or by the judge alone. Every other message may
# carry an input out, in an exception's text or in the name of a module that is imported.
_SAYS_NO_INPUT: Final = frozenset({"syntax", "missing", "skipped", "infra"})


def used_up(seconds: float, settings: Settings) -> bool:
    """Return whether a submission has had all the time that it may have."""
    return seconds >= settings.submission_s


def results_line(
    submission: Submission,
    exercises: Sequence[Exercise],
    grades: Mapping[str, dict[str, Any]],
    settings: Settings,
    judged_by: str,
) -> dict[str, Any]:
    """Return the line of a submission.

    Exercises count in their order until the submission's time is used up; the rest is a timeout, whether or not some
    of it was judged, so that the outcome depends neither on the order of the jobs nor on how many ran side by side.

    Parameters
    ----------
    submission
        What was handed in.
    exercises
        All that are graded.
    grades
        The entries of those that were judged, by id.
    settings, judged_by
        How they were judged.
    """
    entries: list[dict[str, Any]] = []
    spent, late, lost = 0.0, [], []
    for exercise in exercises:
        if used_up(spent, settings):
            why = f"not run: the submission had used up its {settings.submission_s:g} s"
            entry = not_judged(exercise.id, exercise.points, why, "timeout")
            late.append(exercise.id)
        else:
            entry = _hidden(grades[exercise.id]) if settings.hide_inputs else grades[exercise.id]
        spent += entry["seconds"]
        if entry["verdict"] == "infra":
            lost.append(exercise.id)
        entries.append({**entry, "sha256": submission.sources.get(exercise.id)})
    notes = list(submission.notes)
    if late:
        notes.append(f"not run, because the time was used up: {', '.join(late)}")
    if lost:
        notes.append(f"not graded, because the grader failed: {', '.join(lost)}; grade again")
    return {
        "submission": submission.name,
        "sha256": submission.sha256,
        "seed": settings.seed,
        "judged_by": judged_by,
        "exercises": entries,
        "points": sum(entry["points"] for entry in entries),
        "max_points": sum(entry["max_points"] for entry in entries),
        "seconds": spent,
        "notes": notes,
        "error": submission.error,
    }


def _hidden(entry: dict[str, Any]) -> dict[str, Any]:
    checks = [
        {**check, "hidden": check["hidden"] or check["verdict"] not in _SAYS_NO_INPUT}
        for check in entry["checks"]
    ]
    return {**entry, "checks": checks}
