"""Operators and methods: the operations under ``ops/``, under the names that PyTorch gives them."""

from __future__ import annotations

from typing import Any

from tinygrad_edu.broadcast import expand
from tinygrad_edu.inputs import one_tuple, raw_index
from tinygrad_edu.ops import compare, elementwise, linalg, order, rearrange, reduce, rounding, scan, special
from tinygrad_edu.ops import index as indexing
from tinygrad_edu.ops import shape as shaping
from tinygrad_edu.primitive import Node

__all__ = ["Methods"]


class Methods(Node):
    """A node of the graph with the operators and methods of a tensor. Nothing is computed here."""

    __slots__ = ()
    __hash__ = Node.__hash__

    # -- operators

    __add__ = __radd__ = elementwise.add
    __sub__ = elementwise.sub
    __mul__ = __rmul__ = elementwise.mul
    __truediv__ = elementwise.div
    __neg__ = elementwise.neg
    __pow__ = elementwise.pow
    __matmul__ = linalg.matmul
    __abs__ = elementwise.abs
    __lt__ = compare.lt
    __le__ = compare.le
    __gt__ = compare.gt
    __ge__ = compare.ge
    __eq__ = compare.eq
    __ne__ = compare.ne
    __invert__ = compare.logical_not
    __and__ = compare.logical_and
    __or__ = compare.logical_or

    def __rsub__(self, other: Any) -> Any:
        return elementwise.sub(other, self)

    def __rtruediv__(self, other: Any) -> Any:
        return elementwise.div(other, self)

    def __rpow__(self, other: Any) -> Any:
        return elementwise.pow_tensor(other, self)

    def __rmatmul__(self, other: Any) -> Any:
        return linalg.matmul(other, self)

    def __getitem__(self, key: Any) -> Any:
        return indexing.getitem(self, raw_index(key))

    # -- methods: the operations under the names that PyTorch gives them

    add = elementwise.add
    sub = elementwise.sub
    mul = elementwise.mul
    div = elementwise.div
    neg = elementwise.neg
    pow = elementwise.pow
    exp = elementwise.exp
    log = elementwise.log
    sqrt = elementwise.sqrt
    abs = elementwise.abs
    sin = elementwise.sin
    cos = elementwise.cos
    tanh = elementwise.tanh
    sigmoid = elementwise.sigmoid
    relu = elementwise.relu
    maximum = elementwise.maximum
    minimum = elementwise.minimum
    clip = clamp = elementwise.clip
    matmul = mm = linalg.matmul
    square = special.square
    reciprocal = special.reciprocal
    rsqrt = special.rsqrt
    erf = special.erf
    log1p = special.log1p
    expm1 = special.expm1
    log2 = special.log2
    sinh = special.sinh
    cosh = special.cosh
    arcsin = special.arcsin
    arccos = special.arccos
    arctan = special.arctan
    sign = rounding.sign
    floor = rounding.floor
    ceil = rounding.ceil
    round = rounding.round
    trunc = rounding.trunc
    remainder = rounding.remainder
    sum = reduce.sum
    mean = reduce.mean
    var = reduce.var
    std = reduce.std
    norm = reduce.norm
    max = reduce.max
    min = reduce.min
    amax = reduce.amax
    amin = reduce.amin
    argmax = reduce.argmax
    argmin = reduce.argmin
    prod = scan.prod
    cumsum = scan.cumsum
    cumprod = scan.cumprod
    sort = order.sort
    argsort = order.argsort
    topk = order.topk
    any = order.any
    all = order.all
    flip = rearrange.flip
    roll = rearrange.roll
    tril = rearrange.tril
    triu = rearrange.triu
    diag = rearrange.diag
    moveaxis = rearrange.moveaxis
    tile = rearrange.tile
    repeat_interleave = rearrange.repeat_interleave
    split = rearrange.split
    chunk = rearrange.chunk
    unbind = rearrange.unbind
    softmax = reduce.softmax
    log_softmax = reduce.log_softmax
    logsumexp = reduce.logsumexp
    squeeze = shaping.squeeze
    unsqueeze = shaping.unsqueeze
    flatten = shaping.flatten
    transpose = swapaxes = shaping.swapaxes
    gather = indexing.gather
    scatter_add = indexing.scatter_add
    take_along_dim = indexing.take_along_dim
    index_select = indexing.index_select
    masked_fill = indexing.masked_fill
    eq = compare.eq
    ne = compare.ne
    lt = compare.lt
    le = compare.le
    gt = compare.gt
    ge = compare.ge
    isnan = compare.isnan
    isinf = compare.isinf
    isfinite = compare.isfinite

    def where(self, condition: Any, other: Any) -> Any:
        """Return self where the condition holds, else other."""
        return elementwise.where(condition, self, other)

    def reshape(self, *sizes: Any) -> Any:
        """Return the same numbers in another shape, given as one tuple or as several sizes."""
        return shaping.reshape(self, one_tuple(sizes))

    view = reshape

    def view_as(self, other: Any) -> Any:
        """Return the same numbers in the shape of another tensor."""
        return shaping.reshape(self, tuple(other.shape))

    reshape_as = view_as

    def permute(self, *dims: Any) -> Any:
        """Return the axes in another order, given as one tuple or one by one."""
        return shaping.permute(self, one_tuple(dims))

    def expand(self, *sizes: Any) -> Any:
        """Return it repeated along axes of size 1; -1 keeps an axis."""
        return expand(self, one_tuple(sizes))

    def expand_as(self, other: Any) -> Any:
        """Return it repeated along axes of size 1 until it has the shape of another tensor."""
        return expand(self, tuple(other.shape))

    @property
    def T(self) -> Any:  # noqa: N802  # PyTorch's name
        """The axes in reverse order; for a matrix, its transpose."""
        return shaping.permute(self, tuple(range(self._data.ndim))[::-1])

    @property
    def mT(self) -> Any:  # noqa: N802  # PyTorch's name
        """The last two axes exchanged."""
        return shaping.swapaxes(self, -1, -2)

    def t(self) -> Any:
        """Return the transpose of a matrix."""
        return self.T
