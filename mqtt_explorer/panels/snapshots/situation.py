# SPDX-License-Identifier: MIT
"""What the Snapshots panel says in words: where nothing is to be listed, under the table, and beside its title."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from PySide6.QtCore import QCoreApplication

from mqtt_explorer.models import snapshot_words
from mqtt_explorer.panels.snapshots.shelf import moment
from mqtt_explorer.store.snapshot_compare import Status
from mqtt_explorer.widgets.text import one_line

if TYPE_CHECKING:
    from mqtt_explorer.panels.snapshots.state import View
    from mqtt_explorer.store.snapshot_compare import Comparison

CHANGES: Final = (Status.NEW, Status.GONE, Status.SHAPE, Status.VALUE)
_NAME: Final = 40


class Situation(NamedTuple):
    """Icon, headline, sentence and button; no button when its text is empty."""

    icon: str
    title: str
    text: str
    button: str = ""


def _tr(text: str) -> str:
    return QCoreApplication.translate("SnapshotsPanel", text)


def situation(view: View | None, rows: int) -> Situation | None:
    """Why there are no rows, and what to do next; None where there are some."""
    if view is None:
        text = _tr(
            "Connect to a broker to keep its topics as they are, and to see later what became of them."
        )
        return Situation("connect", _tr("Not connected"), text)
    if not view.shelf:
        text = _tr(
            "A snapshot keeps every topic with its last message. Later you see what is new, gone, silent or changed since then. "
            "It is kept until the broker is closed; save it to a file to keep it longer."
        )
        return Situation("history", _tr("No snapshot yet"), text)
    named = view.before
    if named is None:
        return Situation(
            "history", _tr("No snapshot chosen"), _tr("Choose one in the list to compare it with.")
        )
    since = moment(named.snapshot.about.begun_ns)
    comparison = view.comparison
    if comparison is None or view.compared != (view.before, view.after):
        if view.work is not None:
            return Situation("clock", _tr("Working…"), _tr("What is found stands here in a moment."))
        text = _tr("Kept as it was at {time}. Compare it whenever you want to know what changed since then.")
        name = one_line(named.name, _NAME)
        return Situation(
            "history",
            name,
            text.format(time=since),
            _tr("Compare with now") if view.after is None else _tr("Compare"),
        )
    if rows:
        return None
    if view.text:
        text = _tr("No topic of those shown holds “{text}”.").format(text=one_line(view.text, _NAME))
        return Situation("filter", _tr("Nothing matches"), text, _tr("Clear the filter"))
    if not any(comparison.count(status) for status in CHANGES):
        text = _figures(comparison) or _tr("No topics were compared.")
        return Situation(
            "check-circle", _nothing(view, since), text, _tr("Show all topics") if len(comparison) else ""
        )
    return Situation("filter", _tr("All of it is switched off"), _figures(comparison), _tr("Show all topics"))


def _nothing(view: View, since: str) -> str:
    if view.after is None:
        return _tr("Nothing changed since {time}").format(time=since)
    return _tr("Nothing changed between the two")


def _figures(comparison: Comparison) -> str:
    parts = ((snapshot_words.name(status), comparison.count(status)) for status in Status)
    return " · ".join(f"{name} {count:,}" for name, count in parts if count)


def foot(view: View | None) -> str:
    """What one should know of the result: when it was compared, and what could not be told."""
    comparison = view.comparison if view is not None else None
    if view is None or comparison is None:
        return ""
    before, after = comparison.before.about, comparison.after.about
    parts = [_tr("{old} compared with {new}").format(old=moment(before.begun_ns), new=moment(after.begun_ns))]
    if not any(comparison.count(status) for status in CHANGES):
        parts.append(_tr("nothing changed"))
    if not comparison.same_session:
        parts.append(_tr("silent topics are not told apart: the two are not of one connection"))
    if before.broker != after.broker:
        names = one_line(before.broker, _NAME), one_line(after.broker, _NAME)
        parts.append(_tr("of two brokers: {one} and {other}").format(one=names[0], other=names[1]))
    if comparison.scope is not None:
        scope = one_line(comparison.scope.decode("utf-8", "replace"), _NAME)
        parts.append(_tr("below {branch} only").format(branch=scope))
    if after.dropped > (before.dropped if comparison.same_session else 0):
        parts.append(_tr("new topics may be missing: the memory budget was full"))
    if any(each.digests for each in (comparison.before, comparison.after)):
        parts.append(_tr("of payloads over 64 KiB a snapshot keeps the beginning and a hash of the whole"))
    line = " · ".join(parts)
    return line[:1].upper() + line[1:]


def info(view: View | None) -> str:
    """What stands beside the title: "since 14:02:11: 43 of 1,284 changed"."""
    comparison = view.comparison if view is not None else None
    if view is None or comparison is None or view.compared != (view.before, view.after):
        return ""
    changed = sum(comparison.count(status) for status in CHANGES)
    text = _tr("since {time}: {n} of {all} changed")
    since = moment(comparison.before.about.begun_ns)
    return text.format(time=since, n=f"{changed:,}", all=f"{len(comparison):,}")
