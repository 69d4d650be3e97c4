"""Single keys from the keyboard, without Enter, while the rest goes on."""

from __future__ import annotations

import os
import re
import sys
import threading
from collections.abc import Callable
from typing import Any

__all__ = ["Keys"]

_LOOK_S = 0.1
# What arrow and function keys send; none of them means anything here.
_SEQUENCE = re.compile(rb"\x1b(\[[0-9;?]*[A-Za-z~]|O.|.)?", re.DOTALL)


class Keys:
    """A thread that calls `report(key)` for each key pressed while the context is open.

    On a terminal keys arrive at once and are not echoed; Ctrl-C stays an interrupt. Where standard input is no
    terminal its characters count as keys. The terminal is always left as it was found.

    Parameters
    ----------
    report
        Called on the reading thread with one character, in lower case.
    """

    def __init__(self, report: Callable[[str], None]) -> None:
        self._report = report
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="grader-keys", daemon=True)
        self._saved: list[Any] | None = None

    def __enter__(self) -> Keys:
        self._raw()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._restore()

    def _run(self) -> None:
        try:
            read = _read_windows if os.name == "nt" else _read_posix
            while not self._stop.is_set():
                keys = read()
                if keys is None:
                    return
                for key in keys:
                    self._report(key.lower())
        except (OSError, ValueError):
            # Standard input is closed, or there is none: a watch without keys.
            return

    def _raw(self) -> None:
        if os.name == "nt" or sys.stdin is None or not sys.stdin.isatty():
            return
        import termios
        import tty

        self._saved = termios.tcgetattr(sys.stdin)
        tty.setcbreak(sys.stdin)

    def _restore(self) -> None:
        if self._saved is not None:
            import termios

            termios.tcsetattr(sys.stdin, termios.TCSADRAIN, self._saved)


def _read_posix() -> str | None:
    """Return the keys that arrived within a moment, None at the end of the input."""
    import select

    descriptor = sys.stdin.fileno()
    if not select.select([descriptor], [], [], _LOOK_S)[0]:
        return ""
    data = os.read(descriptor, 64)
    if not data:
        return None
    return _SEQUENCE.sub(b"", data).decode(errors="ignore")


def _read_windows() -> str | None:
    """Return the keys that arrived within a moment."""
    # Only Windows has this module, so its functions are looked up by name.
    import msvcrt
    import time

    kbhit, getwch = getattr(msvcrt, "kbhit"), getattr(msvcrt, "getwch")  # noqa: B009 - absent in stubs elsewhere
    if not kbhit():
        time.sleep(_LOOK_S)
        return ""
    key = str(getwch())
    if key == "\x03":
        import _thread

        _thread.interrupt_main()
        return ""
    if key in ("\x00", "\xe0"):
        getwch()
        return ""
    return key
