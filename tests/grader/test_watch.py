"""Noticing that task files changed, with native events and by looking again."""

from __future__ import annotations

import queue
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import grader.watch as watch_module
from grader.watch import Snapshot, Watcher
from grader.workdir import WorkDir, init_work

IDS = ["ch01_a/ex01_one", "ch01_a/ex02_two"]
# Only an upper bound on how long a broken watcher can hang the suite.
PATIENCE_S = 30


@pytest.fixture
def work(tmp_path: Path) -> WorkDir:
    """Return a fresh work directory."""
    init_work(tmp_path, dict.fromkeys(IDS, b"stub\n"))
    return WorkDir(tmp_path)


@contextmanager
def watching(work: WorkDir, *, native: bool) -> Iterator[queue.Queue[list[str]]]:
    """Watch and put what is reported into a queue."""
    reports: queue.Queue[list[str]] = queue.Queue()
    with Watcher(work, IDS, reports.put, native=native):
        yield reports


def save_by_renaming(path: Path, text: str) -> None:
    """Save as vim and many editors do: move the old file away, write a new one, remove the old."""
    backup = path.with_suffix(".py~")
    path.rename(backup)
    path.write_text(text)
    backup.unlink()


def save_in_place(path: Path, text: str) -> None:
    """Save as nano does."""
    path.write_text(text)


def save_over(path: Path, text: str) -> None:
    """Save as VS Code's atomic mode does: a new file renamed over the old."""
    aside = path.with_suffix(".tmp")
    aside.write_text(text)
    aside.replace(path)


@pytest.mark.parametrize("save", [save_in_place, save_by_renaming, save_over])
@pytest.mark.parametrize("native", [True, False])
def test_each_way_of_saving_is_noticed_once(work: WorkDir, native: bool, save) -> None:
    """Whatever the editor does, one new text is one report of that exercise."""
    with watching(work, native=native) as reports:
        for number in range(3):
            save(work.task(IDS[1]), f"answer = {number}\n")
            assert reports.get(timeout=PATIENCE_S) == [IDS[1]]
        assert reports.empty()


def test_native_events_arrive_without_looking(work: WorkDir, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the fallback switched off, the system's own events still report the change."""
    pytest.importorskip("watchfiles")
    monkeypatch.setattr(watch_module, "_LOOK_ANYWAY_S", 10_000)
    monkeypatch.setattr(watch_module, "_POLL_S", 10_000)
    with watching(work, native=True) as reports:
        # The watch may not be set up yet when the first text is written, so keep writing.
        for number in range(PATIENCE_S * 10):
            work.task(IDS[0]).write_text(f"answer = {number}\n")
            try:
                assert reports.get(timeout=0.1) == [IDS[0]]
            except queue.Empty:
                continue
            return
    pytest.fail("no event arrived")


def test_without_watchfiles_it_still_looks(work: WorkDir, monkeypatch: pytest.MonkeyPatch) -> None:
    """An installation without the native watcher polls."""
    monkeypatch.setitem(sys.modules, "watchfiles", None)
    with watching(work, native=True) as reports:
        work.task(IDS[0]).write_text("answer = 1\n")
        assert reports.get(timeout=PATIENCE_S) == [IDS[0]]


def test_a_snapshot_reports_texts_not_events(work: WorkDir) -> None:
    """Touching, removing and restoring the same text are no change; a new text is one, once."""
    snapshot = Snapshot(work, IDS)
    task = work.task(IDS[0])
    task.touch()
    assert snapshot.changed() == []
    task.unlink()
    assert snapshot.changed() == []
    task.write_text("stub\n")
    assert snapshot.changed() == []
    task.write_text("answer\n")
    work.task(IDS[1]).write_text("answer\n")
    assert snapshot.changed() == IDS
    assert snapshot.changed() == []


def test_a_task_that_was_missing_is_reported_when_it_comes(work: WorkDir) -> None:
    """A file that `reset` or the student brings back is a change."""
    work.task(IDS[0]).unlink()
    snapshot = Snapshot(work, IDS)
    assert snapshot.changed() == []
    work.task(IDS[0]).write_text("stub\n")
    assert snapshot.changed() == [IDS[0]]


def test_a_half_written_file_is_judged_when_it_is_whole(
    work: WorkDir, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While a file keeps changing the watcher waits for it to rest: one report, not one for each piece."""
    watcher = Watcher(work, IDS, lambda _: None, native=False)
    task = work.task(IDS[0])
    pieces = iter(["def f", "def f(x):", "def f(x): return x"])

    def editor_goes_on(_seconds: float) -> bool:
        piece = next(pieces, None)
        if piece is not None:
            task.write_text(piece)
        return False

    monkeypatch.setattr(watcher._stop, "wait", editor_goes_on)
    task.write_text("")
    assert watcher._settled() == [IDS[0]]
    assert next(pieces, None) is None
    assert watcher._settled() == []
