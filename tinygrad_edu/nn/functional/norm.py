"""Normalisation as functions: what is brought to mean 0 and variance 1 together is what the names say."""

from __future__ import annotations

from math import prod
from typing import Any

from tinygrad_edu.errors import ShapeError, user_line
from tinygrad_edu.ops import norm as ops
from tinygrad_edu.ops.norm import channel_stats, normalize
from tinygrad_edu.ops.shape import pad, reshape
from tinygrad_edu.tensor import Tensor

__all__ = ["batch_norm", "group_norm", "layer_norm", "local_response_norm"]


def batch_norm(
    input: Any,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    weight: Any = None,
    bias: Any = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Any:
    """Bring each channel to mean 0 and variance 1 over the batch, then multiply by `weight` and add `bias`.

    While training, mean and (biased) variance are those of this very batch, and the running ones, if there are any,
    move towards them: ``running = (1 - momentum) running + momentum current``, where the current variance is
    the unbiased one, as in PyTorch. Otherwise the running ones are used, and the layer is a fixed linear map.

    Source: S. Ioffe and C. Szegedy, "Batch normalization: accelerating deep network training by reducing internal
    covariate shift" (2015).

    Parameters
    ----------
    input
        Shape (N, C), (N, C, L) or (N, C, H, W).
    running_mean, running_var
        Shape (C,), or None; given new numbers while training.
    weight, bias
        Shape (C,), or None.
    training
        Whether the statistics are those of the batch.
    momentum
        How far the running statistics move.
    eps
        Added to the variance, so that the root is never 0.

    Raises
    ------
    ShapeError
        No axis of channels, one number only for each channel while training, or a parameter that is not (C,).
    ValueError
        Neither training nor running statistics.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> batch_norm(tg.tensor([[1.0], [3.0]]), None, None, training=True, eps=0.0).tolist()
    [[-1.0], [1.0]]
    """
    shape = tuple(input.shape)
    if len(shape) < 2:
        raise ShapeError(f"batch_norm: the input has shape {shape}; expected (N, C, ...).{user_line()}")
    vectors = {"running_mean": running_mean, "running_var": running_var, "weight": weight, "bias": bias}
    for name, vector in vectors.items():
        if vector is not None and tuple(vector.shape) != shape[1:2]:
            raise ShapeError(
                f"batch_norm: the input has shape {shape} and {name} {tuple(vector.shape)}, but should have "
                f"{shape[1:2]}, one number for each channel.{user_line()}"
            )
    x = input.data
    if not training:
        if running_mean is None or running_var is None:
            raise ValueError(
                f"batch_norm: without training=True it needs running_mean and running_var.{user_line()}"
            )
        stats = running_mean.data.astype(x.dtype), running_var.data.astype(x.dtype)
        return ops.batch_norm(input, weight, bias, stats=stats, eps=eps, fixed=True)
    count = x.size // max(shape[1], 1)
    if count <= 1:
        raise ShapeError(
            f"batch_norm: an input of shape {shape} has {count} number(s) for each channel, and while training it "
            f"takes at least 2 to speak of a variance. Use a larger batch, or eval().{user_line()}"
        )
    stats = channel_stats(x)
    for running, current in ((running_mean, stats[0]), (running_var, stats[1] * (count / (count - 1)))):
        if running is not None:
            old = running.data
            running.data = ((1 - momentum) * old + momentum * current).astype(old.dtype)
    return ops.batch_norm(input, weight, bias, stats=stats, eps=eps)


def layer_norm(
    input: Any,
    normalized_shape: int | tuple[int, ...] | list[int],
    weight: Any = None,
    bias: Any = None,
    eps: float = 1e-5,
) -> Any:
    """Bring the last dimensions of each sample to mean 0 and variance 1, then multiply by `weight` and add `bias`.

    Source: J. L. Ba, J. R. Kiros and G. E. Hinton, "Layer normalization" (2016).

    Parameters
    ----------
    input
        Shape (..., *normalized_shape).
    normalized_shape
        The sizes of the last dimensions.
    weight, bias
        Of that shape, or None.
    eps
        Added to the variance, so that the root is never 0.

    Raises
    ------
    ShapeError
        The input ends in other sizes.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> layer_norm(tg.tensor([[1.0, 3.0], [10.0, 10.0]]), [2], eps=0.5).round().tolist()
    [[-1.0, 1.0], [0.0, 0.0]]
    """
    sizes = (normalized_shape,) if isinstance(normalized_shape, int) else tuple(normalized_shape)
    if not sizes or tuple(input.shape[-len(sizes) :]) != sizes:
        raise ShapeError(
            f"layer_norm: the input has shape {tuple(input.shape)}, but should end in {sizes}.{user_line()}"
        )
    out = normalize(input, tuple(range(-len(sizes), 0)), eps)
    out = out if weight is None else out * weight
    return out if bias is None else out + bias


def group_norm(input: Any, num_groups: int, weight: Any = None, bias: Any = None, eps: float = 1e-5) -> Any:
    """Bring each group of channels of each sample to mean 0 and variance 1; `weight` and `bias` are per channel.

    Source: Y. Wu and K. He, "Group normalization" (2018).

    Parameters
    ----------
    input
        Shape (N, C, ...).
    num_groups
        Divides C.
    weight, bias
        Shape (C,), or None.
    eps
        Added to the variance, so that the root is never 0.

    Raises
    ------
    ShapeError
        The channels cannot be dealt out evenly.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> group_norm(tg.tensor([[1.0, 3.0, 0.0, 8.0]]), 2, eps=0.0).tolist()
    [[-1.0, 1.0, -1.0, 1.0]]
    """
    shape = tuple(input.shape)
    if len(shape) < 2 or num_groups < 1 or shape[1] % num_groups:
        raise ShapeError(
            f"group_norm: the input has shape {shape}; expected (N, C, ...) with C a multiple of "
            f"num_groups={num_groups}.{user_line()}"
        )
    groups = reshape(input, (shape[0], num_groups, prod(shape[1:]) // num_groups))
    out = reshape(normalize(groups, 2, eps), shape)
    each = (-1, *(1,) * (len(shape) - 2))
    out = out if weight is None else out * reshape(weight, each)
    return out if bias is None else out + reshape(bias, each)


def local_response_norm(
    input: Any, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0
) -> Any:
    """Divide each number by ``(k + alpha mean)^beta``, the mean of the squares in `size` neighbouring channels.

    Beyond the first and the last channel the squares count as 0.

    Source: A. Krizhevsky, I. Sutskever and G. E. Hinton, "ImageNet classification with deep convolutional neural
    networks" (2012).

    Parameters
    ----------
    input
        Shape (N, C, ...), at least three dimensions.
    size
        How many channels: `size` // 2 before, the channel itself, and the rest after it.
    alpha, beta, k
        See above.

    Raises
    ------
    ShapeError
        The input has fewer than three dimensions.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> local_response_norm(tg.full((1, 1, 1), 2.0), 1, alpha=0.75, beta=0.5).item()
    1.0
    """
    shape = tuple(input.shape)
    if len(shape) < 3:
        raise ShapeError(
            f"local_response_norm: the input has shape {shape}; expected (N, C, ...) with at least three dimensions."
            f"{user_line()}"
        )
    border = (*(0,) * (2 * len(shape[2:])), size // 2, (size - 1) // 2)
    squares = pad(input * input, border)
    total = squares[:, : shape[1]]
    for i in range(1, size):
        total = total + squares[:, i : i + shape[1]]
    return input * (k + total * (alpha / size)) ** -beta
