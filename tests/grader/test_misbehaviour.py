"""Hostile and helpless code: each gets its verdict and one sentence in time, and everything else is still graded."""

import sys
import time
from pathlib import Path

import pytest
from judge_cases import GOOD_BACKWARD, sample

from grader.exercise import Exercise
from grader.judge import MAX_WORKERS, STAGE, check_exercise
from grader.process import ProcessLauncher

DEADLINE = 1.5
# Whoever looks for the operating system finds it; the sandbox is what makes it useless.
REACH_OS = (
    "os = [c for c in object.__subclasses__() if c.__name__ == '_wrap_close'][0].__init__.__globals__\n"
)
RIGHT = "return 1 / (1 + np.exp(-x))"

HOSTILE = {
    "loops for ever": ("while True: pass", "timeout", "had not finished after 1.5 s"),
    "loops for ever in C": ("return 7 ** 7 ** 9", "timeout", "had not finished after 1.5 s"),
    "swallows every exception": (
        "while True:\n    try:\n        while True: pass\n    except BaseException: pass",
        "timeout",
        "had not finished",
    ),
    "an exception whose text never ends": (
        "class E(Exception):\n    def __str__(self):\n        while True: pass\nraise E",
        "timeout",
        "had not finished",
    ),
    "asks to exit": ("raise SystemExit(0)", "error", "your code asks Python to exit"),
    "exits for real": ("os['_exit'](0)", "crashed", "ended itself (exit status 0)"),
    "is killed": ("os['kill'](os['getpid'](), 9)", "crashed", "SIGKILL"),
    "breaks the interpreter": ("os['kill'](os['getpid'](), 11)", "crashed", "SIGSEGV"),
    "overflows the stack for real": (
        "os['sys'].setrecursionlimit(10**9)\ndef deep(n): return max([n], key=deep)\nreturn deep(1)",
        # from 3.12 on Python counts the calls that go through C, and raises in time
        *(("crashed", "SIGSEGV") if sys.version_info < (3, 12) else ("error", "RecursionError")),
    ),
    "recurses": ("return sigmoid(x)", "error", "RecursionError"),
    "wants 100 GB": ("return np.ones(100 * 2**27)", "memory", "Unable to allocate 100. GiB"),
    "wants 100 GB of bytes": ("return bytes(100 * 2**30)", "memory", "MemoryError"),
    "interrupts": ("raise KeyboardInterrupt", "error", "KeyboardInterrupt"),
    "an exception that is no Exception": ("class E(BaseException): pass\nraise E('x')", "error", "E: x"),
    "an exception without readable text": (
        "class E(Exception):\n    def __str__(self): raise ValueError\nraise E",
        "error",
        "E: (its message could not be read)",
    ),
    "an exception whose text is no text": (
        "class E(Exception):\n    def __str__(self): return 3\nraise E",
        "error",
        "(its message could not be read)",
    ),
    "an exception with a lying class": (
        "class M(type):\n    __name__ = 'pass'\nclass E(Exception, metaclass=M):\n    __class__ = int\nraise E('x')",
        "error",
        "E: x",
    ),
    "a long message": ("raise ValueError('x' * 10**7)", "error", "ValueError: xxx"),
    "skips itself as a test would": (
        "class Skipped(BaseException): pass\nSkipped.__module__ = '_pytest.outcomes'\nraise Skipped",
        "error",
        "Skipped",
    ),
    "asks the keyboard": ("return input()", "error", "your code asks for keyboard input"),
    "imports on the way": ("return __import__('ctypes').string_at(0)", "forbidden", "imports 'ctypes'"),
    "returns nothing": ("pass", "fail", "got is None, but should be an array of shape (1,)"),
    "returns text": ("return 'pass'", "fail", "got is the text 'pass'"),
    "equals everything": (
        "class E:\n    def __eq__(self, other): return True\n    def __abs__(self): return 0\nreturn E()",
        "fail",
        "got is an object of type E",
    ),
    "an array subclass": (
        "class A(np.ndarray):\n    def __eq__(self, other): return True\nreturn (0 * x).view(A)",
        "fail",
        "got is an object of type A",
    ),
    "a masked array": ("return np.ma.masked_all(x.shape)", "fail", "got is an object of type MaskedArray"),
    "an object array": ("return np.full(x.shape, None)", "fail", "ndarray of dtype object"),
    "a complex array": (
        "return (1 / (1 + np.exp(-x))).astype(complex)",
        "fail",
        "ndarray of dtype complex128",
    ),
    "an array in half precision": (
        "return (1 / (1 + np.exp(-x))).astype('f2')",
        "fail",
        "ndarray of dtype float16",
    ),
    "an array in foreign bytes": (
        "return (1 / (1 + np.exp(-x))).astype('>f8')",
        "fail",
        "ndarray of dtype >f8",
    ),
    "a structured array": (
        "return np.zeros(x.shape, [('a', float)])",
        "fail",
        "got is an object of type ndarray",
    ),
    "NaN for everything": ("return x * np.nan", "fail", "got[0] == nan, but should be"),
    "an empty array": ("return np.empty((0, *x.shape[1:]))", "fail", "got.shape =="),
    "one number for all": ("return 0.5", "fail", "got.shape == (), but should be (1,)"),
    "a billion elements that take no room": (
        "return np.broadcast_to(0.0, (10**9,))",
        "fail",
        "an array of shape (1000000000,) is too large to send",
    ),
    "a list of itself": ("a = []\na.append(a)\nreturn a", "fail", "nests too deeply"),
    "a generator": ("return (v for v in x)", "fail", "got is an object of type generator"),
    "changes its input": ("y = 1 / (1 + np.exp(-x))\nx += 1\nreturn y", "fail", "changed x in place"),
    "rolls dice": (
        "return 1 / (1 + np.exp(-x)) + np.random.rand()",
        "nondeterministic",
        "gave another answer",
    ),
    "counts its calls": (
        "global n\nn = globals().get('n', 0) + 1\nreturn 1 / (1 + np.exp(-x)) + (n == 9)",
        "nondeterministic",
        "gave another answer",
    ),
    "remembers more than its file can": (
        "np.calls = getattr(np, 'calls', 0) + 1\nreturn 1 / (1 + np.exp(-x)) + (np.calls > 26)",
        "nondeterministic",
        "gave another answer",
    ),
    "writes into the connection": (
        "for fd in range(3, 20):\n    try: os['write'](fd, b'\\0\\0\\0\\1\\xc0')\n    except OSError: pass\n"
        + RIGHT,
        "protocol",
        "something that is no answer",
    ),
    "closes the connection": ("os['closerange'](0, 99)\n" + RIGHT, "crashed", "in place of giving an answer"),
}


def judged(body, **settings):
    """Return the result for a sigmoid with this body and a right sigmoid_backward."""
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    source = f"import numpy as np\n{REACH_OS}\ndef sigmoid(x):\n{lines}{GOOD_BACKWARD}"
    return check_exercise(sample(), source, **{"deadline_s": DEADLINE, **settings})


@pytest.mark.parametrize(("body", "verdict", "sentence"), HOSTILE.values(), ids=HOSTILE)
def test_misbehaviour_has_its_verdict_and_costs_nobody_else(body, verdict, sentence):
    result = judged(body)
    values, extremes, backward = result.checks
    assert (values.verdict, result.verdict, result.points) == (verdict, verdict, 0)
    assert sentence in values.message
    assert len(values.message) < 1500
    assert (extremes.verdict, backward.verdict) == ("skipped", "pass")


@pytest.mark.parametrize(
    "noise",
    [
        "print('x' * 10**8)",
        "for _ in range(20_000): print('x' * 100)",
        "os['sys'].stderr.write('x' * 10**8)",
        "for _ in range(100): os['write'](1, b'x' * 10**7)",
        "print('\\x1b[2J PASS', end='')",
    ],
)
def test_noise_is_cut_and_changes_no_verdict(noise):
    result = judged(noise + "\n" + RIGHT, deadline_s=60.0, max_examples=1)
    assert [check.verdict for check in result.checks] == ["pass", "fail", "pass"]
    assert len(result.output) < 5000
    assert "\x1b" not in result.output


def test_print_in_an_endless_loop_is_a_timeout():
    assert judged("while True: print('x' * 1000)").checks[0].verdict == "timeout"


@pytest.mark.parametrize(
    ("top", "verdict"),
    [
        ("while True: pass", "timeout"),
        ("os['_exit'](0)", "crashed"),
        ("raise SystemExit", "error"),
        ("a = [0] * 10**11", "memory"),
        ("def sigmoid(x): return x\nsigmoid_backward = 3", "fail"),
    ],
)
def test_misbehaviour_while_the_file_is_loaded(top, verdict):
    result = check_exercise(sample(), REACH_OS + top + "\n", deadline_s=DEADLINE)
    assert (result.verdict, result.points) == (verdict, 0)


def test_a_submission_that_is_stopped_again_and_again_is_not_asked_for_ever():
    checks = sample().checks[:1] * 2
    many = Exercise(sample().id, sample().folder)
    many.__dict__["checks"] = tuple(
        type(check)(f"check_{i}", check.sentence, check.function, check.marks)
        for i, check in enumerate(checks * 3)
    )
    began = time.monotonic()
    result = check_exercise(many, "def sigmoid(x):\n    while True: pass\n", deadline_s=0.3)
    assert [check.verdict for check in result.checks] == ["timeout"] * MAX_WORKERS + ["skipped"] * 3
    # Not a measurement: six deadlines and as many starts would still be less, an endless loop would not.
    assert time.monotonic() - began < 30


def test_a_submission_that_grows_until_memory_ends_is_a_memory_verdict():
    launcher = ProcessLauncher(memory=2**29)
    result = judged("grown = []\nwhile True: grown.append(bytes(2**20))", launcher=launcher, deadline_s=30.0)
    assert [check.verdict for check in result.checks] == ["memory", "skipped", "pass"]


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="needs /proc")
def test_no_process_and_no_folder_is_left(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    judged("if not os['fork']():\n    while True: pass\n" + RIGHT)
    judged("while True: pass", deadline_s=0.3)
    judged("os['_exit'](0)")
    STAGE.end()  # kept on purpose for mutants; it belongs to no submission
    assert list(tmp_path.iterdir()) == []
    assert at_work_in(tmp_path) == []


def at_work_in(folder):
    """The living processes whose environment names this folder, as every worker's does."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and str(folder).encode() in (entry / "environ").read_bytes():
                found.append((entry / "cmdline").read_bytes())
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue
    return found
