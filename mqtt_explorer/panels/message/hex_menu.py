# SPDX-License-Identifier: MIT
"""The menu of the bytes: forms to copy them in, saving, selecting."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu, QWidget

from mqtt_explorer.panels.message.hex_copying import Form
from mqtt_explorer.widgets.icons import icon


@dataclass(frozen=True, slots=True)
class HexActions:
    """What the view does for its menu.

    Attributes:
        copy: Copies the selected bytes in a form.
        save: Saves them.
        select_all: Selects all bytes.
        fold: Folds runs of zeros, or not.
    """

    copy: Callable[[Form], object]
    save: Callable[[], object]
    select_all: Callable[[], object]
    fold: Callable[[bool], object]


def build_menu(parent: QWidget, count: int, folding: bool, actions: HexActions) -> QMenu:
    """The menu for so many selected bytes; the caller pops it up."""
    menu = QMenu(parent)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    one = count == 1
    copied = parent.tr("Copy the byte as hex") if one else parent.tr("Copy {n} bytes as hex")
    first = _add(menu, icon_name="copy", text=copied.format(n=f"{count:,}"), keys="Ctrl+C")
    first.triggered.connect(lambda: actions.copy(Form.HEX))
    for form, text in (
        (Form.ROWS, parent.tr("Copy as hex with offsets")),
        (Form.TEXT, parent.tr("Copy as text")),
        (Form.BASE64, parent.tr("Copy as Base64")),
        (Form.C, parent.tr("Copy as a C array")),
        (Form.PYTHON, parent.tr("Copy as Python bytes")),
    ):
        _add(menu, text).triggered.connect(lambda _on=False, form=form: actions.copy(form))
    menu.addSeparator()
    text = parent.tr("Save the byte…") if one else parent.tr("Save {n} bytes…").format(n=f"{count:,}")
    _add(menu, text, icon_name="save").triggered.connect(lambda: actions.save())
    menu.addSeparator()
    _add(menu, parent.tr("Select all"), keys="Ctrl+A").triggered.connect(lambda: actions.select_all())
    fold = _add(menu, parent.tr("Fold runs of zeros"))
    fold.setCheckable(True)
    fold.setChecked(folding)
    fold.triggered.connect(actions.fold)
    return menu


def _add(menu: QMenu, text: str, *, icon_name: str = "", keys: str = "") -> QAction:
    action = QAction(text, menu)
    if icon_name:
        action.setIcon(icon(icon_name))
    if keys:
        # To be read only: the view itself takes the keys.
        action.setShortcut(QKeySequence(keys))
        action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        action.setShortcutVisibleInContextMenu(True)
    menu.addAction(action)
    return action
