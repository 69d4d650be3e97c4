"""Changing a tensor in place: allowed for what no graph still needs, and refused with a sentence otherwise.

The numbers change by rebinding, never by writing into the array: whoever holds the old array keeps the old numbers.
"""

from __future__ import annotations

from typing import Any

from tinygrad_edu.backend import np
from tinygrad_edu.errors import AutogradError, user_line
from tinygrad_edu.inputs import raw_index
from tinygrad_edu.methods import Methods
from tinygrad_edu.ops import elementwise
from tinygrad_edu.primitive import Node, recording

__all__ = ["InPlace"]


class InPlace(Methods):
    """The methods with an underscore at the end, ``op=`` and assignment by index, as in PyTorch."""

    __slots__ = ()
    __hash__ = Methods.__hash__

    # The operators may return a new tensor, because Python binds what they return to the name.

    def __iadd__(self, other: Any) -> Any:  # type: ignore[misc, override]  # takes one tensor, as the operator does
        return self._operator(elementwise.add, other)

    def __isub__(self, other: Any) -> Any:  # type: ignore[misc, override]  # takes one tensor, as the operator does
        return self._operator(elementwise.sub, other)

    def __imul__(self, other: Any) -> Any:  # type: ignore[misc, override]  # takes one tensor, as the operator does
        return self._operator(elementwise.mul, other)

    def __itruediv__(self, other: Any) -> Any:  # type: ignore[misc, override]  # takes one tensor, as the operator does
        return self._operator(elementwise.div, other)

    def __setitem__(self, key: Any, value: Any) -> None:
        self._may_change("assignment by index")
        data = self._data.copy()
        data[raw_index(key)] = value._data if isinstance(value, Node) else value
        self._data = data

    def add_(self, other: Any, *, alpha: float = 1) -> Any:
        """Add ``alpha * other`` to it.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> w = tg.tensor([1.0, 2.0], requires_grad=True)
        >>> with tg.no_grad():
        ...     w.add_(tg.tensor([10.0, 20.0]), alpha=0.5)
        tensor([ 6., 12.], requires_grad=True)
        """
        return self._change("add_", lambda: elementwise.add(self, other if alpha == 1 else other * alpha))

    def sub_(self, other: Any, *, alpha: float = 1) -> Any:
        """Subtract ``alpha * other`` from it."""
        return self._change("sub_", lambda: elementwise.sub(self, other if alpha == 1 else other * alpha))

    def mul_(self, other: Any) -> Any:
        """Multiply it by `other`."""
        return self._change("mul_", lambda: elementwise.mul(self, other))

    def div_(self, other: Any) -> Any:
        """Divide it by `other`."""
        return self._change("div_", lambda: elementwise.div(self, other))

    def clamp_(self, min: Any = None, max: Any = None) -> Any:
        """Bring every number into the range from `min` to `max`."""
        return self._change("clamp_", lambda: elementwise.clip(self, min, max))

    clip_ = clamp_

    def zero_(self) -> Any:
        """Set every number to 0."""
        return self._change("zero_", lambda: self._like(0))

    def fill_(self, value: Any) -> Any:
        """Set every number to `value`."""
        return self._change("fill_", lambda: self._like(value))

    def copy_(self, source: Any) -> Any:
        """Take the numbers of `source`, broadcast to this shape and in this element type."""
        return self._change("copy_", lambda: self._like(source))

    def _like(self, source: Any) -> np.ndarray:
        source = source._data if isinstance(source, Node) else source
        return np.broadcast_to(np.asarray(source, self._data.dtype), self._data.shape)

    def _operator(self, operation: Any, other: Any) -> Any:
        if recording.on and self.op is not None:
            return operation(self, other)
        return self._change(operation.op.name + " in place", lambda: operation(self, other))

    def _change(self, what: str, compute: Any) -> Any:
        """Take the numbers that `compute` returns, in this tensor's own shape and element type."""
        self._may_change(what)
        changed = compute()
        changed = changed._data if isinstance(changed, Node) else changed
        if changed.shape != self._data.shape:
            raise AutogradError(
                f"{what}: the result has shape {changed.shape}, but the tensor keeps its own, "
                f"{self._data.shape}. Give the result a name of its own instead.{user_line()}"
            )
        self._data = np.array(changed, dtype=self._data.dtype)
        return self

    def _may_change(self, what: str) -> None:
        """Refuse to change in place what the graph needs unchanged."""
        if recording.on and self.requires_grad:
            raise AutogradError(
                f"{what}: this tensor requires a gradient, and changing it in place would make the graph wrong. "
                f"Wrap the change in `with no_grad():`, or compute a new tensor.{user_line()}"
            )
