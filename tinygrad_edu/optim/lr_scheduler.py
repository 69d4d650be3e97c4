"""Schedules of the learning rate: each changes ``group["lr"]`` of its optimizer at every `step`.

Call `step` once after each epoch (or, for `OneCycleLR`, after each batch), after the optimizer's own step. Most
schedules change the present rate by a factor, so that several of them can be stacked.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import cos, pi
from typing import Any

from .optimizer import Optimizer
from .plateau import ReduceLROnPlateau

__all__ = [
    "CosineAnnealingLR",
    "ExponentialLR",
    "LRScheduler",
    "LambdaLR",
    "LinearLR",
    "MultiStepLR",
    "OneCycleLR",
    "ReduceLROnPlateau",
    "StepLR",
]


class LRScheduler:
    """Base of schedules: a subclass says in `get_lr` which rates the groups have at ``last_epoch``.

    Attributes
    ----------
    last_epoch : int
        How many steps have been made.
    base_lrs : list of float
        The rate of each group at the start.
    """

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1) -> None:
        self.optimizer = optimizer
        for group in optimizer.param_groups:
            if last_epoch == -1:
                group["initial_lr"] = group["lr"]
            elif "initial_lr" not in group:
                raise KeyError(
                    f"{type(self).__name__}: last_epoch={last_epoch} says that this is a continuation, but the "
                    "optimizer has no initial_lr; load its state_dict first."
                )
        self.base_lrs: list[float] = [group["initial_lr"] for group in optimizer.param_groups]
        self.last_epoch = last_epoch
        self.step()

    def get_lr(self) -> list[float]:
        """Return the rate of each group for ``last_epoch``."""
        raise NotImplementedError(f"{type(self).__name__} must define get_lr().")

    def step(self) -> None:
        """Go on to the next epoch."""
        self.last_epoch += 1
        for group, lr in zip(self.optimizer.param_groups, self.get_lr(), strict=True):
            group["lr"] = lr
        self._last_lr = [group["lr"] for group in self.optimizer.param_groups]

    def get_last_lr(self) -> list[float]:
        """Return the rates that the last step set."""
        return self._last_lr

    def state_dict(self) -> dict[str, Any]:
        """Return everything but the optimizer, to be saved."""
        return {
            name: value for name, value in vars(self).items() if name != "optimizer" and not callable(value)
        }

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over what `state_dict` returned. The optimizer's own state, with its rates, is loaded apart."""
        vars(self).update(state_dict)

    def _scaled(self, factor: float) -> list[float]:
        return [group["lr"] * factor for group in self.optimizer.param_groups]


class StepLR(LRScheduler):
    """Multiply the rate by `gamma` every `step_size` epochs.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> from tinygrad_edu import optim
    >>> optimizer = optim.SGD([tg.zeros(1, requires_grad=True)], lr=1.0)
    >>> schedule = StepLR(optimizer, step_size=2)
    >>> for _ in range(2):
    ...     schedule.step()
    >>> schedule.get_last_lr()
    [0.1]
    """

    def __init__(
        self, optimizer: Optimizer, step_size: int, gamma: float = 0.1, last_epoch: int = -1
    ) -> None:
        self.step_size, self.gamma = step_size, gamma
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        """Return the present rates, multiplied every `step_size` epochs."""
        due = self.last_epoch > 0 and self.last_epoch % self.step_size == 0
        return self._scaled(self.gamma if due else 1)


class MultiStepLR(LRScheduler):
    """Multiply the rate by `gamma` at each epoch of the list `milestones` (twice where one stands there twice)."""

    def __init__(
        self, optimizer: Optimizer, milestones: Sequence[int], gamma: float = 0.1, last_epoch: int = -1
    ) -> None:
        self.milestones, self.gamma = list(milestones), gamma
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        """Return the present rates, multiplied at the milestones."""
        return self._scaled(self.gamma ** self.milestones.count(self.last_epoch) if self.last_epoch else 1)


class ExponentialLR(LRScheduler):
    """Multiply the rate by `gamma` every epoch."""

    def __init__(self, optimizer: Optimizer, gamma: float, last_epoch: int = -1) -> None:
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        """Return the present rates times `gamma`."""
        return self._scaled(self.gamma if self.last_epoch else 1)


class LambdaLR(LRScheduler):
    """The first rate times a function of the epoch; one function for all groups or one for each."""

    def __init__(
        self,
        optimizer: Optimizer,
        lr_lambda: Callable[[int], float] | Sequence[Callable[[int], float]],
        last_epoch: int = -1,
    ) -> None:
        count = len(optimizer.param_groups)
        self.lr_lambdas = [lr_lambda] * count if callable(lr_lambda) else list(lr_lambda)
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        """Return each first rate times its function."""
        return [base * f(self.last_epoch) for base, f in zip(self.base_lrs, self.lr_lambdas, strict=True)]

    def state_dict(self) -> dict[str, Any]:
        """Return the state without the functions, which cannot be saved."""
        return {name: value for name, value in super().state_dict().items() if name != "lr_lambdas"}


class LinearLR(LRScheduler):
    """From `start_factor` times the rate in a straight line to `end_factor` times it, in `total_iters` epochs."""

    def __init__(
        self,
        optimizer: Optimizer,
        start_factor: float = 1 / 3,
        end_factor: float = 1.0,
        total_iters: int = 5,
        last_epoch: int = -1,
    ) -> None:
        if not 0 < start_factor <= 1 or not 0 <= end_factor <= 1:
            raise ValueError(
                f"LinearLR: start_factor lies in (0, 1] and end_factor in [0, 1]; they are {start_factor} and "
                f"{end_factor}."
            )
        self.start_factor, self.end_factor, self.total_iters = start_factor, end_factor, total_iters
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        """Return the present rates, moved one step along the line."""
        if self.last_epoch == 0:
            return self._scaled(self.start_factor)
        if self.last_epoch > self.total_iters:
            return self._scaled(1)
        slope = self.end_factor - self.start_factor
        before = self.total_iters * self.start_factor + (self.last_epoch - 1) * slope
        return self._scaled(1 + slope / before)


class CosineAnnealingLR(LRScheduler):
    """From the first rate along half a cosine down to `eta_min` in `T_max` epochs, and up again after that.

    Source: I. Loshchilov and F. Hutter, "SGDR: stochastic gradient descent with warm restarts" (2017).
    """

    def __init__(self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0, last_epoch: int = -1) -> None:
        self.T_max, self.eta_min = T_max, eta_min
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        """Return the present rates, moved one step along the cosine."""
        groups, t, period = self.optimizer.param_groups, self.last_epoch, self.T_max
        if t == 0:
            return self._scaled(1)
        if (t - 1 - period) % (2 * period) == 0:
            # at the lowest point the rate is eta_min, and a factor could not lift it
            return [
                group["lr"] + (base - self.eta_min) * (1 - cos(pi / period)) / 2
                for base, group in zip(self.base_lrs, groups, strict=True)
            ]
        factor = (1 + cos(pi * t / period)) / (1 + cos(pi * (t - 1) / period))
        return [factor * (group["lr"] - self.eta_min) + self.eta_min for group in groups]


class OneCycleLR(LRScheduler):
    """Up from max_lr / div_factor to `max_lr`, then down far below the start; the momentum the other way round.

    One step for each batch. Source: L. N. Smith and N. Topin, "Super-convergence" (2018).

    Parameters
    ----------
    optimizer
        Whose rates, and momentum or beta1, are set.
    max_lr
        The highest rate; one for all groups or one for each.
    total_steps
        How many steps in all; or give `epochs` and `steps_per_epoch`.
    pct_start
        The part of the steps spent going up.
    anneal_strategy
        ``"cos"`` or ``"linear"``.
    cycle_momentum, base_momentum, max_momentum
        Whether, and between which bounds, the momentum moves.
    div_factor, final_div_factor
        The first rate is max_lr / div_factor, the last that over final_div_factor.
    three_phase
        Come down to the first rate as slowly as it went up, and only then below it.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        max_lr: float | Sequence[float],
        total_steps: int | None = None,
        epochs: int | None = None,
        steps_per_epoch: int | None = None,
        pct_start: float = 0.3,
        anneal_strategy: str = "cos",
        cycle_momentum: bool = True,
        base_momentum: float = 0.85,
        max_momentum: float = 0.95,
        div_factor: float = 25.0,
        final_div_factor: float = 1e4,
        three_phase: bool = False,
        last_epoch: int = -1,
    ) -> None:
        if total_steps is None:
            if epochs is None or steps_per_epoch is None:
                raise ValueError("OneCycleLR needs total_steps, or both epochs and steps_per_epoch.")
            total_steps = epochs * steps_per_epoch
        if anneal_strategy not in ("cos", "linear"):
            raise ValueError(
                f"OneCycleLR: anneal_strategy is 'cos' or 'linear', and not {anneal_strategy!r}."
            )
        self.total_steps, self.cycle_momentum = total_steps, cycle_momentum
        self.anneal_strategy = anneal_strategy
        up = pct_start * total_steps - 1
        if three_phase:
            self.phases = [(up, 0, 1, 1, 0), (2 * up, 1, 0, 0, 1), (total_steps - 1.0, 0, 2, 1, 1)]
        else:
            self.phases = [(up, 0, 1, 1, 0), (total_steps - 1.0, 1, 2, 0, 1)]
        groups = optimizer.param_groups
        tops = [max_lr] * len(groups) if isinstance(max_lr, (int, float)) else list(max_lr)
        # for each group: the first, the highest and the last rate
        self.levels = [(top / div_factor, top, top / div_factor / final_div_factor) for top in tops]
        self.momenta = (base_momentum, max_momentum)
        if last_epoch == -1:
            for group, (first, _, _) in zip(groups, self.levels, strict=True):
                group["lr"] = first
                if cycle_momentum:
                    _set_momentum(group, max_momentum)
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        """Return the rates of this step, and set its momentum."""
        t = self.last_epoch
        if t >= self.total_steps:
            raise ValueError(
                f"OneCycleLR was made for {self.total_steps} steps, and this is step {t + 1}. Give it as many as there "
                "are batches in all epochs."
            )
        start = 0.0
        for end, low, high, momentum_from, momentum_to in self.phases:
            if t <= end or (end, low, high, momentum_from, momentum_to) == self.phases[-1]:
                part = (t - start) / (end - start)
                break
            start = end
        if self.cycle_momentum:
            momentum = self._between(self.momenta[momentum_from], self.momenta[momentum_to], part)
            for group in self.optimizer.param_groups:
                _set_momentum(group, momentum)
        return [self._between(levels[low], levels[high], part) for levels in self.levels]

    def _between(self, start: float, end: float, part: float) -> float:
        if self.anneal_strategy == "linear":
            return start + (end - start) * part
        return end + (start - end) / 2 * (1 + cos(pi * part))


def _set_momentum(group: dict[str, Any], momentum: float) -> None:
    """Set what plays the part of momentum: Adam's beta1, else momentum itself."""
    if "betas" in group:
        group["betas"] = (momentum, *group["betas"][1:])
    elif "momentum" in group:
        group["momentum"] = momentum
    else:
        raise ValueError("OneCycleLR: the optimizer has no momentum to cycle; pass cycle_momentum=False.")
