"""Who a worker runs as when the judge is root: nobody that the machine knows."""

from __future__ import annotations

import functools
import os
import secrets
import stat
from pathlib import Path
from typing import Final

# Numbers from here on are given out by nothing that we know of (systemd.io/UIDS-GIDS).
_UNUSED: Final = 0x7000_0000
_NOBODY: Final = 65534


def spare_user() -> int | None:
    """Return a number for a worker to run as, a new one every time; None if this process is not root.

    Root itself will not do: limits on processes do not hold for it, and much of /proc and /sys is its own.
    """
    if os.getuid() != 0:
        return None
    user = _UNUSED + secrets.randbelow(2**24)
    return user if _exists(user) else _NOBODY


def _exists(user: int) -> bool:
    """Return whether this user namespace knows the number: a container's may end at 65535."""
    try:
        lines = Path("/proc/self/uid_map").read_text(encoding="ascii").splitlines()
    except OSError:
        return False
    return any(int(first) <= user < int(first) + int(count) for first, _, count in map(str.split, lines))


@functools.cache
def hidden_from_others(paths: tuple[str, ...]) -> tuple[str, ...]:
    """Return those paths that a user without any rights of his own cannot reach and read."""
    return tuple(path for path in paths if not _open_to_all(path))


def way_is_open(path: str) -> bool:
    """Return whether a user without any rights of his own may enter every folder above a path."""
    # Links on the way lead elsewhere: both ways must be open.
    above = {*Path(path).parents, *Path(path).resolve().parents}
    return all(parent.stat().st_mode & stat.S_IXOTH for parent in above)


def _open_to_all(path: str) -> bool:
    mode = os.stat(path).st_mode
    wanted = stat.S_IROTH | (stat.S_IXOTH if stat.S_ISDIR(mode) else 0)
    return mode & wanted == wanted and way_is_open(path)
