# SPDX-License-Identifier: MIT
"""What the cells of the list of messages say and how they are coloured."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from PySide6.QtCore import Qt

from mqtt_explorer.models import wording
from mqtt_explorer.models.previews import PreviewCache
from mqtt_explorer.models.roles import HITS_ROLE, KIND_ROLE, PIN_ROLE, RAW_ROLE, TRUNCATED_ROLE
from mqtt_explorer.models.wording import translate

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mqtt_explorer.profiles.decoder_choices import DecoderChoices
    from mqtt_explorer.protocol.message import Message
    from mqtt_explorer.store.matcher import Matcher
    from mqtt_explorer.store.topic_store import TopicStore

TIME, GAP, TOPIC, QOS, RETAINED, SIZE, PREVIEW = range(7)

KEPT_BYTES: Final = 32 << 20
"""Payloads a paused list holds beside the budget, at most."""
_REMEMBERED: Final = 256
_GONE: Final = "–"


def heads() -> tuple[str, ...]:
    """The column heads."""
    return (
        translate("Time"),
        translate("Gap"),
        translate("Topic"),
        translate("QoS"),
        translate("Retained"),
        translate("Size"),
        translate("Preview"),
    )


def head_tooltip(column: int) -> str | None:
    """What a column head needs to have explained."""
    match column:
        case 1:  # GAP
            return translate("Time since the message before it in this list")
        case 3:  # QOS
            return translate("The quality of service it was delivered with")
        case 4:  # RETAINED
            return translate(
                "Pin: came with the RETAIN flag. Scissors: only a part is kept. dup: may have been sent before."
            )
        case 5:  # SIZE
            return translate("Size of the payload as it was sent")
    return None


class MessageCells:
    """Looks messages up by number and answers for their cells; remembers those asked for last, as each cell is asked several times."""

    def __init__(self) -> None:
        self._store: TopicStore | None = None
        self._matcher: Matcher | None = None
        self._previews = PreviewCache()
        self._known: dict[int, Message] = {}
        self._kept: dict[int, Message] = {}

    def set_source(
        self, store: TopicStore | None, matcher: Matcher | None, decoders: DecoderChoices | None = None
    ) -> None:
        """Another store with the decoders chosen for its topics, or other texts to mark."""
        if store is not self._store:
            self._store = store
            self._previews.clear(decoders)
            self._known.clear()
            self._kept.clear()
        self._matcher = matcher

    def keep(self, seqs: Iterable[int]) -> None:
        """Holds these messages until `release`, also when the budget evicts them meanwhile; as many as KEPT_BYTES allow."""
        self._kept = {}
        size = 0
        for seq in seqs:
            message = self.message(seq)
            if message is not None:
                size += len(message.payload)
                if size > KEPT_BYTES:
                    return
                self._kept[seq] = message

    def release(self) -> None:
        """Holds nothing any more."""
        self._kept.clear()

    def forget_before(self, first_seq: int) -> None:
        """Lets go of evicted messages: they would keep the memory."""
        if any(seq < first_seq for seq in self._known):
            self._known = {seq: each for seq, each in self._known.items() if seq >= first_seq}

    def message(self, seq: int) -> Message | None:
        """A message that is still in the history, or kept; else None."""
        found = self._known.get(seq) or self._kept.get(seq)
        if found is None and self._store is not None:
            found = self._store.message(seq)
            if found is not None:
                if len(self._known) >= _REMEMBERED:
                    self._known.clear()
                self._known[seq] = found
        return found

    def data(self, seq: int, before: int | None, column: int, role: int) -> Any:
        """One cell.

        Args:
            seq: The message.
            before: The message before it in the list; -1 when there is none, None while that is unknown.
            column: Which cell.
            role: What is asked for.
        """
        message = self.message(seq)
        if message is None:
            return self._gone(column, role)
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            text = self._text(message, before, column)
            return self._spoken(message, text) if role != 0 and column == RETAINED else text
        if role == KIND_ROLE:
            return self._previews.get(seq, message.frame)[1] if column == PREVIEW else None
        if role == HITS_ROLE:
            return self._hits(message, column)
        if role == PIN_ROLE:
            return column == RETAINED and message.retain
        if role == TRUNCATED_ROLE:
            return column == RETAINED and message.truncated
        return message if role == RAW_ROLE else None

    def _text(self, message: Message, before: int | None, column: int) -> str | None:
        match column:
            case 0:  # TIME
                return wording.clock_time(message.wall_ns)
            case 1:  # GAP
                return self._gap(message, before)
            case 2:  # TOPIC
                return message.topic
            case 3:  # QOS
                return str(message.qos)
            case 4:  # RETAINED
                return translate("dup") if message.dup else None
            case 5:  # SIZE
                return wording.size(message.size)
        return self._previews.get(message.seq, message.frame)[0]

    def _gap(self, message: Message, before: int | None) -> str:
        if before is None:
            return ""
        previous = self.message(before) if before >= 0 else None
        return wording.gap(message.mono_ns - previous.mono_ns) if previous is not None else _GONE

    @staticmethod
    def _spoken(message: Message, text: str | None) -> str | None:
        """The marks in words, for a screen reader."""
        parts = [
            word
            for word, on in (
                (translate("retained"), message.retain),
                (translate("kept in part"), message.truncated),
                (translate("may have been sent before"), message.dup),
            )
            if on
        ]
        return ", ".join(parts) if parts else text

    def _hits(self, message: Message, column: int) -> list[tuple[int, int]] | None:
        if self._matcher is None:
            return None
        if column == TOPIC:
            return self._matcher.topic_spans(message.topic)
        if column == PREVIEW:
            return self._matcher.value_spans(self._previews.get(message.seq, message.frame)[0])
        return None

    @staticmethod
    def _gone(column: int, role: int) -> Any:
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return translate("dropped by the memory budget") if column == PREVIEW else _GONE
        return "muted" if role == KIND_ROLE else None
