"""Normalisation: numbers brought to mean 0 and variance 1, along axes or for each channel of a batch.

With x̂ = (x - mean) / sqrt(variance + eps), both the mean and the variance depend on every x, and the gradient is

    gx = (g - mean(g) - x̂ mean(g x̂)) / sqrt(variance + eps)

with the means taken over the same axes: what would only shift or scale all of x has no effect, and is taken out of g.
"""

from __future__ import annotations

from typing import Any

from tinygrad_edu.backend import np
from tinygrad_edu.ops.elementwise import mul
from tinygrad_edu.ops.reduce import mean, sum, var
from tinygrad_edu.ops.shape import reshape
from tinygrad_edu.ops.special import rsqrt
from tinygrad_edu.primitive import primitive

__all__ = ["batch_norm", "channel_stats", "normalize"]


@primitive("normalize", keeps=True)
def normalize(x: Any, /, dim: Any, eps: float = 1e-5) -> Any:
    """(x - mean) / sqrt(variance + eps), with mean and (biased) variance along `dim`.

    Parameters
    ----------
    x : Tensor
        Any shape.
    dim : int or tuple of int
        The axes that are brought to mean 0 and variance 1 together.
    eps : float
        Keeps the root away from 0.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> normalize(tg.tensor([1.0, 3.0]), 0, eps=0.0).tolist()
    [-1.0, 1.0]
    """
    centred = x - mean(x, dim, keepdim=True)
    rstd = 1 / np.sqrt(mean(centred * centred, dim, keepdim=True) + x.dtype.type(eps))
    centred *= rstd
    return centred, rstd


@normalize.defvjp
def normalize_vjp(g: Any, out: Any, x: Any, *, dim: Any, eps: float, kept: Any) -> Any:
    rstd = rsqrt(var(x, dim, 0, True) + eps) if kept is None else kept
    return rstd * (g - mean(g, dim, True) - out * mean(mul(g, out), dim, True))


@primitive("batch_norm")
def batch_norm(
    x: Any, w: Any = None, b: Any = None, /, stats: Any = None, eps: float = 1e-5, fixed: bool = False
) -> Any:
    """Normalise each channel over the batch (and the pixels), then scale by w and shift by b.

    Ioffe and Szegedy, "Batch normalization", 2015.

    Parameters
    ----------
    x : Tensor
        (N, C), (N, C, L) or (N, C, H, W).
    w, b : Tensor, optional
        (C,): the scale and the shift.
    stats : pair of ndarray
        The mean and the biased variance of each channel, (C,); see `channel_stats`.
    eps : float
        Keeps the root away from 0.
    fixed : bool
        The statistics are given constants (evaluation), and not those of this very x (training).

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> x = tg.tensor([[1.0], [3.0]])
    >>> batch_norm(x, stats=channel_stats(x.data), eps=0.0).tolist()
    [[-1.0], [1.0]]
    """
    mean_, rstd = stats[0], 1 / np.sqrt(stats[1] + x.dtype.type(eps))
    scale = rstd if w is None else rstd * w
    shift = -mean_ * scale if b is None else b - mean_ * scale
    return _channels(x, lambda rows, of: _scale_and_shift(rows, of(scale), of(shift)))


@batch_norm.defvjp
def batch_norm_vjp(
    g: Any, out: Any, x: Any, w: Any, b: Any, *, needs: Any, stats: Any, eps: float, fixed: bool
) -> Any:
    if isinstance(g, np.ndarray) and isinstance(x, np.ndarray):
        return _batch_norm_gradients(g, x, w, stats, eps, fixed)
    # the same with our operations, so that it can be differentiated again
    dims = (0, *range(2, x.ndim))
    one = (1, -1, *(1,) * (x.ndim - 2))
    if fixed:
        rstd = reshape(1 / np.sqrt(stats[1] + eps), one)
        centred = (x - reshape(stats[0], one)) * rstd
    else:
        rstd = rsqrt(var(x, dims, 0, True) + eps)
        centred = normalize(x, dims, eps)
    gx = g if w is None else g * reshape(w, one)
    if not fixed:
        gx = gx - mean(gx, dims, True) - centred * mean(gx * centred, dims, True)
    return (
        gx * rstd,
        None if w is None else sum(g * centred, dims),
        None if b is None else sum(g, dims),
    )


def _batch_norm_gradients(
    g: np.ndarray, x: np.ndarray, w: Any, stats: Any, eps: float, fixed: bool
) -> tuple[Any, Any, Any]:
    """The formula of the module's docstring, gathered into gx = p g + q x + r with one p, q, r for each channel."""
    mean_, rstd = stats[0], 1 / np.sqrt(stats[1] + x.dtype.type(eps))
    count = x.dtype.type(x.size // max(x.shape[1], 1))
    sum_g = _channel_sum(g)
    sum_g_centred = (_channel_sum(g, x) - mean_ * sum_g) * rstd
    p = rstd if w is None else rstd * w
    if fixed:
        gx = _channels(g, lambda rows, of: rows * of(p))
    else:
        q = -p * rstd * sum_g_centred / count
        r = -p * sum_g / count - q * mean_
        gx = _channels(g, lambda rows, of, x_rows: _add_scaled(rows, of(p), x_rows, of(q), of(r)), x)
    return gx, None if w is None else sum_g_centred, sum_g


# -- the kernels: one number for each channel, met with every pixel


def channel_stats(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean and the biased variance of each channel (axis 1) of an array.

    Examples
    --------
    >>> [s.tolist() for s in channel_stats(np.array([[1.0, 5.0], [3.0, 5.0]]))]
    [[2.0, 5.0], [1.0, 0.0]]
    """
    count = x.dtype.type(x.size // max(x.shape[1], 1))
    mean_ = _channel_sum(x) / count
    centred = _channels(x, lambda rows, of: rows - of(mean_))
    return mean_, _channel_sum(centred, centred) / count


def _rows(x: np.ndarray) -> np.ndarray | None:
    """View images with the channels last in memory as rows of channels; None where that would need a copy."""
    moved = np.moveaxis(x, 1, -1)
    return moved.reshape(-1, x.shape[1]) if moved.flags.c_contiguous else None


def _channel_sum(x: np.ndarray, y: np.ndarray | None = None) -> np.ndarray:
    """Sum x, or x times y, over everything but the channels."""
    rows = _rows(x)
    if rows is None or (y is not None and _rows(y) is None):
        letters = "nchw"[: x.ndim]
        if y is None:
            total = np.add.reduce(x, axis=(0, *range(2, x.ndim)))
        else:
            total = np.einsum(f"{letters},{letters}->c", x, y)
        return np.asarray(total)
    if y is not None:
        other = _rows(y)
        assert other is not None  # looked at above
        rows = rows * other
    # a product with ones: BLAS sums rows faster than NumPy does
    total = np.dot(np.ones(len(rows), x.dtype), rows)
    return np.asarray(total)


def _channels(x: np.ndarray, f: Any, *others: np.ndarray) -> np.ndarray:
    """Apply ``f(rows, of, *other_rows)``; ``of(v)`` lays a number for each channel out so that it meets its pixels.

    Few channels make short rows, over which NumPy spends its time starting; several pixels are joined into one row.
    """
    rows = [_rows(a) for a in (x, *others)]
    channels = x.shape[1]
    if any(r is None for r in rows):
        one = (1, -1, *(1,) * (x.ndim - 2))
        result: np.ndarray = f(x, lambda v: v.reshape(one), *others)
        return result
    pixels = rows[0].shape[0]  # type: ignore[union-attr]  # None is dealt with above
    joined = 1
    while joined * channels < 512 and pixels % (2 * joined) == 0 and pixels:
        joined *= 2
    wide = [r.reshape(-1, joined * channels) for r in rows]  # type: ignore[union-attr]  # see above
    out = f(wide[0], lambda v: np.tile(v, joined), *wide[1:])
    shape = (x.shape[0], *x.shape[2:], channels)
    images: np.ndarray = np.moveaxis(out.reshape(shape), -1, 1)
    return images


def _scale_and_shift(rows: np.ndarray, scale: np.ndarray, shift: np.ndarray) -> np.ndarray:
    out: np.ndarray = rows * scale
    out += shift
    return out


def _add_scaled(g: np.ndarray, p: Any, x: np.ndarray, q: Any, r: Any) -> np.ndarray:
    """Return p g + q x + r."""
    out: np.ndarray = x * q
    out += r
    out += g * p
    return out
