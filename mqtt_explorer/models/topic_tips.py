# SPDX-License-Identifier: MIT
"""The tooltip of a topic row, as lines of plain text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mqtt_explorer.models import wording

if TYPE_CHECKING:
    from mqtt_explorer.protocol.batch import Frame
    from mqtt_explorer.store.staleness import Staleness
    from mqtt_explorer.store.topic_tree import Node


def rhythm(staleness: Staleness, node: Node, now_ns: int, *, stale: bool) -> str | None:
    """How often a topic has a message: "Usually every 1.0 s; silent for 4 min". None while that is not known."""
    interval = staleness.interval_s(node)
    if interval is None:
        return None
    usual = wording.usual(interval)
    silent = staleness.silent_s(node, now_ns)
    if stale and silent is not None:
        text = wording.translate("Usually {usual}; silent for {age}")
        return text.format(usual=usual, age=wording.age(silent))
    return wording.translate("Usually {usual}").format(usual=usual)


def topic_tip(
    node: Node, said: str | None, muting: bytes | None, *, retained: bool, cut: Frame | None
) -> str:
    """The full topic and what the marks of its row mean.

    Args:
        node: The row.
        said: Its rhythm.
        muting: The muted branch that silences it, or None.
        retained: The broker keeps a message.
        cut: Its last message when only a part of that was kept, or None.
    """
    lines = [_on_one_line(node.topic)]
    if said:
        lines.append(said)
    if retained:
        lines.append(wording.translate("Retained by the broker"))
    if muting is not None:
        if muting == node.topic:
            lines.append(wording.translate("Muted"))
        else:
            lines.append(wording.translate("Muted with {branch}").format(branch=_on_one_line(muting)))
    if cut is not None:
        lines.append(
            wording.translate("Kept in part: {kept} of {size}").format(
                kept=wording.size(len(cut[3])), size=wording.size(cut[4])
            )
        )
    return "\n".join(lines)


def _on_one_line(topic: bytes) -> str:
    """A topic may hold line breaks; here only the lines of the tooltip are told apart by them."""
    return topic.decode("utf-8", "replace").replace("\n", "␊")
