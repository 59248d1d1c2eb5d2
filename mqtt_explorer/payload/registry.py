# SPDX-License-Identifier: MIT
"""Which decoder shows a payload.

A format is one file and one line in `DECODERS`. Automatic choice takes what somebody said: the topic's namespace (Sparkplug B), the
MQTT 5 Content Type; else JSON or text where the bytes are just that, else hex. A binary format is never guessed from bytes alone.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from mqtt_explorer.payload.api import NO_CONTEXT, Context, DecodeError, Decoder, Document, Lines, Span
from mqtt_explorer.payload.content_type import choices_of
from mqtt_explorer.payload.hex_format import HexDecoder, HexLines
from mqtt_explorer.payload.json_format import JsonDecoder, looks_like_json, meant_as_json
from mqtt_explorer.payload.json_index import JsonLines
from mqtt_explorer.payload.late_decoders import (
    BASE64,
    CBOR,
    IMAGE,
    MSGPACK,
    NUMBERS,
    PROTOBUF,
    SPARKPLUG,
    UNWRAP,
    XML,
    xml_spans,
)
from mqtt_explorer.payload.raw_format import RawDecoder
from mqtt_explorer.payload.sparkplug_topic import sparkplug_topic
from mqtt_explorer.payload.text import BINARY_CONTROLS, TextDecoder, decode_head
from mqtt_explorer.payload.text_lines import TextLines

AUTO: Final = "auto"
_HEX: Final = HexDecoder()
_TEXT: Final = TextDecoder()
_JSON: Final = JsonDecoder()
#: In the order of a menu.
DECODERS: Final[tuple[Decoder, ...]] = (
    _HEX,
    _TEXT,
    BASE64,
    _JSON,
    XML,
    CBOR,
    MSGPACK,
    PROTOBUF,
    SPARKPLUG,
    NUMBERS,
    UNWRAP,
    IMAGE,
)
#: What other tabs ask for; no menu offers it.
_HIDDEN: Final[tuple[Decoder, ...]] = (RawDecoder(),)
#: What shows anything, if it shows something quickly.
_SURE: Final = ("hex", "raw", "image")
#: How much of a payload decides between text and hex.
_SNIFF: Final = 4096
#: A text of fewer bytes before the first that is none is chance.
_TEXT_LEAST: Final = 8
#: The same as bytes: in UTF-8 they stand for themselves only.
_CONTROL_BYTE: Final = re.compile(BINARY_CONTROLS.pattern.encode())

#: Colours of formats that have lines of their own.
_SPANS: Final[dict[str, Callable[[str], list[Span]]]] = {"xml": xml_spans}

_log = logging.getLogger(__name__)


def split_choice(choice: str) -> tuple[str, str]:
    """A decoder's name and its option, "" for the usual one."""
    name, _, option = choice.partition(":")
    return name, option


def find_decoder(name: str) -> Decoder | None:
    """The decoder of that name."""
    return next((known for known in (*DECODERS, *_HIDDEN) if known.name == name), None)


def decode(payload: bytes, choice: str = AUTO, context: Context = NO_CONTEXT) -> Document:
    """Decodes a whole payload; never raises.

    Args:
        payload: The bytes kept.
        choice: `AUTO`, or a decoder's name and its option.
        context: What else is known of it.

    Returns:
        The document. When the format asked for cannot show the payload, another one does and `problem` says why.
    """
    name, option = split_choice(choice)
    if name == AUTO:
        return _automatic(payload, context)
    decoder = find_decoder(name)
    if decoder is None:
        return _instead(payload, context, f"There is no payload format named “{name}”.")
    try:
        return decoder.decode(payload, option, context)
    except Exception as error:  # noqa: BLE001 – one format's fault must not take the message view down; the bytes are still shown
        return _instead(payload, context, _why(decoder, error))


def first_page(payload: bytes, choice: str = AUTO, context: Context = NO_CONTEXT) -> Document | None:
    """The beginning of a large payload, within some milliseconds; None where only the whole can tell. Never raises."""
    for decoder, option in _tried(payload, choice, context):
        try:
            return decoder.first_page(payload, option, context)
        except Exception as error:  # noqa: BLE001 – `decode` tells what is wrong, and shows something else
            if choice != AUTO:
                return _HEX.first_page(payload, "", context)
            _why(decoder, error)
    return _HEX.first_page(payload, "", context)


def is_quick(payload: bytes, choice: str = AUTO, context: Context = NO_CONTEXT) -> bool:
    """Whether `decode` takes less than 10 ms."""
    try:
        tries = _tried(payload, choice, context)
        if choice != AUTO and tries[0][0].name not in _SURE:  # it may fail, and then others are tried
            tries += _tried(payload, AUTO, context)
        return all(decoder.is_quick(payload, option, context) for decoder, option in tries)
    except Exception:  # noqa: BLE001 – then it is decoded elsewhere, where it may fail
        return False


def related(topic: str, choice: str = AUTO) -> tuple[str, ...]:
    """The topics whose last payloads decoding needs."""
    name, _ = split_choice(choice)
    decoder = _of_topic(topic) if name == AUTO else find_decoder(name)
    return decoder.related(topic) if decoder is not None else ()


def lines_of(document: Document) -> Lines:
    """What a view of text shows of a document: indented JSON, its lines, or rows of bytes."""
    if document.structure is not None:
        return JsonLines(document.source, document.structure)
    if document.lines is not None:
        return TextLines(document.source, document.lines, document.longest, _SPANS.get(document.format))
    return HexLines(document.source)


def _of_topic(topic: str) -> Decoder | None:
    """The decoder whose namespace a topic is in."""
    return SPARKPLUG if sparkplug_topic(topic) else None


def _tried(payload: bytes, choice: str, context: Context) -> list[tuple[Decoder, str]]:
    """The decoders to try, in order; the last one never fails."""
    name, option = split_choice(choice)
    if name != AUTO:
        decoder = find_decoder(name)
        return [(decoder, option)] if decoder is not None else [(_HEX, "")]
    return [*_said(payload, context), *_guessed(payload, context)]


def _said(payload: bytes, context: Context) -> list[tuple[Decoder, str]]:
    """What somebody says it is: the topic's namespace, the Content Type."""
    tries: list[tuple[Decoder, str]] = []
    if (by_topic := _of_topic(context.topic)) is not None:
        tries.append((by_topic, ""))
    for said in choices_of(context.content_type):
        name, option = split_choice(said)
        if (known := find_decoder(name)) is not None:
            tries.append((known, option))
    return tries


def _guessed(payload: bytes, context: Context) -> list[tuple[Decoder, str]]:
    """What it looks like; the last one never fails."""
    tries: list[tuple[Decoder, str]] = []
    if looks_like_json(payload):
        tries.append((_JSON, ""))
    if _looks_like_text(payload, context.cut):
        tries.append((_TEXT, ""))
    return [*tries, (_HEX, "")]


def _automatic(payload: bytes, context: Context) -> Document:
    problem = None
    note: tuple[str, ...] = ()
    for decoder, option in _said(payload, context):
        try:
            return decoder.decode(payload, option, context)
        except Exception as error:  # noqa: BLE001 – it was said to be one, and is none
            problem = problem or _why(decoder, error)
    for decoder, option in _guessed(payload, context):
        try:
            made = decoder.decode(payload, option, context)
        except Exception as error:  # noqa: BLE001 – it only looked like one
            reason = _why(decoder, error)
            if decoder is _JSON and meant_as_json(payload):
                note = (f"It begins like JSON. {reason}",)
            elif decoder is _TEXT:
                note = note or _no_text_note(payload, len(payload))
            continue
        if decoder is _HEX:
            note = note or _hint(payload) or _no_text_note(payload, _SNIFF)
        made = replace(made, notes=note + made.notes) if note else made
        return replace(made, problem=f"{problem} Showing {made.label} instead.") if problem else made
    return _HEX.decode(payload, "", context)


def _instead(payload: bytes, context: Context, reason: str) -> Document:
    made = _automatic(payload, context)
    parts = (reason, f"Showing {made.label} instead.", made.problem)
    return replace(made, problem=" ".join(filter(None, parts)))


def _why(decoder: Decoder, error: Exception) -> str:
    if isinstance(error, DecodeError):
        return f"Not {decoder.label}: {error.message}"
    if isinstance(error, RecursionError):
        return f"Not {decoder.label}: it is nested too deeply."
    if isinstance(error, MemoryError):
        return f"Not {decoder.label}: it would take more memory than there is."
    _log.error("The decoder %s failed", decoder.name, exc_info=error)
    return f"The {decoder.label} decoder failed ({type(error).__name__})."


def _hint(payload: bytes) -> tuple[str, ...]:
    """Which decoder to try on bytes that begin like those of a well-known format; nobody said that they are, so it is not chosen."""
    if payload.startswith((b"\x1f\x8b\x08", b"\x28\xb5\x2f\xfd")):
        return ("It begins like a gzip or zstd stream: choose Unwrap to see what is in it.",)
    image = find_decoder("image")
    if image is None or image.objection(payload, NO_CONTEXT) is not None:
        return ()
    return (
        f"It begins like an image ({image.decode(payload, '', NO_CONTEXT).label}): choose Image to see it.",
    )


def _no_text_note(payload: bytes, limit: int) -> tuple[str, ...]:
    """Where a payload whose beginning is text stops being that; nothing for one that has no such beginning.

    Args:
        payload: What is no text.
        limit: Only so many bytes are looked at.
    """
    head = payload[:limit]
    found = _CONTROL_BYTE.search(head, 0, _SNIFF)
    at, why = (found.start(), "is a control character") if found is not None else (len(head), "")
    try:
        head[:at].decode()
    except UnicodeDecodeError as error:
        if error.reason != "unexpected end of data" or at == len(payload):
            at, why = error.start, "is not valid UTF-8"
    if not why or at < _TEXT_LEAST:
        return ()
    return (f"The first {at:,} bytes are text, but byte {at:,} (0x{payload[at]:02x}) {why}.",)


def _looks_like_text(payload: bytes, cut: bool) -> bool:
    try:
        text, _ = decode_head(payload, _SNIFF, cut=cut)
    except DecodeError:
        return False
    return BINARY_CONTROLS.search(text) is None
