# SPDX-License-Identifier: MIT
"""The open connections and which of them is shown. Panels get theirs from here."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from mqtt_explorer.app.marks_book import key_for
from mqtt_explorer.connection import Connection
from mqtt_explorer.events import Event
from mqtt_explorer.network.read_budget import ReadBudget
from mqtt_explorer.profiles.marks import TopicMarks
from mqtt_explorer.store.budget import Budget

if TYPE_CHECKING:
    from mqtt_explorer.network.unsent import Unsent
    from mqtt_explorer.protocol.options import ConnectOptions
    from mqtt_explorer.protocol.requests import Subscription


class Workspace:
    """Owns every open `Connection` and what they share: the memory budget and the read budget.

    Attributes:
        connections: All of them, also those that are still being made.
        stood: Those that stood once, in the order they did: what a user can go to.
        shown: The one in the panels, or None.
        marks_for: Gives the favourites and muted branches kept under a key; nothing is kept unless it is set.
        adopt_marks: Keeps marks under one more key; see `MarksBook.adopt`.

    Events:
        shown_changed: With the connection now shown, or None.
        changed: A connection came, stood, went or changed its state.
    """

    def __init__(self, budget: Budget) -> None:
        self.budget = budget
        self.read_budget = ReadBudget()
        self.connections: list[Connection] = []
        self.stood: list[Connection] = []
        self.shown: Connection | None = None
        self.shown_changed: Event[Connection | None] = Event()
        self.changed: Event[()] = Event()
        self.marks_for: Callable[[str], TopicMarks] = lambda _key: TopicMarks()
        self.adopt_marks: Callable[[str, TopicMarks], object] = lambda _key, _marks: None

    def add(
        self,
        options: ConnectOptions,
        subscriptions: Iterable[Subscription] = (),
        title: str | None = None,
        *,
        profile_id: str | None = None,
        marks_key: str | None = None,
    ) -> Connection:
        """Makes a connection, without opening or showing it.

        Args:
            options: Broker, login, session.
            subscriptions: Asked for after the first CONNACK.
            title: What to call it; the address when None.
            profile_id: The saved broker it is one of.
            marks_key: Whose favourites and muted branches it gets; those of the saved broker, or of the address, when None.
        """
        key = marks_key or key_for(options.url, profile_id)
        connection = Connection(
            options,
            budget=self.budget,
            subscriptions=subscriptions,
            read_budget=self.read_budget,
            title=title,
            profile_id=profile_id,
            marks=self.marks_for(key),
        )
        self.connections.append(connection)
        connection.state_changed.connect(lambda _change: self.changed.emit())
        return connection

    def find(self, profile_id: str) -> Connection | None:
        """The connection of a saved broker that stood once, or None."""
        return next((each for each in self.stood if each.profile_id == profile_id), None)

    def stands(self, connection: Connection) -> None:
        """A connection stood for the first time: from now on a user can go to it."""
        if connection not in self.stood:
            self.stood.append(connection)
            self.changed.emit()

    def show(self, connection: Connection | None) -> None:
        """Shows a connection in the panels."""
        if connection is not None:
            self.stands(connection)
        if connection is not self.shown:
            self.shown = connection
            self.shown_changed.emit(connection)

    async def close(self, connection: Connection) -> None:
        """Takes a connection away from the panels, disconnects it and gives its memory back."""
        if connection in self.connections:
            self.connections.remove(connection)
        if connection in self.stood:
            self.stood.remove(connection)
        if connection is self.shown:
            self.show(self.stood[-1] if self.stood else None)
        self.changed.emit()
        await connection.close()

    async def close_all(self) -> list[tuple[str, Unsent]]:
        """The program ends: disconnects everything, all at once. The memory goes with the process, a big tree would take seconds.

        Returns:
            What was not sent or not acknowledged, each with its broker's title; see `Connection.disconnect`.
        """
        self.show(None)
        self.stood.clear()
        closing, self.connections = self.connections, []
        left = await asyncio.gather(*(connection.disconnect() for connection in closing))
        return [
            (connection.title, each)
            for connection, found in zip(closing, left, strict=True)
            for each in found
        ]
