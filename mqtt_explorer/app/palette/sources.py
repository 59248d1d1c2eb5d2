# SPDX-License-Identifier: MIT
"""What the palette offers: actions, settings, brokers and the topics looked at last; `topic_source` has all topics."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final, NamedTuple
from weakref import WeakKeyDictionary

from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QAction

from mqtt_explorer.app.actions import Actions, plain_name, shown_keys
from mqtt_explorer.app.palette.entry import Entry, Kind, PaletteSource
from mqtt_explorer.app.palette.score import match
from mqtt_explorer.events import Event
from mqtt_explorer.store.topic_tree import Node

#: Topics remembered for each connection.
RECENT: Final = 50


class ListSource(PaletteSource):
    """Entries that are all known: those that fit, best first."""

    def __init__(self, kind: Kind) -> None:
        self.kind = kind
        self.more: Event[()] = Event()
        self.total = 0
        self.busy = False

    def entries(self, text: str, limit: int) -> list[Entry]:
        found: list[tuple[float, Entry]] = []
        for entry, keywords in self.offers():
            fits = match(text, entry.title, f"{entry.detail} {keywords}")
            if fits is not None:
                found.append((fits.score, _marked(entry, fits.spans)))
        if text:
            found.sort(key=lambda each: -each[0])
        self.total = len(found)
        return [entry for _, entry in found[:limit]]

    def stop(self) -> None:
        """Nothing goes on."""

    def offers(self) -> Iterable[tuple[Entry, str]]:
        """All entries with other words for each, in the order for no text."""
        return ()


class ActionSource(ListSource):
    """The window's actions; one that cannot be used now is left out, as its place in the window is too.

    Args:
        actions: All of them.
        leave_out: Those that are no use here: the palette's own.
    """

    def __init__(self, actions: Actions, leave_out: Sequence[QAction] = ()) -> None:
        super().__init__(Kind.COMMAND)
        self._actions = actions
        self._leave_out = leave_out

    def offers(self) -> Iterable[tuple[Entry, str]]:
        for action in self._actions.all:
            if action.isEnabled() and action not in self._leave_out:
                about = self._actions.about(action)
                yield (
                    Entry(self.kind, plain_name(action), action.trigger, about.group, shown_keys(action)),
                    about.keywords,
                )


class Offer(NamedTuple):
    """A setting or a broker, as the window knows it.

    Attributes:
        title: Its name.
        detail: Where it belongs, or how it stands.
        run: Changes it, or goes to it.
        keywords: Other words for it.
    """

    title: str
    detail: str
    run: Callable[[], object]
    keywords: str = ""


class OfferSource(ListSource):
    """Settings or brokers, asked for anew each time.

    Args:
        kind: SETTING or BROKER.
        offers: What there is now.
    """

    def __init__(self, kind: Kind, offers: Callable[[], Iterable[Offer]]) -> None:
        super().__init__(kind)
        self._offers = offers

    def offers(self) -> Iterable[tuple[Entry, str]]:
        for number, offer in enumerate(self._offers()):
            # Two brokers may have the same name.
            key = f"{self.kind}:{number}:{offer.title}"
            yield Entry(self.kind, offer.title, offer.run, offer.detail, key=key), offer.keywords


class RecentTopics:
    """Which topics were selected last, for each connection; forgotten with it."""

    def __init__(self) -> None:
        self._topics: WeakKeyDictionary[object, dict[bytes, None]] = WeakKeyDictionary()

    def used(self, connection: object, topic: bytes) -> None:
        """A topic was selected."""
        topics = self._topics.setdefault(connection, {})
        topics.pop(topic, None)
        topics[topic] = None
        if len(topics) > RECENT:
            del topics[next(iter(topics))]

    def of(self, connection: object | None) -> list[bytes]:
        """Newest first, at most RECENT."""
        if connection is None:
            return []
        return list(reversed(self._topics.get(connection, {})))


class RecentSource(ListSource):
    """The topics selected last on the shown connection.

    Args:
        topics: Newest first.
        go_to: Selects one.
    """

    def __init__(self, topics: Callable[[], Sequence[bytes]], go_to: Callable[[bytes], object]) -> None:
        super().__init__(Kind.RECENT)
        self._topics, self._go_to = topics, go_to

    def entries(self, text: str, limit: int) -> list[Entry]:
        """A topic is searched for as in the tree: by a part of it."""
        wanted = text.casefold()
        named = [(topic, topic.decode(errors="replace")) for topic in self._topics()]
        found = [each for each in named if wanted in each[1].casefold()]
        self.total = len(found)
        return [topic_entry(self.kind, name, text, topic, self._go_to) for topic, name in found[:limit]]


def topic_entry(
    kind: Kind, name: str, wanted: str, topic: bytes, go_to: Callable[[bytes], object], detail: str = ""
) -> Entry:
    """An entry that selects a topic; what was typed is marked at its last place, which is nearest to the topic's own name."""
    place = name.lower().rfind(wanted.lower()) if wanted else -1
    spans = ((place, len(wanted)),) if place >= 0 and len(name.lower()) == len(name) else ()
    return Entry(kind, name, lambda: go_to(topic), detail, spans=spans, key=f"topic:{name}")


def branch_detail(node: Node) -> str:
    """What a branch that is no topic says beside its name."""
    if node.seq >= 0:
        return ""
    return QCoreApplication.translate("Palette", "branch")


def _marked(entry: Entry, spans: tuple[tuple[int, int], ...]) -> Entry:
    if not spans:
        return entry
    return Entry(entry.kind, entry.title, entry.run, entry.detail, entry.shortcut, spans, entry.key)
