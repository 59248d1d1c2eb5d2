# SPDX-License-Identifier: MIT
"""One line that stands for a payload whose decoder somebody chose."""

from __future__ import annotations

from typing import Final

from mqtt_explorer.payload.api import Context
from mqtt_explorer.payload.preview import Preview, preview
from mqtt_explorer.payload.registry import AUTO, decode, is_quick, lines_of, split_choice

#: Larger payloads have the preview of their bytes: this runs for each visible row, ten times a second.
LARGEST: Final = 2_048
_LINES: Final = 24
_SAME_AS_BYTES: Final = frozenset({AUTO, "text", "json", "hex", "image", "xml"})
"""Decoders that would show nothing else, or nothing that goes on one line."""


def decoded_preview(topic: bytes, payload: bytes, size: int, choice: str, limit: int = 120) -> Preview | None:
    """The beginning of what the decoder makes of a payload; None where the bytes' own preview is as good, or it would take long.

    Args:
        topic: Raw.
        payload: The bytes kept.
        size: The payload's size on the wire, in bytes.
        choice: See `registry`.
        limit: The most characters of text.
    """
    name, option = split_choice(choice)
    if (
        (name in _SAME_AS_BYTES and not option)
        or len(payload) > LARGEST
        or size > len(payload)
        or not payload
    ):
        return None
    context = Context(topic.decode("utf-8", "replace"))
    if not is_quick(payload, choice, context):
        return None
    document = decode(payload, choice, context)
    if document.problem is not None or document.format == "hex":
        return None
    lines = lines_of(document)
    count = min(len(lines), _LINES)
    text = " ".join(lines.text(number, 0, limit + 80).strip() for number in range(count))
    made = preview(text.encode("utf-8", "replace"), len(text.encode("utf-8", "replace")), limit)
    kind = "json" if document.structure is not None and made.kind == "text" else made.kind
    cut = made.truncated or count < len(lines)
    return Preview(made.text, kind, cut)
