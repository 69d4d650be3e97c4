"""A small residual network: each block learns what to add to its input, and gradients have a way around it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tinygrad_edu.nn import (
    AdaptiveAvgPool2d,
    BatchNorm2d,
    Conv2d,
    Flatten,
    Identity,
    Linear,
    Module,
    ReLU,
    Sequential,
)
from tinygrad_edu.nn import functional as F  # noqa: N812 # the field's name for it

__all__ = ["ResidualBlock", "resnet"]


class ResidualBlock(Module):
    """relu(x + f(x)), f two 3 x 3 convolutions with batch normalisation; x is brought to the shape of f(x) if need be.

    Source: K. He, X. Zhang, S. Ren and J. Sun, "Deep residual learning for image recognition" (2016).

    Parameters
    ----------
    in_channels, out_channels
        Feature maps before and after.
    stride
        2 halves the images.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tuple(ResidualBlock(4, 8, stride=2)(tg.zeros(2, 4, 6, 6)).shape)
    (2, 8, 3, 3)
    """

    def __init__(self, in_channels: int, out_channels: int, stride: int = 1) -> None:
        super().__init__()
        self.conv1 = Conv2d(in_channels, out_channels, 3, stride=stride, padding=1, bias=False)
        self.bn1 = BatchNorm2d(out_channels)
        self.conv2 = Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        self.bn2 = BatchNorm2d(out_channels)
        self.downsample: Module = Identity()
        if stride != 1 or in_channels != out_channels:
            self.downsample = Sequential(
                Conv2d(in_channels, out_channels, 1, stride=stride, bias=False), BatchNorm2d(out_channels)
            )

    def forward(self, input: Any) -> Any:  # noqa: A002 # PyTorch's name
        """Apply the block."""
        out = F.relu(self.bn1(self.conv1(input)))
        return F.relu(self.bn2(self.conv2(out)) + self.downsample(input))


def resnet(
    outputs: int = 10, channels: int = 3, widths: Sequence[int] = (16, 32, 64), depth: int = 1
) -> Sequential:
    """Build a classifier of images: a convolution, `depth` residual blocks of each width, a mean, a linear layer.

    With three blocks of each width it is the ResNet-20 of the paper's CIFAR-10 experiments (but for its shortcuts,
    which are convolutions here where the paper pads). It returns scores (logits).

    Source: K. He, X. Zhang, S. Ren and J. Sun, "Deep residual learning for image recognition" (2016).

    Parameters
    ----------
    outputs
        Number of classes.
    channels
        1 for grey images, 3 for coloured ones.
    widths
        Feature maps; from each to the next the images are halved.
    depth
        Blocks of each width.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tuple(resnet(widths=[4, 8])(tg.zeros(2, 3, 8, 8)).shape)
    (2, 10)
    """
    layers: list[Module] = [
        Conv2d(channels, widths[0], 3, padding=1, bias=False),
        BatchNorm2d(widths[0]),
        ReLU(),
    ]
    before = widths[0]
    for width in widths:
        for _ in range(depth):
            layers.append(ResidualBlock(before, width, stride=1 if width == before else 2))
            before = width
    return Sequential(*layers, AdaptiveAvgPool2d(1), Flatten(), Linear(before, outputs))
