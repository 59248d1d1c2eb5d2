# SPDX-License-Identifier: MIT
"""The user's preferences as one frozen value. Never holds a user name or a password."""

from __future__ import annotations

from typing import Annotated, Final, Literal, TypeAlias

import msgspec

from mqtt_explorer.protocol.url import BrokerUrl, UrlError

MIB: Final = 1024 * 1024
#: The layout of the file; a newer program may raise it.
VERSION: Final = 1
MAX_RECENT: Final = 10

Theme: TypeAlias = Literal["system", "dark", "light"]
_Base64: TypeAlias = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9+/]*={0,2}$", max_length=MIB)]


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Preferences; the defaults are those of a first start.

    Attributes:
        theme: "system" follows the desktop.
        ui_px: Height of interface text, 11–20 px.
        mono_px: Height of topics and payloads, 10–20 px.
        budget_bytes: Memory for messages; None takes a quarter of the machine's memory, at most 4 GiB.
        payload_cap: Bytes; of larger payloads only the beginning is kept.
        window_geometry: Qt's `saveGeometry()` as base64 text.
        window_layout: Qt's `saveState()` as base64 text.
        recent_urls: Addresses connected to, newest first, without login and query (which may hold a token).
        tree_columns: The columns shown beside the topic, by name (`models.topic_columns.NAMES`); unknown ones are ignored.
        tree_widths: Widths the user gave to columns, in pixels, by name ("topic" too).
        tree_sort: The order within a branch (`models.topic_columns.SortOrder`).
        tree_descending: Whether that order is turned round.
        show_demo_offer: Whether the start page offers the demo.
        extra: Keys this version does not know, as raw JSON; they are written back as they were.
    """

    theme: Theme = "system"
    ui_px: Annotated[int, msgspec.Meta(ge=11, le=20)] = 13
    mono_px: Annotated[int, msgspec.Meta(ge=10, le=20)] = 12
    budget_bytes: Annotated[int, msgspec.Meta(ge=16 * MIB)] | None = None
    payload_cap: Annotated[int, msgspec.Meta(ge=1, le=268_435_455)] = 64 * MIB
    window_geometry: _Base64 = ""
    window_layout: _Base64 = ""
    recent_urls: tuple[str, ...] = ()
    tree_columns: tuple[str, ...] = ("value", "trend", "rate", "age")
    tree_widths: dict[str, Annotated[int, msgspec.Meta(ge=20, le=4000)]] = msgspec.field(default_factory=dict)
    tree_sort: str = "arrival"
    tree_descending: bool = False
    show_demo_offer: bool = True
    extra: dict[str, msgspec.Raw] = msgspec.field(default_factory=dict)

    def __post_init__(self) -> None:
        # Whatever gets in here, by hand or by an edited file, a login does not.
        cleaned = (without_secrets(url) for url in self.recent_urls)
        unique = tuple(dict.fromkeys(url for url in cleaned if url is not None))
        msgspec.structs.force_setattr(self, "recent_urls", unique[:MAX_RECENT])

    def with_recent(self, url: BrokerUrl) -> Settings:
        """The same settings with an address at the top of the recent ones."""
        return msgspec.structs.replace(self, recent_urls=(str(url), *self.recent_urls))


def without_secrets(text: str) -> str | None:
    """An address without login and query, or None when it is none."""
    try:
        url, _, _ = BrokerUrl.parse(text)
    except UrlError:
        return None
    return url.shown
