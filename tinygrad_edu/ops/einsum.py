"""Products written with letters for axes: `einsum`, and the two oldest ones, `dot` and `outer`."""

from __future__ import annotations

from math import prod
from typing import Any

from tinygrad_edu.backend import np
from tinygrad_edu.errors import ShapeError, user_line
from tinygrad_edu.ops.elementwise import mul
from tinygrad_edu.ops.index import getitem
from tinygrad_edu.ops.linalg import matmul
from tinygrad_edu.ops.reduce import sum
from tinygrad_edu.ops.shape import permute, reshape

__all__ = ["dot", "einsum", "outer"]


def dot(x: Any, y: Any) -> Any:
    """The sum of the products of two vectors.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.dot(tg.tensor([1.0, 2.0]), tg.tensor([3.0, 4.0])).item()
    11.0
    """
    if len(x.shape) != 1 or len(y.shape) != 1:
        raise ShapeError(
            f"dot: shapes {tuple(x.shape)} and {tuple(y.shape)}, but should be two vectors; for matrices use @."
            f"{user_line()}"
        )
    return matmul(x, y)


def outer(x: Any, y: Any) -> Any:
    """The matrix of all products of a number of one vector and a number of the other.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.outer(tg.tensor([1.0, 2.0]), tg.tensor([3.0, 4.0])).tolist()
    [[3.0, 4.0], [6.0, 8.0]]
    """
    return mul(reshape(x, (-1, 1)), reshape(y, (1, -1)))


def einsum(equation: str, *operands: Any) -> Any:
    """Multiply tensors along named axes and sum over every letter that is not in the result.

    Two operands at a time become one batched matrix product: the letters of both that stay are the batch, those of
    both that go are summed over, the others are the rows and the columns.

    Parameters
    ----------
    equation : str
        One letter for each axis, operands separated by commas, then ``->`` and the letters of the result; without
        ``->``, the letters that occur once, in alphabetical order. ``...`` stands for further axes, which broadcast.
    operands : Tensor
        One for each group of letters.

    Raises
    ------
    ShapeError
        If letters and axes do not match, or a letter has two sizes.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> a, b = tg.ones(2, 3), tg.ones(3, 4)
    >>> tg.einsum("ij,jk->ik", a, b).shape
    (2, 4)
    >>> tg.einsum("ii", tg.eye(3)).item()
    3.0
    """
    if len(operands) == 1 and isinstance(operands[0], (list, tuple)):
        operands = tuple(operands[0])
    groups, result = _parse(equation, operands)
    sizes = _sizes(equation, groups, operands)
    value, letters = _diagonals(operands[0], groups[0])
    for i in range(1, len(operands)):
        other, other_letters = _diagonals(operands[i], groups[i])
        needed = set(result).union(*groups[i + 1 :])
        value, letters = _contract(value, letters, other, other_letters, needed, sizes)
    value, letters = _sum_out(value, letters, set(result))
    return permute(value, tuple(letters.index(c) for c in result)) if letters else value


def _parse(equation: str, operands: tuple[Any, ...]) -> tuple[list[str], str]:
    """Return the letters of each operand and of the result, ``...`` replaced by letters of its own."""
    left, arrow, result = equation.replace(" ", "").partition("->")
    groups = left.split(",")
    if len(groups) != len(operands):
        raise ShapeError(
            f"einsum: {equation!r} names {len(groups)} operands, but got {len(operands)}.{user_line()}"
        )
    extra = [len(x.shape) - len(g.replace("...", "")) for g, x in zip(groups, operands, strict=True)]
    for g, x, n in zip(groups, operands, extra, strict=True):
        if n < 0 or (n > 0 and "..." not in g):
            raise ShapeError(f"einsum: {g!r} does not name the axes of shape {tuple(x.shape)}.{user_line()}")
    # digits cannot be letters of the user's
    names = [
        chr(ord("0") + i)
        for i in range(max([n for g, n in zip(groups, extra, strict=True) if "..." in g], default=0))
    ]
    groups = [g.replace("...", "".join(names[len(names) - n :])) for g, n in zip(groups, extra, strict=True)]
    if not arrow:
        counts = "".join(groups)
        result = "".join(names) + "".join(
            sorted(c for c in set(counts) if counts.count(c) == 1 and c not in names)
        )
    result = result.replace("...", "".join(names))
    if len(set(result)) != len(result) or set(result) - set("".join(groups)):
        raise ShapeError(
            f"einsum: the result of {equation!r} must name letters of the operands, each once.{user_line()}"
        )
    return groups, result


def _sizes(equation: str, groups: list[str], operands: tuple[Any, ...]) -> dict[str, int]:
    sizes: dict[str, int] = {}
    for group, x in zip(groups, operands, strict=True):
        for letter, size in zip(group, x.shape, strict=True):
            known = sizes.setdefault(letter, size)
            if known != size and 1 not in (known, size):
                raise ShapeError(
                    f"einsum: {letter!r} in {equation!r} has size {known} and size {size}.{user_line()}"
                )
            sizes[letter] = max(known, size)
    return sizes


def _diagonals(x: Any, letters: str) -> tuple[Any, str]:
    """Take the diagonal of axes that have the same letter."""
    for letter in sorted(set(letters)):
        while letters.count(letter) > 1:
            first = letters.index(letter)
            second = letters.index(letter, first + 1)
            rest = tuple(i for i in range(len(letters)) if i not in (first, second))
            at = np.arange(x.shape[first])
            x = getitem(permute(x, (first, second, *rest)), (at, at))
            letters = letter + "".join(letters[i] for i in rest)
    return x, letters


def _sum_out(x: Any, letters: str, keep: set[str]) -> tuple[Any, str]:
    gone = tuple(i for i, letter in enumerate(letters) if letter not in keep)
    return (sum(x, gone) if gone else x), "".join(c for c in letters if c in keep)


def _contract(
    x: Any, x_letters: str, y: Any, y_letters: str, needed: set[str], sizes: dict[str, int]
) -> tuple[Any, str]:
    """Multiply two operands and sum over the letters that nothing further needs."""
    x, x_letters = _sum_out(x, x_letters, needed | set(y_letters))
    y, y_letters = _sum_out(y, y_letters, needed | set(x_letters))
    shared = [c for c in x_letters if c in y_letters]
    if any(x.shape[x_letters.index(c)] != y.shape[y_letters.index(c)] for c in shared):
        return _multiply(x, x_letters, y, y_letters, needed)
    batch = [c for c in shared if c in needed]
    summed = [c for c in shared if c not in needed]
    rows = [c for c in x_letters if c not in shared]
    columns = [c for c in y_letters if c not in shared]

    def size(letters: list[str], of: Any, names: str) -> int:
        return prod(of.shape[names.index(c)] for c in letters)

    left = permute(x, tuple(x_letters.index(c) for c in [*batch, *rows, *summed]))
    right = permute(y, tuple(y_letters.index(c) for c in [*batch, *summed, *columns]))
    b, k = size(batch, x, x_letters), size(summed, x, x_letters)
    left = reshape(left, (b, size(rows, x, x_letters), k))
    right = reshape(right, (b, k, size(columns, y, y_letters)))
    shape = [
        *(x.shape[x_letters.index(c)] for c in [*batch, *rows]),
        *(y.shape[y_letters.index(c)] for c in columns),
    ]
    return reshape(matmul(left, right), tuple(shape)), "".join([*batch, *rows, *columns])


def _multiply(x: Any, x_letters: str, y: Any, y_letters: str, needed: set[str]) -> tuple[Any, str]:
    """Multiply with broadcasting, where a letter has size 1 in one operand."""
    letters = x_letters + "".join(c for c in y_letters if c not in x_letters)

    def spread(value: Any, own: str) -> Any:
        order = tuple(own.index(c) for c in letters if c in own)
        shape = tuple(value.shape[own.index(c)] if c in own else 1 for c in letters)
        return reshape(permute(value, order), shape)

    return _sum_out(mul(spread(x, x_letters), spread(y, y_letters)), letters, needed)
