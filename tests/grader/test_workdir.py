"""Finding the work directory, filling it, resetting a task: a student's file is never lost."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from grader.progress import FILE_NAME
from grader.workdir import MAX_SOURCE_BYTES, WorkDir, WorkError, find_work, init_work

IDS = ["ch01_a/ex01_one", "ch01_a/ex02_two"]
STUBS = {key: f"# {key}\n".encode() for key in IDS}


@pytest.fixture
def work(tmp_path: Path) -> WorkDir:
    """Return a fresh work directory with both tasks untouched."""
    init_work(tmp_path / "work", STUBS)
    return WorkDir(tmp_path / "work")


def find(
    option: Path | None = None, *, here: Path, variable: Path | None = None, **places: Path | None
) -> Path:
    """Find the work with everything that `find_work` reads given."""
    environ = {} if variable is None else {"GRADER_WORK": str(variable)}
    places.setdefault("repository", None)
    return find_work(option, IDS, environ=environ, here=here, **places).root


def test_the_nearest_named_place_wins(tmp_path: Path, work: WorkDir) -> None:
    """--work, then GRADER_WORK, then here, then the clone."""
    other, third, clone = (tmp_path / name for name in ("other", "third", "clone"))
    for folder in (other, third, clone):
        init_work(folder, STUBS)
    assert find(other, here=work.root, variable=third, repository=clone) == other
    assert find(here=work.root, variable=third, repository=clone) == third
    assert find(here=work.root, repository=clone) == work.root
    assert find(here=tmp_path, repository=clone) == clone


@pytest.mark.parametrize("inside", [".", "ch01_a", "ch01_a/ex02_two"])
def test_the_work_is_found_from_inside_it(work: WorkDir, inside: str) -> None:
    """A student may stand in any folder of the work."""
    assert find(here=work.root / inside) == work.root


def test_laid_out_task_files_are_enough(tmp_path: Path) -> None:
    """A directory that was copied, not made by init, is known by its layout."""
    task = WorkDir(tmp_path).task(IDS[1])
    task.parent.mkdir(parents=True)
    task.touch()
    assert find(here=tmp_path) == tmp_path


def test_nothing_found_says_what_to_do(tmp_path: Path) -> None:
    """The sentence names the command."""
    with pytest.raises(WorkError, match="grader init DIR"):
        find(here=tmp_path)


def test_an_installed_package_is_never_the_work(tmp_path: Path) -> None:
    """Exercises in site-packages are read, never written: neither found from inside nor accepted by name."""
    installed = tmp_path / "site-packages" / "_exercises"
    init_work(installed, STUBS)
    with pytest.raises(WorkError, match="grader init DIR"):
        find(here=installed / "ch01_a", installed=installed)
    with pytest.raises(WorkError, match="installed package"):
        find(installed, here=tmp_path, installed=installed)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("nowhere", "does not exist"),
        ("work/README.md", "is a file"),
        ("work/ch01_a", "Give that"),
        ("work/ch01_a/ex01_one", "Give that"),
        ("clone", "exercises does. Give that"),
    ],
)
@pytest.mark.parametrize("by", ["option", "variable"])
def test_a_wrong_place_gets_a_sentence(
    tmp_path: Path, work: WorkDir, name: str, sentence: str, by: str
) -> None:
    """Naming a file, a folder above or a folder below is answered with what to give instead."""
    init_work(tmp_path / "clone" / "exercises", STUBS)
    with pytest.raises(WorkError, match=sentence) as caught:
        find(here=tmp_path, **{by: tmp_path / name})
    assert ("--work" if by == "option" else "GRADER_WORK") in str(caught.value)
    assert work.root.is_dir()


def test_an_empty_directory_may_be_named(tmp_path: Path) -> None:
    """A submission with nothing in it is a submission: each task is missing."""
    (tmp_path / "empty").mkdir()
    work = WorkDir(find(tmp_path / "empty", here=tmp_path))
    assert work.read(IDS[0]) is None


def test_init_writes_everything_once_and_then_only_what_is_missing(work: WorkDir) -> None:
    """A second run touches nothing that is there, whatever the student made of it."""
    assert work.task(IDS[0]).read_bytes() == STUBS[IDS[0]]
    assert {path.name for path in work.root.iterdir()} == {"ch01_a", "README.md", ".gitignore", FILE_NAME}
    assert FILE_NAME in (work.root / ".gitignore").read_text().split()
    work.task(IDS[0]).write_text("my answer")
    work.task(IDS[1]).unlink()
    (work.root / "README.md").write_text("my notes")
    done = init_work(work.root, STUBS)
    assert (done.written, done.kept) == ((IDS[1],), (IDS[0],))
    assert work.task(IDS[0]).read_text() == "my answer"
    assert work.task(IDS[1]).read_bytes() == STUBS[IDS[1]]
    assert (work.root / "README.md").read_text() == "my notes"


@pytest.mark.parametrize("blocked", ["file", "file/below", "half/ch01_a"])
def test_init_where_a_file_stands_in_the_way(tmp_path: Path, blocked: str) -> None:
    """A file where a directory is needed is a sentence, and stays."""
    (tmp_path / "file").write_text("mine")
    (tmp_path / "half").mkdir()
    (tmp_path / "half" / "ch01_a").write_text("mine")
    target = tmp_path / ("half" if blocked == "half/ch01_a" else blocked)
    with pytest.raises(WorkError):
        init_work(target, STUBS)
    assert (tmp_path / "file").read_text() == (tmp_path / "half" / "ch01_a").read_text() == "mine"


def test_reset_keeps_every_answer(work: WorkDir) -> None:
    """Resets within one second do not overwrite each other's backups."""
    task = work.task(IDS[0])
    kept = []
    for answer in ("first", "second", "third"):
        task.write_text(answer)
        path = work.reset(IDS[0], STUBS[IDS[0]])
        assert path is not None
        assert task.read_bytes() == STUBS[IDS[0]]
        kept.append(path)
    assert [path.read_text() for path in kept] == ["first", "second", "third"]
    assert all(path.is_relative_to(work.root / ".backup") for path in kept)


@pytest.mark.parametrize("before", [STUBS[IDS[0]], STUBS[IDS[0]].replace(b"\n", b"\r\n"), None])
def test_reset_of_no_answer_keeps_no_backup(work: WorkDir, before: bytes | None) -> None:
    """An untouched or missing task is written afresh, and nothing is kept of it."""
    task = work.task(IDS[0])
    task.unlink()
    if before is not None:
        task.write_bytes(before)
    assert work.reset(IDS[0], STUBS[IDS[0]]) is None
    assert task.read_bytes() == STUBS[IDS[0]]
    assert not (work.root / ".backup").exists()


def test_reset_that_cannot_back_up_leaves_the_answer(work: WorkDir) -> None:
    """No backup, no reset."""
    work.task(IDS[0]).write_text("my answer")
    (work.root / ".backup").write_text("a file in the way")
    with pytest.raises(WorkError, match="Your file is as it was"):
        work.reset(IDS[0], STUBS[IDS[0]])
    assert work.task(IDS[0]).read_text() == "my answer"


def test_reading_what_is_no_plain_file(work: WorkDir) -> None:
    """A folder, a huge file, a FIFO: a sentence, and no hang."""
    task = work.task(IDS[0])
    task.write_bytes(b"#" * (MAX_SOURCE_BYTES + 1))
    with pytest.raises(WorkError, match="1 MiB"):
        work.read(IDS[0])
    task.unlink()
    task.mkdir()
    with pytest.raises(WorkError, match="regular file"):
        work.read(IDS[0])
    if hasattr(os, "mkfifo"):
        task.rmdir()
        os.mkfifo(task)
        with pytest.raises(WorkError, match="regular file"):
            work.read(IDS[0])
