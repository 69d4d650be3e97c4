"""What a student's code gave, against what it should give: the first difference, in words and as a table.

The rules, all of them:

- Shapes must be equal; nothing is broadcast. A number stands for a 0-d array and the other way about, and nested
  lists or tuples of numbers stand for arrays.
- Values must satisfy ``|got - expected| <= atol + rtol * |expected|``. Where `atol` is not given it is 1e-14 times
  the largest expected magnitude: room for another order of summation, and nothing else.
- Results in float32 get float32's room (rtol 1e-5, atol 1e-6 of the largest magnitude). Half precision, complex,
  object and foreign arrays never get here: they cannot travel.
- NaN equals nothing, unless the check says ``nan_ok=True`` and NaN is what is expected there.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from grader.protocol import Opaque
from grader.render import format_value

MAX_ROWS: Final = 10
MAX_TEXT: Final = 400
_FLOAT32_RTOL: Final = 1e-5
_FLOAT32_ATOL: Final = 1e-6
_DEFAULT_ATOL: Final = 1e-14


@dataclass(frozen=True, slots=True)
class Difference:
    """The first difference: a sentence, both sides as text, and the element-by-element table (or "").

    `aspect` is "dtype" where the values themselves are not to blame.
    """

    message: str
    got: str
    expected: str
    table: str = ""
    aspect: str = "value"


def difference(
    got: Any,
    expected: Any,
    *,
    rtol: float = 1e-7,
    atol: float | None = None,
    dtype: Any = any,
    nan_ok: bool = False,
    label: str = "got",
) -> Difference | None:
    """Return how `got` differs from `expected`, or None if it does not.

    Parameters
    ----------
    got, expected
        Numbers, arrays, text, None, or lists, tuples and dictionaries of these.
    rtol, atol
        Relative and absolute tolerance, see the module's rules.
    dtype
        A NumPy dtype that the result must have exactly; `any` accepts every dtype that can travel.
    nan_ok
        Whether NaN may stand where NaN is expected.
    label
        What to call the result in the sentence.

    Examples
    --------
    >>> difference(np.zeros(3), np.zeros((3, 1))).message
    'got.shape == (3,), but should be (3, 1)'
    >>> difference([1.0, 2.0], np.array([1.0, 2.0])) is None
    True
    """
    rules = {"rtol": rtol, "atol": atol, "dtype": dtype, "nan_ok": nan_ok}
    if type(got) is int and type(expected) is int and dtype is any:  # exact, and as large as one likes
        right = got == expected
        return None if right else _plain(got, expected, f"{label} == {_short(got)}, but should be {expected}")
    if type(got) in (list, tuple) and isinstance(expected, (list, tuple)) and len(got) != len(expected):
        return _plain(got, expected, f"len({label}) == {len(got)}, but should be {len(expected)}")
    # An integer that no dtype holds makes an array of objects, with which nothing can be compared.
    if _is_numeric(expected) and (wanted := np.asarray(expected)).dtype != object:
        return _numeric(got, wanted, label, **rules)
    if isinstance(expected, (list, tuple)):
        if type(got) not in (list, tuple) and not (type(got) is np.ndarray and got.ndim):
            return _plain(
                got, expected, f"{label} is {describe(got)}, but should be a {type(expected).__name__}"
            )
        if len(got) != len(expected):
            return _plain(got, expected, f"len({label}) == {len(got)}, but should be {len(expected)}")
        pairs = zip(range(len(got)), got, expected, strict=True)
        found = (difference(g, e, label=f"{label}[{i}]", **rules) for i, g, e in pairs)
        return next(filter(None, found), None)
    if isinstance(expected, dict):
        if type(got) is not dict:
            return _plain(got, expected, f"{label} is {describe(got)}, but should be a dict")
        if got.keys() != expected.keys():
            keys = f"{_short(list(got))}, but should have {_short(list(expected))}"
            return _plain(got, expected, f"{label} has the keys {keys}")
        found = (difference(got[k], e, label=f"{label}[{k!r}]", **rules) for k, e in expected.items())
        return next(filter(None, found), None)
    if type(got) is type(expected) and bool(got == expected):
        return None
    if isinstance(expected, Opaque):
        return _plain(got, expected, f"{label} is not the object it should be")
    return _plain(got, expected, f"{label} is {describe(got)}, but should be {_short(expected)}")


def _is_numeric(value: Any) -> bool:
    if isinstance(value, (bool, int, float, np.ndarray, np.generic)):
        return True
    if not isinstance(value, (list, tuple)) or not value:
        return False
    # A list of equally shaped rows is an array; a list of differently shaped results is compared one by one.
    return all(isinstance(item, (bool, int, float, np.generic)) for item in value) or (
        all(isinstance(item, (list, tuple)) and _is_numeric(item) for item in value)
        and len({np.shape(item) for item in value}) == 1
    )


def as_array(value: Any) -> np.ndarray[Any, Any] | None:
    """Return a student's result as an array if it is one, a number, or a rectangular nest of numbers."""
    if isinstance(value, (bool, int, float, np.ndarray, np.generic)):
        array = np.asarray(value)
        return None if array.dtype == object else array
    if type(value) not in (list, tuple) or not all(map(_may_be_row, value)):
        return None
    try:
        array = np.asarray(value)
    except (ValueError, OverflowError):
        return None
    return array if array.dtype.kind in "biuf" else None


def _may_be_row(value: Any) -> bool:
    if type(value) in (list, tuple):
        return all(map(_may_be_row, value))
    return isinstance(value, (bool, int, float, np.ndarray, np.generic))


def describe(value: Any) -> str:
    """Return a few words on what a result is.

    Examples
    --------
    >>> describe(np.zeros((2, 3))), describe(None), describe("yes")
    ('an array of shape (2, 3)', 'None', "the text 'yes'")
    """
    if value is None or value is Ellipsis:
        return str(value)
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape}"
    if isinstance(value, str):
        return f"the text {_short(value)}"
    if isinstance(value, Opaque):
        return f"an object of type {value.type}"
    if isinstance(value, (list, tuple, dict)):
        return f"a {type(value).__name__} of {len(value)}"
    return _short(value)


def _numeric(
    got: Any,
    expected: np.ndarray[Any, Any],
    label: str,
    *,
    rtol: float,
    atol: float | None,
    dtype: Any,
    nan_ok: bool,
) -> Difference | None:
    array = as_array(got)
    if array is None:
        wanted = f"an array of shape {expected.shape}" if expected.ndim else "a number"
        return _plain(got, expected, f"{label} is {describe(got)}, but should be {wanted}")
    if array.shape != expected.shape:
        return _plain(got, expected, f"{label}.shape == {array.shape}, but should be {expected.shape}")
    if dtype is not any and array.dtype != np.dtype(dtype):
        plain = _plain(got, expected, f"{label}.dtype == {array.dtype}, but should be {np.dtype(dtype)}")
        return replace(plain, aspect="dtype")
    with np.errstate(all="ignore"):
        wrong = _wrong(array, expected, rtol, atol, nan_ok)
        if not wrong.any():
            return None
        worst = _worst(array, expected, wrong)
    place = f"{label}[{', '.join(map(str, worst))}]" if worst else label
    message = f"{place} == {_number(array[worst])}, but should be {_number(expected[worst])}"
    table = _table(array, expected, wrong, worst) if worst else ""
    return Difference(message, _short(got), _short(expected if worst else expected[()]), table)


def _wrong(
    got: np.ndarray[Any, Any], expected: np.ndarray[Any, Any], rtol: float, atol: float | None, nan_ok: bool
) -> np.ndarray[Any, Any]:
    if got.dtype.kind in "biu" and expected.dtype.kind in "biu":
        return np.asarray(got != expected)
    a, b = got.astype(np.float64), expected.astype(np.float64)
    finite = np.abs(b[np.isfinite(b)])
    scale = float(finite.max()) if finite.size else 0.0
    if atol is None:
        atol = _DEFAULT_ATOL * scale
    if np.float32 in (got.dtype, expected.dtype):
        rtol, atol = max(rtol, _FLOAT32_RTOL), max(atol, _FLOAT32_ATOL * scale)
    # Written so that a NaN on either side makes the comparison false, hence wrong.
    close = (np.abs(a - b) <= atol + rtol * np.abs(b)) & np.isfinite(b) | (a == b)
    if nan_ok:
        close |= np.isnan(a) & np.isnan(b)
    return np.asarray(~close)


def _worst(
    got: np.ndarray[Any, Any], expected: np.ndarray[Any, Any], wrong: np.ndarray[Any, Any]
) -> tuple[int, ...]:
    error = np.abs(got.astype(np.float64) - expected.astype(np.float64))
    error = np.where(np.isnan(error), np.inf, error)
    flat = int(np.argmax(np.where(wrong, error, -1.0)))
    return tuple(int(i) for i in np.unravel_index(flat, got.shape))


def _table(
    got: np.ndarray[Any, Any],
    expected: np.ndarray[Any, Any],
    wrong: np.ndarray[Any, Any],
    worst: tuple[int, ...],
) -> str:
    """Both sides, a line for each element; of a large array only wrong elements, the worst always among them."""
    if got.size <= MAX_ROWS:
        shown = list(np.ndindex(got.shape))
    else:
        found = [tuple(map(int, place)) for place in np.argwhere(wrong)[:MAX_ROWS]]
        rest = [place for place in found if place != worst]
        shown = sorted([worst, *rest[: MAX_ROWS - 1]])
    rows = [("", "got", "expected", "")]
    for place in shown:
        mark = "<-- worst" if place == worst else "<-- wrong" if wrong[place] else ""
        index = f"[{', '.join(map(str, place))}]"
        rows.append((index, _number(got[place]), _number(expected[place]), mark))
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    lines = [
        f"{row[0]:<{widths[0]}}  {row[1]:>{widths[1]}}  {row[2]:>{widths[2]}}  {row[3]}".rstrip()
        for row in rows
    ]
    if len(shown) < got.size:
        lines.append(f"({int(wrong.sum())} of {got.size} elements are wrong; {len(shown)} are shown)")
    return "\n".join(lines)


def _plain(got: Any, expected: Any, message: str) -> Difference:
    if isinstance(expected, np.ndarray) and not expected.ndim:
        expected = expected[()]
    return Difference(message, _short(got), _short(expected))


def _number(value: Any) -> str:
    """Enough digits to see the difference, and no more than a reader can take in."""
    value = value.item() if isinstance(value, np.generic) else value
    if isinstance(value, float):
        text = f"{value:.10g}"
        return text if any(mark in text for mark in ".enai") else f"{text}.0"
    return str(value)


def _short(value: Any) -> str:
    if isinstance(value, np.ndarray) and value.size > MAX_TEXT:  # it would not fit, and takes long to write
        return describe(value)
    text = format_value(value)
    return text if len(text) <= MAX_TEXT else f"{text[:MAX_TEXT]} ... ({len(text)} characters)"
