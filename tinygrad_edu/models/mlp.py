"""The multilayer perceptron."""

from __future__ import annotations

from collections.abc import Sequence

from tinygrad_edu.nn import Flatten, Linear, Module, ReLU, Sequential

__all__ = ["mlp"]


def mlp(inputs: int, outputs: int, hidden: Sequence[int] = (128, 64)) -> Sequential:
    """Build a classifier: flatten, then linear layers with ReLU between them; it returns scores (logits).

    Source: D. E. Rumelhart, G. E. Hinton and R. J. Williams, "Learning representations by
    back-propagating errors" (1986).

    Parameters
    ----------
    inputs
        Numbers per sample: 784 for MNIST.
    outputs
        Number of classes.
    hidden
        Width of each hidden layer.

    Examples
    --------
    >>> mlp(64, 10, hidden=[32])
    Sequential(
      (0): Flatten(start_dim=1, end_dim=-1)
      (1): Linear(in_features=64, out_features=32, bias=True)
      (2): ReLU()
      (3): Linear(in_features=32, out_features=10, bias=True)
    )
    """
    layers: list[Module] = [Flatten()]
    for before, after in zip([inputs, *hidden], hidden, strict=False):
        layers += [Linear(before, after), ReLU()]
    return Sequential(*layers, Linear([inputs, *hidden][-1], outputs))
