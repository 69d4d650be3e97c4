"""``python -m tinygrad_edu train``: train a perceptron of 128 and 64 hidden units and keep what it learnt.

The learning rate falls along half a cosine, from the given one to nearly 0: late steps are small, so that the last
epoch is about the best and not one of many that jump up and down. Source: I. Loshchilov and F. Hutter, "SGDR:
stochastic gradient descent with warm restarts" (2017).
"""

from __future__ import annotations

import argparse
import math
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

import tinygrad_edu as tg
from tinygrad_edu.data import DataError, DataLoader, TensorDataset, digits, fashion_mnist, mnist
from tinygrad_edu.models import mlp
from tinygrad_edu.nn import CrossEntropyLoss
from tinygrad_edu.ops import workspace
from tinygrad_edu.optim import SGD, Adam

from .curve import Epoch, save_curve
from .files import save_weights
from .loop import evaluate, train_epoch

__all__ = ["add_arguments", "train"]

_DATA = {"digits": digits, "mnist": mnist, "fashion-mnist": fashion_mnist}
_LEARNING_RATES = {"adam": 2e-3, "sgd": 0.05}
_INTERRUPTED = 130  # what a shell reports for a program that Ctrl-C ended


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``train``."""
    add = parser.add_argument
    add(
        "--data", choices=_DATA, default="digits", help="what to learn (default: digits, which need no files)"
    )
    add("--epochs", type=_at_least_one, default=15, help="times through the training data (default: 15)")
    add("--batch-size", type=_at_least_one, default=64, help="samples per step (default: 64)")
    add("--lr", type=_positive, help="learning rate at the start (default: 0.002 for adam, 0.05 for sgd)")
    add(
        "--optimizer",
        choices=_LEARNING_RATES,
        default="adam",
        help="default: adam; sgd has a momentum of 0.9",
    )
    add(
        "--seed",
        type=_seed,
        default=0,
        help="starts all random numbers; the same seed, the same run (default: 0)",
    )
    add(
        "--out",
        type=Path,
        default=Path(),
        metavar="DIR",
        help="where weights.npz and curve.png go (default: here)",
    )


def train(options: argparse.Namespace) -> int:
    """Train as the options say; returns the exit status: 0, 1 if the loss diverged, 2 for misuse, 130 after Ctrl-C."""
    missing = [name for name in ("rich", "matplotlib") if find_spec(name) is None]
    if missing:
        return _misuse(f"Training needs {' and '.join(missing)}: pip install 'tinygrad-edu[train]'.")
    try:
        options.out.mkdir(parents=True, exist_ok=True)
        load = _DATA[options.data]
        run = _Run(options, load(train=True), load(train=False))
    except OSError as error:
        return _misuse(
            f"--out {options.out}: no folder can be made there ({error.strerror}); name another one."
        )
    except DataError as error:
        return _misuse(str(error))
    with _stop_request() as stop, _one_product_one_thread():
        try:
            train_loss = run.train(stop)
            return run.conclude(train_loss, stop)
        except _CannotWriteError as error:
            return _misuse(str(error))


class _CannotWriteError(Exception):
    """The folder for the results does not take them."""


class _Run:
    """One run of the command: what it trains, and what has come of it so far."""

    def __init__(self, options: argparse.Namespace, training: TensorDataset, test: TensorDataset) -> None:
        from rich.console import Console

        self.options = options
        self.test = test
        self.console = Console(highlight=False, soft_wrap=True)
        tg.manual_seed(options.seed)
        images, classes = training.tensors
        self.model = mlp(math.prod(images.shape[1:]), int(classes.data.max()) + 1)
        self.lr = _LEARNING_RATES[options.optimizer] if options.lr is None else options.lr
        parameters = self.model.parameters()
        self.optimizer = (
            Adam(parameters, self.lr)
            if options.optimizer == "adam"
            else SGD(parameters, self.lr, momentum=0.9)
        )
        self.loss_fn = CrossEntropyLoss()
        self.batches = DataLoader(training, options.batch_size, shuffle=True, generator=options.seed)
        self.history: list[Epoch] = []
        self.weights_path = options.out / "weights.npz"
        self.curve_path = options.out / "curve.png"
        self.console.print(
            f"{options.data}: {len(training):,} images to learn from, {len(test):,} to be tested on; "
            f"{sum(p.numel() for p in self.model.parameters()):,} parameters, {options.optimizer}, "
            f"learning rate {self.lr:g}, batches of {options.batch_size}, seed {options.seed}"
        )

    def train(self, stop: dict[str, bool]) -> float:
        """Run the epochs until all are done, a stop is requested or the loss is no number; returns the last loss."""
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        epochs, total = self.options.epochs, len(self.batches)
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[loss]}"),
            TimeRemainingColumn(),
        )
        bar = Progress(*columns, console=self.console, transient=True, disable=not self.console.is_terminal)
        task = bar.add_task("", total=total, loss="")

        def on_batch(loss: float) -> bool:
            bar.update(task, advance=1, loss=f"loss {loss:.4f}")
            return stop["requested"] or not math.isfinite(loss)

        train_loss = math.nan
        # Steps that are too large overflow. That is said once, in `conclude`, not by NumPy at every operation.
        with np.errstate(all="ignore"), bar:
            for number in range(1, epochs + 1):
                bar.reset(task, total=total, description=f"epoch {number}/{epochs}", loss="")
                self.optimizer.param_groups[0]["lr"] = (
                    self.lr / 2 * (1 + math.cos(math.pi * (number - 1) / epochs))
                )
                started = perf_counter()
                train_loss = train_epoch(self.model, self.batches, self.optimizer, self.loss_fn, on_batch)
                seconds = perf_counter() - started
                if stop["requested"] or not math.isfinite(train_loss):
                    break
                epoch = Epoch(number, train_loss, *evaluate(self.model, self.test, self.loss_fn), seconds)
                self.history.append(epoch)
                self._save_weights()
                self.console.print(
                    f"epoch {number:>{len(str(epochs))}}/{epochs}   loss {train_loss:.4f}   "
                    f"test loss {epoch.test_loss:.4f}   test accuracy {100 * epoch.test_accuracy:5.2f} %   "
                    f"{seconds:.1f} s"
                )
        return train_loss

    def conclude(self, train_loss: float, stop: dict[str, bool]) -> int:
        """Save what is worth keeping, say how it ended, and return the exit status."""
        done = len(self.history)
        if not math.isfinite(train_loss):
            kept = f" {self.weights_path} holds the weights after epoch {done}." if done else ""
            print(
                f"The loss became {train_loss} in epoch {done + 1}: the steps are too large. Try a smaller --lr.{kept}",
                file=sys.stderr,
            )
            return 1
        if stop["requested"] and done < self.options.epochs:
            self._save_weights()
            print(
                f"\nStopped in epoch {done + 1}. The weights so far are in {self.weights_path}.",
                file=sys.stderr,
            )
            return _INTERRUPTED
        title = f"{self.options.data}, {self.options.optimizer}, seed {self.options.seed}"
        with _writing(self.curve_path):
            save_curve(self.curve_path, self.history, title)
        seconds = sum(epoch.seconds for epoch in self.history)
        self.console.print(
            f"test accuracy {100 * self.history[-1].test_accuracy:.2f} % after {done} epochs, "
            f"{seconds:.1f} s of training (seed {self.options.seed})\n"
            f"saved {self.weights_path} and {self.curve_path}"
        )
        return 0

    def _save_weights(self) -> None:
        with _writing(self.weights_path):
            save_weights(self.weights_path, self.model.state_dict())


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    """Turn the system's refusal to write `path` into a sentence."""
    try:
        yield
    except OSError as error:
        raise _CannotWriteError(
            f"{path} cannot be written ({error.strerror or error}); name another folder with --out."
        ) from error


@contextmanager
def _one_product_one_thread() -> Iterator[None]:
    """Let NumPy compute each matrix product in one thread.

    Products as small as these gain next to nothing from more threads, which on a machine that is busy with something
    else wait for each other most of the time: training was seen to take twelve times as long.
    """
    workspace.get_num_threads()  # which remembers, on its first call, how many threads there were
    before = workspace._blas.get()
    workspace._blas.set(1)
    try:
        yield
    finally:
        workspace._blas.set(before)


@contextmanager
def _stop_request() -> Iterator[dict[str, bool]]:
    """Turn the first Ctrl-C into a wish that the loop reads between two steps, so that no step is left half done."""
    stop = {"requested": False}

    def ask(signal_number: int, frame: Any) -> None:
        del signal_number, frame
        stop["requested"] = True
        # A second Ctrl-C ends the program in the usual way.
        signal.signal(signal.SIGINT, before)

    before = signal.signal(signal.SIGINT, ask)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, before)


def _misuse(sentence: str) -> int:
    print(sentence, file=sys.stderr)
    return 2


def _at_least_one(text: str) -> int:
    value = int(text) if text.isascii() and text.strip().isdigit() else 0
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of at least 1")
    return value


def _seed(text: str) -> int:
    if not (text.isascii() and text.strip().isdigit()):
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of at least 0")
    return int(text)


def _positive(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number above 0")
    return value
