"""What a module does when programs are run on it, and whether two modules do the same."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from grader.compare import difference
from grader.program import Program, Raised, Reply, Runner

# Wide enough for another order of the same arithmetic, far too narrow for another formula.
SAME_RTOL: Final = 1e-6


def replay(runner: Runner, programs: Sequence[Program]) -> list[list[Reply]]:
    """Run programs again, one after the other, on the module executed anew; return the replies of each.

    Raises
    ------
    WorkerGone
        If the worker dies of it.
    """
    runner.reload()
    return [replayed(runner, program) for program in programs]


def replayed(runner: Runner, program: Program) -> list[Reply]:
    """Run one program again on the module as it is, and return its replies."""
    return [runner.run(batch.start, batch.steps, batch.ask) for batch in program.batches]


def same_behaviour(mine: Sequence[Reply], yours: Sequence[Reply], aspect: str = "value") -> bool:
    """Return whether two modules answered a program alike.

    Parameters
    ----------
    mine, yours
        The replies to the program's batches.
    aspect
        "dtype", "mutated", "aliases" or "warned" if beside the values that matters too.
    """
    pairs = list(zip(mine, yours, strict=True))
    return all(
        _same_reply(a, b)
        and _facts(a, aspect) == _facts(b, aspect)
        and (aspect != "dtype" or _dtypes(a.answers) == _dtypes(b.answers))
        for a, b in pairs
    )


def _same_reply(mine: Reply, yours: Reply) -> bool:
    if (mine.raised is None) != (yours.raised is None):
        return False
    if mine.raised and yours.raised and _place(mine.raised) != _place(yours.raised):
        return False
    return mine.answers.keys() == yours.answers.keys() and all(
        _same_value(mine.answers[step], yours.answers[step]) for step in mine.answers
    )


def _place(raised: Raised) -> tuple[str, int]:
    return raised.type, raised.step


def _same_value(mine: Any, yours: Any) -> bool:
    with np.errstate(all="ignore"):
        return difference(mine, yours, rtol=SAME_RTOL, nan_ok=True) is None


def _dtypes(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _dtypes(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_dtypes(item) for item in value]
    return value.dtype if isinstance(value, (np.ndarray, np.generic)) else None


def _facts(reply: Reply, aspect: str) -> set[int]:
    # The step only: the words name parameters, which everybody calls what they like.
    return {step for step, what in reply.facts if what == aspect}
