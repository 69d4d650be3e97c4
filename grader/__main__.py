"""`grader` and `python -m grader`."""

from __future__ import annotations

import sys

__all__ = ["main"]

# What `pip install tinygrad-edu` leaves out; without watchfiles we poll, so it is not missed.
_EXTRA = {"click", "hypothesis", "msgpack", "rich"}


def main() -> None:
    """Run the command line and exit with its status: 0, 1 (not all passed) or 2 (misuse)."""
    try:
        from grader.cli.group import grader

        grader(prog_name="grader")
    except KeyboardInterrupt:
        # Before the command line could take care of it: while it was being imported.
        sys.exit(130)
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package not in _EXTRA:
            raise
        sys.stderr.write(
            f"grader: the package {package} is not installed. Run: pip install 'tinygrad-edu[grader]'\n"
        )
        sys.exit(2)


if __name__ == "__main__":
    main()
