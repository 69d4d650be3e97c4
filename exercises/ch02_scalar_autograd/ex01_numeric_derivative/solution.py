"""Measure a derivative.

If x grows by a tiny amount, how much does f(x) grow, per unit of x? That number is the derivative
f'(x). A network learns by asking it of every one of its weights: "if I turn this weight up a
little, does the error rise or fall, and how fast?" In this chapter you build a machine that answers
exactly. First you build the instrument that you will hold it against: two evaluations of f and one
division. It is slow and only nearly exact, but so simple that you can trust it.

Nudge x to one side, and you get the *one-sided* difference. Its error shrinks in proportion to the
step h:

    (f(x + h) - f(x)) / h               error about h/2 * f''(x)

Nudge x to both sides, and the largest part of the error cancels. This is the *central* difference,
and the one you write here. Its error shrinks with the square of h:

    (f(x + h) - f(x - h)) / (2 * h)     error about h^2/6 * f'''(x)

Worked example. Take f(x) = x^3 at x = 2. The slope there is 3 * 2^2 = 12. With a large step,
h = 0.1:

    f(2.1) = 9.261      f(2) = 8      f(1.9) = 6.859
    one-sided   (9.261 - 8) / 0.1     = 12.61       off by 0.61
    central     (9.261 - 6.859) / 0.2 = 12.01       off by 0.01

>>> def cube(x):
...     return x**3
>>> round(float(numeric_derivative(cube, 2.0, h=0.1)), 6)
12.01

A network's error depends on many numbers at once. The *gradient* holds one derivative for each of
them: nudge one number, leave all the others where they are, measure, put it back, go on to the
next. So the gradient has the shape of x.

Take f(x) = x_0^2 * x_1 at x = (3, 2). Along x_0 the slope is 2 * x_0 * x_1 = 12, along x_1 it is
x_0^2 = 9:

>>> def volume(x):
...     return x[0] ** 2 * x[1]
>>> numeric_gradient(volume, np.array([3.0, 2.0])).round(6)
array([12.,  9.])

Why not take h as small as it gets? A float carries about 16 digits. If h is tiny, f(x + h) and
f(x - h) agree in nearly all of them, and their difference is made of what is left: noise. Near
h = 1e-5 both errors are small.

Not asked: better formulas with more points, choosing h from x, functions that return more than one
number.
"""

import numpy as np


def numeric_derivative(f, x, h=1e-5):
    """Slope of f at x, as the central difference with step h.

    Parameters
    ----------
    f : function
        Takes a number, returns a number.
    x : float
        Where to measure.
    h : float
        How far to nudge x to each side; use exactly this step.

    Returns
    -------
    float
        (f(x + h) - f(x - h)) / (2 * h).
    """
    # >>> your code: the central difference of f at x
    return (f(x + h) - f(x - h)) / (2 * h)
    # <<< your code


def numeric_gradient(f, x, h=1e-5):
    """Slope of f along each number in x, each as a central difference with step h.

    Parameters
    ----------
    f : function
        Takes an array of the shape of x, returns a number.
    x : array of numbers, with one axis or more
        Where to measure. It may hold integers. It is the caller's: it comes back as it was.
    h : float
        How far to nudge each number to each side.

    Returns
    -------
    array of floats, of the shape of x
        At every place, how fast f changes when only the number at that place changes.
    """
    # >>> your code: nudge one number at a time, both ways
    point = np.array(x, dtype=float)  # a copy, so that the caller's x stays as it is
    gradient = np.zeros_like(point)
    for index in np.ndindex(point.shape):
        kept = point[index]
        point[index] = kept + h
        above = f(point)
        point[index] = kept - h
        below = f(point)
        point[index] = kept
        gradient[index] = (above - below) / (2 * h)
    return gradient
    # <<< your code
