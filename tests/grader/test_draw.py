"""Drawing: the same seed draws the same inputs, whatever happened before, and shrinks within its bounds."""

import importlib.util
import sys

import numpy as np
import pytest

from grader.draw import Enough, inputs, run_live
from grader.spec import arrays, st

MANY = 200


def strategies():
    """Equal strategies that no earlier draw can have been kept for."""
    return {
        "x": st.floats(-1e9, 1e9),
        "n": st.integers(-(10**9), 10**9),
        "a": arrays(float, (2,)),
        "t": st.text(),
    }


def drawn(seed, count=MANY):
    return repr(inputs(strategies(), seed=seed, max_examples=count))


def test_a_seed_draws_the_same_again_and_another_seed_something_else():
    assert drawn(1) == drawn(1)
    assert drawn(1) != drawn(2)


def test_what_other_modules_contain_does_not_matter(tmp_path):
    before = drawn(3)
    path = tmp_path / "full_of_constants.py"
    path.write_text(
        f"A = {[n * 1_000_003 + 17 for n in range(400)]}\nB = {[n * 1.37e3 + 0.123 for n in range(400)]}\n"
    )
    spec = importlib.util.spec_from_file_location("full_of_constants", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules["full_of_constants"] = module
    try:
        spec.loader.exec_module(module)
        assert drawn(3) == before
    finally:
        del sys.modules["full_of_constants"]


def test_a_check_may_spoil_its_own_inputs_only():
    one = {"a": arrays(float, (3,), elements=st.floats(1, 2))}
    first = inputs(one, seed=1, max_examples=5)
    before = repr(first)
    for arguments in first:
        arguments["a"] *= np.nan
    assert repr(inputs(one, seed=1, max_examples=5)) == before


def test_interactive_draws_cannot_be_known_beforehand():
    assert inputs({"data": st.data()}, seed=1, max_examples=5) is None


def test_a_failure_is_shrunk_and_keeps_its_kind():
    seen = []

    def attempt(arguments):
        kind = None if arguments["n"] < 50 else "large" if arguments["n"] < 5000 else "huge"
        seen.append((arguments["n"], kind))
        return kind

    run_live(attempt, {"n": st.integers(0, 10**6)}, seed=1, max_examples=50)
    first = next(kind for _, kind in seen if kind)
    assert min(n for n, kind in seen if kind == first) == {"large": 50, "huge": 5000}[first]


@pytest.mark.parametrize("after", [1, 3])
def test_enough_ends_everything_at_once(after):
    seen = []

    def attempt(arguments):
        seen.append(arguments)
        if len(seen) == after:
            raise Enough
        return "wrong"

    with pytest.raises(Enough):
        run_live(attempt, {"n": st.integers()}, seed=1, max_examples=50)
    assert len(seen) == after


def test_an_error_that_is_no_failure_comes_through():
    def attempt(arguments):
        raise KeyError(arguments["n"])

    with pytest.raises(KeyError):
        run_live(attempt, {"n": st.just(1)}, seed=1, max_examples=5)


@pytest.mark.parametrize(
    ("dtype", "shape", "kind"),
    [(float, 3, (3,)), (np.float32, (2, 2), (2, 2)), (int, (4,), (4,)), (bool, 2, (2,))],
)
def test_arrays_hold_what_they_say(dtype, shape, kind):
    for arguments in inputs({"a": arrays(dtype, shape)}, seed=1, max_examples=20):
        found = arguments["a"]
        assert (found.dtype, found.shape) == (np.dtype(dtype), kind)
        assert np.isfinite(found).all()


def test_every_element_of_an_array_is_drawn():
    found = inputs({"a": arrays(float, (8,))}, seed=1, max_examples=20)
    assert max(len(set(one["a"])) for one in found) >= 6


def test_arrays_have_one_or_two_axes_if_nothing_else_is_said():
    found = inputs({"a": arrays()}, seed=1, max_examples=30)
    assert {one["a"].ndim for one in found} == {1, 2}
