# SPDX-License-Identifier: MIT
"""The path of a value in a structure.

`sensor.rssi`, `readings[3].at`, `["a key"]`, `{1}` for a key that is no string, `key#2` for the second one of that name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

from mqtt_explorer.payload.diff_rows import NONE
from mqtt_explorer.payload.diff_values import plain_string

#: The place in an array, or a key as it is spelled.
Place: TypeAlias = int | bytes
#: The path of a document that is one value.
WHOLE: Final = "(whole)"
_NAME = re.compile(rb'"([A-Za-z_$][A-Za-z0-9_$-]*+)"\Z')


def step_text(place: Place, repeat: int = 1) -> str:
    """One step of a path, with the dot before it where there is one."""
    if isinstance(place, int):
        return f"[{place}]"
    name = _NAME.match(place)
    if name is None and b"\\" in place:
        name = _NAME.match(plain_string(place))
    if name is not None:
        text = "." + name[1].decode()
    else:
        spelled = place.decode("utf-8", "replace")
        text = f"[{spelled}]" if place.startswith(b'"') else f"{{{spelled}}}"
    return f"{text}#{repeat}" if repeat > 1 else text


def path_text(
    entry: int,
    parents: Sequence[int],
    place: Callable[[int], Place],
    repeat: Callable[[int], int],
    limit: int | None = None,
) -> str:
    """The path of an entry.

    Args:
        entry: Its number.
        parents: For each entry the one it lies in; NONE at the top.
        place: Where an entry lies in its container: its place in an array or its key; empty for the top value.
        repeat: The how manieth member of the same key an entry is, from 1.
        limit: Only so many characters of its end, and an ellipsis before them; None for all of it.
    """
    steps: list[str] = []
    size = 0
    while entry != NONE:
        where = place(entry)
        if where != b"":
            steps.append(step_text(where, repeat(entry)))
            size += len(steps[-1])
        entry = parents[entry]
        if limit is not None and size > limit:
            return "…" + "".join(reversed(steps))[-limit:]
    return "".join(reversed(steps)).removeprefix(".") or WHOLE
