"""Memory of one training step of the three-block network: growth of the peak over what importing took.

    python tests/benchmarks/bench_memory.py [row ...]

Each framework runs in a process of its own; the peak is the operating system's (Linux, macOS).
"""

from __future__ import annotations

import statistics
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROUNDS = 5


def worker(framework: str, row: str) -> None:
    """Print the growth of the peak, in MiB, over one step."""
    import resource

    sys.path[:0] = [str(HERE), str(HERE.parents[1])]
    from workloads import WORKLOADS, namespace

    unit = 1 if sys.platform == "darwin" else 1024
    names = namespace(framework)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    WORKLOADS[row][1](names)()
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print((after - before) * unit / 2**20)


def main() -> None:
    """Print a line for each row and framework."""
    if sys.argv[1:2] == ["--worker"]:
        worker(*sys.argv[2:4])
        return
    frameworks = ["tinygrad_edu", *(["torch"] if find_spec("torch") else [])]
    for row in sys.argv[1:] or ["blocks", "lenet"]:
        medians = {}
        for framework in frameworks:
            command = [sys.executable, __file__, "--worker", framework, row]
            found = [float(subprocess.check_output(command, text=True)) for _ in range(ROUNDS)]
            medians[framework] = statistics.median(found)
            print(f"{row:<8}{framework:<14}{medians[framework]:7.1f} MiB [{min(found):.1f}-{max(found):.1f}]")
        if len(medians) == 2:
            print(f"{row:<8}ours over PyTorch's: {medians['tinygrad_edu'] / medians['torch']:.2f}")


if __name__ == "__main__":
    main()
