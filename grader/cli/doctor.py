"""`grader doctor`: is everything there, does it work, and if not, what to do."""

from __future__ import annotations

import importlib.util
import json
import os
import platform
import shutil
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import click

from grader.cli.session import load_course, open_session, work_option
from grader.cli.terminal import can_show, paint
from grader.cli.verb import Misuse, Verb
from grader.exercise import ExerciseError
from grader.workdir import WorkError

__all__ = ["Finding", "doctor_command", "examine"]

_INSTALL = "pip install 'tinygrad-edu[grader]'"
_COLOURS = {"good": "green", "note": "yellow", "bad": "red"}


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report.

    `level` is "good", "note" (works, but something optional is missing) or "bad"; `remedy` says what to do.
    """

    name: str
    level: str
    detail: str
    remedy: str = ""


@click.command(
    "doctor",
    cls=Verb,
    short_help="Examine the installation.",
    examples=(("grader doctor", ""), ("grader doctor --json", "for a bug report")),
)
@work_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def doctor_command(work: str | None, as_json: bool) -> int:
    """Examine the installation, and say how to mend what is missing.

    The exit status is 1 if something that checking needs does not work.
    """
    findings = examine(work)
    if as_json:
        click.echo(json.dumps({"findings": [asdict(finding) for finding in findings]}, indent=2))
    else:
        for finding in findings:
            _say(finding)
    return 1 if any(finding.level == "bad" for finding in findings) else 0


def examine(work: str | None) -> list[Finding]:
    """Look at everything that the grader and the engine need."""
    look: tuple[Callable[[], Finding], ...] = (
        _python,
        _numpy,
        _blas,
        _packages,
        _optional_packages,
        _dot,
        _exercises,
        lambda: _work(work),
        _worker,
        _isolation,
        _sandbox,
        _data,
        _console,
    )
    return [one() for one in look]


def _say(finding: Finding) -> None:
    sign = {"good": "ok", "note": "--", "bad": "NO"}[finding.level]
    click.echo(f"{paint(sign, _COLOURS[finding.level])}  {finding.name}: {finding.detail}")
    if finding.remedy:
        click.echo(f"      {finding.remedy}")


def _python() -> Finding:
    version = f"{platform.python_version()} on {platform.system()} ({sys.executable})"
    return Finding("Python", "good", version)


def _numpy() -> Finding:
    import numpy as np

    if int(np.__version__.split(".")[0]) < 2:
        return Finding("NumPy", "bad", np.__version__, "pip install --upgrade 'numpy>=2'")
    return Finding("NumPy", "good", np.__version__)


def _blas() -> Finding:
    import numpy as np

    built: Any = np.show_config(mode="dicts")
    blas = built.get("Build Dependencies", {}).get("blas", {}).get("name", "unknown")
    set_here = [
        name for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS") if name in os.environ
    ]
    threads = ", ".join(f"{name}={os.environ[name]}" for name in set_here) or "as many threads as it likes"
    return Finding("BLAS", "good", f"{blas}, {threads} (one thread wherever your code is judged)")


def _packages() -> Finding:
    missing = _missing("click", "rich", "msgpack", "hypothesis")
    if missing:
        return Finding("packages", "bad", f"missing: {missing}", _INSTALL)
    return Finding("packages", "good", "all that checking needs")


def _optional_packages() -> Finding:
    missing = _missing("watchfiles", "matplotlib", "sklearn")
    if not missing:
        return Finding("optional packages", "good", "all there")
    remedy = "pip install 'tinygrad-edu[grader,train]'"
    return Finding("optional packages", "note", f"missing: {missing} (quick watching, training)", remedy)


def _missing(*names: str) -> str:
    return ", ".join(name for name in names if importlib.util.find_spec(name) is None)


def _dot() -> Finding:
    place = shutil.which("dot")
    if place is None:
        how = "Install Graphviz (apt install graphviz, brew install graphviz, winget install graphviz)."
        return Finding("dot", "note", "not found; graphs render as text and DOT, not as SVG and PNG", how)
    return Finding("dot", "good", place)


def _exercises() -> Finding:
    try:
        course = load_course()
    except (Misuse, ExerciseError) as error:
        return Finding("exercises", "bad", str(error), "Install tinygrad-edu again.")
    return Finding("exercises", "good", f"{len(course)} in {course[0].folder.parents[1]}")


def _work(work: str | None) -> Finding:
    try:
        root = open_session(work).work.root
    except (Misuse, ExerciseError, WorkError) as error:
        return Finding("your work", "note", str(error))
    if not os.access(root, os.W_OK):
        return Finding("your work", "note", f"{root} cannot be written; your progress will be forgotten")
    return Finding("your work", "good", str(root))


def _worker() -> Finding:
    """Start a worker and let it judge a solution that is known to be right."""
    try:
        course = load_course()
        from grader.judge import check_exercise

        result = check_exercise(course[0], course[0].solution)
    except Exception as error:
        # Whatever is wrong here is what the user wants to know.
        return Finding("worker", "bad", f"{type(error).__name__}: {error}", _INSTALL)
    if result.verdict != "pass":
        return Finding(
            "worker", "bad", f"judged a right solution {result.verdict}: {result.text()}", "Report this."
        )
    return Finding("worker", "good", f"started, answered and judged {course[0].id} in {result.seconds:.1f} s")


def _isolation() -> Finding:
    return Finding(
        "isolation",
        "good",
        "a process of its own with limits and a deadline: enough for your own code, not for code that nobody has read",
    )


def _sandbox() -> Finding:
    """Try every tier from inside; the best that holds is the one that a class's submissions would run in."""
    from grader.sandbox import TierReport, remedy, reports

    lacking: list[TierReport] = []
    for found in reports():
        if found.usable and found.tier.sandbox:
            tier = found.tier
            detail = f"{tier.name}, tried just now: it stops {tier.stops}; it does not stop {tier.leaves}"
            better = "".join(f"; {other.tier.name} is better, but {other.reason}" for other in lacking)
            level = "note" if lacking else "good"
            return Finding("sandbox", level, detail + better, "".join(remedy(other) for other in lacking))
        if found.tier.sandbox:
            lacking.append(found)
    reasons = "; ".join(f"{other.tier.name}: {other.reason}" for other in lacking)
    detail = f"none, so nobody's code but your own should run here ({reasons})"
    return Finding("sandbox", "note", detail, " Or: ".join(remedy(other) for other in lacking))


def _data() -> Finding:
    named = os.environ.get("TINYGRAD_EDU_DATA")
    if not named:
        return Finding("data", "good", "the digits that come with scikit-learn; TINYGRAD_EDU_DATA is not set")
    if not Path(named).is_dir():
        remedy = "Set it to the folder that holds the MNIST files, or unset it."
        return Finding("data", "note", f"TINYGRAD_EDU_DATA names {named}, which is no directory", remedy)
    return Finding("data", "good", f"TINYGRAD_EDU_DATA is {named}")


def _console() -> Finding:
    encoding = sys.stdout.encoding
    if can_show("✓█─"):
        return Finding("console", "good", f"{encoding}")
    return Finding(
        "console", "note", f"{encoding}; plain signs are used", "Set PYTHONUTF8=1 for the finer ones."
    )
