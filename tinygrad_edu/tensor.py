"""`Tensor`: a node of the graph with the methods of `methods` and `in_place` and the manners of an array."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from tinygrad_edu import backend, dtypes
from tinygrad_edu.backend import np
from tinygrad_edu.backward import backward
from tinygrad_edu.errors import AutogradError, DtypeError, user_line
from tinygrad_edu.in_place import InPlace
from tinygrad_edu.inputs import as_array, as_inputs
from tinygrad_edu.ops import shape as shaping
from tinygrad_edu.primitive import Extra, constant, tensor_class

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


class Tensor(InPlace):
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

    def __init__(self, data: Any, requires_grad: bool = False, name: str | None = None) -> None:
        self._data = as_array(data)
        self.grad = self.op = self._x = self._y = self._a = self._b = None
        self.params = self.kept = self.cotangent = self.extra = None
        self.order = 0
        self.requires_grad = False
        if requires_grad:
            self.requires_grad_()
        if name is not None:
            self.name = name

    # -- what it holds

    @property
    def data(self) -> np.ndarray:
        """The numbers, as a NumPy array; of a result it is read-only."""
        if self.op is not None:
            # here and not when it is computed, because most results of a chain are never looked at
            self._data.setflags(write=False)
        return self._data  # type: ignore[no-any-return]  # the slot is typed loosely for the engine's speed

    @data.setter
    def data(self, value: Any) -> None:
        self._data = as_array(value)

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
    def device(self) -> backend.device:
        """Where the numbers are: always ``"cpu"``."""
        return backend.device("cpu")

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
        return constant(self.data)

    def clone(self) -> Any:
        """Return a copy that is part of the graph."""
        return shaping.cast(self, self.dtype)

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

    def to(self, *target: Any, dtype: Any = None, device: Any = None) -> Any:
        """Return it in another element type, that of another tensor, or on a device, which is ``"cpu"``.

        Examples
        --------
        >>> Tensor([1.0]).to("cpu", dtypes.float64).dtype
        dtype('float64')
        """
        for one in target:
            if isinstance(one, Tensor):
                dtype = one.dtype
            elif isinstance(one, str):
                device = one
            else:
                dtype = one
        if device is not None:
            backend.device(device)
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

    def int(self) -> Any:
        """Return it as int32."""
        return self.to(dtypes.int32)

    def bool(self) -> Any:
        """Return it as truth values: whether each number differs from 0."""
        return self.to(dtypes.bool)

    def type(self, dtype: Any) -> Any:
        """Return it in another element type."""
        return self.to(dtype)

    def contiguous(self) -> Any:
        """Return itself; how numbers lie in memory is left to NumPy."""
        return self


class HookHandle:
    """Takes a hook away again."""

    def __init__(self, hooks: dict[int, Any], key: int) -> None:
        self._hooks, self._key = hooks, key

    def remove(self) -> None:
        """Take the hook away; a second time does nothing."""
        self._hooks.pop(self._key, None)

    __call__ = remove


tensor_class(Tensor, as_inputs)
