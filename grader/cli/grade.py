"""`grader grade`: grade a class."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from grader.cli.session import PACK_VARIABLE
from grader.cli.terminal import console, in_colour
from grader.cli.verb import Misuse, Verb, require_judge
from grader.exercise import Exercise, exercises_root, load_exercises
from grader.progress import reason

if TYPE_CHECKING:
    from grader.batch import Folder, Progress, Settings, Summary
    from grader.batch.run import Bench
    from grader.intake.discover import Discovery, Kind

__all__ = ["grade_command"]

UNSAFE: Final = "--unsafe-no-sandbox"
_QUIET_S: Final = 60.0


@click.command(
    "grade",
    cls=Verb,
    short_help="Grade a class.",
    examples=(
        ("grader grade submissions/ --out results/", "a folder with one folder or archive per student"),
        (
            "grader grade class.zip --out results/ --seed-file seed.txt --new-seed",
            "with inputs that nobody knows",
        ),
        ("grader grade submissions/ --out results/ --scheduler tcp://host:8786", "on a dask cluster"),
    ),
)
@click.argument(
    "submissions", metavar="SUBMISSIONS...", nargs=-1, required=True, type=click.Path(path_type=Path)
)
@click.option(
    "--out", metavar="DIR", required=True, type=click.Path(path_type=Path), help="Where results go."
)
@click.option(
    "--seed-file",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Draw all inputs from the secret in this file, and keep them from students; without it they are those that "
    "students see.",
)
@click.option("--new-seed", is_flag=True, help="Make that file, with a new secret, readable for you alone.")
@click.option(
    "--show-inputs",
    is_flag=True,
    help="Tell students what they failed on, although it comes from the secret.",
)
@click.option(
    "--jobs", type=click.IntRange(1, 1024), metavar="N", help="Judges side by side (else one a core)."
)
@click.option("--scheduler", metavar="ADDRESS", help="Judge on the workers of this dask scheduler.")
@click.option(
    "--exercises",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Exercises other than those that come along.",
)
@click.option(
    "--each",
    "kind",
    type=click.Choice(["class", "one"]),
    help="Take each argument for a class, or for one submission, whatever it looks like.",
)
@click.option("--no-reports", is_flag=True, help="Write results.jsonl and nothing else.")
@click.option(
    UNSAFE, "unsafe", is_flag=True, help="Run the code without a sandbox. It can do what you can do."
)
def grade_command(
    submissions: tuple[Path, ...],
    out: Path,
    seed_file: Path | None,
    new_seed: bool,
    show_inputs: bool,
    jobs: int | None,
    scheduler: str | None,
    exercises: Path | None,
    kind: Kind | None,
    no_reports: bool,
    unsafe: bool,
) -> int:
    """Grade submissions and write results.jsonl and reports.

    A submission is a folder, an archive (zip, tar.gz), a notebook or a single source. Several arguments are one
    submission each; a single one that holds no chapter itself is a class, and whatever lies in it a submission.
    Interrupted, or run again with more submissions, it goes on where it stopped; what has not changed is not judged
    again.

    The exit status is 0 if everything was graded, 1 if something could not be.
    """
    require_judge()
    from grader.batch import BatchError, Folder
    from grader.intake import IntakeError, StoreError

    if os.open not in os.supports_dir_fd:
        raise Misuse("a class is graded on Linux or macOS; here `grader check` checks one's own work.")
    if jobs is not None and scheduler is not None:
        raise Misuse("--jobs is for judges on this machine; a cluster has as many as it has workers.")
    root, course = _course(exercises)
    for path in submissions:
        if path.is_dir() and out.resolve().is_relative_to(path.resolve()):
            raise Misuse(
                f"{out} lies inside {path}, where it would be taken for a submission. Choose another --out."
            )
    try:
        with _ended_by_signals():
            settings = _settings(root, seed_file, new_seed, show_inputs, unsafe)
            with Folder(out) as folder:
                return _grade(
                    submissions, kind, folder, course, settings, jobs, scheduler, reports=not no_reports
                )
    except (BatchError, IntakeError, StoreError) as error:
        raise Misuse(str(error)) from None


def _course(exercises: Path | None) -> tuple[Path | None, list[Exercise]]:
    """Return where the exercises are (None for our own), and all of them."""
    named = exercises or (Path(os.environ[PACK_VARIABLE]) if os.environ.get(PACK_VARIABLE) else None)
    root = None if named is None else named.resolve()
    course = load_exercises(root or exercises_root())
    if not course:
        raise Misuse(f"there are no exercises in {named or exercises_root()}. Give a folder of chapters.")
    return root, course


def _settings(
    root: Path | None, seed_file: Path | None, new_seed: bool, show_inputs: bool, unsafe: bool
) -> Settings:
    from grader.batch import Settings
    from grader.batch.seed import is_open_to_others, make_seed, read_seed

    seed = None
    if new_seed and seed_file is None:
        raise Misuse("--new-seed needs to know where to put it. Add --seed-file FILE.")
    if seed_file is not None:
        seed = make_seed(seed_file) if new_seed else read_seed(seed_file)
        if is_open_to_others(seed_file):
            click.echo(
                f"grader: others on this machine can read {seed_file}. Run: chmod 600 {seed_file}", err=True
            )
    pack = None if root is None else str(root)
    hide = seed is not None and not show_inputs
    return Settings(pack, seed, sandbox="process" if unsafe else "auto", hide_inputs=hide)


def _grade(
    submissions: Sequence[Path],
    kind: Kind | None,
    folder: Folder,
    course: Sequence[Exercise],
    settings: Settings,
    jobs: int | None,
    scheduler: str | None,
    *,
    reports: bool,
) -> int:
    from grader.batch import Batch
    from grader.batch.cache import Cache
    from grader.batch.results import ResultsFile
    from grader.intake import Catalogue, Store, discover

    began = time.monotonic()
    store = Store(folder.sources)
    found = discover(submissions, Catalogue(course), store, kind=kind)
    _say_found(found, submissions)
    results = ResultsFile(folder.results)
    if results.dropped:
        click.echo(
            f"grader: {results.dropped} lines of {folder.results} were no results and are dropped.", err=True
        )
    with contextlib.closing(results), contextlib.ExitStack() as stack:
        start = _starter(folder, course, settings, jobs, scheduler, stack)
        watch = stack.enter_context(_progress(len(found.entries)))
        cache = Cache(folder.grades)
        batch = Batch(course, settings, store=store, cache=cache, results=results, start=start, watch=watch)
        summary = batch.run(found.entries)
    _say_end(summary, time.monotonic() - began)
    if reports:
        _write_reports(folder, course)
    click.echo(f"Results: {folder.results}")
    return 1 if summary.not_graded else 0


def _say_found(found: Discovery, submissions: Sequence[Path]) -> None:
    for notice in found.notices:
        click.echo(f"grader: {notice}", err=True)
    if not found.entries:
        where = ", ".join(map(str, submissions))
        raise Misuse(
            f"there are no submissions in {where}. Each is a folder, an archive, a notebook or a source."
        )


def _starter(
    folder: Folder,
    course: Sequence[Exercise],
    settings: Settings,
    jobs: int | None,
    scheduler: str | None,
    stack: contextlib.ExitStack,
) -> Callable[[], Bench]:
    """Return a function that starts the judges: a rerun that has nothing to judge does not wait for them."""

    def start() -> Bench:
        from grader.batch.job import described, granted_by, launcher_for
        from grader.batch.run import Bench

        if scheduler is not None:
            from grader.batch.cluster import ClusterPool

            cluster = ClusterPool(scheduler)
            return Bench(cluster, cluster.width)
        from grader.batch import BatchError
        from grader.batch.pool import LocalPool
        from grader.sandbox import SandboxError

        try:
            launcher = launcher_for(settings.sandbox, granted_by(course))
        except SandboxError as error:
            raise BatchError(str(error)) from None
        if settings.sandbox == "process":
            click.echo(f"grader: {UNSAFE}: submissions run with all the rights that you have.", err=True)
        width = jobs or _cores()
        log = stack.enter_context(folder.log.open("ab"))
        patience_s = 2 * settings.exercise_s + 180
        pool = LocalPool(width, patience_s=patience_s, scratch=folder.scratch, log=log)
        return Bench(pool, lambda: width, described(launcher))

    return start


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextlib.contextmanager
def _progress(total: int) -> Iterator[Callable[[Progress], None]]:
    """Show a bar with the rate and the time left; where there is no terminal, say a line once a minute."""
    began = said = time.monotonic()

    def rate(progress: Progress) -> str:
        graded = progress.done - progress.kept
        return f"{60 * graded / max(time.monotonic() - began, 1e-3):.0f} a minute" if graded else ""

    if not in_colour():

        def say(progress: Progress) -> None:
            nonlocal said
            if time.monotonic() - said > _QUIET_S:
                said = time.monotonic()
                click.echo(f"{progress.done} of {total} submissions, {rate(progress) or 'judging'}")

        yield say
        return
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )
    from rich.progress import Progress as Bar

    columns = (
        TextColumn("grading"),
        BarColumn(bar_width=30),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    with Bar(*columns, console=console(), transient=True, refresh_per_second=4) as bar:
        task = bar.add_task("", total=total, rate="")
        yield lambda progress: bar.update(task, completed=progress.done, rate=rate(progress))


def _say_end(summary: Summary, seconds: float) -> None:
    graded = f"{summary.graded} graded" + (
        f", {summary.kept} unchanged since the last run" if summary.kept else ""
    )
    rate = f", {60 * summary.graded / seconds:.0f} a minute" if summary.graded else ""
    click.echo(f"{graded}, in {seconds:.1f} s{rate}.")
    if summary.judged:
        click.echo(f"{summary.judged} sources judged, {summary.reused} grades taken over from equal ones.")
    for name in summary.not_graded:
        click.echo(f"grader: {name}: something could not be graded; its notes say what. Run again.", err=True)
    if summary.absent:
        count = len(summary.absent)
        click.echo(
            f"grader: {count} earlier results are of submissions not given this time; they were kept.",
            err=True,
        )


def _write_reports(folder: Folder, course: Sequence[Exercise]) -> None:
    from grader.reports import ResultsError, lessons_of, write_all

    try:
        results = write_all(folder.results, folder.root, lessons=lessons_of(course))
    except ResultsError as error:
        raise Misuse(str(error)) from None
    except OSError as error:
        raise Misuse(f"the reports could not be written in {folder.root}: {reason(error)}.") from None
    for notice in results.notices:
        click.echo(f"grader: {notice}", err=True)


@contextlib.contextmanager
def _ended_by_signals() -> Iterator[None]:
    """Treat a request to end (kill, a closed terminal) as what it is: stop the judges, leave everything whole."""

    def end(number: int, _frame: object) -> None:
        sys.exit(128 + number)

    wanted = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    # Under nohup a closed terminal is to be ignored.
    heard = [number for number in wanted if signal.getsignal(number) is not signal.SIG_IGN]
    before = {number: signal.signal(number, end) for number in heard}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
