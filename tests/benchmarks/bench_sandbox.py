"""What a sandbox costs: from nothing to a worker's first answer, in every tier that this machine has.

The tiers take turns, so that a busy machine is busy for all of them; the control is a bare Python that imports NumPy.
What is measured is time on the wall, of which the smallest says most.

Run it from the root of the repository::

    PYTHONPATH=. python tests/benchmarks/bench_sandbox.py [ROUNDS]
"""

from __future__ import annotations

import statistics
import subprocess
import sys
from time import perf_counter

from grader.process import Launcher, ProcessLauncher, ProcessRunner
from grader.sandbox import launcher_of, report


def first_answer(launcher: Launcher) -> float:
    """Return the seconds from starting a worker to its first answer."""
    began = perf_counter()
    runner = ProcessRunner(launcher)
    try:
        runner.allow(60)
        runner.load(b"", ())
        return perf_counter() - began
    finally:
        runner.close()


def bare() -> float:
    """Return the seconds that a Python takes to start and import NumPy."""
    began = perf_counter()
    command = [sys.executable, "-c", "import numpy"]
    subprocess.run(command, env={"OPENBLAS_NUM_THREADS": "1"}, check=True)
    return perf_counter() - began


def main(rounds: int) -> None:
    """Measure and print."""
    launchers: dict[str, Launcher] = {"process": ProcessLauncher()}
    for name in ("landlock", "bubblewrap"):
        began = perf_counter()
        found = report(name)
        if found.usable:
            print(f"self-test of {name}: {len(found.findings)} trials in {perf_counter() - began:.2f} s")
            launchers[name] = launcher_of(name)
        else:
            print(f"{name}: {found.reason}")
    seconds: dict[str, list[float]] = {name: [] for name in ("import numpy", *launchers)}
    for _ in range(rounds):
        seconds["import numpy"].append(bare())
        for name, launcher in launchers.items():
            seconds[name].append(first_answer(launcher))
    best = min(seconds["process"])
    for name, all_of_it in seconds.items():
        smallest, middle = min(all_of_it), statistics.median(all_of_it)
        print(
            f"{name:13} {smallest * 1e3:6.1f} ms (median {middle * 1e3:6.1f})  {smallest / best:.2f} of process"
        )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20)
