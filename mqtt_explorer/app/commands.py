# SPDX-License-Identifier: MIT
"""What the window offers in its command palette."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QAction

from mqtt_explorer.app.palette import Palette
from mqtt_explorer.app.palette.entry import Kind
from mqtt_explorer.app.palette.sources import ActionSource, Offer, OfferSource, RecentSource, RecentTopics
from mqtt_explorer.app.palette.topic_source import TopicSource
from mqtt_explorer.app.settings_dialog import setting_names
from mqtt_explorer.models.state_wording import state_word

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from PySide6.QtWidgets import QWidget

    from mqtt_explorer.app.actions import Actions
    from mqtt_explorer.app.connector import Connector
    from mqtt_explorer.app.workspace import Workspace
    from mqtt_explorer.store.topic_store import TopicStore


class Commands:
    """The palette with its sources: actions, topics, brokers, settings.

    Args:
        window: The window it covers.
        workspace: Open brokers, and the one shown.
        connector: Saved brokers, and the way to them.
        go_to_topic: Selects a topic in the tree.
        open_setting: Opens the settings at one of `setting_names`.
    """

    def __init__(
        self,
        window: QWidget,
        workspace: Workspace,
        connector: Connector,
        go_to_topic: Callable[[bytes], object],
        open_setting: Callable[[str], object],
    ) -> None:
        self._window = window
        self._workspace, self._connector = workspace, connector
        self._go_to_topic, self._open_setting = go_to_topic, open_setting
        self._recent = RecentTopics()
        self.palette: Palette | None = None

    def fill(self, actions: Actions, leave_out: tuple[QAction, ...] = ()) -> None:
        """Makes the palette, once the actions are there."""
        self.palette = Palette(
            self._window,
            (
                ActionSource(actions, leave_out),
                RecentSource(lambda: self._recent.of(self._workspace.shown), self._go_to_topic),
                TopicSource(self._store, self._go_to_topic, self._window),
                OfferSource(Kind.BROKER, self._brokers),
                OfferSource(Kind.SETTING, self._settings),
            ),
        )

    def toggle(self) -> None:
        """Opens the palette, or closes it."""
        if self.palette is not None:
            self.palette.toggle()

    def used(self, topic: bytes) -> None:
        """A topic was selected: it is offered as a recent one."""
        if self._workspace.shown is not None:
            self._recent.used(self._workspace.shown, topic)

    def _store(self) -> TopicStore | None:
        shown = self._workspace.shown
        return shown.store if shown is not None else None

    def _brokers(self) -> Iterator[Offer]:
        for connection in self._workspace.stood:
            if connection is not self._workspace.shown:
                yield Offer(
                    _tr("Go to {broker}").format(broker=connection.title),
                    state_word(connection.state.state),
                    partial(self._connector.reveal, connection),
                )
        open_ones = {connection.profile_id for connection in self._workspace.stood}
        for profile in self._connector.book.profiles:
            if profile.id not in open_ones:
                yield Offer(
                    _tr("Connect to {broker}").format(broker=profile.name or profile.url),
                    profile.url if profile.name else "",
                    partial(self._connector.connect_profile, profile.id),
                    profile.url,
                )

    def _settings(self) -> Iterator[Offer]:
        for name, label, group, keywords in setting_names():
            yield Offer(label, group, partial(self._open_setting, name), keywords)


def _tr(text: str) -> str:
    return QCoreApplication.translate("Commands", text)
