"""``python -m tinygrad_edu train``: train a perceptron of 128 and 64 hidden units and keep what it learnt."""

from __future__ import annotations

import argparse
import math
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

import tinygrad_edu as tg
from tinygrad_edu.data import DataError, DataLoader, TensorDataset, digits, fashion_mnist, mnist
from tinygrad_edu.models import mlp
from tinygrad_edu.nn import CrossEntropyLoss
from tinygrad_edu.optim import SGD, Adam, Optimizer

from .curve import Epoch, save_curve
from .files import save_weights
from .loop import evaluate, train_epoch

__all__ = ["add_arguments", "train"]

_DATA = {"digits": digits, "mnist": mnist, "fashion-mnist": fashion_mnist}
_LEARNING_RATES = {"adam": 1e-3, "sgd": 0.05}
_INTERRUPTED = 130  # what a shell reports for a program that Ctrl-C ended


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``train``."""
    add = parser.add_argument
    add(
        "--data", choices=_DATA, default="digits", help="what to learn (default: digits, which need no files)"
    )
    add("--epochs", type=_at_least_one, default=15, help="times through the training data (default: 15)")
    add("--batch-size", type=_at_least_one, default=32, help="samples per step (default: 32)")
    add("--lr", type=_positive, help="learning rate (default: 0.001 for adam, 0.05 for sgd)")
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
    missing = [name for name in ("rich", "matplotlib") if not _is_installed(name)]
    if missing:
        return _misuse(f"Training needs {' and '.join(missing)}: pip install 'tinygrad-edu[train]'.")
    try:
        options.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        return _misuse(
            f"--out {options.out}: the folder cannot be made ({error.strerror}); name another one."
        )
    try:
        load = _DATA[options.data]
        parts = load(train=True), load(train=False)
    except DataError as error:
        return _misuse(str(error))
    with _stop_request() as stop:
        try:
            return _run(options, *parts, stop)
        except OSError as error:
            return _misuse(
                f"The results cannot be written to {options.out} ({error.strerror}); name another folder with --out."
            )


def _run(
    options: argparse.Namespace, training: TensorDataset, test: TensorDataset, stop: dict[str, bool]
) -> int:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(highlight=False, soft_wrap=True)
    tg.manual_seed(options.seed)
    images, classes = training.tensors
    model = mlp(math.prod(images.shape[1:]), int(classes.data.max()) + 1)
    optimizer = _optimizer(options, model)
    loss_fn = CrossEntropyLoss()
    batches = DataLoader(training, options.batch_size, shuffle=True, generator=options.seed)
    weights_path, curve_path = options.out / "weights.npz", options.out / "curve.png"
    console.print(
        f"{options.data}: {len(training):,} images to learn from, {len(test):,} to be tested on; "
        f"{sum(p.numel() for p in model.parameters()):,} parameters, {options.optimizer}, "
        f"learning rate {optimizer.param_groups[0]['lr']:g}, batches of {options.batch_size}, seed {options.seed}"
    )
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("loss {task.fields[loss]:.4f}"),
        TimeRemainingColumn(),
    )
    history: list[Epoch] = []
    # A learning rate that is too large overflows. That is said once, below, instead of by NumPy at every operation.
    with (
        np.errstate(all="ignore"),
        Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress,
    ):
        task = progress.add_task("", total=len(batches), loss=math.nan)

        def on_batch(loss: float) -> bool:
            progress.update(task, advance=1, loss=loss)
            return stop["requested"] or not math.isfinite(loss)

        for number in range(1, options.epochs + 1):
            progress.reset(
                task, total=len(batches), description=f"epoch {number}/{options.epochs}", loss=math.nan
            )
            started = perf_counter()
            train_loss = train_epoch(model, batches, optimizer, loss_fn, on_batch)
            seconds = perf_counter() - started
            if not math.isfinite(train_loss):
                break
            if stop["requested"]:
                break
            epoch = Epoch(number, train_loss, *evaluate(model, test, loss_fn), seconds)
            history.append(epoch)
            save_weights(weights_path, model.state_dict())
            console.print(
                f"epoch {number:>{len(str(options.epochs))}}/{options.epochs}   loss {train_loss:.4f}   "
                f"test loss {epoch.test_loss:.4f}   test accuracy {100 * epoch.test_accuracy:5.2f} %   {seconds:.1f} s"
            )
    return _conclude(options, console, model, history, train_loss, stop, weights_path, curve_path)


def _conclude(
    options: argparse.Namespace,
    console: Any,
    model: Any,
    history: list[Epoch],
    train_loss: float,
    stop: dict[str, bool],
    weights_path: Path,
    curve_path: Path,
) -> int:
    """Save what is worth keeping and say so."""
    if not math.isfinite(train_loss):
        kept = f" {weights_path} holds the weights after epoch {len(history)}." if history else ""
        print(
            f"The loss became {train_loss} in epoch {len(history) + 1}: the steps are too large. "
            f"Try a smaller --lr.{kept}",
            file=sys.stderr,
        )
        return 1
    if stop["requested"]:
        save_weights(weights_path, model.state_dict())
        print(
            f"\nStopped in epoch {len(history) + 1}. The weights so far are kept in {weights_path}.",
            file=sys.stderr,
        )
        return _INTERRUPTED
    save_curve(curve_path, history, f"{options.data}, {options.optimizer}, seed {options.seed}")
    seconds = sum(epoch.seconds for epoch in history)
    console.print(
        f"test accuracy {100 * history[-1].test_accuracy:.2f} % after {len(history)} epochs, "
        f"{seconds:.1f} s of training (seed {options.seed})\nsaved {weights_path} and {curve_path}"
    )
    return 0


def _optimizer(options: argparse.Namespace, model: Any) -> Optimizer:
    lr = _LEARNING_RATES[options.optimizer] if options.lr is None else options.lr
    if options.optimizer == "adam":
        return Adam(model.parameters(), lr=lr)
    return SGD(model.parameters(), lr=lr, momentum=0.9)


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


def _is_installed(name: str) -> bool:
    from importlib.util import find_spec

    return find_spec(name) is not None


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
