"""Finding the first number that went bad: NaN or infinite, on the way forward or back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from tinygrad_edu.backend import np
from tinygrad_edu.errors import AutogradError, user_line
from tinygrad_edu.primitive import Node, Op
from tinygrad_edu.watching import watched

__all__ = ["AnomalyError", "detect_anomaly"]


class AnomalyError(AutogradError):
    """A value or a gradient became NaN or infinite."""


@contextmanager
def detect_anomaly(check_nan: bool = True) -> Iterator[None]:
    """Inside, the first operation whose value or gradient is NaN or infinite raises, and says where.

    Every result is examined, and the line of every operation is noted, so that a bad gradient is reported with the
    line that computed the value it belongs to. Both cost time: for looking for a mistake, not for training.

    Parameters
    ----------
    check_nan : bool
        Examine; False only notes the lines.

    Raises
    ------
    AnomalyError
        With the operation, what went in, and the user's source line (for a gradient, of the forward pass and of the
        backward pass).

    Examples
    --------
    >>> import numpy as np
    >>> import tinygrad_edu as tg
    >>> x = tg.tensor([0.0, 4.0], requires_grad=True)
    >>> with np.errstate(divide="ignore"), tg.autograd.detect_anomaly():
    ...     x.sqrt().sum().backward()
    Traceback (most recent call last):
        ...
    tinygrad_edu.anomaly.AnomalyError: backward of sqrt: the gradient for input 0 has 1 infinite of 2 numbers...
    """
    # By the identity of the result's array, which the list keeps alive, so that no other array can take its place.
    lines: dict[int, tuple[Any, str]] = {}

    def wrap_forward(op: Op, forward: Callable[..., Any]) -> Callable[..., Any]:
        def examined(*inputs: Any, **params: Any) -> Any:
            result = forward(*inputs, **params)
            data = np.asarray(result[0] if op.keeps else result)
            line = user_line()
            lines[id(data)] = (data, line)
            if check_nan and _bad(data):
                before = [i for i, x in enumerate(inputs) if _bad(x)]
                raise AnomalyError(
                    f"{op.name}: the result has {_count(data)}, "
                    + (f"and so had input {before[0]} already" if before else "though what went in had none")
                    + f": {_ranges(inputs)}.{_advice(op)}{line}"
                )
            return (data, result[1]) if op.keeps else data

        return examined

    def wrap_rule(op: Op, rule: Callable[..., Any]) -> Callable[..., Any]:
        def examined(g: Any, out: Any, *inputs: Any, **params: Any) -> Any:
            gradients = rule(g, out, *inputs, **params)
            several = gradients if isinstance(gradients, tuple) else (gradients,)
            for i, gx in enumerate(several):
                if check_nan and gx is not None and _bad(gx) and not _bad(g):
                    _, line = lines.get(id(_raw(out)), (None, ""))
                    raise AnomalyError(
                        f"backward of {op.name}: the gradient for input {i} has {_count(gx)}, though the gradient that "
                        f"came in had none. What went in: {_ranges(inputs)}.{_advice(op)}"
                        + (f" Computed here:{line}." if line else "")
                        + f" Walked back from here:{user_line()}"
                    )
            return gradients

        return examined

    with watched(wrap_forward, wrap_rule):
        yield


def _raw(x: Any) -> Any:
    return x._data if isinstance(x, Node) else x


def _bad(x: Any) -> bool:
    x = np.asarray(_raw(x)) if x is not None else None
    return x is not None and x.dtype.kind == "f" and not bool(np.isfinite(x).all())


def _count(x: Any) -> str:
    x = np.asarray(_raw(x))
    nan, infinite = int(np.isnan(x).sum()), int(np.isinf(x).sum())
    parts = [f"{n} {what}" for n, what in ((nan, "NaN"), (infinite, "infinite")) if n]
    return f"{' and '.join(parts)} of {x.size} numbers"


def _ranges(inputs: tuple[Any, ...]) -> str:
    """Say for each input its shape and the smallest and largest number."""
    said = []
    for i, x in enumerate(inputs):
        x = None if x is None else np.asarray(_raw(x))
        if x is not None and x.size and x.dtype.kind in "fiu":
            said.append(f"input {i} of shape {x.shape} from {x.min():.4g} to {x.max():.4g}")
    return "; ".join(said) or "no numbers"


def _advice(op: Op) -> str:
    return f" It is smooth only where {op.domain}." if op.domain else ""
