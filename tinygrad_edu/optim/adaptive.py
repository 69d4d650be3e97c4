"""Optimizers that scale each number's step by the size of its past gradients: Adagrad, RMSprop, Adadelta."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tinygrad_edu.backend import np

from .optimizer import Optimizer

__all__ = ["Adadelta", "Adagrad", "RMSprop"]


class Adagrad(Optimizer):
    """Divide by the root of the sum of all squared gradients: numbers that moved much move less.

    With t the number of the step::

        s = s + g²        p = p - lr / (1 + (t - 1) lr_decay) * g / (sqrt(s) + eps)

    Source: J. Duchi, E. Hazan and Y. Singer, "Adaptive subgradient methods for online learning and stochastic
    optimization" (2011).

    Parameters
    ----------
    params
        Parameters or groups of them.
    lr, lr_decay
        Learning rate, and how it falls; see above.
    weight_decay
        L2 penalty: weight_decay * p is added to the gradient.
    initial_accumulator_value
        What s begins with.
    eps
        Keeps the division from blowing up; outside the root.
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
    >>> optimizer = Adagrad([w], lr=0.25)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> round(w.item(), 4)
    0.75
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-2,
        lr_decay: float = 0,
        weight_decay: float = 0,
        initial_accumulator_value: float = 0,
        eps: float = 1e-10,
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(
            params,
            {
                "lr": lr,
                "lr_decay": lr_decay,
                "weight_decay": weight_decay,
                "initial_accumulator_value": initial_accumulator_value,
                "eps": eps,
                "maximize": maximize,
            },
        )

    def _update(self, p: Any, g: Any, state: dict[str, Any], group: dict[str, Any]) -> None:
        if not state:
            state.update(step=0, sum=np.full_like(p, group["initial_accumulator_value"]))
        state["step"] += 1
        if group["weight_decay"]:
            g = g + group["weight_decay"] * p
        total = state["sum"]
        total += g * g
        rate = group["lr"] / (1 + (state["step"] - 1) * group["lr_decay"])
        p -= rate * (g / (np.sqrt(total) + group["eps"]))


class RMSprop(Optimizer):
    """Divide by the root of a running mean of the squared gradients, which forgets.

    ::

        v = alpha v + (1 - alpha) g²                        p = p - lr * g / (sqrt(v) + eps)
        centered:  m = alpha m + (1 - alpha) g              sqrt(v - m²) in place of sqrt(v)
        momentum:  b = momentum b + g / (sqrt(v) + eps)     p = p - lr * b

    Sources: T. Tieleman and G. Hinton, lecture 6.5 of "Neural networks for machine learning" (2012); centered:
    A. Graves, "Generating sequences with recurrent neural networks" (2013).

    Parameters
    ----------
    params
        Parameters or groups of them.
    lr, alpha, momentum, centered
        See above.
    eps
        Keeps the division from blowing up; outside the root.
    weight_decay
        L2 penalty: weight_decay * p is added to the gradient.
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
    >>> optimizer = RMSprop([w], lr=0.1, alpha=0.75)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> round(w.item(), 4)
    0.8
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum: float = 0,
        centered: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(
            params,
            {
                "lr": lr,
                "alpha": alpha,
                "eps": eps,
                "weight_decay": weight_decay,
                "momentum": momentum,
                "centered": centered,
                "maximize": maximize,
            },
        )

    def _update(self, p: Any, g: Any, state: dict[str, Any], group: dict[str, Any]) -> None:
        if not state:
            state["square_avg"] = np.zeros_like(p)
            if group["momentum"]:
                state["momentum_buffer"] = np.zeros_like(p)
            if group["centered"]:
                state["grad_avg"] = np.zeros_like(p)
        if group["weight_decay"]:
            g = g + group["weight_decay"] * p
        alpha, v = group["alpha"], state["square_avg"]
        v *= alpha
        v += (1 - alpha) * (g * g)
        if group["centered"]:
            m = state["grad_avg"]
            m *= alpha
            m += (1 - alpha) * g
            v = v - m * m
        step = g / (np.sqrt(v) + group["eps"])
        if group["momentum"]:
            b = state["momentum_buffer"]
            b *= group["momentum"]
            b += step
            step = b
        p -= group["lr"] * step


class Adadelta(Optimizer):
    """Steps in the units of the parameter: the root of past squared steps over that of past squared gradients.

    ::

        v = rho v + (1 - rho) g²        d = sqrt(u + eps) / sqrt(v + eps) * g
        u = rho u + (1 - rho) d²        p = p - lr d

    Source: M. D. Zeiler, "ADADELTA: an adaptive learning rate method" (2012).

    Parameters
    ----------
    params
        Parameters or groups of them.
    lr, rho
        See above.
    eps
        Inside the roots; it also lets the first step happen at all.
    weight_decay
        L2 penalty: weight_decay * p is added to the gradient.
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
    >>> optimizer = Adadelta([w], eps=0.01)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> round(w.item(), 4)
    0.6877
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1.0,
        rho: float = 0.9,
        eps: float = 1e-6,
        weight_decay: float = 0,
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(
            params, {"lr": lr, "rho": rho, "eps": eps, "weight_decay": weight_decay, "maximize": maximize}
        )

    def _update(self, p: Any, g: Any, state: dict[str, Any], group: dict[str, Any]) -> None:
        if not state:
            state.update(square_avg=np.zeros_like(p), acc_delta=np.zeros_like(p))
        if group["weight_decay"]:
            g = g + group["weight_decay"] * p
        rho, eps, v, u = group["rho"], group["eps"], state["square_avg"], state["acc_delta"]
        v *= rho
        v += (1 - rho) * (g * g)
        step = np.sqrt(u + eps) / np.sqrt(v + eps) * g
        u *= rho
        u += (1 - rho) * (step * step)
        p -= group["lr"] * step
