# SPDX-License-Identifier: MIT
"""The column heads of the topic tree: a word each, and what it means."""

from __future__ import annotations

from typing import Any, Final

from PySide6.QtCore import Qt

from mqtt_explorer.models.topic_columns import AGE, MESSAGES, QOS, RATE, SIZE
from mqtt_explorer.models.wording import translate

RIGHT: Final = frozenset({MESSAGES, RATE, SIZE, AGE, QOS})
"""Columns of numbers: they stand at the right."""


class TopicHeads:
    """Answers headerData() for the topic model."""

    def __init__(self) -> None:
        self._names = (
            translate("Topic"),
            translate("Value"),
            translate("Trend"),
            translate("Messages"),
            translate("Rate"),
            translate("Size"),
            translate("Age"),
            translate("QoS"),
            translate("Retained"),
        )
        self._meanings = (
            translate("The levels of the topics, with how much lies below a folded branch."),
            translate("The payload of the last message, in short."),
            translate("The last kept numbers of the topic as a line, oldest at the left."),
            translate("Messages received on the topic since the connection was opened."),
            translate("Messages a second on the topic, over the last 10 seconds."),
            translate("The size of the last payload."),
            translate("The time since the last message."),
            translate("The quality of service the last message was delivered with: 0, 1 or 2."),
            translate(
                "Whether the broker keeps a message for new subscribers, as far as the messages seen tell."
            ),
        )

    def data(self, section: int, role: int) -> Any:
        """The value of one role, or None where it does not apply."""
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return self._names[section]
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._meanings[section]
        if role == Qt.ItemDataRole.TextAlignmentRole and section in RIGHT:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        return None
