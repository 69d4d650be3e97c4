"""What a hostile submission would try, written as one: the self-test hands this file to a worker as a student's.

Every function does what its name says and returns what it got hold of, or nothing. An `OSError` or a `MemoryError`
is the system's refusal; any other exception is a mistake in this file, and the self-test takes it for one.
"""

from __future__ import annotations

import _thread
import ctypes
import errno
import os
import socket
import sys
import time


def works(folder: str) -> str:
    """Do what an honest student may: keep a file of one's own, import late, calculate."""
    import dataclasses
    import unicodedata

    import numpy as np

    place = os.path.join(folder, "notes.txt")
    with open(place, "w", encoding="utf-8") as file:
        file.write("42")
    with open(place, encoding="utf-8") as file:
        kept = file.read()
    os.remove(place)
    spectrum = np.abs(np.fft.fft(np.ones(4)))
    drawn = np.random.default_rng(0).random(3) @ np.ones((3, 3))
    made = dataclasses.make_dataclass("Made", ["x"])(unicodedata.normalize("NFC", "e\u0301"))
    return "" if (kept, spectrum[0], drawn.shape, made.x) == ("42", 4.0, (3,), "\u00e9") else "wrong results"


def read(path: str) -> str:
    """Read a file."""
    with open(path, "rb") as file:
        return f"read {len(file.read(16))} bytes"


def list_folder(path: str) -> str:
    """List the names in a folder."""
    return f"saw {len(os.listdir(path))} names"


def look_up(path: str) -> str:
    """Ask whether a file exists, and how large it is."""
    return f"it has {os.stat(path).st_size} bytes"


def search(names: list[str], starts: list[str]) -> str:
    """Look for a file of one of these names, wherever there is anything to see, and read it."""
    for start in [*starts, os.getcwd(), *sys.path, "/"]:
        for folder, _, files in os.walk(start):
            for name in set(names).intersection(files):
                path = os.path.join(folder, name)
                try:
                    return f"{path}: {read(path)}"
                except PermissionError:
                    continue
    return ""


def foreign(names: list[str]) -> str:
    """Read a package that nobody granted, beside NumPy or within the standard library's folder."""
    import numpy as np

    library = os.path.dirname(os.__file__)
    places = [os.path.join(library, kind) for kind in ("site-packages", "dist-packages")]
    for place in [os.path.dirname(os.path.dirname(str(np.__file__))), *places]:
        for name in names:
            path = os.path.join(place, name, "__init__.py")
            try:
                return f"{path}: {read(path)}"
            except (FileNotFoundError, PermissionError):
                continue
    return ""


def write(path: str) -> str:
    """Make a file."""
    with open(path, "wb") as file:
        return f"wrote {file.write(b'here')} bytes"


def open_to_read(path: str) -> str:
    """Open a file without reading it: not everywhere in a memory is something to read."""
    os.close(os.open(path, os.O_RDONLY))
    return "opened it"


def open_to_write(path: str) -> str:
    """Open a file that is there so as to change it, without doing so."""
    os.close(os.open(path, os.O_WRONLY))
    return "opened it"


def change_numpy() -> str:
    """Open NumPy to change what it calculates."""
    import numpy as np

    return open_to_write(str(np.__file__))


def empty(path: str) -> str:
    """Empty a file while opening it only to read."""
    os.close(os.open(path, os.O_RDONLY | os.O_TRUNC))
    return "emptied it"


def change_mode(path: str) -> str:
    """Change who may read a file."""
    os.chmod(path, 0o606)
    return "changed it"


def link(path: str, place: str) -> str:
    """Give a file a second name."""
    os.symlink(path, place)
    return "linked it"


def tcp(port: int) -> str:
    """Open a connection."""
    with socket.create_connection(("127.0.0.1", port), timeout=0.2):
        return "connected"


def serve(port: int) -> str:
    """Wait for connections."""
    with socket.socket() as waiting:
        waiting.bind(("127.0.0.1", port))
        waiting.listen()
        return "listened"


def udp(port: int) -> str:
    """Send a datagram."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        return f"sent {sender.sendto(b'here', ('127.0.0.1', port))} bytes"


def unix(address: str) -> str:
    """Connect to a service of this machine; an address that begins with NUL is in no folder."""
    with socket.socket(socket.AF_UNIX) as service:
        service.connect(address)
        return "connected"


def signal(process: int) -> str:
    """Send a process the signal that does nothing."""
    os.kill(process, 0)
    return "could have"


def attach(process: int) -> str:
    """Become the tracer of a process."""
    return _call(_number("ptrace"), 0x4206, process, 0, 0) or "attached"


def copy_memory(process: int, address: int, size: int) -> str:
    """Copy memory out of another process."""
    here = ctypes.create_string_buffer(size)
    mine = (ctypes.c_size_t * 2)(ctypes.addressof(here), size)
    theirs = (ctypes.c_size_t * 2)(address, size)
    where = [ctypes.addressof(mine), 1, ctypes.addressof(theirs), 1, 0]
    return _call(_number("process_vm_readv"), process, *where) or "copied nothing"


def fork() -> str:
    """Make processes."""
    made = 0
    try:
        for _ in range(16):
            child = os.fork()
            if not child:
                os._exit(0)
            made += 1
            os.waitpid(child, 0)
    except OSError:
        if not made:
            raise
    return f"made {made}"


def threads() -> str:
    """Make threads."""
    made = 0
    try:
        for _ in range(16):
            _thread.start_new_thread(time.sleep, (0.01,))
            made += 1
    except RuntimeError as error:  # what Python makes of the system's refusal
        if not made:
            raise OSError(errno.EAGAIN, str(error)) from error
    return f"made {made}"


def execute() -> str:
    """Turn into another program; if that works, nothing comes back."""
    os.execv(sys.executable, [sys.executable, "-c", "pass"])


def new_user_namespace() -> str:
    """Become root in a world of one's own, where most of the kernel's doors are."""
    return _call(_number("unshare"), 0x10000000) or "made one"


def kernel(calls: dict[str, list[int]]) -> str:
    """Knock at doors of the kernel that no student needs; return those that open, if only to complain."""
    opened = []
    for name, call in calls.items():
        try:
            _call(*call)
        except OSError as error:
            if error.errno in (errno.EPERM, errno.ENOSYS):
                continue
        opened.append(name)
    return ", ".join(opened)


def become_root() -> str:
    """Become root by asking."""
    os.setresuid(0, 0, 0)
    return "did"


def allocate(size: int) -> str:
    """Take memory, without touching it: promised is promised."""
    import numpy as np

    return f"got {len(np.empty(size, np.uint8))} bytes"


def large_file(folder: str, size: int) -> str:
    """Write one large file."""
    with open(os.path.join(folder, "large"), "wb") as file:
        return f"wrote {file.write(bytes(size))} bytes"


def many_files(folder: str, count: int, size: int) -> str:
    """Fill the folder, and give those who watch it the time to notice on a busy machine."""
    for number in range(count):
        with open(os.path.join(folder, f"file{number}"), "wb") as file:
            file.write(bytes(size))
    time.sleep(2)
    return f"wrote {count * size} bytes"


def empty_files(folder: str, count: int) -> str:
    """Make files with nothing in them, which take no room but the kernel's."""
    for number in range(count):
        os.close(os.open(os.path.join(folder, f"empty{number}"), os.O_WRONLY | os.O_CREAT))
    time.sleep(2)
    return f"made {count}"


def inherited() -> str:
    """Use what the judge left open: all but the standard three and the two that carry the protocol."""
    there = []
    for descriptor in range(3, 1024):
        try:
            os.fstat(descriptor)
        except OSError:
            continue
        there.append(descriptor)
    return f"descriptors {there}" if len(there) > 2 else ""


def environment(expected: list[str]) -> str:
    """Read the environment, beyond what a worker is given."""
    return ", ".join(sorted(set(os.environ) - set(expected)))


_NUMBERS = {
    "ptrace": {"x86_64": 101, "aarch64": 117},
    "unshare": {"x86_64": 272, "aarch64": 97},
    "process_vm_readv": {"x86_64": 310, "aarch64": 270},
}


def _number(name: str) -> int:
    return _NUMBERS[name][os.uname().machine]


def _call(number: int, *arguments: int) -> str:
    """Make a system call; return its result as text, nothing for zero."""
    library = ctypes.CDLL(None, use_errno=True)
    result = library.syscall(*map(ctypes.c_long, (number, *arguments)))
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return f"got {result}" if result else ""
