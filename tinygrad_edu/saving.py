"""Saving and loading under PyTorch's names, without pickle: loading a file never runs anything that is in it.

A file is a NumPy archive (.npz): the arrays, and a text in JSON that says how they stood in dicts and lists. What a
``state_dict()`` of a model or an optimizer holds can be saved: tensors, arrays, numbers, texts, None, and dicts, lists
and tuples of these.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any
from zipfile import BadZipFile

import numpy as np

from tinygrad_edu.backend import device
from tinygrad_edu.errors import user_line
from tinygrad_edu.tensor import Tensor

__all__ = ["load", "save", "write_aside"]

_STRUCTURE = "structure"


def save(obj: Any, f: str | os.PathLike[str]) -> None:
    """Write what a ``state_dict()`` holds to a file; an existing one is replaced in one step, or stays as it is.

    Parameters
    ----------
    obj
        Tensors, arrays, numbers, texts, None, and dicts, lists and tuples of these.
    f
        Where to.

    Raises
    ------
    TypeError
        Something else is in it, a whole model, for example; the message says where.
    OSError
        The folder cannot be written to.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> from tinygrad_edu import nn
    >>> layer = nn.Linear(2, 1)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save({"epoch": 3, "model": layer.state_dict()}, pathlib.Path(folder, "checkpoint.pt"))
    ...     checkpoint = load(pathlib.Path(folder, "checkpoint.pt"))
    >>> checkpoint["epoch"], layer.load_state_dict(checkpoint["model"]).missing_keys
    (3, [])
    """
    arrays: list[np.ndarray] = []
    structure = json.dumps(_taken_apart(obj, arrays, "the object"))
    with write_aside(f) as file:
        np.savez(
            file,
            allow_pickle=False,
            **{_STRUCTURE: np.array(structure)},
            **{str(i): array for i, array in enumerate(arrays)},
        )


def load(f: str | os.PathLike[str], map_location: Any = None, *, weights_only: bool = True) -> Any:
    """Read what `save` wrote.

    Parameters
    ----------
    f
        The file.
    map_location
        Only ``"cpu"``.
    weights_only
        Accepted for PyTorch's sake: nothing but plain data is ever loaded.

    Raises
    ------
    FileNotFoundError
        There is no such file.
    ValueError
        It is not one that `save` wrote, or is damaged.
    """
    del weights_only
    if map_location is not None:
        device(map_location)
    try:
        # opened here, because NumPy leaves a file that it cannot read open
        with open(f, "rb") as file:
            archive = np.load(file, allow_pickle=False)
            return _put_together(json.loads(str(archive[_STRUCTURE])), archive)
    except FileNotFoundError:
        raise FileNotFoundError(
            f"load: there is no file {os.fspath(f)}. Save one first, or give another path.{user_line()}"
        ) from None
    except (OSError, ValueError, EOFError, KeyError, IndexError, TypeError, BadZipFile) as error:
        raise ValueError(
            f"load: {os.fspath(f)} is not a file that save() wrote, or is damaged ({error}). A file of PyTorch's own "
            f"is opened with PyTorch.{user_line()}"
        ) from None


def _taken_apart(value: Any, arrays: list[np.ndarray], where: str) -> Any:
    """Return `value` as what JSON can hold, its arrays moved to `arrays`: [kind, content]."""
    if isinstance(value, Tensor):
        arrays.append(value.data)
        return ["tensor", len(arrays) - 1, value.requires_grad]
    if isinstance(value, np.ndarray | np.generic):
        arrays.append(np.asarray(value))
        return ["array", len(arrays) - 1]
    if isinstance(value, dict):
        return [
            "dict",
            [
                [_taken_apart(k, arrays, f"a key of {where}"), _taken_apart(v, arrays, f"{where}[{k!r}]")]
                for k, v in value.items()
            ],
        ]
    if isinstance(value, list | tuple):
        kind = "list" if isinstance(value, list) else "tuple"
        return [kind, [_taken_apart(v, arrays, f"{where}[{i}]") for i, v in enumerate(value)]]
    if value is None or isinstance(value, bool | int | float | str):
        return ["plain", value]
    raise TypeError(
        f"save: {where} is a {type(value).__name__}, and only tensors, arrays, numbers, texts and dicts and lists of "
        f"these are saved. Of a model or an optimizer, save its state_dict().{user_line()}"
    )


def _put_together(made: Any, archive: Any) -> Any:
    """Undo `_taken_apart`."""
    kind, content, *rest = made
    if kind == "tensor":
        return Tensor(archive[str(content)], requires_grad=rest[0])
    if kind == "array":
        return archive[str(content)]
    if kind == "dict":
        return {_put_together(k, archive): _put_together(v, archive) for k, v in content}
    if kind in ("list", "tuple"):
        values = [_put_together(v, archive) for v in content]
        return values if kind == "list" else tuple(values)
    return content


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
