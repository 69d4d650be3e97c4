"""The machinery of the heavy kernels: reused memory, blocks that fit the cache, threads.

Convolution and pooling say what they compute; here stands what makes it quick on a real machine.

- A block of work touches a megabyte or two, which stays in the cache of one core, instead of a
  temporary array for the whole batch, which the operating system has to map page by page.
- `scratch` gives out the same memory again and again, one piece for each name and thread.
- `over_blocks` deals the blocks out to threads. NumPy lets go of Python's lock while it copies and
  multiplies, so the threads run side by side, each with a matrix product of its own on one core.
  That is quicker than one product spread over the cores, because the copies are spread too.
"""

from __future__ import annotations

import contextvars
import ctypes
import os
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from math import ceil, prod
from typing import Any, NamedTuple, TypeVar

from tinygrad_edu.backend import np

__all__ = [
    "Block",
    "blocks_of",
    "copy_runs",
    "frame",
    "get_num_threads",
    "over_blocks",
    "overlap",
    "product",
    "scratch",
    "set_num_threads",
]

# Bytes of scratch that one block is meant to touch: about the second-level cache of one core.
BLOCK_BYTES = 2**21
# Below this much scratch in all, waking a thread costs more than it saves.
THREADED_BYTES = 2**20

# Below so many multiplications a matrix product is done before a thread has woken up.
THREADED_PRODUCTS = 2**22

_B = TypeVar("_B")
_T = TypeVar("_T")


# -- memory


class _Scratch(threading.local):
    """Each thread's own pieces of memory, by name."""

    def __init__(self) -> None:
        self.pieces: dict[str, np.ndarray] = {}


_own = _Scratch()


def scratch(name: str, shape: tuple[int, ...], dtype: Any) -> np.ndarray:
    """Return an array to scribble in: its content is arbitrary, and the next call with `name` reuses it.

    Examples
    --------
    >>> first = scratch("example", (2, 3), np.float32)
    >>> np.shares_memory(first, scratch("example", (3, 1), np.float32))
    True
    """
    size = prod(shape) * np.dtype(dtype).itemsize
    piece = _own.pieces.get(name)
    if piece is None or piece.size < size:
        piece = _own.pieces[name] = np.empty(size, np.uint8)
    array: np.ndarray = piece[:size].view(dtype).reshape(shape)
    return array


def frame(x: np.ndarray, top: int, left: int, height: int, width: int, fill: float = 0.0) -> np.ndarray:
    """Return the images `x` as seen through a window that may reach beyond their edges.

    What falls outside the window is cut off, and where the window sees no pixel it holds `fill`: so one
    function pads and crops. The result is a view of `x` where that will do, else scratch; in both the channels
    of a pixel lie side by side.

    Parameters
    ----------
    x : ndarray
        (images, rows, columns, channels).
    top, left : int
        Where in the window the first row and column appear; negative to cut them off.
    height, width : int
        The size of the window.
    fill : float
        What stands where no pixel does.

    Examples
    --------
    >>> frame(np.ones((1, 2, 2, 1)), 1, 1, 3, 4)[0, :, :, 0]
    array([[0., 0., 0., 0.],
           [0., 1., 1., 0.],
           [0., 1., 1., 0.]])
    """
    rows, to_rows = overlap(x.shape[1], top, height)
    columns, to_columns = overlap(x.shape[2], left, width)
    seen = x[:, rows, columns]
    if seen.shape[1:3] == (height, width) and (x.strides[3] == x.itemsize or x.shape[3] == 1):
        return seen
    window = scratch("frame", (len(x), height, width, x.shape[3]), x.dtype)
    window.fill(fill)
    window[:, to_rows, to_columns] = seen
    return window


def copy_runs(target: np.ndarray, source: np.ndarray) -> None:
    """Copy `source` to `target`, of the same shape, taking all numbers along the last axis as one item.

    Where they lie side by side in both, that is twice as quick for short runs as number by number.

    Examples
    --------
    >>> target = np.empty((2, 3))
    >>> copy_runs(target, np.arange(9.0).reshape(3, 3)[::2])
    >>> target
    array([[0., 1., 2.],
           [6., 7., 8.]])
    """
    if target.strides[-1] == source.strides[-1] == target.itemsize and target.size:
        run = np.dtype((np.void, target.shape[-1] * target.itemsize))
        target, source = target.view(run), source.view(run)
    np.copyto(target, source)


def overlap(count: int, start: int, length: int, step: int = 1) -> tuple[slice, slice]:
    """Return which of the places ``start, start + step, ...`` lie in ``range(length)``, and where there.

    Examples
    --------
    >>> overlap(5, -2, 4, 2)  # of the places -2, 0, 2, 4, 6 the second and third, at 0 and 2
    (slice(1, 3, None), slice(0, 3, 2))
    """
    first = max(0, -(start // step))
    last = min(count, (length - 1 - start) // step + 1)
    if last <= first:
        return slice(0, 0), slice(0, 0)
    return slice(first, last), slice(start + first * step, start + (last - 1) * step + 1, step)


# -- blocks and threads


class Block(NamedTuple):
    """Some images, and some rows of each."""

    images: slice
    start: int
    stop: int


def blocks_of(images: int, rows: int, row_bytes: int) -> list[Block]:
    """Cut a batch into blocks of about `BLOCK_BYTES`: whole images, or a part of the rows of one.

    Examples
    --------
    >>> [tuple(block) for block in blocks_of(1, 6, BLOCK_BYTES // 2)]
    [(slice(0, 1, None), 0, 2), (slice(0, 1, None), 2, 4), (slice(0, 1, None), 4, 6)]
    """
    fit = max(1, BLOCK_BYTES // max(1, row_bytes))
    if fit < rows:
        return [
            Block(slice(image, image + 1), start, stop)
            for image in range(images)
            for start, stop in _evenly(rows, ceil(rows / fit))
        ]
    parts = ceil(images / (fit // rows))
    if images * rows * row_bytes > THREADED_BYTES:
        # as many blocks for one thread as for the next
        parts = min(images, ceil(parts / get_num_threads()) * get_num_threads())
    return [Block(slice(start, stop), 0, rows) for start, stop in _evenly(images, parts)]


def _evenly(count: int, parts: int) -> Iterator[tuple[int, int]]:
    """Cut ``range(count)`` into `parts` pieces that differ by one at most."""
    for part in range(parts):
        yield count * part // parts, count * (part + 1) // parts


def over_blocks(work: Callable[[list[_B]], _T], blocks: list[_B]) -> list[_T]:
    """Call `work` with consecutive shares of `blocks`, one share for each thread; return its results in order.

    With the same number of threads a share is always the same blocks, so that sums over shares come out the same,
    bit for bit, on every run.

    From the first use of several threads on, NumPy's matrix products keep to the thread that calls them. Its own helper
    threads would not only compete for the cores: each spins for a tenth of a second after every product.
    """
    threads = min(get_num_threads(), len(blocks))
    if threads < 2:
        return [work(blocks)]
    if _blas.get() != 1:
        _blas.set(1)
    shares = [blocks[start:stop] for start, stop in _evenly(len(blocks), threads)]
    # each thread sees the caller's context: np.errstate lives there
    others = [_workers().submit(contextvars.copy_context().run, work, share) for share in shares[1:]]
    return [work(shares[0]), *(other.result() for other in others)]


def product(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return a b, for two matrices or as `numpy.dot` has it; a large one by the threads of `over_blocks`.

    As long as NumPy's own matrix product has several threads, it is left to it.

    Examples
    --------
    >>> product(np.array([[1.0, 2.0]]), np.array([[3.0], [4.0]]))
    array([[11.]])
    """
    if (
        a.ndim != 2
        or b.ndim != 2
        or a.shape[0] * a.shape[1] * b.shape[1] < THREADED_PRODUCTS
        or _blas.get() != 1
    ):
        whole: np.ndarray = np.dot(a, b)
        return whole
    out = np.empty((a.shape[0], b.shape[1]), np.result_type(a, b))

    def some_rows(shares: list[slice]) -> None:
        rows = slice(shares[0].start, shares[-1].stop)
        np.dot(a[rows], b, out[rows])

    over_blocks(some_rows, [slice(start, stop) for start, stop in _evenly(len(a), get_num_threads())])
    return out


def get_num_threads() -> int:
    """Return how many threads the heavy kernels use: at first as many as NumPy's matrix products.

    Examples
    --------
    >>> get_num_threads() >= 1
    True
    """
    global _threads
    if _threads is None:
        _threads = max(1, _blas.get())
    return _threads


def set_num_threads(number: int) -> None:
    """Let the heavy kernels use `number` threads.

    Raises
    ------
    ValueError
        If that is less than one.

    Examples
    --------
    >>> before = get_num_threads()
    >>> set_num_threads(1)
    >>> get_num_threads()
    1
    >>> set_num_threads(before)
    """
    global _threads
    if number < 1:
        raise ValueError(f"set_num_threads: {number} threads cannot do any work; give 1 or more.")
    _threads = number


class _Blas:
    """The threads of NumPy's own matrix product, where it is an OpenBLAS that lets them be set."""

    def __init__(self) -> None:
        self.get: Callable[[], int] = lambda: 1
        self.set: Callable[[int], Any] = lambda _: None
        try:
            # the extension module leads to the library that NumPy was linked with
            library = ctypes.CDLL(sys.modules["numpy._core._multiarray_umath"].__file__)
        except (KeyError, OSError):
            return
        for name in (
            "scipy_openblas_{}_num_threads64_",
            "scipy_openblas_{}_num_threads",
            "openblas_{}_num_threads",
        ):
            try:
                self.get, self.set = (
                    getattr(library, name.format("get")),
                    getattr(library, name.format("set")),
                )
                return
            except AttributeError:
                continue


_blas = _Blas()
_threads: int | None = None
_pool: ThreadPoolExecutor | None = None


def _workers() -> ThreadPoolExecutor:
    global _pool
    if _pool is None:
        # an upper limit: threads are started as they are needed
        _pool = ThreadPoolExecutor(64, thread_name_prefix="tinygrad_edu")
    return _pool


def _forget_workers() -> None:
    """Threads do not survive a fork; the child starts its own."""
    global _pool
    _pool = None


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_workers)
