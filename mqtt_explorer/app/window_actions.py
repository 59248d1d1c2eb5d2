# SPDX-License-Identifier: MIT
"""The window's actions with their keys, in the order of the help."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Protocol

from PySide6.QtCore import QCoreApplication

from mqtt_explorer.app.actions import Actions
from mqtt_explorer.app.topic_commands import add_panel_commands

if TYPE_CHECKING:
    from PySide6.QtGui import QAction
    from PySide6.QtWidgets import QWidget

    from mqtt_explorer.app.connection_deeds import ConnectionDeeds
    from mqtt_explorer.app.docks import Workbench
    from mqtt_explorer.app.header import Header
    from mqtt_explorer.app.pages import Pages
    from mqtt_explorer.app.panel_set import PanelSet


class Doer(Protocol):
    """What the actions need of the window."""

    pages: Pages
    panels: PanelSet
    workbench: Workbench
    deeds: ConnectionDeeds
    header: Header

    def open_palette(self) -> None: ...
    def begin_search(self) -> None: ...
    def toggle_pause(self) -> None: ...
    def toggle_brokers(self) -> None: ...
    def toggle_theme(self) -> None: ...
    def walk_panels(self, step: int) -> None: ...
    def show_panel(self, name: str) -> None: ...
    def open_settings(self) -> None: ...
    def zoom(self, step: int) -> None: ...
    def open_help(self) -> None: ...
    def close(self) -> bool: ...


def make_actions(owner: QWidget, window: Doer) -> tuple[Actions, QAction]:
    """Adds all actions to their owner, the window; the second is the one that opens the palette."""
    actions = Actions(owner)
    palette = actions.add(_tr("Command palette"), "Ctrl+K", window.open_palette)
    _add_brokers(actions, window)
    _add_search(actions, window)
    _add_panels(actions, window)
    _add_message(actions, window)
    add_panel_commands(actions, window.panels, window.header.search)
    look = _tr("Window")
    actions.add(_tr("Reset the layout"), "", window.workbench.reset, group=look, keywords=_tr("docks"))
    actions.add(
        _tr("Change between dark and light"),
        "Ctrl+Shift+L",
        window.toggle_theme,
        group=look,
        keywords=_tr("theme colours night"),
    )
    sizes = _tr("font size zoom")
    actions.add(_tr("Larger text"), "Ctrl++", lambda: window.zoom(1), group=look, keywords=sizes)
    actions.add(_tr("Smaller text"), "Ctrl+-", lambda: window.zoom(-1), group=look, keywords=sizes)
    actions.add(_tr("Usual text size"), "Ctrl+0", lambda: window.zoom(0), group=look, keywords=sizes)
    actions.add(_tr("Settings"), "Ctrl+,", window.open_settings, group=look, keywords=_tr("preferences"))
    actions.add(_tr("Help"), "F1", window.open_help, group=look, keywords=_tr("keys manual"))
    actions.add(_tr("Quit"), "Ctrl+Q", window.close, group=look, keywords=_tr("exit close"))
    return actions, palette


def _add_brokers(actions: Actions, window: Doer) -> None:
    group, deeds = _tr("Brokers"), window.deeds
    actions.add(_tr("Brokers, and back"), "Ctrl+B", window.toggle_brokers, group=group)
    actions.add(_tr("New broker"), "Ctrl+N", window.pages.new_profile, group=group)
    actions.add(_tr("Edit the broker"), "Ctrl+E", lambda: deeds.edit(), group=group)
    actions.add(_tr("Connect or disconnect"), "Ctrl+Shift+C", lambda: deeds.toggle(), group=group)
    actions.add(_tr("Close the connection"), "Ctrl+W", deeds.close_seen, group=group)
    actions.add(_tr("Next open broker"), "Ctrl+Tab", lambda: deeds.go_on(1), group=group)
    actions.add(_tr("Previous open broker"), "Ctrl+Shift+Tab", lambda: deeds.go_on(-1), group=group)


def _add_search(actions: Actions, window: Doer) -> None:
    group, topics = _tr("Topics"), window.panels.topics
    actions.add(
        _tr("Search topics, or saved brokers"),
        "Ctrl+F",
        window.begin_search,
        group=group,
        keywords=_tr("find filter"),
    )
    actions.add(_tr("Next hit"), "F3", lambda: topics.step_hit(1), group=group)
    actions.add(_tr("Previous hit"), "Shift+F3", lambda: topics.step_hit(-1), group=group)
    actions.add(
        _tr("Pause or go on"), "Ctrl+Shift+P", window.toggle_pause, group=group, keywords=_tr("freeze hold")
    )


def _add_panels(actions: Actions, window: Doer) -> None:
    group = _tr("Panels")
    actions.add(_tr("Next panel"), "F6", lambda: window.walk_panels(1), group=group)
    actions.add(_tr("Previous panel"), "Shift+F6", lambda: window.walk_panels(-1), group=group)
    titles = {name: dock.windowTitle() for name, dock in window.workbench.docks.items()}
    for number, name in enumerate(window.panels.by_name, 1):
        actions.add(
            _tr("Go to {panel}").format(panel=titles.get(name, _tr("Message"))),
            f"Ctrl+{number}",
            lambda name=name: window.show_panel(name),  # type: ignore[misc]
            group=group,
        )


def _add_message(actions: Actions, window: Doer) -> None:
    group, message = _tr("Message"), window.panels.message
    actions.add(
        _tr("Choose the decoder"),
        "Ctrl+D",
        message.choose_format,
        group=group,
        keywords=_tr("format json cbor protobuf sparkplug hex base64 image"),
    )
    for tab, (text, keywords) in enumerate(
        (
            (_tr("Show the payload"), _tr("decoded tree pretty")),
            (_tr("Compare two messages"), _tr("diff changes difference")),
            (_tr("Show the bytes"), _tr("hex readings")),
            (_tr("Show the payload as it came"), _tr("raw text")),
            (_tr("Show the properties"), _tr("user request response correlation expiry")),
        )
    ):
        actions.add(text, f"Alt+{tab + 1}", partial(_show_tab, window, tab), group=group, keywords=keywords)
    actions.add(_tr("Follow the newest message"), "", message.go_live, group=group, keywords=_tr("live"))
    actions.add(_tr("Copy the payload"), "", message.copy, group=group, keywords=_tr("clipboard"))
    actions.add(_tr("Save the payload…"), "", message.save, group=group, keywords=_tr("file"))
    room = _tr("maximise full large zoom focus")
    actions.add(
        _tr("Give the message all the room, or not"),
        "Ctrl+M",
        window.workbench.alone.toggle,
        group=group,
        keywords=room,
    )


def _show_tab(window: Doer, tab: int) -> None:
    window.show_panel("message")
    window.panels.message.show_tab(tab)


def _tr(text: str) -> str:
    return QCoreApplication.translate("MainWindow", text)
