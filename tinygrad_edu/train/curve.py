"""The picture of a training run: loss and accuracy over the epochs."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import NamedTuple

from tinygrad_edu.saving import write_aside

__all__ = ["Epoch", "save_curve"]


class Epoch(NamedTuple):
    """What one epoch came to: mean losses per sample, accuracy between 0 and 1, seconds of training."""

    number: int
    train_loss: float
    test_loss: float
    test_accuracy: float
    seconds: float


def save_curve(path: str | os.PathLike[str], epochs: Sequence[Epoch], title: str) -> None:
    """Draw the losses and the accuracy of a run into a PNG file.

    Parameters
    ----------
    path
        Where to; written aside, then renamed.
    epochs
        The run, in order.
    title
        What stands above it.

    Raises
    ------
    ImportError
        matplotlib is not installed.
    """
    # Imported here, because it is heavy and the only use of it; without pyplot, which keeps global figures and windows.
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    figure = Figure(figsize=(8, 3.6), layout="constrained")
    FigureCanvasAgg(figure)
    figure.suptitle(title)
    losses, accuracy = figure.subplots(1, 2)
    numbers = [epoch.number for epoch in epochs]
    # A run of one epoch is a point, and a line through one point is invisible.
    losses.plot(numbers, [epoch.train_loss for epoch in epochs], marker=".", label="training")
    losses.plot(numbers, [epoch.test_loss for epoch in epochs], marker=".", label="test")
    losses.set(xlabel="epoch", ylabel="mean cross entropy (nats)")
    losses.legend()
    accuracy.plot(numbers, [100 * epoch.test_accuracy for epoch in epochs], marker=".", color="tab:green")
    accuracy.set(xlabel="epoch", ylabel="test accuracy (%)")
    for axes in (losses, accuracy):
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.grid(alpha=0.3)
    with write_aside(path) as file:
        figure.savefig(file, format="png", dpi=120)
