"""What the commands write on a real terminal: colours, signs, a progress bar that leaves nothing behind."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import StudentAtWork

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals are POSIX")


def on_a_terminal(student: StudentAtWork, *arguments: str, **environment: str) -> str:
    """Run a command on a pseudo-terminal and return every character it wrote there."""
    import pty

    controller, device = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "grader", *arguments],
        env={**student.environment, "TERM": "xterm", **environment},
        cwd=student.work.root,
        stdin=device,
        stdout=device,
        stderr=device,
    )
    os.close(device)
    output = b""
    try:
        while data := os.read(controller, 65536):
            output += data
    except OSError:
        # Linux reports the end of a terminal as an error.
        pass
    finally:
        os.close(controller)
    process.wait(timeout=60)
    return output.decode()


@pytest.mark.parametrize(
    ("environment", "coloured"), [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)]
)
@pytest.mark.parametrize("verb", ["list", "check", "show"])
def test_colour_unless_it_is_not_wanted(
    student: StudentAtWork, verb: str, environment: dict[str, str], coloured: bool
) -> None:
    """Colours appear on a terminal, not with NO_COLOR and not on a dumb one."""
    output = on_a_terminal(student, verb, **environment)
    assert "ex01_double" in output
    assert ("\x1b[" in output) is coloured


def test_a_progress_bar_below_the_lines(student: StudentAtWork) -> None:
    """Lines keep their signs while the bar moves; at the end the bar is gone and the cursor is back."""
    student.solve("double", "triple", "double_all")
    output = on_a_terminal(student, "check")
    assert output.count("✓") == 3
    assert "0/3" in output
    assert output.index("\x1b[?25l") < output.index("\x1b[?25h")
    after = output[output.index("\x1b[?25h") :]
    assert "checking" not in after
    assert "3 of 3 passed" in after
