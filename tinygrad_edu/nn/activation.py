"""Activations as layers."""

from __future__ import annotations

from typing import Any

from tinygrad_edu.backend import np

from . import functional as F  # noqa: N812 # the field's name for it
from .module import Module
from .parameter import Parameter

__all__ = [
    "ELU",
    "GELU",
    "SELU",
    "Hardtanh",
    "LeakyReLU",
    "LogSoftmax",
    "Mish",
    "PReLU",
    "ReLU",
    "ReLU6",
    "SiLU",
    "Sigmoid",
    "Sign",
    "Softmax",
    "Softplus",
    "Step",
    "Tanh",
]


class _InPlace(Module):
    """An activation whose one option changes nothing: results are never overwritten here."""

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace

    def extra_repr(self) -> str:
        """Return the option, if it was given."""
        return "inplace=True" if self.inplace else ""


class ReLU(_InPlace):
    """max(x, 0), elementwise. `inplace` is accepted for PyTorch's sake and changes nothing.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> ReLU()(tg.tensor([-1.0, 2.0])).tolist()
    [0.0, 2.0]
    """

    def forward(self, input: Any) -> Any:
        """Apply it."""
        return F.relu(input)


class LeakyReLU(Module):
    """x where x > 0, else negative_slope * x. `inplace` is accepted and changes nothing.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> LeakyReLU(0.25)(tg.tensor([-1.0, 2.0])).tolist()
    [-0.25, 2.0]
    """

    def __init__(self, negative_slope: float = 1e-2, inplace: bool = False) -> None:
        super().__init__()
        self.negative_slope = negative_slope
        self.inplace = inplace

    def forward(self, input: Any) -> Any:
        """Apply it."""
        return F.leaky_relu(input, self.negative_slope)

    def extra_repr(self) -> str:
        """Return the options."""
        return f"negative_slope={self.negative_slope}" + (", inplace=True" if self.inplace else "")


class ReLU6(_InPlace):
    """min(max(x, 0), 6), elementwise. `inplace` is accepted and changes nothing.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> ReLU6()(tg.tensor([-1.0, 9.0])).tolist()
    [0.0, 6.0]
    """

    def forward(self, input: Any) -> Any:
        """Apply it."""
        return F.relu6(input)


class ELU(Module):
    """x where x > 0, else alpha (e^x - 1). `inplace` is accepted and changes nothing.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> ELU(0.5)(tg.tensor([-1000.0, 2.0])).tolist()
    [-0.5, 2.0]
    """

    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        super().__init__()
        self.alpha = alpha
        self.inplace = inplace

    def forward(self, input: Any) -> Any:
        """Apply it."""
        return F.elu(input, self.alpha)

    def extra_repr(self) -> str:
        """Return the options."""
        return f"alpha={self.alpha}" + (", inplace=True" if self.inplace else "")


class SELU(_InPlace):
    """An `ELU` whose two constants keep mean 0 and variance 1; see `tinygrad_edu.nn.functional.selu`.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> round(SELU()(tg.tensor([1.0])).item(), 4)
    1.0507
    """

    def forward(self, input: Any) -> Any:
        """Apply it."""
        return F.selu(input)


class GELU(Module):
    """x times the probability that a standard normal number is below x; see `tinygrad_edu.nn.functional.gelu`.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> round(GELU()(tg.tensor([1.0])).item(), 4)
    0.8413
    """

    def __init__(self, approximate: str = "none") -> None:
        super().__init__()
        self.approximate = approximate

    def forward(self, input: Any) -> Any:
        """Apply it."""
        return F.gelu(input, self.approximate)

    def extra_repr(self) -> str:
        """Return the options."""
        return f"approximate={self.approximate!r}"


class SiLU(_InPlace):
    """x sigmoid(x), also known as swish. `inplace` is accepted and changes nothing.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> round(SiLU()(tg.tensor([1.0])).item(), 4)
    0.7311
    """

    def forward(self, input: Any) -> Any:
        """Apply it."""
        return F.silu(input)


class Mish(_InPlace):
    """x tanh(softplus(x)). `inplace` is accepted and changes nothing.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> round(Mish()(tg.tensor([1.0])).item(), 4)
    0.8651
    """

    def forward(self, input: Any) -> Any:
        """Apply it."""
        return F.mish(input)


class Softplus(Module):
    """log(1 + e^(beta x)) / beta, a smooth ReLU; x itself where beta x > `threshold`.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> round(Softplus()(tg.tensor([0.0])).item(), 4)
    0.6931
    """

    def __init__(self, beta: float = 1.0, threshold: float = 20.0) -> None:
        super().__init__()
        self.beta = beta
        self.threshold = threshold

    def forward(self, input: Any) -> Any:
        """Apply it."""
        return F.softplus(input, self.beta, self.threshold)

    def extra_repr(self) -> str:
        """Return the options."""
        return f"beta={self.beta}, threshold={self.threshold}"


class Hardtanh(Module):
    """x, but no less than `min_val` and no more than `max_val`. `inplace` is accepted and changes nothing.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> Hardtanh()(tg.tensor([-3.0, 0.5])).tolist()
    [-1.0, 0.5]
    """

    def __init__(self, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> None:
        super().__init__()
        self.min_val = min_val
        self.max_val = max_val
        self.inplace = inplace

    def forward(self, input: Any) -> Any:
        """Apply it."""
        return F.hardtanh(input, self.min_val, self.max_val)

    def extra_repr(self) -> str:
        """Return the options."""
        return f"min_val={self.min_val}, max_val={self.max_val}" + (", inplace=True" if self.inplace else "")


class PReLU(Module):
    """x where x > 0, else a learnt slope times x: one for all, or one for each channel.

    Parameters
    ----------
    num_parameters
        1, or the number of channels (dimension 1).
    init
        What the slopes start at.
    device
        Only ``"cpu"``; accepted for PyTorch's sake.
    dtype
        Of the slopes; float32 by default.

    Attributes
    ----------
    weight : Parameter
        The slopes, shape (num_parameters,).

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> PReLU()(tg.tensor([-4.0, 2.0])).tolist()
    [-1.0, 2.0]
    """

    def __init__(
        self, num_parameters: int = 1, init: float = 0.25, device: Any = None, dtype: Any = None
    ) -> None:
        super().__init__()
        self.num_parameters = num_parameters
        self.init = init
        self.weight = Parameter(np.full(num_parameters, init, np.float32))
        self.to(device, dtype)

    def reset_parameters(self) -> None:
        """Set the slopes to where they start."""
        self.weight.data = np.full(self.num_parameters, self.init, self.weight.dtype)

    def forward(self, input: Any) -> Any:
        """Apply it."""
        return F.prelu(input, self.weight)

    def extra_repr(self) -> str:
        """Return the number of slopes."""
        return f"num_parameters={self.num_parameters}"


class Sign(Module):
    """-1, 0 or 1, as x is below, at or above 0; PyTorch has it as ``torch.sign`` only.

    Its derivative is 0 wherever it has one, so the gradient is 0 everywhere: what comes before this layer learns
    nothing through it. That is why perceptrons have a rule of their own, and networks smooth activations.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> x = tg.tensor([-2.0, 0.0, 3.0], requires_grad=True)
    >>> y = Sign()(x)
    >>> y.sum().backward()
    >>> y.tolist(), x.grad.tolist()
    ([-1.0, 0.0, 1.0], [0.0, 0.0, 0.0])
    """

    def forward(self, input: Any) -> Any:
        """Apply it."""
        return F.sign(input)


class Step(Module):
    """1 where x >= 0, else 0: the perceptron's activation. PyTorch has ``torch.heaviside`` only.

    As with `Sign`, the gradient is 0 everywhere: nothing is learnt through it.

    Source: F. Rosenblatt, "The perceptron: a probabilistic model for information storage and organization in the brain"
    (1958).

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> Step()(tg.tensor([-2.0, 0.0, 3.0])).tolist()
    [0.0, 1.0, 1.0]
    """

    def forward(self, input: Any) -> Any:
        """Apply it."""
        return F.step(input)


class Sigmoid(Module):
    """1 / (1 + e^-x), elementwise.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> Sigmoid()(tg.tensor([0.0])).item()
    0.5
    """

    def forward(self, input: Any) -> Any:
        """Apply it."""
        return F.sigmoid(input)


class Tanh(Module):
    """The hyperbolic tangent, elementwise.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> Tanh()(tg.tensor([0.0])).item()
    0.0
    """

    def forward(self, input: Any) -> Any:
        """Apply it."""
        return F.tanh(input)


class Softmax(Module):
    """e^x divided by its sum along `dim`.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> Softmax(dim=1)(tg.zeros(1, 2)).tolist()
    [[0.5, 0.5]]
    """

    def __init__(self, dim: int | None = None) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, input: Any) -> Any:
        """Apply it."""
        return F.softmax(input, self.dim)

    def extra_repr(self) -> str:
        """Return the dimension."""
        return f"dim={self.dim}"


class LogSoftmax(Softmax):
    """The logarithm of `Softmax`, computed without numbers that round to 0.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> LogSoftmax(dim=0)(tg.tensor([0.0, -1000.0])).tolist()
    [0.0, -1000.0]
    """

    def forward(self, input: Any) -> Any:
        """Apply it."""
        return F.log_softmax(input, self.dim)
