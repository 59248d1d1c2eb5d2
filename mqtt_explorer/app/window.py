# SPDX-License-Identifier: MIT
"""The main window: puts header, start page, docks and status bar together and wires them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, QEvent, Qt, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QMainWindow, QMenu, QVBoxLayout, QWidget

from mqtt_explorer.app.actions import Actions
from mqtt_explorer.app.closing import Closing, unsent_of
from mqtt_explorer.app.connection_deeds import ConnectionDeeds
from mqtt_explorer.app.dock_plans import default_plans
from mqtt_explorer.app.docks import Workbench
from mqtt_explorer.app.error_strip import ErrorStrip
from mqtt_explorer.app.header import Header
from mqtt_explorer.app.help_dialog import HelpDialog
from mqtt_explorer.app.note_strip import NoteStrip
from mqtt_explorer.app.pages import Pages
from mqtt_explorer.app.panel_walk import PanelWalk
from mqtt_explorer.app.settings_dialog import SettingsDialog
from mqtt_explorer.app.state_strip import StateStrip
from mqtt_explorer.app.status_bar import StatusBar
from mqtt_explorer.panels.log import LogPanel
from mqtt_explorer.panels.message import MessagePanel
from mqtt_explorer.panels.publish import PublishPanel
from mqtt_explorer.panels.subscriptions import SubscriptionsPanel
from mqtt_explorer.panels.topics import TopicsPanel
from mqtt_explorer.tasks import create_task
from mqtt_explorer.widgets.theme import theme

if TYPE_CHECKING:
    from PySide6.QtGui import QCloseEvent

    from mqtt_explorer.app.connector import Connector
    from mqtt_explorer.app.error_report import ErrorReports
    from mqtt_explorer.app.preferences import Preferences
    from mqtt_explorer.app.workspace import Workspace
    from mqtt_explorer.connection import Connection
    from mqtt_explorer.models.frame_clock import FrameClock
    from mqtt_explorer.profiles.settings import Settings

_STATUS_MS = 500


class MainWindow(QMainWindow):
    """The window. Closing it sets `closed`; the program ends in `app.main`, in order."""

    def __init__(
        self,
        workspace: Workspace,
        connector: Connector,
        preferences: Preferences,
        reports: ErrorReports,
        clock: FrameClock,
    ) -> None:
        super().__init__()
        self.closed = asyncio.Event()
        self.frames = 0
        self.first_paint: Callable[[], None] | None = None
        self._workspace, self._connector = workspace, connector
        self._preferences, self._clock = preferences, clock
        self.setWindowTitle("MQTT Explorer Qt")
        self.resize(1360, 820)
        self.setMinimumSize(720, 480)
        self.header = Header(self)
        self.topics = TopicsPanel(clock)
        self.message = MessagePanel(clock)
        self.publish = PublishPanel()
        self.subscriptions = SubscriptionsPanel()
        self.log = LogPanel(clock)
        self.panels: dict[str, QWidget] = {
            "topics": self.topics,
            "message": self.message,
            "publish": self.publish,
            "subscriptions": self.subscriptions,
            "log": self.log,
        }
        self.workbench = Workbench(self.message, default_plans(self.panels), self)
        self._pages = Pages(workspace, connector, self.workbench)
        self.start = self._pages.start
        self.walk = PanelWalk(self.panels, self.workbench)
        self.status = StatusBar(workspace.budget, self)
        self.strip = StateStrip(self)
        self.note = NoteStrip(self)
        self._closing = Closing(self)
        self.deeds = ConnectionDeeds(workspace, connector, self._pages, self._closing)
        self._close_agreed = False
        self._was_seen = self._was_away = False
        self.error_strip = ErrorStrip(reports, self)
        self._lay_out()
        self.actions_list = self._make_actions()
        self._wire()
        self._status_timer = QTimer(self)
        self._status_timer.setInterval(_STATUS_MS)
        self._status_timer.timeout.connect(self.status.refresh)
        self._status_timer.start()
        self._restore()
        self.start.setFocus()

    # -- building ------------------------------------------------------------------------------------------------------

    def _lay_out(self) -> None:
        holder = QWidget()
        column = QVBoxLayout(holder)
        column.setContentsMargins(12, 8, 12, 4)
        column.setSpacing(8)
        column.addWidget(self.header)
        column.addWidget(self.error_strip)
        column.addWidget(self.strip)
        column.addWidget(self.note)
        column.addWidget(self._pages, 1)
        column.addWidget(self.status)
        self.setCentralWidget(holder)

    def _make_actions(self) -> Actions:
        actions = Actions(self)
        actions.add(self.tr("Brokers, and back"), "Ctrl+B", self._toggle_brokers)
        actions.add(self.tr("New broker"), "Ctrl+N", self._pages.new_profile)
        self._find = actions.add(self.tr("Find a saved broker"), "Ctrl+F", self._pages.begin_search)
        actions.add(self.tr("Edit the broker"), "Ctrl+E", lambda: self.deeds.edit())
        actions.add(self.tr("Connect or disconnect"), "Ctrl+Shift+C", lambda: self.deeds.toggle())
        actions.add(self.tr("Close the connection"), "Ctrl+W", self.deeds.close_seen)
        actions.add(self.tr("Next open broker"), "Ctrl+Tab", lambda: self.deeds.go_on(1))
        actions.add(self.tr("Previous open broker"), "Ctrl+Shift+Tab", lambda: self.deeds.go_on(-1))
        actions.add(self.tr("Pause or go on"), "Ctrl+Shift+P", self._toggle_pause)
        actions.add(self.tr("Next panel"), "F6", lambda: self._walk_panels(1))
        actions.add(self.tr("Previous panel"), "Shift+F6", lambda: self._walk_panels(-1))
        titles = {name: dock.windowTitle() for name, dock in self.workbench.docks.items()}
        for number, name in enumerate(self.panels, 1):
            actions.add(
                self.tr("Go to {panel}").format(panel=titles.get(name, self.tr("Message"))),
                f"Ctrl+{number}",
                lambda name=name: self.show_panel(name),  # type: ignore[misc]
            )
        actions.add(self.tr("Reset the layout"), "", self.workbench.reset)
        actions.add(self.tr("Change between dark and light"), "Ctrl+Shift+L", self._toggle_theme)
        actions.add(self.tr("Settings"), "Ctrl+,", self.open_settings)
        actions.add(self.tr("Help"), "F1", self.open_help)
        actions.add(self.tr("Quit"), "Ctrl+Q", self.close)
        self.layout_button = self.header.add_action(
            "layout", self.tr("Panels and layout"), self._open_layout_menu
        )
        self.theme_button = self.header.add_action(
            "moon", self.tr("Change between dark and light"), self._toggle_theme, "Ctrl+Shift+L"
        )
        self.help_button = self.header.add_action("help", self.tr("Help"), self.open_help, "F1")
        self.settings_button = self.header.add_action(
            "settings", self.tr("Settings"), self.open_settings, "Ctrl+,"
        )
        return actions

    def _wire(self) -> None:
        self._workspace.shown_changed.connect(self._show_connection)
        self._workspace.changed.connect(self._show_tabs)
        self._workspace.changed.connect(self._show_title)
        self._connector.connected.connect(self._remember_address)
        self._connector.may_close = self._closing.may_close
        self._connector.note.connect(lambda text: self.show_note(text, passing=True))
        self._connector.book.problem.connect(self.show_note)
        self._pages.changed.connect(self._on_page)
        self.deeds.wire(self.header, self.strip)
        self.header.tabs.home_requested.connect(self._toggle_brokers)
        self.header.pause_toggled.connect(self._pause)
        self.topics.model.waiting_changed.connect(self.header.set_waiting)
        self.topics.model.rowsInserted.connect(lambda *_rows: self.walk.fill("topics"))
        self.topics.topic_selected.connect(self.message.show_topic)
        self.message.topic_selected.connect(self.topics.select_topic)
        self.topics.publish_requested.connect(self._publish_here)
        self.topics.subscribe_requested.connect(self._subscribe_here)
        self._preferences.changed.connect(self._take_settings)
        self._preferences.problem.connect(self.show_note)
        theme().changed.connect(self._show_theme)
        application = QGuiApplication.instance()
        if isinstance(application, QGuiApplication):
            application.applicationStateChanged.connect(self._on_application)
        self._show_where()
        self._show_theme()
        self._take_settings(self._preferences.settings)

    def _remember_address(self, connection: Connection) -> None:
        if connection.profile_id is None and not self._connector.is_demo(connection):
            self._preferences.used(connection.options.url)

    def _take_settings(self, settings: Settings) -> None:
        self.start.set_recent(settings.recent_urls)
        self.start.set_payload_cap(settings.payload_cap)
        self._connector.payload_cap = settings.payload_cap
        self.start.set_demo_offered(settings.show_demo_offer)

    def _restore(self) -> None:
        settings = self._preferences.settings
        if settings.window_geometry:
            self.restoreGeometry(QByteArray.fromBase64(settings.window_geometry.encode()))
        self.workbench.restore_layout(settings.window_layout)

    # -- the shown connection ------------------------------------------------------------------------------------------

    def _show_connection(self, connection: Connection | None) -> None:
        # The message first: the tree tells it the topic selected before.
        for panel in (self.message, self.topics, self.publish, self.subscriptions, self.log):
            panel.set_connection(connection)
        self.status.set_connection(connection)
        self._pages.connection_shown(connection)
        self._show_where()
        self._show_title()
        if connection is None:
            self._clock.stop()
            self.note.drop_passing()
        else:
            self._clock.start()
            self.walk.at = "topics"
            if self._pages.on_workbench:
                self.show_panel("topics")

    def _show_title(self) -> None:
        connection = self._workspace.shown
        title = (
            "MQTT Explorer Qt"
            if connection is None
            else self.tr("{broker} – MQTT Explorer Qt").format(broker=connection.title)
        )
        if title != self.windowTitle():
            self.setWindowTitle(title)

    def _on_page(self) -> None:
        self._show_where()
        if self._pages.on_workbench:
            self.show_panel(self.walk.at or "topics")

    def _show_where(self) -> None:
        """State, buttons and trouble in the header belong to the panels below it; on other pages the list says how each broker stands."""
        seen = self._workspace.shown if self._pages.on_workbench else None
        self._find.setEnabled(not self._pages.on_workbench)
        self.header.set_connection(seen)
        self.strip.set_connection(seen)
        self._show_tabs()

    def _show_tabs(self) -> None:
        seen = self._workspace.shown if self._pages.on_workbench else None
        self.header.set_connections(self._workspace.stood, seen)

    def show_brokers(self) -> None:
        """Goes to the start page; connections stay open meanwhile."""
        self._pages.show_start()

    def _toggle_brokers(self) -> None:
        if self._pages.on_workbench:
            self.show_brokers()
        else:
            self._pages.leave()

    # -- panels --------------------------------------------------------------------------------------------------------

    def _toggle_pause(self) -> None:
        if self._workspace.shown is not None:
            self.header.pause.toggle()

    def _pause(self, paused: bool) -> None:
        self.topics.set_paused(paused)
        self.message.set_paused(paused)

    def _publish_here(self, topic: bytes) -> None:
        self.publish.set_topic(topic.decode())
        self.show_panel("publish")

    def _subscribe_here(self, filter_text: str) -> None:
        self.show_panel("subscriptions")
        self.subscriptions.subscribe_to(filter_text)

    def show_panel(self, name: str) -> None:
        """Brings a panel to the front and gives it the focus, from whatever page; without a connection there is none."""
        if self._workspace.shown is not None:
            self.walk.at = name
            self._pages.show_workbench()
            self.walk.go_to(name)

    def _walk_panels(self, step: int) -> None:
        if self._pages.on_workbench:
            self.walk.step(step)
        else:
            self._pages.walk(step)

    def _open_layout_menu(self) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for dock in self.workbench.docks.values():
            menu.addAction(dock.toggleViewAction())
        menu.addSeparator()
        menu.addAction(self.tr("Reset layout"), self.workbench.reset)
        menu.popup(self.layout_button.mapToGlobal(self.layout_button.rect().bottomLeft()))

    # -- theme, dialogs, errors ----------------------------------------------------------------------------------------

    def _toggle_theme(self) -> None:
        self._preferences.set_theme("light" if theme().is_dark else "dark")

    def _show_theme(self) -> None:
        self.theme_button.set_icon_name("moon" if theme().is_dark else "sun")

    def open_settings(self) -> None:
        """Opens the settings; the look applies at once."""
        self._open(
            SettingsDialog,
            lambda: SettingsDialog(
                self._preferences.settings,
                path=self._preferences.path,
                on_change=self._preferences.take_chosen,
                reset_layout=self.workbench.reset,
                parent=self,
            ),
        )

    def open_help(self) -> None:
        """Opens the help."""
        self._open(HelpDialog, lambda: HelpDialog(self.actions_list.all, self))

    def _open(self, kind: type[QDialog], make: Callable[[], QDialog]) -> None:
        """Opens a dialog, or brings the one that is open to the front."""
        dialog = self.findChild(kind) or make()
        dialog.open()

    def show_note(self, text: str, *, passing: bool = False) -> None:
        """Shows a sentence until it is dismissed, below those that stand there already.

        Args:
            text: The sentence; one that is shown already is not repeated.
            passing: It is about the shown connection and goes with it.
        """
        self.note.add(text, passing=passing)

    async def finish(self) -> None:
        """The program ends: everything typed is written."""
        await self._pages.finish()

    # -- Qt ------------------------------------------------------------------------------------------------------------

    def event(self, event: QEvent) -> bool:
        done = super().event(event)
        if event.type() == QEvent.Type.UpdateRequest:
            self.frames += 1
            if self.first_paint is not None:
                tell, self.first_paint = self.first_paint, None
                tell()
        return done

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() != QEvent.Type.ActivationChange or not self.isActiveWindow():
            return
        if self._pages.on_workbench and self.focusWidget() is None:
            # A window without a focus gets it on its first control, which is the button of another broker.
            QTimer.singleShot(0, self, lambda: self.walk.go_to(self.walk.at or "topics"))
        if self._was_away:
            self._was_away = False
            if not self.closed.is_set():
                self._connector.book.look_again()  # another program may have saved brokers meanwhile

    def _on_application(self, state: Qt.ApplicationState) -> None:
        if state != Qt.ApplicationState.ApplicationActive:  # a dialog of our own does not count
            self._was_away = self._was_seen
        else:
            self._was_seen = True

    def close_now(self) -> None:
        """Closes without asking: the system wants the program to end."""
        self._close_agreed = True
        self.close()

    async def _close_after_asking(self) -> None:
        if await self._closing.may_close(self._workspace.connections):
            self.close_now()

    def closeEvent(self, event: QCloseEvent) -> None:
        if not self._close_agreed and unsent_of(self._workspace.connections):
            event.ignore()
            create_task(self._close_after_asking(), name="ask before closing")
            return
        for dialog in self.findChildren(QDialog):
            dialog.close()  # the settings hand over what was changed
        self._preferences.remember_window(
            bytes(self.saveGeometry().toBase64().data()).decode(), self.workbench.layout_state()
        )
        self._status_timer.stop()
        if self.first_paint is not None:  # closed before anything was painted
            tell, self.first_paint = self.first_paint, None
            tell()
        self.closed.set()
        event.accept()
