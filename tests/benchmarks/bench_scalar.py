"""`Value` against micrograd, on micrograd's own demo: a 2-16-16-1 network on 100 points.

One step is the forward pass (hinge loss and L2 penalty over all points), the backward pass and the
update of the 337 parameters: about 65,000 operations. Each engine runs the same lines in a process of
its own, with the garbage collector on, and the processes take turns. What is measured is processor time,
so that other programs on the machine count for little. The control is the forward pass alone on plain
Python floats.

Run it from the root of the repository::

    PYTHONPATH=. python tests/benchmarks/bench_scalar.py [ROUNDS]
"""

from __future__ import annotations

import random
import statistics
import subprocess
import sys
from importlib import import_module
from itertools import pairwise
from time import process_time
from typing import Any

ENGINES = {"tinygrad_edu": "tinygrad_edu.scalar", "micrograd": "micrograd.engine", "floats": "builtins"}
# of each turn, which takes all of them about the same time
STEPS = {"tinygrad_edu": 20, "micrograd": 1, "floats": 100}


class Demo:
    """The network, the data and one step of training, written once for every engine."""

    def __init__(self, number: Any) -> None:
        self.number = number
        self.differentiable = number is not float
        rng = random.Random(1337)
        self.points = [[rng.gauss(0.0, 1.0), rng.gauss(0.0, 1.0)] for _ in range(100)]
        self.labels = [1.0 if x * y > 0.0 else -1.0 for x, y in self.points]
        sizes = [2, 16, 16, 1]
        self.layers = [
            [([number(rng.uniform(-1.0, 1.0)) for _ in range(m)], number(0.0)) for _ in range(n)]
            for m, n in pairwise(sizes)
        ]
        self.parameters = [p for layer in self.layers for weights, bias in layer for p in (*weights, bias)]

    def relu(self, x: Any) -> Any:
        return x.relu() if self.differentiable else max(0.0, x)

    @staticmethod
    def neuron(weights: list[Any], bias: Any, x: list[Any]) -> Any:
        total = bias
        for w, v in zip(weights, x, strict=True):
            total = total + w * v
        return total

    def score(self, point: list[float]) -> Any:
        x = [self.number(coordinate) for coordinate in point]
        for depth, layer in enumerate(self.layers):
            x = [self.neuron(weights, bias, x) for weights, bias in layer]
            if depth < 2:
                x = [self.relu(v) for v in x]
        return x[0]

    def loss(self) -> Any:
        losses = [self.relu(1.0 + -y * self.score(x)) for x, y in zip(self.points, self.labels, strict=True)]
        return sum(losses) * (1.0 / len(losses)) + 1e-4 * sum(p * p for p in self.parameters)

    def step(self) -> float:
        loss = self.loss()
        if not self.differentiable:
            return float(loss)
        for p in self.parameters:
            p.grad = 0.0
        loss.backward()
        for p in self.parameters:
            p.data -= 0.1 * p.grad
        return float(loss.data)


def work(engine: str) -> None:
    """Take one step for each line that comes in; answer with its milliseconds and its loss."""
    # in every process, so that the garbage collector has as much to look through
    import_module("tinygrad_edu.scalar")
    module = import_module(ENGINES[engine])
    demo = Demo(getattr(module, "Value", float))
    for _ in sys.stdin:
        start = process_time()
        loss = demo.step()
        print((process_time() - start) * 1e3, loss, flush=True)


class Worker:
    """One engine in a process of its own."""

    def __init__(self, engine: str) -> None:
        self.steps = STEPS[engine]
        self.times: list[float] = []
        self.losses: list[float] = []
        command = [sys.executable, __file__, "--work", engine]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def step(self) -> None:
        stdin, stdout = self.process.stdin, self.process.stdout
        assert stdin is not None
        assert stdout is not None
        stdin.write("\n")
        stdin.flush()
        milliseconds, loss = map(float, stdout.readline().split())
        self.times.append(milliseconds)
        self.losses.append(loss)

    def close(self) -> None:
        self.process.communicate()


def main(rounds: int) -> None:
    """Let the engines take turns, and print the median milliseconds of a step and the ratio."""
    workers = {engine: Worker(engine) for engine in ENGINES}
    for _ in range(rounds):
        for worker in workers.values():
            for _ in range(worker.steps):
                worker.step()
    ours, theirs = workers["tinygrad_edu"], workers["micrograd"]
    for a, b in zip(ours.losses, theirs.losses, strict=False):
        if abs(a - b) > 1e-9 * abs(b):
            raise SystemExit(f"the engines disagree: a loss of {a} here, of {b} there")
    print(f"{'ms per step':14}{'median':>9}{'fastest':>9}{'slowest':>9}")
    for engine, worker in workers.items():
        worker.close()
        # the first steps warm the interpreter, and micrograd's garbage has yet to pile up
        times = worker.times[2:]
        print(f"{engine:14}{statistics.median(times):9.1f}{min(times):9.1f}{max(times):9.1f}")
    ratio = statistics.median(theirs.times[2:]) / statistics.median(ours.times[2:])
    print(f"tinygrad_edu is {ratio:.1f} times as fast as micrograd")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--work"]:
        work(sys.argv[2])
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 12)
