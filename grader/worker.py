"""The untrusted process: receives one student's source and programs, sends back what happened.

Started by `process.ProcessLauncher` as a file under ``python -I``, never imported. It knows no exercise, no
expected answer and no verdict. By the time a student's first line runs, it has set its own limits for good, moved
the protocol to descriptors of its own, pointed the standard ones at nothing and, in a sandbox, given up its rights.
"""

from __future__ import annotations

import contextlib
import os
import sys
import types
from typing import BinaryIO


def limit_self(memory: int, cpu_seconds: int) -> None:
    """Set hard resource limits on this process, where the system has them.

    Parameters
    ----------
    memory
        Bytes of address space.
    cpu_seconds
        CPU time over the life of the process: a second line behind the judge's deadline.
    """
    try:
        import resource
    except ImportError:  # Windows: the deadline alone
        return
    wanted = [
        ("RLIMIT_AS", memory),
        ("RLIMIT_CPU", cpu_seconds),
        ("RLIMIT_FSIZE", 2**20),
        ("RLIMIT_NOFILE", 64),
        ("RLIMIT_CORE", 0),
        ("RLIMIT_NPROC", 0),  # no new process and no new thread; has no effect on root, the sandbox does
    ]
    for name, value in wanted:
        kind = getattr(resource, name, None)
        if kind is None:
            continue
        _, hard = resource.getrlimit(kind)
        # The signal that says what happened comes at the soft limit, a mere SIGKILL at the hard one.
        limits = [value, value + 1 if name == "RLIMIT_CPU" else value]
        if hard != resource.RLIM_INFINITY:
            limits = [min(limit, hard) for limit in limits]
        try:
            resource.setrlimit(kind, (limits[0], limits[1]))
        except (OSError, ValueError):  # macOS knows RLIMIT_AS and refuses it
            continue


def private_streams() -> tuple[BinaryIO, BinaryIO]:
    """Move the protocol off descriptors 0 and 1, which then lead nowhere, as does 2."""
    if sys.platform == "win32":
        import msvcrt

        for descriptor in (0, 1):
            msvcrt.setmode(descriptor, os.O_BINARY)
    requests, replies = os.dup(0), os.dup(1)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nowhere, descriptor)
    os.close(nowhere)
    return os.fdopen(requests, "rb"), os.fdopen(replies, "wb")


def only_these_modules(folder: str, packages: list[str]) -> None:
    """Let ``grader.protocol`` and its like be imported from `folder` without running the grader's packages.

    `packages` are the folders of NumPy and msgpack; they come last on the path, so nothing in them can stand in
    front of the standard library.
    """
    for name, place in (("grader", folder), ("grader.sandbox", os.path.join(folder, "sandbox"))):
        package = types.ModuleType(name)
        package.__path__ = [place]
        sys.modules[name] = package
    sys.path.extend(packages)


def shut_in(order: str) -> None:
    """Carry out a sandbox's order; what is still to be imported may be out of reach afterwards."""
    import json

    import grader.machine  # noqa: F401  # and NumPy with it
    from grader.sandbox.inside.confine import confine

    confine(json.loads(order))


def serve(requests: BinaryIO, replies: BinaryIO) -> None:
    """Answer requests until the judge closes the stream."""
    from grader.machine import Machine
    from grader.protocol import pack, read_frame, unpack, write_frame

    machine = Machine()
    # Sent before any of the student's code runs: what dies earlier than this died of us.
    write_frame(replies, pack({"ready": True}))
    while True:
        try:
            request = unpack(read_frame(requests))
        except EOFError:
            return
        write_frame(replies, pack({"id": request["id"], **machine.answer(request)}))


def main(memory: str, cpu_seconds: str, order: str, *packages: str) -> None:
    """Run the worker; the arguments are those of the command line."""
    del sys.argv[1:], sys.orig_argv[:]  # whatever paths they name are no business of the student's
    folder = os.getcwd()
    limit_self(int(memory), int(cpu_seconds))
    only_these_modules(os.path.dirname(os.path.abspath(__file__)), list(packages))
    if order:
        shut_in(order)
    requests, replies = private_streams()
    serve(requests, replies)
    # If the judge was killed, nobody else removes the private folder; one that is not empty is left alone.
    with contextlib.suppress(OSError):
        os.rmdir(folder)
    # A student's threads, exit handlers and finalizers get no last word.
    os._exit(0)


if __name__ == "__main__":
    main(*sys.argv[1:])
