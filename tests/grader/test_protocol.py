"""What travels, what does not, and what a hostile peer may send."""

import contextlib
import io
import struct

import msgpack
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from grader import protocol
from grader.protocol import (
    DTYPES,
    JUDGE_TAGS,
    MAX_FRAME,
    WORKER_TAGS,
    Fn,
    Opaque,
    ProtocolError,
    Ref,
    from_wire,
    pack,
    read_frame,
    to_wire,
    unpack,
    write_frame,
)

dtypes = st.sampled_from(DTYPES).map(np.dtype)
leaves = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**100), 2**100),
    st.floats(),
    st.text(max_size=20),
    st.binary(max_size=20),
    st.just(Ellipsis),
    dtypes.flatmap(lambda d: arrays(d, st.sampled_from([(), (0,), (3,), (2, 0), (2, 3)]))),
    dtypes.flatmap(lambda d: arrays(d, ())).map(lambda a: a[()]),
    dtypes,
    st.builds(
        slice, st.none() | st.integers(0, 9), st.none() | st.integers(0, 9), st.none() | st.integers(1, 3)
    ),
)
values = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(st.text(max_size=5) | st.integers(), inner, max_size=3)
    ),
    max_leaves=12,
)


def same(a, b):
    """Equal with equal types all the way down, NaN included."""
    if type(a) is not type(b):
        return False
    if isinstance(a, np.ndarray | np.generic):
        return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict):
        return list(a) == list(b) and all(map(same, a.values(), b.values()))
    if isinstance(a, float):
        return struct.pack(">d", a) == struct.pack(">d", b)
    return a == b


def travelled(value, tags):
    return from_wire(unpack(pack(to_wire(value))), tags)


@settings(deadline=None, max_examples=200)
@given(values)
def test_a_value_arrives_as_it_left(value):
    arrived = travelled(value, WORKER_TAGS)
    if isinstance(value, np.dtype):
        assert arrived == value
    else:
        assert same(value, arrived)


@pytest.mark.parametrize("value", [Ref(3), Fn("x + y", ("x", "y")), [1, {"a": Ref(0)}]])
def test_references_and_formulas_travel_to_the_worker_only(value):
    assert travelled(value, JUDGE_TAGS) == value
    with pytest.raises(ProtocolError, match="no tag that is allowed"):
        travelled(value, WORKER_TAGS)


def test_stand_ins_travel_from_the_worker_only():
    assert travelled([Opaque("Node", 2)], WORKER_TAGS) == [Opaque("Node", 2)]
    with pytest.raises(ProtocolError, match="no tag"):
        travelled(Opaque("Node", 2), JUDGE_TAGS)


class Lying(float):
    pass


circle: list = []
circle.append(circle)


@pytest.mark.parametrize(
    "value",
    [
        object(),
        Lying(1.0),
        1 + 2j,
        {1, 2},
        np.array([None]),
        np.zeros(2, complex),
        np.zeros(2, ">f8"),
        np.zeros(2, np.float16),
        np.zeros(2, np.longdouble),
        np.ma.masked_all(2),
        np.zeros(2, [("a", float)]),
        np.zeros(2).view(type("Sub", (np.ndarray,), {})),
        np.broadcast_to(0.0, (10**9,)),
        circle,
        2**5000,
        [0] * (protocol.MAX_ITEMS + 1),
        "x" * (protocol.MAX_TEXT + 1),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_is_not_in_the_vocabulary_does_not_travel(value):
    with pytest.raises(ProtocolError):
        to_wire(value)


def header(code, ndim, *shape, data=b""):
    return struct.pack(f">BB{len(shape)}I", code, ndim, *shape) + data


FLOAT = DTYPES.index("float64")
BAD_ARRAYS = {
    "no header": b"",
    "unknown dtype": header(99, 1, 1, data=b"\0" * 8),
    "promises more than it holds": header(FLOAT, 1, 2, data=b"\0" * 8),
    "holds more than it promises": header(FLOAT, 1, 1, data=b"\0" * 16),
    "promises memory that no machine has": header(FLOAT, 3, 2**31, 2**31, 2**31),
    "an overflow back to nothing": header(FLOAT, 2, 2**31, 2**30, data=b""),
    "axes that are not there": header(FLOAT, 32),
    "too many axes": header(FLOAT, 33, *[1] * 33, data=b"\0" * 8),
    "a boolean that is neither": header(0, 1, 1, data=b"\7"),
}


@pytest.mark.parametrize("data", BAD_ARRAYS.values(), ids=BAD_ARRAYS)
@pytest.mark.parametrize("code", [1, 2])
def test_an_array_header_is_believed_only_if_its_bytes_agree(data, code):
    with pytest.raises(ProtocolError, match=r"array|extension"):
        unpack(msgpack.packb(msgpack.ExtType(code, data)))


def deep(levels):
    wire = ["list"]
    for _ in range(levels):
        wire = ["list", wire]
    return wire


BAD_WIRES = {
    "no tag": [1, 2],
    "empty": [],
    "unknown tag": ["set", 1],
    "a map": {"a": 1},
    "a bare timestamp": msgpack.Timestamp(1),
    "an odd dictionary": ["dict", 1],
    "an unhashable key": ["dict", ["list"], 1],
    "text for a number": ["int", "zz"],
    "no number": ["int"],
    "a slice of text": ["slice", "a", None, None],
    "a dtype outside the list": ["dtype", "object"],
    "a stand-in without words": ["opaque", 3, None],
    "too deep": deep(40),
}


@pytest.mark.parametrize("wire", BAD_WIRES.values(), ids=BAD_WIRES)
def test_a_value_that_breaks_the_schema_is_refused(wire):
    with pytest.raises(ProtocolError):
        from_wire(wire, WORKER_TAGS)


BAD_BODIES = {
    "nothing": b"",
    "cut short": b"\x92\x01",
    "more than one": b"\x01\x02",
    "a reserved byte": b"\xc1",
    "invalid text": b"\xa1\xff",
    "an array of four thousand million": b"\xdd\xff\xff\xff\xff",
    "text of four thousand million": b"\xdb\xff\xff\xff\xff",
    "unknown extension": msgpack.packb(msgpack.ExtType(9, b"")),
    "nested beyond reason": b"\x91" * 100_000 + b"\x01",
    "keys that are no text": msgpack.packb({(1, 2): 3}),
}


@pytest.mark.parametrize("body", BAD_BODIES.values(), ids=BAD_BODIES)
def test_a_body_that_is_not_one_plain_object_is_refused(body):
    with pytest.raises(ProtocolError):
        unpack(body)


@settings(deadline=None, max_examples=300)
@given(st.binary(max_size=60))
def test_random_bytes_give_a_value_or_a_protocol_error_and_nothing_else(body):
    with contextlib.suppress(ProtocolError):
        from_wire(unpack(body), WORKER_TAGS)


def test_frames():
    stream = io.BytesIO()
    write_frame(stream, b"one")
    write_frame(stream, b"")
    stream.seek(0)
    assert [read_frame(stream), read_frame(stream)] == [b"one", b""]
    with pytest.raises(EOFError):
        read_frame(stream)


@pytest.mark.parametrize("data", [b"\0\0", struct.pack(">I", 5) + b"four"])
def test_a_frame_that_ends_too_early_is_an_end(data):
    with pytest.raises(EOFError):
        read_frame(io.BytesIO(data))


def test_a_frame_that_promises_too_much_is_not_read():
    stream = io.BytesIO(struct.pack(">I", MAX_FRAME + 1) + b"x" * 100)
    with pytest.raises(ProtocolError, match="promises"):
        read_frame(stream)
    assert stream.tell() == 4


def test_a_message_that_is_too_large_is_not_sent():
    with pytest.raises(ProtocolError, match="too large"):
        pack(["x" * (MAX_FRAME + 1)])
