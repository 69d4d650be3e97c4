"""Where time and memory go: a table of operations."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

from tinygrad_edu.backend import np
from tinygrad_edu.primitive import Op
from tinygrad_edu.watching import watched

__all__ = ["OpProfile", "Profile", "profile"]


@dataclass
class OpProfile:
    """What one operation took. Times in seconds, without the operations inside it; memory in bytes of results."""

    name: str
    calls: int = 0
    forward: float = 0.0
    backward_calls: int = 0
    backward: float = 0.0
    memory: int = 0


@dataclass
class Profile:
    """What `profile` gathered; printing it gives the table, the most expensive operation first."""

    ops: dict[str, OpProfile] = field(default_factory=dict)

    def of(self, name: str) -> OpProfile:
        """Return the entry of an operation, a new one if there is none."""
        return self.ops.setdefault(name, OpProfile(name))

    def __str__(self) -> str:
        rows = sorted(self.ops.values(), key=lambda row: -(row.forward + row.backward))
        head = f"{'operation':<20}{'calls':>8}{'forward':>12}{'backward':>12}{'results':>12}"
        lines = [
            f"{row.name:<20}{row.calls:>8}{row.forward * 1e3:>9.3f} ms{row.backward * 1e3:>9.3f} ms"
            f"{row.memory / 2**20:>8.2f} MiB"
            for row in rows
        ]
        total = sum(row.forward + row.backward for row in rows)
        return "\n".join([head, *lines, f"{'all of them':<20}{'':>8}{total * 1e3:>21.3f} ms"])


@contextmanager
def profile() -> Iterator[Profile]:
    """Inside, count every operation's calls, its time forward and backward, and the memory of its results.

    The time of an operation that uses others (most rules do) is its own alone, so the column adds up. Views count
    as memory, too, though they take none of their own.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> x = tg.ones(3, requires_grad=True)
    >>> with tg.autograd.profile() as report:
    ...     (x * x).sum().backward()
    >>> report.ops["mul"].calls, report.ops["mul"].backward_calls, report.ops["mul"].memory
    (1, 1, 12)
    """
    report = Profile()
    # the time that operations inside the current one have taken, a level for each that is running
    inside = [0.0]

    def timed(call: Callable[[], Any]) -> tuple[Any, float]:
        inside.append(0.0)
        start = perf_counter()
        try:
            result = call()
        finally:
            whole = perf_counter() - start
            inner = inside.pop()
            inside[-1] += whole
        return result, whole - inner

    def wrap_forward(op: Op, forward: Callable[..., Any]) -> Callable[..., Any]:
        def measured(*inputs: Any, **params: Any) -> Any:
            result, seconds = timed(lambda: forward(*inputs, **params))
            row = report.of(op.name)
            row.calls += 1
            row.forward += seconds
            row.memory += int(np.asarray(result[0] if op.keeps else result).nbytes)
            return result

        return measured

    def wrap_rule(op: Op, rule: Callable[..., Any]) -> Callable[..., Any]:
        def measured(*args: Any, **params: Any) -> Any:
            result, seconds = timed(lambda: rule(*args, **params))
            row = report.of(op.name)
            row.backward_calls += 1
            row.backward += seconds
            return result

        return measured

    with watched(wrap_forward, wrap_rule):
        yield report
