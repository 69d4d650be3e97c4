"""Derivatives checked against numbers: the rule's answer beside central differences.

A rule is checked with a random cotangent (with all ones, a transposed or permuted gradient can pass),
in float64, at every element, and the worst one is reported.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tinygrad_edu.backend import np
from tinygrad_edu.backward import leave_alone, start, walk
from tinygrad_edu.errors import AutogradError, DtypeError
from tinygrad_edu.grad_mode import enable_grad
from tinygrad_edu.inputs import as_tuple
from tinygrad_edu.primitive import constant

__all__ = ["GradcheckError", "check_vjp", "gradcheck", "gradgradcheck"]


class GradcheckError(AutogradError):
    """A derivative disagrees with central differences."""


def gradcheck(
    func: Callable[..., Any],
    inputs: Any,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    raise_exception: bool = True,
    seed: int = 0,
) -> bool:
    """Compare the gradients of `func` at `inputs` with central differences.

    Parameters
    ----------
    func : callable
        Takes the inputs, returns a tensor or a tuple of tensors.
    inputs : Tensor or sequence of Tensor
        float64; those with ``requires_grad`` are checked. Stay clear of kinks by more than `eps`.
    eps : float
        The step of the central difference.
    atol, rtol : float
        Two derivatives agree if they differ by at most ``atol + rtol * |numerical|``.
    raise_exception : bool
        Raise, or return False.
    seed : int
        Of the random cotangents.

    Returns
    -------
    bool
        True if all agree.

    Raises
    ------
    GradcheckError
        With the worst element, both derivatives, the step, and whether a kink seems to lie within it.
    DtypeError
        If an input to check is not float64: differences of float32 are mostly rounding.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> gradcheck(lambda x: (x * x).sum(), tg.tensor([1.0, 2.0], dtype=tg.float64, requires_grad=True))
    True
    """
    try:
        _check(func, as_tuple(inputs), eps, atol, rtol, np.random.default_rng(seed))
    except GradcheckError:
        if raise_exception:
            raise
        return False
    return True


def gradgradcheck(
    func: Callable[..., Any],
    inputs: Any,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    raise_exception: bool = True,
    seed: int = 0,
) -> bool:
    """Compare second derivatives with central differences of the first; parameters as for `gradcheck`.

    The first derivatives are themselves a function of the inputs and of the cotangents, and that
    function is given to `gradcheck`.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> gradgradcheck(lambda x: x**3, tg.tensor([1.0, 2.0], dtype=tg.float64, requires_grad=True))
    True
    """
    inputs = as_tuple(inputs)
    random = np.random.default_rng(seed)
    with enable_grad():
        outs = _outputs(func, _leaves(inputs))
    cotangents = tuple(constant(random.standard_normal(out.shape)).requires_grad_() for out in outs)
    number = len(inputs)

    def first_derivatives(*args: Any) -> Any:
        xs, gs = args[:number], args[number:]
        found: dict[int, Any] = {}
        outs = _outputs(func, xs)

        def watch(node: Any, g: Any) -> None:
            if any(node is x for x in xs):
                found[id(node)] = found[id(node)] + g if id(node) in found else g

        for out, g in zip(outs, gs, strict=True):
            walk(out, start(out, g, True), leave_alone, True, True, watch)
        return tuple(found[id(x)] for x in xs if id(x) in found)

    return gradcheck(first_derivatives, (*inputs, *cotangents), eps, atol, rtol, raise_exception, seed)


def check_vjp(func: Callable[..., Any], inputs: Any, **tolerances: Any) -> bool:
    """Check first and second derivatives of `func`; parameters as for `gradcheck`.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> check_vjp(tg.tanh, tg.tensor([0.3, -1.2], dtype=tg.float64, requires_grad=True))
    True
    """
    return gradcheck(func, inputs, **tolerances) and gradgradcheck(func, inputs, **tolerances)


def _check(
    func: Callable[..., Any],
    inputs: tuple[Any, ...],
    eps: float,
    atol: float,
    rtol: float,
    random: np.random.Generator,
) -> None:
    for i, x in enumerate(inputs):
        if x.requires_grad and x.dtype != np.float64:
            raise DtypeError(f"gradcheck: input {i} is {x.dtype}, but should be float64; use .double().")
    with enable_grad():
        leaves = _leaves(inputs)
        outs = _outputs(func, leaves)
        cotangents = [random.standard_normal(out.shape) for out in outs]
        for out, g in zip(outs, cotangents, strict=True):
            if out.requires_grad:
                walk(out, start(out, constant(g), False), _collect, retain_graph=True)

    def value(arrays: list[np.ndarray]) -> float:
        # the weighted sum whose gradient the walk has just computed
        values = _outputs(func, tuple(constant(a).requires_grad_(a.dtype.kind == "f") for a in arrays))
        return float(sum(np.sum(out.data * g) for out, g in zip(values, cotangents, strict=True)))

    arrays = [np.array(x.data) for x in leaves]
    for i, leaf in enumerate(leaves):
        if not leaf.requires_grad:
            continue
        analytical = np.zeros(leaf.shape) if leaf.grad is None else leaf.grad.data
        _compare(i, analytical, arrays, value, eps, atol, rtol)


def _compare(
    i: int,
    analytical: np.ndarray,
    arrays: list[np.ndarray],
    value: Callable[[list[np.ndarray]], float],
    eps: float,
    atol: float,
    rtol: float,
) -> None:
    """Take the central difference by every element of input `i` and report the worst disagreement."""
    original = arrays[i]
    middle = value(arrays)
    worst: tuple[float, str] | None = None
    for place in np.ndindex(original.shape):
        moved = {}
        for sign in (1, -1):
            # a new array each time: the function may have kept the last one
            arrays[i] = original.copy()
            arrays[i][place] += sign * eps
            moved[sign] = value(arrays)
        arrays[i] = original
        numerical = (moved[1] - moved[-1]) / (2 * eps)
        got = float(analytical[place])
        excess = abs(got - numerical) - (atol + rtol * abs(numerical))
        # a comparison that is False for NaN, so that NaN counts as a disagreement
        if excess <= 0 or (worst is not None and excess <= worst[0]):
            continue
        right, left = (moved[1] - middle) / eps, (middle - moved[-1]) / eps
        kink = abs(right - left) > 10 * (atol + rtol * abs(numerical))
        where = f"element {place}" if place else "the element"
        worst = (
            float("inf") if np.isnan(excess) else excess,
            f"gradcheck: input {i}, {where}: the rule says {got:.9g}, but central differences with a step of {eps:g} "
            f"say {numerical:.9g}."
            + (
                f" From the right the slope is {right:.6g}, from the left {left:.6g}: a kink seems to lie within the "
                "step; check elsewhere."
                if kink
                else ""
            ),
        )
    if worst is not None:
        raise GradcheckError(worst[1])


def _collect(leaf: Any, g: Any) -> None:
    """Gather gradients on the check's own leaves."""
    leaf.grad = constant(np.array(g) if leaf.grad is None else leaf.grad.data + g)


def _leaves(inputs: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return leaves of the check's own with the same values."""
    return tuple(constant(np.array(x.data)).requires_grad_(x.requires_grad) for x in inputs)


def _outputs(func: Callable[..., Any], xs: tuple[Any, ...]) -> tuple[Any, ...]:
    out = func(*xs)
    outs = out if isinstance(out, tuple) else (out,)
    return tuple(o for o in outs if o.dtype.kind == "f")
