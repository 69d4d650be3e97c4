"""A class of two hundred, graded undisturbed, killed three times at random, and on a cluster that loses a worker.

Right, wrong, untouched, missing, broken and hostile sources for all exercises, as folders and archives, some of these
damaged. The three results must be equal to the byte, sorted and without timings. It takes minutes, which is why it is
no test of every day; the same is tested on a small class in tests/grader/test_batch.py and test_batch_cluster.py.

Run it from the root of the repository::

    PYTHONPATH=.:tests python tests/benchmarks/class_of_200.py [STUDENTS]
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

from batch_cases import read_lines, write_submission

from grader.exercise import load_exercises

SECRET = 271_828
HOSTILE = (
    "import os\nos._exit(0)\n",
    "raise SystemExit(0)\n",
    "import sys\nsys.modules.clear()\n",
    "def f(:\n",
    "\0",
    "class Equal:\n    __eq__ = lambda self, other: True\n",
    "import ctypes\nctypes.string_at(0)\n",
    "x = '9' * 10**9\n",
    "[].__class__.__base__.__subclasses__()[0]\nraise BaseException('no')\n",
    "def g():\n    g()\ng()\n",
    "print('\\x1b[2J' * 10**5)\n",
)


def make_class(root: Path, count: int) -> None:
    """Write the class."""
    draw = random.Random(5)
    exercises = load_exercises()
    for number in range(count):
        files = {}
        for exercise in exercises:
            choice = draw.random()
            source = exercise.solution if choice < 0.5 else exercise.stub
            if choice > 0.6:
                source = draw.choice(exercise.mutants).source
            if number % 10 == 9 and choice > 0.7:
                source = draw.choice(HOSTILE)
            if choice < 0.97:
                files[f"{exercise.id}/task.py"] = source.encode()
        write_submission(root, f"s{number:03}", files, number)


class Grading:
    """`grader grade` into a folder of its own."""

    def __init__(self, root: Path, out: Path, *options: str) -> None:
        seed = out.with_suffix(".seed")
        seed.write_text(str(SECRET))
        seed.chmod(0o600)
        self.out = out
        fixed = [str(root), "--out", str(out), "--seed-file", str(seed), "--no-reports"]
        self.command = [sys.executable, "-m", "grader", "grade", *fixed, *options]

    def start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(self.command)

    def finish(self) -> None:
        began = time.perf_counter()
        if self.start().wait():
            raise SystemExit("something could not be graded")
        print(f"  {time.perf_counter() - began:.0f} s", flush=True)

    def grades(self) -> int:
        return len(list((self.out / ".grader" / "grades").rglob("*.json")))

    def killed_at(self, grades: int) -> None:
        process = self.start()
        while process.poll() is None and self.grades() < grades:
            time.sleep(0.05)
        process.send_signal(signal.SIGKILL)
        print(f"  killed at {self.grades()} grades: status {process.wait()}", flush=True)

    def lines(self) -> list[str]:
        return read_lines(self.out / "results.jsonl")


def on_a_cluster(root: Path, out: Path) -> Grading:
    """Grade on two workers, of which one is killed."""
    import distributed

    settings = {"n_workers": 2, "threads_per_worker": 1, "processes": True, "dashboard_address": None}
    with distributed.LocalCluster(**settings, silence_logs="CRITICAL") as cluster:
        grading = Grading(root, out, "--scheduler", cluster.scheduler_address)

        def kill() -> None:
            while grading.grades() < 40:
                time.sleep(0.1)
            os.kill(next(iter(cluster.workers.values())).process.process.pid, signal.SIGKILL)
            print("  a worker was killed", flush=True)

        killer = threading.Thread(target=kill, daemon=True)
        killer.start()
        grading.finish()
    return grading


def main(count: int) -> None:
    """Grade the class three times and compare."""
    with tempfile.TemporaryDirectory(prefix="class-of-") as folder:
        root = Path(folder, "class")
        make_class(root, count)
        print("undisturbed", flush=True)
        calm = Grading(root, Path(folder, "calm"))
        calm.finish()
        total = calm.grades()
        print("killed three times", flush=True)
        killed = Grading(root, Path(folder, "killed"))
        for place in sorted(random.Random(time.time_ns()).sample(range(1, total), 3)):
            killed.killed_at(place)
        killed.finish()
        print("on a cluster", flush=True)
        cluster = on_a_cluster(root, Path(folder, "cluster"))
        lines = calm.lines()
        verdicts = Counter(one["verdict"] for line in lines for one in json.loads(line)["exercises"])
        print(f"{len(lines)} submissions, {total} sources judged, {dict(verdicts)}")
        for name, other in (("killed three times", killed), ("on a cluster", cluster)):
            differing = sum(a != b for a, b in zip(lines, other.lines(), strict=True))
            print(f"{name}: {differing} of {len(lines)} lines differ from the undisturbed ones")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
