"""Gradients kept in bounds, and penalties on the size of parameters."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tinygrad_edu.backend import np
from tinygrad_edu.errors import AutogradError
from tinygrad_edu.tensor import Tensor

__all__ = ["clip_grad_norm_", "clip_grad_value_", "l1_penalty", "l2_penalty"]


def clip_grad_norm_(
    parameters: Any, max_norm: float, norm_type: float = 2.0, error_if_nonfinite: bool = False
) -> Tensor:
    """Scale all gradients together so that their norm, taken as one long vector, is at most `max_norm`.

    Source: R. Pascanu, T. Mikolov and Y. Bengio, "On the difficulty of training recurrent neural networks" (2013).

    Parameters
    ----------
    parameters : Tensor or iterable of Tensor
        Whose ``.grad`` is scaled; those without one are left out.
    max_norm : float
        The bound.
    norm_type : float
        2, 1, another positive number, or infinity for the largest element.
    error_if_nonfinite : bool
        Raise where the norm is NaN or infinite, in place of spreading it.

    Returns
    -------
    Tensor
        The norm before scaling, a single number.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> w = tg.zeros(2, requires_grad=True)
    >>> (w * tg.tensor([3.0, 4.0])).sum().backward()
    >>> clip_grad_norm_([w], 1.0).item()
    5.0
    >>> [round(g, 4) for g in w.grad.tolist()]
    [0.6, 0.8]
    """
    gradients = _gradients(parameters)
    if not gradients:
        return Tensor(0.0)
    norms = np.array([np.linalg.norm(g.data.ravel(), norm_type) for g in gradients])
    total = np.linalg.norm(norms, norm_type)
    if error_if_nonfinite and not np.isfinite(total):
        raise AutogradError(
            f"clip_grad_norm_: the norm of the gradients is {total}; look for the first bad number with "
            "autograd.detect_anomaly()."
        )
    scale = max_norm / (total + 1e-6)
    if scale < 1 or np.isnan(scale):
        for g in gradients:
            # new numbers for the gradient: somebody may hold the old ones
            g.data = g.data * g.dtype.type(scale)
    return Tensor(np.asarray(total, gradients[0].dtype))


def clip_grad_value_(parameters: Any, clip_value: float) -> None:
    """Cut every element of every gradient to the range from -clip_value to clip_value.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> w = tg.zeros(2, requires_grad=True)
    >>> (w * tg.tensor([3.0, -0.5])).sum().backward()
    >>> clip_grad_value_([w], 1.0)
    >>> w.grad.tolist()
    [1.0, -0.5]
    """
    for g in _gradients(parameters):
        g.data = np.clip(g.data, -clip_value, clip_value)


def _gradients(parameters: Any) -> list[Any]:
    tensors = [parameters] if isinstance(parameters, Tensor) else list(parameters)
    return [t.grad for t in tensors if t.grad is not None]


def l1_penalty(parameters: Iterable[Any]) -> Any:
    """Return the sum of the absolute values of all parameters, to be added to a loss: it drives small ones to 0.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> l1_penalty([tg.tensor([1.0, -2.0])]).item()
    3.0
    """
    return _total(p.abs().sum() for p in parameters)


def l2_penalty(parameters: Iterable[Any]) -> Any:
    """Return the sum of the squares of all parameters, to be added to a loss: it keeps them small.

    Half of it, times lambda, has the gradient of an optimizer's ``weight_decay=lambda``.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> l2_penalty([tg.tensor([1.0, -2.0])]).item()
    5.0
    """
    return _total((p * p).sum() for p in parameters)


def _total(terms: Iterable[Any]) -> Any:
    total: Any = None
    for term in terms:
        total = term if total is None else total + term
    return Tensor(0.0) if total is None else total
