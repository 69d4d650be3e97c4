"""The progress file: what it remembers, when it is not believed, and that it never loses anything."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

from grader.progress import FILE_NAME, Progress, Record, State, digest, free_name, state_of, write_aside

STUB = b"def f(x):\n    raise NotImplementedError\n"
ANSWER = b"def f(x):\n    return x\n"


@pytest.mark.parametrize(
    ("record", "source", "state"),
    [
        (Record(), None, State.MISSING),
        (Record("pass", digest(ANSWER)), None, State.MISSING),
        (Record(), STUB, State.NOT_STARTED),
        (Record(), STUB.replace(b"\n", b"\r\n"), State.NOT_STARTED),
        (Record(), ANSWER, State.UNCHECKED),
        (Record("pass", digest(ANSWER)), ANSWER, State.PASSED),
        (Record("fail", digest(ANSWER)), ANSWER, State.FAILED),
        (Record("timeout", digest(ANSWER)), ANSWER, State.FAILED),
        (Record("not_started", digest(ANSWER)), ANSWER, State.NOT_STARTED),
        (Record("pass", digest(ANSWER)), ANSWER + b"#", State.CHANGED),
        (Record("fail", digest(ANSWER)), ANSWER + b"#", State.UNCHECKED),
        (Record("pass", digest(ANSWER)), STUB, State.NOT_STARTED),
        (Record("pass", None), ANSWER, State.CHANGED),
    ],
)
def test_a_verdict_counts_only_for_the_text_it_was_given_for(
    record: Record, source: bytes | None, state: State
) -> None:
    """Every combination of record and file has one state; a stale pass is never `passed`."""
    assert state_of(record, source, STUB) is state


def test_what_is_saved_is_read_back(tmp_path: Path) -> None:
    """A second reader sees the record, and the file is plain JSON."""
    Progress(tmp_path).update(
        "ch/ex", verdict="pass", sha256="ab", hints=2, checked_at="2026-01-01T00:00:00Z"
    )
    assert Progress(tmp_path).record("ch/ex") == Record("pass", "ab", 2, "2026-01-01T00:00:00Z")
    assert json.loads((tmp_path / FILE_NAME).read_text())["exercises"]["ch/ex"]["hints"] == 2
    assert Progress(tmp_path).record("other") == Record()


def test_two_open_at_once_keep_each_others_records(tmp_path: Path) -> None:
    """A watch in one window and a check in another do not undo each other."""
    one, other = Progress(tmp_path), Progress(tmp_path)
    one.update("a", verdict="pass")
    other.update("b", hints=1)
    one.update("a", hints=3)
    final = Progress(tmp_path)
    assert final.record("a") == Record("pass", None, 3)
    assert final.record("b") == Record(hints=1)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not json",
        b"\xff\xfe\x00",
        b"[]",
        b"{}",
        b'{"version": 99, "exercises": {}}',
        b'{"version": 1, "exercises": []}',
        b'{"version": 1, "exercises": {"a": 3}}',
        b'{"version": 1, "exercises": {"a": {"verdict": 3}}}',
        b'{"version": 1, "exercises": {"a": {"hints": -1}}}',
        b'{"version": 1, "exercises": {"a": {"hints": true}}}',
        b"[" * 100_000,
        b" " * (5 * 1024 * 1024),
    ],
    ids=repr,
)
def test_a_broken_file_is_kept_aside_with_a_sentence(tmp_path: Path, content: bytes) -> None:
    """Nothing is lost, nothing is raised, and the next save works."""
    (tmp_path / FILE_NAME).write_bytes(content)
    progress = Progress(tmp_path)
    assert len(progress.notices) == 1
    assert "grader check" in progress.notices[0]
    assert (tmp_path / f"{FILE_NAME}.broken").read_bytes() == content
    progress.update("a", verdict="pass")
    again = Progress(tmp_path)
    assert again.record("a").verdict == "pass"
    assert again.notices == []


def test_unknown_fields_are_left_out(tmp_path: Path) -> None:
    """A file from a newer release with more fields is still read."""
    (tmp_path / FILE_NAME).write_text(
        '{"version": 1, "exercises": {"a": {"verdict": "pass", "colour": "red"}}}'
    )
    assert Progress(tmp_path).record("a") == Record("pass")


@pytest.mark.parametrize("obstacle", ["no folder", "a folder in its place"])
def test_a_place_that_cannot_be_written_is_a_notice(tmp_path: Path, obstacle: str) -> None:
    """The check that was running goes on, and what it learnt is still known in memory."""
    folder = tmp_path / "work"
    if obstacle == "a folder in its place":
        (folder / FILE_NAME / "x").mkdir(parents=True)
    progress = Progress(folder)
    progress.update("a", verdict="pass")
    progress.update("b", verdict="fail")
    assert progress.record("a").verdict == "pass"
    assert any(str(folder) in sentence for sentence in progress.notices)
    assert [name for name in os.listdir(tmp_path) if name.endswith(".new")] == []


def test_a_failed_write_leaves_the_old_file_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The new text is written aside; when the rename fails, the old one is there and nothing else is."""
    path = tmp_path / "task.py"
    path.write_text("old")

    def refuse(_self: Path, _target: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(OSError, match="No space"):
        write_aside(path, b"new")
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["task.py"]


@pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX")
@pytest.mark.parametrize("mode", [0o600, 0o664])
def test_a_rewritten_file_keeps_its_mode(tmp_path: Path, mode: int) -> None:
    """Resetting a file does not change who may read it."""
    path = tmp_path / "task.py"
    path.write_text("old")
    path.chmod(mode)
    write_aside(path, b"new")
    assert stat.S_IMODE(path.stat().st_mode) == mode


def test_free_name_counts_on(tmp_path: Path) -> None:
    """A name in use is followed by -2, -3, ..."""
    path = tmp_path / "task.py"
    seen = []
    for _ in range(3):
        seen.append(free_name(path).name)
        free_name(path).touch()
    assert seen == ["task.py", "task-2.py", "task-3.py"]
