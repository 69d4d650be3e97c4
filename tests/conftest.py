"""What holds for all tests."""

from __future__ import annotations

import pytest

import tinygrad_edu as tg

_starts: dict[str, dict] = {}


@pytest.fixture(autouse=True)
def the_same_numbers_in_every_order(request: pytest.FixtureRequest) -> None:
    """Tests run in any order, and each draws the same numbers, from the package and from the ``RNG`` of its file."""
    tg.manual_seed(0)
    rng = getattr(request.module, "RNG", None)
    if rng is not None:
        start = _starts.setdefault(request.module.__name__, rng.bit_generator.state)
        rng.bit_generator.state = start
