"""Element types under PyTorch's names, and which type a mixture of them has."""

from __future__ import annotations

from typing import Any

from tinygrad_edu.backend import np

__all__ = ["bool", "double", "float", "float32", "float64", "int", "int32", "int64", "long", "uint8"]

float32 = float = np.dtype(np.float32)
float64 = double = np.dtype(np.float64)
int32 = int = np.dtype(np.int32)
int64 = long = np.dtype(np.int64)
uint8 = np.dtype(np.uint8)
bool = np.dtype(np.bool_)

# A float beats an integer beats a truth value.
_CATEGORY = {"b": 0, "u": 1, "i": 1, "f": 2}
_OF_NUMBER = {True.__class__: bool, (1).__class__: int64, (1.0).__class__: float32}


def promote(a: np.dtype[Any], b: np.dtype[Any]) -> np.dtype[Any]:
    """Return the type of a mixture of two arrays; an integer takes the float's type, as in PyTorch."""
    if a.kind == "f" and b.kind != "f":
        return a
    if b.kind == "f" and a.kind != "f":
        return b
    return np.promote_types(a, b)


def result_type(*values: Any) -> np.dtype[Any]:
    """Return the type in which tensors, arrays and Python numbers are computed together.

    As in PyTorch, tensors with axes decide; a tensor of a single number, and then a Python number, has
    a say only if it is of a higher category (float over integer over truth value).

    Examples
    --------
    >>> result_type(np.zeros(3, np.float32), 2.5, np.float64(1.0))
    dtype('float32')
    >>> result_type(np.zeros(3, np.int64), 2.5)
    dtype('float32')
    """
    groups: tuple[list[np.dtype[Any]], ...] = ([], [], [])
    for value in values:
        if type(value) in _OF_NUMBER:
            groups[2].append(_OF_NUMBER[type(value)])
        else:
            groups[0 if value.ndim else 1].append(value.dtype)
    result = None
    for group in groups:
        for dtype in group[1:]:
            group[0] = promote(group[0], dtype)
        if group and (result is None or _CATEGORY[group[0].kind] > _CATEGORY[result.kind]):
            result = group[0]
    assert result is not None  # an operation has at least one input
    return result
