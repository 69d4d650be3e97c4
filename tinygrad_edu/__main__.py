"""``python -m tinygrad_edu``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from tinygrad_edu import __version__

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit status: 0 done, 1 failed, 2 misuse.

    Parameters
    ----------
    arguments
        Without the program's name; by default those of the process.
    """
    from tinygrad_edu.train import command

    parser = argparse.ArgumentParser(
        prog="python -m tinygrad_edu",
        description="An autograd engine in NumPy that a student can read whole.",
    )
    parser.add_argument("--version", action="version", version=f"tinygrad_edu {__version__}")
    verbs = parser.add_subparsers(dest="verb", title="verbs", metavar="VERB")
    train = verbs.add_parser(
        "train",
        help="train a small network, watch it learn, keep its weights and its curve",
        description="Train a perceptron of 128 and 64 hidden units (ReLU) and save its weights and learning curve.",
    )
    command.add_arguments(train)
    options = parser.parse_args(arguments)
    if options.verb is None:
        parser.print_help()
        return 0
    try:
        return command.train(options)
    except KeyboardInterrupt:
        print("\nStopped before training began; nothing was saved.", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
