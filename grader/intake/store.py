"""Sources by their content: each kept once, as a plain file that is named after its SHA-256."""

from __future__ import annotations

from pathlib import Path

from grader.progress import digest, reason, write_aside


class StoreError(Exception):
    """A source that cannot be kept or given back: the machine's fault, and nobody's who handed something in."""


class Store:
    """A folder of sources.

    Parameters
    ----------
    folder
        Where; made when the first source is put in.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, source: bytes) -> str:
        """Keep a source and return its SHA-256, in hexadecimal.

        Raises
        ------
        StoreError
            If it cannot be written.
        """
        name = digest(source)
        path = self._path(name)
        try:
            # A crash of the machine may leave a file without its contents.
            there = path.stat().st_size == len(source)
        except FileNotFoundError:
            there = False
        try:
            if not there:
                path.parent.mkdir(parents=True, exist_ok=True)
                write_aside(path, source)
        except OSError as error:
            raise StoreError(f"{path} could not be written: {reason(error)}") from error
        return name

    def get(self, name: str) -> bytes:
        """Return the source that has this SHA-256.

        Raises
        ------
        StoreError
            If it is not there any more, or not what it was.
        """
        try:
            source = self._path(name).read_bytes()
        except OSError as error:
            raise StoreError(f"{self._path(name)} is lost: {reason(error)}") from error
        if digest(source) != name:
            raise StoreError(f"{self._path(name)} was changed by somebody")
        return source

    def _path(self, name: str) -> Path:
        return self._folder / name[:2] / f"{name}.py"
