# SPDX-License-Identifier: MIT
"""Copying one or many topics of the tree: their names, filters and values, and a sentence where that is not the whole truth."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QGuiApplication

from mqtt_explorer.models import wording
from mqtt_explorer.protocol.topics import TopicError, TopicFilter
from mqtt_explorer.widgets.clipboard import HEX_LIMIT

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mqtt_explorer.protocol.batch import Frame
    from mqtt_explorer.store.topic_tree import Node

VALUES_LIMIT: Final = 32 << 20
"""Bytes of values copied together at most: decoding them holds the window, and no field takes more."""


def _tr(text: str) -> str:
    return QCoreApplication.translate("TopicsPanel", text)


def copy_topics(topics: Iterable[bytes]) -> None:
    """Puts topics on the clipboard, one a line."""
    QGuiApplication.clipboard().setText("\n".join(topic.decode() for topic in topics))


def copy_filters(nodes: Sequence[Node]) -> str:
    """Puts the filters of rows on the clipboard, one a line; returns what there is to say about it, or nothing."""
    filters = [text for node in nodes if (text := filter_of(node)) is not None]
    if filters:
        QGuiApplication.clipboard().setText("\n".join(filters))
    if len(filters) == len(nodes):
        return ""
    text = _tr("{n} of {total} topics are too long for a filter with # and were left out.")
    return text.format(n=f"{len(nodes) - len(filters):,}", total=f"{len(nodes):,}")


def filter_of(node: Node) -> str | None:
    """The filter of a row: a topic's own, a branch's with everything below it; None where it would be too long."""
    return branch_filter(node.topic) if node.kids else node.topic.decode()


def branch_filter(topic: bytes) -> str | None:
    """The filter of a topic and everything below it, or None where it would be too long."""
    try:
        return TopicFilter(f"{topic.decode()}/#").text
    except TopicError:
        return None


def copy_values(frames: Sequence[Frame]) -> str:
    """Puts the values of several messages on the clipboard, one a line, byte for byte where they are text.

    Returns:
        What there is to say about it: which are hex, cut or left out, or that nothing was copied.
    """
    size = sum(len(frame[3]) for frame in frames)
    if size > VALUES_LIMIT:
        text = _tr(
            "Nothing was copied: together the values have {size}, and {limit} is the limit. Select fewer."
        )
        return text.format(size=wording.size(size), limit=wording.size(VALUES_LIMIT))
    lines: list[str] = []
    as_hex = left_out = in_part = broken = 0
    for frame in frames:
        payload = frame[3]
        try:
            line = payload.decode()
        except UnicodeDecodeError:
            if len(payload) > HEX_LIMIT:
                left_out += 1
                continue
            line = payload.hex(" ")
            as_hex += 1
        in_part += frame[4] > len(payload)
        broken += "\n" in line
        lines.append(line)
    QGuiApplication.clipboard().setText("\n".join(lines))
    return _told(len(lines), as_hex, left_out, in_part, broken)


def _told(copied: int, as_hex: int, left_out: int, in_part: int, broken: int) -> str:
    facts = [
        (as_hex, _tr("{n} not UTF-8 text and copied as hex")),
        (in_part, _tr("{n} kept in part only")),
        (broken, _tr("{n} of several lines")),
        (left_out, _tr("{n} neither text nor small enough for hex, and left out")),
    ]
    told = [text.format(n=f"{n:,}") for n, text in facts if n]
    if not told:
        return ""
    head = _tr("Copied 1 value") if copied == 1 else _tr("Copied {n} values").format(n=f"{copied:,}")
    return f"{head}: {', '.join(told)}."
