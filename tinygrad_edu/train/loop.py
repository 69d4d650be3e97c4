"""The training loop, written out: this is all that training is."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from tinygrad_edu.data import DataLoader
from tinygrad_edu.grad_mode import no_grad

if TYPE_CHECKING:
    from tinygrad_edu.nn import Module
    from tinygrad_edu.optim import Optimizer

__all__ = ["evaluate", "train_epoch"]


def train_epoch(
    model: Module,
    batches: Iterable[Any],
    optimizer: Optimizer,
    loss_fn: Callable[[Any, Any], Any],
    on_batch: Callable[[float], object] | None = None,
) -> float:
    """Train once through all batches.

    Parameters
    ----------
    model
        Maps inputs to scores; set to training mode.
    batches
        Pairs (inputs, targets), for example a `DataLoader`.
    optimizer
        Holds the model's parameters.
    loss_fn
        Maps scores and targets to the mean loss of the batch.
    on_batch
        Called after each step with the loss of its batch; if it returns something true, training stops there.

    Returns
    -------
    float
        The mean loss per sample, each batch's taken before its step; nan if there was no batch.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> from tinygrad_edu import nn, optim
    >>> tg.manual_seed(0)
    >>> model = nn.Linear(1, 1)
    >>> batches = [(tg.tensor([[1.0]]), tg.tensor([[2.0]]))]
    >>> optimizer = optim.SGD(model.parameters(), lr=0.1)
    >>> losses = [train_epoch(model, batches, optimizer, nn.MSELoss()) for _ in range(50)]
    >>> losses[-1] < 1e-6 < losses[0]
    True
    """
    model.train()
    total, count = 0.0, 0
    for inputs, targets in batches:
        optimizer.zero_grad()
        loss = loss_fn(model(inputs), targets)
        loss.backward()
        optimizer.step()
        value = float(loss.item())
        total += value * len(targets)
        count += len(targets)
        if on_batch is not None and on_batch(value):
            break
    return total / count if count else float("nan")


def evaluate(
    model: Module, dataset: Any, loss_fn: Callable[[Any, Any], Any], batch_size: int = 1000
) -> tuple[float, float]:
    """Return the mean loss and the accuracy of a classifier on a dataset, in evaluation mode and without a graph.

    Parameters
    ----------
    model
        Maps inputs to scores, one per class along dimension 1. Its mode is as before afterwards.
    dataset
        Samples (input, class).
    loss_fn
        As for `train_epoch`.
    batch_size
        Samples taken at once; it changes the memory needed and not the result.

    Raises
    ------
    ValueError
        The dataset is empty.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> from tinygrad_edu import nn
    >>> from tinygrad_edu.data import TensorDataset
    >>> scores = tg.tensor([[3.0, 0.0], [0.0, 3.0]])
    >>> loss, accuracy = evaluate(nn.Identity(), TensorDataset(scores, tg.tensor([0, 0])), nn.CrossEntropyLoss())
    >>> round(loss, 4), accuracy
    (1.5486, 0.5)
    """
    if not len(dataset):
        raise ValueError("evaluate: the dataset is empty, so there is no mean to take.")
    was_training = model.training
    model.eval()
    total, right = 0.0, 0
    with no_grad():
        for inputs, targets in DataLoader(dataset, batch_size):
            scores = model(inputs)
            total += float(loss_fn(scores, targets).item()) * len(targets)
            right += int((scores.data.argmax(axis=1) == targets.data).sum())
    model.train(was_training)
    return total / len(dataset), right / len(dataset)
