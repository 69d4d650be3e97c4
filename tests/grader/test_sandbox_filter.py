"""The system call filter: its numbers, its program, its decisions; and Landlock's arithmetic."""

from __future__ import annotations

import re
import struct
import subprocess
import sys
from pathlib import Path

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

if sys.platform != "linux":
    pytest.skip("the filter is Linux's", allow_module_level=True)

from grader.sandbox.inside import seccomp
from grader.sandbox.inside.policy import AARCH64, MACHINES, NUMBERS, X86_64, Except, Only, policy
from grader.sandbox.trials import _KERNEL

PID = 4711
HEADERS = {
    X86_64: Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h"),
    AARCH64: Path("/usr/include/asm-generic/unistd.h"),
}
# What a submission would want, on both machines.
WANTED = {
    "fork": (57, None), "vfork": (58, None), "clone": (56, 220), "execve": (59, 221), "execveat": (322, 281),
    "socket": (41, 198), "socketpair": (53, 199), "connect": (42, 203), "bind": (49, 200), "sendto": (44, 206),
    "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271), "tkill": (200, 130),
    "keyctl": (250, 219), "bpf": (321, 280), "mount": (165, 40), "unshare": (272, 97), "setns": (308, 268),
    "prctl": (157, 167), "seccomp": (317, 277), "setrlimit": (160, 164), "chmod": (90, None), "fchmodat": (268, 53),
    "setxattr": (188, 5), "symlinkat": (266, 36), "mknodat": (259, 33), "memfd_create": (319, 279),
    "setuid": (105, 146), "setsid": (112, 157), "perf_event_open": (298, 241), "userfaultfd": (323, 282),
}  # fmt: skip
YOUNG = {
    "io_uring_setup": 425,
    "pidfd_open": 434,
    "clone3": 435,
    "openat2": 437,
    "landlock_create_ruleset": 444,
}


def run(
    program: list[seccomp.Instruction], number: int, arguments: tuple[int, ...] = (), *, architecture: int
) -> int:
    """Run a filter as the kernel would (a forward walk over one accumulator) and return its answer."""
    padded = (*arguments, 0, 0, 0, 0, 0, 0)[:6]
    record = struct.pack("<iIQ6Q", number, architecture, 0, *padded)
    accumulator, place = 0, 0
    while True:
        operation, yes, no, constant = program[place]
        place += 1
        if operation == 0x06:
            return constant
        if operation == 0x20:
            (accumulator,) = struct.unpack_from("<I", record, constant)
        elif operation == 0x54:
            accumulator &= constant
        elif operation in (0x15, 0x35):
            holds = accumulator == constant if operation == 0x15 else accumulator >= constant
            place += yes if holds else no
        else:
            raise AssertionError(f"the program uses an instruction that it should not: {operation:#x}")


def decide(machine: str, number: int, *arguments: int) -> int:
    """Return the real policy's answer to a call."""
    program = seccomp.assemble(machine, policy(machine, PID))
    return run(program, number, arguments, architecture=seccomp.ARCHITECTURES[machine])


def number_of(machine: str, name: str) -> int:
    """Return the number of an allowed call."""
    number = NUMBERS[name][MACHINES.index(machine)]
    assert number is not None
    return number


@pytest.mark.parametrize("machine", MACHINES)
def test_numbers_are_those_of_the_kernel(machine: str) -> None:
    """Every number in our tables is the one in the kernel's own header."""
    header = HEADERS[machine]
    if not header.exists():
        pytest.skip(f"{header} is not installed (linux-libc-dev)")
    found = re.findall(r"#define __NR(?:3264)?_(\w+)\s+(\d+)", header.read_text())
    known = {name: int(number) for name, number in found}
    if (
        machine == AARCH64
    ):  # a 64-bit machine calls these by the names that 32-bit ones gave to their successors
        for new, old in (("fstat", "fstat"), ("newfstatat", "fstatat"), ("lseek", "lseek"), ("mmap", "mmap")):
            known[new] = known[old]
    place = MACHINES.index(machine)
    ours = {**NUMBERS, **WANTED, **{name: numbers for name, (numbers, _) in _KERNEL.items()}}
    wrong = {
        name: (numbers[place], known.get(name))
        for name, numbers in ours.items()
        if numbers[place] is not None and numbers[place] != known.get(name)
    }
    assert not wrong
    if machine == X86_64:
        assert not [name for name, (number, _) in ours.items() if number is None]


@pytest.mark.parametrize("machine", MACHINES)
def test_what_python_needs_is_allowed_and_what_an_attack_needs_is_not(machine: str) -> None:
    """Calls without a condition go through; the wanted ones are refused, the young ones unknown."""
    free = {
        name
        for name in NUMBERS
        if name not in ("fcntl", "ioctl", "open", "openat", "prlimit64", "kill", "tgkill", "tkill")
    }
    place = MACHINES.index(machine)
    for name in free:
        if NUMBERS[name][place] is not None:
            assert decide(machine, number_of(machine, name)) == seccomp.ALLOW, name
    for name, numbers in WANTED.items():
        if numbers[place] is not None:
            assert decide(machine, numbers[place]) == seccomp.REFUSE, name
    for name, number in YOUNG.items():
        assert decide(machine, number) == seccomp.UNKNOWN, name


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize(
    ("name", "arguments", "allowed"),
    [
        ("kill", (PID, 9), True),
        ("kill", (PID + 1, 0), False),
        ("kill", (0, 9), False),
        ("kill", (2**64 - 1, 9), False),
        ("tgkill", (PID, PID, 6), True),
        ("tgkill", (1, 1, 9), False),
        ("tkill", (PID, 6), True),
        ("tkill", (PID + 1, 9), False),
        ("fcntl", (3, 1), True),
        ("fcntl", (3, 8, 1), False),  # whose input raises a signal
        ("fcntl", (3, 1031, 2**20), False),  # the size of a pipe
        ("ioctl", (0, 0x5413), True),
        ("ioctl", (0, 0x5412), False),  # typing on the terminal
        ("prlimit64", (0, 7, 0), True),
        ("prlimit64", (0, 7, 0x7FFF_0000_1000), False),
        ("prlimit64", (0, 7, 0x1_0000_0000), False),  # only the high half tells that it is an address
        ("openat", (2**32 - 100, 0x1000, 0), True),
        (
            "openat",
            (2**32 - 100, 0x1000, 0o1001),
            True,
        ),  # to write, emptied: whether one may is not for the filter
        ("openat", (2**32 - 100, 0x1000, 0o1000), False),  # to read, emptied
    ],
)
def test_conditions(machine: str, name: str, arguments: tuple[int, ...], *, allowed: bool) -> None:
    """Each condition lets through what it should and nothing beside it."""
    answer = decide(machine, number_of(machine, name), *arguments)
    assert answer == (seccomp.ALLOW if allowed else seccomp.REFUSE)


@given(number=st.integers(0, 2**31 - 1), arguments=st.tuples(*[st.integers(0, 2**64 - 1)] * 6))
@settings(deadline=None)
@pytest.mark.parametrize("machine", MACHINES)
def test_whatever_is_not_listed_is_refused(machine: str, number: int, arguments: tuple[int, ...]) -> None:
    """Including numbers that no kernel has yet, and those with the bit of the x32 interface."""
    listed = policy(machine, PID)
    answer = decide(machine, number, *arguments)
    if number not in listed:
        assert answer == (seccomp.UNKNOWN if number >= 424 else seccomp.REFUSE)


@pytest.mark.parametrize("machine", MACHINES)
def test_another_architecture_ends_the_process(machine: str) -> None:
    """On x86-64 the calls of 32-bit programs have other numbers: 11 would be execve."""
    program = seccomp.assemble(machine, policy(machine, PID))
    for architecture in (
        0x40000003,
        0x40000028,
        *(seccomp.ARCHITECTURES[name] for name in MACHINES if name != machine),
    ):
        assert run(program, 0, architecture=architecture) == seccomp.KILL


def test_both_kinds_of_condition_over_several_values() -> None:
    """The jumps land where they should, wherever the value stands in the list."""
    program = seccomp.assemble(
        X86_64, {1: Only(5, (7, 2**40, 9), whole=True), 2: Except(0, 0b110, 0b010), 3: None}
    )

    def answer(number: int, *arguments: int) -> bool:
        return run(program, number, arguments, architecture=seccomp.ARCHITECTURES[X86_64]) == seccomp.ALLOW

    for value, allowed in (
        (7, True),
        (2**40, True),
        (9, True),
        (0, False),
        (2**40 + 7, False),
        (2**33, False),
    ):
        assert answer(1, 0, 0, 0, 0, 0, value) is allowed
    assert [answer(2, value) for value in (0b000, 0b010, 0b011, 0b110)] == [True, False, False, True]
    assert answer(3)
    assert not answer(4)


@pytest.mark.skipif(seccomp.machine() is None, reason="there is no filter for this machine")
def test_the_kernel_agrees() -> None:
    """A process under the real filter calculates, is refused a socket and a child, and cannot go back."""
    script = (
        "import os, socket\n"
        "from grader.sandbox.inside import libc, seccomp\n"
        "libc.prctl(38, 1)\n"
        "seccomp.install()\n"
        "for act in (socket.socket, os.fork, lambda: os.kill(1, 0), lambda: os.chmod('/', 0), seccomp.install):\n"
        "    try:\n"
        "        act()\n"
        "    except PermissionError:\n"
        "        print('refused', end=' ')\n"
        "os.kill(os.getpid(), 0)\n"
        "print(sum(range(10)), len(open('/dev/null').read()))\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[2],
    )
    assert (ended.stdout, ended.stderr) == ("refused " * 5 + "45 0\n", "")
