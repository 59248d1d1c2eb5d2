# SPDX-License-Identifier: MIT
"""The figures of the list of messages."""

from __future__ import annotations

from typing import NamedTuple


class ListState(NamedTuple):
    """How a list stands.

    Attributes:
        rows: Rows there are.
        matched: Messages that match, so far.
        inside: Messages below the branch and not muted, so far.
        muted: Messages left out because they are muted, so far.
        done: The three figures are exact.
        waiting: Matches newer than the first row, while the list is held or paused.
        lost: Messages that were dropped before they could be shown, since it was held or paused.
    """

    rows: int = 0
    matched: int = 0
    inside: int = 0
    muted: int = 0
    done: bool = True
    waiting: int = 0
    lost: int = 0
