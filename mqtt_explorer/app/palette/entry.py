# SPDX-License-Identifier: MIT
"""What the palette shows, and what it asks of those who offer it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from mqtt_explorer.events import Event

Spans = tuple[tuple[int, int], ...]
"""Start and length of what matched, in characters."""


class Kind(StrEnum):
    """What an entry is: its group and its icon."""

    RECENT = "recent"
    COMMAND = "command"
    BROKER = "broker"
    SETTING = "setting"
    TOPIC = "topic"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the palette.

    Attributes:
        kind: Its group.
        title: Its name; text from the wire is shown plainly.
        run: What Enter does, after the palette has closed and the focus is where it was.
        detail: A few words beside the name.
        shortcut: Its keys, at the right.
        spans: What of the title matched.
        key: What it stands for: of several entries with the same key the first is shown. "" for the title.
    """

    kind: Kind
    title: str
    run: Callable[[], object]
    detail: str = ""
    shortcut: str = ""
    spans: Spans = ()
    key: str = ""

    @property
    def identity(self) -> str:
        """The same for the same thing, whatever was typed."""
        return self.key or f"{self.kind}:{self.title}"


class PaletteSource(Protocol):
    """Offers entries of one kind. What takes time is found beside the loop and told with `more`.

    Attributes:
        kind: The kind of all its entries.
        more: Emitted when `entries` has a fuller answer to the text it was last asked for.
        total: How many entries there are for that text, shown or not.
        busy: True while it still looks.
    """

    kind: Kind
    more: Event[()]
    total: int
    busy: bool

    def entries(self, text: str, limit: int) -> list[Entry]:
        """The best entries for a text, best first, at most `limit`; all that come first for ""."""

    def stop(self) -> None:
        """The palette has closed: nothing more is wanted."""
