"""Why a gradient is missing, in words."""

from __future__ import annotations

from typing import Any

__all__ = ["why_no_grad"]


def why_no_grad(tensor: Any, root: Any = None) -> str:
    """Say why ``tensor.grad`` is None, and what to do about it.

    Parameters
    ----------
    tensor : Tensor
        Whose gradient is missing.
    root : Tensor, optional
        What ``backward()`` was, or will be, called on: then the graph between the two is looked at, if it has not
        been released.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> print(why_no_grad(tg.ones(2)))
    it is a leaf that was made without requires_grad=True; set that (or call .requires_grad_()) before computing
    """
    if tensor.grad is not None:
        return "it has one"
    if not tensor.requires_grad:
        return (
            "it is a leaf that was made without requires_grad=True; set that (or call .requires_grad_()) before "
            "computing"
        )
    if tensor.op is not None and not tensor.retains_grad:
        return (
            f"it was computed by {tensor.op.name}, and an interior tensor keeps no gradient; call .retain_grad() on it "
            "before backward()"
        )
    if root is not None:
        return _between(tensor, root)
    return (
        "no backward() has reached it: either none was called on a result that depends on it, or the way was cut by "
        "detach(), no_grad(), an integer or a comparison. Ask why_no_grad(tensor, root=loss) for more"
    )


def _between(tensor: Any, root: Any) -> str:
    if not root.requires_grad:
        return (
            "the result that backward() starts from requires no gradient: the way was cut by detach(), no_grad(), or "
            "an operation without a derivative, such as argmax or a comparison"
        )
    seen, nodes, released = {id(root)}, [root], False
    for node in nodes:
        if node is tensor:
            return "the result depends on it, so backward() will reach it; it has not been called yet"
        released = released or node.inputs is None
        for x in node.inputs or ():
            if x is not None and x.requires_grad and id(x) not in seen:
                seen.add(id(x))
                nodes.append(x)
    if released:
        return "the graph was already released by a backward(), and no trace of it leads there; look at it before"
    return (
        "the result does not depend on it: no recorded operation leads from one to the other. Is it used at all, and "
        "without detach(), no_grad(), .data or .item() on the way?"
    )
