# SPDX-License-Identifier: MIT
"""What the form knows of brokers that are open: their limits, and whether what was changed counts yet."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from PySide6.QtCore import QObject, Signal

from mqtt_explorer.app.profiles.book import ProfileBook
from mqtt_explorer.connection import Connection
from mqtt_explorer.network.link import LinkState
from mqtt_explorer.profiles.profile import Profile, Secrets, SubscriptionDraft
from mqtt_explorer.profiles.resolve import ProfileError, resolve
from mqtt_explorer.protocol.limits import NO_LIMITS, Limits

_OPEN = (LinkState.CONNECTED, LinkState.CONNECTING, LinkState.WAITING)


class OpenBrokers(QObject):
    """The connections by profile.

    Signals:
        changed(): Another set of connections, or the state of one.
    """

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._connections: dict[str, Connection] = {}
        self._subscribed: dict[Connection, tuple[SubscriptionDraft, ...]] = {}
        self._unhook: list[Callable[[], None]] = []

    def set_connections(self, connections: Mapping[str, Connection], book: ProfileBook) -> None:
        """Takes the connections that are open now."""
        self.forget()
        self._connections = dict(connections)
        before, self._subscribed = self._subscribed, {}
        for profile_id, connection in self._connections.items():
            profile = book.find(profile_id)
            at_start = before.get(connection, profile.subscriptions if profile is not None else ())
            self._subscribed[connection] = at_start
            self._unhook.append(connection.state_changed.connect(lambda _change: self.changed.emit()))
        self.changed.emit()

    def forget(self) -> None:
        """Lets go of the connections."""
        for unhook in self._unhook:
            unhook()
        self._unhook.clear()
        self._connections = {}

    def is_open(self, profile_id: str) -> bool:
        """Whether this profile is connected or on its way."""
        connection = self._connections.get(profile_id)
        return connection is not None and connection.state.state in _OPEN

    def limits(self, profile_id: str) -> Limits | None:
        """What the broker told with CONNACK; None while it is not connected."""
        connection = self._connections.get(profile_id)
        if connection is None or connection.state.state is not LinkState.CONNECTED:
            return None
        return connection.limits

    def words(self) -> dict[str, tuple[str, str]]:
        """How each is doing, for the list: id → (word, tone)."""
        said = {
            LinkState.CONNECTED: (self.tr("open"), "ok"),
            LinkState.CONNECTING: (self.tr("connecting"), "muted"),
            LinkState.WAITING: (self.tr("waiting"), "warn"),
            LinkState.FAILED: (self.tr("failed"), "error"),
        }
        return {
            profile_id: said[connection.state.state]
            for profile_id, connection in self._connections.items()
            if connection.state.state in said
        }

    def differs(self, profile: Profile, secrets: Secrets) -> str:
        """What to say when the open connection was made with other values, or nothing."""
        connection = self._connections.get(profile.id)
        if connection is None:
            return ""
        used = connection.options
        try:
            wanted, _ = resolve(profile, secrets, client_id=used.client_id, payload_cap=used.payload_cap)
        except ProfileError:
            return self.tr("Changes apply at the next connect; first the problems must be solved.")
        if not profile.remember_secrets and secrets.password is None:
            # It was asked for when connecting and is not kept here.
            wanted = replace(wanted, password=used.password)
        same = replace(wanted, limits=NO_LIMITS) == replace(used, limits=NO_LIMITS)
        if same and profile.subscriptions == self._subscribed.get(connection):
            return ""
        return self.tr("Applies at the next connect.")
