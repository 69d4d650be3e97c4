"""Stochastic gradient descent."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tinygrad_edu.backend import np

from .optimizer import Optimizer

__all__ = ["SGD"]


class SGD(Optimizer):
    """Go downhill, with momentum if wanted: v = momentum v + (1 - dampening) g, then p = p - lr v.

    With `nesterov` the step is along g + momentum v. In the first step v = g.

    Sources: H. Robbins and S. Monro, "A stochastic approximation method" (1951); B. T. Polyak, "Some methods of
    speeding up the convergence of iteration methods" (1964); I. Sutskever et al., "On the importance of
    initialization and momentum in deep learning" (2013), whose Nesterov form this is.

    Parameters
    ----------
    params
        Parameters or groups of them.
    lr
        Learning rate.
    momentum, dampening
        See above.
    weight_decay
        L2 penalty: weight_decay * p is added to the gradient.
    nesterov
        Look ahead; needs momentum and no dampening.
    maximize
        Go uphill instead.

    Raises
    ------
    ValueError
        An option is out of range.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> w = tg.tensor([1.0], requires_grad=True)
    >>> optimizer = SGD([w], lr=0.25)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w.item()
    0.5
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        momentum: float = 0,
        dampening: float = 0,
        weight_decay: float = 0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        defaults = {
            "lr": lr,
            "momentum": momentum,
            "dampening": dampening,
            "weight_decay": weight_decay,
            "nesterov": nesterov,
            "maximize": maximize,
        }
        super().__init__(params, defaults)

    def _check_options(self, group: dict[str, Any]) -> None:
        super()._check_options(group)
        if group["nesterov"] and not (group["momentum"] > 0 and group["dampening"] == 0):
            raise ValueError("SGD: nesterov=True needs a momentum above 0 and a dampening of 0.")

    def _update(self, p: Any, g: Any, state: dict[str, Any], group: dict[str, Any]) -> None:
        momentum = group["momentum"]
        if group["weight_decay"]:
            g = g + group["weight_decay"] * p
        if momentum:
            v = state.get("momentum_buffer")
            if v is None:
                v = state["momentum_buffer"] = np.array(g, dtype=p.dtype)
            else:
                np.multiply(v, momentum, out=v)
                np.add(v, g * (1 - group["dampening"]) if group["dampening"] else g, out=v)
            g = g + momentum * v if group["nesterov"] else v
        np.subtract(p, np.multiply(g, group["lr"]), out=p)
