"""The edge of a part of the graph."""

from __future__ import annotations

from typing import Any

from tinygrad_edu.primitive import primitive

__all__ = ["boundary"]


@primitive("boundary")
def boundary(x: Any) -> Any:
    """x itself, as a node of its own, where the walk can be met: `nn.Module` puts its backward hooks there."""
    return x


@boundary.defvjp
def boundary_vjp(g: Any, out: Any, x: Any) -> Any:
    return g
