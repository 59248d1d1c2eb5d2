# SPDX-License-Identifier: MIT
"""What the Topics panel says where there are no topics, and above them when something is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import QCoreApplication

from mqtt_explorer.protocol.options import ProtocolVersion
from mqtt_explorer.store.query import QueryMode

if TYPE_CHECKING:
    from mqtt_explorer.connection import Connection
    from mqtt_explorer.models.topic_search import SearchState
    from mqtt_explorer.store.query import Query


class Situation(NamedTuple):
    """Icon, headline and sentence of an empty panel."""

    icon: str
    title: str
    text: str


def _tr(text: str) -> str:
    return QCoreApplication.translate("TopicsPanel", text)


def situation(connection: Connection | None) -> Situation:
    """Why a connection has no topics to show, and what to do next."""
    if connection is None:
        return Situation(
            "connect", _tr("Not connected"), _tr("Connect to a broker, and its topics appear here.")
        )
    state = connection.state
    if state.state == "connecting":
        return Situation(
            "connect", _tr("Connecting…"), _tr("Dialling {broker}.").format(broker=connection.title)
        )
    if state.state == "waiting":
        text = state.reason or _tr("The broker cannot be reached.")
        return Situation(
            "clock", _tr("Waiting to try again"), text + " " + _tr("It is tried again by itself.")
        )
    if state.state == "failed":
        return Situation("error", _tr("No connection"), state.reason or _tr("The broker refused it."))
    if state.state == "disconnected":
        return Situation("disconnect", _tr("Disconnected"), _tr("Connect again, and the topics appear here."))
    return _subscribed(connection)


def _subscribed(connection: Connection) -> Situation:
    rows = connection.subscriptions.rows
    if not rows:
        text = _tr(
            "A broker sends only what is subscribed to. Add a filter under Subscriptions: # is every topic."
        )
        return Situation("filter", _tr("No subscription"), text)
    refused = [row for row in rows if row.state == "refused"]
    if len(refused) == len(rows):
        row = refused[0]
        title = _tr("The broker refused {filter}").format(filter=row.filter_text)
        text = row.sentence + " " + _tr("Nothing can arrive; try another filter under Subscriptions.")
        return Situation("forbidden", title, text)
    if all(row.state in ("new", "pending") for row in rows):
        return Situation("filter", _tr("Subscribing…"), _tr("Waiting for the broker's answer."))
    granted = [row for row in rows if row.state == "granted"]
    if not granted:
        row = next(row for row in rows if row.state != "refused")
        title = _tr("Not subscribed to {filter} yet").format(filter=row.filter_text)
        return Situation("filter", title, row.sentence)
    filters = ", ".join(row.filter_text for row in granted)
    return Situation(
        "topic",
        _tr("No topics yet"),
        _tr("Subscribed to {filters}; nothing was published there since.").format(filters=filters),
    )


def unmatched(query: Query, state: SearchState) -> Situation:
    """Why a search shows nothing, and what to try."""
    if not state.done:
        text = _tr("{n} of {total} topics looked at; no hit yet.")
        return Situation(
            "search", _tr("Searching…"), text.format(n=f"{state.scanned:,}", total=f"{state.topics:,}")
        )
    names = _conditions(query)
    if not query.text:
        title = _tr("No topic fits")
        return Situation("filter", title, _tr("Nothing is {states}.").format(states=", ".join(names)))
    if query.mode is QueryMode.FILTER:
        title, hint = _tr("The filter matches no topic"), _tr("+ stands for one level, # for all below.")
    else:
        title = _tr("Nothing matches in {scopes}").format(scopes=_scopes(query))
        hint = _hint(query)
    if names:
        hint = _tr("Only what is {states} was looked at. {hint}").format(states=", ".join(names), hint=hint)
    return Situation("search", title, hint.strip())


def _scopes(query: Query) -> str:
    """Where the text was looked for: "topic or payload"."""
    found = [
        name
        for on, name in (
            (query.topic, _tr("topic")),
            (query.payload, _tr("payload")),
            (query.properties, _tr("properties")),
        )
        if on
    ]
    return _tr(" or ").join(found)


def _conditions(query: Query) -> list[str]:
    """The states that were asked for."""
    return [
        name
        for on, name in (
            (query.retained, _tr("retained")),
            (query.changed_since_ns is not None, _tr("changed since then")),
            (query.stale, _tr("stale")),
        )
        if on
    ]


def _hint(query: Query) -> str:
    """What narrows this search, so that it can be tried without."""
    if query.case and query.whole_level:
        return _tr("Try without case and whole levels.")
    if query.whole_level:
        return _tr("Try a part of a level: whole levels are switched on.")
    if query.case:
        return _tr("Try without case.")
    return _tr("Try fewer characters.") if len(query.text) > 1 else ""


def no_properties(connection: Connection | None) -> str:
    """Why nothing can be searched for in properties; "" where there may be some (MQTT 5)."""
    if connection is None or connection.options.version is ProtocolVersion.V5:
        return ""
    return _tr("MQTT 3.1.1 has no properties.")


def warning(connection: Connection | None) -> tuple[str, str, str] | None:
    """Kind, strong words and sentence of the strip above a tree that is not the whole truth; None when it is.

    Where a connection failed, waits or tries again, the window's own strip says so and why; here stands what that means for the tree.
    """
    if connection is None:
        return None
    state = connection.state.state
    if state == "disconnected":
        return "warn", _tr("Not connected."), _tr("These are the last values received.")
    if state != "connected":
        return "warn", "", _tr("These are the last values received.")
    refused = [row for row in connection.subscriptions.rows if row.state == "refused"]
    if refused:
        filters = ", ".join(row.filter_text for row in refused)
        return "error", _tr("Refused: {filters}.").format(filters=filters), refused[0].sentence
    return None
