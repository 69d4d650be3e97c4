"""One setting of the C library, made once at import."""

from __future__ import annotations

from tinygrad_edu.backend import np

__all__ = ["keep_freed_memory"]


def keep_freed_memory() -> None:
    """Let the C library keep freed arrays for the next ones, instead of giving them back each time.

    glibc maps every large array anew and unmaps it when freed, and each first touch of a page then costs a trip to the
    kernel: several times what the arithmetic costs. Freeing one large block that was mapped raises its threshold, once
    and for all. The block is never touched, so it takes no memory. Other C libraries are not impressed.
    """
    np.empty(32 * 2**20 - 2**16, np.uint8)
