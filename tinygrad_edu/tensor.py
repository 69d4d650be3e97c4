"""`Tensor`: a node of the graph with the operators, the methods and the manners of an array.

Nothing is computed here. Each operator and method is one of the operations under ``ops/``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from tinygrad_edu import dtypes
from tinygrad_edu.backward import backward
from tinygrad_edu.dtypes import result_type
from tinygrad_edu.errors import AutogradError, DtypeError, user_line
from tinygrad_edu.ops import compare, elementwise, linalg, order, rearrange, reduce, rounding, scan, special
from tinygrad_edu.ops import index as indexing
from tinygrad_edu.ops import shape as shaping
from tinygrad_edu.ops.broadcast import expand
from tinygrad_edu.primitive import Extra, Node, Op, constant, recording, tensor_class

__all__ = ["GradFn", "Tensor"]


class GradFn:
    """The operation behind a tensor, as PyTorch shows it."""

    def __init__(self, node: Any) -> None:
        self._node = node

    def name(self) -> str:
        """Return the label, such as ``MulBackward``."""
        return "".join(part.capitalize() for part in self._node.op.name.split("_")) + "Backward"

    @property
    def next_functions(self) -> tuple[tuple[GradFn | None, int], ...]:
        """One pair for each input: its own operation (None for a leaf), and 0."""
        return tuple((None if x is None else x.grad_fn, 0) for x in self._node.inputs or ())

    def __repr__(self) -> str:
        return f"<{self.name()}>"


class Tensor(Node):
    """An array that remembers how it was computed.

    Parameters
    ----------
    data : array_like
        Numbers; NumPy arrays keep their element type, Python floats become float32.
    requires_grad : bool
        Whether this leaf collects a gradient. Only floats can.
    name : str, optional
        How pictures and messages call it.

    Examples
    --------
    >>> x = Tensor([1.0, 2.0, 3.0], requires_grad=True)
    >>> y = (x * x).sum()
    >>> y.backward()
    >>> x.grad
    tensor([2., 4., 6.])
    """

    __slots__ = ()

    # A stray np.exp(tensor) raises, and never silently loses the graph.
    __array_ufunc__ = None
    __hash__ = Node.__hash__

    def __init__(self, data: Any, requires_grad: bool = False, name: str | None = None) -> None:
        self._data = _as_array(data)
        self.grad = self.op = self.arrays = self.params = self.kept = self.cotangent = self.extra = None
        self.inputs = ()
        self.order = 0
        self.requires_grad = False
        if requires_grad:
            self.requires_grad_()
        if name is not None:
            self.name = name

    # -- what it holds

    @property
    def data(self) -> np.ndarray:
        """The numbers, as a NumPy array."""
        return self._data  # type: ignore[no-any-return]  # the slot is typed loosely for the engine's speed

    @data.setter
    def data(self, value: Any) -> None:
        self._data = _as_array(value)

    @property
    def shape(self) -> tuple[int, ...]:
        """The size along each axis."""
        return self._data.shape  # type: ignore[no-any-return]  # see data

    @property
    def dtype(self) -> np.dtype[Any]:
        """The element type."""
        return self._data.dtype  # type: ignore[no-any-return]  # see data

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return self._data.ndim  # type: ignore[no-any-return]  # see data

    @property
    def device(self) -> str:
        """Where the numbers are: always ``"cpu"``."""
        return "cpu"

    @property
    def is_leaf(self) -> bool:
        """Whether it was made by the user and not by a recorded operation."""
        return self.op is None

    @property
    def grad_fn(self) -> GradFn | None:
        """The operation that made it; None for a leaf."""
        return None if self.op is None else GradFn(self)

    @property
    def retains_grad(self) -> bool:
        """Whether this interior tensor keeps its gradient; see `retain_grad`."""
        return self.extra is not None and self.extra.retains_grad

    @property
    def name(self) -> str | None:
        """How pictures and messages call it."""
        return None if self.extra is None else self.extra.name

    @name.setter
    def name(self, value: str | None) -> None:
        self._extra().name = value

    def _extra(self) -> Extra:
        if self.extra is None:
            self.extra = Extra()
        return self.extra

    def size(self, dim: int | None = None) -> Any:
        """Return the shape, or the size along `dim`."""
        return self.shape if dim is None else self.shape[dim]

    def dim(self) -> int:
        """Return the number of axes."""
        return self.ndim

    def numel(self) -> int:
        """Return the number of elements."""
        return int(self._data.size)

    def item(self) -> Any:
        """Return the one number of a tensor of one element, as a Python number."""
        if self._data.size != 1:
            raise AutogradError(
                f"item: the tensor has shape {self.shape}, and only a single number can be returned. "
                f"Use .tolist(), or pick one by index.{user_line()}"
            )
        return self._data.item()

    def tolist(self) -> Any:
        """Return the numbers as nested lists."""
        return self._data.tolist()

    def numpy(self) -> np.ndarray:
        """Return the NumPy array; of a tensor that requires a gradient, use ``.detach().numpy()``."""
        if self.requires_grad:
            raise AutogradError(
                "numpy: this tensor is part of a graph, and NumPy would lose it without a word. "
                f"Use .detach().numpy() if that is what you want.{user_line()}"
            )
        return self.data

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.array(self.numpy(), dtype=dtype, copy=copy)

    # -- gradients

    def requires_grad_(self, requires_grad: bool = True) -> Tensor:
        """Switch the collecting of a gradient on or off, for a leaf, and return it."""
        if not self.is_leaf:
            raise AutogradError(
                f"requires_grad_: this tensor was computed by {self._op_name()} and is no leaf. "
                f"Use .detach() to start a new graph from its value.{user_line()}"
            )
        if requires_grad and self._data.dtype.kind != "f":
            raise DtypeError(
                f"requires_grad: a tensor of {self.dtype} cannot have a gradient; only floats change smoothly. "
                f"Write 2.0 for 2, or use .float().{user_line()}"
            )
        self.requires_grad = requires_grad
        return self

    def _op_name(self) -> str:
        return self.op.name if self.op is not None else "nothing"

    def backward(
        self, gradient: Any = None, retain_graph: bool | None = None, create_graph: bool = False
    ) -> None:
        """Add the gradient of this tensor to the ``.grad`` of every leaf it depends on.

        See `tinygrad_edu.backward.backward`.
        """
        backward(self, gradient, retain_graph, create_graph)

    def retain_grad(self) -> None:
        """Keep the gradient of this interior tensor in ``.grad`` at the next backward."""
        if not self.requires_grad:
            raise AutogradError(f"retain_grad: this tensor requires no gradient.{user_line()}")
        self._extra().retains_grad = not self.is_leaf

    def register_hook(self, hook: Callable[[Any], Any]) -> Callable[[], None]:
        """Call ``hook(gradient)`` when the walk has this tensor's whole gradient.

        What the hook returns, if not None, takes the gradient's place. Returns a handle whose
        ``remove()`` (or which, called) takes the hook away.
        """
        if not self.requires_grad:
            raise AutogradError(f"register_hook: this tensor requires no gradient.{user_line()}")
        hooks = self._extra().hooks
        key = max(hooks, default=0) + 1
        hooks[key] = hook
        return HookHandle(hooks, key)

    def detach(self) -> Any:
        """Return the same numbers outside the graph."""
        return constant(self._data)

    def clone(self) -> Any:
        """Return a copy that is part of the graph."""
        return shaping.cast(self, self.dtype)

    def zero_(self) -> Tensor:
        """Set every number to 0; for a leaf outside recording."""
        return self.copy_(0)

    def copy_(self, source: Any) -> Tensor:
        """Take the numbers of `source`, broadcast to this shape and in this element type."""
        self._may_change("copy_")
        source = source._data if isinstance(source, Node) else source
        self._data = np.array(np.broadcast_to(np.asarray(source, self.dtype), self.shape))
        return self

    def _may_change(self, what: str) -> None:
        """Refuse to change in place what the graph needs unchanged."""
        if recording.on and self.requires_grad:
            raise AutogradError(
                f"{what}: this tensor requires a gradient, and changing it in place would make the graph wrong. "
                f"Wrap the change in `with no_grad():`, or compute a new tensor.{user_line()}"
            )

    def _change(self, operation: Any, other: Any) -> Any:
        """`x op= other`: a new tensor while an interior one is recorded, else new numbers for this one."""
        if recording.on and not self.is_leaf:
            return operation(self, other)
        self._may_change(operation.op.name + " in place")
        changed = operation(self, other)._data
        if changed.shape != self.shape:
            raise AutogradError(
                f"{operation.op.name} in place: the result has shape {changed.shape}, but the tensor keeps its own, "
                f"{self.shape}.{user_line()}"
            )
        self._data = np.array(changed, dtype=self.dtype)
        return self

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

    def __iadd__(self, other: Any) -> Any:  # type: ignore[misc]  # takes one tensor, as the operator does
        return self._change(elementwise.add, other)

    def __isub__(self, other: Any) -> Any:  # type: ignore[misc]  # takes one tensor, as the operator does
        return self._change(elementwise.sub, other)

    def __imul__(self, other: Any) -> Any:  # type: ignore[misc]  # takes one tensor, as the operator does
        return self._change(elementwise.mul, other)

    def __itruediv__(self, other: Any) -> Any:  # type: ignore[misc]  # takes one tensor, as the operator does
        return self._change(elementwise.div, other)

    def __getitem__(self, key: Any) -> Any:
        return indexing.getitem(self, _raw_index(key))

    def __setitem__(self, key: Any, value: Any) -> None:
        self._may_change("assignment by index")
        data = self._data.copy()
        data[_raw_index(key)] = value._data if isinstance(value, Node) else value
        self._data = data

    def __len__(self) -> int:
        return len(self._data)

    def __iter__(self) -> Iterator[Any]:
        return (self[i] for i in range(len(self)))

    def __bool__(self) -> bool:
        return bool(self.item())

    def __float__(self) -> float:
        return float(self.item())

    def __int__(self) -> int:
        return int(self.item())

    def __index__(self) -> int:
        if self._data.dtype.kind not in "iu":
            raise TypeError(f"a tensor of {self.dtype} is no index; use an integer tensor.{user_line()}")
        return int(self.item())

    def __repr__(self) -> str:
        text = np.array2string(self._data, separator=", ", prefix="tensor(", precision=4, threshold=1000)
        notes = []
        if self._data.dtype not in (dtypes.float32, dtypes.int64, dtypes.bool):
            notes.append(f"dtype={self.dtype}")
        if self.op is not None:
            notes.append(f"grad_fn={self.grad_fn!r}")
        elif self.requires_grad:
            notes.append("requires_grad=True")
        return f"tensor({', '.join([text, *notes])})"

    def _repr_svg_(self) -> str | None:
        """Draw the graph in a notebook; None (the notebook shows text) where nothing was recorded."""
        if self.op is None:
            return None
        from tinygrad_edu import viz  # pictures are loaded when one is asked for

        svg: str | None = viz.repr_svg(self)
        return svg

    # -- methods: the operations under the names that PyTorch gives them

    add, sub, mul, div, neg = (
        elementwise.add,
        elementwise.sub,
        elementwise.mul,
        elementwise.div,
        elementwise.neg,
    )
    pow, exp, log, sqrt, abs = (
        elementwise.pow,
        elementwise.exp,
        elementwise.log,
        elementwise.sqrt,
        elementwise.abs,
    )
    sin, cos, tanh, sigmoid = elementwise.sin, elementwise.cos, elementwise.tanh, elementwise.sigmoid
    relu, maximum, minimum = elementwise.relu, elementwise.maximum, elementwise.minimum
    clip = clamp = elementwise.clip
    matmul = mm = linalg.matmul
    square, reciprocal, rsqrt, erf = special.square, special.reciprocal, special.rsqrt, special.erf
    log1p, expm1, log2 = special.log1p, special.expm1, special.log2
    sinh, cosh, arcsin, arccos, arctan = (
        special.sinh,
        special.cosh,
        special.arcsin,
        special.arccos,
        special.arctan,
    )
    sign, floor, ceil, round, trunc = (
        rounding.sign,
        rounding.floor,
        rounding.ceil,
        rounding.round,
        rounding.trunc,
    )
    remainder = rounding.remainder
    sum, mean, var, std, norm = reduce.sum, reduce.mean, reduce.var, reduce.std, reduce.norm
    max, min, amax, amin, argmax, argmin = (
        reduce.max,
        reduce.min,
        reduce.amax,
        reduce.amin,
        reduce.argmax,
        reduce.argmin,
    )
    prod, cumsum, cumprod = scan.prod, scan.cumsum, scan.cumprod
    sort, argsort, topk, any, all = order.sort, order.argsort, order.topk, order.any, order.all
    flip, roll, tril, triu, diag = (
        rearrange.flip,
        rearrange.roll,
        rearrange.tril,
        rearrange.triu,
        rearrange.diag,
    )
    moveaxis, tile, repeat_interleave = rearrange.moveaxis, rearrange.tile, rearrange.repeat_interleave
    split, chunk, unbind = rearrange.split, rearrange.chunk, rearrange.unbind
    softmax, log_softmax, logsumexp = reduce.softmax, reduce.log_softmax, reduce.logsumexp
    squeeze, unsqueeze, flatten = shaping.squeeze, shaping.unsqueeze, shaping.flatten
    transpose = swapaxes = shaping.swapaxes
    gather, scatter_add, take_along_dim = indexing.gather, indexing.scatter_add, indexing.take_along_dim
    index_select, masked_fill = indexing.index_select, indexing.masked_fill
    eq, ne, lt, le, gt, ge = compare.eq, compare.ne, compare.lt, compare.le, compare.gt, compare.ge
    isnan, isinf, isfinite = compare.isnan, compare.isinf, compare.isfinite

    def where(self, condition: Any, other: Any) -> Any:
        """Return self where the condition holds, else other."""
        return elementwise.where(condition, self, other)

    def reshape(self, *sizes: Any) -> Any:
        """Return the same numbers in another shape, given as one tuple or as several sizes."""
        return shaping.reshape(self, _one_tuple(sizes))

    view = reshape

    def permute(self, *dims: Any) -> Any:
        """Return the axes in another order, given as one tuple or one by one."""
        return shaping.permute(self, _one_tuple(dims))

    def expand(self, *sizes: Any) -> Any:
        """Return it repeated along axes of size 1; -1 keeps an axis."""
        return expand(self, _one_tuple(sizes))

    @property
    def T(self) -> Any:  # noqa: N802  # PyTorch's name
        """The axes in reverse order; for a matrix, its transpose."""
        return shaping.permute(self, tuple(range(self.ndim))[::-1])

    @property
    def mT(self) -> Any:  # noqa: N802  # PyTorch's name
        """The last two axes exchanged."""
        return shaping.swapaxes(self, -1, -2)

    def t(self) -> Any:
        """Return the transpose of a matrix."""
        return self.T

    def to(self, target: Any = None, *, dtype: Any = None, device: Any = None) -> Any:
        """Return it in another element type; the only device is ``"cpu"``."""
        if isinstance(target, str) and device is None:
            target, device = None, target
        if device is not None and str(device) != "cpu":
            raise AutogradError(f"to: there is no device {str(device)!r} here, only 'cpu'.{user_line()}")
        dtype = target if dtype is None else dtype
        if dtype is None or np.dtype(dtype) == self.dtype:
            return self
        return shaping.cast(self, np.dtype(dtype))

    def cpu(self) -> Any:
        """Return itself; there is no other device."""
        return self

    def float(self) -> Any:
        """Return it as float32."""
        return self.to(dtypes.float32)

    def double(self) -> Any:
        """Return it as float64."""
        return self.to(dtypes.float64)

    def long(self) -> Any:
        """Return it as int64."""
        return self.to(dtypes.int64)


class HookHandle:
    """Takes a hook away again."""

    def __init__(self, hooks: dict[int, Any], key: int) -> None:
        self._hooks, self._key = hooks, key

    def remove(self) -> None:
        """Take the hook away; a second time does nothing."""
        self._hooks.pop(self._key, None)

    __call__ = remove


# -- what operations accept


def _as_array(data: Any) -> np.ndarray:
    """Return `data` as an array of its own; Python floats become float32, NumPy keeps its types."""
    if isinstance(data, Node):
        return np.array(data._data)
    try:
        array = np.array(data)
    except ValueError as error:
        raise DtypeError(f"tensor: {error}.{user_line()}") from None
    if array.dtype.kind not in "fiub":
        raise DtypeError(
            f"tensor: {type(data).__name__} became an array of {array.dtype}, but a tensor holds numbers.{user_line()}"
        )
    if (
        array.dtype == np.float64
        and not isinstance(data, (np.ndarray, np.generic))
        and not _holds_float64(data)
    ):
        return array.astype(np.float32)
    return array


def _holds_float64(data: Any) -> bool:
    """Return whether nested lists hold NumPy numbers, which keep their type, and not Python floats."""
    while isinstance(data, (list, tuple)) and data:
        data = data[0]
    return isinstance(data, (np.ndarray, np.generic))


def _as_inputs(op: Op, *values: Any) -> tuple[Any, ...]:
    """Make every input a tensor, and the types of those that are computed together one.

    Python numbers and NumPy arrays become constants. Both inputs of a binary operation get the type
    that PyTorch would give the mixture; of other operations only the floats are brought together,
    because an index or a condition keeps its own type.
    """
    for value in values:
        if not (value is None or isinstance(value, (Node, np.ndarray, np.generic, bool, int, float))):
            raise DtypeError(
                f"{op.name}: an input is a {type(value).__name__}, but should be a tensor, an array or a number. "
                f"Make it one with tensor(...).{user_line()}"
            )
    known = [v for v in values if v is not None]
    if op.arity is None:
        floats = [
            v
            for v in known
            if isinstance(v, float) or (not isinstance(v, (int, bool)) and v.dtype.kind == "f")
        ]
        known = floats or known
    dtype = result_type(*known)
    return tuple([_as_input(v, dtype, unify=op.arity is not None) for v in values])


def _as_input(value: Any, dtype: np.dtype[Any], unify: bool) -> Any:
    if value is None:
        return None
    if not isinstance(value, Node):
        is_number = isinstance(value, (bool, int, float)) and not isinstance(value, np.generic)
        return constant(np.asarray(value, dtype if unify or is_number else None))
    if value._data.dtype is not dtype and (unify or value._data.dtype.kind == "f"):
        return value if value._data.dtype == dtype else shaping.cast(value, dtype)
    return value


def _raw_index(key: Any) -> Any:
    """Return an index in which tensors and lists are arrays."""
    if isinstance(key, tuple):
        return tuple([_raw_index(part) for part in key])
    if isinstance(key, Node):
        return key._data if key._data.ndim else key._data.item()
    return np.array(key) if isinstance(key, list) else key


def _one_tuple(sizes: tuple[Any, ...]) -> tuple[int, ...]:
    """Accept f((2, 3)) and f(2, 3) alike."""
    return tuple(sizes[0]) if len(sizes) == 1 and isinstance(sizes[0], (tuple, list)) else sizes


tensor_class(Tensor, _as_inputs)
