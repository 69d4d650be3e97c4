"""Hinge losses: right is not enough, it has to be right by a margin; what is, costs nothing."""

from __future__ import annotations

from typing import Any

from tinygrad_edu.backend import np
from tinygrad_edu.errors import ShapeError, user_line
from tinygrad_edu.ops.elementwise import clip, relu, where
from tinygrad_edu.ops.loss import check_classes, row_weights
from tinygrad_edu.tensor import Tensor

from ._reduction import reduced

__all__ = ["hinge_embedding_loss", "margin_ranking_loss", "multi_margin_loss"]

# No target says "ignore me" here; nobody writes this number by mistake.
_NOTHING = -(2**62)


def multi_margin_loss(
    input: Any,
    target: Any,
    p: int = 1,
    margin: float = 1.0,
    weight: Any = None,
    *,
    reduction: str = "mean",
) -> Any:
    """Return the multi-class hinge: the sum of max(0, margin - x[true] + x[i])^p over the wrong classes i, by C.

    Source: K. Crammer and Y. Singer, "On the algorithmic implementation of multiclass kernel-based vector machines"
    (2001); J. Weston and C. Watkins, "Support vector machines for multi-class pattern recognition" (1999).

    Parameters
    ----------
    input
        Scores, shape (N, C), or (C,) for one sample.
    target
        True classes, shape (N,), or ().
    p
        1 or 2.
    margin
        By how much the true score should lead.
    weight
        How much each true class counts, shape (C,).
    reduction
        ``"mean"`` over the samples, ``"sum"`` or ``"none"``.

    Raises
    ------
    ShapeError, DtypeError
        The input or target is not as above.
    ValueError
        `p` is neither 1 nor 2, or a target is no class.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> multi_margin_loss(tg.tensor([[2.0, 1.5, 0.0, 0.0]]), tg.tensor([0])).item()
    0.125
    """
    if p not in (1, 2):
        raise ValueError(f"multi_margin_loss: p is 1 or 2, not {p}.{user_line()}")
    single = input.ndim == 1
    if single:
        input, target = input.reshape(1, -1), target.reshape(1)
    truth = target.data
    rows, classes = check_classes("multi_margin_loss", input.data, truth)
    weights = None if weight is None else np.asarray(weight.data if isinstance(weight, Tensor) else weight)
    counts = row_weights("multi_margin_loss", truth, classes, weights, _NOTHING, input.data.dtype)
    wrong = np.full((rows, classes), 1 / classes, input.data.dtype)
    wrong[np.arange(rows), truth] = 0
    if counts is not None:
        wrong *= counts[:, None]
    lead = input[np.arange(rows), truth]
    lacking = relu(input - lead.reshape(rows, 1) + margin)
    losses = ((lacking if p == 1 else lacking * lacking) * Tensor(wrong)).sum(1)
    return reduced(losses.reshape(()) if single else losses, reduction)


def hinge_embedding_loss(input: Any, target: Any, margin: float = 1.0, reduction: str = "mean") -> Any:
    """For distances x of pairs: x where the target is 1 (alike), max(0, margin - x) where it is -1 (different).

    Parameters
    ----------
    input
        Distances, any shape.
    target
        1 or -1, of that shape.
    margin
        How far apart different ones should be.
    reduction
        ``"mean"``, ``"sum"`` or ``"none"``.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> hinge_embedding_loss(tg.tensor([0.25, 0.25]), tg.tensor([1.0, -1.0]), reduction="none").tolist()
    [0.25, 0.75]
    """
    alike = where(target == -1, 0.0, input)
    different = where(target == 1, 0.0, clip(margin - input, 0.0, None))
    return reduced(alike + different, reduction)


def margin_ranking_loss(
    input1: Any, input2: Any, target: Any, margin: float = 0.0, reduction: str = "mean"
) -> Any:
    """max(0, margin - target (input1 - input2)): the first should lead where the target is 1, else the second.

    With ``input2`` of zeros and ``margin=1`` it is the hinge of a support vector machine, max(0, 1 - t y).

    Source: C. Cortes and V. Vapnik, "Support-vector networks" (1995), for the hinge; R. Herbrich, T. Graepel and
    K. Obermayer, "Large margin rank boundaries for ordinal regression" (2000), for pairs.

    Parameters
    ----------
    input1, input2
        Scores of one shape.
    target
        1 or -1, of that shape.
    margin
        By how much the one should lead.
    reduction
        ``"mean"``, ``"sum"`` or ``"none"``.

    Raises
    ------
    ShapeError
        The numbers of dimensions differ.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> scores, truth = tg.tensor([2.0, 0.5]), tg.tensor([1.0, -1.0])
    >>> margin_ranking_loss(scores, tg.zeros(2), truth, margin=1.0, reduction="none").tolist()
    [0.0, 1.5]
    """
    if not input1.ndim == input2.ndim == target.ndim:
        raise ShapeError(
            f"margin_ranking_loss: the shapes {tuple(input1.shape)}, {tuple(input2.shape)} and {tuple(target.shape)} "
            f"must have as many dimensions.{user_line()}"
        )
    return reduced(clip(margin - target * (input1 - input2), 0.0, None), reduction)
