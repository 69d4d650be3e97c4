"""What tensors and operations accept: numbers, lists, arrays, tensors, and mixtures of element types."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tinygrad_edu.backend import np
from tinygrad_edu.dtypes import result_type
from tinygrad_edu.errors import DtypeError, user_line
from tinygrad_edu.ops import shape as shaping
from tinygrad_edu.primitive import Node, Op, constant

__all__ = ["as_array", "as_inputs", "as_tuple", "one_tuple", "raw_index"]


def as_array(data: Any) -> np.ndarray:
    """Return `data` as an array of its own; Python floats become float32, NumPy keeps its types."""
    if isinstance(data, Node):
        return np.array(data._data)
    try:
        array = np.array(data)
    except ValueError as error:
        raise DtypeError(f"tensor: {error}.{user_line()}") from None
    if array.dtype.kind not in "fiub":
        raise DtypeError(
            f"tensor: {type(data).__name__} became an array of {array.dtype}, but a tensor holds numbers.{user_line()}"
        )
    if (
        array.dtype == np.float64
        and not isinstance(data, (np.ndarray, np.generic))
        and not _holds_float64(data)
    ):
        return array.astype(np.float32)
    return array


def _holds_float64(data: Any) -> bool:
    """Return whether nested lists hold NumPy numbers, which keep their type, and not Python floats."""
    while isinstance(data, (list, tuple)) and data:
        data = data[0]
    return isinstance(data, (np.ndarray, np.generic))


_NUMBERS = (float, int)


def as_inputs(op: Op, *values: Any) -> tuple[Any, ...]:
    """Make every input a tensor, and the types of those that are computed together one.

    Python numbers and NumPy arrays become constants. Both inputs of a binary operation get the type
    that PyTorch would give the mixture; of other operations only the floats are brought together,
    because an index or a condition keeps its own type.
    """
    if op.arity == 2:
        x, y = values
        # by far the most common mixture: a float tensor and a number
        if type(y) in _NUMBERS and isinstance(x, Node) and x._data.dtype.kind == "f":
            return x, constant(np.array(y, x._data.dtype))
        if type(x) in _NUMBERS and isinstance(y, Node) and y._data.dtype.kind == "f":
            return constant(np.array(x, y._data.dtype)), y
    for value in values:
        if not (value is None or isinstance(value, (Node, np.ndarray, np.generic, bool, int, float))):
            raise DtypeError(
                f"{op.name}: an input is a {type(value).__name__}, but should be a tensor, an array or a number. "
                f"Make it one with tensor(...).{user_line()}"
            )
    known = [v for v in values if v is not None]
    if op.arity is None:
        floats = [
            v
            for v in known
            if isinstance(v, float) or (not isinstance(v, (int, bool)) and v.dtype.kind == "f")
        ]
        known = floats or known
    dtype = result_type(*known)
    return tuple([_as_input(v, dtype, unify=op.arity is not None) for v in values])


def _as_input(value: Any, dtype: np.dtype[Any], unify: bool) -> Any:
    if value is None:
        return None
    if not isinstance(value, Node):
        is_number = isinstance(value, (bool, int, float)) and not isinstance(value, np.generic)
        return constant(np.asarray(value, dtype if unify or is_number else None))
    if value._data.dtype is not dtype and (unify or value._data.dtype.kind == "f"):
        return value if value._data.dtype == dtype else shaping.cast(value, dtype)
    return value


def raw_index(key: Any) -> Any:
    """Return an index in which tensors and lists are arrays."""
    if isinstance(key, tuple):
        return tuple([raw_index(part) for part in key])
    if isinstance(key, Node):
        return key._data if key._data.ndim else key._data.item()
    return np.array(key) if isinstance(key, list) else key


def one_tuple(sizes: tuple[Any, ...]) -> tuple[int, ...]:
    """Accept f((2, 3)) and f(2, 3) alike."""
    return tuple(sizes[0]) if len(sizes) == 1 and isinstance(sizes[0], (tuple, list)) else sizes


def as_tuple(x: Any) -> tuple[Any, ...]:
    """Accept one tensor and a sequence of tensors alike."""
    return tuple(x) if isinstance(x, Sequence) and not isinstance(x, Node) else (x,)
