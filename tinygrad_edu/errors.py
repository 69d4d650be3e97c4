"""What can go wrong, as one small tree.

::

    RuntimeError
    └── AutogradError            everything the engine raises on purpose
        ├── ShapeError           shapes that do not fit (also a ValueError)
        ├── DtypeError           an element type that cannot be differentiated or mixed (also a TypeError)
        ├── GraphFreedError      a second backward through a graph that the first one released
        ├── GraphChangedError    a leaf was given new data after the graph was recorded
        ├── NoGradError          nothing to differentiate: no input requires a gradient
        └── RuleError            a vjp rule returned something of the wrong shape or number

Each message is three short parts: what happened, what was expected, one thing to do; where the
engine knows it, the line of the user's own program that led there.
"""

from __future__ import annotations

import linecache
import os
import sys
from types import FrameType

__all__ = [
    "AutogradError",
    "DtypeError",
    "GraphChangedError",
    "GraphFreedError",
    "NoGradError",
    "RuleError",
    "ShapeError",
    "cannot_broadcast",
    "user_line",
]

_PACKAGE = os.path.dirname(os.path.abspath(__file__)) + os.sep


class AutogradError(RuntimeError):
    """Base of every error that the engine raises on purpose."""


class ShapeError(AutogradError, ValueError):
    """Shapes that do not fit together."""


class DtypeError(AutogradError, TypeError):
    """An element type that the operation cannot take."""


class GraphFreedError(AutogradError):
    """The graph was already released by an earlier ``backward()``."""


class GraphChangedError(AutogradError):
    """A tensor was given new data after the graph had recorded the old."""


class NoGradError(AutogradError):
    """There is nothing to differentiate."""


class RuleError(AutogradError):
    """A vjp rule broke its contract."""


def user_line() -> str:
    """Return the innermost line outside this package as `` (file.py:12: code)``, or ``""``.

    Examples
    --------
    >>> user_line()  # doctest: +SKIP
    ' (train.py:12: loss.backward())'
    """
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_code.co_filename.startswith(_PACKAGE):
        frame = frame.f_back
    if frame is None:
        return ""
    name, number = frame.f_code.co_filename, frame.f_lineno
    code = linecache.getline(name, number).strip()
    return f" ({os.path.basename(name)}:{number}{': ' + code if code else ''})"


def cannot_broadcast(name: str, a: tuple[int, ...], b: tuple[int, ...], error: ValueError) -> ShapeError:
    """Say which shapes met in the operation `name`, and what would fit."""
    if any(m != n and 1 not in (m, n) for m, n in zip(reversed(a), reversed(b), strict=False)):
        return ShapeError(
            f"{name}: shapes {a} and {b} do not broadcast; compared from the right, two sizes "
            f"must be equal or one of them 1. Reshape or transpose one of the two.{user_line()}"
        )
    return ShapeError(f"{name}: {error} (shapes {a} and {b}).{user_line()}")
