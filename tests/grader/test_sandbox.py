"""The sandbox tiers: what they stop, that the self-test notices when they do not, and that grades stay the same."""

from __future__ import annotations

import ast
import json
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

if sys.platform != "linux":
    pytest.skip("the sandboxes are Linux's", allow_module_level=True)

from grader.exercise import load_exercises
from grader.judge import STAGE, check_exercise
from grader.process import Launch, ProcessLauncher, ProcessRunner
from grader.program import WorkerGone
from grader.report import ExerciseResult
from grader.sandbox import TIERS, UNSAFE_OPTION, SandboxError, choose_launcher, report, unsandboxed_launcher
from grader.sandbox.bubblewrap import BubblewrapLauncher
from grader.sandbox.inside import landlock
from grader.sandbox.landlock import LandlockLauncher
from grader.sandbox.needs import GRADER, WORKER_FILES, interpreter_of
from grader.sandbox.selftest import Finding, SandboxLauncher, examine
from grader.sandbox.trials import TRIALS
from grader.sandbox.user import hidden_from_others, spare_user

REPOSITORY = GRADER.parent
ROOT = os.getuid() == 0
SANDBOXES: dict[str, SandboxLauncher] = {"bubblewrap": BubblewrapLauncher(), "landlock": LandlockLauncher()}
TMP_BYTES = str(BubblewrapLauncher().tmp_bytes)
EXERCISES = {exercise.id.split("_", 2)[-1]: exercise for exercise in load_exercises()}


def usable(tier: str) -> SandboxLauncher:
    """Return the launcher of a tier, or skip with the reason why this machine has none.

    A tier that the machine has and that fails its self-test is no reason to skip.
    """
    found = report(tier)
    if not found.usable:
        forbidden = tier == "bubblewrap" and len(found.findings) == 1
        assert forbidden or "self-test" not in str(found.reason), found.reason
        assert tier == "bubblewrap" or not landlock.version(), found.reason
        pytest.skip(f"{tier}: {found.reason}")
    return SANDBOXES[tier]


@pytest.fixture(params=list(SANDBOXES))
def sandbox(request: pytest.FixtureRequest) -> SandboxLauncher:
    """Return each sandbox that this machine has."""
    return usable(request.param)


@pytest.fixture(params=["process", *SANDBOXES])
def launcher(request: pytest.FixtureRequest) -> SandboxLauncher | ProcessLauncher:
    """Return each way to start a worker that this machine has."""
    return ProcessLauncher() if request.param == "process" else usable(request.param)


def descendants(process: int) -> set[int]:
    """Return everything that a process has started, and what that has started, and so on."""
    parents = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            state, parent = (folder / "stat").read_text().rpartition(")")[2].split()[:2]
        except OSError:
            continue
        if state != "Z":
            parents[int(folder.name)] = int(parent)
    found = {process}
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return found - {process}


@pytest.fixture(autouse=True)
def nothing_is_left_behind() -> Iterator[None]:
    """Compare the processes before and after."""
    before = descendants(os.getpid())
    yield
    assert wait_until(lambda: descendants(os.getpid()) <= before)


def wait_until(true: Callable[[], bool], seconds: float = 10.0) -> bool:
    """Return whether something became true in time."""
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


# --- the self-test ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Open:
    """No sandbox at all, but limits that the self-test can read."""

    memory: int = 2 * 2**30
    tmp_bytes: int = 16 * 2**20

    def prepare(self, folder: str) -> Launch:
        """Return what the last tier would start."""
        return ProcessLauncher(self.memory).prepare(folder)


def broken(findings: list[Finding]) -> dict[str, str]:
    """Return the promises that were not kept."""
    return {finding.name: finding.detail for finding in findings if finding.broken}


def test_every_trial_succeeds_where_nothing_stops_it() -> None:
    """A trial that cannot succeed would be no proof: without a sandbox, each gets what it wants."""
    findings = {finding.name: finding for finding in examine(Open(), "process")}
    assert not broken(list(findings.values()))
    promised = {trial.name for trial in TRIALS if "process" in trial.promised}
    stopped = {name for name, finding in findings.items() if finding.held} - promised - {"works at all"}
    if ROOT:
        assert not stopped
    else:  # what the system itself denies an ordinary user
        assert stopped <= {
            "runs as root", "may gain privileges", "changes NumPy", "becomes root", "makes processes", "makes threads",
            "makes a user namespace", "opens the judge's memory", "copies the judge's memory", "traces the judge",
        }  # fmt: skip


def test_a_tier_passes_its_self_test(sandbox: SandboxLauncher) -> None:
    """All promises are kept; only what the tier says that it leaves open is open."""
    name = next(name for name, launcher in SANDBOXES.items() if launcher is sandbox)
    findings = examine(sandbox, name)
    assert len(findings) > len(TRIALS)
    assert not broken(findings)
    left_open = {finding.name for finding in findings if not finding.held}
    namespaces = {"learns that a file exists", "shares namespaces with the judge"}
    assert left_open == (set() if name == "bubblewrap" else namespaces)


@dataclass(frozen=True)
class Tampered:
    """A launcher with something taken out of it, or put into it."""

    launcher: SandboxLauncher
    change: Callable[[Launch], Launch]

    @property
    def memory(self) -> int:
        """The limit that is believed to hold."""
        return self.launcher.memory

    @property
    def tmp_bytes(self) -> int:
        """The size that is believed to hold."""
        return self.launcher.tmp_bytes

    def prepare(self, folder: str) -> Launch:
        """Return the changed launch."""
        return self.change(self.launcher.prepare(folder))


def without(*options: str) -> Callable[[Launch], Launch]:
    """Leave out options of bubblewrap."""
    return lambda launch: replace(launch, argv=[word for word in launch.argv if word not in options])


def inside(*options: str) -> Callable[[Launch], Launch]:
    """Give bubblewrap more options, for what is inside."""

    def change(launch: Launch) -> Launch:
        place = launch.argv.index("--remount-ro", launch.argv.index("--size"))
        return replace(launch, argv=[*launch.argv[:place], *options, *launch.argv[place:]])

    return change


def shown(path: str, place: str) -> Callable[[Launch], Launch]:
    """Show the worker something more of the machine."""

    def change(launch: Launch) -> Launch:
        words = launch.argv
        here = words.index("--dev-bind")
        above = [word for parent in reversed(Path(place).parents[:-1]) for word in ("--dir", str(parent))]
        return replace(launch, argv=[*words[:here], *above, "--ro-bind", path, place, *words[here:]])

    return change


def ordered(**changes: object) -> Callable[[Launch], Launch]:
    """Change the order that the worker carries out on itself."""

    def change(launch: Launch) -> Launch:
        words = [
            json.dumps({**json.loads(word), **changes}) if word.startswith('{"') else word
            for word in launch.argv
        ]
        return replace(launch, argv=words)

    return change


def unlimited(launch: Launch) -> Launch:
    """Let the worker have all the memory that it wants."""
    limit = str(BubblewrapLauncher().memory)
    return replace(launch, argv=[str(2**45) if word == limit else word for word in launch.argv])


def also_readable(path: str) -> Callable[[Launch], Launch]:
    """Have Landlock leave something more open."""

    def change(launch: Launch) -> Launch:
        order = next(json.loads(word) for word in launch.argv if word.startswith('{"'))
        return ordered(landlock={**order["landlock"], "read": [*order["landlock"]["read"], path]})(launch)

    return change


def unmasked(launch: Launch) -> Launch:
    """Show the standard library with the packages that are installed within it."""
    words = launch.argv
    masks = [
        number for number, word in enumerate(words) if word == "--tmpfs" and "-packages" in words[number + 1]
    ]
    library = Path(os.__file__).parent / "site-packages"
    if not masks or not any((library / name / "__init__.py").exists() for name in ("hypothesis", "pip")):
        pytest.skip("this Python has no packages within its standard library")
    return replace(
        launch,
        argv=[word for number, word in enumerate(words) if all(not 0 <= number - mask < 4 for mask in masks)],
    )


def unguarded(launch: Launch) -> Launch:
    """Have nobody watch the worker's folder."""
    return replace(launch, guard=None)


def with_open_file(launch: Launch) -> Launch:
    """Start it from a process that has left a file open."""
    return replace(launch, argv=["/bin/sh", "-c", 'exec 9</etc/passwd; exec "$@"', "sh", *launch.argv])


def as_root(launch: Launch) -> Launch:
    """Stay root."""
    if not ROOT:
        pytest.skip("this is no root")
    return ordered(user=None)(launch)


def among_users(launch: Launch) -> Launch:
    """Stay in the judge's user namespace."""
    if not ROOT:
        pytest.skip("an ordinary user makes no namespaces without one")
    return ordered(own_users=False)(launch)


SITE = str(Path(pytest.__file__).parents[1])
FILTER = {"makes any system call", "knocks at the kernel's doors"}
READS = {
    "reads a file that anybody may read",
    "reads another submission",
    "reads the judge's code",
    "changes a file",
}
SOCKETS = {"sends over UDP", "connects to a service by its path"}
SAME_USER = {"signals the judge", "changes a file's mode"}
SHARED = {"shares namespaces with the judge"}
FINDS = {"finds solutions or the judge somewhere"}

LAYERS: dict[str, tuple[str, Callable[[Launch], Launch], set[str]]] = {
    "bubblewrap without the filter": ("bubblewrap", ordered(seccomp=False), FILTER),
    "network shared": ("bubblewrap", without("--unshare-net"), SHARED),
    "processes shared": ("bubblewrap", without("--unshare-pid"), SHARED),
    "ipc shared": ("bubblewrap", without("--unshare-ipc"), SHARED),
    "users shared": ("bubblewrap", among_users, SHARED),
    "exercises bound": ("bubblewrap", shown(str(REPOSITORY / "exercises"), "/exercises"), FINDS),
    "grader bound": ("bubblewrap", shown(str(GRADER), str(GRADER)), {"reads the judge's code", *FINDS}),
    "packages bound": ("bubblewrap", unmasked, {"reads packages that nobody granted"}),
    "etc bound": ("bubblewrap", shown("/etc", "/etc"), {"reads a file of the system"}),
    "proc bound": ("bubblewrap", shown("/proc", "/proc"), {"lists the processes"}),
    "tmp unlimited": ("bubblewrap", without("--size", TMP_BYTES), {"fills its folder"}),
    "environment": ("bubblewrap", inside("--setenv", "GRADER_SEED", "42"), {"reads the environment"}),
    "bubblewrap with an open file": ("bubblewrap", with_open_file, {"uses the judge's open files"}),
    "bubblewrap without a memory limit": ("bubblewrap", unlimited, {"takes too much memory"}),
    "bubblewrap as root": ("bubblewrap", as_root, {"runs as root"}),
    "landlock without landlock": ("landlock", ordered(landlock=None), READS),
    "packages readable": ("landlock", also_readable(SITE), {"reads packages that nobody granted"}),
    "landlock without the filter": (
        "landlock",
        ordered(seccomp=False),
        FILTER | SOCKETS | {"changes a file's mode"},
    ),
    "neither": (
        "landlock",
        ordered(landlock=None, seccomp=False),
        READS | FILTER | SOCKETS | SAME_USER | {"connects over TCP"},
    ),
    "tmp unwatched": ("bubblewrap", unguarded, {"makes thousands of files"}),
    "folder unwatched": ("landlock", unguarded, {"fills its folder", "makes thousands of files"}),
    "landlock without a memory limit": ("landlock", unlimited, {"takes too much memory"}),
    "landlock with an open file": ("landlock", with_open_file, {"uses the judge's open files"}),
    "landlock as root": ("landlock", as_root, {"runs as root"}),
}


@pytest.mark.parametrize("layer", LAYERS)
def test_a_layer_that_is_off_is_noticed(layer: str) -> None:
    """The self-test goes red for each layer, even where another one behind it would still hold."""
    tier, change, noticed = LAYERS[layer]
    if layer == "grader bound" and GRADER.is_relative_to("/tmp"):
        pytest.skip("this checkout lies below /tmp, over which the sandbox lays a folder of its own")
    findings = examine(Tampered(usable(tier), change), tier)
    if ROOT:  # then the worker is another user, whom the system itself stops
        noticed = noticed - SAME_USER
    assert noticed <= broken(findings).keys()
    assert len(findings) > len(TRIALS)


LOCAL = {"signals the judge", "traces the judge", "copies the judge's memory", "makes processes"}
STILL_HELD: dict[str, set[str]] = {
    "bubblewrap without the filter": {
        *(
            "connects over TCP",
            "sends over UDP",
            "connects to a service by its path",
            "makes a user namespace",
        ),
        *("connects to a service by its name", "changes a file's mode", *LOCAL, *READS),
    },
    "landlock without the filter": {
        *("connects over TCP", "listens on a TCP port", "connects to a service by its name", *LOCAL, *READS)
    },
    "landlock without landlock": {"sends over UDP", "knocks at the kernel's doors", *LOCAL},
}


@pytest.mark.parametrize("layer", STILL_HELD)
def test_layers_stand_behind_one_another(layer: str) -> None:
    """One that fails does not take the others with it."""
    tier, change, _ = LAYERS[layer]
    if tier == "landlock" and landlock.version() < 6:
        pytest.skip("this Landlock knows neither TCP nor signals")
    assert not STILL_HELD[layer] & broken(examine(Tampered(usable(tier), change), tier)).keys()


def test_a_sandbox_in_which_nothing_runs_is_no_sandbox() -> None:
    """That everything fails inside is no success."""
    findings = examine(Tampered(usable("bubblewrap"), without("--setenv")), "bubblewrap")
    assert [(finding.name, finding.broken) for finding in findings] == [("works at all", True)]


# What an ordinary user has: a Python that he may read, and none of root's rights.
AS_USER = [
    *("bwrap", "--dev-bind", "/", "/", "--die-with-parent", "--perms", "0755", "--tmpfs", "/root"),
    *("--", "setpriv", "--reuid", "1000", "--regid", "1000", "--clear-groups", "--"),
]


@pytest.mark.skipif(not ROOT, reason="the other tests are run as an ordinary user already")
def test_for_an_ordinary_user_too() -> None:
    """The same trials, and the filter's absence noticed, where judge and worker are one user."""
    usable("bubblewrap")
    base = Path(sys.base_prefix)
    place = AS_USER.index("/root") + 1
    show = ["--ro-bind", str(base), str(base)] if base.is_relative_to("/root") else []
    opened = [
        word
        for parent in base.parents
        if parent.is_relative_to("/root")
        for word in ("--chmod", "0755", str(parent))
    ]
    command = [*AS_USER[:place], *show, *opened, *AS_USER[place:], sys.executable, "-B", "-m", "pytest", "-q"]
    options = [
        "-p",
        "no:cacheprovider",
        "-k",
        "self_test or filter or neither or where_nothing or killing",
        str(Path(__file__)),
    ]
    environment = {**os.environ, "HOME": "/tmp", "PYTHONPATH": str(REPOSITORY)}
    ended = subprocess.run(
        [*command, *options],
        env=environment,
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert ended.returncode == 0, ended.stdout
    assert " passed" in ended.stdout
    assert "skipped" not in ended.stdout


# --- choosing --------------------------------------------------------------------------------------------------------


def choosing(script: str, **environment: str) -> str:
    """Return what a script prints after it has chosen a launcher in a process of its own."""
    command = [sys.executable, "-c", script]
    settings = {**os.environ, "PYTHONPATH": str(REPOSITORY), **environment}
    ended = subprocess.run(command, env=settings, capture_output=True, text=True, check=False, timeout=120)
    assert ended.stderr == ""
    return ended.stdout


CHOOSE = """
from grader.sandbox import SandboxError, choose_launcher, report
try:
    print(type(choose_launcher()).__name__)
except SandboxError as error:
    print(error)
print(report("bubblewrap").reason)
"""
# A real filter around the judge itself, as containers have one: everything but these calls.
FORBID = """
import os, platform
from grader.sandbox.inside import libc, policy, seccomp
place = policy.MACHINES.index(platform.machine())
allowed = dict.fromkeys(range(470))
allowed[(56, 220)[place]] = policy.Except(0, {new_namespace}, {new_namespace})
for number in {forbidden}:
    del allowed[number]
libc.prctl(38, 1)
seccomp.install(allowed)
"""
UNSHARE = {"x86_64": 272, "aarch64": 97}.get(os.uname().machine, 0)


def test_the_best_tier_is_chosen() -> None:
    """In order, and plain data that a pool can send to its judges."""
    import pickle

    best = next(tier.name for tier in TIERS if report(tier.name).usable)
    chosen = choose_launcher("process", memory=2**30, cpu_seconds=7)
    assert (
        chosen
        == {
            "bubblewrap": BubblewrapLauncher(2**30, 7),
            "landlock": LandlockLauncher(2**30, 7),
            "process": ProcessLauncher(2**30, 7),
        }[best]
    )
    assert pickle.loads(pickle.dumps(chosen)) == chosen
    assert unsandboxed_launcher(memory=2**30, cpu_seconds=7) == ProcessLauncher(2**30, 7)


def test_without_bubblewrap_landlock_is_chosen() -> None:
    """The program is missing; the second tier needs none."""
    usable("landlock")
    assert choosing(CHOOSE, PATH="/nowhere").splitlines() == [
        "LandlockLauncher",
        "bubblewrap is not installed",
    ]


def test_where_namespaces_are_forbidden_landlock_is_chosen() -> None:
    """As in a container, or on an Ubuntu that restricts them: the reason is bubblewrap's own."""
    usable("bubblewrap")
    usable("landlock")
    for flag, said in (("0x20000", "bwrap: Creating new namespace failed"), ("0x10000000", "")):
        forbid = FORBID.format(forbidden=[UNSHARE], new_namespace=flag)
        chosen, why = choosing(forbid + CHOOSE).splitlines()
        assert chosen == "LandlockLauncher"
        assert why.startswith(f"a worker does not start in it ({said}")
        assert "Operation not permitted" in why


def test_without_any_sandbox_nothing_is_chosen() -> None:
    """One sentence for each tier, each with what to do, and the option in so many words."""
    usable("landlock")
    forbid = FORBID.format(forbidden=[444, 445, 446, UNSHARE], new_namespace="0x20000")
    said = choosing(forbid + CHOOSE)
    assert said.startswith(
        "There is no sandbox on this machine in which code that nobody has read may run.\n"
    )
    assert "  bubblewrap: a worker does not start in it" in said
    assert "  landlock: this kernel has no Landlock" in said
    assert f"say {UNSAFE_OPTION}." in said
    at_home = choosing(forbid + CHOOSE.replace("choose_launcher()", "choose_launcher('process')"))
    assert at_home.startswith("ProcessLauncher\n")


def test_a_tier_that_is_not_wanted_is_not_chosen() -> None:
    """Whoever insists on the best tier gets that or none."""
    usable("landlock")
    with_minimum = CHOOSE.replace("choose_launcher()", "choose_launcher('bubblewrap')")
    assert choosing(with_minimum, PATH="/nowhere").startswith("There is no sandbox")


# --- grades ----------------------------------------------------------------------------------------------------------


def account(result: ExerciseResult) -> dict[str, object]:
    """Return a result without its timings."""
    return {**json.loads(json.dumps(result.to_json())), "output": result.output, "text": result.text()}


@pytest.mark.parametrize("name", ["sigmoid", "adam"])
def test_grades_are_the_same_in_every_tier(name: str, sandbox: SandboxLauncher) -> None:
    """Solution, stub and mutants: verdicts, counterexamples, diagnoses and words, isolated as in-process."""
    [exercise] = [exercise for key, exercise in EXERCISES.items() if key.endswith(name)]
    try:
        for source in (
            exercise.solution,
            exercise.stub,
            exercise.mutants[0].source,
            exercise.mutants[-1].source,
        ):
            here = check_exercise(exercise, source, isolated=False, seed=7)
            there = check_exercise(exercise, source, launcher=sandbox, seed=7)
            assert account(there) == account(here)
            assert (there.verdict == "pass") == (source is exercise.solution)
    finally:
        STAGE.end()


def ask(
    launcher: SandboxLauncher | ProcessLauncher,
    source: str,
    imports: tuple[str, ...] = (),
    seconds: float = 20,
) -> str:
    """Load a source and return what became of it: "loaded", what it raised, or how the worker ended."""
    runner = ProcessRunner(launcher)
    try:
        runner.allow(seconds)
        reply = runner.load(source.encode(), imports)
    except WorkerGone as gone:
        return f"{gone.verdict}: {gone.message}"
    finally:
        runner.close()
    return f"{reply.raised.type}: {reply.raised.message}" if reply.raised else "loaded"


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("import os\nos._exit(3)", "crashed: the process ended itself (exit status 3)"),
        ("import os\nos.kill(os.getpid(), 11)", "crashed: the process was ended by SIGSEGV"),
        ("import os\nos.abort()", "crashed: the process was ended by SIGABRT"),
        ("import ctypes\nctypes.string_at(0)", "crashed: the process was ended by SIGSEGV"),
        ("import os\nos.closerange(0, 64)", "crashed: the process "),
        ("x = bytearray(2 ** 33)", "MemoryError: "),
        ("while True: pass", "timeout: "),
        ("import time\nwhile True:\n    try:\n        time.sleep(9)\n    except BaseException: pass", "timeout: "),
        ("open('notes', 'w').write('kept')\nassert open('notes').read() == 'kept'", "loaded"),
        ("# -*- coding: cp1252 -*-\nname = 1", "loaded"),
        ("n\u00e4me = 1", "loaded"),
        ("import dataclasses, typing, enum, numbers\nimport numpy.polynomial, numpy.random, numpy.ma", "loaded"),
        ("import numpy as np\nnp.linalg.svd(np.ones((300, 300)))", "loaded"),
    ],
)  # fmt: skip
def test_ends_are_told_in_the_same_words(launcher: SandboxLauncher, source: str, said: str) -> None:
    """However a submission ends, each tier says the same of it; what an honest one needs is there."""
    imports = ("os", "ctypes", "time", "numpy")
    assert ask(launcher, source, imports, seconds=0.5 if "True" in source else 20).startswith(said)


def test_cpu_time_is_limited(launcher: SandboxLauncher) -> None:
    """The second line behind the deadline says what it is, in every tier."""
    said = ask(replace(launcher, cpu_seconds=1), "while True: pass", seconds=20)
    assert said == "timeout: it used up its CPU time and was stopped"


def test_a_granted_package_is_shown_and_no_other(sandbox: SandboxLauncher) -> None:
    """A sandbox shows what exercises grant; what is merely installed is not there."""
    source = "import click\nclick.style('x')\nassert click.__doc__"
    assert ask(replace(sandbox, granted=("click",)), source, ("click",)) == "loaded"
    refused = (
        "ModuleNotFoundError: No module named 'click'",
        "PermissionError: [Errno 13] Permission denied",
    )
    assert ask(sandbox, source, ("click",)).startswith(refused)
    # What a module of the standard library links to is shown with the module.
    databases = (
        "import sqlite3\nassert sqlite3.connect(':memory:').execute('select 6 * 7').fetchone() == (42,)"
    )
    assert ask(replace(sandbox, granted=("sqlite3",)), databases, ("sqlite3",)) == "loaded"
    with pytest.raises(SandboxError, match="grants 'no_such_package', which cannot be imported here"):
        replace(sandbox, granted=("no_such_package",)).prepare("/nowhere")


def test_the_worker_is_shown_all_that_it_imports() -> None:
    """The list of our files in the sandbox is what the worker's import statements say, all the way down."""
    waiting, found = ["worker.py"], set()
    while waiting:
        name = waiting.pop()
        found.add(name)
        tree = ast.parse((GRADER / name).read_text())
        for node in ast.walk(tree):
            if not isinstance(node, ast.ImportFrom) or not (node.module or "").startswith("grader"):
                continue
            # Ours are read before the worker gives up its rights; a late import would find nothing.
            assert node in tree.body or name == "worker.py", f"{name} imports {node.module} late"
            folder = Path(*node.module.split(".")[1:])
            parts = [folder / alias.name for alias in node.names] if (GRADER / folder).is_dir() else [folder]
            waiting += [
                str(part.with_suffix(".py")) for part in parts if str(part.with_suffix(".py")) not in found
            ]
            if "inside" in node.module:
                found.add("sandbox/inside/__init__.py")
    assert set(WORKER_FILES) == found


# --- nothing is left -------------------------------------------------------------------------------------------------

JUDGE = """
import sys
from grader.process import ProcessRunner
from grader.sandbox.bubblewrap import BubblewrapLauncher
from grader.sandbox.landlock import LandlockLauncher
runner = ProcessRunner({launcher})
runner.allow(100)
runner.load(b"", ())
print("ready", flush=True)
runner.load(b"while True: pass", ())
"""


def test_killing_the_judge_leaves_no_survivor(sandbox: SandboxLauncher) -> None:
    """Whoever is killed, judge or bubblewrap, takes the busy worker along."""
    command = [sys.executable, "-c", JUDGE.format(launcher=repr(sandbox))]
    with tempfile.TemporaryDirectory(
        prefix="grader-test-"
    ) as folder:  # for what a killed judge cannot clear away
        os.chmod(folder, 0o755)
        environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), "TMPDIR": folder}
        with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE) as judge:
            assert judge.stdout is not None
            assert judge.stdout.readline() == b"ready\n"
            started = descendants(judge.pid)
            assert started
            judge.kill()
        assert wait_until(lambda: not any(alive(process) for process in started))


def alive(process: int) -> bool:
    """Return whether a process is there and no mere zombie."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.parametrize("which", ["first", "last"])
def test_killing_any_link_of_the_chain_ends_the_worker(which: str) -> None:
    """The judge started one process; whichever of the chain dies, all of it does, and the judge hears of it."""
    runner = ProcessRunner(usable("bubblewrap"))
    try:
        runner.allow(20)
        runner.load(b"", ())
        chain = sorted(descendants(runner.pid) | {runner.pid})
        os.kill(chain[0] if which == "first" else chain[-1], signal.SIGKILL)
        assert wait_until(lambda: not any(alive(process) for process in chain))
        with pytest.raises(WorkerGone, match="SIGKILL"):
            runner.load(b"x = 1", ())
    finally:
        runner.close()


def test_a_private_folder_goes_with_its_worker(
    launcher: SandboxLauncher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever is in it, and whoever owns that."""
    tmp_path.chmod(0o700)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    source = (
        "import os\nfor i in range(9): open(os.path.join(os.environ['TMPDIR'], f'file{i}'), 'w').write('x')"
    )
    assert ask(launcher, source, ("os",)) == "loaded"
    assert not list(tmp_path.iterdir())


def test_two_workers_do_not_meet(sandbox: SandboxLauncher) -> None:
    """Side by side, one cannot read, list or change what the other keeps."""
    first, second = ProcessRunner(sandbox), ProcessRunner(sandbox)
    try:
        for runner in (first, second):
            runner.allow(20)
        first.load(b"import os\nopen('mine', 'w').write('x')\nplace = os.getcwd()", ("os",))
        folder = "/tmp" if isinstance(sandbox, BubblewrapLauncher) else str(first._folder)
        spy = f"import os\nopen(os.path.join({folder!r}, 'mine')).read()"
        reply = second.load(spy.encode(), ("os",))
        assert reply.raised is not None
        assert reply.raised.type in ("FileNotFoundError", "PermissionError")
    finally:
        first.close()
        second.close()


# --- telling ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [None, "/nowhere"])
def test_the_doctor_says_which_tier_is_there(path: str | None) -> None:
    """The best that held, what it stops and does not, and how to get a better one."""
    best = usable("landlock" if path else "bubblewrap")
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)} | ({"PATH": path} if path else {})
    command = [sys.executable, "-m", "grader", "doctor", "--json"]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=120)
    found = {finding["name"]: finding for finding in json.loads(ended.stdout)["findings"]}["sandbox"]
    name = next(name for name, launcher in SANDBOXES.items() if launcher is best)
    assert found["detail"].startswith(f"{name}, tried just now: it stops ")
    assert (found["level"], "apt install bubblewrap" in found["remedy"]) == (
        ("note", True) if path else ("good", False)
    )


def test_the_name_of_the_temporary_folder_may_be_long() -> None:
    """Longer than the address of a service may be."""
    best = usable("bubblewrap")
    name = next(name for name, launcher in SANDBOXES.items() if launcher is best)
    with tempfile.TemporaryDirectory(prefix="x" * 120) as folder:
        os.chmod(folder, 0o755)
        environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), "TMPDIR": folder}
        command = [sys.executable, "-m", "grader", "doctor", "--json"]
        ended = subprocess.run(
            command, env=environment, capture_output=True, text=True, check=False, timeout=120
        )
        assert not os.listdir(folder)
    found = {finding["name"]: finding for finding in json.loads(ended.stdout)["findings"]}["sandbox"]
    assert found["detail"].startswith(f"{name}, tried just now")


# --- small things ----------------------------------------------------------------------------------------------------


def test_what_others_can_reach() -> None:
    """A path is open if every folder above it, and above what it links to, may be entered by anybody."""
    base = Path(os.path.realpath("/tmp")) / f"grader-test-{os.getpid()}"
    (base / "closed").mkdir(parents=True)
    try:
        base.chmod(0o755)
        for folder in (base, base / "closed"):
            (folder / "file").write_text("x")
            (folder / "file").chmod(0o644)
        (base / "private").write_text("x")
        (base / "private").chmod(0o600)
        (base / "link").symlink_to(base / "closed" / "file")
        (base / "closed").chmod(0o700)
        names = ("file", "private", "closed", "closed/file", "link")
        hidden = hidden_from_others(tuple(str(base / name) for name in names))
        assert [Path(path).relative_to(base).as_posix() for path in hidden] == list(names[1:])
    finally:
        shutil.rmtree(base)


def test_a_spare_user_is_nobody() -> None:
    """As root a number that no account has, and not the same twice; otherwise none is needed."""
    numbers = {spare_user() for _ in range(8)}
    if not ROOT:
        assert numbers == {None}
        return
    assert len(numbers) > 1 or numbers == {65534}
    assert not numbers & {account.pw_uid for account in pwd.getpwall() if account.pw_name != "nobody"}


def test_the_loader_of_a_program(tmp_path: Path) -> None:
    """It is read from the program's own header; what is no such program has none."""
    loader = interpreter_of(os.path.realpath(sys.executable))
    assert loader is None or Path(loader).exists()
    (tmp_path / "script").write_text("#!/bin/sh\n")
    assert interpreter_of(str(tmp_path / "script")) is None


@pytest.mark.skipif(not ROOT, reason="only root has groups to give up")
def test_groups_do_not_come_along(sandbox: SandboxLauncher) -> None:
    """A worker of root's has none of root's groups."""
    name = next(name for name, launcher in SANDBOXES.items() if launcher is sandbox)
    script = (
        f"import os\nos.setgroups([0, 4])\nfrom grader.sandbox import report\nprint(report({name!r}).reason)"
    )
    assert choosing(script) == "None\n"
