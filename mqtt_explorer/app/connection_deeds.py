# SPDX-License-Identifier: MIT
"""What the window's buttons and keys do to open connections: connect, disconnect, edit, close, go to the next."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from mqtt_explorer.network.link import LinkState

if TYPE_CHECKING:
    from mqtt_explorer.app.closing import Closing
    from mqtt_explorer.app.connector import Connector
    from mqtt_explorer.app.header import Header
    from mqtt_explorer.app.pages import Pages
    from mqtt_explorer.app.state_strip import StateStrip
    from mqtt_explorer.app.workspace import Workspace
    from mqtt_explorer.connection import Connection


class ConnectionDeeds:
    """Acts on the shown connection; without one nothing happens.

    Args:
        workspace: Whose connections.
        connector: Makes and closes them.
        pages: Where their panels and forms are.
        closing: Asks before a message is lost.
    """

    def __init__(self, workspace: Workspace, connector: Connector, pages: Pages, closing: Closing) -> None:
        self._workspace, self._connector = workspace, connector
        self._pages, self._closing = pages, closing

    def wire(self, header: Header, strip: StateStrip) -> None:
        """Header and strip do it too."""
        header.toggle_requested.connect(lambda: self.toggle())
        header.edit_requested.connect(lambda: self.edit())
        header.tabs.chosen.connect(self._connector.reveal)
        header.tabs.close_requested.connect(self.close)
        header.tabs.toggle_requested.connect(self.toggle)
        header.tabs.edit_requested.connect(self.edit)
        header.tabs.close_others_requested.connect(self.close_others)
        header.tabs.can_edit = lambda connection: not self._connector.is_demo(connection)
        strip.edit_requested.connect(lambda: self.edit())
        strip.connect_requested.connect(lambda: self.toggle())

    def toggle(self, connection: Connection | None = None) -> None:
        """Connects what is down, else disconnects or stops trying; the shown connection if none is named.

        A saved broker connects with its settings of now, and is asked for a password that was refused.
        """
        connection = connection or self._workspace.shown
        if connection is None:
            return
        if connection.state.state in (LinkState.DISCONNECTED, LinkState.FAILED):
            if connection.profile_id is not None:
                self._connector.connect_profile(connection.profile_id)
            else:
                connection.open()
        else:
            self._connector.end_soon(connection.disconnect(), "disconnect")

    def edit(self, connection: Connection | None = None) -> None:
        """Opens the form of a connection, the shown one if none is named; what is not saved, or not any more, is saved for it."""
        connection = connection or self._workspace.shown
        if connection is None or self._connector.is_demo(connection):
            return
        book, profile_id = self._connector.book, connection.profile_id
        if profile_id is None or (book.find(profile_id) is None and not book.bring_back(profile_id)):
            profile_id = self._connector.save_as_profile(connection)
        self._pages.show_form(profile_id)

    def close_seen(self) -> None:
        """Closes the connection whose panels are seen."""
        if self._pages.on_workbench and self._workspace.shown is not None:
            self.close(self._workspace.shown)

    def close(self, connection: Connection) -> None:
        """Closes a connection; asks first when a message would be lost."""
        self._close([connection])

    def close_others(self, connection: Connection) -> None:
        """Closes all open connections but this one; asks first when a message would be lost."""
        self._connector.reveal(connection)
        self._close([each for each in self._workspace.stood if each is not connection])

    def _close(self, connections: list[Connection]) -> None:
        async def close() -> None:
            if await self._closing.may_close(connections):
                await asyncio.gather(*(self._connector.close(each) for each in connections))

        self._connector.end_soon(close(), "close connection")

    def go_on(self, step: int) -> None:
        """Goes to the next (1) or previous (-1) open broker, round and round."""
        stood = self._workspace.stood
        if not stood:
            return
        shown = self._workspace.shown if self._pages.on_workbench else None
        now = stood.index(shown) if shown in stood else (-1 if step > 0 else 0)
        self._connector.reveal(stood[(now + step) % len(stood)])
