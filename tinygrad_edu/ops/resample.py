"""Resampling along one axis: every new number is a weighted sum of a few old ones.

Enlarging and shrinking images, by nearest pixels or by straight lines between them, and averaging over windows of
unequal length are all of this kind, one axis after the other. The map is linear, so its vjp is its transpose, which
sends each number back to where it came from, times the same weight.
"""

from __future__ import annotations

from typing import Any

from tinygrad_edu.backend import np
from tinygrad_edu.primitive import primitive

__all__ = ["linear_taps", "nearest_taps", "resample", "resample_back", "window_taps"]


@primitive("resample")
def resample(x: Any, /, dim: int, index: Any, weight: Any) -> Any:
    """``out[i] = Σ weight[k, i] x[index[k, i]]`` along the axis `dim`, summed over the taps k.

    Parameters
    ----------
    x : Tensor
        Any shape.
    dim : int
        The axis.
    index : array of int
        (taps, size of the new axis); each row in ascending order.
    weight : array of float
        Of the shape of `index`.

    Examples
    --------
    >>> resample(np.array([1.0, 5.0]), 0, np.array([[0, 0, 1]]), np.ones((1, 3)))
    array([1., 1., 5.])
    """
    out = None
    for places, factors in zip(index, _along(weight, x, dim), strict=True):
        part = np.take(x, places, axis=dim)
        part *= factors
        out = part if out is None else np.add(out, part, out=out)
    return out


@resample.defvjp
def resample_vjp(g: Any, out: Any, x: Any, dim: int, index: Any, weight: Any) -> Any:
    return resample_back(g, dim, index, weight, x.shape[dim])


@primitive("resample_back")
def resample_back(g: Any, /, dim: int, index: Any, weight: Any, size: int) -> Any:
    """`resample` transposed: ``out[index[k, i]] += weight[k, i] g[i]`` along an axis of the given size."""
    axis = dim % g.ndim
    out = np.zeros((*g.shape[:axis], size, *g.shape[axis + 1 :]), g.dtype)
    for places, factors in zip(index, _along(weight, g, dim), strict=True):
        # in ascending order, equal places are neighbours and are summed as one run
        targets, starts = np.unique(places, return_index=True)
        runs = np.add.reduceat(g * factors, starts, axis=axis)
        out[(*(slice(None),) * axis, targets)] += runs
    return out


@resample_back.defvjp
def resample_back_vjp(h: Any, out: Any, g: Any, dim: int, index: Any, weight: Any, size: int) -> Any:
    return resample(h, dim, index, weight)


def _along(weight: np.ndarray, x: np.ndarray, dim: int) -> np.ndarray:
    """Lay each row of weights out so that it meets the axis `dim` of x, in the type of x."""
    after = x.ndim - 1 - dim % x.ndim
    return weight.reshape(*weight.shape, *(1,) * after).astype(x.dtype)


# -- which old numbers make a new one


def nearest_taps(before: int, after: int, scale: float) -> tuple[np.ndarray, np.ndarray]:
    """Return index and weight of enlarging by repeating: new number i is old number floor(i scale).

    Parameters
    ----------
    before, after : int
        The size of the axis.
    scale : float
        Old numbers for each new one.

    Examples
    --------
    >>> nearest_taps(2, 4, 0.5)[0].tolist()
    [[0, 0, 1, 1]]
    """
    # in single precision, as PyTorch does it: the rounding decides which pixel is the nearest
    places = np.floor(np.arange(after, dtype=np.float32) * np.float32(scale)).astype(np.int64)
    return np.minimum(places, before - 1)[None], np.ones((1, after))


def linear_taps(before: int, after: int, scale: float, corners: bool) -> tuple[np.ndarray, np.ndarray]:
    """Return index and weight of straight lines between old numbers.

    Parameters
    ----------
    before, after : int
        The size of the axis.
    scale : float
        Old numbers for each new one; not needed with `corners`.
    corners : bool
        The first and last old number are the first and last new one. Otherwise numbers are the middles of
        pixels, and the edges of the first and last pixels fall together.

    Examples
    --------
    >>> resample(np.array([0.0, 6.0]), 0, *linear_taps(2, 3, 2 / 3, corners=True))
    array([0., 3., 6.])
    """
    if before == after:
        # as in PyTorch, whatever the scale was meant to be
        source: np.ndarray = np.arange(after, dtype=np.float64)
    elif corners:
        source = np.arange(after) * ((before - 1) / (after - 1) if after > 1 else 0.0)
    else:
        source = np.maximum((np.arange(after) + 0.5) * scale - 0.5, 0)
    left = np.minimum(np.floor(source).astype(np.int64), before - 1)
    share = np.clip(source - left, 0, 1)
    return np.stack([left, np.minimum(left + 1, before - 1)]), np.stack([1 - share, share])


def window_taps(before: int, after: int) -> tuple[np.ndarray, np.ndarray]:
    """Return index and weight of the means over `after` windows that together cover all old numbers.

    Window i goes from floor(i before / after) to, and without, ceil((i + 1) before / after).

    Examples
    --------
    >>> resample(np.array([1.0, 2.0, 6.0]), 0, *window_taps(3, 2))
    array([1.5, 4. ])
    """
    starts = np.arange(after) * before // after
    sizes = -(-(np.arange(1, after + 1) * before) // after) - starts
    taps = np.arange(sizes.max(initial=1))[:, None]
    # A window shorter than the longest takes its last number several times, by equal parts: a weight of 0 would turn
    # an infinite number into none.
    repeats = np.where(taps >= sizes - 1, len(taps) - sizes + 1, 1)
    return starts + np.minimum(taps, sizes - 1), 1 / (sizes * repeats)
