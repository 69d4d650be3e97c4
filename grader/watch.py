"""Which task files changed: native events where the system has them, else looking again and again.

An event is only a reason to look. What counts is the content, so an editor that saves twice, that writes a
new file and renames it over the old, or that leaves the file half written for a moment, gives one change
for each text.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from grader.workdir import WorkDir, WorkError

__all__ = ["Snapshot", "Watcher"]

# How long a native watcher may stay silent before we look ourselves: network folders and containers lose
# events.
_LOOK_ANYWAY_S = 1.0
_POLL_S = 0.3
_SETTLE_S = 0.05
_SETTLE_TRIES = 10

_Stamp = tuple[int, int, int] | None


class Snapshot:
    """The task files of a work directory as they were when last looked at.

    Parameters
    ----------
    work
        The work directory.
    ids
        The exercises to look after.
    """

    def __init__(self, work: WorkDir, ids: list[str]) -> None:
        self._work = work
        self._stamps: dict[str, _Stamp] = {key: self._stamp(key) for key in ids}
        self._texts: dict[str, bytes | None] = {key: self._text(key) for key in ids}

    def changed(self) -> list[str]:
        """Look again; return the ids whose text is another than last time, in course order.

        A file that is gone is not a change: an editor that saves by renaming removes it for a moment. It is
        one when it comes back with another text.
        """
        found = []
        for key, before in self._stamps.items():
            stamp = self._stamp(key)
            if stamp == before:
                continue
            text = self._text(key)
            if text is None:
                continue
            self._stamps[key] = stamp
            if text != self._texts[key]:
                self._texts[key] = text
                found.append(key)
        return found

    def _stamp(self, key: str) -> _Stamp:
        try:
            status = self._work.task(key).stat()
        except OSError:
            return None
        return status.st_mtime_ns, status.st_size, status.st_ino

    def _text(self, key: str) -> bytes | None:
        try:
            return self._work.read(key)
        except WorkError:
            return None


class Watcher:
    """A thread that calls `report(ids)` whenever task files have changed.

    Parameters
    ----------
    work, ids
        What to watch.
    report
        Called on the watcher's thread with the ids that changed.
    native
        False to poll from the start.

    Whatever changes after the watcher was made is noticed, also before it is entered.
    """

    def __init__(
        self,
        work: WorkDir,
        ids: list[str],
        report: Callable[[list[str]], None],
        *,
        native: bool = True,
    ) -> None:
        self._stop = threading.Event()
        self._snapshot = Snapshot(work, ids)
        self._folders = {work.task(key).parent for key in ids}
        self._report = report
        self._native = native
        self._thread = threading.Thread(target=self._run, name="grader-watch", daemon=True)

    def __enter__(self) -> Watcher:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(timeout=5)

    def _run(self) -> None:
        for _ in self._reasons_to_look():
            changed = self._settled()
            if changed:
                self._report(changed)

    def _settled(self) -> list[str]:
        found = self._snapshot.changed()
        for _ in range(_SETTLE_TRIES):
            # An editor that empties the file before it fills it should not have the empty text judged.
            if not found or self._stop.wait(_SETTLE_S):
                break
            later = self._snapshot.changed()
            if not later:
                break
            found = sorted({*found, *later})
        return found

    def _reasons_to_look(self) -> Iterator[None]:
        if self._native:
            yield from _native_events(self._folders, self._stop)
        while not self._stop.is_set():
            yield
            self._stop.wait(_POLL_S)


def _native_events(folders: set[Path], stop: threading.Event) -> Iterator[None]:
    """Yield at each event of the system, and now and then without one; end when there can be no more."""
    try:
        from watchfiles import watch
    except ImportError:
        return
    # Folders, not files: a file that an editor replaces takes its watch with it.
    present = [folder for folder in sorted(folders) if folder.is_dir()]
    if not present:
        return
    events = watch(
        *present,
        watch_filter=None,
        debounce=200,
        step=20,
        stop_event=stop,
        rust_timeout=int(_LOOK_ANYWAY_S * 1000),
        yield_on_timeout=True,
        raise_interrupt=False,
        recursive=False,
        ignore_permission_denied=True,
    )
    try:
        for _ in events:
            yield
    except (OSError, RuntimeError):
        # No watches left (fs.inotify.max_user_watches), or a folder went away: looking still works.
        return
