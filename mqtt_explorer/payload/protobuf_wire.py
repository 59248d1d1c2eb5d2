# SPDX-License-Identifier: MIT
"""Protobuf's wire format without a schema: numbered fields, and where it breaks.

Encoding: https://protobuf.dev/programming-guides/encoding/. Without a schema neither names nor types are known. What the bytes of a
field may mean is a guess then, and every guess is marked with a question mark.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from mqtt_explorer.payload.floats import float32_text
from mqtt_explorer.payload.notation import Pairs, Word
from mqtt_explorer.payload.progress import report

VARINT: Final = 0
FIXED64: Final = 1
BYTES: Final = 2
GROUP: Final = 3
_END_GROUP: Final = 4
FIXED32: Final = 5
_KINDS: Final = {VARINT: "varint", FIXED64: "fixed64", BYTES: "bytes", GROUP: "group", FIXED32: "fixed32"}
#: Field numbers have 29 bits.
_MAX_NUMBER: Final = (1 << 29) - 1
#: Guessed messages inside guessed messages are looked into so deep.
_DEEPEST: Final = 16
#: Fields shown without a schema; more would take gigabytes of objects.
MAX_FIELDS: Final = 200_000
_REPORT_EVERY: Final = 5_000
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_BREAKS = re.compile("[\t\n\r]")


class WireError(Exception):
    """The bytes are no wire format.

    Attributes:
        at: Offset of the field (or of the byte) that is wrong.
        reason: What is wrong, as the rest of a sentence.
    """

    def __init__(self, at: int, reason: str) -> None:
        super().__init__(f"byte {at:,}: {reason}")
        self.at = at
        self.reason = reason


class Field(NamedTuple):
    """One field.

    Attributes:
        number: Its number in the schema.
        kind: `VARINT`, `FIXED64`, `BYTES`, `GROUP` or `FIXED32`.
        value: An unsigned integer, or the bytes.
        at: Where the value begins in the data.
        end: Where the next field begins.
    """

    number: int
    kind: int
    value: int | bytes
    at: int
    end: int


def read_fields(data: bytes) -> Iterator[Field]:
    """The fields one after the other.

    Raises:
        WireError: The rest is no wire format, or is not whole.
    """
    at = 0
    while at < len(data):
        field = _read_field(data, at)
        if field.kind == _END_GROUP:
            raise WireError(at, "a group ends that has not begun")
        if field.kind == GROUP:
            inside = field.end
            end, after = _group_end(data, field)
            field = field._replace(value=data[inside:end], at=inside, end=after)
        yield field
        at = field.end


def first_fault(payload: bytes) -> str | None:
    """Why the first field's tag cannot be one; None when it can (or nothing is there)."""
    try:
        if payload:
            _read_tag(payload, 0)
    except WireError as error:
        return error.reason
    return None


def whole_fields(data: bytes) -> int:
    """Up to where the data is whole fields, in bytes."""
    end = 0
    try:
        for field in read_fields(data):
            end = field.end
    except WireError:
        pass
    return end


def _read_field(data: bytes, start: int) -> Field:
    number, kind, at = _read_tag(data, start)
    if kind == VARINT:
        value, end = _read_varint(data, at)
        return Field(number, kind, value, at, end)
    if kind in (FIXED64, FIXED32):
        end = at + (8 if kind == FIXED64 else 4)
        if end > len(data):
            raise WireError(start, f"field {number} ({_KINDS[kind]}) is cut off")
        return Field(number, kind, int.from_bytes(data[at:end], "little"), at, end)
    if kind == BYTES:
        size, at = _read_varint(data, at)
        if at + size > len(data):
            left = len(data) - at
            raise WireError(start, f"field {number} says {size:,} bytes, and {left:,} are left")
        return Field(number, kind, data[at : at + size], at, at + size)
    return Field(number, kind, b"", at, at)


def _read_tag(data: bytes, start: int) -> tuple[int, int, int]:
    tag, at = _read_varint(data, start)
    number, kind = tag >> 3, tag & 7
    if not 1 <= number <= _MAX_NUMBER:
        raise WireError(start, f"there is no field number {number}")
    if kind > FIXED32:
        raise WireError(start, f"there is no wire type {kind}")
    return number, kind, at


def _read_varint(data: bytes, start: int) -> tuple[int, int]:
    value = shift = 0
    for at in range(start, min(start + 10, len(data))):
        byte = data[at]
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            if value >> 64:
                break
            return value, at + 1
        shift += 7
    if len(data) - start < 10:
        raise WireError(start, "a varint is cut off")
    raise WireError(start, "a varint has more than 64 bits")


def _group_end(data: bytes, opened: Field) -> tuple[int, int]:
    """Where a group's fields end, and where its end mark does."""
    numbers, at = [opened.number], opened.end
    while at < len(data):
        field = _read_field(data, at)
        if field.kind == GROUP:
            numbers.append(field.number)
        elif field.kind == _END_GROUP:
            if numbers.pop() != field.number:
                raise WireError(at, f"group {field.number} ends inside another one")
            if not numbers:
                return at, field.end
        at = field.end
    raise WireError(opened.at, f"group {opened.number} has no end")


class RawFields:
    """Fields as members: ``"1 varint": 150``; what a length-delimited field holds is guessed.

    Attributes:
        left_out: True when there were more than `MAX_FIELDS`.
    """

    def __init__(self) -> None:
        self.left_out = False
        self._left = MAX_FIELDS

    def members(self, data: bytes, *, cut: bool = False, depth: int = 0) -> list[tuple[str, Any]]:
        """The fields of a message.

        Args:
            data: The message.
            cut: A broken field behind whole ones ends it, instead of raising.
            depth: How deep this one lies.

        Raises:
            WireError: It is no wire format.
        """
        made: list[tuple[str, Any]] = []
        try:
            self._read(data, 0, None, depth, made)
        except WireError:
            if not cut or not made:
                raise
        return made

    def _read(
        self, data: bytes, at: int, group: Field | None, depth: int, made: list[tuple[str, Any]]
    ) -> int:
        """Reads the fields of a message, or of a group that lies in its bytes; tells where they end."""
        while at < len(data):
            if self._left <= 0:
                self.left_out = True
                return len(data) if group is None else _group_end(data, group)[1]
            field = _read_field(data, at)
            if field.kind == _END_GROUP:
                if group is None:
                    raise WireError(at, "a group ends that has not begun")
                if field.number != group.number:
                    raise WireError(at, f"group {field.number} ends inside another one")
                return field.end
            self._left -= 1
            if not self._left % _REPORT_EVERY:
                report((MAX_FIELDS - self._left) / MAX_FIELDS)
            at = field.end
            if field.kind != GROUP:
                made.append(self.member(field.number, field.kind, field.value, depth))
            elif depth < _DEEPEST:
                inside: list[tuple[str, Any]] = []
                at = self._read(data, at, field, depth + 1, inside)
                made.append(self.member(field.number, GROUP, Pairs(inside)))
            else:
                end, after = _group_end(data, field)
                made.append(self.member(field.number, GROUP, data[at:end]))
                at = after
        if group is not None:
            raise WireError(group.at, f"group {group.number} has no end")
        return at

    def member(self, number: int, kind: int, value: Any, depth: int = 0) -> tuple[str, Any]:
        """One field, by its number and kind; the key says what it is and, with a question mark, what it may be."""
        name = f"{number} {_KINDS.get(kind, f'wire type {kind}')}"
        if kind == VARINT:
            return name, _signed(value, 64)
        if kind == FIXED64:
            return name, {"integer": value, "double?": struct.unpack("<d", value.to_bytes(8, "little"))[0]}
        if kind == FIXED32:
            return name, {"integer": value, "float?": float32(_as_float(value))}
        if kind == GROUP or not isinstance(value, bytes):
            return name, value
        return self._guess(number, value, depth)

    def _guess(self, number: int, value: bytes, depth: int) -> tuple[str, Any]:
        try:
            text = value.decode()
        except UnicodeDecodeError:
            text = ""
        plain = bool(text) and _CONTROLS.search(text) is None
        # The tag of field 1 is a line feed: a text with line breaks may be a message all the same.
        if value and not (plain and _BREAKS.search(text) is None):
            inside = self._inside(value, depth)
            if inside is not None:
                return f"{number} message?", Pairs(inside)
        return (f"{number} text?", text) if plain else (f"{number} bytes", value)

    def _inside(self, value: bytes, depth: int) -> list[tuple[str, Any]] | None:
        """Its fields when it is whole fields; None when it is not."""
        if depth >= _DEEPEST or self._left <= 0:
            return None
        left = self._left
        try:
            return self.members(value, depth=depth + 1)
        except WireError:
            self._left = left
            return None


def _signed(value: int, bits: int) -> Any:
    """A varint: an int32 or int64 below zero has its highest bit set."""
    return {"unsigned": value, "signed?": value - (1 << bits)} if value >> (bits - 1) else value


def float32(value: float) -> Word:
    """A number of 32 bits as it is written: 3.14, not 3.140000104904175."""
    return Word(float32_text(value))


def _as_float(value: int) -> float:
    made: float = struct.unpack("<f", value.to_bytes(4, "little"))[0]
    return made
