"""The seam to another backend: which library holds the arrays, and where they are.

Everything from `primitive` to ``nn`` and ``optim`` takes ``np`` from here, makes its arrays with it, and asks `device`
about whatever names a device. Another backend is another ``np``: a namespace with NumPy's functions under NumPy's
names, ufuncs with ``out=`` and ``reduce``, arrays with views and ``setflags``. No operation changes for it. What is
read from files, drawn or printed (``data``, ``train``, ``viz``, `metrics`) is NumPy's on every backend.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_edu.errors import AutogradError, user_line

__all__ = ["device", "np"]


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

    def __new__(cls, type: Any) -> device:  # noqa: A002, D102  # PyTorch's name; the class tells it
        if str(type).partition(":")[0] != "cpu":
            raise AutogradError(
                f"there is no device {str(type)!r} here, only 'cpu', where NumPy computes. "
                f"Leave the device out, or name 'cpu'.{user_line()}"
            )
        return super().__new__(cls, "cpu")

    @property
    def type(self) -> str:
        """Always ``"cpu"``."""
        return "cpu"
