"""Putting oneself between the engine and every operation's function and rule, for a while."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from tinygrad_edu.primitive import OPS, Op

__all__ = ["watched"]

Wrap = Callable[[Op, Callable[..., Any]], Callable[..., Any]]


@contextmanager
def watched(wrap_forward: Wrap, wrap_rule: Wrap) -> Iterator[None]:
    """Inside, every operation's function and rule is what the two wrappers made of it.

    Parameters
    ----------
    wrap_forward, wrap_rule : callable
        Called as ``wrap(op, function)``; return a function with the same signature.
    """
    before = [(op, op.forward, op.vjp) for op in OPS]
    try:
        for op, forward, rule in before:
            op.forward = wrap_forward(op, forward)
            if rule is not None:
                op.vjp = wrap_rule(op, rule)
        yield
    finally:
        for op, forward, rule in before:
            op.forward, op.vjp = forward, rule
