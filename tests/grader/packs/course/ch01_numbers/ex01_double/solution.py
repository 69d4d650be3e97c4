"""Double a number.

The double of x is

    double(x) = 2 x

>>> double(3.0)
6.0
"""


def double(x: float) -> float:
    """Return twice `x`."""
    # >>> your code: twice x
    return 2 * x
    # <<< your code
