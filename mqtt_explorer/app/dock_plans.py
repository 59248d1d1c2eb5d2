# SPDX-License-Identifier: MIT
"""Where the docks stand before anybody moved them."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QCoreApplication, QSize, Qt
from PySide6.QtWidgets import QWidget

from mqtt_explorer.app.dock_room import DockPlan

_Area = Qt.DockWidgetArea


def default_plans(panels: Mapping[str, QWidget]) -> list[DockPlan]:
    """The default layout of the panels, by their names; the message is in the middle and no dock."""
    return [
        DockPlan("topics", _tr("Topics"), panels["topics"], _Area.LeftDockWidgetArea, QSize(446, 0)),
        DockPlan(
            "publish",
            _tr("Publish"),
            panels["publish"],
            _Area.RightDockWidgetArea,
            QSize(408, 0),
            tab_when_small="topics",
        ),
        DockPlan("messages", _tr("Messages"), panels["messages"], _Area.BottomDockWidgetArea, QSize(0, 276)),
        *(
            DockPlan(
                name, title, panels[name], _Area.BottomDockWidgetArea, QSize(0, 276), tab_with="messages"
            )
            for name, title in (
                ("subscriptions", _tr("Subscriptions")),
                ("noise", _tr("Noise")),
                ("snapshots", _tr("Snapshots")),
                ("log", _tr("Log")),
            )
        ),
    ]


def _tr(text: str) -> str:
    return QCoreApplication.translate("MainWindow", text)
