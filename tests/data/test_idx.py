"""The IDX reader: whole files, and every way in which a file can be wrong."""

from __future__ import annotations

import gzip
import struct

import numpy as np
import pytest

from tinygrad_edu.data import DataError, read_idx

CODES = {"u1": 0x08, "i1": 0x09, "i2": 0x0B, "i4": 0x0C, "f4": 0x0D, "f8": 0x0E}


def idx(array, code=None):
    array = np.asarray(array)
    header = bytes([0, 0, CODES[array.dtype.str[1:]] if code is None else code, array.ndim])
    return (
        header
        + struct.pack(f">{array.ndim}I", *array.shape)
        + array.astype(array.dtype.newbyteorder(">")).tobytes()
    )


@pytest.fixture(params=["plain", "gzip"])
def write(request, tmp_path):
    def write_file(content):
        path = tmp_path / "some-idx-file"
        path.write_bytes(gzip.compress(content) if request.param == "gzip" else content)
        return path

    return write_file


@pytest.mark.parametrize("shape", [(7,), (3, 4), (2, 3, 4), (0, 28, 28)])
@pytest.mark.parametrize("dtype", CODES)
def test_what_was_written_is_read(write, dtype, shape):
    array = np.random.default_rng(0).integers(0, 100, shape).astype(dtype)
    read = read_idx(write(idx(array)))
    np.testing.assert_array_equal(read, array)
    assert read.dtype == np.dtype(dtype)
    assert read.dtype.isnative
    assert read.flags.writeable


GOOD = idx(np.arange(12, dtype=np.uint8).reshape(3, 4))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "not an IDX file: it begins with nothing"),
        (b"\x00\x00\x08", "not an IDX file: it begins with 00 00 08"),
        (b"PK\x03\x04 something else", "not an IDX file: it begins with 50 4b 03 04"),
        (b"\x00\x00\x07\x01\x00\x00\x00\x00", "not an IDX file"),
        (b"\x00\x00\x08\x00", "not an IDX file"),
        (GOOD[:9], "cut short inside its header"),
        (GOOD[:-1], "cut short|more than a file of its size can hold"),
        (GOOD + b"x", r"more than the 12 bytes that its header announces \(shape \(3, 4\)\)"),
        (b"\x00\x00\x08\x03" + b"\xff" * 12, "more than a file of its size can hold"),
        # 2^32 times 2^32 is 0 in 64 bits
        (b"\x00\x00\x0e\x03" + b"\x80\x00\x00\x00" * 3, "more than a file of its size can hold"),
    ],
)
def test_wrong_files_are_named_and_refused(write, content, words):
    path = write(content)
    with pytest.raises(DataError, match=words) as caught:
        read_idx(path)
    assert str(path) in str(caught.value)


def test_a_gzip_file_that_is_cut_short_or_damaged_is_refused(tmp_path):
    path = tmp_path / "damaged.gz"
    whole = gzip.compress(idx(np.random.default_rng(0).integers(0, 255, 5000).astype(np.uint8)))
    flipped = bytearray(whole)
    flipped[-5] ^= 1
    for content in (whole[: len(whole) // 2], whole[:-4], bytes(flipped), whole[:12] + b"\xff" * 30):
        path.write_bytes(content)
        with pytest.raises(DataError, match=r"damaged\.gz"):
            read_idx(path)


def test_a_missing_file_and_a_folder_are_refused(tmp_path):
    for path in (tmp_path / "nothing", tmp_path):
        with pytest.raises(DataError, match="cannot be read"):
            read_idx(path)
