"""Functions that look at, or replace, what goes into a module and what comes out, forward and backward."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tinygrad_edu.ops.boundary import boundary
from tinygrad_edu.ops.shape import cat, reshape
from tinygrad_edu.primitive import recording
from tinygrad_edu.tensor import HookHandle, Tensor

__all__ = ["Hooks", "call_with_hooks"]

Hook = Callable[..., Any]


class Hooks:
    """The hooks of one module, in the order in which they are called."""

    def __init__(self) -> None:
        self.before: dict[int, Hook] = {}
        self.after: dict[int, Hook] = {}
        self.backward: dict[int, Hook] = {}

    def add(self, kind: str, hook: Hook, prepend: bool) -> HookHandle:
        """Keep a hook; the handle takes it away again."""
        hooks: dict[int, Hook] = getattr(self, kind)
        key = max(hooks, default=0) + 1
        others = dict(hooks)
        hooks.clear()
        # the same dict as before, because handles hold it
        hooks.update({key: hook, **others} if prepend else {**others, key: hook})
        return HookHandle(hooks, key)


def call_with_hooks(module: Any, hooks: Hooks, inputs: tuple[Any, ...], options: dict[str, Any]) -> Any:
    """Call a module's ``forward`` with its hooks around it."""
    for hook in list(hooks.before.values()):
        changed = hook(module, inputs)
        if changed is not None:
            inputs = changed if isinstance(changed, tuple) else (changed,)
    gate = _Gate(module, hooks) if hooks.backward and recording.on else None
    if gate is not None:
        inputs = gate.enter(inputs)
    output = module.forward(*inputs, **options)
    for hook in list(hooks.after.values()):
        changed = hook(module, inputs, output)
        if changed is not None:
            output = changed
    return output if gate is None else gate.leave(output)


class _Gate:
    """One call of a module with backward hooks: the walk meets the boundary of its outputs, then that of its inputs."""

    def __init__(self, module: Any, hooks: Hooks) -> None:
        self._module = module
        self._hooks = hooks
        self._grad_outputs: list[Any] = []
        self._sizes: list[int] = []
        self._places: list[int] = []
        self._count = 0

    def enter(self, inputs: tuple[Any, ...]) -> tuple[Any, ...]:
        """Put the inputs behind one boundary, so that the hooks see all of their gradients at once."""
        self._count = len(inputs)
        self._places = [i for i, x in enumerate(inputs) if isinstance(x, Tensor) and x.requires_grad]
        if not self._places:
            return inputs
        wanted = [inputs[i] for i in self._places]
        self._sizes = [x.data.size for x in wanted]
        if len(wanted) == 1:
            edge = boundary(wanted[0])
            parts = [edge]
        else:
            edge = boundary(cat([reshape(x, (-1,)) for x in wanted]))
            parts = [
                reshape(piece, x.shape)
                for piece, x in zip(self._split(edge, self._sizes), wanted, strict=True)
            ]
        shapes = [x.shape for x in wanted]
        edge.register_hook(lambda g: self._at_inputs(g, shapes))
        replaced = list(inputs)
        for i, part in zip(self._places, parts, strict=True):
            replaced[i] = part
        return tuple(replaced)

    def leave(self, output: Any) -> Any:
        """Put each output behind a boundary of its own."""
        outputs = output if isinstance(output, tuple) else (output,)
        self._grad_outputs = [None] * len(outputs)
        behind = []
        for i, out in enumerate(outputs):
            if isinstance(out, Tensor) and out.requires_grad:
                out = boundary(out)
                out.register_hook(self._at_output(i))
            behind.append(out)
        return tuple(behind) if isinstance(output, tuple) else behind[0]

    def _at_output(self, i: int) -> Hook:
        def note(g: Any) -> None:
            self._grad_outputs[i] = g
            if not self._places:
                # nothing that goes in wants a gradient, so the walk never comes to the inputs
                self._run((None,) * self._count)

        return note

    def _at_inputs(self, g: Any, shapes: list[tuple[int, ...]]) -> Any:
        if all(g_out is None for g_out in self._grad_outputs):
            # a second derivative comes by the inputs, and not through the outputs: no call to tell of
            return None
        parts = [g] if len(shapes) == 1 else self._split(g, self._sizes)
        grad_inputs: list[Any] = [None] * self._count
        for i, part, shape in zip(self._places, parts, shapes, strict=True):
            grad_inputs[i] = part if part.shape == shape else reshape(part, shape)
        changed = self._run(tuple(grad_inputs))
        if changed is None:
            return None
        given = [changed[i] for i in self._places]
        return given[0] if len(given) == 1 else cat([reshape(x, (-1,)) for x in given])

    def _run(self, grad_inputs: tuple[Any, ...]) -> tuple[Any, ...] | None:
        """Call the hooks; return the gradients of the inputs if one of them replaced these."""
        result = None
        for hook in list(self._hooks.backward.values()):
            changed = hook(self._module, grad_inputs, tuple(self._grad_outputs))
            if changed is not None:
                result = grad_inputs = changed if isinstance(changed, tuple) else (changed,)
        self._grad_outputs = [None] * len(self._grad_outputs)
        return result

    @staticmethod
    def _split(flat: Any, sizes: list[int]) -> list[Any]:
        ends = [sum(sizes[: i + 1]) for i in range(len(sizes))]
        return [flat[end - size : end] for end, size in zip(ends, sizes, strict=True)]
