"""Tar archives, read once from front to back, never unpacked to disk.

A reader of our own, because a tar header may ask for anything: the standard one keeps whole extended headers in
memory, searches them with regular expressions and has looped for ever on crafted ones. This one knows what a
submission needs (regular files, long names, the extended headers that carry a path or a size) and believes nothing.

Format: POSIX.1-2017, "pax Interchange Format" and "ustar Interchange Format"; GNU tar manual, "Basic Tar Format".
"""

from __future__ import annotations

import bz2
import lzma
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO, Final

from grader.intake.limits import MIB, Budget, IntakeError, Member

_BLOCK: Final = 512
_CHUNK: Final = 2**16
# A path of that length no system can hold; what is longer carries something else.
_LONGEST_HEADER: Final = 2**16
# xz lets the writer choose how much memory the reader needs.
_XZ_MEMORY: Final = 128 * MIB

_ODD: Final = {
    b"1": "a hard link", b"2": "a symbolic link", b"3": "a device", b"4": "a device", b"6": "a FIFO",
    b"S": "a sparse file",
}  # fmt: skip
_REGULAR: Final = (b"0", b"\0", b"7")


def members(stream: BinaryIO, budget: Budget) -> Iterator[Member]:
    """Yield the files of a tar archive, plain or in gzip, bzip2 or xz; what is no file has `odd` set.

    Raises
    ------
    IntakeError
        If it is no tar archive, damaged, or larger than the budget allows. What came before is whole.
    """
    source = _Unpacked(stream, budget)
    named: dict[str, str] = {}
    first = True
    while (block := source.read(_BLOCK)).strip(b"\0"):
        header = _parse(block, "it is damaged" if not first else "it is no tar archive")
        first = False
        budget.enter()
        if header.kind in (b"x", b"L"):
            payload = source.read(header.size if header.size <= _LONGEST_HEADER else 0)
            source.skip(header.padded - len(payload))
            named |= _extended(payload) if header.kind == b"x" else {"path": _text(payload)}
            continue
        size = int(named["size"]) if named.get("size", "").isdecimal() else header.size
        content = _Content(source, size)
        path, named = named.get("path", header.path), {}
        if header.kind in _REGULAR and not path.endswith("/"):
            yield Member(path, "", content.read)
        elif header.kind in _ODD:
            yield Member(path, _ODD[header.kind], content.read)
        content.finish()
    if first:
        raise IntakeError("it is empty")


@dataclass(frozen=True, slots=True)
class _Header:
    path: str
    kind: bytes
    size: int

    @property
    def padded(self) -> int:
        return _padded(self.size)


def _padded(size: int) -> int:
    return -(-size // _BLOCK) * _BLOCK


def _parse(block: bytes, otherwise: str) -> _Header:
    if len(block) < _BLOCK:
        raise IntakeError("it is cut short")
    stored = _number(block[148:156])
    unsigned = sum(block[:148]) + 8 * 32 + sum(block[156:])
    if stored != unsigned:
        raise IntakeError(otherwise)
    prefix = _text(block[345:500]) if block[257:262] == b"ustar" and block[262:263] == b"\0" else ""
    name = _text(block[:100])
    kind = block[156:157]
    # Links and folders have no content, whatever their header says.
    size = 0 if kind in (b"1", b"2", b"3", b"4", b"5", b"6") else _number(block[124:136])
    if size < 0:
        raise IntakeError(otherwise)
    return _Header(f"{prefix}/{name}" if prefix else name, kind, size)


def _number(digits: bytes) -> int:
    """Read a number, octal or (first bit set) binary; -1 if it is none."""
    if digits[0] & 0x80:
        # Two's complement over the other bits; a negative number means nothing in any field that we read.
        return -1 if digits[0] & 0x40 else int.from_bytes(bytes([digits[0] & 0x3F]) + digits[1:], "big")
    text = digits.replace(b"\0", b" ").strip()
    try:
        return int(text, 8) if text.isdigit() else (-1 if text else 0)
    except ValueError:
        return -1


def _text(field: bytes) -> str:
    return field.split(b"\0", 1)[0].decode("utf-8", "surrogateescape")


def _extended(payload: bytes) -> dict[str, str]:
    """Return the records ``LENGTH KEY=VALUE`` of a pax header."""
    found = {}
    while payload:
        length, _, _ = payload.partition(b" ")
        if not length.isdigit() or len(length) > 6 or not len(length) < int(length) <= len(payload):
            raise IntakeError("it is damaged (an extended header)")
        key, _, value = payload[len(length) + 1 : int(length) - 1].partition(b"=")
        found[_text(key)] = _text(value)
        payload = payload[int(length) :]
    return found


class _Content:
    """What one header announces, to be read or passed over."""

    def __init__(self, source: _Unpacked, size: int) -> None:
        self._source, self._size, self._left = source, size, size

    def read(self, limit: int) -> bytes:
        found = self._source.read(min(self._left, limit + 1))
        if len(found) < min(self._left, limit + 1):
            raise IntakeError("it is cut short")
        self._left -= len(found)
        return found

    def finish(self) -> None:
        self._source.skip(self._left + _padded(self._size) - self._size)


class _Unpacked:
    """The bytes inside a compressed stream, taken from a budget as they come."""

    def __init__(self, stream: BinaryIO, budget: Budget) -> None:
        self._parts, self._budget = _unpacked(stream), budget
        self._ready = bytearray()

    def read(self, size: int) -> bytes:
        """Return exactly so many bytes, fewer only at the end."""
        while len(self._ready) < size and (part := self._next()):
            self._ready += part
        found = bytes(self._ready[:size])
        del self._ready[:size]
        return found

    def skip(self, size: int) -> None:
        while size > 0:
            passed = len(self.read(min(size, _CHUNK)))
            if not passed:
                raise IntakeError("it is cut short")
            size -= passed

    def _next(self) -> bytes:
        try:
            part = next(self._parts, b"")
        except (zlib.error, lzma.LZMAError, OSError, EOFError) as error:
            raise IntakeError(f"it is damaged ({error})") from error
        except MemoryError as error:
            raise IntakeError("it asks for too much memory") from error
        self._budget.spend(len(part))
        return part


def _unpacked(stream: BinaryIO) -> Iterator[bytes]:
    """Yield what a stream holds in pieces of bounded size; several compressed streams in a row count as one."""
    packed = stream.read(_CHUNK)
    make = _decoder_of(packed)
    if make is None:
        while packed:
            yield packed
            packed = stream.read(_CHUNK)
        return
    while packed:
        decoder = make()
        while not decoder.eof:
            part = decoder.decompress(packed, _CHUNK)
            packed = getattr(decoder, "unconsumed_tail", b"")
            if part:
                yield part
            elif not packed and not decoder.eof:
                packed = stream.read(_CHUNK)
                if not packed:
                    raise IntakeError("it is cut short")
        packed = (decoder.unused_data or stream.read(_CHUNK)).lstrip(b"\0")


def _decoder_of(start: bytes) -> Any:
    if start.startswith(b"\x1f\x8b"):
        return lambda: zlib.decompressobj(wbits=31)
    if start.startswith(b"BZh"):
        return bz2.BZ2Decompressor
    if start.startswith(b"\xfd7zXZ\0"):
        return lambda: lzma.LZMADecompressor(memlimit=_XZ_MEMORY)
    return None
