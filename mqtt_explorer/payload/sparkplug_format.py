# SPDX-License-Identifier: MIT
"""Sparkplug B: the payloads of the topics in the namespace spBv1.0 (Sparkplug 3.0.0, 4.1 and 6.4).

Data and command messages name metrics by alias and leave their datatypes out; both are in the births (6.4.6). So the last births are read
beside such a message.
"""

from __future__ import annotations

import sys
from functools import lru_cache
from typing import Final

from mqtt_explorer.payload.api import BaseDecoder, Context, DecodeError, Document
from mqtt_explorer.payload.json_index import build_index
from mqtt_explorer.payload.notation import write_notation
from mqtt_explorer.payload.progress import report, within
from mqtt_explorer.payload.protobuf_values import INSTALL, first_fault, parse
from mqtt_explorer.payload.sparkplug_message import Births, PayloadReader
from mqtt_explorer.payload.sparkplug_schema import payload_class
from mqtt_explorer.payload.sparkplug_topic import NAMESPACE, place_of, sparkplug_topic

#: Messages that need the births.
_BY_ALIAS: Final = ("NDATA", "NCMD", "DDATA", "DCMD")
#: A metric takes some 20 µs; this many bytes, with the births, are some hundred metrics.
_QUICK: Final = 2048
#: Shares of the work that are done when it is parsed, and when its text is written.
_PARSED: Final = 0.1
_WRITTEN: Final = 0.8
#: Without this module loaded the library itself would take 30 ms.
_LIBRARY: Final = "google.protobuf.descriptor_pb2"


class SparkplugDecoder(BaseDecoder):
    """Shows payloads with the names, types and times that their numbers stand for."""

    name = "sparkplug"
    label = "Sparkplug B"

    def objection(self, payload: bytes, context: Context) -> str | None:
        """Says when the topic is none of Sparkplug's; see `Decoder.objection`."""
        if sparkplug_topic(context.topic):
            return None if first_fault(payload[:16]) is None else "no field at byte 0"
        if not context.topic.startswith(f"{NAMESPACE}/"):
            return f"topic is not {NAMESPACE}"
        levels = context.topic.split("/")
        if "STATE" in levels[1:3]:
            return "a state message is JSON or text"
        return "topic has no message type of Sparkplug"

    def related(self, topic: str) -> tuple[str, ...]:
        """The births that name its metrics; an alias is unique in a whole node (6.4.6), so a device's need not be in its own."""
        place = place_of(topic)
        if place is None or place.kind not in _BY_ALIAS:
            return ()
        births = ("DBIRTH", "NBIRTH") if place.device is not None else ("NBIRTH",)
        return tuple(place.topic(kind) for kind in births)

    def is_quick(self, payload: bytes, option: str, context: Context) -> bool:
        """Small ones are, once the library is loaded; see `Decoder.is_quick`."""
        del option
        size = len(payload) + sum(len(each) for each in context.related.values())
        return size <= _QUICK and _LIBRARY in sys.modules

    def decode(self, payload: bytes, option: str, context: Context) -> Document:
        """Reads a payload; see `Decoder.decode`."""
        del option
        try:
            kind = payload_class()
        except ImportError:
            raise DecodeError(f"Sparkplug B needs the package protobuf: {INSTALL}.") from None
        message, covered = parse(kind, payload, cut=context.cut)
        report(_PARSED)
        wanted = self.related(context.topic)
        seen = tuple((topic, context.related[topic]) for topic in wanted if topic in context.related)
        reader = PayloadReader(_births(seen))
        source = write_notation(reader.payload(message))
        with within(_WRITTEN, 1):
            index = build_index(source, progress=report)
        notes = list(reader.notes(message, needs_births=bool(wanted)))
        if context.cut or covered < len(payload):
            notes.insert(0, "Its end was not kept: the metrics are read as far as they are whole.")
        return Document(self.name, self.label, source, structure=index, notes=tuple(notes))


@lru_cache(maxsize=4)  # every message of a node needs the same ones, and they are the largest of all
def _births(seen: tuple[tuple[str, bytes], ...]) -> Births:
    """Names and datatypes from births; what is no birth that can be read is as if it had not been seen."""
    births = Births()
    for topic, payload in seen:
        try:
            message, _ = parse(payload_class(), payload, cut=True)
        except DecodeError:
            births.broken.append(topic)
            continue
        births.add(topic, message)
    return births
