"""LeNet-5: two convolutions that look, three linear layers that decide."""

from __future__ import annotations

from tinygrad_edu.nn import AvgPool2d, Conv2d, Flatten, Linear, Module, ReLU, Sequential, Tanh

__all__ = ["lenet"]


def lenet(outputs: int = 10, channels: int = 1, activation: str = "tanh") -> Sequential:
    """Build LeNet-5 for images of 28 x 28; it returns scores (logits).

    As the paper has it, but for two simplifications that everybody makes: every map of the second convolution sees all
    maps of the first, and the last layer is linear.

    Source: Y. LeCun, L. Bottou, Y. Bengio and P. Haffner, "Gradient-based learning applied to document recognition"
    (1998).

    Parameters
    ----------
    outputs
        Number of classes.
    channels
        1 for grey images, 3 for coloured ones.
    activation
        ``"tanh"``, as in 1998, or ``"relu"``.

    Raises
    ------
    ValueError
        The activation is neither.

    Examples
    --------
    >>> from tinygrad_edu import nn
    >>> print(nn.summary(lenet(), (1, 1, 28, 28)))
    layer                    output shape     parameters  multiply-adds
    -------------------------------------------------------------------
    0: Conv2d                (1, 6, 28, 28)          156        117,600
    1: Tanh                  (1, 6, 28, 28)            0              0
    2: AvgPool2d             (1, 6, 14, 14)            0              0
    3: Conv2d                (1, 16, 10, 10)       2,416        240,000
    4: Tanh                  (1, 16, 10, 10)           0              0
    5: AvgPool2d             (1, 16, 5, 5)             0              0
    6: Flatten               (1, 400)                  0              0
    7: Linear                (1, 120)             48,120         48,000
    8: Tanh                  (1, 120)                  0              0
    9: Linear                (1, 84)              10,164         10,080
    10: Tanh                 (1, 84)                   0              0
    11: Linear               (1, 10)                 850            840
    -------------------------------------------------------------------
    all, for (1, 1, 28, 28)                       61,706        416,520
    """
    kinds: dict[str, type[Module]] = {"tanh": Tanh, "relu": ReLU}
    if activation not in kinds:
        raise ValueError(f"lenet: activation is 'tanh' or 'relu', not {activation!r}.")
    kind = kinds[activation]
    return Sequential(
        Conv2d(channels, 6, 5, padding=2),
        kind(),
        AvgPool2d(2),
        Conv2d(6, 16, 5),
        kind(),
        AvgPool2d(2),
        Flatten(),
        Linear(400, 120),
        kind(),
        Linear(120, 84),
        kind(),
        Linear(84, outputs),
    )
