# SPDX-License-Identifier: MIT
"""The narrow list of saved brokers beside the form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from mqtt_explorer.app.profiles.list_actions import ListActions, MenuCalls
from mqtt_explorer.app.profiles.list_search import SearchField
from mqtt_explorer.app.profiles.list_tree import BrokerTree
from mqtt_explorer.app.profiles.list_undo import UndoStrip
from mqtt_explorer.app.profiles.problem_watch import ProblemWatch
from mqtt_explorer.models.profile_model import ProfileModel
from mqtt_explorer.models.profile_rows import ADDRESS, LAST_USED, SIGN_IN
from mqtt_explorer.widgets.buttons import IconButton
from mqtt_explorer.widgets.cards import EmptyState, label
from mqtt_explorer.widgets.delegates import Column
from mqtt_explorer.widgets.tokens import GAP

if TYPE_CHECKING:
    from mqtt_explorer.app.profiles.book import ProfileBook
    from mqtt_explorer.models.profile_layout import Key


class ProfileList(QWidget):
    """Title, buttons, search, and the tree of folders and brokers. Deleting asks nothing; a strip offers Undo.

    Signals:
        profile_selected(str): The user chose another broker: its id, or "" where it is none.
        connect_requested(str): A broker's id.
        new_requested(): A new broker is wanted, in `current_folder`.
        duplicate_requested(str): Whoever makes the copy (`ProfileBook.duplicate`) copies its secrets too.
    """

    profile_selected = Signal(str)
    connect_requested = Signal(str)
    new_requested = Signal()
    duplicate_requested = Signal(str)

    def __init__(self, book: ProfileBook, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._book = book
        self._quiet = False
        self._current = ""
        self.model = ProfileModel(self)
        self.tree = BrokerTree((Column(icon=True, name=True, hits=True),), self.model, self, mark="dot")
        self.tree.setAccessibleName(self.tr("Saved brokers"))
        self.tree.setHeaderHidden(True)
        for column in (ADDRESS, SIGN_IN, LAST_USED):
            self.tree.setColumnHidden(column, True)
        self.tree.header().setStretchLastSection(True)
        self.search = SearchField(self.tree)
        self.undo = UndoStrip(self)
        calls = MenuCalls(
            connect=self.connect_requested.emit,
            edit=None,
            rename=lambda: self._deeds.edit_here(),
            duplicate=self.duplicate_requested.emit,
            new=self.new_requested.emit,
        )
        self.watch = ProblemWatch(book, self)
        self.watch.changed.connect(self._show_problems)
        self._told: Mapping[str, int] = {}
        self._deeds = ListActions(book, self.model, self.tree, self.undo, calls)
        self._build()
        self.search.textChanged.connect(self._on_search)
        self.tree.opened.connect(lambda key: self.connect_requested.emit(key[1]))
        self.tree.rename_pressed.connect(self._deeds.edit_here)
        self.tree.row_chosen.connect(self._on_row)
        self._disconnect = book.changed.connect(self._follow)
        self.destroyed.connect(self._disconnect)
        self._follow()

    @property
    def current_profile(self) -> str:
        """Id of the broker chosen, also while a search hides it; empty where none is."""
        return self._current

    @property
    def current_folder(self) -> str:
        """Where a new broker goes: the folder chosen, or that of the broker chosen."""
        return self._deeds.current_folder

    def set_current(self, profile_id: str) -> None:
        """Chooses a broker without announcing it; a search that hides it is cleared."""
        self._quiet = True
        key: Key = ("profile", profile_id)
        if not self.tree.choose(key) and self._book.find(profile_id) is not None:
            self.search.clear()
            self.tree.choose(key)
        self._quiet = False

    def set_states(self, states: Mapping[str, tuple[str, str]]) -> None:
        """Says how brokers are doing: id → (word, tone), such as ("open", "ok")."""
        self.model.set_states(states)

    def set_problems(self, problems: Mapping[str, int]) -> None:
        """Says in how many fields of the broker chosen something is wrong, files included: id → number."""
        self._told = problems
        self._show_problems()

    # -- inside --------------------------------------------------------------------------------------------------------

    def _build(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GAP)
        head = QHBoxLayout()
        head.setSpacing(4)
        head.addWidget(label(self.tr("BROKERS"), "title"), 1)
        self.folder_button = IconButton(
            "folder-plus", self.tr("New folder"), self, on_click=self._deeds.add_folder
        )
        self.new_button = IconButton("plus", self.tr("New broker"), self, on_click=self.new_requested.emit)
        self.menu_button = IconButton(
            "dots", self.tr("More for the broker or folder chosen"), self, on_click=self._show_menu
        )
        for button in (self.folder_button, self.new_button, self.menu_button):
            head.addWidget(button)
        column.addLayout(head)
        column.addWidget(self.search)
        self._pages = QStackedWidget()
        self._pages.addWidget(self.tree)
        self._empty = EmptyState(
            "broker",
            self.tr("No brokers yet"),
            self.tr("A saved broker keeps address, sign-in and options for the next time."),
            button=self.tr("New broker"),
            on_click=self.new_requested.emit,
        )
        self._nothing = self.search.nothing_found()
        self._pages.addWidget(self._empty)
        self._pages.addWidget(self._nothing)
        column.addWidget(self._pages, 1)
        column.addWidget(self.undo)
        self.setFocusProxy(self.tree)

    def _follow(self) -> None:
        self.model.set_library(self._book.folders, self._book.profiles)
        self._settle()

    def _settle(self) -> None:
        self.tree.settle()
        anything = bool(self._book.profiles or self._book.folders)
        self.search.setVisible(anything)
        shown: QWidget = self.tree if self.model.rowCount() else self._nothing if anything else self._empty
        self._pages.setCurrentWidget(shown)

    def _on_search(self, text: str) -> None:
        self.tree.search(text)
        self._settle()

    def _on_row(self, key: Key | None) -> None:
        chosen = key[1] if key is not None and key[0] == "profile" else ""
        if chosen != self._current:
            self._current = chosen
            self._told = {}
            self._show_problems()
            if not self._quiet:
                self.profile_selected.emit(chosen)

    def _show_problems(self) -> None:
        """Of the broker chosen the form knows better; an untouched new one has none yet."""
        others = {name: n for name, n in self.watch.found.items() if name != self._current}
        self.model.set_problems({**others, **self._told})

    def _show_menu(self) -> None:
        corner = self.menu_button.rect().bottomLeft()
        self._deeds.menu(self).popup(self.menu_button.mapToGlobal(corner))
