"""The machinery of the heavy kernels: windows on images, blocks, threads."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tinygrad_edu.ops import workspace
from tinygrad_edu.ops.workspace import blocks_of, copy_runs, frame, over_blocks, overlap, scratch

small = st.integers(0, 6)


@settings(deadline=None)
@given(count=small, start=st.integers(-9, 9), length=small, step=st.integers(1, 4))
def test_overlap_by_counting(count, start, length, step):
    places = [start + n * step for n in range(count)]
    take, put = overlap(count, start, length, step)
    assert places[take] == [place for place in places if 0 <= place < length]
    assert list(range(length))[put] == places[take]


@settings(deadline=None)
@given(
    rows=st.integers(1, 5),
    top=st.integers(-6, 6),
    left=st.integers(-6, 6),
    height=st.integers(1, 9),
    width=st.integers(1, 9),
)
def test_frame_by_padding_and_cropping(rows, top, left, height, width):
    x = np.random.default_rng(0).random((2, rows, 4, 3))
    far = np.pad(x, ((0, 0), (9, 9), (9, 9), (0, 0)), constant_values=-1)
    expected = far[:, 9 - top :, 9 - left :][:, :height, :width]
    got = frame(x, top, left, height, width, fill=-1)
    whole = np.full((2, height, width, 3), -1.0)
    whole[:, : expected.shape[1], : expected.shape[2]] = expected
    assert np.array_equal(got, whole)


def test_frame_copies_only_where_it_must():
    x = np.zeros((1, 4, 4, 2))
    assert np.shares_memory(frame(x, -1, 0, 3, 4), x)
    assert not np.shares_memory(frame(x, 1, 0, 5, 4), x)
    channels_first = np.zeros((1, 2, 4, 4)).transpose(0, 2, 3, 1)
    assert frame(channels_first, 0, 0, 4, 4).flags.c_contiguous


@pytest.mark.parametrize(
    "source",
    [
        np.arange(24.0).reshape(2, 3, 4),
        np.arange(24.0).reshape(2, 3, 4)[:, ::-1, 1:3],
        np.arange(24.0).reshape(2, 3, 4).transpose(2, 0, 1),
        np.arange(24.0).reshape(2, 3, 4)[..., ::-1],
        np.broadcast_to(np.arange(4.0), (2, 3, 4)),
        np.empty((2, 0, 4)),
        np.empty((2, 3, 0)),
    ],
    ids=["whole", "rows", "across", "mirrored", "repeated", "no rows", "empty rows"],
)
def test_copying_runs_copies(source):
    target = np.full((*source.shape[:-1], source.shape[-1] + 1), -1.0)
    copy_runs(target[..., :-1], source)
    assert np.array_equal(target[..., :-1], source)
    assert (target[..., -1] == -1).all()


@pytest.mark.parametrize("threads", [1, 2, 5])
@settings(deadline=None)
@given(images=st.integers(0, 40), rows=st.integers(1, 40), row_bytes=st.integers(0, 2**22))
def test_blocks_cover_every_row_once_in_order(threads, images, rows, row_bytes):
    before = workspace.get_num_threads()
    workspace.set_num_threads(threads)
    try:
        blocks = blocks_of(images, rows, row_bytes)
    finally:
        workspace.set_num_threads(before)
    covered = [
        (image, row)
        for block in blocks
        for image in range(images)[block.images]
        for row in range(block.start, block.stop)
    ]
    assert covered == [(image, row) for image in range(images) for row in range(rows)]
    for block in blocks:
        held = (block.images.stop - block.images.start) * (block.stop - block.start)
        assert held == 1 or held * row_bytes <= workspace.BLOCK_BYTES


def in_threads(monkeypatch, threads):
    monkeypatch.setattr(workspace, "_threads", threads)
    return blocks_of(4 * threads, 1, workspace.BLOCK_BYTES)


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_shares_are_worked_on_in_threads_and_come_back_in_order(monkeypatch, threads):
    blocks = in_threads(monkeypatch, threads)
    # nobody passes before all have come
    together = threading.Barrier(threads, timeout=30)

    def work(share):
        together.wait()
        return threading.get_ident(), share

    results = over_blocks(work, blocks)
    assert len({ident for ident, _ in results}) == threads
    assert [block for _, share in results for block in share] == blocks


def test_each_thread_has_its_own_scratch(monkeypatch):
    together = threading.Barrier(3, timeout=30)

    def work(_):
        together.wait()
        return scratch("test", (5,), np.float32)

    arrays = over_blocks(work, in_threads(monkeypatch, 3))
    assert not any(np.shares_memory(a, b) for i, a in enumerate(arrays) for b in arrays[:i])
    assert all(a.dtype == np.float32 for a in arrays)


def test_an_error_in_a_thread_reaches_the_caller(monkeypatch):
    def work(share):
        if share[0].images.start:
            raise KeyError("in the second share")

    with pytest.raises(KeyError, match="second share"):
        over_blocks(work, in_threads(monkeypatch, 2))


def test_threads_see_the_error_state_of_the_caller(monkeypatch):
    def divide(_):
        return np.ones(1) / np.zeros(1)

    blocks = in_threads(monkeypatch, 2)
    with np.errstate(divide="ignore"):
        assert np.isinf(over_blocks(divide, blocks)).all()
    with np.errstate(divide="raise"), pytest.raises(FloatingPointError):
        over_blocks(divide, blocks)


def test_no_threads_is_refused():
    with pytest.raises(ValueError, match="0 threads"):
        workspace.set_num_threads(0)
