"""Reading the signature of a declared operation: which arguments are inputs, which are parameters."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from tinygrad_edu.errors import user_line

__all__ = ["bind", "named_inputs", "read_signature"]


def read_signature(forward: Callable[..., Any]) -> tuple[dict[str, Any], dict[str, Any], bool]:
    """Split a signature into inputs and parameters, each with its default, and whether it has ``*xs``."""
    parameters = inspect.signature(forward).parameters.values()
    kinds = {p.kind for p in parameters}
    input_kind: Any
    if inspect.Parameter.VAR_POSITIONAL in kinds:
        input_kind = inspect.Parameter.VAR_POSITIONAL
    elif inspect.Parameter.POSITIONAL_ONLY in kinds:
        input_kind = inspect.Parameter.POSITIONAL_ONLY
    else:
        input_kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    inputs = {p.name: p.default for p in parameters if p.kind is input_kind}
    params = {p.name: p.default for p in parameters if p.kind is not input_kind}
    return inputs, params, inspect.Parameter.VAR_POSITIONAL in kinds


def named_inputs(
    op_name: str, inputs: dict[str, Any], xs: tuple[Any, ...], params: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Take inputs that were given by name, and the default of optional ones that were not given."""
    params = dict(params)
    for name, default in list(inputs.items())[len(xs) :]:
        x = params.pop(name, default)
        if x is inspect.Parameter.empty:
            raise TypeError(f"{op_name}() needs its input {name!r}; it was called without.{user_line()}")
        xs = (*xs, x)
    return xs, params


_ALIASES = {"axis": "dim", "keepdims": "keepdim"}


def bind(
    op_name: str,
    rest: tuple[Any, ...],
    names: tuple[str, ...],
    params: dict[str, Any],
    defaults: dict[str, Any],
) -> dict[str, Any]:
    """Return every parameter by name, defaults filled in."""
    if not rest and not params and inspect.Parameter.empty not in defaults.values():
        return defaults
    bound = dict(defaults)
    if len(rest) > len(names):
        raise TypeError(
            f"{op_name}() takes {len(names)} parameters ({', '.join(names)}), not {len(rest)}.{user_line()}"
        )
    bound.update(zip(names, rest, strict=False))
    for name, value in params.items():
        name = _ALIASES.get(name, name) if name not in defaults else name
        if name not in defaults:
            known = ", ".join(names) or "none"
            raise TypeError(f"{op_name}() has no parameter {name!r}; it has: {known}.{user_line()}")
        bound[name] = tuple(value) if type(value) is list else value
    for name, value in bound.items():
        if value is inspect.Parameter.empty:
            raise TypeError(f"{op_name}() needs the parameter {name!r}.{user_line()}")
    return bound
