# SPDX-License-Identifier: MIT
"""Values of Sparkplug B by their datatype (Sparkplug 3.0.0, 6.4.16 and 6.4.17).

The wire has unsigned integers only; signed types are two's complement in them. A value that does not fit its datatype is shown as it was
sent.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from mqtt_explorer.payload.protobuf_wire import float32
from mqtt_explorer.payload.sparkplug_schema import DATATYPES

_SIGNED: Final = {"Int8": 8, "Int16": 16, "Int32": 32, "Int64": 64}
#: Array datatype -> format of `struct`; little-endian, packed (6.4.17, Array Types).
_PACKED: Final = {
    "Int8Array": "b",
    "Int16Array": "h",
    "Int32Array": "i",
    "Int64Array": "q",
    "UInt8Array": "B",
    "UInt16Array": "H",
    "UInt32Array": "I",
    "UInt64Array": "Q",
    "FloatArray": "f",
    "DoubleArray": "d",
    "DateTimeArray": "Q",
}
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_COUNT: Final = struct.Struct("<I")


def type_name(number: int) -> str:
    """The name of a datatype; its number for one that is not in the specification."""
    return DATATYPES.get(number, f"datatype {number}")


def readable_time(milliseconds: int) -> str | None:
    """Milliseconds since 1970 in UTC (6.4.5) as people read them; None beyond the year 9999."""
    try:
        moment = _EPOCH + timedelta(milliseconds=milliseconds)
    except OverflowError:
        return None
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def typed(value: Any, kind: str) -> Any:
    """A value of the wire as its datatype has it.

    Args:
        value: An unsigned integer, a float, a boolean, a text or bytes.
        kind: Name of the datatype; "" where it is not known.
    """
    if isinstance(value, bool):
        return value
    if isinstance(value, int):
        if kind in _SIGNED:
            return signed(value, _SIGNED[kind])
        if kind == "DateTime":
            return _time(value)
        return bool(value) if kind == "Boolean" and value < 2 else value
    if isinstance(value, bytes) and kind.endswith("Array"):
        array = _array(value, kind)
        return value if array is None else array
    return value


def signed(value: int, bits: int) -> int:
    """Two's complement of an unsigned integer: in as many bits as the datatype has, or sign-extended to 32 or 64 by the sender."""
    for width in (bits, 32, 64):
        if width >= bits and value < 1 << width:
            number = value - (1 << width) if value >> (width - 1) else value
            if -(1 << (bits - 1)) <= number < 1 << (bits - 1):
                return number
    return value


def _time(milliseconds: int) -> Any:
    said = readable_time(milliseconds)
    return milliseconds if said is None else {"timestamp": milliseconds, "time": said}


def _array(data: bytes, kind: str) -> Sequence[Any] | None:
    """An array's elements; None where the bytes are no such array."""
    if kind == "BooleanArray":
        return _booleans(data)
    if kind == "StringArray":
        return _strings(data)
    code = _PACKED.get(kind)
    if code is None:
        return None
    size = struct.calcsize(f"<{code}")
    if len(data) % size:
        return None
    values = struct.unpack(f"<{len(data) // size}{code}", data)
    if code == "f":
        return [float32(each) for each in values]
    if kind == "DateTimeArray":
        return [_time(each) for each in values]
    return values


def _booleans(data: bytes) -> Sequence[bool] | None:
    """The number of booleans in four bytes, little-endian, then a bit for each, the highest bit of a byte first."""
    if len(data) < _COUNT.size:
        return None
    count = _COUNT.unpack_from(data)[0]
    bits = data[_COUNT.size :]
    if len(bits) != -(-count // 8):
        return None
    return [bool(bits[at >> 3] & 0x80 >> (at & 7)) for at in range(count)]


def _strings(data: bytes) -> Sequence[str] | None:
    """UTF-8 texts, each with a NUL behind it."""
    if not data:
        return []
    if not data.endswith(b"\0"):
        return None
    try:
        return data[:-1].decode().split("\0")
    except UnicodeDecodeError:
        return None
