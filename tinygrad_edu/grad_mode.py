"""Switching the recording of the graph off and on."""

from __future__ import annotations

import functools
from collections.abc import Callable
from types import TracebackType
from typing import Any

__all__ = ["enable_grad", "is_grad_enabled", "no_grad", "set_grad_enabled"]


class _Recording:
    """Whether operations leave a record. One switch for the whole process, as simple as it can be."""

    __slots__ = ("on",)

    def __init__(self) -> None:
        self.on = True


recording = _Recording()


class set_grad_enabled:  # noqa: N801  # PyTorch's name
    """Record operations, or not, from here on; as a context manager, until its end.

    The switch is one for the whole process, not one for each thread.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> x = tg.ones(1, requires_grad=True)
    >>> with tg.set_grad_enabled(False):
    ...     (x * 2).requires_grad
    False
    """

    def __init__(self, mode: bool) -> None:
        self._mode = mode
        self._before = [recording.on]
        recording.on = mode

    def __enter__(self) -> None:
        self._before.append(recording.on)
        recording.on = self._mode

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._before.pop()
        recording.on = self._before[0] if len(self._before) == 1 else self._mode


class _Mode:
    """A context manager and decorator that sets the recording to `mode` inside."""

    mode: bool

    def __init__(self) -> None:
        self._before: list[bool] = []

    def __enter__(self) -> None:
        self._before.append(recording.on)
        recording.on = self.mode

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        recording.on = self._before.pop()

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            with type(self)():
                return function(*args, **kwargs)

        return wrapped


class no_grad(_Mode):  # noqa: N801  # PyTorch's name
    """Inside, operations leave no record: nothing can be walked back, and nothing is kept for it.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> x = tg.ones(1, requires_grad=True)
    >>> with tg.no_grad():
    ...     (x * 2).requires_grad
    False
    """

    mode = False


class enable_grad(_Mode):  # noqa: N801  # PyTorch's name
    """Inside, operations are recorded, also within `no_grad`."""

    mode = True


def is_grad_enabled() -> bool:
    """Return whether operations are being recorded."""
    return recording.on
