"""A new folder that is there whole or not at all."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from grader.exercise import ExerciseError

__all__ = ["new_folder"]


@contextmanager
def new_folder(folder: Path) -> Iterator[Path]:
    """Yield a folder to fill; it becomes `folder`, which must not exist or be empty, when all is written.

    Raises
    ------
    ExerciseError
        If something is there already.

    Examples
    --------
    >>> with tempfile.TemporaryDirectory() as here:
    ...     with new_folder(Path(here, "pack")) as aside:
    ...         _ = (aside / "note").write_text("whole")
    ...     os.listdir(here), Path(here, "pack", "note").read_text()
    (['pack'], 'whole')
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ExerciseError(f"{folder} is there already and not empty; name a new folder")
    folder.parent.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        yield aside
        aside.chmod(0o755)
        if folder.exists():
            folder.rmdir()
        os.replace(aside, folder)
    except BaseException:
        shutil.rmtree(aside, ignore_errors=True)
        raise
