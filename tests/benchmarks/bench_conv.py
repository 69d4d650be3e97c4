"""Convolution and pooling beside PyTorch eager and beside bare NumPy, measured side by side.

::

    python tests/benchmarks/bench_conv.py [--rounds 15] [--only "conv 3x3"] [--threads 1 --clock cpu]

Each framework lives in a process of its own and they take turns, workload by workload, so that whatever
else the machine does falls on all of them. A turn runs a workload several times and reports the median; the table
shows the best, the median and the worst turn, and the ratio to PyTorch, taken turn by turn, as median and
quartiles (above 1: quicker than PyTorch).

Images and gradients are given as a user has them: in C order (N, C, H, W), float32. The control is what a
first course writes: `sliding_window_view`, `einsum`, the transposed product, and a loop over taps to add
the columns back. PyTorch is left out where it is not installed.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view


class Case(NamedTuple):
    """A layer: images (batch, channels, size, size), and what is done to them."""

    layer: str
    batch: int
    channels: int
    kernels: int
    size: int
    kernel: int
    padding: int
    backward: bool
    first: bool = False  # a first layer needs no gradient of its images

    @property
    def name(self) -> str:
        what = f"{self.layer} {self.kernel}x{self.kernel} {self.channels}"
        if self.layer == "conv":
            what += f"->{self.kernels}"
        return f"{what}, {self.size}x{self.size}, N={self.batch}, forward{' + backward' if self.backward else ''}"

    def arrays(self) -> tuple[np.ndarray, ...]:
        """Return images, kernels, biases and the gradient of the output."""
        rng = np.random.default_rng(0)
        draw = rng.standard_normal
        n, c, o, h, k, p = self.batch, self.channels, self.kernels, self.size, self.kernel, self.padding
        out = h + 2 * p - k + 1 if self.layer == "conv" else h // k
        x, b, g = draw((n, c, h, h), np.float32), draw(o, np.float32), draw((n, o, out, out), np.float32)
        return x, draw((o, c, k, k), np.float32) / np.float32(k * c**0.5), b, g


LAYERS = [
    ("conv", 32, 64, 64, 28, 3, 1, False),
    ("conv", 64, 1, 6, 28, 5, 2, True),
    ("conv", 64, 6, 16, 14, 5, 0, False),
    ("conv", 64, 1, 32, 28, 3, 1, True),
    ("conv", 64, 32, 64, 14, 3, 1, False),
    ("conv", 64, 64, 128, 7, 3, 1, False),
    ("max_pool", 64, 32, 32, 28, 2, 0, False),
    ("max_pool", 64, 6, 6, 28, 2, 0, False),
    ("avg_pool", 64, 32, 32, 28, 2, 0, False),
]
CASES = [Case(*layer[:-1], backward, layer[-1]) for layer in LAYERS for backward in (False, True)]


def ours(case: Case, threads: int) -> Callable[[], Any]:
    """The workload in this engine."""
    import tinygrad_edu as tg
    from tinygrad_edu.ops.workspace import set_num_threads

    set_num_threads(threads)
    return _with(tg, tg.nn.functional, case)


def pytorch(case: Case, threads: int) -> Callable[[], Any]:
    """The workload in PyTorch."""
    import torch

    torch.set_num_threads(threads)
    return _with(torch, torch.nn.functional, case)


def _with(package: Any, functional: Any, case: Case) -> Callable[[], Any]:
    """The workload, in words that both understand."""
    images, kernels, biases, gradient = case.arrays()
    x = package.tensor(images, requires_grad=not case.first)
    w, b = package.tensor(kernels, requires_grad=True), package.tensor(biases, requires_grad=True)
    g = package.tensor(gradient)
    if case.layer == "conv":

        def layer() -> Any:
            return functional.conv2d(x, w, b, padding=case.padding)

    else:
        pool = functional.max_pool2d if case.layer == "max_pool" else functional.avg_pool2d

        def layer() -> Any:
            return pool(x, case.kernel)

    def forward() -> None:
        with package.no_grad():
            layer()

    def both() -> None:
        x.grad = w.grad = b.grad = None
        layer().backward(g)

    return both if case.backward else forward


def control(case: Case, threads: int) -> Callable[[], Any]:  # NumPy takes its threads from the environment
    """The workload in NumPy as a first course writes it."""
    x, w, b, g = case.arrays()
    k, p = case.kernel, case.padding

    def conv() -> None:
        padded = np.pad(x, ((0, 0), (0, 0), (p, p), (p, p)))
        windows = sliding_window_view(padded, (k, k), (2, 3))
        columns = windows.transpose(0, 2, 3, 1, 4, 5).reshape(-1, w[0].size)
        out = columns @ w.reshape(len(w), -1).T + b
        out.reshape(len(x), *windows.shape[2:4], -1).transpose(0, 3, 1, 2)
        if not case.backward:
            return
        rows = g.transpose(0, 2, 3, 1).reshape(-1, len(w))
        (rows.T @ columns).reshape(w.shape)
        rows.sum(0)
        if case.first:
            return
        back = (
            (rows @ w.reshape(len(w), -1)).reshape(len(x), *g.shape[2:], -1, k, k).transpose(0, 3, 4, 5, 1, 2)
        )
        gx = np.zeros_like(padded)
        for i in range(k):
            for j in range(k):
                gx[:, :, i : i + g.shape[2], j : j + g.shape[3]] += back[:, :, i, j]

    def pool() -> None:
        n, c, h, _ = x.shape
        cells = x.reshape(n, c, h // k, k, h // k, k)
        if case.layer == "avg_pool":
            cells.mean((3, 5))
            if case.backward:
                np.broadcast_to(g[:, :, :, None, :, None] / (k * k), cells.shape).reshape(x.shape)
            return
        out = cells.max((3, 5))
        if case.backward:
            ((cells == out[:, :, :, None, :, None]) * g[:, :, :, None, :, None]).reshape(x.shape)

    return conv if case.layer == "conv" else pool


FRAMEWORKS = {"ours": ours, "PyTorch": pytorch, "plain NumPy": control}
CLOCKS = {"wall": time.perf_counter, "cpu": time.process_time}


def work(framework: str, threads: int, clock: Callable[[], float]) -> None:
    """Answer each line with a case's number by the median seconds of a turn, until there are no more lines."""
    ready: dict[int, Callable[[], Any]] = {}
    for line in sys.stdin:
        number = int(line)
        if number not in ready:
            ready[number] = FRAMEWORKS[framework](CASES[number], threads)
            ready[number]()
        run = ready[number]
        run()
        seconds: list[float] = []
        while len(seconds) < 3 or (sum(seconds) < 0.03 and len(seconds) < 15):
            start = clock()
            run()
            seconds.append(clock() - start)
        print(json.dumps(statistics.median(seconds)), flush=True)


def start(framework: str, options: argparse.Namespace) -> subprocess.Popen[str]:
    """Start the process of a framework."""
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": str(options.threads)}
    root = str(Path(__file__).resolve().parents[2])
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")]))
    # a helper thread of the control that spins on after its turn would be measured in the turn of the next
    environment["OPENBLAS_THREAD_TIMEOUT"] = "14"
    return subprocess.Popen(
        [
            sys.executable,
            __file__,
            "--worker",
            framework,
            "--threads",
            f"{options.threads}",
            "--clock",
            options.clock,
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    )


def ask(worker: subprocess.Popen[str], number: int) -> float:
    """Let a process take its turn at a case, and return its milliseconds."""
    assert worker.stdin is not None
    assert worker.stdout is not None
    worker.stdin.write(f"{number}\n")
    worker.stdin.flush()
    return 1e3 * float(json.loads(worker.stdout.readline()))


def spread(values: list[float]) -> str:
    """Best, median and worst."""
    return f"{min(values):.2f} / {statistics.median(values):.2f} / {max(values):.2f}"


def main() -> None:
    """Let the frameworks take turns, and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=15, help="turns of each workload (default 15)")
    parser.add_argument("--threads", type=int, default=2, help="threads of each framework (default 2)")
    parser.add_argument("--only", default="", help="only workloads whose name contains this")
    parser.add_argument(
        "--clock", choices=CLOCKS, default="wall", help="'cpu' with --threads 1: fair on a busy machine"
    )
    parser.add_argument("--worker", choices=FRAMEWORKS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        work(options.worker, options.threads, CLOCKS[options.clock])
        return

    names = [name for name in FRAMEWORKS if name != "PyTorch" or find_spec("torch")]
    print(
        f"{platform.platform()}, {os.cpu_count()} cores, Python {platform.python_version()}, NumPy {np.__version__}, "
        f"PyTorch {version('torch') if 'PyTorch' in names else 'not installed'}, {options.threads} thread(s) each, "
        f"{options.clock} clock"
    )
    workers = {name: start(name, options) for name in names}
    chosen = [number for number, case in enumerate(CASES) if options.only in case.name]
    turns: dict[tuple[int, str], list[float]] = {(number, name): [] for number in chosen for name in names}
    for _ in range(options.rounds):
        for number in chosen:
            for name in names:
                turns[number, name].append(ask(workers[name], number))
    for worker in workers.values():
        worker.communicate()

    columns = [*names, "PyTorch / ours"][: len(names) + ("PyTorch" in names)]
    print(f"{'milliseconds, best / median / worst turn':58}" + "".join(f"{name:>26}" for name in columns))
    for number in chosen:
        cells = [spread(turns[number, name]) for name in names]
        if "PyTorch" in names:
            pairs = zip(turns[number, "PyTorch"], turns[number, "ours"], strict=True)
            low, middle, high = statistics.quantiles([theirs / mine for theirs, mine in pairs], n=4)
            cells.append(f"{middle:.2f} ({low:.2f}-{high:.2f})")
        print(f"{CASES[number].name:58}" + "".join(f"{cell:>26}" for cell in cells))


if __name__ == "__main__":
    main()
