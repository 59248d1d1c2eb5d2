# SPDX-License-Identifier: MIT
"""The help (F1): how to begin, every shortcut, and MQTT's words in one line each."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtGui import QAction, QKeySequence
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

from mqtt_explorer.widgets.buttons import push_button
from mqtt_explorer.widgets.cards import Card, label
from mqtt_explorer.widgets.tokens import GAP, GAP_L, GAP_M

_SIZE: Final = (620, 640)
_NAME_WIDTH: Final = 168


def _tr(text: str) -> str:
    return QCoreApplication.translate("HelpDialog", text)


def steps() -> list[tuple[str, str]]:
    """How to begin."""
    return [
        (
            _tr("Connect"),
            _tr(
                "Type the broker's address, such as mqtt://localhost or wss://host/mqtt, and press Enter. "
                "The demo needs no broker."
            ),
        ),
        (
            _tr("Browse"),
            _tr("A click in Topics selects and shows the message; the arrow beside a topic unfolds it."),
        ),
        (
            _tr("Subscribe"),
            _tr("Only what a subscription matches arrives. A new connection asks for #, every topic."),
        ),
        (
            _tr("Publish"),
            _tr(
                "Write topic and payload under Publish and press Ctrl+Enter. Each connection keeps its own draft."
            ),
        ),
        (
            _tr("When something is missing"),
            _tr(
                "Look at Log and at the status bar: what was refused, dropped, cut or malformed stands there."
            ),
        ),
    ]


def view_keys() -> list[tuple[str, str]]:
    """Keys of the views, which belong to no action."""
    return [
        (_tr("Right, Left"), _tr("Unfold and fold a branch; again, go to the first child or the parent")),
        (_tr("Home"), _tr("First row")),
        (
            _tr("End"),
            _tr(
                "Last row; in Topics that of the branch you are in, at most its 100,000th, then that of the branch around it"
            ),
        ),
        (_tr("Page Up, Page Down"), _tr("A page of rows")),
        (_tr("Tab, Shift+Tab"), _tr("Next and previous field or panel part")),
        (_tr("Ctrl+Enter"), _tr("Publish, from anywhere in the Publish panel")),
        (_tr("Delete"), _tr("Unsubscribe the selected filters; a notice offers Undo")),
        (
            _tr("Ctrl+C"),
            _tr(
                "Copy: in Topics the full topic, in Subscriptions the selected filters, in Log the selected entries"
            ),
        ),
        (_tr("Ctrl+V in Subscriptions"), _tr("Subscribe to the filters on the clipboard, one a line")),
        (
            _tr("Esc"),
            _tr(
                "Close a dialog or a menu; in Subscriptions empty the filter; stop connecting on the start page"
            ),
        ),
    ]


def words() -> list[tuple[str, str]]:
    """MQTT's own words."""
    return [
        (
            _tr("Topic"),
            _tr("The address of a message, in levels: plant/line-3/oven. Case matters, so do slashes."),
        ),
        (_tr("Filter"), _tr("What a subscription asks for: a topic, or a pattern with wildcards.")),
        (_tr("Wildcard +"), _tr("Stands for exactly one level: plant/+/oven.")),
        (_tr("Wildcard #"), _tr("Stands for all levels from here on, and must come last: plant/#.")),
        (
            _tr("$ topics"),
            _tr("Topics that begin with $, such as $SYS, are not matched by a leading + or #."),
        ),
        (_tr("QoS 0"), _tr("At most once: sent and forgotten, may be lost.")),
        (_tr("QoS 1"), _tr("At least once: acknowledged (PUBACK), may arrive twice.")),
        (_tr("QoS 2"), _tr("Exactly once, with four packets for each message.")),
        (
            _tr("Granted QoS"),
            _tr("The most a broker delivers to a subscription; it may be lower than what was asked for."),
        ),
        (
            _tr("Retain"),
            _tr(
                "The broker keeps the last retained message of a topic for later subscribers; an empty one clears it."
            ),
        ),
        (
            _tr("$share/group/filter"),
            _tr("A shared subscription: each message goes to one member of the group, not to all."),
        ),
        (_tr("Will"), _tr("A message the broker publishes for a client that disappears without a word.")),
        (
            _tr("Session"),
            _tr("What a broker remembers of a client while it is away: subscriptions and waiting messages."),
        ),
        (_tr("Keep-alive"), _tr("The longest silence before both sides take the connection for dead.")),
        (
            _tr("Reason code"),
            _tr("MQTT 5: a number that says why the broker refused; 0x80 and above are refusals."),
        ),
    ]


class HelpDialog(QDialog):
    """Plain text, scrollable, with a search field that hides the lines without the word.

    Args:
        actions: Those with a shortcut are listed, in this order.
    """

    def __init__(self, actions: Iterable[QAction] = (), parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Help"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._sections: list[tuple[QWidget, list[tuple[QLabel, QLabel]]]] = []
        self.search = QLineEdit(self)
        self.search.setPlaceholderText(self.tr("Find a key or a word"))
        self.search.setAccessibleName(self.tr("Find a key or a word"))
        self.search.textChanged.connect(self._find)
        self.nothing = label(self.tr("Nothing about this here."), "caption")
        self.nothing.hide()
        self.close_button = push_button(self.tr("Close"), self.close)
        page = Card(self)
        self._page = page.column(GAP_L, GAP_L)
        self._add(self.tr("How to begin"), steps())
        self._add(self.tr("Shortcuts"), shortcuts(actions), mono=True)
        self._add(self.tr("Keys in lists and panels"), view_keys(), mono=True)
        self._add(self.tr("MQTT's words"), words())
        self._page.addWidget(self.nothing)
        self._page.addStretch(1)
        self._lay_out(page)
        self.resize(*_SIZE)

    def open(self) -> None:
        """Shows the help beside the window, which stays usable."""
        self.setModal(False)
        self.show()
        self.raise_()
        self.activateWindow()

    def _add(self, title: str, lines: list[tuple[str, str]], *, mono: bool = False) -> None:
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
        self._sections.append((section, rows))

    def _find(self, text: str) -> None:
        wanted = text.strip().casefold()
        any_left = False
        for section, rows in self._sections:
            left_here = False
            for name, meaning in rows:
                fits = wanted in f"{name.text()} {meaning.text()}".casefold()
                name.setVisible(fits)
                meaning.setVisible(fits)
                left_here = left_here or fits
            section.setVisible(left_here)
            any_left = any_left or left_here
        self.nothing.setVisible(not any_left)

    def _lay_out(self, page: QWidget) -> None:
        scroll = QScrollArea(self)
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.viewport().setAutoFillBackground(False)
        page.setAutoFillBackground(False)
        scroll.setWidget(page)
        ends = QHBoxLayout()
        ends.addStretch(1)
        ends.addWidget(self.close_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(GAP_L, GAP_L, GAP_L, GAP_L)
        layout.setSpacing(GAP)
        layout.addWidget(self.search)
        layout.addWidget(scroll, 1)
        layout.addLayout(ends)


def shortcuts(actions: Iterable[QAction]) -> list[tuple[str, str]]:
    """Keys and name of each action that has keys."""
    found = []
    for action in actions:
        native = QKeySequence.SequenceFormat.NativeText
        keys = ", ".join(each.toString(native) for each in action.shortcuts() if not each.isEmpty())
        if keys:
            found.append((keys, action.text().replace("&&", "\0").replace("&", "").replace("\0", "&")))
    return found
