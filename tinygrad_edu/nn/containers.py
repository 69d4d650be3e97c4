"""Modules that hold modules."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Self

from .module import Module
from .parameter import Parameter

__all__ = ["ModuleDict", "ModuleList", "ParameterList", "Sequential"]


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


class ModuleDict(Module):
    """Modules by name, whose parameters count as the owner's. It has no ``forward``: call its items.

    Parameters
    ----------
    modules
        Names to modules, or pairs of both.

    Examples
    --------
    >>> from tinygrad_edu import nn
    >>> heads = nn.ModuleDict({"class": nn.Linear(4, 10), "size": nn.Linear(4, 1)})
    >>> list(heads), heads["size"]
    (['class', 'size'], Linear(in_features=4, out_features=1, bias=True))
    """

    def __init__(self, modules: Mapping[str, Module] | Iterable[tuple[str, Module]] | None = None) -> None:
        super().__init__()
        self.update(modules or {})

    def update(self, modules: Mapping[str, Module] | Iterable[tuple[str, Module]]) -> None:
        """Add several modules, or replace those of the same names."""
        for name, module in modules.items() if isinstance(modules, Mapping) else modules:
            self[name] = module

    def _items(self) -> dict[str, Module]:
        return {name: value for name, value in vars(self).items() if isinstance(value, Module)}

    def __setitem__(self, name: str, module: Module) -> None:
        _must_be_module(module, "ModuleDict")
        self.add_module(name, module)

    def __getitem__(self, name: str) -> Module:
        items = self._items()
        if name not in items:
            raise KeyError(f"ModuleDict has no {name!r}; it has {', '.join(map(repr, items)) or 'nothing'}.")
        return items[name]

    def __delitem__(self, name: str) -> None:
        self[name]
        delattr(self, name)

    def pop(self, name: str) -> Module:
        """Take a module out and return it."""
        module = self[name]
        delattr(self, name)
        return module

    def __len__(self) -> int:
        return len(self._items())

    def __iter__(self) -> Iterator[str]:
        return iter(self._items())

    def __contains__(self, name: object) -> bool:
        return name in self._items()

    def keys(self) -> Iterable[str]:
        """Return the names."""
        return self._items().keys()

    def values(self) -> Iterable[Module]:
        """Return the modules."""
        return self._items().values()

    def items(self) -> Iterable[tuple[str, Module]]:
        """Return pairs of name and module."""
        return self._items().items()


class ParameterList(Module):
    """A list of parameters that count as the owner's.

    Parameters
    ----------
    values
        The first items: parameters, or tensors, which become parameters.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> from tinygrad_edu import nn
    >>> weights = nn.ParameterList([tg.zeros(2), tg.zeros(3)])
    >>> [name for name, _ in weights.named_parameters()], tuple(weights[1].shape)
    (['0', '1'], (3,))
    """

    def __init__(self, values: Iterable[Any] | None = None) -> None:
        super().__init__()
        self.extend(values or [])

    def append(self, value: Any) -> Self:
        """Add a parameter at the end; returns the list."""
        setattr(self, str(len(self)), _as_parameter(value))
        return self

    def extend(self, values: Iterable[Any]) -> Self:
        """Add several parameters at the end; returns the list."""
        for value in values:
            self.append(value)
        return self

    def _own(self) -> list[Parameter]:
        return [value for value in vars(self).values() if isinstance(value, Parameter)]

    def __len__(self) -> int:
        return len(self._own())

    def __iter__(self) -> Iterator[Parameter]:
        return iter(self._own())

    def __getitem__(self, index: int | slice) -> Any:
        own = self._own()
        if isinstance(index, slice):
            return type(self)(own[index])
        try:
            return own[index]
        except IndexError:
            raise IndexError(f"ParameterList has {len(own)} parameters; there is no index {index}.") from None

    def __setitem__(self, index: int, value: Any) -> None:
        self[index]
        setattr(self, str(index % len(self)), _as_parameter(value))

    def extra_repr(self) -> str:
        """Return the shapes."""
        return "\n".join(f"({i}): Parameter of shape {tuple(p.shape)}" for i, p in enumerate(self))


def _as_parameter(value: Any) -> Parameter:
    return value if isinstance(value, Parameter) else Parameter(value)


def _must_be_module(module: Any, owner: str) -> None:
    """Refuse a function, a class or a tensor where a module is meant."""
    if not isinstance(module, Module):
        made = isinstance(module, type) and issubclass(module, Module)
        advice = (
            f"write {module.__name__}() with parentheses" if made else "wrap what it does in an nn.Module"
        )
        raise TypeError(f"{owner} holds modules, not {module!r}; {advice}.")
