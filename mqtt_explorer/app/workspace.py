# SPDX-License-Identifier: MIT
"""The open connections and which of them is shown. Panels get theirs from here."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import TYPE_CHECKING

from mqtt_explorer.connection import Connection
from mqtt_explorer.events import Event
from mqtt_explorer.network.read_budget import ReadBudget
from mqtt_explorer.store.budget import Budget

if TYPE_CHECKING:
    from mqtt_explorer.protocol.options import ConnectOptions
    from mqtt_explorer.protocol.requests import Subscription


class Workspace:
    """Owns every open `Connection` and what they share: the memory budget and the read budget.

    Events:
        shown_changed: With the connection now shown, or None.
    """

    def __init__(self, budget: Budget) -> None:
        self.budget = budget
        self.read_budget = ReadBudget()
        self.connections: list[Connection] = []
        self.shown: Connection | None = None
        self.shown_changed: Event[Connection | None] = Event()
        self._stood: list[
            Connection
        ] = []  # were shown once: one that is still being made is nothing to go back to

    def add(
        self, options: ConnectOptions, subscriptions: Iterable[Subscription] = (), title: str | None = None
    ) -> Connection:
        """Makes a connection, without opening or showing it."""
        connection = Connection(
            options,
            budget=self.budget,
            subscriptions=subscriptions,
            read_budget=self.read_budget,
            title=title,
        )
        self.connections.append(connection)
        return connection

    def show(self, connection: Connection | None) -> None:
        """Shows a connection in the panels."""
        if connection is not None and connection not in self._stood:
            self._stood.append(connection)
        if connection is not self.shown:
            self.shown = connection
            self.shown_changed.emit(connection)

    async def close(self, connection: Connection) -> None:
        """Takes a connection away from the panels, disconnects it and gives its memory back."""
        if connection in self.connections:
            self.connections.remove(connection)
        if connection in self._stood:
            self._stood.remove(connection)
        if connection is self.shown:
            self.show(self._stood[-1] if self._stood else None)
        await connection.close()

    async def close_all(self) -> None:
        """The program ends: disconnects everything, all at once. The memory goes with the process, a big tree would take seconds."""
        self.show(None)
        self._stood.clear()
        closing, self.connections = self.connections, []
        await asyncio.gather(*(connection.disconnect() for connection in closing))
