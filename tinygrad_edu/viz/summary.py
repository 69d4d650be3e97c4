"""What a picture says about an array: all of a small one, a summary of a large one."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

__all__ = ["Numbers", "number", "numbers_of"]

# Up to this many elements are written out.
_SMALL = 6


@dataclass(frozen=True, slots=True)
class Numbers:
    """An array in a few words.

    Attributes
    ----------
    text : str
        Every element of a small array, else mean, smallest and largest of the finite ones.
    size : int
        How many elements.
    nans, infinities : int
        How many of them are no number, how many infinite.
    largest : float
        The largest distance from 0 among the finite ones; 0 if there are none.
    """

    text: str
    size: int
    nans: int
    infinities: int
    largest: float

    @property
    def all_zero(self) -> bool:
        """Whether there are elements and all of them are 0."""
        return self.size > 0 and self.largest == 0.0 and not self.nans and not self.infinities


def number(x: float) -> str:
    """Return a number as pictures write it: four digits.

    >>> number(2.0), number(0.000123456), number(float("nan"))
    ('2', '0.0001235', 'nan')
    """
    return f"{x:.4g}"


def numbers_of(data: Any) -> Numbers:
    """Describe a Python float or an array.

    >>> numbers_of(np.array([[1.0, 2.0], [3.0, 4.0]])).text
    '[[1, 2], [3, 4]]'
    >>> numbers_of(np.arange(10.0)).text
    'mean 4.5, 0 to 9'
    """
    if isinstance(data, float):
        largest = abs(data) if math.isfinite(data) else 0.0
        return Numbers(number(data), 1, int(math.isnan(data)), int(math.isinf(data)), largest)
    array = np.asarray(data)
    if array.dtype.kind == "b":
        return Numbers(_bools(array), array.size, 0, 0, float(array.any()))
    if array.size == 0:
        return Numbers("empty", 0, 0, 0, 0.0)
    nans = infinities = 0
    finite_part = array
    low, high = float(array.min()), float(array.max())
    # NaN and infinities show in the extremes, so that healthy arrays are read no more than needed
    if not (math.isfinite(low) and math.isfinite(high)):
        nans = int(np.isnan(array).sum())
        infinities = int(np.isinf(array).sum())
        finite_part = array[np.isfinite(array)]
        low, high = (float(finite_part.min()), float(finite_part.max())) if finite_part.size else (0.0, 0.0)
    if array.size <= _SMALL:
        text = _written(array.tolist())
    elif finite_part.size == 0:
        text = "nothing finite"
    else:
        # the sum of huge numbers may be infinite; a picture is no place for a warning
        with np.errstate(over="ignore"):
            mean = float(finite_part.mean(dtype=np.float64))
        text = f"mean {number(mean)}, {number(low)} to {number(high)}"
    return Numbers(text, array.size, nans, infinities, max(abs(low), abs(high)))


def _written(data: Any) -> str:
    return f"[{', '.join(map(_written, data))}]" if isinstance(data, list) else number(data)


def _bools(array: np.ndarray) -> str:
    if array.size <= _SMALL:
        return str(array.tolist())
    return f"{int(array.sum()):,} of {array.size:,} true"
