# SPDX-License-Identifier: MIT
"""What the Message panel says where there is no payload to show."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import QCoreApplication

from mqtt_explorer.models.topic_cells import counted

if TYPE_CHECKING:
    from mqtt_explorer.protocol.message import Message
    from mqtt_explorer.store.topic_tree import Node


class Situation(NamedTuple):
    """Headline, sentence and icon of an empty panel."""

    title: str
    text: str
    icon_name: str


def _tr(text: str) -> str:
    return QCoreApplication.translate("MessagePanel", text)


def without_message(connected: bool, topic: bytes | None, node: Node | None) -> Situation:
    """There is no message."""
    if not connected:
        return Situation(_tr("Not connected"), _tr("Connect to a broker to see its messages."), "connect")
    if topic is None:
        return Situation(_tr("No topic selected"), _tr("Select a topic to see its messages."), "messages")
    if node is not None and node.kids:
        below = _tr("Below it: {n}.").format(n=counted(node.topics_below, node.messages_below))
        return Situation(_tr("Nothing received on this topic"), below, "tree")
    return Situation(
        _tr("Nothing received on this topic"), _tr("Its first message appears here."), "messages"
    )


def without_bytes(message: Message) -> Situation:
    """There is a message, and no payload."""
    if message.evicted or message.size:
        text = _tr(
            "Its {n} bytes were dropped to stay within the memory budget. The next message will be shown."
        )
        return Situation(_tr("Payload evicted"), text.format(n=f"{message.size:,}"), "history")
    text = _tr("A message of 0 bytes. Retained, it clears what the broker kept on this topic.")
    return Situation(_tr("Empty payload"), text, "minus")
