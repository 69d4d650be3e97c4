"""Dropout."""

from __future__ import annotations

from typing import Any

from . import functional as F  # noqa: N812 # the field's name for it
from .module import Module

__all__ = ["Dropout"]


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
            raise ValueError(f"Dropout: p is a probability between 0 and 1, not {p}.")
        self.p = p
        self.inplace = inplace

    def forward(self, input: Any) -> Any:
        """Apply it, if training."""
        return F.dropout(input, self.p, self.training)

    def extra_repr(self) -> str:
        """Return the options."""
        return f"p={self.p}, inplace={self.inplace}"
