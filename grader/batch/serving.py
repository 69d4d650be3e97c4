"""A judge process: reads one request a line from standard input, answers with one line, and ends with its parent.

The parent is trusted and so is the judge; both are our code. What a student's code can reach is the worker that the
judge starts, one process further out.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import queue
import signal
import sys
import threading
from typing import Any, BinaryIO, Final

# How long a judge that was told to stop may take to end its workers.
_PATIENCE_S: Final = 10.0


def serve() -> None:
    """Answer requests until there are no more, or the parent is gone."""
    requests, replies = _private_streams()
    signal.signal(signal.SIGTERM, _stop)
    lines: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(requests, lines), daemon=True).start()
    while line := lines.get():
        replies.write(json.dumps(_answer(line)).encode() + b"\n")
        replies.flush()
    # From here on nothing is in the way of an orderly end, and nothing may disturb it.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)


def _answer(line: bytes) -> dict[str, Any]:
    request = json.loads(line)
    try:
        function = getattr(importlib.import_module(request["module"]), request["function"])
        return {"result": function(*request["arguments"])}
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}"}


def _private_streams() -> tuple[BinaryIO, BinaryIO]:
    """Move the conversation to descriptors of its own: what a spec prints must not end up in it."""
    requests, replies = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nowhere, 0)
    os.close(nowhere)
    os.dup2(2, 1)
    return requests, replies


def _listen(requests: BinaryIO, lines: queue.SimpleQueue[bytes]) -> None:
    for line in requests:
        lines.put(line)
    # The parent has closed the stream or died; whatever is being judged is of no use to anybody.
    lines.put(b"")
    # The process as a whole, so that the main thread is woken; `raise_signal` would wake this one.
    os.kill(os.getpid(), signal.SIGTERM)
    threading.Event().wait(_PATIENCE_S)
    os._exit(1)


def _stop(number: int, _frame: object) -> None:
    # Unwinding ends the worker that is running; a second signal must not disturb that.
    with contextlib.suppress(ValueError):
        signal.signal(number, signal.SIG_IGN)
    sys.exit(128 + number)


if __name__ == "__main__":
    serve()
