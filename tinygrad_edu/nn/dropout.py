"""Dropout."""

from __future__ import annotations

from typing import Any

from . import functional as F  # noqa: N812 # the field's name for it
from .module import Module

__all__ = ["Dropout", "Dropout2d"]


class Dropout(Module):
    """While training, set each element to 0 with probability `p` and divide the others by 1 - p; otherwise do nothing.

    Source: N. Srivastava et al., "Dropout: a simple way to prevent neural networks from overfitting" (2014).

    Raises
    ------
    ValueError
        `p` is not between 0 and 1.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> Dropout(0.5).eval()(tg.ones(3)).tolist()
    [1.0, 1.0, 1.0]
    """

    def __init__(self, p: float = 0.5, inplace: bool = False) -> None:
        super().__init__()
        if not 0 <= p <= 1:
            raise ValueError(f"{type(self).__name__}: p is a probability between 0 and 1, not {p}.")
        self.p = p
        self.inplace = inplace

    def forward(self, input: Any) -> Any:
        """Apply it, if training."""
        return F.dropout(input, self.p, self.training)

    def extra_repr(self) -> str:
        """Return the options."""
        return f"p={self.p}, inplace={self.inplace}"


class Dropout2d(Dropout):
    """`Dropout` of whole feature maps of (N, C, H, W); see `tinygrad_edu.nn.functional.dropout2d`.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> Dropout2d(1.0)(tg.ones(1, 1, 1, 2)).tolist()
    [[[[0.0, 0.0]]]]
    """

    def forward(self, input: Any) -> Any:
        """Apply it, if training."""
        return F.dropout2d(input, self.p, self.training)
