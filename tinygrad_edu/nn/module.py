"""The base class of everything that has parameters.

There is no registry. A module's parameters, buffers and sub-modules are its attributes, in the order in which they were
set, and `named_parameters` and its relatives simply look through them. That is why a list of layers must be a
`ModuleList`: what is inside a plain list is not an attribute.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Self

from tinygrad_edu import backend
from tinygrad_edu.backend import np
from tinygrad_edu.errors import ShapeError
from tinygrad_edu.tensor import HookHandle, Tensor

from .hooks import Hooks, call_with_hooks
from .parameter import Parameter
from .state import StateDictError, fitting

__all__ = ["Module", "StateDictError"]

_IncompatibleKeys = namedtuple("_IncompatibleKeys", ["missing_keys", "unexpected_keys"])


class Module:
    """Base of all layers and models, as in PyTorch: a subclass defines ``forward`` and is called like a function.

    Attributes
    ----------
    training : bool
        Whether layers that behave differently while training (dropout) do so; set by `train` and `eval`.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> from tinygrad_edu import nn
    >>> class Net(nn.Module):
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.fc = nn.Linear(3, 2)
    ...     def forward(self, x):
    ...         return self.fc(x).relu()
    >>> net = Net()
    >>> tuple(net(tg.zeros(5, 3)).shape)
    (5, 2)
    >>> [name for name, _ in net.named_parameters()]
    ['fc.weight', 'fc.bias']
    >>> net
    Net(
      (fc): Linear(in_features=3, out_features=2, bias=True)
    )
    """

    # Class attributes, so that a subclass that forgets super().__init__() still works.
    training: bool = True
    # Name of each buffer -> whether state_dict keeps it. Replaced, never changed in place, for the same reason.
    _buffers: Mapping[str, bool] = {}
    # None as long as nobody registers a hook, which is nearly always.
    _hooks: Hooks | None = None

    def forward(self, *inputs: Any, **options: Any) -> Any:
        """Compute the output; every subclass defines it."""
        del inputs, options
        raise NotImplementedError(
            f"{type(self).__name__} must define forward(self, ...), which computes its output."
        )

    def __call__(self, *inputs: Any, **options: Any) -> Any:
        """Compute the output."""
        try:
            if self._hooks is not None:
                return call_with_hooks(self, self._hooks, inputs, options)
            return self.forward(*inputs, **options)
        except ShapeError as error:
            _note_where(error, self)
            raise

    # What it consists of

    def named_modules(self, memo: set[int] | None = None, prefix: str = "") -> Iterator[tuple[str, Module]]:
        """Yield this module and all below it, each once, with dotted names; its own name is ``""``."""
        memo = set() if memo is None else memo
        if id(self) in memo:
            return
        memo.add(id(self))
        yield prefix, self
        for name, value in vars(self).items():
            if isinstance(value, Module):
                yield from value.named_modules(memo, _join(prefix, name))

    def modules(self) -> Iterator[Module]:
        """Yield this module and all below it, each once."""
        return (module for _, module in self.named_modules())

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """Yield the sub-modules directly below this one, each once, with their names."""
        memo: set[int] = set()
        for name, value in vars(self).items():
            if isinstance(value, Module) and id(value) not in memo:
                memo.add(id(value))
                yield name, value

    def children(self) -> Iterator[Module]:
        """Yield the sub-modules directly below this one, each once."""
        return (module for _, module in self.named_children())

    def named_parameters(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Parameter]]:
        """Yield every parameter with its dotted name; one that is shared counts once unless told otherwise."""
        seen: set[int] = set()
        modules = self.named_modules(prefix=prefix) if recurse else iter([(prefix, self)])
        for path, module in modules:
            for name, value in vars(module).items():
                if isinstance(value, Parameter) and not (remove_duplicate and id(value) in seen):
                    seen.add(id(value))
                    yield _join(path, name), value

    def parameters(self, recurse: bool = True) -> Iterator[Parameter]:
        """Yield every parameter once: what an optimizer takes."""
        return (parameter for _, parameter in self.named_parameters(recurse=recurse))

    def named_buffers(self, prefix: str = "", recurse: bool = True) -> Iterator[tuple[str, Tensor]]:
        """Yield every buffer (see `register_buffer`) with its dotted name."""
        for path, module in self.named_modules(prefix=prefix) if recurse else [(prefix, self)]:
            for name in module._buffers:
                value = getattr(module, name, None)
                if value is not None:
                    yield _join(path, name), value

    def buffers(self, recurse: bool = True) -> Iterator[Tensor]:
        """Yield every buffer."""
        return (buffer for _, buffer in self.named_buffers(recurse=recurse))

    def register_buffer(self, name: str, tensor: Tensor | None, persistent: bool = True) -> None:
        """Make `tensor` an attribute that is state but not trained, such as a running mean.

        Parameters
        ----------
        name
            The attribute's name.
        tensor
            Its value; None for a buffer that is not in use.
        persistent
            Whether `state_dict` holds it.
        """
        _check_name(self, name)
        self._buffers = {**self._buffers, name: persistent}
        setattr(self, name, tensor)

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """Make `param` an attribute; the same as ``setattr``, for names made at run time."""
        _check_name(self, name)
        setattr(self, name, param)

    def add_module(self, name: str, module: Module | None) -> None:
        """Make `module` an attribute; the same as ``setattr``, for names made at run time."""
        _check_name(self, name)
        setattr(self, name, module)

    # What looks on

    def _hook(self, kind: str, hook: Callable[..., Any], prepend: bool) -> HookHandle:
        if self._hooks is None:
            self._hooks = Hooks()
        return self._hooks.add(kind, hook, prepend)

    def register_forward_pre_hook(self, hook: Callable[..., Any], *, prepend: bool = False) -> HookHandle:
        """Call ``hook(module, inputs)`` before every ``forward``; what it returns, if not None, is the new inputs.

        `prepend` puts it before the hooks that are there. The handle's ``remove()`` takes it away, here and below.
        """
        return self._hook("before", hook, prepend)

    def register_forward_hook(self, hook: Callable[..., Any], *, prepend: bool = False) -> HookHandle:
        """Call ``hook(module, inputs, output)`` after every ``forward``; what it returns, if not None, is the output.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> from tinygrad_edu import nn
        >>> layer, shapes = nn.Linear(3, 2), []
        >>> handle = layer.register_forward_hook(lambda module, inputs, output: shapes.append(tuple(output.shape)))
        >>> _ = layer(tg.zeros(5, 3))
        >>> handle.remove()
        >>> shapes
        [(5, 2)]
        """
        return self._hook("after", hook, prepend)

    def register_full_backward_hook(self, hook: Callable[..., Any], prepend: bool = False) -> HookHandle:
        """Call ``hook(module, grad_input, grad_output)`` when backward has the gradients of a call's inputs.

        Both are tuples, with None for what has no gradient. What the hook returns, if not None, takes the place of
        ``grad_input``. Gradients of parameters are not among them: see `Tensor.register_hook`.
        """
        return self._hook("backward", hook, prepend)

    # What is done to all of it

    def train(self, mode: bool = True) -> Self:
        """Set training mode here and below; returns the module."""
        for module in self.modules():
            module.training = mode
        return self

    def eval(self) -> Self:
        """Set evaluation mode here and below: the same as ``train(False)``."""
        return self.train(False)

    def apply(self, fn: Callable[[Module], object]) -> Self:
        """Call `fn` on every module below and then on this one; returns the module.

        Examples
        --------
        >>> from tinygrad_edu import nn
        >>> def start(module):
        ...     if isinstance(module, nn.Linear):
        ...         nn.init.zeros_(module.bias)
        >>> net = nn.Sequential(nn.Linear(2, 2)).apply(start)
        >>> net[0].bias.data
        array([0., 0.], dtype=float32)
        """
        for module in self.children():
            module.apply(fn)
        fn(self)
        return self

    def requires_grad_(self, requires_grad: bool = True) -> Self:
        """Freeze (False) or unfreeze every parameter; returns the module."""
        for parameter in self.parameters():
            parameter.requires_grad = requires_grad
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget every parameter's gradient, or fill it with zeros."""
        for parameter in self.parameters():
            if set_to_none or parameter.grad is None:
                parameter.grad = None
            else:
                parameter.grad = Tensor(np.zeros_like(parameter.data))

    def to(self, device: Any = None, dtype: Any = None) -> Self:
        """Move to ``"cpu"``, the only device there is, or change the dtype of every float parameter and buffer.

        Raises
        ------
        AutogradError
            For any other device.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> tg.nn.Linear(2, 1).to("cpu").to(tg.float64).weight.dtype == tg.float64
        True
        """
        if device is not None and str(device).partition(":")[0] != "cpu":
            try:
                dtype = np.dtype(device)
            except TypeError:
                backend.device(device)
        if dtype is not None:
            for tensor in [*self.parameters(), *self.buffers()]:
                if tensor.data.dtype.kind == "f":
                    tensor.data = tensor.data.astype(dtype, copy=False)
        return self

    def double(self) -> Self:
        """Make every float parameter and buffer float64."""
        return self.to(dtype=np.float64)

    def float(self) -> Self:
        """Make every float parameter and buffer float32."""
        return self.to(dtype=np.float32)

    # Saving and loading

    def state_dict(self, prefix: str = "") -> dict[str, Tensor]:
        """Return every parameter and persistent buffer by its dotted name, detached from any graph.

        The tensors keep the values of this moment: an optimizer that goes on training leaves them as they are.
        """
        return {name: owner.detach() for name, owner in self._named_state(prefix)}

    def load_state_dict(self, state_dict: Mapping[str, Any], strict: bool = True) -> Any:
        """Copy the values of `state_dict` into the parameters and buffers of the same names.

        Either all of it is loaded or, when something does not fit, nothing.

        Parameters
        ----------
        state_dict
            Names to tensors or arrays, as `state_dict` returns them.
        strict
            Refuse missing and unexpected names; otherwise skip them. Shapes must always agree.

        Returns
        -------
        tuple
            ``(missing_keys, unexpected_keys)``, a named tuple of two lists.

        Raises
        ------
        StateDictError
            Names or shapes do not agree; the message lists all of them.

        Examples
        --------
        >>> from tinygrad_edu import nn
        >>> nn.Linear(2, 1).load_state_dict(nn.Linear(2, 1, bias=False).state_dict())
        Traceback (most recent call last):
        ...
        tinygrad_edu.nn.state.StateDictError: The state dict does not fit Linear: it lacks bias. ...
        """
        own = dict(self._named_state())
        arrays, missing, unexpected = fitting(type(self).__name__, own, state_dict, strict)
        for name, array in arrays.items():
            own[name].data = array.astype(own[name].data.dtype)
        return _IncompatibleKeys(missing, unexpected)

    def _named_state(self, path: str = "") -> Iterator[tuple[str, Tensor]]:
        """Yield what `state_dict` holds, module by module; what is shared, under each of its names."""
        for name, value in vars(self).items():
            if isinstance(value, Parameter):
                yield path + name, value
        for name, persistent in self._buffers.items():
            value = getattr(self, name, None)
            if persistent and value is not None:
                yield path + name, value
        for name, value in vars(self).items():
            if isinstance(value, Module):
                yield from value._named_state(f"{path}{name}.")

    # How it prints

    def extra_repr(self) -> str:
        """Return what stands between the parentheses of a layer's text."""
        return ""

    def __repr__(self) -> str:
        children = [
            f"  ({name}): " + repr(value).replace("\n", "\n  ")
            for name, value in vars(self).items()
            if isinstance(value, Module)
        ]
        name, extra = type(self).__name__, self.extra_repr()
        if not children:
            return f"{name}({extra})"
        return "\n".join([f"{name}(", *([f"  {extra}"] if extra else []), *children, ")"])


def _join(path: str, name: str) -> str:
    """Join two parts of a dotted name."""
    return f"{path}.{name}" if path else name


def _check_name(module: Module, name: str) -> None:
    """Refuse a name that a dotted path could not hold or that would hide a method."""
    if not name or "." in name or hasattr(type(module), name):
        raise KeyError(
            f"{name!r} cannot name a part of {type(module).__name__}: "
            "a name is not empty, holds no dot and is not one of the module's methods."
        )


def _note_where(error: ShapeError, module: Module) -> None:
    """Tell at the end of a shape error which layer of the model it came from; each caller prepends its part."""
    failed, path = getattr(error, "module_path", (module, ""))
    for name, child in vars(module).items():
        if child is failed:
            path = f"{name}.{path}" if path else name
            error.__notes__ = [f"It happened in {path} of {type(module).__name__}."]
            break
    error.module_path = module, path  # type: ignore[attr-defined]  # carried along for the next caller only
