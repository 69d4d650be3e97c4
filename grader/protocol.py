"""What travels between judge and worker: values as plain data, values as bytes, bytes in frames.

A frame is a length (4 bytes, big endian) and a msgpack body. Numbers, text, None and booleans travel as
themselves; containers as a list whose first element is a tag (``["tuple", 1, 2]``); arrays as an extension that
holds dtype code, shape and raw bytes. Nothing is ever unpickled or evaluated here, every size is checked before
anything is allocated, and whatever breaks a rule is a `ProtocolError`.

The worker imports this file too, so it needs NumPy and msgpack alone.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO, Any, Final, Protocol

import msgpack
import numpy as np

MAX_FRAME: Final = 16 * 2**20
MAX_ARRAY: Final = 8 * 2**20
MAX_ITEMS: Final = 50_000
MAX_DEPTH: Final = 24
MAX_BITS: Final = 4096
MAX_TEXT: Final = 256 * 2**10
MAX_DIMS: Final = 32

DTYPES: Final = (
    "bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float32", "float64",
)  # fmt: skip
_CODES: Final = {np.dtype(name): code for code, name in enumerate(DTYPES)}
_ARRAY, _SCALAR = 1, 2

# The judge may send a reference or a formula; the worker may only send what it found.
JUDGE_TAGS: Final = frozenset({"list", "tuple", "dict", "int", "slice", "ellipsis", "dtype", "ref", "fn"})
WORKER_TAGS: Final = frozenset({"list", "tuple", "dict", "int", "slice", "ellipsis", "dtype", "opaque"})


class Readable(Protocol):
    """Whatever frames are read from."""

    def read(self, size: int, /) -> bytes:
        """Return this many bytes, or fewer at the end."""


class ProtocolError(ValueError):
    """Bytes or data that the protocol does not allow; the message says which rule they broke."""


@dataclass(frozen=True, slots=True)
class Ref:
    """The result of an earlier step of the same program."""

    step: int


@dataclass(frozen=True, slots=True)
class Fn:
    """A function given by its formula, so that it can travel as text.

    Examples
    --------
    >>> square = Fn("x ** 2", ("x",))
    >>> square(3.0), str(square)
    (9.0, 'lambda x: x ** 2')
    """

    text: str
    parameters: tuple[str, ...] = ("x",)

    def __str__(self) -> str:
        return f"lambda {', '.join(self.parameters)}: {self.text}"

    def compiled(self) -> Callable[..., Any]:
        """Return the Python function; its text comes from a spec, never from a student."""
        function: Callable[..., Any] = eval(str(self), {"np": np, "math": math})
        return function

    def __call__(self, *args: Any) -> Any:
        """Evaluate the formula here, for the check's own calculation."""
        return self.compiled()(*args)


@dataclass(frozen=True, slots=True)
class Opaque:
    """A result that cannot travel: what it is, and the first step that gave this very object."""

    type: str
    step: int | None = None

    def __str__(self) -> str:
        return f"<{self.type}>"


def to_wire(value: Any, *, opaque: Callable[[Any], Opaque] | None = None) -> Any:
    """Turn a value into what msgpack can pack.

    Parameters
    ----------
    value
        Anything. Only exact types are understood: a subclass may lie about what it holds.
    opaque
        Says what stands in for a value outside the vocabulary; without it such a value is an error.

    Raises
    ------
    ProtocolError
        If the value is outside the vocabulary, too deep, or too large.
    """
    return _to_wire(value, opaque, 0, [MAX_ITEMS])


def _to_wire(value: Any, opaque: Callable[[Any], Opaque] | None, depth: int, room: list[int]) -> Any:
    room[0] -= 1
    if room[0] < 0 or depth > MAX_DEPTH:
        raise ProtocolError("a value nests too deeply or holds too many items")
    kind = type(value)
    if value is None or kind is bool or kind is float:
        return value
    if kind is int:
        return value if -(2**63) <= value < 2**63 else ["int", _hex(value)]
    if kind is str or kind is bytes:
        if len(value) > MAX_TEXT:
            raise ProtocolError("a text is too long")
        return value
    if kind is list or kind is tuple:
        return [kind.__name__, *[_to_wire(item, opaque, depth + 1, room) for item in value]]
    if kind is dict:
        flat = [part for pair in value.items() for part in pair]
        return ["dict", *[_to_wire(part, opaque, depth + 1, room) for part in flat]]
    if kind is np.ndarray and value.dtype in _CODES and value.dtype.isnative:
        return msgpack.ExtType(_ARRAY, _pack_array(value))
    if isinstance(value, np.generic) and value.dtype in _CODES:
        return msgpack.ExtType(_SCALAR, _pack_array(np.asarray(value)))
    if kind is slice:
        parts = (value.start, value.stop, value.step)
        return ["slice", *[_to_wire(part, opaque, depth + 1, room) for part in parts]]
    if value is Ellipsis:
        return ["ellipsis"]
    names_dtype = isinstance(value, np.dtype) or (kind is type and issubclass(value, np.generic))
    if names_dtype and np.dtype(value) in _CODES:
        return ["dtype", np.dtype(value).name]
    if kind is Ref:
        return ["ref", value.step]
    if kind is Fn:
        return ["fn", value.text, *value.parameters]
    if opaque is not None:
        value = opaque(value)
        kind = Opaque
    if kind is Opaque:
        return ["opaque", value.type, value.step]
    raise ProtocolError(f"a {kind.__name__} cannot travel to the worker")


def from_wire(wire: Any, tags: frozenset[str]) -> Any:
    """Turn unpacked data back into a value, admitting only these container tags.

    Raises
    ------
    ProtocolError
        If the data does not follow the schema.
    """
    return _from_wire(wire, tags, 0)


def _from_wire(wire: Any, tags: frozenset[str], depth: int) -> Any:
    if wire is None or isinstance(wire, (bool, int, float, str, bytes, np.ndarray, np.generic)):
        return wire
    if type(wire) is not list or not wire or type(wire[0]) is not str or wire[0] not in tags:
        raise ProtocolError("a value has no tag that is allowed here")
    if depth > MAX_DEPTH:
        raise ProtocolError("a value nests too deeply")
    tag, rest = wire[0], wire[1:]
    if tag == "list":
        return [_from_wire(item, tags, depth + 1) for item in rest]
    if tag == "tuple":
        return tuple(_from_wire(item, tags, depth + 1) for item in rest)
    if tag == "dict":
        rest = [_from_wire(item, tags, depth + 1) for item in rest]
    try:
        return _MAKERS[tag](*rest)
    except (TypeError, ValueError) as error:
        raise ProtocolError(f"a value tagged {tag!r} is malformed") from error


def _checked(value: Any, *kinds: type) -> Any:
    if type(value) not in kinds:
        raise TypeError
    return value


_MAKERS: Final[dict[str, Callable[..., Any]]] = {
    "dict": lambda *items: dict(zip(items[::2], items[1::2], strict=True)),
    "int": lambda text: _from_hex(_checked(text, str)),
    "slice": lambda *parts: slice(*[_checked(part, int, type(None)) for part in parts]),
    "ellipsis": lambda: Ellipsis,
    "dtype": lambda name: np.dtype(DTYPES[DTYPES.index(name)]),
    "ref": lambda step: Ref(_checked(step, int)),
    "fn": lambda text, *names: Fn(_checked(text, str), tuple(_checked(name, str) for name in names)),
    "opaque": lambda kind, step: Opaque(_checked(kind, str), _checked(step, int, type(None))),
}


def _hex(value: int) -> str:
    if value.bit_length() > MAX_BITS:
        raise ProtocolError(f"an integer has more than {MAX_BITS} bits")
    return hex(value)


def _from_hex(text: str) -> int:
    if len(text) > MAX_BITS // 4 + 3:  # "-0x"
        raise ProtocolError(f"an integer has more than {MAX_BITS} bits")
    return int(text, 16)


def _pack_array(array: np.ndarray[Any, Any]) -> bytes:
    if array.nbytes > MAX_ARRAY:
        raise ProtocolError(f"an array of shape {array.shape} is too large to send")
    return struct.pack(f">BB{array.ndim}I", _CODES[array.dtype], array.ndim, *array.shape) + array.tobytes()


def _unpack_ext(code: int, data: bytes) -> Any:
    if code not in (_ARRAY, _SCALAR) or len(data) < 2:
        raise ProtocolError("an extension of unknown kind")
    kind, ndim = data[0], data[1]
    if kind >= len(DTYPES) or ndim > MAX_DIMS or (code == _SCALAR and ndim) or len(data) < 2 + 4 * ndim:
        raise ProtocolError("an array header breaks the schema")
    shape = struct.unpack_from(f">{ndim}I", data, 2)
    dtype = np.dtype(DTYPES[kind])
    # The claimed size is compared before NumPy sees the shape, so a lying header costs nothing.
    if math.prod(shape) * dtype.itemsize != len(data) - 2 - 4 * ndim:
        raise ProtocolError("an array header promises a size that its bytes do not have")
    if dtype == np.bool_ and np.frombuffer(data, np.uint8, offset=2 + 4 * ndim).max(initial=0) > 1:
        raise ProtocolError("a boolean array holds something other than 0 and 1")
    array = np.frombuffer(data, dtype, offset=2 + 4 * ndim).reshape(shape).copy()
    return array if code == _ARRAY else array[()]


def pack(message: Any) -> bytes:
    """Pack a message of plain data (see `to_wire`) into the body of a frame.

    Raises
    ------
    ProtocolError
        If it is longer than a frame may be.
    """
    body: bytes = msgpack.packb(message, strict_types=True, unicode_errors="backslashreplace")
    if len(body) > MAX_FRAME:
        raise ProtocolError("a message is too large to send")
    return body


def unpack(body: bytes) -> Any:
    """Unpack the body of a frame.

    Raises
    ------
    ProtocolError
        If the bytes are not one msgpack object within the limits.

    Examples
    --------
    >>> unpack(pack({"id": 1, "value": [1.5, "a"]}))
    {'id': 1, 'value': [1.5, 'a']}
    """
    room = 2 * MAX_ITEMS

    def counted(found: Any) -> Any:
        # An empty list is one byte in a frame and 60 in memory: their number must be limited, too.
        nonlocal room
        room -= 1 + len(found)
        if room < 0:
            raise ProtocolError("a frame holds too many items")
        return found

    try:
        return msgpack.unpackb(
            body,
            strict_map_key=True,
            list_hook=counted,
            object_hook=counted,
            ext_hook=_unpack_ext,
            max_str_len=MAX_FRAME,
            max_array_len=2 * MAX_ITEMS,
            max_map_len=MAX_ITEMS,
            max_ext_len=MAX_ARRAY + 2 + 4 * MAX_DIMS,
        )
    except ProtocolError:
        raise
    except (ValueError, TypeError, RecursionError, msgpack.exceptions.UnpackException) as error:
        raise ProtocolError("a frame is not valid msgpack") from error


def write_frame(stream: IO[bytes], body: bytes) -> None:
    """Write one frame and flush it.

    Raises
    ------
    OSError
        If nobody reads the other end.
    """
    stream.write(struct.pack(">I", len(body)) + body)
    stream.flush()


def read_frame(stream: Readable) -> bytes:
    """Read the body of one frame.

    Raises
    ------
    EOFError
        If the stream ends before the frame does.
    ProtocolError
        If the frame promises more than `MAX_FRAME` bytes; not one of them is read.
    """
    head = _read_exactly(stream, 4)
    (length,) = struct.unpack(">I", head)
    if length > MAX_FRAME:
        raise ProtocolError(f"a frame promises {length} bytes; {MAX_FRAME} are allowed")
    return _read_exactly(stream, length)


def _read_exactly(stream: Readable, size: int) -> bytes:
    data = stream.read(size)
    if len(data) < size:
        raise EOFError("the stream ended inside a frame")
    return data
