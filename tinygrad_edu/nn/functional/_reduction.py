"""What every loss does at its end: one number, or one for each element; and at its start: look at the shapes."""

from __future__ import annotations

import warnings
from typing import Any

from tinygrad_edu.errors import ShapeError, user_line

__all__ = ["check_reduction", "reduced", "same_shape", "warn_of_broadcast"]


def check_reduction(reduction: str) -> None:
    """Refuse a name that is no reduction."""
    if reduction not in ("mean", "sum", "none"):
        raise ValueError(f"reduction is 'mean', 'sum' or 'none', not {reduction!r}.{user_line()}")


def reduced(losses: Any, reduction: str) -> Any:
    """Return the mean, the sum, or the losses as they are."""
    check_reduction(reduction)
    if reduction == "none":
        return losses
    return losses.mean() if reduction == "mean" else losses.sum()


def same_shape(name: str, input: Any, target: Any) -> None:
    """Refuse two shapes where one is meant."""
    if input.shape != target.shape:
        raise ShapeError(
            f"{name}: input has shape {tuple(input.shape)} and target {tuple(target.shape)}; "
            f"give both the same shape.{user_line()}"
        )


def warn_of_broadcast(name: str, input: Any, target: Any) -> None:
    """Say, as PyTorch does, that two shapes will be broadcast; called by a loss that its user calls."""
    if input.shape != target.shape:
        warnings.warn(
            f"{name}: input has shape {tuple(input.shape)} and target {tuple(target.shape)}; broadcasting compares "
            "every pair, which is rarely what is meant. Give both the same shape.",
            UserWarning,
            stacklevel=3,
        )
