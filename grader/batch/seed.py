"""The secret seed of a grading: read from a file, so that it is neither in a command line nor in a history."""

from __future__ import annotations

import hashlib
import os
import secrets
from pathlib import Path
from typing import Final

from grader.batch.folder import BatchError
from grader.progress import reason

_LONGEST: Final = 4096
_BITS: Final = 63


def read_seed(path: Path) -> int:
    """Return the seed that a file holds: a whole number as it is, any other text by its hash.

    Raises
    ------
    BatchError
        If there is no such file or nothing in it.
    """
    try:
        with path.open("rb") as stream:
            text = stream.read(_LONGEST + 1).strip()
    except FileNotFoundError:
        raise BatchError(
            f"there is no {path}. Make one with --new-seed, or give the file that you have."
        ) from None
    except OSError as error:
        raise BatchError(f"{path} could not be read: {reason(error)}.") from None
    if not text or len(text) > _LONGEST:
        raise BatchError(f"{path} holds no seed. A number or a line of text is one.")
    if text.isdigit() and len(text) < 20:
        return int(text)
    return int.from_bytes(hashlib.sha256(text).digest()[:8], "big") >> (64 - _BITS)


def make_seed(path: Path) -> int:
    """Write a new seed into a file that only its owner can read, and return it.

    Raises
    ------
    BatchError
        If the file is there already, or cannot be written.
    """
    seed = secrets.randbits(_BITS)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise BatchError(f"{path} is there already. Leave out --new-seed to use it.") from None
    except OSError as error:
        raise BatchError(f"{path} could not be written: {reason(error)}.") from None
    with os.fdopen(descriptor, "w", encoding="ascii") as stream:
        stream.write(f"{seed}\n")
    return seed


def is_open_to_others(path: Path) -> bool:
    """Return whether somebody other than its owner may read a file."""
    return os.name == "posix" and bool(path.stat().st_mode & 0o077)
