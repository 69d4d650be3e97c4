"""Derivatives as functions: `grad`, `vjp`, `jvp`, `jacobian`, `hessian`; and their checks against numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tinygrad_edu.anomaly import AnomalyError, detect_anomaly
from tinygrad_edu.backend import np
from tinygrad_edu.backward import backward, leave_alone, start, walk
from tinygrad_edu.errors import AutogradError, NoGradError, ShapeError, user_line
from tinygrad_edu.function import Function
from tinygrad_edu.grad_mode import enable_grad, is_grad_enabled, no_grad, set_grad_enabled
from tinygrad_edu.gradcheck import check_vjp, gradcheck, gradgradcheck
from tinygrad_edu.inputs import as_tuple
from tinygrad_edu.missing import why_no_grad
from tinygrad_edu.ops.shape import reshape, stack
from tinygrad_edu.primitive import Node, constant
from tinygrad_edu.profiler import profile

__all__ = [
    "AnomalyError",
    "Function",
    "backward",
    "check_vjp",
    "detect_anomaly",
    "enable_grad",
    "grad",
    "gradcheck",
    "gradgradcheck",
    "hessian",
    "is_grad_enabled",
    "jacobian",
    "jvp",
    "no_grad",
    "profile",
    "set_grad_enabled",
    "vjp",
    "why_no_grad",
]


def grad(
    outputs: Any,
    inputs: Any,
    grad_outputs: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    allow_unused: bool = False,
) -> tuple[Any, ...]:
    """Return the gradients of `outputs` by `inputs`, and leave every ``.grad`` alone.

    Parameters
    ----------
    outputs : Tensor or sequence of Tensor
        What to differentiate; several are added up.
    inputs : Tensor or sequence of Tensor
        What to differentiate by: leaves or interior tensors.
    grad_outputs : Tensor or sequence of Tensor, optional
        The cotangent of each output, of its shape; 1 for an output of one element.
    retain_graph : bool, optional
        Keep the graph for a further walk. Defaults to `create_graph`.
    create_graph : bool
        Record the walk, so that the result can be differentiated again.
    allow_unused : bool
        Return None, and do not raise, for an input that the outputs do not depend on.

    Returns
    -------
    tuple of Tensor
        One for each input, of its shape.

    Raises
    ------
    NoGradError
        If an output depends on nothing that requires a gradient, or an input is unused.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> x = tg.tensor(3.0, requires_grad=True)
    >>> (dy,) = grad(x**3, x, create_graph=True)
    >>> (ddy,) = grad(dy, x)
    >>> dy.item(), ddy.item()
    (27.0, 18.0)
    """
    outputs, inputs = as_tuple(outputs), as_tuple(inputs)
    cotangents = (None,) * len(outputs) if grad_outputs is None else as_tuple(grad_outputs)
    if len(cotangents) != len(outputs):
        raise ShapeError(f"grad: {len(outputs)} outputs, but {len(cotangents)} grad_outputs.{user_line()}")
    for i, x in enumerate(inputs):
        if not x.requires_grad:
            raise NoGradError(
                f"grad: input {i} does not require a gradient; make it with requires_grad=True.{user_line()}"
            )
    wanted = {id(x) for x in inputs}
    found: dict[int, Any] = {}

    def watch(node: Any, g: Any) -> None:
        if id(node) in wanted:
            found[id(node)] = g + found[id(node)] if id(node) in found else g

    retain = create_graph if retain_graph is None else retain_graph
    last = len(outputs) - 1
    for i, (output, cotangent) in enumerate(zip(outputs, cotangents, strict=True)):
        seed = start(output, cotangent, create_graph)
        walk(output, seed, leave_alone, retain or i < last, create_graph, watch)
    results = []
    for i, x in enumerate(inputs):
        g = found.get(id(x))
        if g is None and not allow_unused:
            raise NoGradError(
                f"grad: the outputs do not depend on input {i} of shape {x.shape}. Pass allow_unused=True "
                f"to get None for it, or check that it takes part in the computation.{user_line()}"
            )
        results.append(g if g is None or create_graph else constant(np.array(g, dtype=x.dtype)))
    return tuple(results)


def _fresh(inputs: Any, create_graph: bool) -> tuple[Any, ...]:
    """Return leaves with the values of `inputs`; under `create_graph` the inputs themselves."""
    fresh = []
    for x in as_tuple(inputs):
        if create_graph and x.requires_grad:
            # one step further on, so that the same tensor given twice is two inputs
            fresh.append(reshape(x, x.shape))
        else:
            fresh.append(constant(x.data).requires_grad_())
    return tuple(fresh)


def _like(result: tuple[Any, ...], inputs: Any) -> Any:
    """Return a tuple for a tuple of inputs, else the one result."""
    return result if isinstance(inputs, Sequence) and not isinstance(inputs, Node) else result[0]


def vjp(func: Callable[..., Any], inputs: Any, v: Any = None, create_graph: bool = False) -> tuple[Any, Any]:
    """Return ``func(*inputs)`` and vᵀJ: the cotangent `v` of the result carried back to the inputs.

    Parameters
    ----------
    func : callable
        Takes the inputs, returns one tensor.
    inputs : Tensor or tuple of Tensor
        Where to take the derivative.
    v : Tensor, optional
        Of the shape of the result; 1 for a result of one element.
    create_graph : bool
        Make the answer differentiable.

    Returns
    -------
    output, result
        The value, and one tensor for each input (a tuple if `inputs` is one).

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> out, g = vjp(lambda x: x * x, tg.tensor([1.0, 2.0]), tg.tensor([1.0, 10.0]))
    >>> g.tolist()
    [2.0, 40.0]
    """
    with enable_grad():
        leaves = _fresh(inputs, create_graph)
        out = func(*leaves)
        if not out.requires_grad:
            zeros = tuple(constant(np.zeros_like(x.data)) for x in leaves)
            return out, _like(zeros, inputs)
        result = grad(out, leaves, v, create_graph=create_graph, allow_unused=True)
    filled = tuple(
        constant(np.zeros_like(x.data)) if g is None else g for x, g in zip(leaves, result, strict=True)
    )
    return (out if create_graph else out.detach()), _like(filled, inputs)


def jvp(func: Callable[..., Any], inputs: Any, v: Any, create_graph: bool = False) -> tuple[Any, Any]:
    """Return ``func(*inputs)`` and Jv: how the result moves when the inputs move along `v`.

    Two reverse walks: vᵀJ is linear in the cotangent, and its derivative by the cotangent is J.

    Parameters
    ----------
    func, inputs, create_graph
        As for `vjp`.
    v : Tensor or tuple of Tensor
        The tangents, of the shapes of the inputs.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> out, moved = jvp(lambda x: x * x, tg.tensor([1.0, 2.0]), tg.tensor([1.0, 0.5]))
    >>> moved.tolist()
    [2.0, 2.0]
    """
    with enable_grad():
        leaves = _fresh(inputs, create_graph)
        out = func(*leaves)
        if not out.requires_grad:
            return out, constant(np.zeros_like(out.data))
        cotangent = constant(np.zeros_like(out.data)).requires_grad_()
        back = grad(out, leaves, cotangent, create_graph=True, allow_unused=True)
        moved = None
        for g, tangent in zip(back, as_tuple(v), strict=True):
            if g is not None and g.requires_grad:
                (part,) = grad(
                    g, cotangent, tangent, retain_graph=True, create_graph=create_graph, allow_unused=True
                )
                if part is not None:
                    moved = part if moved is None else moved + part
    if moved is None:
        moved = constant(np.zeros_like(out.data))
    return (out if create_graph else out.detach()), moved


def jacobian(func: Callable[..., Any], inputs: Any, create_graph: bool = False) -> Any:
    """Return every derivative of every element of the result by every element of the inputs.

    Parameters
    ----------
    func, inputs, create_graph
        As for `vjp`.

    Returns
    -------
    Tensor or tuple of Tensor
        For each input a tensor of the shape of the result followed by the shape of the input.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> jacobian(lambda x: x * x, tg.tensor([1.0, 2.0])).tolist()
    [[2.0, 0.0], [0.0, 4.0]]
    """
    with enable_grad():
        leaves = _fresh(inputs, create_graph)
        out = func(*leaves)
        rows: list[tuple[Any, ...]] = []
        for i in range(out.data.size):
            one = np.zeros(out.shape, out.dtype)
            one.flat[i] = 1
            row: tuple[Any, ...] = (None,) * len(leaves)
            if out.requires_grad:
                row = grad(out, leaves, constant(one), True, create_graph, allow_unused=True)
            rows.append(
                tuple(
                    constant(np.zeros_like(x.data)) if g is None else g
                    for g, x in zip(row, leaves, strict=True)
                )
            )
    result = tuple(
        reshape(stack([row[j] for row in rows]), (*out.shape, *x.shape))
        if rows
        else constant(np.zeros((*out.shape, *x.shape), x.dtype))
        for j, x in enumerate(leaves)
    )
    return _like(result, inputs)


def hessian(func: Callable[..., Any], inputs: Any, create_graph: bool = False) -> Any:
    """Return every second derivative of a single number by pairs of elements of the inputs.

    Parameters
    ----------
    func : callable
        Takes the inputs, returns a tensor of one element.
    inputs, create_graph
        As for `vjp`.

    Returns
    -------
    Tensor or tuple of tuple of Tensor
        For one input, a tensor of its shape twice over; for several, one block for each pair.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> hessian(lambda x: (x**3).sum(), tg.tensor([1.0, 2.0])).tolist()
    [[6.0, 0.0], [0.0, 12.0]]
    """
    several = isinstance(inputs, Sequence) and not isinstance(inputs, Node)
    count = len(as_tuple(inputs))

    def gradient_by(i: int) -> Callable[..., Any]:
        def gradient(*xs: Any) -> Any:
            out = func(*xs)
            if out.data.size != 1:
                raise AutogradError(
                    f"hessian: the function returned shape {out.shape}, but should return a single number.{user_line()}"
                )
            if not out.requires_grad:
                return constant(np.zeros_like(xs[i].data))
            (g,) = grad(out, xs[i], create_graph=True, allow_unused=True)
            return constant(np.zeros_like(xs[i].data)) if g is None else g

        return gradient

    blocks = tuple(jacobian(gradient_by(i), inputs, create_graph) for i in range(count))
    return blocks if several else blocks[0]
