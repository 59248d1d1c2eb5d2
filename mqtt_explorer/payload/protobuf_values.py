# SPDX-License-Identifier: MIT
"""Protobuf messages as values for `notation`: the schema's names, exact integers, and what the schema does not know.

Only fields that were sent are there (a field of proto3 without presence: only when it is not the default, which is not sent). Messages
are those of the library, or whatever has `ListFields`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from mqtt_explorer.payload.api import DecodeError
from mqtt_explorer.payload.notation import Pairs, Word
from mqtt_explorer.payload.protobuf_wire import (
    BYTES,
    RawFields,
    WireError,
    first_fault,
    float32,
    read_fields,
    whole_fields,
)

#: FieldDescriptorProto.Type
_FLOAT: Final = 2
_STRING: Final = 9
_GROUP: Final = 10
_MESSAGE: Final = 11
_ENUM: Final = 14
#: Messages within messages, as in the library.
_DEEPEST: Final = 100
INSTALL: Final = "pip install 'mqtt-explorer-qt[formats]'"

__all__ = ["INSTALL", "MessageValues", "first_fault", "parse"]


class MessageValues:
    """Makes values of messages; one for each decoded payload.

    Attributes:
        unknown: Fields met that the schema does not know.
        known: Fields met that it knows.
    """

    def __init__(self) -> None:
        from google.protobuf.unknown_fields import UnknownFieldSet

        self.unknown = 0
        self.known = 0
        self._unknown_set = UnknownFieldSet
        self._raw = RawFields()
        self._converters: dict[Any, Callable[[Any], Any]] = {}

    def message(self, message: Any) -> Pairs:
        """A message's members, by field number, and then those without a name."""
        members = [(name_of(field), self.field(field, value)) for field, value in message.ListFields()]
        return Pairs([*members, *self.unknown_of(message)])

    def unknown_of(self, message: Any) -> list[tuple[str, Any]]:
        """The fields of a message that its schema does not know, in the order they came: ``"unknown 5 varint": 150``."""
        found = []
        for each in self._unknown_set(message):
            self.unknown += 1
            data = each.data
            if not isinstance(data, int | bytes):  # a group
                data = Pairs(self._group(data))
            key, value = self._raw.member(each.field_number, each.wire_type, data)
            found.append((f"unknown {key}", value))
        return found

    def field(self, field: Any, value: Any) -> Any:
        """What a field holds; `field` is its descriptor."""
        self.known += 1
        convert = self._converters.get(field)
        if convert is None:
            convert = self._converters[field] = self._converter(field)
        return convert(value)

    def _group(self, fields: Any) -> list[tuple[str, Any]]:
        inside = []
        for each in fields:
            data = each.data
            if not isinstance(data, int | bytes):
                data = Pairs(self._group(data))
            inside.append(self._raw.member(each.field_number, each.wire_type, data))
        return inside

    def _converter(self, field: Any) -> Callable[[Any], Any]:
        if is_map(field):
            key, value = (field.message_type.fields_by_name[name] for name in ("key", "value"))
            of_key, of_value = self._single(key), self._single(value)
            return lambda values: Pairs(
                (of_key(each), of_value(values[each])) for each in sorted(values, key=_sortable)
            )
        single = self._single(field)
        if is_repeated(field):
            return lambda values: [single(each) for each in values]
        return single

    def _single(self, field: Any) -> Callable[[Any], Any]:
        if field.type in (_MESSAGE, _GROUP):
            return self.message
        if field.type == _ENUM:
            names = {number: Word(value.name) for number, value in field.enum_type.values_by_number.items()}
            return lambda number: names.get(number, number)
        if field.type == _FLOAT:
            return float32
        return _same


def parse(kind: Any, payload: bytes, *, cut: bool = False) -> tuple[Any, int]:
    """Reads a message.

    Args:
        kind: Its class.
        payload: The bytes.
        cut: The end of the payload was not kept: what is whole counts.

    Returns:
        The message, and how many bytes of the payload it is made of.

    Raises:
        DecodeError: They are no such message; says where.
    """
    from google.protobuf.message import DecodeError as LibraryError

    covered = whole_fields(payload) if cut else len(payload)
    if cut and not covered:
        raise DecodeError("Its first field is not whole: the end was not kept.")
    message = kind()
    try:
        message.ParseFromString(payload if covered == len(payload) else payload[:covered])
    except (LibraryError, UnicodeDecodeError):
        raise DecodeError(fault(payload[:covered], kind.DESCRIPTOR) or "A value in it is broken.") from None
    return message, covered


def fault(data: bytes, descriptor: Any, path: str = "", base: int = 0, depth: int = 0) -> str | None:
    """Where the bytes of a message break, as a sentence; None when it is not the wire format that is wrong.

    Args:
        data: The message.
        descriptor: Its type.
        path: The fields that lead to it ("readings.").
        base: Where it lies in the payload.
        depth: How many messages it lies in.
    """
    if depth > _DEEPEST:
        return f"Messages are nested more than {_DEEPEST} levels deep."
    try:
        for field in read_fields(data):
            known = descriptor.fields_by_number.get(field.number)
            if known is None or field.kind != BYTES or not isinstance(field.value, bytes):
                continue
            name = path + known.name
            if known.type == _MESSAGE:
                inner = fault(field.value, known.message_type, name + ".", base + field.at, depth + 1)
                if inner is not None:
                    return inner
            elif known.type == _STRING and not _is_text(field.value):
                return f"Byte {base + field.at:,}: the text of {name} is not valid UTF-8."
    except WireError as error:
        where = f" (in {path.rstrip('.')})" if path else ""
        return f"Byte {base + error.at:,}{where}: {error.reason}."
    return None


def name_of(field: Any) -> str:
    """The field's name; an extension's whole name in brackets, as Protobuf's text format has it."""
    return f"[{field.full_name}]" if field.is_extension else str(field.name)


def is_repeated(field: Any) -> bool:
    """Whether a field may come several times; older releases of the library have a label only."""
    repeated = getattr(field, "is_repeated", None)
    return bool(repeated) if repeated is not None else field.label == 3


def is_map(field: Any) -> bool:
    """Whether a field is a map."""
    return field.type == _MESSAGE and bool(field.message_type.GetOptions().map_entry)


def _is_text(value: bytes) -> bool:
    try:
        value.decode()
    except UnicodeDecodeError:
        return False
    return True


def _sortable(key: Any) -> tuple[str, Any]:
    return type(key).__name__, key


def _same(value: Any) -> Any:
    return value
