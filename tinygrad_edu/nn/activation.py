"""Activations as layers."""

from __future__ import annotations

from typing import Any

from . import functional as F  # noqa: N812 # the field's name for it
from .module import Module

__all__ = ["LeakyReLU", "LogSoftmax", "ReLU", "Sigmoid", "Softmax", "Tanh"]


class ReLU(Module):
    """max(x, 0), elementwise. `inplace` is accepted for PyTorch's sake and changes nothing.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> ReLU()(tg.tensor([-1.0, 2.0])).tolist()
    [0.0, 2.0]
    """

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace

    def forward(self, input: Any) -> Any:
        """Apply it."""
        return F.relu(input)

    def extra_repr(self) -> str:
        """Return the option, if it was given."""
        return "inplace=True" if self.inplace else ""


class LeakyReLU(Module):
    """x where x > 0, else negative_slope * x. `inplace` is accepted and changes nothing.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> LeakyReLU(0.25)(tg.tensor([-1.0, 2.0])).tolist()
    [-0.25, 2.0]
    """

    def __init__(self, negative_slope: float = 1e-2, inplace: bool = False) -> None:
        super().__init__()
        self.negative_slope = negative_slope
        self.inplace = inplace

    def forward(self, input: Any) -> Any:
        """Apply it."""
        return F.leaky_relu(input, self.negative_slope)

    def extra_repr(self) -> str:
        """Return the options."""
        return f"negative_slope={self.negative_slope}" + (", inplace=True" if self.inplace else "")


class Sigmoid(Module):
    """1 / (1 + e^-x), elementwise.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> Sigmoid()(tg.tensor([0.0])).item()
    0.5
    """

    def forward(self, input: Any) -> Any:
        """Apply it."""
        return F.sigmoid(input)


class Tanh(Module):
    """The hyperbolic tangent, elementwise.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> Tanh()(tg.tensor([0.0])).item()
    0.0
    """

    def forward(self, input: Any) -> Any:
        """Apply it."""
        return F.tanh(input)


class Softmax(Module):
    """e^x divided by its sum along `dim`.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> Softmax(dim=1)(tg.zeros(1, 2)).tolist()
    [[0.5, 0.5]]
    """

    def __init__(self, dim: int | None = None) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, input: Any) -> Any:
        """Apply it."""
        return F.softmax(input, self.dim)

    def extra_repr(self) -> str:
        """Return the dimension."""
        return f"dim={self.dim}"


class LogSoftmax(Softmax):
    """The logarithm of `Softmax`, computed without numbers that round to 0.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> LogSoftmax(dim=0)(tg.tensor([0.0, -1000.0])).tolist()
    [0.0, -1000.0]
    """

    def forward(self, input: Any) -> Any:
        """Apply it."""
        return F.log_softmax(input, self.dim)
