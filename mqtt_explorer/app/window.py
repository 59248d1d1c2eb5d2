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
from mqtt_explorer.app.closing import Closing
from mqtt_explorer.app.commands import Commands
from mqtt_explorer.app.connection_deeds import ConnectionDeeds
from mqtt_explorer.app.dock_plans import default_plans
from mqtt_explorer.app.docks import Workbench
from mqtt_explorer.app.error_strip import ErrorStrip
from mqtt_explorer.app.header import Header
from mqtt_explorer.app.help_dialog import HelpDialog
from mqtt_explorer.app.note_strip import NoteStrip
from mqtt_explorer.app.pages import Pages
from mqtt_explorer.app.panel_set import PanelSet
from mqtt_explorer.app.panel_walk import PanelWalk
from mqtt_explorer.app.searching import Searching, TreeLook
from mqtt_explorer.app.settings_dialog import SettingsDialog
from mqtt_explorer.app.state_strip import StateStrip
from mqtt_explorer.app.status_bar import StatusBar
from mqtt_explorer.app.window_actions import make_actions
from mqtt_explorer.tasks import create_task
from mqtt_explorer.widgets.text import one_line
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
        self.panels = PanelSet(clock)
        self.workbench = Workbench(self.panels.message, default_plans(self.panels.by_name), self)
        self.pages = Pages(workspace, connector, self.workbench)
        self.start = self.pages.start
        self.walk = PanelWalk(self.panels.by_name, self.workbench)
        self.status = StatusBar(workspace.budget, self)
        self.strip = StateStrip(self)
        self.note = NoteStrip(self)
        exporting = (self.panels.messages.deeds, self.panels.snapshots.deeds)
        self._closing = Closing(self, *(each.exports_from for each in exporting))
        self.deeds = ConnectionDeeds(workspace, connector, self.pages, self._closing)
        self.commands = Commands(
            self, workspace, connector, self._go_to_topic, lambda name: self.open_settings(name)
        )
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
        column.addWidget(self.pages, 1)
        column.addWidget(self.status)
        self.setCentralWidget(holder)

    def _make_actions(self) -> Actions:
        actions, palette = make_actions(self, self)
        self.commands.fill(actions, (palette,))
        self.layout_button = self.header.add_action(
            "layout", self.tr("Panels and layout"), self._open_layout_menu
        )
        self.theme_button = self.header.add_action(
            "moon", self.tr("Change between dark and light"), self.toggle_theme, "Ctrl+Shift+L"
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
        self._workspace.changed.connect(
            lambda: self.panels.snapshots.deeds.keep_only(self._workspace.connections)
        )
        self._connector.note.connect(lambda text: self.show_note(text, passing=True))
        self._connector.book.problem.connect(self.show_note)
        self.pages.changed.connect(self._on_page)
        self.deeds.wire(self.header, self.strip)
        self.header.tabs.home_requested.connect(self.toggle_brokers)
        self.header.pause_toggled.connect(self.panels.set_paused)
        self.panels.topics.model.waiting_changed.connect(self.header.set_waiting)
        self.panels.topics.model.rowsInserted.connect(lambda *_rows: self.walk.fill("topics"))
        self.panels.wire(self.show_panel)
        self.panels.topics.topic_selected.connect(self.commands.used)
        self.panels.message.limit_wanted.connect(self.open_settings)
        self.panels.message.room_wanted.connect(self.workbench.alone.toggle)
        self.workbench.alone.changed.connect(self.panels.message.head.set_alone)
        self._searching = Searching(self.header.search, self.panels.topics, self.show_panel)
        self._tree_look = TreeLook(self.panels.topics, self._preferences)
        self.header.palette_requested.connect(self.open_palette)
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
        self.panels.set_connection(connection)
        self.status.set_connection(connection)
        self.pages.connection_shown(connection)
        self._show_where()
        self._show_title()
        if connection is None:
            self._clock.stop()
            self.note.drop_passing()
        else:
            self._clock.start()
            self.walk.at = "topics"
            if self.pages.on_workbench:
                self.walk.go_to("topics", asked=False)

    def _show_title(self) -> None:
        connection = self._workspace.shown
        title = (
            "MQTT Explorer Qt"
            if connection is None
            else self.tr("{broker} – MQTT Explorer Qt").format(broker=one_line(connection.title))
        )
        if title != self.windowTitle():
            self.setWindowTitle(title)

    def _on_page(self) -> None:
        self._show_where()
        if self.pages.on_workbench and self._workspace.shown is not None:
            self.walk.go_to(self.walk.at or "topics", asked=False)

    def _show_where(self) -> None:
        """State, buttons and trouble in the header belong to the panels below it; on other pages the list says how each broker stands."""
        seen = self._workspace.shown if self.pages.on_workbench else None
        self.header.set_connection(seen)
        self.strip.set_connection(seen)
        self._show_tabs()

    def _show_tabs(self) -> None:
        seen = self._workspace.shown if self.pages.on_workbench else None
        self.header.set_connections(self._workspace.stood, seen)

    def show_brokers(self) -> None:
        """Goes to the start page; connections stay open meanwhile."""
        self.pages.show_start()

    def toggle_brokers(self) -> None:
        """Goes to the start page, or back from there."""
        if self.pages.on_workbench:
            self.show_brokers()
        else:
            self.pages.leave()

    # -- panels --------------------------------------------------------------------------------------------------------

    def begin_search(self) -> None:
        """The search bar takes the keys: the header's for topics, the list's for saved brokers."""
        if self.pages.on_workbench and self._workspace.shown is not None:
            self.header.search.begin()
        else:
            self.pages.begin_search()

    def _go_to_topic(self, topic: bytes) -> None:
        if self.panels.topics.select_topic(topic):
            self.show_panel("topics")

    def open_palette(self) -> None:
        """Opens the command palette, or closes it."""
        self.commands.toggle()

    def toggle_pause(self) -> None:
        """Holds the view, or lets it go on."""
        if self._workspace.shown is not None:
            self.header.pause.toggle()

    def show_panel(self, name: str) -> None:
        """Brings a panel to the front and gives it the focus, from whatever page; without a connection there is none."""
        if self._workspace.shown is not None:
            self.walk.at = name
            self.pages.show_workbench()
            self.walk.go_to(name)

    def walk_panels(self, step: int) -> None:
        """Goes to the next (1) or previous (-1) panel, or part of a page."""
        if self.pages.on_workbench:
            self.walk.step(step)
        else:
            self.pages.walk(step)

    def _open_layout_menu(self) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for dock in self.workbench.docks.values():
            menu.addAction(dock.toggleViewAction())
        menu.addSeparator()
        menu.addAction(self.tr("Reset layout"), self.workbench.reset)
        menu.popup(self.layout_button.mapToGlobal(self.layout_button.rect().bottomLeft()))

    # -- theme, dialogs, errors ----------------------------------------------------------------------------------------

    def toggle_theme(self) -> None:
        """Changes between dark and light."""
        self._preferences.set_theme("light" if theme().is_dark else "dark")

    def zoom(self, step: int) -> None:
        """Makes the text larger (1), smaller (-1), or as usual (0)."""
        self._preferences.zoom(step)

    def _show_theme(self) -> None:
        self.theme_button.set_icon_name("moon" if theme().is_dark else "sun")

    def open_settings(self, name: str = "") -> None:
        """Opens the settings, at one of `setting_names` if named; the look applies at once."""
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
        if name and (dialog := self.findChild(SettingsDialog)) is not None:
            dialog.go_to(name)

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
        await self.pages.finish()

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
        if self.pages.on_workbench and self.focusWidget() is None:
            # A window without a focus gets it on its first control, which is the button of another broker.
            QTimer.singleShot(0, self, lambda: self.walk.go_to(self.walk.at or "topics", asked=False))
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
        if not self._close_agreed and self._closing.would_lose(self._workspace.connections):
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
