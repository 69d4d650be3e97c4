"""What a model does to the shape of its input, how many parameters it has and how much it computes."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Any

from tinygrad_edu.factories import zeros
from tinygrad_edu.grad_mode import no_grad
from tinygrad_edu.tensor import Tensor

from .conv import Conv1d, Conv2d, ConvTranspose2d
from .linear import Linear
from .module import Module

__all__ = ["LayerSummary", "ModelSummary", "summary"]

Shape = tuple[int, ...]


@dataclass(frozen=True)
class LayerSummary:
    """One call of one layer.

    Attributes
    ----------
    name : str
        Its dotted name in the model; ``""`` for the model itself.
    kind : str
        Its class.
    output_shape : tuple of int, or tuple of these
        The shape of its feature map, or of each of its outputs.
    parameters : int
        How many numbers it trains or holds frozen; 0 where they were counted in an earlier line.
    multiply_adds : int
        How many products are formed and added up.
    """

    name: str
    kind: str
    output_shape: Any
    parameters: int
    multiply_adds: int


@dataclass(frozen=True)
class ModelSummary:
    """What `summary` found; prints as a table.

    Attributes
    ----------
    layers : tuple of LayerSummary
        In the order in which they were called.
    input_size : tuple
        What was asked for.
    parameters, trainable : int
        All numbers of the model that are parameters, and those that are not frozen.
    """

    layers: tuple[LayerSummary, ...]
    input_size: Any
    parameters: int
    trainable: int

    @property
    def multiply_adds(self) -> int:
        """The multiply-adds of all layers together."""
        return sum(layer.multiply_adds for layer in self.layers)

    def __str__(self) -> str:
        rows = [("layer", "output shape", "parameters", "multiply-adds")]
        rows += [
            (
                f"{x.name}: {x.kind}" if x.name else x.kind,
                str(x.output_shape),
                f"{x.parameters:,}",
                f"{x.multiply_adds:,}",
            )
            for x in self.layers
        ]
        rows.append((f"all, for {self.input_size}", "", f"{self.parameters:,}", f"{self.multiply_adds:,}"))
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = [
            "  ".join(
                text.ljust(width) if i < 2 else text.rjust(width)
                for i, (text, width) in enumerate(zip(row, widths, strict=True))
            ).rstrip()
            for row in rows
        ]
        rule = "-" * max(map(len, lines))
        lines[1:1] = [rule]
        lines[-1:-1] = [rule]
        if self.trainable != self.parameters:
            lines.append(f"frozen: {self.parameters - self.trainable:,} of the parameters")
        return "\n".join(lines)

    __repr__ = __str__


def summary(model: Module, input_size: Shape | list[Shape]) -> ModelSummary:
    """Run a model once on zeros, and tell the shape of every feature map, the parameters and the multiply-adds.

    The model is run in evaluation mode and without recording, and left as it was. What it computes by functions, not
    by layers, shows in no line. Multiply-adds are counted for linear layers and convolutions, where nearly all of them
    are; a bias, an activation, a pooling or a normalisation counts 0.

    Parameters
    ----------
    model
        Any module.
    input_size
        The shape of the input, the batch included; a list of shapes for several inputs.

    Returns
    -------
    ModelSummary
        Prints as a table; its ``layers`` are the lines.

    Examples
    --------
    >>> from tinygrad_edu import nn
    >>> model = nn.Sequential(nn.Conv2d(1, 6, 5), nn.ReLU(), nn.Flatten(), nn.Linear(3456, 10))
    >>> print(summary(model, (1, 1, 28, 28)))
    layer                    output shape    parameters  multiply-adds
    ------------------------------------------------------------------
    0: Conv2d                (1, 6, 24, 24)         156         86,400
    1: ReLU                  (1, 6, 24, 24)           0              0
    2: Flatten               (1, 3456)                0              0
    3: Linear                (1, 10)             34,570         34,560
    ------------------------------------------------------------------
    all, for (1, 1, 28, 28)                      34,726        120,960
    """
    names = {id(module): name for name, module in model.named_modules()}
    modes = [(module, module.training) for module in model.modules()]
    lines: list[LayerSummary] = []
    counted: set[int] = set()

    def note(module: Module, inputs: tuple[Any, ...], output: Any) -> None:
        own = {id(p): p for p in module.parameters(recurse=False)}
        fresh = [p.data.size for key, p in own.items() if key not in counted]
        counted.update(own)
        work = _multiply_adds(module, inputs[0], output) if inputs else 0
        lines.append(
            LayerSummary(names[id(module)], type(module).__name__, _shapes(output), sum(fresh), work)
        )

    handles = []
    try:
        for module, _ in modes:
            # a line for what does something itself: a layer, or a module with parameters of its own
            if not any(True for _ in module.children()) or any(
                True for _ in module.parameters(recurse=False)
            ):
                handles.append(module.register_forward_hook(note))
        model.eval()
        dtype = next((p.dtype for p in model.parameters()), None)
        sizes = input_size if isinstance(input_size, list) else [input_size]
        with no_grad():
            model(*(zeros(*size, dtype=dtype) for size in sizes))
    finally:
        for handle in handles:
            handle.remove()
        for module, mode in modes:
            module.training = mode
    parameters = list(model.parameters())
    return ModelSummary(
        tuple(lines),
        input_size,
        sum(p.data.size for p in parameters),
        sum(p.data.size for p in parameters if p.requires_grad),
    )


def _shapes(output: Any) -> Any:
    if isinstance(output, Tensor):
        return tuple(output.shape)
    return tuple(_shapes(x) for x in output) if isinstance(output, (tuple, list)) else type(output).__name__


def _multiply_adds(module: Module, x: Any, output: Any) -> int:
    """Count them: each number that comes out is a sum of as many products as its kernel has numbers.

    On the way back of a convolution it is each number that comes in whose kernel is laid down.
    """
    if isinstance(module, Linear):
        return int(output.data.size) * module.in_features
    if isinstance(module, (Conv1d, Conv2d)):
        return int(output.data.size) * prod(module.weight.shape[1:])
    if isinstance(module, ConvTranspose2d):
        return int(x.data.size) * prod(module.weight.shape[1:])
    return 0
