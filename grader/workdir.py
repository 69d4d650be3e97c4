"""The student's work: a directory of task files laid out as `chapter/exercise/task.py`.

Exercises are read where they were installed; whatever a student writes, and all that is remembered of it,
lives here.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from grader.progress import FILE_NAME, Progress, free_name, reason, same_text, write_aside

__all__ = ["BACKUPS", "TASK_NAME", "WorkDir", "WorkError", "find_work", "init_work"]

TASK_NAME = "task.py"
BACKUPS = ".backup"
ENVIRONMENT = "GRADER_WORK"
# The longest honest answer so far is a few kilobytes.
MAX_SOURCE_BYTES = 1024 * 1024

_README = """\
# Exercises

One folder per chapter, in it one folder per exercise, in it `task.py`: the file that you edit.

    grader            where you stand, and what is next
    grader watch      checks each file as you save it
    grader check ID   checks one exercise (any part of its name will do)
    grader hint ID    one more hint each time

`grader reset ID` puts an exercise back as it was and keeps your answer in `.backup/`.
Your progress is the file `.progress.json`.
"""
_GITIGNORE = f"{FILE_NAME}\n{FILE_NAME}.broken*\n{BACKUPS}/\n__pycache__/\n"


class WorkError(Exception):
    """What is wrong with the work directory or a file in it, as a sentence for the student."""


@dataclass(frozen=True, slots=True)
class WorkDir:
    """A directory of task files."""

    root: Path

    def task(self, exercise_id: str) -> Path:
        """Return the path of an exercise's task file.

        >>> WorkDir(Path("work")).task("ch04_activations/ex01_sigmoid").as_posix()
        'work/ch04_activations/ex01_sigmoid/task.py'
        """
        return self.root.joinpath(*exercise_id.split("/"), TASK_NAME)

    def read(self, exercise_id: str) -> bytes | None:
        """Return the bytes of a task file, or None if there is none.

        Raises
        ------
        WorkError
            If it is there but cannot be read, is no regular file, or is larger than 1 MiB.
        """
        path = self.task(exercise_id)
        try:
            # A FIFO or device called task.py must not hang the grader, so look before opening.
            if not path.is_file():
                if os.path.lexists(path):
                    raise WorkError(
                        f"{path} is not a regular file. Put your answer in a plain file of that name."
                    )
                return None
            with path.open("rb") as stream:
                source = stream.read(MAX_SOURCE_BYTES + 1)
        except OSError as error:
            raise WorkError(f"{path} could not be read: {reason(error)}.") from None
        if len(source) > MAX_SOURCE_BYTES:
            raise WorkError(
                f"{path} is larger than 1 MiB. A task file holds your code only; move data out of it."
            )
        return source

    def progress(self) -> Progress:
        """Return the progress file of this directory."""
        return Progress(self.root)

    def reset(self, exercise_id: str, stub: bytes) -> Path | None:
        """Put a task file back to its stub, keeping what was there.

        Returns
        -------
        Path or None
            Where the answer is kept now; None if there was no answer to keep.

        Raises
        ------
        WorkError
            If the answer cannot be copied or the stub cannot be written; the answer is then untouched.
        """
        path = self.task(exercise_id)
        kept = None
        try:
            if path.is_file() and not same_text(path.read_bytes(), stub):
                folder = self.root.joinpath(BACKUPS, *exercise_id.split("/"))
                folder.mkdir(parents=True, exist_ok=True)
                kept = free_name(folder / f"task-{time.strftime('%Y%m%d-%H%M%S')}.py")
                shutil.copy2(path, kept)
            path.parent.mkdir(parents=True, exist_ok=True)
            write_aside(path, stub)
        except OSError as error:
            raise WorkError(f"{path} could not be reset: {reason(error)}. Your file is as it was.") from None
        return kept


def find_work(
    option: str | Path | None,
    ids: Sequence[str],
    *,
    repository: Path | None,
    installed: Path | None = None,
    environ: Mapping[str, str] | None = None,
    here: Path | None = None,
) -> WorkDir:
    """Find the student's work.

    In this order: the option `--work`; the variable GRADER_WORK; the current directory or the nearest one
    above it that holds task files; the exercises folder of a clone.

    Parameters
    ----------
    option
        What `--work` says, if anything.
    ids
        The ids of the exercises there are.
    repository
        The exercises folder of a clone, None if the exercises come from an installed package.
    installed
        A folder in which nothing may ever be written: the exercises inside an installed package.
    environ, here
        The environment and the current directory, taken from the process if not given.

    Raises
    ------
    WorkError
        If what was named is no directory of task files, or nothing was found.
    """
    environ = os.environ if environ is None else environ
    here = Path.cwd() if here is None else here
    if option is not None:
        return _named(Path(option), "--work", ids, installed)
    if environ.get(ENVIRONMENT):
        return _named(Path(environ[ENVIRONMENT]), ENVIRONMENT, ids, installed)
    for folder in (here, *here.parents):
        if _holds_work(folder, ids) and not _inside(folder, installed):
            return WorkDir(folder)
    if repository is not None:
        return WorkDir(repository)
    raise WorkError(
        "There are no exercises of yours here. Run `grader init DIR` to make a directory of them, "
        "then run grader inside it or with `--work DIR`."
    )


def _holds_work(folder: Path, ids: Iterable[str]) -> bool:
    work = WorkDir(folder)
    try:
        return (folder / FILE_NAME).is_file() or any(work.task(exercise_id).is_file() for exercise_id in ids)
    except OSError:
        return False


def _inside(folder: Path, installed: Path | None) -> bool:
    return installed is not None and folder.resolve().is_relative_to(installed.resolve())


def _named(folder: Path, source: str, ids: Sequence[str], installed: Path | None) -> WorkDir:
    if not os.path.lexists(folder):
        raise WorkError(f"{source} names {folder}, which does not exist. `grader init {folder}` makes it.")
    if not folder.is_dir():
        raise WorkError(
            f"{source} names {folder}, which is a file. "
            f"Give the directory that holds chapter/exercise/{TASK_NAME}."
        )
    if _inside(folder, installed):
        raise WorkError(
            f"{source} names {folder}, which belongs to the installed package. "
            "Run `grader init DIR` and work there."
        )
    if not _holds_work(folder, ids):
        around = folder.resolve()
        for candidate in (around / "exercises", *list(around.parents)[:2]):
            if _holds_work(candidate, ids):
                raise WorkError(
                    f"{source} names {folder}, which holds no exercises, but {candidate} does. Give that."
                )
    return WorkDir(folder)


@dataclass(frozen=True, slots=True)
class Initialised:
    """What `init_work` did: the ids whose task file it wrote, and those that it found and left alone."""

    written: tuple[str, ...]
    kept: tuple[str, ...]


def init_work(folder: Path, stubs: Mapping[str, bytes]) -> Initialised:
    """Make a work directory, or add to one what is missing; a file that exists is never touched.

    Parameters
    ----------
    folder
        Where; made if it does not exist.
    stubs
        The text of each task file by exercise id.

    Raises
    ------
    WorkError
        If the folder is a file or cannot be written.
    """
    if os.path.lexists(folder) and not folder.is_dir():
        raise WorkError(f"{folder} is a file. Give the name of a directory, new or old.")
    work = WorkDir(folder)
    written: list[str] = []
    kept: list[str] = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for exercise_id, stub in stubs.items():
            path = work.task(exercise_id)
            path.parent.mkdir(parents=True, exist_ok=True)
            (written if _write_new(path, stub) else kept).append(exercise_id)
        _write_new(folder / "README.md", _README.encode())
        _write_new(folder / ".gitignore", _GITIGNORE.encode())
    except OSError as error:
        raise WorkError(f"{folder} could not be filled: {reason(error)} ({error.filename}).") from None
    # The progress file is also the mark by which grader knows the directory again.
    if not (folder / FILE_NAME).exists():
        Progress(folder).save()
    return Initialised(tuple(written), tuple(kept))


def _write_new(path: Path, content: bytes) -> bool:
    if os.path.lexists(path):
        return False
    write_aside(path, content)
    return True
