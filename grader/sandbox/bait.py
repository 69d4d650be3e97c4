"""Things that a submission must not get at, laid out for the self-test, and proof of whether it did."""

from __future__ import annotations

import contextlib
import ctypes
import os
import secrets
import socket
import tempfile
from pathlib import Path
from types import TracebackType

# Linux takes no longer address of a service than 107 bytes, and $TMPDIR may be longer.
_LONGEST_ADDRESS = 107


class Bait:
    """Files that any user of the machine may read or write, services that answer anybody, a secret in memory.

    The modes are wide open on purpose: what keeps a worker out must be the sandbox, not the owner's good habits.
    """

    def __init__(self) -> None:
        self._things = contextlib.ExitStack()

    def __enter__(self) -> Bait:
        """Lay everything out."""
        with contextlib.ExitStack() as things:
            self.folder = Path(things.enter_context(tempfile.TemporaryDirectory(prefix="grader-bait-")))
            self.folder.chmod(0o755)
            self.name = f"bait-{secrets.token_hex(8)}.py"
            self.secret = self._file(self.folder / self.name)
            self.neighbour = self._file(self.folder / "neighbour" / "task.py")
            self.open_folder = self.folder / "open"
            self.open_folder.mkdir()
            self.open_folder.chmod(0o1777)
            self.memory = ctypes.create_string_buffer(secrets.token_bytes(32), 32)
            self.tcp = things.enter_context(socket.create_server(("127.0.0.1", 0)))
            self.udp = things.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
            self.udp.bind(("127.0.0.1", 0))
            self.socket_path = str(self.folder / "service")
            if len(os.fsencode(self.socket_path)) > _LONGEST_ADDRESS:
                short = things.enter_context(tempfile.TemporaryDirectory(prefix="grader-", dir="/tmp"))
                os.chmod(short, 0o755)
                self.socket_path = f"{short}/service"
            self.abstract_name = f"\0{self.name}"
            self.unix = things.enter_context(self._service(self.socket_path))
            os.chmod(self.socket_path, 0o777)
            self.abstract = things.enter_context(self._service(self.abstract_name))
            for service in (self.tcp, self.udp, self.unix, self.abstract):
                service.setblocking(False)
            self._things = things.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Clear everything away, and whatever a worker has put there."""
        self._things.close()

    @property
    def pid(self) -> int:
        """The judge's process."""
        return os.getpid()

    def reached(self, service: socket.socket) -> bool:
        """Return whether anybody has spoken to a service since it was last asked."""
        try:
            if service.type == socket.SOCK_DGRAM:
                service.recv(16)
            else:
                service.accept()[0].close()
        except OSError:
            return False
        return True

    @staticmethod
    def _file(path: Path) -> Path:
        path.parent.mkdir(exist_ok=True)
        path.parent.chmod(0o755)
        path.write_text("SECRET = 42\n", encoding="utf-8")
        path.chmod(0o666)
        return path

    @staticmethod
    def _service(address: str) -> socket.socket:
        service = socket.socket(socket.AF_UNIX)
        service.bind(address)
        service.listen()
        return service
