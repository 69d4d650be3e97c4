"""Files that are written whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any
from zipfile import BadZipFile

import numpy as np

from tinygrad_edu.data import DataError
from tinygrad_edu.tensor import Tensor

__all__ = ["load_weights", "save_weights", "write_aside"]


@contextmanager
def write_aside(path: str | os.PathLike[str]) -> Iterator[IO[bytes]]:
    """Open a new file beside `path` for writing; it takes its place when all is written, and vanishes on an error.

    Raises
    ------
    OSError
        The folder cannot be written to.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with write_aside(pathlib.Path(folder, "note.txt")) as file:
    ...         _ = file.write(b"whole")
    ...     pathlib.Path(folder, "note.txt").read_text()
    'whole'
    """
    path = Path(path)
    # In the same folder, because only within one file system is renaming a single step.
    handle, aside = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".partial", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        # mkstemp hides the file from everybody else; give it the rights of a file made the usual way.
        mask = os.umask(0)
        os.umask(mask)
        os.chmod(aside, 0o666 & ~mask)
        os.replace(aside, path)
    except BaseException:
        os.unlink(aside)
        raise


def save_weights(path: str | os.PathLike[str], state_dict: Mapping[str, Any]) -> None:
    """Write a state dict as a NumPy archive (.npz), one array for each name. No pickle is involved.

    Parameters
    ----------
    path
        Where to; an existing file is replaced in one step.
    state_dict
        What ``model.state_dict()`` returns.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> from tinygrad_edu import nn
    >>> layer = nn.Linear(2, 1)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_weights(pathlib.Path(folder, "weights.npz"), layer.state_dict())
    ...     weights = load_weights(pathlib.Path(folder, "weights.npz"))
    >>> sorted(weights), layer.load_state_dict(weights).missing_keys
    (['bias', 'weight'], [])
    """
    arrays = {
        name: value.data if isinstance(value, Tensor) else np.asarray(value)
        for name, value in state_dict.items()
    }
    with write_aside(path) as file:
        np.savez(file, allow_pickle=False, **arrays)


def load_weights(path: str | os.PathLike[str]) -> dict[str, Tensor]:
    """Read what `save_weights` wrote; give it to ``model.load_state_dict``.

    Raises
    ------
    DataError
        The file is missing, is no such archive, or holds pickled objects.
    """
    try:
        # Opened here, because NumPy leaves a file that it cannot read open.
        with open(path, "rb") as file:
            archive = np.load(file, allow_pickle=False)
            if isinstance(archive, np.ndarray):
                raise ValueError("a single array")
            return {name: Tensor(archive[name]) for name in archive.files}
    except FileNotFoundError as error:
        raise DataError(
            f"There are no weights at {os.fspath(path)}. Train first, or give another path."
        ) from error
    except (OSError, ValueError, EOFError, BadZipFile) as error:
        raise DataError(
            f"{os.fspath(path)} is not a file of weights (.npz) that this package wrote, or is damaged ({error})."
        ) from error
