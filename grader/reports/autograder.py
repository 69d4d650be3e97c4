"""What `run_autograder` runs on Gradescope: grade one submission, write one results.json.

    python -m grader.reports.autograder ROOT

ROOT holds ``source`` (this archive, unpacked), ``submission`` and ``results``. Where the grader itself fails, no
results.json is written and the status is not 0, so that Gradescope reports a failed autograder and no grade.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from grader.progress import write_aside
from grader.reports.gradescope import gradescope_json
from grader.reports.results import Results, ResultsError, Submission, read_results
from grader.sandbox import UNSAFE_OPTION

__all__ = ["SETTINGS", "main"]

# Beside the sources: what the teacher chose when the archive was made.
SETTINGS = "autograder.json"


def main(root: Path) -> None:
    """Grade ``root/submission`` into ``root/results/results.json``.

    What is printed is for the teacher: results.json declares standard output hidden from students.

    Raises
    ------
    SystemExit
        With a sentence, if the grader itself fails.
    """
    target = root / "results" / "results.json"
    # A grade from an earlier run must not pass for this one's.
    target.unlink(missing_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        command = [sys.executable, "-P", "-m", "grader", "grade", str(root / "submission"), "--each", "one"]
        options = ["--out", scratch, "--no-reports", *_options(root / "source")]
        status = subprocess.run([*command, *options], check=False).returncode
        if status not in (0, 1):
            sys.exit(f"autograder: `grader grade` ended with status {status}; nothing was graded.")
        try:
            submission = _only(read_results(Path(scratch)))
        except ResultsError as error:
            sys.exit(f"autograder: {error}")
    if submission.ungraded:
        failed = ", ".join(exercise.id for exercise in submission.ungraded)
        sys.exit(f"autograder: the grader itself failed on {failed}. Run the autograder again.")
    target.parent.mkdir(parents=True, exist_ok=True)
    write_aside(target, gradescope_json(submission))


def _options(source: Path) -> list[str]:
    settings = json.loads((source / SETTINGS).read_text(encoding="utf-8"))
    options = [UNSAFE_OPTION] if settings["unsafe_no_sandbox"] else []
    if settings["seed_file"]:
        options += ["--seed-file", str(source / settings["seed_file"])]
    return options


def _only(results: Results) -> Submission:
    if len(results.submissions) != 1:
        raise ResultsError(f"there are {len(results.submissions)} results for one submission")
    return results.submissions[0]


if __name__ == "__main__":
    main(Path(sys.argv[1]))
