"""The weights of a model as a file, for the command `python -m tinygrad_edu train`."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any
from zipfile import BadZipFile

import numpy as np

from tinygrad_edu.data import DataError
from tinygrad_edu.saving import write_aside
from tinygrad_edu.tensor import Tensor

__all__ = ["load_weights", "save_weights"]


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
