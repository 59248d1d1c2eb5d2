# SPDX-License-Identifier: MIT
"""What the rows of a comparison say: names of what became of a topic, previews, and the change in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mqtt_explorer.models import wording
from mqtt_explorer.models.wording import translate
from mqtt_explorer.payload.kept import PART
from mqtt_explorer.payload.preview import preview
from mqtt_explorer.payload.value_change import value_change
from mqtt_explorer.store.snapshot_compare import Status, shape_change

if TYPE_CHECKING:
    from mqtt_explorer.payload.kept import Entry
    from mqtt_explorer.store.snapshot_compare import Comparison, Row

SIGNS: Final = {
    Status.NEW: ("plus", "ok"),
    Status.GONE: ("minus", "error"),
    Status.SHAPE: ("diff", "warn"),
    Status.VALUE: ("edit", "accent"),
    Status.SILENT: ("clock", "muted"),
    Status.NOT_KEPT: ("scissors", "muted"),
    Status.SAME: ("check", "muted"),
}
"""Icon and colour of each."""
_KINDS: Final = {"number": "number", "boolean": "number", "string": "string", "text": "string"}


def name(status: Status) -> str:
    """For a chip: "Changed value"."""
    return {
        Status.NEW: translate("New"),
        Status.GONE: translate("Gone"),
        Status.SHAPE: translate("Changed shape"),
        Status.VALUE: translate("Changed value"),
        Status.SILENT: translate("Silent"),
        Status.NOT_KEPT: translate("Not kept"),
        Status.SAME: translate("Same"),
    }[status]


def word(status: Status) -> str:
    """For a cell: "value"."""
    return {
        Status.NEW: translate("new"),
        Status.GONE: translate("gone"),
        Status.SHAPE: translate("shape"),
        Status.VALUE: translate("value"),
        Status.SILENT: translate("silent"),
        Status.NOT_KEPT: translate("not kept"),
        Status.SAME: translate("same"),
    }[status]


def meaning(status: Status) -> str:
    """For a tooltip."""
    return {
        Status.NEW: translate("Topics that were not there before, or were deleted then"),
        Status.GONE: translate("Topics that are not there any more: their retained message was deleted"),
        Status.SHAPE: translate("Another kind of payload: members, types or the unit changed"),
        Status.VALUE: translate("Payloads of the same shape with other values"),
        Status.SILENT: translate("Topics without a message in between"),
        Status.NOT_KEPT: translate("Messages came, but too little of a payload is kept to compare it"),
        Status.SAME: translate("Topics whose messages in between brought the same payload"),
    }[status]


def shown(entry: Entry | None) -> tuple[str, str]:
    """One side in one line, and its colour."""
    if entry is None:
        return "–", "muted"
    if entry.kept == "none":
        return translate("{size}, not kept").format(size=wording.size(entry.size)), "muted"
    made = preview(entry.payload, entry.size)
    if made.kind == "empty":
        return translate("(empty)"), "muted"
    return made.text, _KINDS.get(made.kind, "muted")


def change(comparison: Comparison, row: Row) -> str:
    """What changed, in words: "+0.3 °C", "value: number → text", "no message in between"."""
    before, after = row.before, row.after
    if before is None or after is None or row.status in (Status.NEW, Status.GONE):
        return _one_sided(row)
    if row.status is Status.SILENT:
        return translate("no message in between")
    if row.status is Status.NOT_KEPT:
        return _not_kept(before, after)
    if row.status is Status.SAME:
        return _came_again(comparison, before, after)
    if row.status is Status.SHAPE:
        return shape_change(before, after)
    if before.kept == after.kept == "whole":
        words = value_change(before.payload, after.payload)
        if words:
            return words
    return _sizes(before, after)


def _one_sided(row: Row) -> str:
    entry = row.after or row.before
    if row.status is Status.GONE:
        return translate("was deleted") if row.after is not None else translate("is not there any more")
    if row.before is not None:
        return translate("was deleted before, is there again")
    if entry is not None and entry.deleted:
        return translate("came and was deleted again")
    return (
        translate("was not there, is retained")
        if entry is not None and entry.retained
        else translate("was not there")
    )


def _not_kept(before: Entry, after: Entry) -> str:
    if (before.flags | after.flags) & PART and "none" not in (before.kept, after.kept):
        return translate("equal as far as it was received")
    if before.kept == "none":
        return translate("the memory budget had taken the earlier payload")
    return translate("the memory budget had taken the later payload")


def _came_again(comparison: Comparison, before: Entry, after: Entry) -> str:
    came = after.messages - before.messages
    if not comparison.same_session or came < 1:
        return translate("the same payload")
    text = (
        translate("1 message, the same payload") if came == 1 else translate("{n} messages, the same payload")
    )
    return text.format(n=f"{came:,}")


def _sizes(before: Entry, after: Entry) -> str:
    if before.size == after.size:
        return translate("other content, same size")
    more = after.size - before.size
    text = translate("{size} more") if more > 0 else translate("{size} less")
    return text.format(size=wording.size(abs(more)))
