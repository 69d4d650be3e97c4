"""Where numbers are: on the CPU, the only device there is."""

from __future__ import annotations

from tinygrad_edu.errors import AutogradError, user_line

__all__ = ["device"]


class device(str):  # noqa: N801  # PyTorch's name
    """A device under PyTorch's name: ``device("cpu")``. It is the text ``"cpu"`` with a ``type``.

    Raises
    ------
    AutogradError
        For any other device.

    Examples
    --------
    >>> device("cpu").type
    'cpu'
    """

    __slots__ = ()

    def __new__(cls, type: str) -> device:  # noqa: A002, D102  # PyTorch's name; the class tells it
        if str(type).partition(":")[0] != "cpu":
            raise AutogradError(f"device: there is no device {str(type)!r} here, only 'cpu'.{user_line()}")
        return super().__new__(cls, "cpu")

    @property
    def type(self) -> str:
        """Always ``"cpu"``."""
        return "cpu"
