"""One number for both directions, or two."""

from __future__ import annotations

from typing import Any

__all__ = ["one", "pair"]


def pair(value: Any, what: str) -> tuple[int, int]:
    """Return ``value`` as (vertical, horizontal).

    Examples
    --------
    >>> pair(3, "kernel_size"), pair((3, 5), "kernel_size")
    ((3, 3), (3, 5))
    """
    if isinstance(value, (tuple, list)):
        if len(value) == 2:
            return int(value[0]), int(value[1])
        raise ValueError(f"{what} is one number or two (vertical, horizontal), not {value!r}.")
    return int(value), int(value)


def one(value: Any, what: str) -> int:
    """Return ``value``, a number or a sequence of one, as a number.

    Examples
    --------
    >>> one(3, "kernel_size"), one((3,), "kernel_size")
    (3, 3)
    """
    if isinstance(value, (tuple, list)):
        if len(value) == 1:
            return int(value[0])
        raise ValueError(f"{what} is one number, not {value!r}.")
    return int(value)
