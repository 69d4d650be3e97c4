"""Making tensors: from numbers, filled, counted, and at random."""

from __future__ import annotations

from typing import Any

from tinygrad_edu import backend, dtypes
from tinygrad_edu.backend import np
from tinygrad_edu.primitive import Node
from tinygrad_edu.tensor import Tensor

__all__ = [
    "arange",
    "empty",
    "eye",
    "from_numpy",
    "full",
    "full_like",
    "is_tensor",
    "linspace",
    "manual_seed",
    "numel",
    "ones",
    "ones_like",
    "rand",
    "randint",
    "randn",
    "randn_like",
    "randperm",
    "tensor",
    "zeros",
    "zeros_like",
]

_state = {"random": np.random.default_rng()}


def manual_seed(seed: int) -> None:
    """Start the random numbers of this package anew from `seed`.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.manual_seed(0)
    >>> a = tg.rand(2)
    >>> tg.manual_seed(0)
    >>> bool((a == tg.rand(2)).tolist() == [True, True])
    True
    """
    _state["random"] = np.random.default_rng(seed)


def generator() -> np.random.Generator:
    """Return the generator that `manual_seed` seeds."""
    return _state["random"]


def tensor(
    data: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False, name: str | None = None
) -> Tensor:
    """Make a tensor from numbers; always a copy.

    Parameters
    ----------
    data : array_like
        A number, nested lists or an array. Python floats become float32; NumPy arrays keep their type.
    dtype : numpy.dtype, optional
        The element type.
    device : str, optional
        Only ``"cpu"``.
    requires_grad : bool
        Whether it collects a gradient.
    name : str, optional
        How pictures and messages call it.

    Examples
    --------
    >>> tensor([1.0, 2.0], requires_grad=True)
    tensor([1., 2.], requires_grad=True)
    """
    if dtype is not None:
        if isinstance(data, Node):
            data = data._data
        data = np.array(data, dtype=dtype)
    return _on(device, Tensor(data, requires_grad, name))


def from_numpy(array: np.ndarray) -> Tensor:
    """Make a tensor that shares the memory of `array`."""
    made = Tensor(0.0)
    made._data = array
    return made


def zeros(*size: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """Make a tensor of zeros; the sizes as one tuple or one by one.

    Examples
    --------
    >>> zeros(2, 2).tolist()
    [[0.0, 0.0], [0.0, 0.0]]
    """
    return _made(np.zeros(_size(size), dtype or dtypes.float32), device, requires_grad)


def ones(*size: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """Make a tensor of ones; the sizes as one tuple or one by one."""
    return _made(np.ones(_size(size), dtype or dtypes.float32), device, requires_grad)


def empty(*size: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """Make a tensor of unspecified numbers: zeros, since leftover memory teaches nothing."""
    return zeros(*size, dtype=dtype, device=device, requires_grad=requires_grad)


def full(
    size: Any, fill_value: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """Make a tensor with the same number everywhere.

    Examples
    --------
    >>> full((2,), 7.0).tolist()
    [7.0, 7.0]
    """
    dtype = dtypes.result_type(fill_value) if dtype is None else dtype
    return _made(np.full(_size((size,)), fill_value, dtype), device, requires_grad)


def zeros_like(x: Any, *, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """Make zeros of the shape and type of `x`."""
    return _made(np.zeros(x.shape, dtype or x.dtype), None, requires_grad)


def ones_like(x: Any, *, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """Make ones of the shape and type of `x`."""
    return _made(np.ones(x.shape, dtype or x.dtype), None, requires_grad)


def full_like(x: Any, fill_value: Any, *, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """Make a tensor of the shape and type of `x` with the same number everywhere."""
    return _made(np.full(x.shape, fill_value, dtype or x.dtype), None, requires_grad)


def arange(*bounds: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """Count from a start (0) up to, and without, an end, by a step (1): ``arange([start,] end [, step])``.

    Examples
    --------
    >>> arange(2, 8, 3).tolist()
    [2, 5]
    """
    if dtype is None:
        dtype = dtypes.float32 if any(isinstance(b, float) for b in bounds) else dtypes.int64
    return _made(np.arange(*bounds).astype(dtype), device, requires_grad)


def linspace(
    start: float,
    end: float,
    steps: int,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Make `steps` numbers at equal distances from `start` to `end`, both included.

    Examples
    --------
    >>> linspace(0, 1, 3).tolist()
    [0.0, 0.5, 1.0]
    """
    return _made(np.linspace(start, end, steps, dtype=dtype or dtypes.float32), device, requires_grad)


def eye(
    n: int, m: int | None = None, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """Make an n by m matrix (n by n) with ones on the diagonal, else zeros."""
    return _made(np.eye(n, m, dtype=dtype or dtypes.float32), device, requires_grad)


def randn(*size: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """Draw from the standard normal distribution (mean 0, variance 1)."""
    drawn = generator().standard_normal(_size(size))
    return _made(np.asarray(drawn, dtype or dtypes.float32), device, requires_grad)


def randn_like(x: Any, *, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """Draw from the standard normal distribution, in the shape and type of `x`."""
    return randn(*x.shape, dtype=dtype or x.dtype, requires_grad=requires_grad)


def rand(*size: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """Draw uniformly from 0 (included) to 1 (excluded)."""
    dtype = np.dtype(dtype or dtypes.float32)
    return _made(np.asarray(generator().random(_size(size), dtype=dtype.type)), device, requires_grad)


def randint(low: int, high: Any = None, size: Any = None, *, dtype: Any = None, device: Any = None) -> Tensor:
    """Draw whole numbers from `low` (0) up to, and without, `high`: ``randint([low,] high, size)``."""
    if size is None:
        low, high, size = 0, low, high
    return _made(
        np.asarray(generator().integers(low, high, _size((size,))), dtype or dtypes.int64), device, False
    )


def randperm(n: int) -> Tensor:
    """Draw the numbers 0 to n - 1 in random order."""
    return _made(generator().permutation(n), None, False)


def is_tensor(value: Any) -> bool:
    """Return whether it is a tensor."""
    return isinstance(value, Tensor)


def numel(tensor: Tensor) -> int:
    """Return how many numbers a tensor holds."""
    return tensor.numel()


def _size(size: tuple[Any, ...]) -> tuple[int, ...]:
    """Accept zeros(2, 3) and zeros((2, 3)) alike."""
    return tuple(size[0]) if len(size) == 1 and isinstance(size[0], (tuple, list)) else size


def _made(array: Any, device: Any, requires_grad: bool) -> Tensor:
    made = from_numpy(array)
    return _on(device, made.requires_grad_() if requires_grad else made)


def _on(device: Any, made: Tensor) -> Tensor:
    if device is not None:
        backend.device(device)
    return made
