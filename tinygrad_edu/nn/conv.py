"""Convolution over sequences and images, and its way back."""

from __future__ import annotations

from typing import Any

from tinygrad_edu.backend import np
from tinygrad_edu.errors import ShapeError, user_line

from . import functional as F  # noqa: N812 # the field's name for it
from .functional._pairs import one, pair
from .linear import start_as_pytorch
from .module import Module
from .parameter import Parameter

__all__ = ["Conv1d", "Conv2d", "ConvTranspose2d"]


class _Conv(Module):
    """What the convolutions share: sizes, parameters, how they print, what they say about a wrong input."""

    # How an input reads, but for its channels.
    _places = "H, W"
    _one_sample = "image"
    # Whether the weight's first dimension is that of the input.
    _transposed = False

    def __init__(
        self,
        channels: tuple[int, int],
        windows: dict[str, Any],
        groups: int,
        bias: bool,
        padding_mode: str,
        device: Any,
        dtype: Any,
    ) -> None:
        super().__init__()
        name = type(self).__name__
        self.in_channels, self.out_channels = channels
        if groups < 1 or self.in_channels % groups or self.out_channels % groups:
            raise ValueError(
                f"{name}: in_channels={self.in_channels} and out_channels={self.out_channels} must both be multiples "
                f"of groups={groups}."
            )
        if padding_mode != "zeros":
            raise ValueError(f"{name} pads with zeros only; padding_mode={padding_mode!r} is not offered.")
        self.kernel_size = windows["kernel_size"]
        self.stride = windows["stride"]
        self.padding = windows["padding"]
        self.dilation = windows["dilation"]
        self.output_padding = windows.get("output_padding", (0,) * len(self.kernel_size))
        self.groups = groups
        first, second = channels[::-1] if not self._transposed else channels
        self.weight = Parameter(np.empty((first, second // groups, *self.kernel_size), np.float32))
        self.bias = Parameter(np.empty(self.out_channels, np.float32)) if bias else None
        self.reset_parameters()
        self.to(device, dtype)

    def reset_parameters(self) -> None:
        """Draw the parameters anew."""
        start_as_pytorch(self.weight, self.bias)

    def _check(self, input: Any) -> None:
        shape, dims = tuple(input.shape), 2 + len(self.kernel_size)
        if len(shape) == dims and shape[1] == self.in_channels:
            return
        advice = "Check its channels."
        if len(shape) == dims - 1:
            advice = f"For one {self._one_sample}, add the first dimension: x.unsqueeze(0)."
        raise ShapeError(
            f"{self!r} got an input of shape {shape}, but should get (N, {self.in_channels}, {self._places}). {advice}"
            f"{user_line()}"
        )

    def extra_repr(self) -> str:
        """Return sizes and options, the usual ones left out."""
        text = (
            f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, stride={self.stride}"
        )
        usual = (0,) * len(self.kernel_size)
        if self.padding != usual:
            text += f", padding={self.padding}"
        if self.dilation != tuple(1 for _ in usual):
            text += f", dilation={self.dilation}"
        if self.output_padding != usual:
            text += f", output_padding={self.output_padding}"
        if self.groups != 1:
            text += f", groups={self.groups}"
        if self.bias is None:
            text += ", bias=False"
        return text


class Conv1d(_Conv):
    """Slide `out_channels` small kernels over sequences (N, in_channels, L).

    Parameters as for `Conv2d`, with one number where that has two.

    Attributes
    ----------
    weight : Parameter
        Shape (out_channels, in_channels / groups, kernel_size).
    bias : Parameter or None
        Shape (out_channels,).

    Raises
    ------
    ValueError
        The channels are no multiples of `groups`.
    ShapeError
        When called with anything but (N, in_channels, L).

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tuple(Conv1d(3, 8, kernel_size=3)(tg.zeros(2, 3, 10)).shape)
    (2, 8, 8)
    """

    _places = "L"
    _one_sample = "sequence"

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | tuple[int],
        stride: int | tuple[int] = 1,
        padding: int | tuple[int] | str = 0,
        dilation: int | tuple[int] = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        windows = {
            "kernel_size": (one(kernel_size, "kernel_size"),),
            "stride": (one(stride, "stride"),),
            "padding": padding if isinstance(padding, str) else (one(padding, "padding"),),
            "dilation": (one(dilation, "dilation"),),
        }
        super().__init__((in_channels, out_channels), windows, groups, bias, padding_mode, device, dtype)

    def forward(self, input: Any) -> Any:
        """Apply the layer to sequences of shape (N, in_channels, L)."""
        self._check(input)
        return F.conv1d(input, self.weight, self.bias, self.stride, self.padding, self.dilation, self.groups)


class Conv2d(_Conv):
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
        windows = {
            "kernel_size": pair(kernel_size, "kernel_size"),
            "stride": pair(stride, "stride"),
            "padding": padding if isinstance(padding, str) else pair(padding, "padding"),
            "dilation": pair(dilation, "dilation"),
        }
        super().__init__((in_channels, out_channels), windows, groups, bias, padding_mode, device, dtype)

    def forward(self, input: Any) -> Any:
        """Apply the layer to images of shape (N, in_channels, H, W)."""
        self._check(input)
        return F.conv2d(input, self.weight, self.bias, self.stride, self.padding, self.dilation, self.groups)


class ConvTranspose2d(_Conv):
    """Lay kernels, scaled by each pixel, onto larger images; see `tinygrad_edu.nn.functional.conv_transpose2d`.

    With the same options it gives back the shape that `Conv2d` made smaller.

    Parameters
    ----------
    in_channels, out_channels, kernel_size, stride, groups, bias, dilation, padding_mode, device, dtype
        As for `Conv2d`.
    padding
        That of the convolution whose way back this is: cut off at each side.
    output_padding
        How much larger the result is at the bottom and at the right.

    Attributes
    ----------
    weight : Parameter
        Shape (in_channels, out_channels / groups, height, width).
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
    >>> tuple(ConvTranspose2d(8, 3, kernel_size=2, stride=2)(tg.zeros(2, 8, 5, 5)).shape)
    (2, 3, 10, 10)
    """

    _transposed = True

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | tuple[int, int],
        stride: int | tuple[int, int] = 1,
        padding: int | tuple[int, int] = 0,
        output_padding: int | tuple[int, int] = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: int | tuple[int, int] = 1,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        windows = {
            "kernel_size": pair(kernel_size, "kernel_size"),
            "stride": pair(stride, "stride"),
            "padding": pair(padding, "padding"),
            "output_padding": pair(output_padding, "output_padding"),
            "dilation": pair(dilation, "dilation"),
        }
        super().__init__((in_channels, out_channels), windows, groups, bias, padding_mode, device, dtype)

    def forward(self, input: Any) -> Any:
        """Apply the layer to images of shape (N, in_channels, H, W)."""
        self._check(input)
        return F.conv_transpose2d(
            input,
            self.weight,
            self.bias,
            self.stride,
            self.padding,
            self.output_padding,
            self.groups,
            self.dilation,
        )
