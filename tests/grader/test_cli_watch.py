"""`grader watch` on a real terminal: files are really saved, keys are really pressed."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from grader.progress import Progress

if TYPE_CHECKING:
    from conftest import StudentAtWork

# Only an upper bound on how long a broken watch can hang the suite.
PATIENCE_S = 60

on_a_terminal = pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals are POSIX")


class Terminal:
    """A pseudo-terminal with `grader watch` on it."""

    def __init__(self, student: StudentAtWork, *arguments: str, **environment: str) -> None:
        import pty
        import termios

        self.controller, self._device = pty.openpty()
        self.settings = termios.tcgetattr(self._device)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "grader", "watch", *arguments],
            env={**student.environment, "TERM": "xterm", **environment},
            cwd=student.work.root,
            stdin=self._device,
            stdout=self._device,
            stderr=self._device,
            start_new_session=True,
            preexec_fn=_take_terminal,
        )
        os.set_blocking(self.controller, False)
        self._seen = ""

    def expect(self, pattern: str) -> str:
        """Wait until the screen shows a pattern; return what was written up to its end, without colours."""
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            self._read()
            found = re.search(pattern, self._seen, re.DOTALL)
            if found is not None:
                shown, self._seen = self._seen[: found.end()], self._seen[found.end() :]
                return shown
            time.sleep(0.02)
        pytest.fail(f"{pattern!r} was not shown; the terminal shows:\n{self._seen}")

    def press(self, keys: str) -> None:
        """Press keys."""
        os.write(self.controller, keys.encode())

    def wait(self) -> int:
        """Wait for the end and return the exit status."""
        end = time.monotonic() + PATIENCE_S
        while self.process.poll() is None and time.monotonic() < end:
            self._read()
            time.sleep(0.02)
        status = self.process.wait(timeout=1)
        # Python ends itself by the signal if that arrives in code made from text; a shell calls both 130.
        return 130 if status == -signal.SIGINT else status

    def is_restored(self) -> bool:
        """Tell whether the terminal's settings are what they were."""
        import termios

        return termios.tcgetattr(self._device) == self.settings

    def close(self) -> None:
        """End the watch if it is still there, and close the terminal."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        os.close(self.controller)
        os.close(self._device)

    def _read(self) -> None:
        try:
            while data := os.read(self.controller, 65536):
                text = data.decode(errors="replace").replace("\r\n", "\n")
                self._seen += re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", text)
        except (BlockingIOError, OSError):
            return


def _take_terminal() -> None:
    import fcntl
    import termios

    # Only the controlling terminal of a session turns Ctrl-C into an interrupt.
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


@contextmanager
def watching(student: StudentAtWork, *arguments: str, **environment: Any) -> Iterator[Terminal]:
    """Open a terminal with a watch on it."""
    terminal = Terminal(student, *arguments, **environment)
    try:
        yield terminal
    finally:
        terminal.close()


@on_a_terminal
@pytest.mark.parametrize("arguments", [[], ["--poll"]], ids=["events", "polling"])
def test_from_the_first_save_to_the_end(student: StudentAtWork, arguments: list[str]) -> None:
    """Wrong, half saved, right: each save is checked, and a pass leads on to the next exercise until none is left."""
    with watching(student, *arguments) as terminal:
        terminal.expect(r"ch01_numbers/ex01_double .*Not started. Write in .*task.py.*q quit\]")
        student.write("double", "x * x")
        assert "should be" in terminal.expect(r"ex01_double  0/1  fail.*q quit\]")
        student.task("double").write_text("def double(x):\n    return (2 *")
        terminal.expect(r"0/1  syntax.*q quit\]")
        student.solve("double")
        terminal.expect(r"ex01_double  1/1  passed.*ex02_triple .*Not started.*q quit\]")
        # An exercise out of turn, saved as many editors do: a new file renamed over the old.
        aside = student.task("double_all").with_suffix(".swp")
        aside.write_text(student.course[student.id("double_all")].solution)
        aside.replace(student.task("double_all"))
        terminal.expect(r"ex01_double_all  3/3  passed.*ex02_triple .*Not started.*q quit\]")
        student.solve("triple")
        terminal.expect(r"ex02_triple  2/2  passed.*All exercises passed\.")
        assert terminal.wait() == 0
        assert terminal.is_restored()
    assert "3 of 3 exercises passed" in student.grader("list").output


@on_a_terminal
def test_the_keys(student: StudentAtWork) -> None:
    """Hint by hint, the list, the statement, the next exercise, reset asked twice, quit; others do nothing."""
    student.write("double", "x")
    with watching(student) as terminal:
        terminal.expect(r"fail.*q quit\]")
        terminal.press("h")
        terminal.expect(r"hint 1 of 3\nWhat is twice three\?.*q quit\]")
        terminal.press("H")
        terminal.expect(r"hint 2 of 3.*q quit\]")
        terminal.press("l")
        terminal.expect(r"ex01_double .*not right yet.*not started.*q quit\]")
        terminal.press("s")
        terminal.expect(r"double\(x\) = 2 x.*q quit\]")
        terminal.press("r")
        terminal.expect(r"Press r again")
        terminal.press("h")
        terminal.expect(r"hint 3 of 3.*q quit\]")
        terminal.press("r")
        terminal.expect(r"Press r again")
        assert "return x" in student.task("double").read_text()
        terminal.press("r")
        terminal.expect(r"kept in .*\.py")
        terminal.expect(r"Not started.*q quit\]")
        terminal.press("x\x1b[Hn\x1bOQ?")
        terminal.expect(r"ex02_triple .*Not started.*q quit\]")
        terminal.press("n")
        terminal.expect(r"ex01_double_all .*Not started.*q quit\]")
        terminal.press("n")
        terminal.expect(r"ex01_double .*Not started.*q quit\]")
        terminal.press("q")
        assert terminal.wait() == 0
        assert terminal.is_restored()
    assert student.task("double").read_text() == student.course[student.id("double")].stub
    assert Progress(student.work.root).record(student.id("double")).hints == 3


@on_a_terminal
def test_an_interrupt(student: StudentAtWork) -> None:
    """Ctrl-C, while waiting and while an endless answer runs: status 130, a sentence, the terminal as before."""
    with watching(student, "triple") as terminal:
        terminal.expect(r"ex02_triple .*q quit\]")
        terminal.press("\x03")
        assert terminal.wait() == 130
        terminal.expect("grader: stopped")
        assert terminal.is_restored()
    student.write("triple", "all(True for _ in iter(int, 1))")
    with watching(student, "triple") as terminal:
        terminal.expect("-----")
        terminal.press("\x03")
        assert terminal.wait() == 130
        assert terminal.is_restored()


@on_a_terminal
def test_nothing_left_to_watch(student: StudentAtWork) -> None:
    """When everything has passed the watch says so and ends."""
    student.solve("double", "triple", "double_all")
    student.grader("check")
    with watching(student) as terminal:
        terminal.expect(r"All exercises passed\.")
        assert terminal.wait() == 0


def test_without_a_terminal(student: StudentAtWork) -> None:
    """Keys may come through a pipe, and there is no colour."""
    result = student.run("watch", input="hq")
    assert result.returncode == 0
    assert "hint 1 of 3" in result.stdout
    assert "\x1b" not in result.stdout
