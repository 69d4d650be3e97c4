"""Normalisation as layers."""

from __future__ import annotations

from typing import Any

from tinygrad_edu.backend import np
from tinygrad_edu.errors import ShapeError, user_line
from tinygrad_edu.tensor import Tensor

from . import functional as F  # noqa: N812 # the field's name for it
from .module import Module
from .parameter import Parameter

__all__ = ["BatchNorm1d", "BatchNorm2d", "GroupNorm", "LayerNorm", "LocalResponseNorm"]


class _Scaled(Module):
    """A layer with a scale that starts at 1 and a shift that starts at 0, or without."""

    weight: Parameter | None
    bias: Parameter | None

    def _start(self, shape: tuple[int, ...], affine: bool, bias: bool = True) -> None:
        self.weight = Parameter(np.ones(shape, np.float32)) if affine else None
        self.bias = Parameter(np.zeros(shape, np.float32)) if affine and bias else None

    def reset_parameters(self) -> None:
        """Set the scale to 1 and the shift to 0."""
        if self.weight is not None:
            self.weight.data = np.ones_like(self.weight.data)
        if self.bias is not None:
            self.bias.data = np.zeros_like(self.bias.data)


class _BatchNorm(_Scaled):
    """What the batch normalisations share; they differ in the shapes they take."""

    _dims: tuple[int, ...]
    _takes: str

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__()
        self.num_features = num_features
        self.eps = eps
        self.momentum = momentum
        self.affine = affine
        self.track_running_stats = track_running_stats
        self._start((num_features,), affine, bias)
        zeros, ones, count = None, None, None
        if track_running_stats:
            zeros = Tensor(np.zeros(num_features, np.float32))
            ones = Tensor(np.ones(num_features, np.float32))
            count = Tensor(np.zeros((), np.int64))
        self.register_buffer("running_mean", zeros)
        self.register_buffer("running_var", ones)
        self.register_buffer("num_batches_tracked", count)
        self.to(device, dtype)

    running_mean: Tensor | None
    running_var: Tensor | None
    num_batches_tracked: Tensor | None

    def reset_running_stats(self) -> None:
        """Forget the running statistics."""
        if self.running_mean is not None and self.running_var is not None:
            self.running_mean.data = np.zeros_like(self.running_mean.data)
            self.running_var.data = np.ones_like(self.running_var.data)
        if self.num_batches_tracked is not None:
            self.num_batches_tracked.data = np.zeros((), np.int64)

    def reset_parameters(self) -> None:
        """Forget the running statistics, and set the scale to 1 and the shift to 0."""
        self.reset_running_stats()
        super().reset_parameters()

    def forward(self, input: Any) -> Any:
        """Apply the layer."""
        shape = tuple(input.shape)
        if len(shape) not in self._dims or shape[1] != self.num_features:
            raise ShapeError(
                f"{self!r} got an input of shape {shape}, but should get {self._takes.format(self.num_features)}."
                f"{user_line()}"
            )
        momentum = 0.0 if self.momentum is None else self.momentum
        if self.training and self.num_batches_tracked is not None:
            self.num_batches_tracked.data = self.num_batches_tracked.data + 1
            if self.momentum is None:
                # every batch counts the same: the running mean is the plain mean of all of them
                momentum = 1 / int(self.num_batches_tracked.data)
        return F.batch_norm(
            input,
            self.running_mean,
            self.running_var,
            self.weight,
            self.bias,
            self.training or self.running_mean is None,
            momentum,
            self.eps,
        )

    def extra_repr(self) -> str:
        """Return the sizes and options."""
        return (
            f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, affine={self.affine}, "
            f"track_running_stats={self.track_running_stats}"
        )


class BatchNorm1d(_BatchNorm):
    """Batch normalisation of features, (N, C), or of sequences, (N, C, L); parameters as for `BatchNorm2d`.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> BatchNorm1d(1, eps=0.0)(tg.tensor([[1.0], [3.0]])).tolist()
    [[-1.0], [1.0]]
    """

    _dims = (2, 3)
    _takes = "(N, {0}) or (N, {0}, L)"


class BatchNorm2d(_BatchNorm):
    """Bring each channel of images to mean 0 and variance 1 over the batch, then scale and shift it.

    See `tinygrad_edu.nn.functional.batch_norm` for the formula and its source.

    Parameters
    ----------
    num_features
        C, the number of channels.
    eps
        Added to the variance, so that the root is never 0.
    momentum
        How far the running statistics move with each batch; None for the plain mean of all batches.
    affine
        Whether there are a scale and a shift.
    track_running_stats
        Whether there are running statistics; without them those of the batch are used even after ``eval()``.
    device
        Only ``"cpu"``; accepted for PyTorch's sake.
    dtype
        Of the parameters; float32 by default.
    bias
        Whether, if `affine`, there is a shift.

    Attributes
    ----------
    weight, bias : Parameter or None
        Scale and shift, shape (C,).
    running_mean, running_var : Tensor or None
        Buffers of shape (C,); the variance is the unbiased one.
    num_batches_tracked : Tensor or None
        A buffer: how many batches they have seen.

    Raises
    ------
    ShapeError
        When called with anything but (N, num_features, H, W), or with one number only for each channel while training.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> layer = BatchNorm2d(3)
    >>> tuple(layer(tg.randn(4, 3, 5, 5)).shape), layer.num_batches_tracked.item()
    ((4, 3, 5, 5), 1)
    """

    _dims = (4,)
    _takes = "(N, {0}, H, W)"


class LayerNorm(_Scaled):
    """Bring the last dimensions of each sample to mean 0 and variance 1, then scale and shift each place.

    See `tinygrad_edu.nn.functional.layer_norm` for the source.

    Parameters
    ----------
    normalized_shape
        The sizes of these dimensions; one number for the last alone.
    eps
        Added to the variance, so that the root is never 0.
    elementwise_affine
        Whether there are a scale and a shift.
    bias
        Whether there is a shift.
    device
        Only ``"cpu"``; accepted for PyTorch's sake.
    dtype
        Of the parameters; float32 by default.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> LayerNorm(2, eps=0.0)(tg.tensor([[1.0, 3.0], [10.0, 30.0]])).tolist()
    [[-1.0, 1.0], [-1.0, 1.0]]
    """

    def __init__(
        self,
        normalized_shape: int | tuple[int, ...] | list[int],
        eps: float = 1e-5,
        elementwise_affine: bool = True,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        single = isinstance(normalized_shape, int)
        self.normalized_shape: tuple[int, ...] = (normalized_shape,) if single else tuple(normalized_shape)  # type: ignore[arg-type, assignment]  # told apart by `single`
        self.eps = eps
        self.elementwise_affine = elementwise_affine
        self._start(self.normalized_shape, elementwise_affine, bias)
        self.to(device, dtype)

    def forward(self, input: Any) -> Any:
        """Apply the layer."""
        return F.layer_norm(input, self.normalized_shape, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        """Return the sizes and options."""
        return f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}"


class GroupNorm(_Scaled):
    """Bring each group of channels of each sample to mean 0 and variance 1, then scale and shift each channel.

    See `tinygrad_edu.nn.functional.group_norm` for the source.

    Parameters
    ----------
    num_groups, num_channels
        Into how many groups how many channels are dealt out; the second a multiple of the first.
    eps
        Added to the variance, so that the root is never 0.
    affine
        Whether there are a scale and a shift.
    device
        Only ``"cpu"``; accepted for PyTorch's sake.
    dtype
        Of the parameters; float32 by default.
    bias
        Whether, if `affine`, there is a shift.

    Raises
    ------
    ValueError
        The channels cannot be dealt out evenly.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> GroupNorm(2, 4, eps=0.0)(tg.tensor([[1.0, 3.0, 0.0, 8.0]])).tolist()
    [[-1.0, 1.0, -1.0, 1.0]]
    """

    def __init__(
        self,
        num_groups: int,
        num_channels: int,
        eps: float = 1e-5,
        affine: bool = True,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__()
        if num_groups < 1 or num_channels % num_groups:
            raise ValueError(
                f"GroupNorm: num_channels={num_channels} must be a multiple of num_groups={num_groups}."
            )
        self.num_groups = num_groups
        self.num_channels = num_channels
        self.eps = eps
        self.affine = affine
        self._start((num_channels,), affine, bias)
        self.to(device, dtype)

    def forward(self, input: Any) -> Any:
        """Apply the layer."""
        return F.group_norm(input, self.num_groups, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        """Return the sizes and options."""
        return f"{self.num_groups}, {self.num_channels}, eps={self.eps}, affine={self.affine}"


class LocalResponseNorm(Module):
    """Divide by what the neighbouring channels have at the same place; see the function of the same name.

    That is `tinygrad_edu.nn.functional.local_response_norm`, with the formula, its parameters and its source.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> LocalResponseNorm(1, alpha=0.75, beta=0.5)(tg.full((1, 1, 1), 2.0)).item()
    1.0
    """

    def __init__(self, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0) -> None:
        super().__init__()
        self.size = size
        self.alpha = alpha
        self.beta = beta
        self.k = k

    def forward(self, input: Any) -> Any:
        """Apply the layer."""
        return F.local_response_norm(input, self.size, self.alpha, self.beta, self.k)

    def extra_repr(self) -> str:
        """Return the options."""
        return f"{self.size}, alpha={self.alpha}, beta={self.beta}, k={self.k}"
