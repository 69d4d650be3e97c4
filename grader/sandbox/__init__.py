"""Sandboxes: how a worker is shut in before it runs code that nobody has read.

Three tiers, best first:

- ``bubblewrap``: namespaces with a handful of read-only files in them, a system call filter, limits;
- ``landlock``: the same filter and limits, and Landlock for the files, where nobody may make namespaces;
- ``process``: limits and a deadline, for one's own code.

A tier is used only after its self-test has tried, on this machine, what must fail in it.

A worker in a sandbox dies with the thread that started it, so that no killed judge leaves one behind: start and close
it in one thread.

`choose_launcher` gives what `grader.judge.check_exercise(launcher=...)` takes. Read `inside.confine` first, then
`bubblewrap`, then `trials`.
"""

from __future__ import annotations

from grader.sandbox.needs import SandboxError
from grader.sandbox.tiers import (
    TIERS,
    UNSAFE_OPTION,
    Tier,
    TierReport,
    choose_launcher,
    launcher_of,
    remedy,
    report,
    reports,
    unsandboxed_launcher,
)

__all__ = [
    "TIERS",
    "UNSAFE_OPTION",
    "SandboxError",
    "Tier",
    "TierReport",
    "choose_launcher",
    "launcher_of",
    "remedy",
    "report",
    "reports",
    "unsandboxed_launcher",
]
