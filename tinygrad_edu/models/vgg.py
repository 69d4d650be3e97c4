"""A small network in the manner of VGG: blocks of 3 x 3 convolutions, each block half as large and twice as deep."""

from __future__ import annotations

from collections.abc import Sequence

from tinygrad_edu.nn import (
    AdaptiveAvgPool2d,
    BatchNorm2d,
    Conv2d,
    Dropout,
    Flatten,
    Linear,
    MaxPool2d,
    Module,
    ReLU,
    Sequential,
)

__all__ = ["vgg"]


def vgg(
    outputs: int = 10, channels: int = 3, blocks: Sequence[int] = (32, 64, 128), dropout: float = 0.5
) -> Sequential:
    """Build a classifier of images of any size (at least 2 to the power of the number of blocks); it returns scores.

    Each block is convolution 3 x 3, batch normalisation, ReLU and pooling; a global mean and a linear layer follow.

    Source: K. Simonyan and A. Zisserman, "Very deep convolutional networks for large-scale image recognition" (2015).

    Parameters
    ----------
    outputs
        Number of classes.
    channels
        1 for grey images, 3 for coloured ones.
    blocks
        How many feature maps each block makes.
    dropout
        The share of features dropped before the last layer while training.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tuple(vgg(blocks=[4, 8])(tg.zeros(2, 3, 8, 12)).shape)
    (2, 10)
    """
    layers: list[Module] = []
    for before, after in zip([channels, *blocks], blocks, strict=False):
        layers += [Conv2d(before, after, 3, padding=1, bias=False), BatchNorm2d(after), ReLU(), MaxPool2d(2)]
    deepest = [channels, *blocks][-1]
    return Sequential(*layers, AdaptiveAvgPool2d(1), Flatten(), Dropout(dropout), Linear(deepest, outputs))
