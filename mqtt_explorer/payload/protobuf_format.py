# SPDX-License-Identifier: MIT
"""Protobuf: by a schema of the user, or as numbered fields where there is none."""

from __future__ import annotations

from typing import Any, Final

from mqtt_explorer.payload.api import BaseDecoder, Context, DecodeError, Document
from mqtt_explorer.payload.json_index import build_index
from mqtt_explorer.payload.notation import Pairs, write_notation
from mqtt_explorer.payload.progress import report, within
from mqtt_explorer.payload.protobuf_schema import message_class, split_option
from mqtt_explorer.payload.protobuf_values import MessageValues, parse
from mqtt_explorer.payload.protobuf_wire import MAX_FIELDS, RawFields, WireError, first_fault

#: Without a schema it is our own reader that reads: some microseconds for each field, at each level it may lie in.
_QUICK: Final = 1024
#: Share of the work that reading is; the rest is writing and finding lines.
_READING: Final = 0.6
_CUT: Final = "Its end was not kept: the fields are read as far as they are whole."


class ProtobufDecoder(BaseDecoder):
    """Protobuf messages. The option is ``file::message type``; without one there are only numbers and guesses."""

    name = "protobuf"
    label = "Protobuf"

    def objection(self, payload: bytes, context: Context) -> str | None:
        """Says when no field can begin like that; see `Decoder.objection`."""
        del context
        return None if first_fault(payload[:16]) is None else "no field at byte 0"

    def is_quick(self, payload: bytes, option: str, context: Context) -> bool:
        """Never with a schema, which is a file and perhaps a compiler's work; see `Decoder.is_quick`."""
        del context
        return not option and len(payload) <= _QUICK

    def decode(self, payload: bytes, option: str, context: Context) -> Document:
        """Reads a message; see `Decoder.decode`."""
        if not option:
            return self._raw(payload, context)
        path, name = split_option(option)
        kind = message_class(path, name)
        report(0.05)
        message, covered = parse(kind, payload, cut=context.cut)
        report(0.2)
        values = MessageValues()
        members = values.message(message)
        report(_READING)
        notes = [_CUT] if covered < len(payload) or context.cut else []
        notes += _unknown_notes(values, name)
        if missing := message.FindInitializationErrors():
            notes.append(f"Required fields are missing: {', '.join(missing[:5])}{'…' * (len(missing) > 5)}.")
        return self._document(members, f"{self.label}, {name}", tuple(notes))

    def _raw(self, payload: bytes, context: Context) -> Document:
        reader = RawFields()
        try:
            with within(0, _READING):
                members = reader.members(payload, cut=context.cut)
        except WireError as error:
            raise DecodeError(f"Byte {error.at:,}: {error.reason}.") from None
        notes = [
            "No schema is chosen: fields have numbers only, and what stands behind a question mark is a guess."
        ]
        if context.cut:
            notes.append(_CUT)
        if reader.left_out:
            notes.append(f"Only the first {MAX_FIELDS:,} fields are shown.")
        return self._document(Pairs(members), f"{self.label}, no schema", tuple(notes))

    def _document(self, members: Any, label: str, notes: tuple[str, ...]) -> Document:
        source = write_notation(members)
        with within((1 + _READING) / 2, 1):
            index = build_index(source, progress=report)
        return Document(self.name, label, source, structure=index, notes=notes)


def _unknown_notes(values: MessageValues, name: str) -> list[str]:
    if not values.unknown:
        return []
    if not values.known:
        return [f"None of its fields is in {name}: it may be another message type."]
    if values.unknown == 1:
        return ["1 field is not in the schema; it is shown with its number."]
    return [f"{values.unknown:,} fields are not in the schema; they are shown with their numbers."]
