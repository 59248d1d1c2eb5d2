# SPDX-License-Identifier: MIT
"""Which image a payload is by its first bytes, without decoding it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Picture:
    """What `Document.picture` says: the view decodes it, in another process.

    Attributes:
        kind: Qt's name of the image format ("png"), never one that is a program or refers to others (SVG).
        known_by: The first bytes that say so, in hex.
    """

    kind: str
    known_by: str
