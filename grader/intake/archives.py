"""Archives, recognised by what they hold and not by what they are called."""

from __future__ import annotations

import io
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from typing import BinaryIO, Final, cast

from grader.intake import tarballs
from grader.intake.files import read_bounded, what_is
from grader.intake.limits import Budget, IntakeError, Member

# Deflate cannot be asked for more than a piece at a time; what other methods unpack to is theirs to decide.
_METHODS: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
# What a file takes in the table of contents of a zip, with a path of usual length.
_ENTRY: Final = 256
_DAMAGED: Final = (
    zipfile.BadZipFile, zlib.error, struct.error, OSError, EOFError, ValueError, OverflowError, LookupError,
    NotImplementedError, RuntimeError, MemoryError,
)  # fmt: skip


def members(stream: BinaryIO, budget: Budget, entries: int) -> Iterator[Member]:
    """Yield the files of a zip or tar archive.

    Parameters
    ----------
    stream
        The archive; it must be able to seek.
    budget
        What may be unpacked of it, together with whatever else is in the submission.
    entries
        How many files and folders it may hold.

    Raises
    ------
    IntakeError
        If it cannot be read, or not any further.
    """
    start = stream.read(4)
    stream.seek(0)
    if start[:2] == b"PK":
        yield from _zip_members(stream, budget, entries)
    elif start in (b"Rar!", b"7z\xbc\xaf"):
        raise IntakeError("it is a rar or 7z archive; only zip and tar can be read")
    else:
        yield from tarballs.members(stream, budget)


def _zip_members(stream: BinaryIO, budget: Budget, entries: int) -> Iterator[Member]:
    # Reading the table of contents is one read of whatever size the archive claims it has.
    bounded = _Bounded(stream, entries * _ENTRY)
    try:
        archive = zipfile.ZipFile(cast("BinaryIO", bounded))
    except _DAMAGED as error:
        raise IntakeError(f"it is damaged ({error or type(error).__name__})") from error
    with archive:
        for info in archive.infolist():
            budget.enter()
            mode = info.external_attr >> 16
            # Archives made on Windows carry no mode.
            odd = what_is(mode) if info.create_system == 3 and stat.S_IFMT(mode) else ""
            if not info.is_dir():
                yield Member(info.filename, odd, _zip_reader(archive, info, budget))


def _zip_reader(archive: zipfile.ZipFile, info: zipfile.ZipInfo, budget: Budget) -> Callable[[int], bytes]:
    def read(limit: int) -> bytes:
        if info.flag_bits & 0x1:
            raise IntakeError("it is encrypted")
        if info.compress_type not in _METHODS:
            raise IntakeError("it is compressed in an uncommon way; use a plain zip")
        try:
            with archive.open(info) as stream:
                data = read_bounded(cast("BinaryIO", stream), limit)
        except _DAMAGED as error:
            raise IntakeError(f"it is damaged ({error or type(error).__name__})") from error
        budget.spend(len(data))
        return data

    return read


class _Bounded(io.RawIOBase):
    """A stream that refuses to read more than so much at a time."""

    def __init__(self, stream: BinaryIO, most: int) -> None:
        self._stream, self._most = stream, most

    def read(self, size: int | None = -1) -> bytes:
        size = self._most + 1 if size is None or size < 0 else size
        # Whoever asks for the rest, however long, gets it if it is short.
        found = self._stream.read(min(size, self._most + 1))
        if len(found) > self._most:
            raise IntakeError("its table of contents is too long")
        return found

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._stream.seek(offset, whence)

    def tell(self) -> int:
        return self._stream.tell()

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True
