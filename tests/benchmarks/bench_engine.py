"""The speed table: this package, PyTorch eager and bare NumPy, interleaved in one run.

    python tests/benchmarks/bench_engine.py [--rounds 15] [--threads 2] [row ...]

For each row each framework has a process of its own with the same number of threads, and in every round each takes its
turn, so that a change of the machine's speed meets all alike. A turn is a short rest, some steps to warm up, and the
mean of the steps of the next 0.15 s. A number is the median over the rounds; behind it the quartiles. Speed is
PyTorch's time over ours: above 1 is faster than PyTorch.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

HERE = Path(__file__).resolve().parent
REST_S, WARM_S, TURN_S = 0.2, 0.05, 0.15
THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")


def worker(framework: str, threads: int) -> None:
    """Answer each row's name on standard input with the seconds of one step."""
    sys.path[:0] = [str(HERE), str(HERE.parents[1])]
    from workloads import WORKLOADS, namespace  # found beside this file, in the worker only

    if framework == "torch":
        import torch  # an optional peer

        torch.set_num_threads(threads)
    steps = {}
    for line in sys.stdin:
        name = line.strip()
        _, build, control = WORKLOADS[name]
        if name not in steps:
            made = build(namespace(framework)) if framework != "numpy" else control and control()
            steps[name] = made
            if made:
                for _ in range(3):
                    made()
        if steps[name] is None:
            print("none", flush=True)
            continue
        # The threads of whoever had the turn before spin a while yet, and the caches are theirs.
        time.sleep(REST_S)
        run_for(WARM_S, steps[name])
        print(run_for(TURN_S, steps[name]), flush=True)


def run_for(seconds: float, step: Callable[[], object]) -> float:
    """Repeat a step for so long; return the seconds of one."""
    start, done = time.perf_counter(), 0
    while (spent := time.perf_counter() - start) < seconds:
        step()
        done += 1
    return spent / done


def start(framework: str, threads: int) -> subprocess.Popen[str]:
    env = dict(os.environ, **dict.fromkeys(THREADS, str(threads)))
    command = [sys.executable, __file__, "--worker", framework, "--threads", str(threads)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=env)


def ask(process: subprocess.Popen[str], name: str) -> float | None:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(name + "\n")
    process.stdin.flush()
    answer = process.stdout.readline().strip()
    return None if answer == "none" else float(answer)


def summary(times: list[float]) -> str:
    low, middle, high = statistics.quantiles(times, n=4)
    scale, unit = (1e6, "us") if middle < 1e-3 else (1e3, "ms")
    return f"{middle * scale:8.2f} {unit} [{low * scale:.2f}-{high * scale:.2f}]"


def main() -> None:
    """Run the rounds and print the table."""
    sys.path[:0] = [str(HERE), str(HERE.parents[1])]
    from workloads import WORKLOADS  # found beside this file

    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("rows", nargs="*", default=list(WORKLOADS), help=f"of {', '.join(WORKLOADS)}")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--worker", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.worker:
        worker(args.worker, args.threads)
        return
    frameworks = ["tinygrad_edu", *(["torch"] if find_spec("torch") else []), "numpy"]
    times: dict[tuple[str, str], list[float]] = {}
    for name in args.rows:
        processes = {f: start(f, args.threads) for f in frameworks}
        for _ in range(args.rounds):
            for framework, process in processes.items():
                seconds = ask(process, name)
                if seconds is not None:
                    times.setdefault((name, framework), []).append(seconds)
        for process in processes.values():
            assert process.stdin is not None
            process.stdin.close()
            process.wait()
    print(machine(args.threads, args.rounds))
    for name in args.rows:
        print(f"\n{WORKLOADS[name][0]}")
        ours = statistics.median(times[name, "tinygrad_edu"])
        for framework in frameworks:
            if (name, framework) in times:
                ratio = statistics.median(times[name, framework]) / ours
                said = "" if framework == "tinygrad_edu" else f"   our speed: {ratio:.2f} of it"
                print(f"  {framework:<13}{summary(times[name, framework])}{said}")


def machine(threads: int, rounds: int) -> str:
    from importlib.metadata import PackageNotFoundError, version  # only where the table is printed

    def of(package: str) -> str:
        try:
            return version(package)
        except PackageNotFoundError:
            return "not installed"

    processor = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        names = [
            line for line in info.read_text(encoding="utf-8").splitlines() if line.startswith("model name")
        ]
        processor = names[0].split(":", 1)[1].strip() if names else processor
    return (
        f"{platform.system()} {platform.release()}, {processor}, {os.cpu_count()} cores, {threads} threads each\n"
        f"Python {platform.python_version()}, NumPy {of('numpy')}, PyTorch {of('torch')}; float32, medians [quartiles] "
        f"of {rounds} rounds"
    )


if __name__ == "__main__":
    main()
