"""One number for both directions, or two."""

from __future__ import annotations

from typing import Any

__all__ = ["pair"]


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
