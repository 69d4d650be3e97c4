"""`grader grade` on two judges beside a plain loop over `check_exercise`, and on a class that has not changed.

The class is made up, always the same: of each student's sources about half are right, a third wrong in the ways that
the mutants know, the rest untouched, missing, broken or hostile. Every source is signed, so that no two are equal
and nothing is gained by judging equal ones once. The control judges the first few students, one source after the
other, in one process, in the same sandbox. Processor time is that of all processes together.

Run it from the root of the repository; two hundred students of twenty-one exercises take their time::

    PYTHONPATH=. python tests/benchmarks/bench_grader.py [STUDENTS] [--jobs N] [--unsafe-no-sandbox]
"""

from __future__ import annotations

import argparse
import random
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from grader.exercise import load_exercises

HOSTILE = (
    "import os\nos._exit(0)\n",
    "raise SystemExit(0)\n",
    "def __getattr__(name):\n    return 0\n",
    "def f(:\n",
    "class Equal:\n    __eq__ = lambda s, o: True\n",
)
UNSAFE = "--unsafe-no-sandbox"


@dataclass(frozen=True)
class Cost:
    """Seconds by the clock and of the processors, for so many submissions."""

    wall: float
    processor: float
    count: int

    def line(self, name: str) -> str:
        rate = 60 * self.count / self.wall
        each = 1000 * self.processor / self.count
        return f"{name:28}{self.count:5}{self.wall:10.1f}{rate:14.1f}{each:14.0f}"


def make_class(root: Path, count: int) -> None:
    """Write the class, a folder for each student."""
    draw = random.Random(3)
    exercises = load_exercises()
    for number in range(count):
        for exercise in exercises:
            choice = draw.random()
            if choice > 0.97:
                continue
            text = exercise.solution
            if choice > 0.93:
                text = draw.choice(HOSTILE)
            elif choice > 0.86:
                text = exercise.stub
            elif choice > 0.53:
                text = draw.choice(exercise.mutants).source
            path = root / f"s{number:03}" / exercise.id / "task.py"
            path.parent.mkdir(parents=True)
            path.write_text(f"{text}\n# s{number:03}\n", encoding="utf-8")


def loop(root: Path, count: int, unsafe: bool) -> None:
    """Judge the first students one source after the other: the control."""
    from grader.judge import check_exercise
    from grader.sandbox import choose_launcher, unsandboxed_launcher

    launcher = unsandboxed_launcher() if unsafe else choose_launcher()
    exercises = load_exercises()
    for student in sorted(root.iterdir())[:count]:
        for exercise in exercises:
            path = student / exercise.id / "task.py"
            source = path.read_bytes() if path.exists() else None
            check_exercise(exercise, source, launcher=launcher)


def timed(command: list[str], count: int) -> Cost:
    """Run a command and return what it and all its processes cost."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    ended = subprocess.run([sys.executable, *command], capture_output=True, text=True, check=False)
    wall, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    if ended.returncode:
        raise SystemExit(ended.stderr)
    return Cost(wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, count)


def main(count: int, jobs: int, unsafe: bool) -> None:
    """Make the class, grade it in both ways, grade it again, and print the table."""
    with tempfile.TemporaryDirectory(prefix="bench-grader-") as folder:
        root, out = Path(folder, "class"), Path(folder, "out")
        make_class(root, count)
        few = max(1, min(count, max(5, count // 20)))
        options = [UNSAFE] if unsafe else []
        grade = ["-m", "grader", "grade", "--jobs", str(jobs), "--no-reports", *options, "--out"]
        control = timed([__file__, "--loop", str(root), str(few), *options], few)
        first = timed([*grade, str(out), str(root)], count)
        again = timed([*grade, str(out), str(root)], count)
        alone = timed([*grade, str(out), str(sorted(root.iterdir())[0])], 1)
    print(f"{'':28}{'class':>5}{'seconds':>10}{'a minute':>14}{'CPU ms each':>14}")
    print(control.line("plain loop, one process"))
    print(first.line(f"grader grade --jobs {jobs}"))
    print(again.line("  again, unchanged"))
    print(alone.line("  one of them, unchanged"))
    ratio = (first.count / first.wall) / (control.count / control.wall)
    print(f"{ratio:.2f} times the rate of the plain loop, with {jobs} judges")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Submissions a minute.")
    parser.add_argument("students", type=int, nargs="?", default=200)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument(UNSAFE, dest="unsafe", action="store_true")
    parser.add_argument("--loop", nargs=2, metavar=("ROOT", "COUNT"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.loop:
        loop(Path(given.loop[0]), int(given.loop[1]), given.unsafe)
    else:
        main(given.students, given.jobs, given.unsafe)
