# SPDX-License-Identifier: MIT
"""The saved brokers of the start page: a table with folders, and the addresses used by hand below them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QHeaderView, QStackedWidget, QVBoxLayout, QWidget

from mqtt_explorer.app.profiles.list_actions import ListActions, MenuCalls
from mqtt_explorer.app.profiles.list_search import SearchField
from mqtt_explorer.app.profiles.list_tree import BrokerTree
from mqtt_explorer.app.profiles.list_undo import UndoStrip
from mqtt_explorer.app.profiles.problem_watch import ProblemWatch
from mqtt_explorer.models.profile_model import ProfileModel
from mqtt_explorer.models.profile_rows import ADDRESS, BROKER, LAST_USED, SIGN_IN
from mqtt_explorer.widgets.buttons import push_button
from mqtt_explorer.widgets.cards import EmptyState, Rule, label, plain_tooltip, set_tone
from mqtt_explorer.widgets.delegates import Column
from mqtt_explorer.widgets.tokens import GAP

if TYPE_CHECKING:
    from PySide6.QtGui import QHideEvent, QResizeEvent, QShowEvent

    from mqtt_explorer.app.profiles.book import ProfileBook
    from mqtt_explorer.models.profile_layout import Key

_AGES_MS: Final = 30_000
_SEARCH_PX: Final = 176
#: Widths of the columns of fixed width, and below which width of the table a column goes.
_SIGN_IN_PX: Final = 148
_LAST_USED_PX: Final = 160
_NEEDS_SIGN_IN: Final = 600
_NEEDS_ADDRESS: Final = 400
_LEAST_BROKER: Final = 120

_COLUMNS: Final = (
    Column(icon=True, name=True, hits=True),
    Column(mono=True, middle=True, kind="muted"),
    Column(icon=True, kind="muted"),
    Column(kind="muted"),
)


class SavedBrokers(QWidget):
    """Title, search, "New broker", the table, and what the file holds. Deleting asks nothing; a strip offers Undo.

    Signals:
        connect_requested(str): A broker's id.
        edit_requested(str): A broker's id.
        new_requested(): A new broker is wanted.
        duplicate_requested(str): Whoever makes the copy (`ProfileBook.duplicate`) copies its secrets too.
        recent_requested(str): Connect to an address used by hand.
        save_recent_requested(str): Save it as a broker.
    """

    connect_requested = Signal(str)
    edit_requested = Signal(str)
    new_requested = Signal()
    duplicate_requested = Signal(str)
    recent_requested = Signal(str)
    save_recent_requested = Signal(str)

    def __init__(self, book: ProfileBook, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._book = book
        self._recent: tuple[str, ...] = ()
        self.model = ProfileModel(self)
        self.tree = BrokerTree(_COLUMNS, self.model, self, mark="icon")
        self.tree.setAccessibleName(self.tr("Saved brokers"))
        self.search = SearchField(self.tree)
        self.search.setFixedWidth(_SEARCH_PX)
        self.undo = UndoStrip(self)
        calls = MenuCalls(
            connect=self.connect_requested.emit,
            edit=self.edit_requested.emit,
            rename=None,
            duplicate=self.duplicate_requested.emit,
            new=self.new_requested.emit,
            connect_recent=self.recent_requested.emit,
            save_recent=self.save_recent_requested.emit,
        )
        self._deeds = ListActions(book, self.model, self.tree, self.undo, calls)
        self.watch = ProblemWatch(book, self)
        self.watch.changed.connect(lambda: self.model.set_problems(self.watch.found))
        self._build()
        self._connect()
        self._follow()

    @property
    def current_folder(self) -> str:
        """Where a new broker goes: the folder chosen, or that of the broker chosen."""
        return self._deeds.current_folder

    def set_recent(self, urls: Sequence[str]) -> None:
        """Lists addresses used by hand, newest first; those of a profile are left out."""
        self._recent = tuple(urls)
        self.model.set_recent(self._recent)
        self._settle()

    def set_states(self, states: Mapping[str, tuple[str, str]]) -> None:
        """Says how brokers are doing: id → (word, tone), such as ("open", "ok")."""
        self.model.set_states(states)

    def set_keyring(self, available: bool) -> None:
        """Says whether there is a keyring; without one secrets last for the session only."""
        self.model.set_keyring(available)

    # -- building ------------------------------------------------------------------------------------------------------

    def _build(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GAP)
        head = QHBoxLayout()
        head.setSpacing(GAP)
        head.addWidget(label(self.tr("SAVED BROKERS"), "title"), 1)
        head.addWidget(self.search)
        self.new_button = push_button(self.tr("New broker"), self.new_requested.emit, icon_name="plus")
        head.addWidget(self.new_button)
        column.addLayout(head)
        header = self.tree.header()
        header.setSectionsMovable(False)
        header.setStretchLastSection(True)  # it takes the scroll bar's place while there is none
        header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self._pages = QStackedWidget()
        self._pages.addWidget(self.tree)
        self._empty = EmptyState(
            "broker",
            self.tr("No saved brokers yet"),
            self.tr(
                "Type an address above to connect, or save a broker: it keeps address, sign-in and options for the next time."
            ),
        )
        self._nothing = self.search.nothing_found()
        self._pages.addWidget(self._empty)
        self._pages.addWidget(self._nothing)
        column.addWidget(self._pages, 1)
        column.addWidget(self.undo)
        self._foot = QWidget()
        foot = QGridLayout(self._foot)
        foot.setContentsMargins(0, 0, 0, 0)
        foot.setSpacing(GAP)
        foot.addWidget(Rule(), 0, 0, 1, 2)
        foot.addWidget(
            label(self.tr("Enter or double-click connects. F2 edits."), "caption", wrap=True), 1, 0
        )
        self._held = label("", "caption", wrap=True)
        self._held.setAlignment(Qt.AlignmentFlag.AlignRight)
        foot.addWidget(self._held, 1, 1)
        column.addWidget(self._foot)
        self._unsaved = label("", "caption", wrap=True)
        set_tone(self._unsaved, "error")
        self._unsaved.hide()
        column.addWidget(self._unsaved)
        self.setFocusProxy(self.tree)

    def _connect(self) -> None:
        self._ages = QTimer(self)
        self._ages.setInterval(_AGES_MS)
        self._ages.timeout.connect(self.model.refresh_ages)
        self.search.textChanged.connect(self._on_search)
        self.tree.opened.connect(self._open)
        self.tree.rename_pressed.connect(self._edit)
        self.tree.button_pressed.connect(self._press)
        for disconnect in (
            self._book.changed.connect(self._follow),
            self._book.problem.connect(self._show_problem),
            self._book.saved.connect(lambda: self._show_problem("")),
        ):
            self.destroyed.connect(disconnect)

    # -- what happens --------------------------------------------------------------------------------------------------

    def _follow(self) -> None:
        self.model.set_library(self._book.folders, self._book.profiles)
        self._settle()

    def _settle(self) -> None:
        self.tree.settle()
        number = len(self._book.profiles)
        anything = bool(number or self._book.folders or self._recent)
        shown: QWidget = self.tree if self.model.rowCount() else self._nothing if anything else self._empty
        self._pages.setCurrentWidget(shown)
        self.search.setVisible(anything)
        self._foot.setVisible(anything)
        text = self.tr("1 broker") if number == 1 else self.tr("{n} brokers").format(n=number)
        self._held.setText(self.tr("Profiles file: {brokers}, no secrets in it").format(brokers=text))
        self._held.setToolTip(plain_tooltip(str(self._book.path)))

    def _show_problem(self, sentence: str) -> None:
        self._unsaved.setText(sentence)
        self._unsaved.setVisible(bool(sentence))

    def _on_search(self, text: str) -> None:
        self.tree.search(text)
        self._settle()

    def _open(self, key: Key) -> None:
        (self.recent_requested if key[0] == "recent" else self.connect_requested).emit(key[1])

    def _press(self, name: str, key: Key) -> None:
        if name == "connect":
            self._open(key)
        elif name == "edit":
            self.edit_requested.emit(key[1])
        else:
            self.save_recent_requested.emit(key[1])

    def _edit(self) -> None:
        """F2: a broker opens in the form, a folder is renamed here, an address becomes a profile."""
        key = self.tree.current_key
        if key is None:
            return
        if key[0] == "profile":
            self.edit_requested.emit(key[1])
        elif key[0] == "folder":
            self._deeds.edit_here()
        elif key[0] == "recent":
            self.save_recent_requested.emit(key[1])

    # -- widths and ages -----------------------------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._share_width()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.model.refresh_ages()
        self._ages.start()
        self._share_width()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._ages.stop()

    def _share_width(self) -> None:
        """Gives columns their widths; where there is no room, sign-in goes first, then the address (the tooltip has it)."""
        room = max(self._pages.width() - self.tree.verticalScrollBar().sizeHint().width(), 0)
        self.tree.setColumnHidden(SIGN_IN, room < _NEEDS_SIGN_IN)
        self.tree.setColumnHidden(ADDRESS, room < _NEEDS_ADDRESS)
        rest = room - _LAST_USED_PX - (_SIGN_IN_PX if room >= _NEEDS_SIGN_IN else 0)
        broker = rest if room < _NEEDS_ADDRESS else round(rest * 0.48)
        broker = max(broker, _LEAST_BROKER)
        for section, width in (
            (BROKER, broker),
            (ADDRESS, max(rest - broker, 0)),
            (SIGN_IN, _SIGN_IN_PX),
            (LAST_USED, _LAST_USED_PX),
        ):
            self.tree.header().resizeSection(section, width)
