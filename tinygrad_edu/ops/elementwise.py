"""Elementwise operations: one number in, or two, and one number out, at every place of the array.

The rules avoid Python numbers where they can (``g - g * out * out`` for ``g * (1 - out ** 2)``):
on small arrays a Python number costs NumPy more than a further array operation.
"""

from __future__ import annotations

from typing import Any

from tinygrad_edu.backend import np
from tinygrad_edu.broadcast import sum_to
from tinygrad_edu.primitive import Node, binary, primitive, unary

__all__ = [
    "abs",
    "add",
    "clip",
    "cos",
    "div",
    "exp",
    "log",
    "maximum",
    "minimum",
    "mul",
    "neg",
    "pow",
    "relu",
    "sigmoid",
    "sin",
    "sqrt",
    "sub",
    "tanh",
    "where",
]

# looked up once: for a small array, finding a name costs a tenth of the operation
_ndarray, _subtract = np.ndarray, np.subtract

# -- arithmetic


@binary("add", np.add)
def add(x: Any, y: Any) -> Any:
    """x + y. Both derivatives are 1, so the gradient passes unchanged to both."""


@add.defvjp
def add_vjp(g: Any, out: Any, x: Any, y: Any) -> Any:
    return g, g


@binary("sub", np.subtract)
def sub(x: Any, y: Any) -> Any:
    """x - y. The derivatives are 1 and -1."""


@sub.defvjp
def sub_vjp(g: Any, out: Any, x: Any, y: Any) -> Any:
    return g, -g


@binary("mul", np.multiply)
def mul(x: Any, y: Any) -> Any:
    """x * y. d(xy)/dx = y, d(xy)/dy = x."""


@mul.defvjp
def mul_vjp(g: Any, out: Any, x: Any, y: Any) -> Any:
    return g * y, g * x


@binary("div", np.true_divide, domain="y != 0")
def div(x: Any, y: Any) -> Any:
    """x / y. d/dx = 1/y, d/dy = -x/y² = -(x/y)/y."""


@div.defvjp
def div_vjp(g: Any, out: Any, x: Any, y: Any) -> Any:
    gx = g / y
    return gx, -(gx * out)


@unary("neg", np.negative)
def neg(x: Any) -> Any:
    """-x. The derivative is -1."""


@neg.defvjp
def neg_vjp(g: Any, out: Any, x: Any) -> Any:
    return -g


# -- powers


def pow(x: Any, exponent: Any) -> Any:
    """x to the power of `exponent`, a number or a tensor.

    The derivative by x is exponent * x^(exponent - 1), and 0 where the exponent is 0; the one by the
    exponent is out * log(x), and 0 where x is 0, as in PyTorch.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.pow(tg.tensor([1.0, 2.0, 3.0]), 2).tolist()
    [1.0, 4.0, 9.0]
    """
    if isinstance(exponent, (int, float)):
        return pow_number(x, exponent)
    return pow_tensor(x, exponent)


@primitive("pow", domain="x > 0, or a whole exponent")
def pow_number(x: Any, /, exponent: Any) -> Any:
    """x to the power of a Python number, which NumPy takes by short cuts (square, root, reciprocal)."""
    if x.dtype.kind in "iu" and exponent < 0:
        x = x.astype(np.float32)
    return x**exponent


@pow_number.defvjp
def pow_number_vjp(g: Any, out: Any, x: Any, exponent: Any) -> Any:
    if exponent == 0:
        return mul(g, np.zeros_like(out._data if isinstance(out, Node) else out))
    if exponent == 2:
        # x + x, because a Python 2 would cost more
        return g * (x + x)
    return g * (pow(x, exponent - 1) * exponent)


@binary("pow", np.power, domain="x > 0")
def pow_tensor(x: Any, y: Any) -> Any:
    """x to the power of y, elementwise."""


@pow_tensor.defvjp
def pow_tensor_vjp(g: Any, out: Any, x: Any, y: Any) -> Any:
    # where the exponent is 0, x^(-1) might be infinite and 0 * inf is not a number
    gx = where(y == 0, 0.0, g * y * pow_tensor(x, where(y == 0, 1.0, y - 1)))
    gy = g * out * log(where(x == 0, 1.0, x))
    return gx, gy


@unary("sqrt", np.sqrt, domain="x > 0")
def sqrt(x: Any) -> Any:
    """The square root. The derivative is 1 / (2 sqrt(x)): infinite at 0."""


@sqrt.defvjp
def sqrt_vjp(g: Any, out: Any, x: Any) -> Any:
    return g / (out + out)


# -- exponentials and what is made of them


@unary("exp", np.exp)
def exp(x: Any) -> Any:
    """e to the x. It is its own derivative."""


@exp.defvjp
def exp_vjp(g: Any, out: Any, x: Any) -> Any:
    return g * out


@unary("log", np.log, domain="x > 0")
def log(x: Any) -> Any:
    """The natural logarithm. The derivative is 1/x."""


@log.defvjp
def log_vjp(g: Any, out: Any, x: Any) -> Any:
    return g / x


@unary("tanh", np.tanh)
def tanh(x: Any) -> Any:
    """The hyperbolic tangent. The derivative is 1 - tanh(x)²."""


@tanh.defvjp
def tanh_vjp(g: Any, out: Any, x: Any) -> Any:
    t = g * out
    t *= out
    # g - t, for large arrays in memory that is in the cache already
    return _subtract(g, t, t) if type(t) is _ndarray else g - t


@unary("sigmoid")
def sigmoid(x: Any) -> Any:
    """1 / (1 + e^-x), the logistic function. The derivative is s (1 - s)."""
    x = np.asarray(x)
    # beyond this exp would overflow, and the answer is 0 to the last bit anyway
    bound = x.dtype.type(88.0 if x.dtype == np.float32 else 709.0)
    e = np.exp(np.minimum(np.negative(x), bound))
    e += 1
    return np.reciprocal(e)


@sigmoid.defvjp
def sigmoid_vjp(g: Any, out: Any, x: Any) -> Any:
    g = g * out
    return g - g * out


# -- trigonometry


@unary("sin", np.sin)
def sin(x: Any) -> Any:
    """The sine, of radians. The derivative is the cosine."""


@sin.defvjp
def sin_vjp(g: Any, out: Any, x: Any) -> Any:
    return g * cos(x)


@unary("cos", np.cos)
def cos(x: Any) -> Any:
    """The cosine, of radians. The derivative is minus the sine."""


@cos.defvjp
def cos_vjp(g: Any, out: Any, x: Any) -> Any:
    return -(g * sin(x))


# -- functions with a kink


@unary("abs", np.absolute, domain="x != 0")
def abs(x: Any) -> Any:
    """The absolute value. The derivative is the sign of x: 0 at 0."""


@abs.defvjp
def abs_vjp(g: Any, out: Any, x: Any) -> Any:
    return g * sign_of(x)


@primitive("sign_of")
def sign_of(x: Any) -> Any:
    """-1, 0 or 1, as a constant."""
    return np.sign(x)


@unary("relu", domain="x != 0")
def relu(x: Any) -> Any:
    """max(x, 0). The derivative is 1 where x > 0, else 0."""
    if x.size > 2048 and x.dtype.kind == "f":
        # NumPy clips many numbers at a time, but takes the larger of two one by one where the other is a single 0
        return x.clip(_zero(x.dtype), np.inf)
    return np.maximum(x, _zero(x.dtype))


@relu.defvjp
def relu_vjp(g: Any, out: Any, x: Any) -> Any:
    return g * (out > _zero(out.dtype))


@binary("maximum", np.maximum, domain="x != y")
def maximum(x: Any, y: Any) -> Any:
    """The larger of the two. The larger gets the gradient; a tie gives half to each."""


@maximum.defvjp
def maximum_vjp(g: Any, out: Any, x: Any, y: Any) -> Any:
    gx = g * share_of_larger(x, y)
    return gx, g - gx


@binary("minimum", np.minimum, domain="x != y")
def minimum(x: Any, y: Any) -> Any:
    """The smaller of the two. The smaller gets the gradient; a tie gives half to each."""


@minimum.defvjp
def minimum_vjp(g: Any, out: Any, x: Any, y: Any) -> Any:
    gy = g * share_of_larger(x, y)
    return g - gy, gy


@primitive("share_of_larger")
def share_of_larger(x: Any, y: Any) -> Any:
    """1 where x > y, 0 where x < y, a half where they tie, as a constant."""
    half = x.dtype.type(0.5)
    return (np.sign(np.subtract(x, y)) + x.dtype.type(1)) * half


@primitive("clip", domain="x != min, x != max")
def clip(x: Any, /, min: Any = None, max: Any = None) -> Any:
    """x, but no less than `min` and no more than `max`. The derivative is 1 inside and on the edges.

    Parameters
    ----------
    x : Tensor
        Any shape.
    min, max : float, optional
        The bounds; at least one.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.clip(tg.tensor([-2.0, 0.5, 2.0]), -1, 1).tolist()
    [-1.0, 0.5, 1.0]
    """
    return np.clip(x, min, max)


@clip.defvjp
def clip_vjp(g: Any, out: Any, x: Any, min: Any, max: Any) -> Any:
    # inside and on the edges, clipping left x as it was
    return g * (out == x)


# -- choosing


@primitive("where")
def where(condition: Any, x: Any, y: Any) -> Any:
    """x where the condition holds, else y. Each gets the gradient where it was chosen.

    Parameters
    ----------
    condition : Tensor of bool
        Broadcasts against x and y.
    x, y : Tensor or float
        Broadcast against each other.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> x = tg.tensor([-1.0, 2.0])
    >>> tg.where(x > 0, x, 0.0).tolist()
    [0.0, 2.0]
    """
    return np.where(condition, x, y)


@where.defvjp
def where_vjp(g: Any, out: Any, condition: Any, x: Any, y: Any) -> Any:
    return None, sum_to(where(condition, g, 0.0), x.shape), sum_to(where(condition, 0.0, g), y.shape)


_zeros = {np.dtype(kind): np.zeros((), kind) for kind in ("f4", "f8", "i8", "i4")}


def _zero(dtype: Any) -> Any:
    """Return a 0-d array 0 of `dtype`: NumPy compares against it faster than against a Python 0."""
    return _zeros.get(dtype, 0)
