"""What the self-test tries, as data: what it is, which tiers promise that it fails, and how to try it."""

from __future__ import annotations

import ctypes
import os
import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from grader.sandbox.bait import Bait
from grader.sandbox.needs import GRADER

BUBBLEWRAP: Final = "bubblewrap"
LANDLOCK: Final = "landlock"
PROCESS: Final = "process"

_SANDBOXES: Final = frozenset({BUBBLEWRAP, LANDLOCK})
_ALL: Final = frozenset({BUBBLEWRAP, LANDLOCK, PROCESS})
_NAMESPACES: Final = frozenset({BUBBLEWRAP})

# Given to every worker, and by bubblewrap and the C library on top.
_ENVIRONMENT: Final = (
    "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS", "HOME", "TMPDIR", "TEMP",
    "TMP", "PWD", "LD_LIBRARY_PATH", "LC_CTYPE",
)  # fmt: skip

# Doors of the kernel, as (x86-64, aarch64) numbers and arguments that do nothing where the door is open.
_KERNEL: Final[dict[str, tuple[tuple[int, int], list[int]]]] = {
    "io_uring_setup": ((425, 425), [0, 0]),
    "bpf": ((321, 280), [0, 0, 0]),
    "keyctl": ((250, 219), [0, -3, 0]),
    "add_key": ((248, 217), [0, 0, 0, 0, 0]),
    "perf_event_open": ((298, 241), [0, 0, -1, -1, 0]),
    "userfaultfd": ((323, 282), [-1]),
    "memfd_create": ((319, 279), [0, 0]),
    "setns": ((308, 268), [-1, 0]),
    "mount": ((165, 40), [0, 0, 0, 0, 0]),
    "fsopen": ((430, 430), [0, 0]),
    "chroot": ((161, 51), [0]),
    "open_by_handle_at": ((304, 265), [-1, 0, 0]),
    "shmget": ((29, 194), [0x67726164, 0, 0]),
    "msgget": ((68, 186), [0x67726164, 0]),
    "mq_open": ((240, 180), [0, 0, 0, 0]),
    "personality": ((135, 92), [0xFFFFFFFF]),
    "prctl": ((157, 167), [3, 0, 0, 0, 0]),
    "clone3": ((435, 435), [0, 0]),
    "execveat": ((322, 281), [-1, 0, 0, 0, 0]),
    "pidfd_open": ((434, 434), [-1, 0]),
    "seccomp": ((317, 277), [2, 0, 0]),
}


@dataclass(slots=True)
class Scene:
    """Where trials take place: the bait, the worker's private folder as it sees it, the limits that are to hold."""

    bait: Bait
    memory: int
    tmp_bytes: int
    private: str = ""


@dataclass(frozen=True, slots=True)
class Trial:
    """One thing to try.

    Attributes
    ----------
    name
        What it is called in reports, as something that a submission does.
    promised
        The tiers in which it must fail.
    function, arguments
        The function of `probe` that tries it, and what it is given.
    proof
        What must be true besides, on the judge's side, if it succeeded; None if the probe's word will do.
    """

    name: str
    promised: frozenset[str]
    function: str
    arguments: Callable[[Scene], tuple[Any, ...]]
    proof: Callable[[Scene], bool] | None = None


def _kernel_calls() -> dict[str, list[int]]:
    place = 1 if os.uname().machine == "aarch64" else 0
    return {name: [numbers[place], *arguments] for name, (numbers, arguments) in _KERNEL.items()}


def _free_port() -> int:
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        port: int = asked.getsockname()[1]
        return port


def _secret_memory(scene: Scene) -> tuple[int, int, int]:
    return scene.bait.pid, ctypes.addressof(scene.bait.memory), len(scene.bait.memory)


# Those that may end the worker come last.
TRIALS: Final = (
    Trial("reads a file that anybody may read", _SANDBOXES, "read", lambda scene: (str(scene.bait.secret),)),
    Trial("reads a file of the system", _SANDBOXES, "read", lambda _: ("/etc/passwd",)),
    Trial("reads the judge's code", _SANDBOXES, "read", lambda _: (str(GRADER / "judge.py"),)),
    Trial("reads another submission", _SANDBOXES, "read", lambda scene: (str(scene.bait.neighbour),)),
    Trial(
        "reads the judge's environment",
        _SANDBOXES,
        "read",
        lambda scene: (f"/proc/{scene.bait.pid}/environ",),
    ),
    Trial(
        "opens the judge's memory", _SANDBOXES, "open_to_read", lambda scene: (f"/proc/{scene.bait.pid}/mem",)
    ),
    Trial("lists a folder outside", _SANDBOXES, "list_folder", lambda scene: (str(scene.bait.folder),)),
    Trial("lists the processes", _SANDBOXES, "list_folder", lambda _: ("/proc",)),
    Trial(
        "finds solutions or the judge somewhere",
        _SANDBOXES,
        "search",
        lambda scene: (["solution.py", "spec.py", "judge.py", scene.bait.name], [str(scene.bait.folder)]),
    ),
    Trial("reads packages that nobody granted", _SANDBOXES, "foreign", lambda _: (["hypothesis", "pip"],)),
    Trial("learns that a file exists", _NAMESPACES, "look_up", lambda scene: (str(scene.bait.secret),)),
    Trial("writes outside", _SANDBOXES, "write", lambda scene: (str(scene.bait.open_folder / "new"),)),
    Trial("changes a file", _SANDBOXES, "open_to_write", lambda scene: (str(scene.bait.secret),)),
    Trial("changes NumPy", _SANDBOXES, "change_numpy", lambda _: ()),
    Trial("empties a file", _SANDBOXES, "empty", lambda scene: (str(scene.bait.neighbour),)),
    Trial("changes a file's mode", _SANDBOXES, "change_mode", lambda scene: (str(scene.bait.secret),)),
    Trial(
        "makes a link outside", _SANDBOXES, "link", lambda scene: ("/", str(scene.bait.open_folder / "link"))
    ),
    Trial(
        "connects over TCP",
        _SANDBOXES,
        "tcp",
        lambda scene: (scene.bait.tcp.getsockname()[1],),
        lambda scene: scene.bait.reached(scene.bait.tcp),
    ),
    Trial(
        "sends over UDP",
        _SANDBOXES,
        "udp",
        lambda scene: (scene.bait.udp.getsockname()[1],),
        lambda scene: scene.bait.reached(scene.bait.udp),
    ),
    Trial("listens on a TCP port", _SANDBOXES, "serve", lambda _: (_free_port(),)),
    Trial(
        "connects to a service by its path",
        _SANDBOXES,
        "unix",
        lambda scene: (scene.bait.socket_path,),
        lambda scene: scene.bait.reached(scene.bait.unix),
    ),
    Trial(
        "connects to a service by its name",
        _SANDBOXES,
        "unix",
        lambda scene: (scene.bait.abstract_name,),
        lambda scene: scene.bait.reached(scene.bait.abstract),
    ),
    Trial("signals the judge", _SANDBOXES, "signal", lambda scene: (scene.bait.pid,)),
    Trial("signals everybody", _SANDBOXES, "signal", lambda _: (-1,)),
    Trial("traces the judge", _SANDBOXES, "attach", lambda scene: (scene.bait.pid,)),
    Trial("copies the judge's memory", _SANDBOXES, "copy_memory", _secret_memory),
    Trial("knocks at the kernel's doors", _SANDBOXES, "kernel", lambda _: (_kernel_calls(),)),
    Trial("becomes root", _SANDBOXES, "become_root", lambda _: ()),
    Trial("reads the environment", _ALL, "environment", lambda _: (list(_ENVIRONMENT),)),
    Trial("uses the judge's open files", _ALL, "inherited", lambda _: ()),
    Trial("takes too much memory", _ALL, "allocate", lambda scene: (scene.memory + 2**28,)),
    Trial("writes too large a file", _ALL, "large_file", lambda scene: (scene.private, 2**20 + 1)),
    Trial("makes processes", _SANDBOXES, "fork", lambda _: ()),
    Trial("makes a user namespace", _SANDBOXES, "new_user_namespace", lambda _: ()),
    Trial("makes threads", _SANDBOXES, "threads", lambda _: ()),
    Trial("turns into another program", _SANDBOXES, "execute", lambda _: ()),
    Trial(
        "fills its folder",
        _SANDBOXES,
        "many_files",
        lambda scene: (scene.private, scene.tmp_bytes >> 18, 2**19),
    ),
    Trial("makes thousands of files", _SANDBOXES, "empty_files", lambda scene: (scene.private, 2000)),
)
