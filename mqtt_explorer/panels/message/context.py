# SPDX-License-Identifier: MIT
"""What is known of a message besides its bytes, for the decoders."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mqtt_explorer.payload.api import Context
from mqtt_explorer.payload.registry import AUTO, related
from mqtt_explorer.protocol.properties import PropertyError

if TYPE_CHECKING:
    from mqtt_explorer.profiles.marks import TopicMarks
    from mqtt_explorer.protocol.message import Message
    from mqtt_explorer.store.topic_store import TopicStore


def context_of(message: Message, choice: str, store: TopicStore | None) -> Context:
    """The topic, whether the payload was cut, its Content Type, and the payloads that its decoder needs beside it."""
    try:
        content_type = message.properties().text("content_type") or ""
    except PropertyError:
        content_type = ""  # told under Properties
    found: dict[str, bytes] = {}
    for topic in related(message.topic, choice) if store is not None else ():
        node = store.find(topic.encode()) if store is not None else None
        last = store.last_message(node) if store is not None and node is not None else None
        if last is not None and last.payload and not last.truncated:
            found[topic] = last.payload
    return Context(message.topic, message.truncated, content_type, found)


def remembered_choice(marks: TopicMarks | None, topic: bytes | None) -> tuple[str | None, str]:
    """The filter under which a decoder is remembered for a topic, and the decoder; without one automatic choice."""
    kept = marks.decoders.choice_for(topic) if marks is not None and topic is not None else None
    return kept if kept is not None else (None, AUTO)
