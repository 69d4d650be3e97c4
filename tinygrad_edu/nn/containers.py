"""Modules that hold modules."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Self

from .module import Module

__all__ = ["ModuleList", "Sequential"]


class _Numbered(Module):
    """Sub-modules named 0, 1, 2, ...; indexing, length and iteration see them in order."""

    def _layers(self) -> list[Module]:
        return [value for value in vars(self).values() if isinstance(value, Module)]

    def __len__(self) -> int:
        return len(self._layers())

    def __iter__(self) -> Iterator[Module]:
        return iter(self._layers())

    def append(self, module: Module) -> Self:
        """Add a module at the end; returns the container."""
        _must_be_module(module, type(self).__name__)
        setattr(self, str(len(self)), module)
        return self

    def extend(self, modules: Iterable[Module]) -> Self:
        """Add several modules at the end; returns the container."""
        for module in modules:
            self.append(module)
        return self

    def __setitem__(self, index: int, module: Module) -> None:
        _must_be_module(module, type(self).__name__)
        names = [name for name, value in vars(self).items() if isinstance(value, Module)]
        setattr(self, names[index], module)

    def _at(self, index: int) -> Module:
        layers = self._layers()
        try:
            return layers[index]
        except IndexError:
            raise IndexError(
                f"{type(self).__name__} has {len(layers)} modules; there is no index {index}."
            ) from None


class Sequential(_Numbered):
    """Modules applied one after the other: the output of each is the input of the next.

    Parameters
    ----------
    *modules
        The modules in order, or one dict (or ``OrderedDict``) of names to modules.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> from tinygrad_edu import nn
    >>> model = nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2))
    >>> tuple(model(tg.zeros(5, 4)).shape)
    (5, 2)
    >>> model[1], len(model)
    (ReLU(), 3)
    """

    def __init__(self, *modules: Module | dict[str, Module]) -> None:
        super().__init__()
        if len(modules) == 1 and isinstance(modules[0], dict):
            for name, module in modules[0].items():
                _must_be_module(module, "Sequential")
                self.add_module(name, module)
        else:
            self.extend(modules)  # type: ignore[arg-type]  # append refuses what is no module

    def forward(self, input: Any) -> Any:
        """Apply each module in turn."""
        for module in self._layers():
            input = module(input)
        return input

    def __getitem__(self, index: int | slice) -> Any:
        if isinstance(index, slice):
            names = [name for name, value in vars(self).items() if isinstance(value, Module)]
            return type(self)({name: getattr(self, name) for name in names[index]})
        return self._at(index)


class ModuleList(_Numbered):
    """A list of modules whose parameters count as the owner's. It has no ``forward``: call its items.

    Parameters
    ----------
    modules
        The first items.

    Examples
    --------
    >>> from tinygrad_edu import nn
    >>> layers = nn.ModuleList([nn.Linear(2, 2) for _ in range(3)])
    >>> len(layers), len(list(layers.parameters()))
    (3, 6)
    """

    def __init__(self, modules: Iterable[Module] | None = None) -> None:
        super().__init__()
        self.extend(modules or [])

    def __getitem__(self, index: int | slice) -> Any:
        if isinstance(index, slice):
            return type(self)(self._layers()[index])
        return self._at(index)


def _must_be_module(module: Any, owner: str) -> None:
    """Refuse a function, a class or a tensor where a module is meant."""
    if not isinstance(module, Module):
        made = isinstance(module, type) and issubclass(module, Module)
        advice = (
            f"write {module.__name__}() with parentheses" if made else "wrap what it does in an nn.Module"
        )
        raise TypeError(f"{owner} holds modules, not {module!r}; {advice}.")
