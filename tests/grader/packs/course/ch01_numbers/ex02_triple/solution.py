"""Triple a number.

The triple of x is

    triple(x) = 3 x

>>> triple(3.0)
9.0
"""


def triple(x: float) -> float:
    """Return three times `x`."""
    # >>> your code: three times x
    return 3 * x
    # <<< your code
