"""What all optimizers share: parameter groups, their state, and a safe place to write the new values."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from typing import Any

from tinygrad_edu.backend import np
from tinygrad_edu.tensor import Tensor

__all__ = ["Optimizer"]


class Optimizer:
    """Base of all optimizers: a subclass says in `_update` how one parameter changes, in place.

    Parameters
    ----------
    params
        Tensors, or dicts ``{"params": tensors, option: value, ...}``: groups with options of their own.
    defaults
        The options of groups that do not set them.

    Attributes
    ----------
    param_groups : list of dict
        Each with ``"params"`` and every option; a schedule changes ``group["lr"]`` here.
    state : dict
        What the optimizer remembers of each parameter: arrays that it owns and changes in place.

    Raises
    ------
    ValueError
        There are no parameters, or one stands in two groups.
    TypeError
        Something is no tensor.
    """

    def __init__(self, params: Iterable[Any], defaults: dict[str, Any]) -> None:
        self.defaults = defaults
        self.state: dict[Any, dict[str, Any]] = {}
        self.param_groups: list[dict[str, Any]] = []
        if isinstance(params, Tensor):
            raise TypeError(
                f"{self._name} takes an iterable of parameters, not one tensor: put it in a list."
            )
        groups = list(params)
        if not groups:
            raise ValueError(
                f"{self._name} got no parameters. Has model.parameters() been used up already, or are the layers kept "
                "in a plain list where a ModuleList is needed?"
            )
        if not isinstance(groups[0], dict):
            groups = [{"params": groups}]
        for group in groups:
            self.add_param_group(group)

    @property
    def _name(self) -> str:
        return type(self).__name__

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Add parameters later, with options of their own, for example layers that thaw during training."""
        tensors = param_group["params"]
        tensors = [tensors] if isinstance(tensors, Tensor) else list(tensors)
        for tensor in tensors:
            if not isinstance(tensor, Tensor):
                raise TypeError(f"{self._name} optimizes tensors, not {type(tensor).__name__}.")
            if not tensor.is_leaf:
                raise ValueError(
                    f"{self._name} can only change leaves; a tensor of shape {tuple(tensor.shape)} is the result of "
                    f"{tensor.op.name}. Pass the tensor that it was computed from."  # type: ignore[union-attr]  # a result has an op
                )
        known = {id(tensor) for group in self.param_groups for tensor in group["params"]}
        if len({id(tensor) for tensor in tensors} | known) < len(tensors) + len(known):
            raise ValueError(
                f"{self._name}: a parameter is given twice; it would be changed twice in each step."
            )
        unknown = param_group.keys() - self.defaults.keys() - {"params"}
        if unknown:
            raise ValueError(
                f"{self._name} has no option {', '.join(sorted(unknown))}; it has {', '.join(self.defaults)}."
            )
        group = {
            "params": tensors,
            **self.defaults,
            **{k: v for k, v in param_group.items() if k != "params"},
        }
        self._check_options(group)
        self.param_groups.append(group)

    def _check_options(self, group: dict[str, Any]) -> None:
        """Refuse options out of range."""
        for name in ("lr", "weight_decay", "eps", "momentum"):
            if not group.get(name, 0) >= 0:
                raise ValueError(f"{self._name}: {name} must not be negative, and is {group[name]}.")

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients, so that the next backward starts afresh; or fill them with zeros."""
        for group in self.param_groups:
            for tensor in group["params"]:
                if set_to_none or tensor.grad is None:
                    tensor.grad = None
                else:
                    tensor.grad = Tensor(np.zeros_like(tensor.data))

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Change every parameter that has a gradient.

        Parameters
        ----------
        closure
            If given, it is called first, to compute the loss and its gradients anew.

        Returns
        -------
        What `closure` returned, or None.
        """
        loss = closure() if closure is not None else None
        state_of = self.state
        for group in self.param_groups:
            maximize = group.get("maximize")
            for tensor in group["params"]:
                gradient = tensor.grad
                if gradient is None:
                    continue
                state = state_of.get(tensor)
                if state is None:
                    state = state_of[tensor] = {}
                g = gradient.data
                self._update(writable(tensor), -g if maximize else g, state, group)
        return loss

    def _update(self, p: Any, g: Any, state: dict[str, Any], group: dict[str, Any]) -> None:
        """Change the array `p` in place, given its gradient `g`, which must stay as it is."""
        raise NotImplementedError(f"{self._name} must define _update(p, g, state, group).")

    def state_dict(self) -> dict[str, Any]:
        """Return a copy of the state and options, with parameters numbered in order, to be saved."""
        tensors = [tensor for group in self.param_groups for tensor in group["params"]]
        number = {id(tensor): index for index, tensor in enumerate(tensors)}
        return {
            "state": {
                number[id(tensor)]: {name: _copy(value) for name, value in state.items()}
                for tensor, state in self.state.items()
            },
            "param_groups": [
                {**group, "params": [number[id(tensor)] for tensor in group["params"]]}
                for group in self.param_groups
            ],
        }

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over a copy of what `state_dict` returned; training goes on as if it had never stopped.

        Raises
        ------
        ValueError
            The groups, their sizes or the shapes differ from those of this optimizer.
        """
        sizes = [len(group["params"]) for group in self.param_groups]
        given = [len(group["params"]) for group in state_dict["param_groups"]]
        if sizes != given:
            raise ValueError(
                f"{self._name}: the state was saved with parameter groups of sizes {given}, and this optimizer has "
                f"{sizes}. Build model and optimizer as they were."
            )
        numbers = [number for group in state_dict["param_groups"] for number in group["params"]]
        tensors = [tensor for group in self.param_groups for tensor in group["params"]]
        by_number = dict(zip(numbers, tensors, strict=True))
        state = {
            by_number[number]: {name: _copy(value) for name, value in values.items()}
            for number, values in state_dict["state"].items()
        }
        for tensor, values in state.items():
            for name, value in values.items():
                if isinstance(value, np.ndarray) and value.shape != tensor.data.shape:
                    raise ValueError(
                        f"{self._name}: the saved {name} has shape {value.shape}, and its parameter "
                        f"{tensor.data.shape}. Build model and optimizer as they were."
                    )
        self.state = state
        for group, saved in zip(self.param_groups, state_dict["param_groups"], strict=True):
            group.update({name: value for name, value in saved.items() if name != "params"})

    def __repr__(self) -> str:
        lines = [f"{self._name} ("]
        for index, group in enumerate(self.param_groups):
            lines.append(f"Parameter Group {index}")
            lines.extend(f"    {name}: {value}" for name, value in sorted(group.items()) if name != "params")
        return "\n".join([*lines, ")"])


def _copy(value: Any) -> Any:
    return np.array(value) if isinstance(value, np.ndarray) else value


def writable(tensor: Tensor) -> Any:
    """Return the tensor's own array if nobody else can see it, else bind and return a copy.

    A graph keeps the arrays that its forward pass saw, and they must never change under it. After an ordinary
    ``loss.backward()`` the graph is released, the array has no owner left but its tensor, and writing in place saves
    an allocation as large as the parameter in every step. Whoever still holds the array (a graph that was
    retained, a view, the user's own variable) is counted as a reference, and then the values move to a new array.
    """
    data = tensor._data
    if sys.getrefcount(data) > _ALONE or data.base is not None or not data.flags.writeable:
        data = data.copy()
        tensor._data = data
    return data


def _references(tensor: Tensor) -> int:
    """Count the references to a tensor's array just as `writable` does."""
    data = tensor._data
    return sys.getrefcount(data)


# What the count is for an array that only its tensor holds: measured, because interpreters differ.
_ALONE = _references(Tensor(np.zeros(1)))
