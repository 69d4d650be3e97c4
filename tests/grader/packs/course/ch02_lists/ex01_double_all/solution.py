"""Double every number of a list.

>>> double_all([1.0, 2.0])
[2.0, 4.0]
"""


def double_all(values: list[float]) -> list[float]:
    """Return a new list with twice each value."""
    # >>> your code
    return [2 * value for value in values]
    # <<< your code
