"""The command itself: help, version, misuse, packages that are missing, pipes that close."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import StudentAtWork

VERBS = ["list", "show", "check", "watch", "hint", "solution", "reset", "init", "doctor"]


def test_help_names_every_verb(student: StudentAtWork) -> None:
    """The page of the command lists the verbs and shows examples."""
    for flag in ("--help", "-h"):
        output = student.grader(flag).output
        assert all(f"\n  {verb} " in output for verb in VERBS)
        assert "grader check sigmoid" in output


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help_and_examples(student: StudentAtWork, verb: str) -> None:
    """Each page has a usage line, a sentence and an example of this verb."""
    result = student.grader(verb, "--help")
    assert result.exit_code == 0
    assert result.output.startswith(f"Usage: grader {verb}")
    assert f"  grader {verb}" in result.output.partition("Examples:")[2]


def test_version(student: StudentAtWork) -> None:
    """The version of the distribution or of the clone."""
    result = student.grader("--version")
    assert result.exit_code == 0
    assert result.output.startswith("grader 0.")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["chek"], "Did you mean `grader check`?"),
        (["frobnicate"], "`grader --help` lists them"),
        (["check", "--jsn"], "--json"),
        (["check", "--jobs", "0"], "--jobs"),
        (["check", "--seed", "x"], "--seed"),
        (["solution"], "Missing argument"),
        (["show", "double", "triple"], "unexpected extra argument"),
    ],
    ids=repr,
)
def test_misuse(student: StudentAtWork, arguments: list[str], sentence: str) -> None:
    """A sentence on standard error and the exit status 2."""
    result = student.grader(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert sentence in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("package", ["click", "rich", "hypothesis", "msgpack"])
def test_a_package_that_is_not_installed(student: StudentAtWork, package: str) -> None:
    """One sentence with the command that installs it, and the exit status 2."""
    code = f"import sys; sys.modules[{package!r}] = None; from grader.__main__ import main; main()"
    student.solve("double")
    verb = ["list"] if package == "rich" else ["check", "--jobs", "1"]
    process = subprocess.run(
        [sys.executable, "-c", code, *verb],
        env=student.environment,
        cwd=student.work.root,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert process.returncode == 2
    assert process.stderr == (
        f"grader: the package {package} is not installed. Run: pip install 'tinygrad-edu[grader]'\n"
    )


def test_a_verb_imports_only_what_it_needs(student: StudentAtWork) -> None:
    """Listing waits neither for NumPy nor for Hypothesis; checking does not wait for rich."""
    code = (
        "import sys\nfrom grader.__main__ import main\n"
        "try: main()\nfinally: print(*sorted(sys.modules), file=sys.stderr)"
    )

    def loaded(*verb: str) -> set[str]:
        command = [sys.executable, "-c", code, *verb]
        options = {"env": student.environment, "cwd": student.work.root, "timeout": 120}
        return set(
            subprocess.run(command, capture_output=True, text=True, check=False, **options).stderr.split()
        )

    assert {"numpy", "hypothesis", "watchfiles"}.isdisjoint(loaded("list"))
    assert {"rich", "watchfiles"}.isdisjoint(loaded("check", "double"))


def test_a_pipe_that_closes_early(student: StudentAtWork) -> None:
    """`grader list | head -1` ends without a traceback."""
    command = [sys.executable, "-m", "grader", "show", "double"]
    with subprocess.Popen(
        command,
        env=student.environment,
        cwd=student.work.root,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        errors = process.stderr.read()
        process.wait(timeout=60)
    assert errors == b""
