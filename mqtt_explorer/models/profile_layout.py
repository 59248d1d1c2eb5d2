# SPDX-License-Identifier: MIT
"""Which rows the lists of saved brokers have, and in which order. No Qt."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

if TYPE_CHECKING:
    from mqtt_explorer.profiles.profile import Profile

Kind: TypeAlias = Literal["folder", "profile", "recent_group", "recent"]
Key: TypeAlias = tuple[Kind, str]
"""A row's kind, and its folder name, profile id or URL."""

RECENT: Final[Key] = ("recent_group", "")

Layout: TypeAlias = list[tuple[Key, list[Key]]]
"""Each top-level row with the rows below it."""


def lay_out(
    folders: Sequence[str], profiles: Iterable[Profile], recent: Sequence[str], words: Sequence[str] = ()
) -> Layout:
    """Folders with their profiles, then the profiles in no folder, then addresses used by hand that are no profile's.

    With `words`, in lower case, only what holds all of them stays; a folder stays with its hits, or whole when its name is one.
    """
    inside: dict[str, list[Key]] = {name: [] for name in folders}
    loose: list[Key] = []
    addresses: set[str] = set()
    for profile in profiles:
        addresses |= {profile.address, profile.url}
        if all(_is_hit(word, profile) for word in words):
            inside.get(profile.folder, loose).append(("profile", profile.id))
    layout: Layout = [
        (("folder", name), kids) for name, kids in inside.items() if kids or _holds(name.lower(), words)
    ]
    layout += [(key, []) for key in loose]
    by_hand: list[Key] = [
        ("recent", url) for url in recent if url not in addresses and _holds(url.lower(), words)
    ]
    if by_hand:
        layout.append((RECENT, by_hand))
    return layout


def _is_hit(word: str, profile: Profile) -> bool:
    """Whether name, address, folder or user name hold the word; the scheme counts only as a whole, or "mqtt" would find everything."""
    scheme, _, host = profile.address.lower().rpartition("://")
    if word == scheme or ("://" in word and word in profile.address.lower()):
        return True
    return any(
        word in text for text in (host, *map(str.lower, (profile.name, profile.folder, profile.username)))
    )


def find_hits(text: str, words: Iterable[str]) -> list[tuple[int, int]]:
    """Start and length of every word in `text`, without overlaps; none where lower case has another length."""
    low = text.lower()
    if len(low) != len(text):
        return []
    hits: list[tuple[int, int]] = []
    end = 0
    for start, length in sorted((low.find(word), len(word)) for word in words if word in low):
        if start >= end:
            hits.append((start, length))
            end = start + length
    return hits


def _holds(text: str, words: Sequence[str]) -> bool:
    return all(word in text for word in words)
