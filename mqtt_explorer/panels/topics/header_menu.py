# SPDX-License-Identifier: MIT
"""The context menu of the heads of the topic tree: a check per column, and the orders within a branch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QPoint, Qt
from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QMenu

from mqtt_explorer.models.topic_columns import NAMES
from mqtt_explorer.panels.topics.sort_menu import column_texts, order_texts
from mqtt_explorer.widgets.menus import TickMenu, add_tick

if TYPE_CHECKING:
    from mqtt_explorer.models.topic_model import TopicModel
    from mqtt_explorer.panels.topics.columns import TreeHeader


def _tr(text: str) -> str:
    return QCoreApplication.translate("TreeHeader", text)


def header_menu(heads: TreeHeader, model: TopicModel, place: QPoint) -> QMenu:
    """Pops the menu up at a place on the screen."""
    menu = TickMenu(heads)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    menu.setToolTipsVisible(True)
    _add_columns(menu, heads)
    menu.addSeparator()
    _add_orders(menu, heads, model)
    menu.popup(place)
    return menu


def _add_columns(menu: QMenu, heads: TreeHeader) -> None:
    chosen, back = heads.chosen, heads.stepped_back
    for name, (title, why) in column_texts().items():
        if name in back:
            title = _tr("{column} (no room now)").format(column=title)
        action = add_tick(menu, title, on=name in chosen, tooltip=why)
        action.toggled.connect(lambda on, name=name: _show(heads, name, on=on))


def _show(heads: TreeHeader, name: str, *, on: bool) -> None:
    chosen = {*heads.chosen} - {name}
    heads.choose(each for each in NAMES if each in chosen or (on and each == name))


def _add_orders(menu: QMenu, heads: TreeHeader, model: TopicModel) -> None:
    group = QActionGroup(menu)
    for order, (title, why) in order_texts().items():
        text = _tr("Sort by: {order}").format(order=title)
        action = menu.addAction(text, lambda order=order: heads.sort_clicked.emit(order, model.descending))  # type: ignore[misc]
        action.setToolTip(why)
        action.setCheckable(True)
        action.setChecked(order is model.sort_order)
        group.addAction(action)
    turn = menu.addAction(_tr("Turn round"))
    turn.setToolTip(_tr("The last of this order first."))
    turn.setCheckable(True)
    turn.setChecked(model.descending)
    turn.toggled.connect(lambda on: heads.sort_clicked.emit(model.sort_order, on))
