# SPDX-License-Identifier: MIT
"""Several topic filters in one line of text.

A filter may hold commas and spaces (MQTT 4.7.3). What is typed here is split at white space, with or without a comma before it, so that a
comma inside a filter stays part of it; a filter with a space in it is typed in the Subscriptions panel, which takes one at a time.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from PySide6.QtCore import QCoreApplication

_BETWEEN = re.compile(r",?\s+")


def split_filters(text: str) -> list[str]:
    """The filters of a line, in order; none for an empty one."""
    return [part for part in _BETWEEN.split(text.strip()) if part]


def join_filters(filters: Iterable[str]) -> str:
    """Filters as one line to show."""
    return ", ".join(filters)


def explain_filters(text: str) -> str:
    """One sentence on what the line asks for."""
    if text.strip() == "#":
        return _tr("# is every topic this account may read; on a busy public broker that is a lot.")
    if not text.strip():
        return _tr("Without a filter nothing arrives until you add a subscription.")
    return _tr("A space separates filters. A filter with a space in it is added under Subscriptions.")


def _tr(text: str) -> str:
    return QCoreApplication.translate("StartPage", text)
