# SPDX-License-Identifier: MIT
"""Columns and orders of the topic tree. No Qt: settings and tests read it too."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

TOPIC, VALUE, TREND, MESSAGES, RATE, SIZE, AGE, QOS, RETAINED = range(9)
COLUMNS: Final = 9

#: How settings name the columns that may be hidden, in their order on the screen.
NAMES: Final = {
    "value": VALUE,
    "trend": TREND,
    "messages": MESSAGES,
    "rate": RATE,
    "size": SIZE,
    "age": AGE,
    "qos": QOS,
    "retained": RETAINED,
}
DEFAULT: Final = ("value", "trend", "rate", "age")


class SortOrder(StrEnum):
    """The order of the children within a branch."""

    ARRIVAL = "arrival"  # as they were first seen
    NAME = "name"  # by character
    NATURAL = "natural"  # by name, numbers by value: node-2 before node-10
    ACTIVITY = "activity"  # most messages a second first
    MESSAGES = "messages"  # most messages so far first
    AGE = "age"  # last message first
    STALE = "stale"  # longest overdue first

    @property
    def is_live(self) -> bool:
        """True for orders that change by themselves as time passes."""
        return self not in (SortOrder.ARRIVAL, SortOrder.NAME, SortOrder.NATURAL)
