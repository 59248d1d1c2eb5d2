# SPDX-License-Identifier: MIT
"""The help (F1): a section at a time, each one screen long, and a search over all of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QItemSelectionModel, QModelIndex, QStringListModel, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from mqtt_explorer.app import help_connecting, help_message, help_texts, help_tree
from mqtt_explorer.app.actions import plain_name, shown_keys
from mqtt_explorer.widgets.buttons import push_button
from mqtt_explorer.widgets.cards import Card, label
from mqtt_explorer.widgets.delegates import Column
from mqtt_explorer.widgets.tokens import GAP, GAP_L, GAP_M, GAP_XS
from mqtt_explorer.widgets.views import ListView

_SIZE: Final = (860, 660)
_LEAST: Final = (680, 360)
_LIST_WIDTH: Final = 204
_NAME_WIDTH: Final = 152


@dataclass(frozen=True, slots=True)
class _Section:
    widget: QWidget
    rows: list[tuple[QLabel, QLabel]]

    def show_rows(self, wanted: str) -> bool:
        """Shows the rows that hold a word, case aside, and hides the others; whether one is left."""
        any_left = False
        for name, meaning in self.rows:
            fits = wanted in f"{name.text()} {meaning.text()}".casefold()
            name.setVisible(fits)
            meaning.setVisible(fits)
            any_left = any_left or fits
        return any_left


class HelpDialog(QDialog):
    """Plain text: the sections at the left, the chosen one beside them. A search shows the lines of all sections with the word.

    Args:
        actions: Those with a shortcut are listed, in this order.
    """

    def __init__(self, actions: Iterable[QAction] = (), parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Help"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._titles: list[str] = []
        self._sections: list[_Section] = []
        self.search = QLineEdit(self)
        self.search.setPlaceholderText(self.tr("Find a key or a word"))
        self.search.setAccessibleName(self.tr("Find a key or a word"))
        self.nothing = label(self.tr("Nothing about this here."), "caption")
        self.close_button = push_button(self.tr("Close"), self.close)
        page = Card(self)
        self._page = page.column(GAP_L, GAP_L)
        self._fill(actions)
        self._page.addWidget(self.nothing)
        self._page.addStretch(1)
        self.contents = ListView(Column(), self)
        self.contents.setModel(QStringListModel(self._titles, self))
        self.contents.setAccessibleName(self.tr("Sections of the help"))
        self._lay_out(page)
        self.setMinimumSize(*_LEAST)
        self.resize(*_SIZE)
        self.contents.setCurrentIndex(self.contents.model().index(0, 0))
        self.contents.selectionModel().currentChanged.connect(lambda *_rows: self._choose())
        self.contents.clicked.connect(lambda _row: self._choose())
        self.search.textChanged.connect(lambda _text: self._show())
        self._show()

    def open(self) -> None:
        """Shows the help beside the window, which stays usable."""
        self.setModal(False)
        self.show()
        self.raise_()
        self.activateWindow()

    def _fill(self, actions: Iterable[QAction]) -> None:
        self._add(self.tr("How to begin"), help_texts.steps())
        self._add(self.tr("Search and commands"), help_texts.search())
        self._add(self.tr("Topics, Messages and Noise"), help_tree.tree())
        self._add(self.tr("The message"), help_message.message())
        self._add(self.tr("Decoders"), help_message.decoders())
        self._add(self.tr("Diff, Hex and Properties"), help_message.tabs())
        self._add(self.tr("Snapshots"), help_message.snapshots())
        self._add(self.tr("Saved brokers"), help_connecting.brokers())
        self._add(self.tr("Passwords"), help_connecting.passwords())
        self._add(self.tr("TLS and certificates"), help_connecting.tls())
        self._add(self.tr("Sessions and the will"), help_connecting.sessions())
        self._add(self.tr("States and pauses"), help_connecting.states())
        self._add(self.tr("Held messages, closing"), help_connecting.held())
        self._add(self.tr("Shortcuts"), shortcuts(actions), mono=True)
        self._add(self.tr("Keys in lists and panels"), help_texts.view_keys(), mono=True)
        self._add(self.tr("MQTT's words"), help_texts.words())

    def _add(self, title: str, lines: help_texts.Lines, *, mono: bool = False) -> None:
        if not lines:
            return
        section = QWidget(self)
        column = QVBoxLayout(section)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GAP)
        column.addWidget(label(title, "section"))
        grid = QGridLayout()
        grid.setHorizontalSpacing(GAP_M)
        grid.setVerticalSpacing(6)
        grid.setColumnMinimumWidth(0, _NAME_WIDTH)
        grid.setColumnStretch(1, 1)
        rows = []
        for number, (name, text) in enumerate(lines):
            left = label(name, "mono" if mono else "heading", wrap=True)
            left.setFixedWidth(_NAME_WIDTH)
            right = label(text, "body" if mono else "muted", wrap=True)
            grid.addWidget(left, number, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(right, number, 1, Qt.AlignmentFlag.AlignTop)
            rows.append((left, right))
        column.addLayout(grid)
        self._page.addWidget(section)
        self._titles.append(title)
        self._sections.append(_Section(section, rows))

    def _choose(self) -> None:
        """Whoever goes to a section has found what was searched for."""
        self.search.clear()
        self._show()

    def _show(self) -> None:
        wanted = self.search.text().strip().casefold()
        chosen = self.contents.currentIndex().row()
        any_left = False
        for number, section in enumerate(self._sections):
            here = section.show_rows(wanted) and (bool(wanted) or number == chosen)
            section.widget.setVisible(here)
            any_left = any_left or here
        self.nothing.setVisible(not any_left)
        self._mark(None if wanted else self.contents.currentIndex())
        self._scroll.verticalScrollBar().setValue(0)

    def _mark(self, chosen: QModelIndex | None) -> None:
        """Marks the section that is shown; what a search finds belongs to none."""
        selection = self.contents.selectionModel()
        if chosen is None:
            selection.clearSelection()
        else:
            selection.select(chosen, QItemSelectionModel.SelectionFlag.ClearAndSelect)

    def _lay_out(self, page: QWidget) -> None:
        self._scroll = QScrollArea(self)
        self._scroll.setWidgetResizable(True)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.viewport().setAutoFillBackground(False)
        page.setAutoFillBackground(False)
        self._scroll.setWidget(page)
        around = Card(self)
        around.setFixedWidth(_LIST_WIDTH)
        around.column(GAP_XS, 0).addWidget(self.contents)
        middle = QHBoxLayout()
        middle.setSpacing(GAP_M)
        middle.addWidget(around)
        middle.addWidget(self._scroll, 1)
        ends = QHBoxLayout()
        ends.addStretch(1)
        ends.addWidget(self.close_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(GAP_L, GAP_L, GAP_L, GAP_L)
        layout.setSpacing(GAP)
        layout.addWidget(self.search)
        layout.addLayout(middle, 1)
        layout.addLayout(ends)


def shortcuts(actions: Iterable[QAction]) -> help_texts.Lines:
    """Keys and name of each action that has keys."""
    found = []
    for action in actions:
        keys = shown_keys(action)
        if keys:
            found.append((keys, plain_name(action)))
    return found
