"""Drawing inputs with Hypothesis, so that the same seed draws the same inputs anywhere."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import hypothesis
from hypothesis import HealthCheck, Phase, Verbosity
from hypothesis.internal.conjecture import providers


class Enough(BaseException):
    """Nothing is to be learnt from further inputs. Not an `Exception`: Hypothesis must let it through at once."""


def draw_examples(
    attempt: Callable[[dict[str, Any]], str | None],
    strategies: Mapping[str, Any],
    *,
    seed: int,
    max_examples: int,
) -> None:
    """Call `attempt` with drawn arguments, and after a failure with ever smaller ones.

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
