"""The deadline of one exercise, over all its checks and all the workers that it uses up."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from grader.program import Reply, Runner, Step, WorkerGone


class Clock:
    """Seconds that may still be spent.

    Parameters
    ----------
    seconds
        How many in all.
    """

    def __init__(self, seconds: float) -> None:
        self.allowed = self.left = seconds

    def spend(self, seconds: float) -> None:
        """Take seconds away."""
        self.left -= seconds


class TimedRunner:
    """A runner whose requests are charged to a clock; once that has run out it answers no more.

    Parameters
    ----------
    inner
        Carries out the requests.
    clock
        Shared by all runners of one exercise.
    """

    def __init__(self, inner: Runner, clock: Clock) -> None:
        self._inner, self._clock = inner, clock

    def allow(self, seconds: float) -> None:
        """Give the code this many seconds from now on, or what is left of the exercise's."""
        self._inner.allow(min(seconds, max(self._clock.left, 0.0)))

    def load(self, source: bytes, imports: Sequence[str]) -> Reply:
        """Load a source; every later request is about it."""
        return self._charged(lambda: self._inner.load(source, imports))

    def reload(self) -> Reply:
        """Execute the loaded source again, into an empty module."""
        return self._charged(self._inner.reload)

    def run(self, start: int, steps: Sequence[Step], ask: Sequence[int]) -> Reply:
        """Run steps numbered from `start` and return the results asked for."""
        return self._charged(lambda: self._inner.run(start, steps, ask))

    def close(self) -> None:
        """End it and everything that it started."""
        self._inner.close()

    def _charged(self, request: Callable[[], Reply]) -> Reply:
        if self._clock.left <= 0:
            self.close()
            why = f"all checks together had used up the {self._clock.allowed:g} s of an exercise"
            raise WorkerGone("timeout", why)
        began = time.monotonic()
        try:
            return request()
        finally:
            self._clock.spend(time.monotonic() - began)
