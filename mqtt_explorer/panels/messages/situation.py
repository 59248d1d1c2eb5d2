# SPDX-License-Identifier: MIT
"""What the Messages panel says in words: where it is empty, beside its title, and under its list."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import QCoreApplication

from mqtt_explorer.models import wording
from mqtt_explorer.models.message_model import MOST_ROWS
from mqtt_explorer.widgets.text import one_line

if TYPE_CHECKING:
    from mqtt_explorer.connection import Connection
    from mqtt_explorer.models.message_state import ListState
    from mqtt_explorer.store.message_scan import MessageScan

_BRANCH = 60


class Situation(NamedTuple):
    """Icon, headline, sentence and button of an empty list; no button when its text is empty."""

    icon: str
    title: str
    text: str
    button: str = ""


def _tr(text: str) -> str:
    return QCoreApplication.translate("MessagesPanel", text)


def situation(
    connection: Connection | None, branch: bytes | None, state: ListState, *, filtered: bool
) -> Situation:
    """Why a list is empty, and what to do next."""
    if connection is None:
        return Situation("connect", _tr("Not connected"), _tr("Connect to a broker to see its messages."))
    if not state.done:
        return Situation("clock", _tr("Looking…"), _tr("The history is searched, newest messages first."))
    if state.inside and filtered:
        text = _tr("1 message was looked at.") if state.inside == 1 else _tr("{n} messages were looked at.")
        text = text.format(n=f"{state.inside:,}")
        return Situation("filter", _tr("Nothing matches"), text, _tr("Clear the filter"))
    if state.muted:
        muted = _tr("The message here is on a muted branch.")
        if state.muted != 1:
            muted = _tr("All {n} messages here are on muted branches.").format(n=f"{state.muted:,}")
        text = muted + " " + _tr("Unmute them in the topic tree to see them.")
        return Situation("mute", _tr("Only muted messages"), text)
    if branch is not None:
        text = _tr("Nothing is kept of {branch} or below; its next message appears here.")
        return Situation(
            "messages", _tr("No messages here"), text.format(branch=_name(branch)), _tr("Show everything")
        )
    if connection.state.state != "connected":
        return Situation("disconnect", _tr("No messages"), _tr("There is no connection to the broker now."))
    if not connection.subscriptions.rows:
        text = _tr("A broker sends only what is subscribed to. Add a filter under Subscriptions.")
        return Situation("filter", _tr("No subscription"), text)
    return Situation("messages", _tr("No messages yet"), _tr("What arrives is listed here, newest on top."))


def info(branch: bytes | None, state: ListState, *, filtered: bool) -> str:
    """What stands beside the title: "below greenhouse/zone-1 · 6,120 of 48,210 match"."""
    parts = [_tr("below {branch}").format(branch=_name(branch))] if branch is not None else []
    if filtered:
        text = _tr("{n} of {all} match").format(n=f"{state.matched:,}", all=f"{state.inside:,}")
    else:
        text = _tr("1 message") if state.inside == 1 else _tr("{n} messages")
        text = text.format(n=f"{state.inside:,}")
    parts.append(text if state.done else _tr("{figures} so far").format(figures=text))
    return " · ".join(parts)


def foot(scan: MessageScan | None, state: ListState, since_ns: int | None) -> str:
    """What is not in the list: the end of a long one, muted branches, and what the budget dropped.

    Args:
        scan: What is shown.
        state: How the list stands.
        since_ns: Since when the history is kept, wall clock.
    """
    if scan is None:
        return ""
    parts = []
    if state.rows >= MOST_ROWS and state.matched > state.rows:
        text = _tr("showing {n} of {all}: a filter brings older ones")
        parts.append(text.format(n=f"{state.rows:,}", all=f"{state.matched:,}"))
    if state.muted:
        parts.append(_tr("{n} of muted branches left out").format(n=f"{state.muted:,}"))
    dropped = scan.dropped
    if dropped != 0 and since_ns is not None:
        since = wording.clock_time(since_ns)[:8]
        if dropped is None:
            parts.append(_tr("older ones were dropped by the memory budget, kept since {t}").format(t=since))
        else:
            one = _tr("1 older one was dropped by the memory budget, kept since {t}")
            many = _tr("{n} older ones were dropped by the memory budget, kept since {t}")
            parts.append((one if dropped == 1 else many).format(n=f"{dropped:,}", t=since))
    line = " · ".join(parts)
    return line[:1].upper() + line[1:]


def _name(branch: bytes) -> str:
    text = branch.decode("utf-8", "replace") or _tr("(empty level)")
    return one_line(text, _BRANCH)
