"""Convolution over images."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_edu.errors import ShapeError, user_line

from . import functional as F  # noqa: N812 # the field's name for it
from .functional._pairs import pair
from .linear import start_as_pytorch
from .module import Module
from .parameter import Parameter

__all__ = ["Conv2d"]


class Conv2d(Module):
    """Slide `out_channels` small kernels over the images: one feature map for each.

    Weights and biases start evenly drawn from ±1/√(in_channels / groups * kernel height * kernel width), as in PyTorch.

    Source: Y. LeCun et al., "Gradient-based learning applied to document recognition" (1998).

    Parameters
    ----------
    in_channels, out_channels
        Feature maps before and after; both multiples of `groups`.
    kernel_size, stride, padding, dilation
        In pixels; one number or (vertical, horizontal). `padding` is also ``"same"`` or ``"valid"``.
    groups
        Into how many independent groups the channels are split.
    bias
        Whether each feature map adds a number of its own.
    padding_mode
        ``"zeros"``, the only one there is.
    device
        Only ``"cpu"``; accepted for PyTorch's sake.
    dtype
        Of the parameters; float32 by default.

    Attributes
    ----------
    weight : Parameter
        Shape (out_channels, in_channels / groups, height, width).
    bias : Parameter or None
        Shape (out_channels,).

    Raises
    ------
    ValueError
        The channels are no multiples of `groups`.
    ShapeError
        When called with anything but (N, in_channels, H, W).

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tuple(Conv2d(3, 8, kernel_size=3, padding=1)(tg.zeros(2, 3, 10, 10)).shape)
    (2, 8, 10, 10)
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | tuple[int, int],
        stride: int | tuple[int, int] = 1,
        padding: int | tuple[int, int] | str = 0,
        dilation: int | tuple[int, int] = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        if groups < 1 or in_channels % groups or out_channels % groups:
            raise ValueError(
                f"Conv2d: in_channels={in_channels} and out_channels={out_channels} must both be multiples of "
                f"groups={groups}."
            )
        if padding_mode != "zeros":
            raise ValueError(f"Conv2d pads with zeros only; padding_mode={padding_mode!r} is not offered.")
        self.in_channels = in_channels
        self.out_channels = out_channels
        self.kernel_size = pair(kernel_size, "kernel_size")
        self.stride = pair(stride, "stride")
        self.padding = padding if isinstance(padding, str) else pair(padding, "padding")
        self.dilation = pair(dilation, "dilation")
        self.groups = groups
        self.weight = Parameter(
            np.empty((out_channels, in_channels // groups, *self.kernel_size), np.float32)
        )
        self.bias = Parameter(np.empty(out_channels, np.float32)) if bias else None
        self.reset_parameters()
        self.to(device, dtype)

    def reset_parameters(self) -> None:
        """Draw the parameters anew."""
        start_as_pytorch(self.weight, self.bias)

    def forward(self, input: Any) -> Any:
        """Apply the layer to images of shape (N, in_channels, H, W)."""
        shape = tuple(input.shape)
        if len(shape) != 4 or shape[1] != self.in_channels:
            expected = f"(N, {self.in_channels}, H, W)"
            advice = (
                "For one image, add the first dimension: x.unsqueeze(0)."
                if len(shape) == 3
                else "Check its channels."
            )
            raise ShapeError(
                f"{self!r} got an input of shape {shape}, but should get {expected}. {advice}{user_line()}"
            )
        return F.conv2d(input, self.weight, self.bias, self.stride, self.padding, self.dilation, self.groups)

    def extra_repr(self) -> str:
        """Return sizes and options, the usual ones left out."""
        text = (
            f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, stride={self.stride}"
        )
        if self.padding != (0, 0):
            text += f", padding={self.padding}"
        if self.dilation != (1, 1):
            text += f", dilation={self.dilation}"
        if self.groups != 1:
            text += f", groups={self.groups}"
        if self.bias is None:
            text += ", bias=False"
        return text
