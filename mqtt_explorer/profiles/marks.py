# SPDX-License-Identifier: MIT
"""What a user marked in a broker's tree: favourites, muted branches, and how payloads are decoded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mqtt_explorer.events import Event
from mqtt_explorer.profiles.decoder_choices import DecoderChoices

if TYPE_CHECKING:
    from collections.abc import Iterable

#: More favourites than this are refused: the list above the tree is for what one looks at all day.
MAX_FAVOURITES = 200
MAX_MUTED = 1_000


@dataclass(frozen=True, slots=True)
class Marks:
    """What is kept on disk for one broker: topics in the order they were marked, and filters with the decoder chosen for them."""

    favourites: tuple[str, ...] = ()
    muted: tuple[str, ...] = ()
    decoders: tuple[tuple[str, str], ...] = ()


class TopicMarks:
    """The marks of an open connection, live.

    Attributes:
        favourites: Topics and branches, raw, in the order they were added.
        muted: Branches whose messages make no noise: no glow, and left out of lists of messages. They are received and counted
            as ever.
        decoders: How payloads are decoded, by topic filter; tells its changes itself.

    Events:
        changed: After each change of favourites and muted branches.
    """

    def __init__(self, marks: Marks | None = None) -> None:
        marks = marks or Marks()
        self.favourites: tuple[bytes, ...] = tuple(dict.fromkeys(text.encode() for text in marks.favourites))
        self.muted: frozenset[bytes] = frozenset(text.encode() for text in marks.muted)
        self.decoders = DecoderChoices(marks.decoders)
        self.changed: Event[()] = Event()

    def is_favourite(self, topic: bytes) -> bool:
        """True when this very topic or branch is marked."""
        return topic in self.favourites

    def is_muted(self, topic: bytes) -> bool:
        """True when the topic or a branch above it is muted."""
        muted = self.muted
        if not muted:
            return False
        if topic in muted:
            return True
        cut = topic.rfind(b"/")
        while cut >= 0:
            if topic[:cut] in muted:
                return True
            cut = topic.rfind(b"/", 0, cut)
        return False

    def muting(self, topic: bytes) -> bytes | None:
        """The muted branch that silences a topic: itself or the nearest one above; None when it is not muted."""
        while topic not in self.muted:
            cut = topic.rfind(b"/")
            if cut < 0:
                return None
            topic = topic[:cut]
        return topic

    def set_favourite(self, topics: Iterable[bytes], *, on: bool) -> bool:
        """Marks topics, or takes the mark away; returns False when there are too many, and then changes nothing."""
        chosen = dict.fromkeys(topics)
        kept = tuple(each for each in self.favourites if each not in chosen)
        now = (*self.favourites, *(each for each in chosen if each not in self.favourites)) if on else kept
        if len(now) > MAX_FAVOURITES and on:
            return False
        if now != self.favourites:
            self.favourites = now
            self.changed.emit()
        return True

    def arrange_favourites(self, topics: Iterable[bytes]) -> bool:
        """Takes these as the favourites, in this order; returns False when there are too many, and then changes nothing."""
        now = tuple(dict.fromkeys(topics))
        if len(now) > MAX_FAVOURITES:
            return False
        if now != self.favourites:
            self.favourites = now
            self.changed.emit()
        return True

    def set_muted(self, topics: Iterable[bytes], *, on: bool) -> bool:
        """Mutes branches, or lets them be heard again; returns False when there are too many, and then changes nothing."""
        now = self.muted | frozenset(topics) if on else self.muted - frozenset(topics)
        if len(now) > MAX_MUTED and on:
            return False
        if now != self.muted:
            self.muted = now
            self.changed.emit()
        return True

    def kept(self) -> Marks:
        """What goes to disk."""
        return Marks(
            tuple(topic.decode() for topic in self.favourites),
            tuple(sorted(topic.decode() for topic in self.muted)),
            self.decoders.items,
        )
