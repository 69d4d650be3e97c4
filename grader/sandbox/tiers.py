"""The tiers, best first: what each stops, how to get it, and which of them this machine has."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from grader.process import Launcher, ProcessLauncher
from grader.program import WorkerGone
from grader.sandbox.needs import SandboxError
from grader.sandbox.selftest import Finding, SandboxLauncher, complaint, examine
from grader.sandbox.trials import BUBBLEWRAP, LANDLOCK, PROCESS

UNSAFE_OPTION: Final = "--unsafe-no-sandbox"
MEMORY: Final = 2 * 2**30
CPU_SECONDS: Final = 120

# What to do where nobody may make namespaces (Ubuntu since 24.04, containers).
_USER_NAMESPACES: Final = (
    "Allow bubblewrap to make user namespaces (on Ubuntu since 24.04 an AppArmor profile for /usr/bin/bwrap; in a "
    "container, --security-opt seccomp=unconfined or a privileged one), then ask again."
)


@dataclass(frozen=True, slots=True)
class Tier:
    """One way to shut a worker in.

    Attributes
    ----------
    name
        "bubblewrap", "landlock" or "process".
    stops, leaves
        What it keeps a submission from, and what it does not, each as the end of a sentence.
    get
        What to do in order to have it.
    """

    name: str
    stops: str
    leaves: str
    get: str

    @property
    def sandbox(self) -> bool:
        """Whether code that nobody has read may run in it."""
        return self.name != PROCESS


TIERS: Final = (
    Tier(
        BUBBLEWRAP,
        "every look at files, processes and networks beyond its own, every new process or program, and all excess",
        "nothing that was tried",
        "Install bubblewrap 0.8 or newer (apt install bubblewrap, dnf install bubblewrap).",
    ),
    Tier(
        LANDLOCK,
        "reading and changing files outside, networks, signals, every new process or program, and all excess",
        "learning which files exist and how large they are",
        "Use a Linux kernel with Landlock (5.13 or newer, switched on) on x86-64 or aarch64.",
    ),
    Tier(
        PROCESS,
        "running too long and taking too much memory",
        "everything else that you could do yourself: enough for your own code, not for code that nobody has read",
        "It is always there.",
    ),
)


@dataclass(frozen=True, slots=True)
class TierReport:
    """What the self-test found about a tier on this machine.

    Attributes
    ----------
    tier
        Which.
    reason
        Why it cannot be used, in a sentence; None if it can.
    findings
        What was tried, in order; empty if nothing was.
    """

    tier: Tier
    reason: str | None
    findings: tuple[Finding, ...] = ()

    @property
    def usable(self) -> bool:
        """Whether every promise of the tier was kept."""
        return self.reason is None


@functools.cache
def report(name: str, granted: tuple[str, ...] = ()) -> TierReport:
    """Examine a tier; the answer is kept for the life of this process.

    Parameters
    ----------
    name
        "bubblewrap", "landlock" or "process", of which the last is not tried: it promises nothing to rely on.
    granted
        Packages that exercises grant beside NumPy.
    """
    tier = next(tier for tier in TIERS if tier.name == name)
    if name == PROCESS:
        return TierReport(tier, None)
    try:
        reason = _missing(name)
        if reason is not None:
            return TierReport(tier, reason)
        launcher = launcher_of(name, MEMORY, CPU_SECONDS, granted)
        findings = tuple(examine(launcher, name))
    except (SandboxError, WorkerGone, OSError) as problem:
        return TierReport(tier, f"its self-test could not run: {problem}")
    broken = [finding for finding in findings if finding.broken]
    if len(findings) == 1 and broken:
        return TierReport(tier, f"a worker does not start in it ({complaint(launcher)})", findings)
    if broken:
        said = "; ".join(f"a submission that {finding.name} ({finding.detail})" for finding in broken[:3])
        return TierReport(tier, f"its self-test failed, it does not stop {said}", findings)
    return TierReport(tier, None, findings)


def reports() -> tuple[TierReport, ...]:
    """Examine every tier, best first."""
    return tuple(report(tier.name) for tier in TIERS)


def choose_launcher(
    minimum: str = LANDLOCK,
    *,
    memory: int = MEMORY,
    cpu_seconds: int = CPU_SECONDS,
    granted: tuple[str, ...] = (),
) -> Launcher:
    """Return a launcher of the best tier that has just passed its self-test here.

    It is plain data: a pool may send it to its judges, which then need no self-test of their own.

    Parameters
    ----------
    minimum
        The last tier that will do. "process" is no sandbox: who runs a stranger's code asks for
        `unsandboxed_launcher` in so many words.
    memory, cpu_seconds
        Limits of every worker.
    granted
        Packages that exercises grant beside NumPy, which the sandbox must then show.

    Raises
    ------
    SandboxError
        If no tier down to the minimum can be used; the message says why for each, and what to do.
    """
    names = [tier.name for tier in TIERS]
    wanted = names[: names.index(minimum) + 1]
    refused = []
    for name in wanted:
        found = report(name, granted)
        if found.usable and name == PROCESS:
            return unsandboxed_launcher(memory=memory, cpu_seconds=cpu_seconds)
        if found.usable:
            return launcher_of(name, memory, cpu_seconds, granted)
        refused.append(f"{name}: {found.reason}. {remedy(found)}")
    raise SandboxError(
        "There is no sandbox on this machine in which code that nobody has read may run.\n"
        + "\n".join(f"  {line}" for line in refused)
        + f"\nIf you trust every submission as you trust yourself, say {UNSAFE_OPTION}."
    )


def unsandboxed_launcher(*, memory: int = MEMORY, cpu_seconds: int = CPU_SECONDS) -> ProcessLauncher:
    """Return a launcher of the last tier, for one's own code or after `UNSAFE_OPTION`."""
    return ProcessLauncher(memory, cpu_seconds)


def remedy(found: TierReport) -> str:
    """Return what to do about a tier that cannot be used."""
    if found.findings and found.tier.name == BUBBLEWRAP:
        return (
            _USER_NAMESPACES
            if len(found.findings) == 1
            else "Please report this, with `grader doctor --json`."
        )
    return found.tier.get


def _missing(name: str) -> str | None:
    if sys.platform != "linux":
        return f"it needs Linux, and this is {sys.platform}"
    from grader.sandbox import bubblewrap, landlock
    from grader.sandbox.inside import seccomp

    if seccomp.machine() is None:
        return f"there is no system call filter for this kind of machine ({os.uname().machine})"
    examined: dict[str, Callable[[], str | None]] = {
        BUBBLEWRAP: bubblewrap.missing,
        LANDLOCK: landlock.missing,
    }
    return examined[name]()


def launcher_of(
    name: str, memory: int = MEMORY, cpu_seconds: int = CPU_SECONDS, granted: tuple[str, ...] = ()
) -> SandboxLauncher:
    """Return a sandbox's launcher without asking whether it holds here: for tests and measurements.

    Raises
    ------
    SandboxError
        If this system has no such sandbox.
    """
    if sys.platform == "linux":
        from grader.sandbox.bubblewrap import BubblewrapLauncher
        from grader.sandbox.landlock import LandlockLauncher

        if name == BUBBLEWRAP:
            return BubblewrapLauncher(memory, cpu_seconds, granted)
        if name == LANDLOCK:
            return LandlockLauncher(memory, cpu_seconds, granted)
    raise SandboxError(f"there is no sandbox called {name!r} here")
