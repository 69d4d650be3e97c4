"""A small class with everything that turns up in one, and what the tests of batch grading share."""

from __future__ import annotations

import contextlib
import ctypes
import io
import json
import os
import random
import shutil
import tarfile
import time
import zipfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from grader.batch import Batch, Progress, Settings, Summary
from grader.batch.cache import Cache
from grader.batch.pool import LocalPool
from grader.batch.results import ResultsFile
from grader.batch.run import Bench
from grader.exercise import Exercise, load_exercises
from grader.intake import Catalogue, Store, discover

REPOSITORY = Path(__file__).parents[1]
COURSE = REPOSITORY / "tests" / "grader" / "packs" / "course"
DOUBLE, TRIPLE, ALL = "ch01_numbers/ex01_double", "ch01_numbers/ex02_triple", "ch02_lists/ex01_double_all"
SECRET = 20_261_120

HOSTILE = {
    "exits": "def double(x):\n    raise SystemExit(0)\n",
    "equals": "class E:\n    def __eq__(self, o):\n        return True\ndef double(x):\n    return E()\n",
    "imports": "import os\nos._exit(0)\n",
    "nothing": "x = 1\n",
    "broken": "def double(x:\n",
    "binary": "\0\1\2",
    "recursive": "def double(x):\n    return double(x)\n",
    "loud": "def double(x):\n    print('\x1b[31m' * 10000)\n    return 3\n",
}


def make_class(root: Path, count: int) -> None:
    """Write submissions: right, wrong, untouched, hostile and damaged, as folders and as archives; always the same."""
    draw = random.Random(7)
    exercises = load_exercises(COURSE)
    for number in range(count):
        files = {}
        for exercise in exercises:
            choice = draw.random()
            if choice < 0.9:
                text = exercise.solution if choice < 0.35 else exercise.stub
                if choice > 0.5:
                    text = draw.choice(exercise.mutants).source
                files[f"{exercise.id}/task.py"] = text.encode()
        if number % 3 == 1:
            name = draw.choice(sorted(HOSTILE))
            files[f"{DOUBLE}/task.py"] = HOSTILE[name].encode()
        write_submission(root, f"s{number:02}", files, number)


def write_submission(root: Path, name: str, files: dict[str, bytes], form: int = 0) -> None:
    """Write one submission: a folder, a zip, a tar, or (every eleventh) an archive that is cut in two."""
    root.mkdir(parents=True, exist_ok=True)
    if form % 4 < 2:
        for place, data in files.items():
            path = root / name / place
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        (root / name).mkdir(exist_ok=True)
        return
    stream = io.BytesIO()
    if form % 4 == 2:
        with zipfile.ZipFile(stream, "w") as archive:
            for place, data in files.items():
                archive.writestr(place, data)
    else:
        with tarfile.open(fileobj=stream, mode="w:gz") as tar:
            for place, data in files.items():
                info = tarfile.TarInfo(place)
                info.size = len(data)
                tar.addfile(info, io.BytesIO(data))
    packed = stream.getvalue()
    whole = packed[: len(packed) // 2] if form % 11 == 10 else packed
    (root / f"{name}{'.zip' if form % 4 == 2 else '.tgz'}").write_bytes(whole)


def deadly_pack(pack: Path, armed: Path, victim: str = "getpid") -> Path:
    """Write the course with two traps: while `armed` exists, one spec kills its judge and another raises.

    With ``getppid`` as the victim it is not the judge but the process that started it.
    """
    shutil.copytree(COURSE, pack)
    trap = f"    import os, pathlib\n    if pathlib.Path({str(armed)!r}).exists():\n        "
    for place, deed in ((TRIPLE, f"os.kill(os.{victim}(), 9)"), (ALL, "raise OSError('no oracle today')")):
        path = pack / place / "spec.py"
        text = path.read_text()
        docstring = text.index('"""', text.index("def check_"))
        body = text.index("\n", text.index('"""', docstring + 3)) + 1
        path.write_text(f"{text[:body]}{trap}{deed}\n{text[body:]}")
    return pack


def timeless(value: Any) -> Any:
    """Return a result without its timings."""
    if isinstance(value, dict):
        return {key: timeless(item) for key, item in value.items() if key != "seconds"}
    return [timeless(item) for item in value] if isinstance(value, list) else value


def read_lines(results: Path) -> list[str]:
    """Return the lines of a results file without timings, sorted."""
    return sorted(json.dumps(timeless(json.loads(line))) for line in results.read_text().splitlines())


def verdicts(results: Path) -> dict[str, dict[str, str]]:
    """Return the verdict of each exercise of each submission."""
    lines = [json.loads(line) for line in results.read_text().splitlines()]
    return {line["submission"]: {one["id"]: one["verdict"] for one in line["exercises"]} for line in lines}


class Bureau:
    """Grades into one output folder, again and again.

    Parameters
    ----------
    out
        The folder.
    pack
        The exercises.
    settings
        Changes to the settings, which are otherwise a secret seed and no sandbox.
    """

    def __init__(self, out: Path, pack: Path = COURSE, **settings: Any) -> None:
        self.results = out / "results.jsonl"
        self.out = out
        self.settings = Settings(**{"pack": str(pack), "seed": SECRET, "sandbox": "process", **settings})
        self.exercises: Sequence[Exercise] = load_exercises(pack)
        self.pool: Executor | None = None
        out.mkdir(parents=True, exist_ok=True)

    def grade(
        self,
        *paths: Path,
        executor: Callable[[], Executor] | None = None,
        width: int = 2,
        order: int | None = None,
        watch: Callable[[Progress], None] = lambda progress: None,
    ) -> Summary:
        """Grade what the paths name, on two judges of this machine or on another executor."""
        store = Store(self.out / "sources")
        entries = list(discover(paths, Catalogue(self.exercises), store).entries)
        if order is not None:
            random.Random(order).shuffle(entries)

        def start() -> Bench:
            scratch = self.out / "scratch"
            scratch.mkdir(exist_ok=True)
            self.pool = executor() if executor else LocalPool(width, patience_s=120, scratch=str(scratch))
            return Bench(self.pool, lambda: width)

        with closing(ResultsFile(self.results)) as results:
            kept = {"store": store, "cache": Cache(self.out / "grades"), "results": results}
            return Batch(self.exercises, self.settings, **kept, start=start, watch=watch).run(entries)

    def lines(self) -> list[str]:
        """Return the results without timings, sorted."""
        return read_lines(self.results)


@contextmanager
def foster_parent() -> Iterator[Callable[[], list[int]]]:
    """Be the parent of every process whose own parent dies; yields a function that waits until none is left.

    It returns those that are still there after fifteen seconds, which is longer than any deadline in these tests.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    assert libc.prctl(36, 1, 0, 0, 0) == 0  # PR_SET_CHILD_SUBREAPER
    before = set(_children())

    def left() -> list[int]:
        for _ in range(150):
            orphans = [child for child in _children() if child not in before]
            if not orphans:
                return []
            for orphan in orphans:
                try:
                    os.waitpid(orphan, os.WNOHANG)
                except ChildProcessError:
                    continue
            time.sleep(0.1)
        return orphans

    try:
        yield left
    finally:
        libc.prctl(36, 0, 0, 0, 0)


def _children() -> list[int]:
    found = []
    for task in Path("/proc/self/task").iterdir():
        # a thread may end while we look
        with contextlib.suppress(FileNotFoundError):
            found += [int(child) for child in (task / "children").read_text().split()]
    return found
