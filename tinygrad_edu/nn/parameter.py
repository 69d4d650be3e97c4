"""A tensor that a module trains."""

from __future__ import annotations

from typing import Any

from tinygrad_edu.tensor import Tensor

__all__ = ["Parameter"]


class Parameter(Tensor):
    """A leaf that requires a gradient and that its module finds: a tensor to be trained.

    Parameters
    ----------
    data
        A tensor, whose numbers are taken without its graph, or anything that makes one.
    requires_grad
        False for a parameter that is frozen from the start.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> Parameter(tg.zeros(2))
    Parameter containing:
    tensor([0., 0.], requires_grad=True)
    """

    __slots__ = ()

    def __init__(self, data: Any, requires_grad: bool = True) -> None:
        super().__init__(data.data if isinstance(data, Tensor) else data, requires_grad=requires_grad)

    def __repr__(self) -> str:
        return f"Parameter containing:\n{super().__repr__()}"
