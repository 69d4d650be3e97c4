"""Drawing inputs with Hypothesis: the same seed draws the same inputs anywhere, and draws them once.

Drawing costs far more than asking the student's code. So inputs are drawn without it, kept for the next submission,
and replayed; only to make a failing input smaller does Hypothesis take part.
"""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import hypothesis
from hypothesis import HealthCheck, Phase, Verbosity
from hypothesis import strategies as st
from hypothesis.internal.conjecture import providers

Strategies = Mapping[str, Any]
Arguments = dict[str, Any]

_MAX_KEPT: Final = 512
# Each entry holds its strategies as well: their identity is the key, so they must not go away.
_kept: dict[tuple[int, int, int], tuple[Strategies, list[Arguments] | None]] = {}


class Enough(BaseException):
    """Nothing is to be learnt from further inputs. Not an `Exception`: Hypothesis must let it through at once."""


def inputs(strategies: Strategies, *, seed: int, max_examples: int) -> list[Arguments] | None:
    """Return the arguments that this seed draws, as copies that may be changed.

    None is returned where they cannot be known beforehand, because the check itself goes on drawing (`st.data()`).

    Examples
    --------
    >>> strategies = {"x": st.integers(0, 9)}
    >>> inputs(strategies, seed=1, max_examples=5) == inputs(strategies, seed=1, max_examples=5)
    True
    """
    draw_ahead(strategies, seed=seed, max_examples=max_examples)
    return copy.deepcopy(_kept[id(strategies), seed, max_examples][1])


def draw_ahead(strategies: Strategies, *, seed: int, max_examples: int) -> None:
    """Draw what `inputs` will return, to have it when the worker is ready."""
    key = id(strategies), seed, max_examples
    if key in _kept:
        return
    if len(_kept) >= _MAX_KEPT:
        _kept.clear()
    drawn: list[Arguments] = []
    run_live(drawn.append, strategies, seed=seed, max_examples=max_examples)
    interactive = any(isinstance(value, st.DataObject) for one in drawn for value in one.values())
    _kept[key] = strategies, None if interactive else drawn


def run_live(
    attempt: Callable[[Arguments], str | None], strategies: Strategies, *, seed: int, max_examples: int
) -> None:
    """Call `attempt` with the arguments that this seed draws, and after a failure with ever smaller ones.

    Parameters
    ----------
    attempt
        Returns None, or the kind of failure; shrinking keeps to one kind.
    strategies
        A Hypothesis strategy for each argument.
    seed, max_examples
        The seed of the draws, and how many.

    Raises
    ------
    Enough
        If `attempt` raised it.
    """
    kinds: dict[str, type[Exception]] = {}

    def run(**arguments: Any) -> None:
        kind = attempt(arguments)
        if kind is not None:
            # Hypothesis tells failures apart by their exception class.
            raise kinds.setdefault(kind, type("AttemptFailed", (Exception,), {}))

    test = hypothesis.settings(
        max_examples=max_examples,
        deadline=None,
        database=None,
        phases=(Phase.generate, Phase.shrink),
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
        verbosity=Verbosity.quiet,
        print_blob=False,
    )(hypothesis.seed(seed)(hypothesis.given(**strategies)(run)))
    with _draws_from_the_seed_alone():
        try:
            test()
        except hypothesis.errors.Flaky:
            return  # the attempts have it on record; the caller asks again and finds out
        except Exception as error:
            if type(error) not in kinds.values():
                raise


@contextlib.contextmanager
def _draws_from_the_seed_alone() -> Iterator[None]:
    """Keep Hypothesis from mixing in constants of whatever modules happen to be loaded.

    It does so to find bugs in the program under test, which is not even in this process; here the same seed must
    draw the same inputs whichever exercises were judged before.
    """
    name = "_get_local_constants"
    before = getattr(providers, name, None)
    if before is None:  # a Hypothesis that does not do this
        yield
        return
    setattr(providers, name, type(before()))
    try:
        yield
    finally:
        setattr(providers, name, before)
