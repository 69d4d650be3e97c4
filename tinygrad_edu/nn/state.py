"""Whether saved numbers fit a module, and what to say if they do not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tinygrad_edu.backend import np
from tinygrad_edu.errors import AutogradError
from tinygrad_edu.tensor import Tensor

__all__ = ["StateDictError", "fitting"]


class StateDictError(AutogradError, KeyError):
    """A state dict does not fit the module it is loaded into; the message names every key that does not."""

    # KeyError prints its argument quoted; this message is a sentence.
    __str__ = Exception.__str__


def fitting(
    owner: str, own: Mapping[str, Tensor], state_dict: Mapping[str, Any], strict: bool
) -> tuple[dict[str, Any], list[str], list[str]]:
    """Return the arrays of `state_dict` that belong to `own`, the names it lacks, and those that are too many.

    Raises
    ------
    StateDictError
        Shapes do not agree, or, with `strict`, names do not.
    """
    missing = [name for name in own if name not in state_dict]
    unexpected = [name for name in state_dict if name not in own]
    arrays = {
        name: value.data if isinstance(value, Tensor) else np.asarray(value)
        for name, value in state_dict.items()
        if name in own
    }
    wrong = [name for name in own if name in arrays and arrays[name].shape != own[name].data.shape]
    faults = [
        *([f"it lacks {', '.join(missing)}"] if missing and strict else []),
        *([f"it has {', '.join(unexpected)}, which the module does not"] if unexpected and strict else []),
        *(f"{name} has shape {arrays[name].shape}, but should be {own[name].data.shape}" for name in wrong),
    ]
    if faults:
        loose = " (strict=False skips names that do not agree)" if missing or unexpected else ""
        raise StateDictError(
            f"The state dict does not fit {owner}: {'; '.join(faults)}. Nothing was loaded. "
            f"Build the model as it was when the state was saved{loose}."
        )
    return arrays, missing, unexpected
