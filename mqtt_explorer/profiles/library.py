# SPDX-License-Identifier: MIT
"""All saved brokers; and two programs with one file of them: what the other one wrote since must not go with our next save."""

from __future__ import annotations

import msgspec

from mqtt_explorer.profiles.profile import Profile


class Library(msgspec.Struct, frozen=True):
    """All saved brokers in their order, and the names of the folders in theirs."""

    folders: tuple[str, ...] = ()
    profiles: tuple[Profile, ...] = ()


def merged(base: Library, ours: Library, theirs: Library) -> Library:
    """Our brokers with the other program's changes to those we have not touched; where both changed one, ours counts.

    Args:
        base: What we had when the file was last read or written here.
        ours: What we have now.
        theirs: What the file holds now.
    """
    before = {each.id: each for each in base.profiles}
    there = {each.id: each for each in theirs.profiles}
    profiles = []
    for each in ours.profiles:
        if each != before.get(each.id):
            profiles.append(each)
        elif each.id in there:
            profiles.append(there[each.id])
    known = before.keys() | {each.id for each in ours.profiles}
    profiles += [each for each in theirs.profiles if each.id not in known]
    folders = [name for name in ours.folders if name not in base.folders or name in theirs.folders]
    folders += [name for name in theirs.folders if name not in base.folders and name not in folders]
    return Library(tuple(folders), tuple(profiles))
