"""The worker process: what it is given, what it may do, and how it ends, however it ends."""

import contextlib
import os
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest
from judge_cases import loaded

from grader import process
from grader.handles import CheckFailed, Student
from grader.process import KeptRunner, Launch, ProcessLauncher, ProcessRunner
from grader.program import Program, WorkerGone

# What a submission can reach without an import; the sandbox is what stops it from being of use.
REACH_OS = (
    "os = [c for c in object.__subclasses__() if c.__name__ == '_wrap_close'][0].__init__.__globals__\n"
)


class Speaking:
    """A launcher of a worker that is not ours: a script that says what it likes."""

    def __init__(self, script):
        prelude = "import os, struct, sys, time, msgpack\nout = sys.stdout.buffer\n"
        frame = (
            "def frame(data, length=None):\n"
            "    body = data if isinstance(data, bytes) else msgpack.packb(data)\n"
            "    out.write(struct.pack('>I', len(body) if length is None else length) + body); out.flush()\n"
            "READY = {'ready': True}\nREPLY = {'id': 1, 'raised': None, 'output': ''}\n"
        )
        self.script = prelude + frame + script

    def prepare(self, folder):
        return Launch([sys.executable, "-c", self.script], dict(os.environ), folder)


def gone(runner, seconds=5.0):
    """Load something and return how the worker failed to answer."""
    runner.allow(seconds)
    with pytest.raises(WorkerGone) as caught:
        runner.load(b"", ())
    runner.close()
    return caught.value


@pytest.fixture
def runner():
    made = ProcessRunner()
    yield made
    made.close()


def run(runner, body, seconds=5.0):
    """Load a function f with this body, call it, and return what comes back."""
    source = REACH_OS + "import numpy as np\ndef f(x=None):\n" + textwrap.indent(body, "    ")
    student = Student(loaded(runner, source))
    runner.allow(seconds)
    return student.f().value()


ANSWERS = {
    "another's id": "frame(READY); frame({**REPLY, 'id': 2})",
    "no id": "frame(READY); frame({'raised': None, 'output': ''})",
    "a verdict": "frame(READY); frame({**REPLY, 'verdict': 'pass'})",
    "rubbish": "frame(READY); frame(b'\\xc1')",
    "nothing in a frame": "frame(READY); frame(b'')",
    "a frame that is too long": "frame(READY); frame(b'', 2**32 - 1)",
    "text outside frames": "frame(READY); out.write(b'all checks passed\\n' * 9); out.flush()",
    "a pickle": "import pickle; frame(READY); frame(pickle.dumps(REPLY))",
    "a wrong field": "frame(READY); frame({**REPLY, 'output': 1})",
}


@pytest.mark.parametrize("script", ANSWERS.values(), ids=ANSWERS)
def test_what_is_no_answer_is_a_protocol_verdict(script):
    assert gone(ProcessRunner(Speaking(script + "\ntime.sleep(60)"))).verdict == "protocol"


@pytest.mark.parametrize(
    ("script", "verdict", "message"),
    [
        ("frame(READY); time.sleep(60)", "timeout", "it had not finished after 0.3 s and was stopped"),
        ("frame(READY)\nwhile True: out.write(b'\\0'); out.flush(); time.sleep(0.05)", "protocol", None),
        ("frame(READY); out.write(b'\\0\\0\\1\\0'); out.flush(); time.sleep(60)", "timeout", None),
        ("frame(READY)", "crashed", "the process ended itself (exit status 0) in place of giving an answer"),
        (
            "frame(READY); os._exit(7)",
            "crashed",
            "the process ended itself (exit status 7) in place of giving an answer",
        ),
        ("frame(READY); os.kill(os.getpid(), 9)", "crashed", None),
        ("frame(READY); out.write(b'\\0\\0\\1\\0half')", "crashed", None),
        ("os._exit(0)", "infra", None),
        ("raise ImportError('no numpy')", "infra", None),
    ],
)
def test_silence_is_a_failure_with_its_reason(script, verdict, message):
    found = gone(ProcessRunner(Speaking(script)), seconds=0.3)
    assert found.verdict == verdict
    assert message in (None, found.message)


def test_what_cannot_be_started_is_ours():
    class Nothing:
        def prepare(self, folder):
            return Launch(["/nowhere/python"], {}, folder)

    with pytest.raises(WorkerGone) as caught:
        ProcessRunner(Nothing())
    assert caught.value.verdict == "infra"


def test_a_real_crash_has_its_signal_in_words(runner):
    # ctypes is not granted, so the raw worker crashes by another's hand.
    with pytest.raises(WorkerGone) as caught:
        run(runner, "os['kill'](os['getpid'](), 11)")
    assert caught.value.verdict == "crashed"
    assert "SIGSEGV" in caught.value.message


@pytest.mark.skipif(
    not hasattr(os, "getuid") or os.getuid() != 0, reason="only root may fork past RLIMIT_NPROC"
)
def test_nothing_survives(runner):
    children = run(
        runner,
        "pid = os['fork']()\nwhile not pid: pass\nreturn os['getpid'](), pid",
    )
    folder = Path(runner._folder)
    assert folder.is_dir()
    runner.close()
    assert not folder.exists()
    assert not any(alive(pid) for pid in children)
    assert runner._process.returncode is not None


def alive(pid, patience=5.0):
    """Whether a process still runs; one that nobody reaped yet has still ended."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        try:
            if Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z":
                return False
            time.sleep(0.01)
        except (FileNotFoundError, ProcessLookupError):
            return False
    return True


def test_closing_twice_is_closing_once(runner):
    runner.close()
    runner.close()
    assert gone(runner).verdict == "infra"


def test_the_worker_starts_with_nothing_of_ours(monkeypatch):
    monkeypatch.setenv("SECRET_SEED", "7")
    with contextlib.closing(ProcessRunner()) as fresh:
        seen = run(
            fresh,
            "return dict(os['environ']), os['getcwd'](), os['sys'].path, os['sys'].argv, os['sys'].flags.isolated",
        )
    environment, folder, path, argv, isolated = seen
    assert "SECRET_SEED" not in environment
    assert environment["OPENBLAS_NUM_THREADS"] == "1"
    assert Path(folder).name.startswith("grader-")
    assert isolated == 1
    assert str(Path.cwd()) not in path
    assert "" not in path
    assert not any("exercises" in word or "tests" in word for word in argv)


def test_the_worker_imports_no_more_of_the_grader_than_it_needs(runner):
    modules = run(
        runner,
        "return sorted(m for m in os['sys'].modules if m.split('.')[0] in ('grader', 'hypothesis', 'ctypes'))",
    )
    ours = {name for name in modules if name.startswith("grader.")}
    ours.discard("grader.sandbox")  # an empty name, so that a sandbox's own modules can be found
    assert ours == {"grader.loading", "grader.machine", "grader.observe", "grader.protocol"}
    assert "hypothesis" not in modules


def test_standard_streams_lead_nowhere(runner):
    assert run(runner, "os['write'](1, b'forged'); os['write'](2, b'forged'); return os['read'](0, 9)") == b""


@pytest.mark.skipif(sys.platform != "linux", reason="limits are enforced on Linux")
@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("return np.ones(10**10).shape", "MemoryError"),
        ("return bytes(10**11)", "MemoryError"),
        (
            "with open('big', 'wb') as f:\n    for _ in range(100): f.write(bytes(10**6)); f.flush()",
            "OSError",
        ),
    ],
)
def test_limits_hold(runner, body, kind):
    with pytest.raises(CheckFailed) as caught:
        run(runner, body)
    assert kind in caught.value.raised.bases


@pytest.mark.skipif(sys.platform != "linux", reason="limits are enforced on Linux")
def test_limits_cannot_be_lifted_again(runner):
    limits = run(runner, "return os['sys'].modules['resource'].getrlimit(4)")
    assert limits == (0, 0)


def test_a_deadline_counts_all_requests_together(runner):
    source = "import time\ndef nap(): time.sleep(0.15)\n"
    assert runner.load(source.encode(), ("time",)).raised is None
    runner.allow(0.4)
    naps = iter(Student(Program(runner)).nap().value for _ in range(10))
    with pytest.raises(WorkerGone) as caught:
        all(nap() is None for nap in naps)
    assert caught.value.verdict == "timeout"


def test_a_kept_worker_takes_one_source_after_another_and_survives_their_deaths():
    kept = KeptRunner()
    try:
        assert Student(loaded(kept, "a = 1")).a.value() == 1
        first = kept._runner
        kept.close()
        assert Student(loaded(kept, "a = 2")).a.value() == 2
        assert kept._runner is first
        kept.allow(0.3)
        with pytest.raises(WorkerGone):
            kept.load(b"while True: pass", ())
        kept.allow(5.0)
        assert Student(loaded(kept, "a = 3")).a.value() == 3
        assert kept._runner is not first
    finally:
        kept.end()


def test_a_worker_whose_judge_is_killed_ends_and_takes_its_folder_along():
    script = (
        "import sys, os\nfrom grader.process import ProcessRunner\n"
        "r = ProcessRunner(); r.load(b'', ()); print(r._process.pid, r._folder, flush=True); os.kill(os.getpid(), 9)"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(process.__file__).parents[1])}
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, env=environment, check=False
    )
    pid, folder = done.stdout.split()
    assert not alive(int(pid))
    assert not Path(folder).exists()


def test_the_launcher_names_an_isolated_python():
    launch = ProcessLauncher(memory=5, cpu_seconds=6).prepare("/some/folder")
    assert launch.argv[1:3] == ["-I", "-S"]
    assert launch.argv[launch.argv.index("5") + 1] == "6"
    assert launch.cwd == launch.env["TMPDIR"] == "/some/folder"
