"""What other platforms run: the Gradescope archive, run as Gradescope would, and the files for GitHub Classroom."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from gradescope_rules import complaints

from grader.exercise import load_exercises
from grader.reports.export import classroom_files, gradescope_zip, requirements
from grader.sandbox import SandboxError, choose_launcher

COURSE = Path(__file__).parent / "packs" / "course"
FUNCTIONS = {"ex01_double": "double", "ex02_triple": "triple", "ex01_double_all": "double_all"}


def without_network() -> list[str]:
    """Return what to put before a command so that it has no network, where this machine can do that."""
    for prefix in (["unshare", "--net"], ["unshare", "--net", "--map-root-user"]):
        if shutil.which("unshare") and not subprocess.run([*prefix, "true"], capture_output=True).returncode:
            return prefix
    return []


def sandboxed() -> bool:
    try:
        choose_launcher()
    except SandboxError:
        return False
    return True


@dataclass
class Container:
    """A directory that stands for /autograder."""

    root: Path

    def unpack(self, archive: bytes) -> None:
        """Put the archive into place as the image's build does."""
        for name in ("source", "submission", "results"):
            (self.root / name).mkdir(parents=True)
        with zipfile.ZipFile(io.BytesIO(archive)) as opened:
            for entry in opened.infolist():
                place = Path(opened.extract(entry, self.root / "source"))
                place.chmod(entry.external_attr >> 16 & 0o777)
        shutil.copy(self.root / "source" / "run_autograder", self.root / "run_autograder")

    def submit(self, **answers: str) -> None:
        """Put a submission into place: an expression for each exercise's function, or the whole file."""
        for exercise in load_exercises(COURSE):
            answer = answers.get(FUNCTIONS[exercise.id.rpartition("/")[2]], exercise.stub)
            path = self.root / "submission" / exercise.id / "task.py"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(answer, encoding="utf-8")

    def run(self) -> subprocess.CompletedProcess[str]:
        """Run the autograder with nothing of this environment but a Python, and without a network."""
        environment = {"PATH": os.environ["PATH"], "HOME": str(self.root), "AUTOGRADER_ROOT": str(self.root)}
        environment["AUTOGRADER_PYTHON"] = sys.executable
        command = [*without_network(), str(self.root / "run_autograder")]
        return subprocess.run(
            command, cwd=self.root, env=environment, capture_output=True, text=True, timeout=300, check=False
        )

    @property
    def results(self) -> Path:
        """Where the result has to be."""
        return self.root / "results" / "results.json"


@pytest.fixture
def container(tmp_path: Path) -> Container:
    return Container(tmp_path / "autograder")


@pytest.mark.skipif(os.name == "nt", reason="Gradescope runs Linux")
def test_it_grades_in_an_empty_directory(container: Container) -> None:
    """Only from the archive, without a network: right, wrong and untouched get what they deserve."""
    container.unpack(gradescope_zip(COURSE, seed=b"31415\n", unsafe_no_sandbox=not sandboxed()))
    # What runs is the archive and not the clone that these tests run in.
    module = container.root / "source" / "grader" / "reports" / "autograder.py"
    module.write_text(
        module.read_text("utf-8") + "\nsys.stderr.write('from the archive')\n", encoding="utf-8"
    )
    [right] = [exercise for exercise in load_exercises(COURSE) if exercise.id.endswith("ex01_double")]
    container.submit(double=right.solution, triple="def triple(x):\n    return x + x\n")
    ran = container.run()
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "from the archive" in ran.stderr
    content: dict[str, Any] = json.loads(container.results.read_bytes())
    assert complaints(content) == []
    scores = [
        (test["score"], test["max_score"], test["status"]) for test in content["tests"] if "score" in test
    ]
    assert scores == [(1, 1, "passed"), (0, 2, "failed"), (0, 3, "failed")]
    assert content["score"] == 1
    assert "triple(" in "".join(test["output"] for test in content["tests"])
    assert "31415" not in json.dumps(content) + ran.stdout + ran.stderr


@pytest.mark.skipif(os.name == "nt", reason="Gradescope runs Linux")
def test_what_the_grader_fails_on_is_no_grade(container: Container) -> None:
    """No results.json, also none of an earlier run, and a status that Gradescope reports."""
    container.unpack(gradescope_zip(COURSE, unsafe_no_sandbox=not sandboxed()))
    container.submit(double="def double(x):\n    return 2 * x\n")
    container.results.write_text("{}")
    [spec] = (container.root / "source").glob("exercises/*/ex01_double/spec.py")
    spec.write_text(
        re.sub(r"(\n    student\.)", r"\n    raise RuntimeError\1", spec.read_text("utf-8")), encoding="utf-8"
    )
    ran = container.run()
    assert ran.returncode != 0
    assert "the grader itself failed on ch01_numbers/ex01_double" in ran.stderr
    assert not container.results.exists()


@pytest.mark.skipif(os.name == "nt", reason="Gradescope runs Linux")
def test_without_a_seed_that_can_be_read_nothing_is_graded(container: Container) -> None:
    """Inputs that everybody knows would be graded instead."""
    container.unpack(gradescope_zip(COURSE, seed=b"", unsafe_no_sandbox=not sandboxed()))
    container.submit()
    ran = container.run()
    assert ran.returncode != 0
    assert "holds no seed" in ran.stderr
    assert not container.results.exists()


def names(archive: bytes) -> set[str]:
    return set(zipfile.ZipFile(io.BytesIO(archive)).namelist())


def test_the_archive_holds_what_is_needed_and_nothing_of_a_student(tmp_path: Path) -> None:
    """Scripts at its root, sources and checks below; no task, no progress, no caches, no links."""
    pack = tmp_path / "pack"
    shutil.copytree(COURSE, pack)
    folder = next(pack.glob("*/ex01_double"))
    for name in ("task.py", ".progress.json", "x.pyc"):
        (folder / name).write_text("mine")
    (folder / "__pycache__").mkdir()
    (folder / "__pycache__" / "y.py").write_text("mine")
    (folder / "helper.txt").write_text("needed")
    if hasattr(os, "symlink"):
        (folder / "link.py").symlink_to("/etc/passwd")
    found = names(gradescope_zip(pack))
    assert {"setup.sh", "run_autograder", "requirements.txt", "autograder.json", "grader/judge.py"} <= found
    assert {"tinygrad_edu/__init__.py", "grader/reports/assets/style.css"} <= found
    inside = {name for name in found if "ex01_double/" in name}
    assert {name.rpartition("/")[2] for name in inside} == {"solution.py", "spec.py", "helper.txt"}
    assert "seed" not in found
    assert "seed" in names(gradescope_zip(pack, seed=b"1"))


def test_the_same_sources_give_the_same_archive() -> None:
    """Byte for byte, whenever it is made; scripts can be executed, the seed is for its owner alone."""
    archive = gradescope_zip(COURSE, seed=b"1")
    assert archive == gradescope_zip(COURSE, seed=b"1")
    entries = zipfile.ZipFile(io.BytesIO(archive)).infolist()
    assert {entry.date_time for entry in entries} == {(1980, 1, 1, 0, 0, 0)}
    modes = {entry.filename: entry.external_attr >> 16 & 0o777 for entry in entries}
    assert (modes["setup.sh"], modes["run_autograder"], modes["seed"]) == (0o755, 0o755, 0o600)
    assert modes["grader/judge.py"] == 0o644


@pytest.mark.parametrize("script", ["setup.sh", "run_autograder"])
@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash")
def test_the_scripts_are_whole(tmp_path: Path, script: str) -> None:
    """Bash can read them, they stop at the first error, and their lines end as Linux has it."""
    content = zipfile.ZipFile(io.BytesIO(gradescope_zip(COURSE))).read(script)
    assert b"\r" not in content
    assert b"set -euo pipefail" in content
    assert subprocess.run(["bash", "-n"], input=content, check=False).returncode == 0


def test_requirements_are_those_of_the_project() -> None:
    """Each in the version that is installed here."""
    found = dict(line.split("==") for line in requirements())
    assert {"numpy", "click", "rich", "msgpack", "hypothesis"} <= found.keys()
    assert found["numpy"] == __import__("numpy").__version__


def test_classroom_files() -> None:
    """Every exercise with its points, and a workflow that names one runner throughout."""
    course = load_exercises(COURSE)
    files = classroom_files(course, 'git+https://example.org/"x"@v1#egg=tinygrad-edu[grader]')
    assert sorted(files) == [".github/classroom/autograding.json", ".github/workflows/classroom.yml"]
    tests = json.loads(files[".github/classroom/autograding.json"])["tests"]
    assert [(test["name"], test["points"]) for test in tests] == [(one.id, one.points) for one in course]
    keys = {"name", "setup", "run", "input", "output", "comparison", "timeout", "points"}
    assert all(test.keys() == keys and test["comparison"] in ("exact", "included", "regex") for test in tests)
    workflow = files[".github/workflows/classroom.yml"].decode()
    # The name is how GitHub Classroom finds the run.
    assert workflow.splitlines()[3] == "name: Autograding Tests"
    assert '          GRADER: "git+https://example.org/\\"x\\"@v1#egg=tinygrad-edu[grader]"\n' in workflow
    assert "@REQUIREMENT@" not in workflow
    assert "\t" not in workflow
    [runner] = re.findall(r"runners: (\S+)", workflow)
    assert f"id: {runner}\n" in workflow
    assert f"{runner.upper()}_RESULTS: ${{{{ steps.{runner}.outputs.result }}}}" in workflow
