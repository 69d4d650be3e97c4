"""Linear and the two layers around it that have no parameters."""

from __future__ import annotations

from math import prod, sqrt
from typing import Any

from tinygrad_edu.backend import np
from tinygrad_edu.errors import ShapeError, user_line
from tinygrad_edu.ops.linear import linear
from tinygrad_edu.ops.shape import flatten

from . import init
from .module import Module
from .parameter import Parameter

__all__ = ["Flatten", "Identity", "Linear"]


class Linear(Module):
    """y = x Wᵀ + b, over the last dimension.

    Weights and biases start evenly drawn from ±1/√in_features, as in PyTorch.

    Parameters
    ----------
    in_features, out_features
        Length of the last dimension before and after.
    bias
        Whether there is a b.
    device
        Only ``"cpu"``; accepted for PyTorch's sake.
    dtype
        Of the parameters; float32 by default.

    Attributes
    ----------
    weight : Parameter
        Shape (out_features, in_features).
    bias : Parameter or None
        Shape (out_features,).

    Raises
    ------
    ShapeError
        When called with another last dimension than `in_features`.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> layer = Linear(4, 2)
    >>> tuple(layer(tg.zeros(8, 4)).shape)
    (8, 2)
    """

    def __init__(
        self, in_features: int, out_features: int, bias: bool = True, device: Any = None, dtype: Any = None
    ) -> None:
        super().__init__()
        self.in_features = in_features
        self.out_features = out_features
        self.weight = Parameter(np.empty((out_features, in_features), np.float32))
        self.bias = Parameter(np.empty(out_features, np.float32)) if bias else None
        self.reset_parameters()
        self.to(device, dtype)

    def reset_parameters(self) -> None:
        """Draw the parameters anew."""
        start_as_pytorch(self.weight, self.bias)

    def forward(self, input: Any) -> Any:
        """Apply the layer to an input of shape (..., in_features)."""
        shape = input.shape
        if not shape or shape[-1] != self.in_features:
            flat = prod(shape[1:]) == self.in_features
            raise ShapeError(
                f"{self!r} got an input of shape {tuple(shape)}; its last dimension should be {self.in_features}. "
                + ("Flatten it first: nn.Flatten()." if flat else "Check the size of the layer before.")
                + user_line()
            )
        return linear(input, self.weight, self.bias)

    def extra_repr(self) -> str:
        """Return the sizes."""
        return (
            f"in_features={self.in_features}, out_features={self.out_features}, bias={self.bias is not None}"
        )


def start_as_pytorch(weight: Parameter, bias: Parameter | None) -> None:
    """Draw weights (out, in, ...) and biases evenly from ±1/√fan_in, as PyTorch does by default."""
    # a = √5 is how PyTorch writes it: a gain of √(1/3) makes the bound 1/√fan_in.
    if weight.data.size:
        init.kaiming_uniform_(weight, a=sqrt(5))
    if bias is not None:
        fan_in = prod(weight.shape[1:])
        bound = 1 / sqrt(fan_in) if fan_in else 0.0
        init.uniform_(bias, -bound, bound)


class Flatten(Module):
    """Join dimensions `start_dim` to `end_dim` into one; by default all but the first, the samples.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tuple(Flatten()(tg.zeros(8, 1, 28, 28)).shape)
    (8, 784)
    """

    def __init__(self, start_dim: int = 1, end_dim: int = -1) -> None:
        super().__init__()
        self.start_dim = start_dim
        self.end_dim = end_dim

    def forward(self, input: Any) -> Any:
        """Join the dimensions."""
        return flatten(input, self.start_dim, self.end_dim)

    def extra_repr(self) -> str:
        """Return the dimensions."""
        return f"start_dim={self.start_dim}, end_dim={self.end_dim}"


class Identity(Module):
    """Return the input as it is; takes the place of a layer that is left out. Arguments are ignored.

    Examples
    --------
    >>> Identity()(3)
    3
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        del args, kwargs
        super().__init__()

    def forward(self, input: Any) -> Any:
        """Return the input."""
        return input
