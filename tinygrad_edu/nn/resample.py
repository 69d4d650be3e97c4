"""Images enlarged, cut into windows and put together again, as layers."""

from __future__ import annotations

from typing import Any

from . import functional as F  # noqa: N812 # the field's name for it
from .module import Module

__all__ = ["Fold", "Unfold", "Upsample"]


class Upsample(Module):
    """Enlarge images to `size` or by `scale_factor`; see `tinygrad_edu.nn.functional.interpolate`.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tuple(Upsample(scale_factor=2)(tg.zeros(1, 3, 4, 5)).shape)
    (1, 3, 8, 10)
    """

    def __init__(
        self,
        size: int | tuple[int, ...] | None = None,
        scale_factor: float | tuple[float, ...] | None = None,
        mode: str = "nearest",
        align_corners: bool | None = None,
        recompute_scale_factor: bool | None = None,
    ) -> None:
        super().__init__()
        self.size = size
        self.scale_factor = scale_factor
        self.mode = mode
        self.align_corners = align_corners
        self.recompute_scale_factor = recompute_scale_factor

    def forward(self, input: Any) -> Any:
        """Enlarge the images."""
        return F.interpolate(
            input, self.size, self.scale_factor, self.mode, self.align_corners, self.recompute_scale_factor
        )

    def extra_repr(self) -> str:
        """Return the options."""
        name = "size" if self.scale_factor is None else "scale_factor"
        return f"{name}={getattr(self, name)}, mode={self.mode!r}"


class _Windows(Module):
    """What `Unfold` and `Fold` share."""

    def __init__(self, kernel_size: Any, dilation: Any, padding: Any, stride: Any) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.dilation = dilation
        self.padding = padding
        self.stride = stride

    def extra_repr(self) -> str:
        """Return the options."""
        return (
            f"kernel_size={self.kernel_size}, dilation={self.dilation}, padding={self.padding}, "
            f"stride={self.stride}"
        )


class Unfold(_Windows):
    """Cut images into windows, one column for each; see `tinygrad_edu.nn.functional.unfold`.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tuple(Unfold(2)(tg.zeros(1, 3, 5, 5)).shape)
    (1, 12, 16)
    """

    def __init__(
        self,
        kernel_size: int | tuple[int, int],
        dilation: int | tuple[int, int] = 1,
        padding: int | tuple[int, int] = 0,
        stride: int | tuple[int, int] = 1,
    ) -> None:
        super().__init__(kernel_size, dilation, padding, stride)

    def forward(self, input: Any) -> Any:
        """Cut the images."""
        return F.unfold(input, self.kernel_size, self.dilation, self.padding, self.stride)


class Fold(_Windows):
    """Add columns up to images; see `tinygrad_edu.nn.functional.fold`.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tuple(Fold((5, 5), 2)(tg.zeros(1, 12, 16)).shape)
    (1, 3, 5, 5)
    """

    def __init__(
        self,
        output_size: int | tuple[int, int],
        kernel_size: int | tuple[int, int],
        dilation: int | tuple[int, int] = 1,
        padding: int | tuple[int, int] = 0,
        stride: int | tuple[int, int] = 1,
    ) -> None:
        super().__init__(kernel_size, dilation, padding, stride)
        self.output_size = output_size

    def forward(self, input: Any) -> Any:
        """Add the columns up."""
        return F.fold(input, self.output_size, self.kernel_size, self.dilation, self.padding, self.stride)

    def extra_repr(self) -> str:
        """Return the options."""
        return f"output_size={self.output_size}, {super().extra_repr()}"
