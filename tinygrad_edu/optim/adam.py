"""Adam, and its relatives AdamW and NAdam."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from math import sqrt
from typing import Any

from tinygrad_edu.backend import np

from .optimizer import Optimizer

__all__ = ["Adam", "AdamW", "NAdam"]


class Adam(Optimizer):
    """Steps of about the size `lr`, scaled for each number by its own gradient's mean and mean square.

    With t the number of the step::

        m = beta1 m + (1 - beta1) g             p = p - lr * m_hat / (sqrt(v_hat) + eps)
        v = beta2 v + (1 - beta2) g²            m_hat = m / (1 - beta1^t),  v_hat = v / (1 - beta2^t)

    Sources: D. P. Kingma and J. Ba, "Adam: a method for stochastic optimization" (2015); amsgrad: S. J. Reddi, S. Kale
    and S. Kumar, "On the convergence of Adam and beyond" (2018).

    Parameters
    ----------
    params
        Parameters or groups of them.
    lr
        Learning rate.
    betas
        (beta1, beta2), each at least 0 and below 1.
    eps
        Keeps the division from blowing up; outside the root.
    weight_decay
        L2 penalty: weight_decay * p is added to the gradient.
    amsgrad
        Divide by the largest v so far.
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
    >>> optimizer = Adam([w], lr=0.25)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> round(w.item(), 4)
    0.75
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        defaults = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "amsgrad": amsgrad,
            "maximize": maximize,
        }
        super().__init__(params, defaults)

    def _check_options(self, group: dict[str, Any]) -> None:
        super()._check_options(group)
        if not all(0 <= beta < 1 for beta in group["betas"]):
            raise ValueError(f"{self._name}: each beta lies in [0, 1), and betas is {group['betas']}.")

    def _update(self, p: Any, g: Any, state: dict[str, Any], group: dict[str, Any]) -> None:
        beta1, beta2 = group["betas"]
        if not state:
            state.update(step=0, exp_avg=np.zeros_like(p), exp_avg_sq=np.zeros_like(p))
            if group["amsgrad"]:
                state["max_exp_avg_sq"] = np.zeros_like(p)
        if group["weight_decay"]:
            g = g + group["weight_decay"] * p
        m, v = state["exp_avg"], state["exp_avg_sq"]
        t = state["step"] = state["step"] + 1
        keep1, new1, keep2, new2, eps, lr = _factors(beta1, beta2, group["eps"], group["lr"], t, p.dtype)
        scratch = np.multiply(g, new1)
        np.multiply(m, keep1, m)
        np.add(m, scratch, m)
        np.multiply(g, g, scratch)
        np.multiply(scratch, new2, scratch)
        np.multiply(v, keep2, v)
        np.add(v, scratch, v)
        if group["amsgrad"]:
            v = np.maximum(state["max_exp_avg_sq"], v, out=state["max_exp_avg_sq"])
        np.sqrt(v, scratch)
        np.add(scratch, eps, scratch)
        np.divide(m, scratch, scratch)
        np.multiply(scratch, lr, scratch)
        np.subtract(p, scratch, p)


@lru_cache(maxsize=16)
def _factors(beta1: float, beta2: float, eps: float, lr: float, t: int, dtype: Any) -> tuple[np.ndarray, ...]:
    """Return the numbers of step t, for all parameters of a group.

    The two bias corrections are folded into eps and lr: two passes over memory less. Each is an array without axes,
    which NumPy takes in half the time of a Python number.
    """
    root = sqrt(1 - beta2**t)
    numbers = beta1, 1 - beta1, beta2, 1 - beta2, eps * root, lr * root / (1 - beta1**t)
    return tuple(np.array(number, dtype) for number in numbers)


class AdamW(Adam):
    """Adam with the weight decay taken out of the gradient: p = (1 - lr * weight_decay) p before each step.

    In Adam the penalty is divided by the root of v like the rest of the gradient, so it hardly reaches numbers with
    large gradients; here every number decays at the same rate.

    Source: I. Loshchilov and F. Hutter, "Decoupled weight decay regularization" (2019). Parameters as for `Adam`.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> w = tg.tensor([1.0], requires_grad=True)
    >>> optimizer = AdamW([w], lr=0.25, weight_decay=0.5)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> round(w.item(), 4)
    0.625
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(params, lr, betas, eps, weight_decay, amsgrad, maximize=maximize)

    def _update(self, p: Any, g: Any, state: dict[str, Any], group: dict[str, Any]) -> None:
        np.multiply(p, 1 - group["lr"] * group["weight_decay"], out=p)
        super()._update(p, g, state, {**group, "weight_decay": 0})


class NAdam(Adam):
    """Adam that looks ahead as Nesterov's momentum does, with a momentum that grows towards beta1.

    With mu_t = beta1 (1 - 0.96^(t * momentum_decay) / 2) and M_t the product of mu_1 to mu_t::

        p = p - lr * (1 - mu_t) / (1 - M_t) * g / d - lr * mu_(t+1) / (1 - M_(t+1)) * m / d
        d = sqrt(v / (1 - beta2^t)) + eps

    and m, v as in `Adam`. Source: T. Dozat, "Incorporating Nesterov momentum into Adam" (2016).

    Parameters
    ----------
    params, lr, betas, eps, weight_decay, maximize
        As for `Adam`.
    momentum_decay
        How quickly the momentum grows; see above.
    decoupled_weight_decay
        Decay the weights as `AdamW` does.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> w = tg.tensor([1.0], requires_grad=True)
    >>> optimizer = NAdam([w], lr=0.1)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w.item() < 1
    True
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum_decay: float = 4e-3,
        decoupled_weight_decay: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        defaults = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "momentum_decay": momentum_decay,
            "decoupled_weight_decay": decoupled_weight_decay,
            "maximize": maximize,
        }
        Optimizer.__init__(self, params, defaults)

    def _update(self, p: Any, g: Any, state: dict[str, Any], group: dict[str, Any]) -> None:
        beta1, beta2 = group["betas"]
        if not state:
            state.update(step=0, mu_product=1.0, exp_avg=np.zeros_like(p), exp_avg_sq=np.zeros_like(p))
        if group["decoupled_weight_decay"]:
            p *= 1 - group["lr"] * group["weight_decay"]
        elif group["weight_decay"]:
            g = g + group["weight_decay"] * p
        m, v = state["exp_avg"], state["exp_avg_sq"]
        t = state["step"] = state["step"] + 1
        mu, next_mu = (beta1 * (1 - 0.5 * 0.96 ** (s * group["momentum_decay"])) for s in (t, t + 1))
        product = state["mu_product"] = state["mu_product"] * mu
        m *= beta1
        m += (1 - beta1) * g
        v *= beta2
        v += (1 - beta2) * (g * g)
        d = np.sqrt(v / (1 - beta2**t)) + group["eps"]
        p -= group["lr"] * (1 - mu) / (1 - product) * (g / d)
        p -= group["lr"] * next_mu / (1 - product * next_mu) * (m / d)
