"""Got against expected: what is equal, what is not, and how it is said."""

import numpy as np
import pytest

from grader.compare import describe, difference
from grader.protocol import Opaque

A = np.array
NODE = Opaque("Node", 3)

EQUAL = [
    (1.0, 1.0),
    (1, 1.0),
    (1.0, 1),
    (True, True),
    (np.bool_(True), True),
    (np.float64(2.0), 2.0),
    (A(2.0), 2.0),
    (2.0, A(2.0)),
    ([1.0, 2.0], A([1.0, 2.0])),
    ((1.0, 2.0), A([1.0, 2.0])),
    (A([1.0, 2.0]), [1.0, 2.0]),
    ([[1], [2]], A([[1.0], [2.0]])),
    (A([1, 2]), A([1.0, 2.0])),
    (np.inf, np.inf),
    (A([-np.inf, 1.0]), A([-np.inf, 1.0])),
    (1 + 5e-8, 1.0),
    (0.0, -0.0),
    (A([1.0, 5e-15]), A([1.0, 0.0])),
    (np.float32(0.1), 0.1),
    (A([1.0, 1e-7], np.float32), A([1.0, 0.0])),
    ("a", "a"),
    (None, None),
    ([], []),
    ((), []),
    ([A([1.0]), None], (A([1.0]), None)),
    ({"a": 1.0}, {"a": A(1.0)}),
    (A([[1.0], [2.0]]), (A([1.0]), A([2.0]))),
    (2**80, 2**80),
    (NODE, NODE),
    (np.zeros((0, 3)), np.zeros((0, 3))),
]


@pytest.mark.parametrize(("got", "expected"), EQUAL)
def test_equal(got, expected):
    assert difference(got, expected) is None


DIFFERENT = [
    (1.0, 2.0, "got == 1.0, but should be 2.0"),
    (A([1.0, 5.0]), A([1.0, 2.0]), "got[1] == 5.0, but should be 2.0"),
    (A([[1.0], [2.0]]), A([[1.0], [3.0]]), "got[1, 0] == 2.0, but should be 3.0"),
    (A([1.0]), 1.0, "got.shape == (1,), but should be ()"),
    (1.0, A([1.0]), "got.shape == (), but should be (1,)"),
    (np.zeros(3), np.zeros((3, 1)), "got.shape == (3,), but should be (3, 1)"),
    (np.zeros((0,)), np.zeros(3), "got.shape == (0,), but should be (3,)"),
    (np.nan, 1.0, "got == nan, but should be 1.0"),
    (1.0, np.nan, "got == 1.0, but should be nan"),
    (np.nan, np.nan, "got == nan, but should be nan"),
    (np.inf, 1e300, "got == inf, but should be 1e+300"),
    (1e300, np.inf, "got == 1e+300, but should be inf"),
    (-np.inf, np.inf, "got == -inf, but should be inf"),
    (1e-9, 0.0, "got == 1e-09, but should be 0.0"),
    (1 + 3e-7, 1.0, "got == 1.0000003, but should be 1.0"),
    (2**80 + 1, 2**80, f"got == {2**80 + 1}, but should be {2**80}"),
    (A([2**62 + 1]), A([2**62]), f"got[0] == {2**62 + 1}, but should be {2**62}"),
    (None, 1.0, "got is None, but should be a number"),
    (None, A([1.0]), "got is None, but should be an array of shape (1,)"),
    ("1.0", 1.0, "got is the text '1.0', but should be a number"),
    ([1.0, "x"], A([1.0, 2.0]), "got is a list of 2, but should be an array of shape (2,)"),
    ([[1.0], [1.0, 2.0]], A([1.0]), "got is a list of 2, but should be an array of shape (1,)"),
    (NODE, A([1.0]), "got is an object of type Node, but should be an array of shape (1,)"),
    ([0, 0, 1], [0, 1], "len(got) == 3, but should be 2"),
    ([1.0], (1.0, None), "len(got) == 1, but should be 2"),
    ([1.0, 2.0], (1.0, None), "got[1] is 2.0, but should be None"),
    (3, (1.0, None), "got is 3, but should be a tuple"),
    ({"a": 1.0}, {"b": 1.0}, "got has the keys ['a'], but should have ['b']"),
    ({"a": 1.0}, {"a": 2.0}, "got['a'] == 1.0, but should be 2.0"),
    ([A([1.0]), A([2.0])], (A([1.0]), A([3.0, 4.0])), "got[1].shape == (1,), but should be (2,)"),
    (Opaque("Node", 4), NODE, "got is not the object it should be"),
    ("a", "b", "got is the text 'a', but should be 'b'"),
    (1, None, "got is 1, but should be None"),
]


@pytest.mark.parametrize(("got", "expected", "message"), DIFFERENT)
def test_different(got, expected, message):
    assert difference(got, expected).message == message


@pytest.mark.parametrize(
    ("got", "expected", "rules", "equal"),
    [
        (1.1, 1.0, {"rtol": 0.2}, True),
        (0.1, 0.0, {"rtol": 0.2}, False),
        (0.1, 0.0, {"atol": 0.2}, True),
        (A([1.0, 5e-15]), A([1.0, 0.0]), {"atol": 0.0}, False),
        (np.nan, np.nan, {"nan_ok": True}, True),
        (np.nan, 1.0, {"nan_ok": True}, False),
        (1.0, np.nan, {"nan_ok": True}, False),
        (A([1.0]), A([1.0]), {"dtype": float}, True),
        (A([1]), A([1.0]), {"dtype": float}, False),
        (A([1.0], np.float32), A([1.0]), {"dtype": np.float32}, True),
        (1.0, 1.0, {"dtype": float}, True),
        (A([1.0, 1.001], np.float32), A([1.0, 1.0]), {}, False),
    ],
)
def test_rules(got, expected, rules, equal):
    assert (difference(got, expected, **rules) is None) is equal


def test_a_dtype_is_an_aspect_of_its_own():
    found = difference(A([1]), A([1.0]), dtype=float)
    assert (found.message, found.aspect) == ("got.dtype == int64, but should be float64", "dtype")


def test_the_table_marks_the_worst_element():
    table = difference(A([1.0, 2.5, 9.0]), A([1.0, 2.0, 3.0])).table.splitlines()
    assert [line.split() for line in table] == [
        ["got", "expected"],
        ["[0]", "1.0", "1.0"],
        ["[1]", "2.5", "2.0", "<--", "wrong"],
        ["[2]", "9.0", "3.0", "<--", "worst"],
    ]


def test_a_large_table_shows_wrong_elements_and_always_the_worst():
    got, expected = np.zeros((10, 10)), np.zeros((10, 10))
    got[2:8] = 1.0
    got[9, 9] = np.nan
    table = difference(got, expected).table.splitlines()
    assert table[-1] == "(61 of 100 elements are wrong; 10 are shown)"
    assert "[9, 9]" in table[-2]
    assert table[-2].endswith("worst")
    assert len(table) == 12


def test_long_values_are_cut():
    found = difference("x" * 10_000, "y")
    assert len(found.got) < 500


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (Opaque("Tensor"), "an object of type Tensor"),
        ((1, 2), "a tuple of 2"),
        (A(1.0), "an array of shape ()"),
        (3, "3"),
    ],
)
def test_describe(value, words):
    assert describe(value) == words
