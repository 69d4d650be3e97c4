"""The pytest plugin, in projects of its own: exercises become items, other projects notice nothing."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from importlib import import_module
from pathlib import Path

import pytest

from grader.exercise import load_exercises

HERE = Path(__file__).parent
REPOSITORY = HERE.parents[1]
TASKS = {
    "double": ("ch01_numbers/ex01_double", "def double(x):\n    return 2 * x\n"),
    "triple": ("ch01_numbers/ex02_triple", "def triple(x):\n    return x\n"),
}


def run(folder: Path, *arguments: str, prelude: str = "") -> subprocess.CompletedProcess[str]:
    """Run pytest with this plugin and no other, as the repository's settings do."""
    code = f"import sys; {prelude}\nimport pytest; sys.exit(pytest.main(sys.argv[1:]))"
    options = [
        "-p",
        "grader.pytest_plugin",
        "--doctest-modules",
        "--import-mode=importlib",
        "-W",
        "error",
        "-rA",
    ]
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    environment.pop("PYTEST_ADDOPTS", None)
    return subprocess.run(
        [sys.executable, "-c", code, *options, "--rootdir", str(folder), *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        encoding="utf-8",
        timeout=180,
        check=False,
    )


def outcomes(result: subprocess.CompletedProcess[str]) -> dict[str, int]:
    """Return how many items passed, failed, were skipped, from the last line."""
    return {
        word: int(number) for number, word in re.findall(r"(\d+) ([a-z]+)", result.stdout.splitlines()[-1])
    }


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a clone's exercises folder: the small course with its untouched tasks."""
    course = tmp_path / "exercises"
    shutil.copytree(HERE / "packs" / "course", course, ignore=shutil.ignore_patterns("__pycache__"))
    for exercise in load_exercises(course):
        exercise.task_path.write_text(exercise.stub)
    return tmp_path


def test_an_untouched_course_is_skipped_as_not_started(project: Path) -> None:
    """Each check is an item that is skipped; solutions and specs are no tests; the run succeeds."""
    result = run(project)
    assert result.returncode == 0
    assert outcomes(result) == {"skipped": 4}
    assert result.stdout.count("not started") >= 3


def test_answers_are_checked_for_real(project: Path) -> None:
    """A right one passes; a wrong one fails with the student's text and no line of ours."""
    for exercise_id, text in TASKS.values():
        (project / "exercises" / exercise_id / "task.py").write_text(text)
    result = run(project)
    assert result.returncode == 1
    assert outcomes(result) == {"passed": 2, "failed": 1, "skipped": 1}
    for text in ("triple(x) is 3 x.", "triple(", "should be"):
        assert text in result.stdout
    for text in ("Traceback", "pytest_plugin.py", "judge.py", "NotPassedError:"):
        assert text not in result.stdout
    assert re.search(r"PASSED .*ex01_double.task\.py::check_values", result.stdout)


@pytest.mark.parametrize(
    ("text", "reason", "failed"),
    [
        ("raise SystemExit(0)\n", "SystemExit", 1),
        ("import pytest\npytest.exit('all fine', returncode=0)\n", "forbidden|imports", 1),
        ("def double(x:\n", "line 1", 1),
        ("def doble(x):\n    return 2 * x\n", "double", 2),
        ('def double(x):\n    """>>> 1\n    2\n    """\n    raise ValueError("no")\n', "ValueError", 2),
    ],
)
def test_code_that_does_not_behave_stays_in_the_worker(
    project: Path, text: str, reason: str, failed: int
) -> None:
    """What a task does when loaded does not touch the test process; what cannot be loaded fails once."""
    (project / "exercises" / TASKS["double"][0] / "task.py").write_text(text)
    result = run(project)
    assert outcomes(result) == {"failed": failed, "skipped": 4 - failed}
    assert re.search(reason, result.stdout)
    assert "Traceback" not in result.stdout


def test_a_part_that_is_not_written_is_skipped(project: Path) -> None:
    """An edited file whose function still raises NotImplementedError is not started either."""
    task = project / "exercises" / TASKS["double"][0] / "task.py"
    task.write_text(task.read_text() + "\n# thinking\n")
    assert outcomes(run(project)) == {"skipped": 4}


def test_one_check_can_be_named(project: Path) -> None:
    """A node id runs one file or one check."""
    exercise_id, text = TASKS["double"]
    (project / "exercises" / exercise_id / "task.py").write_text(text)
    assert outcomes(run(project, f"exercises/{exercise_id}/task.py::check_values")) == {"passed": 1}
    assert outcomes(run(project, "-k", "triple")) == {"skipped": 1, "deselected": 3}


def test_a_work_directory_is_known_by_its_folders(tmp_path: Path) -> None:
    """Tasks without a spec beside them find the exercise that came with the grader."""
    exercise = next(one for one in load_exercises() if one.id.endswith("_sigmoid"))
    folder = tmp_path / exercise.id
    folder.mkdir(parents=True)
    (folder / "task.py").write_text(exercise.stub)
    assert set(outcomes(run(tmp_path))) == {"skipped"}
    (folder / "task.py").write_text(exercise.solution)
    assert outcomes(run(tmp_path)) == {"passed": len(exercise.checks)}


def test_other_projects_notice_nothing(tmp_path: Path) -> None:
    """Files that happen to have our names are collected as ever."""
    package = tmp_path / "jobs"
    package.mkdir()
    for name in ("task.py", "spec.py", "solution.py"):
        (package / name).write_text('"""A module.\n\n>>> 1 + 1\n2\n"""\n')
    (package / "test_it.py").write_text("def test_it():\n    pass\n")
    assert outcomes(run(tmp_path)) == {"passed": 4}


def test_loading_costs_nothing() -> None:
    """With the plugin loaded, neither NumPy nor anything of the judge is."""
    code = "import pytest, sys; old = set(sys.modules); import grader.pytest_plugin; print(*set(sys.modules) - old)"
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert set(done.stdout.split()) <= {"grader", "grader.pytest_plugin"}


def test_a_package_that_is_not_installed(project: Path) -> None:
    """Collecting fails with the command that installs it: checks that cannot run must not look passed."""
    (project / "exercises" / TASKS["double"][0] / "task.py").write_text(TASKS["double"][1])
    result = run(project, prelude="sys.modules['hypothesis'] = None")
    assert result.returncode != 0
    assert "pip install 'tinygrad-edu[grader]'" in result.stdout
    assert "Traceback" not in result.stdout


def test_the_installed_plugin_is_this_one() -> None:
    """The entry point names a module that has the hook."""
    settings = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())
    [name] = settings["project"]["entry-points"]["pytest11"].values()
    assert hasattr(import_module(name), "pytest_collect_file")
