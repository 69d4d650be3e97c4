"""The IDX format, in which MNIST and its relatives are published.

An IDX file is a magic number (two zero bytes, a type code, the number of dimensions), one big-endian 32-bit length
per dimension, then the numbers, big-endian, last dimension fastest. Source: Y. LeCun, C. Cortes and C. J. C. Burges,
"The MNIST database of handwritten digits" (1998).
"""

from __future__ import annotations

import math
import os
import struct
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np

from .errors import DataError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["read_idx"]

# Deflate codes at best 258 bytes in 2 bits, so no honest gzip file grows by more than this factor.
_GZIP_MOST = 1032
_TYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}


def read_idx(path: str | os.PathLike[str]) -> NDArray[Any]:
    """Read one IDX file, plain or gzip-compressed, whichever its first bytes say.

    The header is checked against the size of the file before any memory is taken for the numbers, so a damaged or
    hostile header cannot ask for more than the file can hold.

    Parameters
    ----------
    path
        The file, for example ``train-images-idx3-ubyte.gz``.

    Returns
    -------
    numpy.ndarray
        The numbers in native byte order, shaped as the header says, writeable.

    Raises
    ------
    DataError
        The file is missing, is not IDX, is cut short, or holds more than its header announces.

    Examples
    --------
    >>> import os, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = os.path.join(folder, "tiny-idx1-ubyte")
    ...     with open(path, "wb") as file:
    ...         _ = file.write(bytes([0, 0, 0x08, 1, 0, 0, 0, 3, 7, 8, 9]))
    ...     read_idx(path)
    array([7, 8, 9], dtype=uint8)
    """
    name = os.fspath(path)
    try:
        with open(path, "rb") as raw:
            size = os.fstat(raw.fileno()).st_size
            compressed = raw.read(2) == b"\x1f\x8b"
            raw.seek(0)
            if not compressed:
                return _read(raw, name, most=size)
            # Imported here: only who reads compressed data pays for it.
            import gzip

            with gzip.GzipFile(fileobj=raw) as file:
                return _read(file, name, most=size * _GZIP_MOST)
    except (EOFError, zlib.error) as error:
        raise DataError(f"{name} is cut short or damaged ({error}); fetch it again.") from error
    except OSError as error:
        raise DataError(f"{name} cannot be read ({error.strerror or error}); fetch it again.") from error


def _read(file: Any, name: str, *, most: int) -> NDArray[Any]:
    """Read the header and the numbers of an opened file that can hold at most `most` bytes."""
    magic = file.read(4)
    if len(magic) < 4 or magic[:2] != b"\0\0" or magic[2] not in _TYPES or magic[3] == 0:
        raise DataError(
            f"{name} is not an IDX file: it begins with {magic.hex(' ') or 'nothing'}, and an IDX file begins with "
            "00 00, a type code and a number of dimensions; fetch the file again."
        )
    lengths = file.read(4 * magic[3])
    if len(lengths) < 4 * magic[3]:
        raise DataError(f"{name} is cut short inside its header; fetch it again.")
    shape = struct.unpack(f">{magic[3]}I", lengths)
    dtype = np.dtype(_TYPES[magic[2]])
    # math.prod, not NumPy's: Python integers cannot overflow into a small number that looks honest.
    expected = math.prod(shape) * dtype.itemsize
    if expected > most:
        raise DataError(
            f"{name} announces {expected:,} bytes of numbers (shape {shape}), more than a file of its size can hold; "
            "it is damaged or cut short: fetch it again."
        )
    body = bytearray(expected)
    view, got = memoryview(body), 0
    while got < expected:
        count = file.readinto(view[got:])
        if not count:
            raise DataError(
                f"{name} is cut short: its header announces {expected:,} bytes of numbers (shape {shape}) "
                f"and it holds {got:,}; fetch it again."
            )
        got += count
    # The last read also makes gzip verify its checksum.
    if file.read(1):
        raise DataError(
            f"{name} holds more than the {expected:,} bytes that its header announces (shape {shape}); fetch it again."
        )
    numbers: NDArray[Any] = np.frombuffer(body, dtype=dtype).reshape(shape)
    return numbers.astype(dtype.newbyteorder("="), copy=False)
