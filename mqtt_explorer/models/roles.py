# SPDX-License-Identifier: MIT
"""Item data roles that the models answer and `widgets.delegates` paints.

Row roles (GLOW_ROLE) are asked of column 0 only. Cell roles are asked where the view's column
description says so. A model answers None for every role that does not apply.
"""

from __future__ import annotations

from typing import Final

_USER: Final = 0x0100
"""Qt.ItemDataRole.UserRole, spelled out so that this module needs no Qt."""

RAW_ROLE: Final = _USER + 1
"""The object behind the row (a node, a Message, a Subscription): never painted."""

KIND_ROLE: Final = _USER + 2
"""Name of the text colour: number, string, key, text, muted, accent, ok, warn or error. None: text."""

GLOW_ROLE: Final = _USER + 3
"""Row role. How freshly the row changed, 1.0 (now) falling to 0.0 (at rest)."""

PIN_ROLE: Final = _USER + 4
"""True: the value is retained; a pin stands at the right end of the cell."""

TRUNCATED_ROLE: Final = _USER + 5
"""True: only a part of the payload was kept; scissors stand at the right end of the cell."""

NOTE_ROLE: Final = _USER + 6
"""Small muted text after the cell's text, such as "18 topics · 4,102 messages"."""

HITS_ROLE: Final = _USER + 8
"""Search hits in the display text: a sequence of (start, length) in characters."""

SPARK_ROLE: Final = _USER + 9
"""A sequence of 2 to 64 numbers in 0..1, drawn as a small line."""

BAR_ROLE: Final = _USER + 10
"""Index into the data colours: an upright bar before the text (which subscription). Negative: none."""

STRONG_ROLE: Final = _USER + 11
"""True: the text is semibold (a branch, a group, an alias)."""

ICON_ROLE: Final = _USER + 12
"""Name of an icon before the text, or "name:token" to give it a colour."""

BADGE_ROLE: Final = _USER + 13
"""A word in a small tinted chip after the text, as "kind:word" ("warn:stale", "error:refused")."""

STAR_ROLE: Final = _USER + 14
"""True: the row is a favourite; a small star stands at the right end of the cell."""

MUTE_ROLE: Final = _USER + 15
"""True: the row is muted; a crossed-out loudspeaker stands at the right end of the cell."""
