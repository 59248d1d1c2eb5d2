# SPDX-License-Identifier: MIT
"""What both lists of saved brokers let the user do to the book: delete with undo, rename, move, colour; and the menu for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import msgspec
from PySide6.QtCore import QObject, QPointF, Qt
from PySide6.QtGui import QIcon, QPainter, QPen, QPixmap
from PySide6.QtWidgets import QMenu

from mqtt_explorer.app.profiles.list_undo import quoted
from mqtt_explorer.profiles.profile import COLOURS
from mqtt_explorer.widgets.icons import icon
from mqtt_explorer.widgets.text import one_line
from mqtt_explorer.widgets.theme import theme

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from mqtt_explorer.app.profiles.book import ProfileBook
    from mqtt_explorer.app.profiles.list_tree import BrokerTree
    from mqtt_explorer.app.profiles.list_undo import UndoStrip
    from mqtt_explorer.models.profile_layout import Key
    from mqtt_explorer.models.profile_model import ProfileModel
    from mqtt_explorer.profiles.profile import Profile

_FOLDERS_LISTED: Final = 40


@dataclass(frozen=True, slots=True)
class MenuCalls:
    """What the list around the tree does for the menu; None leaves an entry out."""

    connect: Callable[[str], object]
    edit: Callable[[str], object] | None
    rename: Callable[[], object] | None
    duplicate: Callable[[str], object]
    new: Callable[[], object]
    connect_recent: Callable[[str], object] | None = None
    save_recent: Callable[[str], object] | None = None


class ListActions(QObject):
    """Carries out what a list's tree and menu ask for."""

    def __init__(
        self, book: ProfileBook, model: ProfileModel, tree: BrokerTree, strip: UndoStrip, calls: MenuCalls
    ) -> None:
        super().__init__(tree)
        self._book = book
        self._tree = tree
        self._strip = strip
        self._calls = calls
        model.move_requested.connect(lambda name, folder, before: book.move(name, folder, before or None))
        model.folder_move_requested.connect(lambda name, before: book.move_folder(name, before or None))
        model.rename_requested.connect(self.rename)
        tree.delete_pressed.connect(self.delete_current)
        tree.menu_asked.connect(lambda place: self.menu(tree).popup(place))

    @property
    def current_folder(self) -> str:
        """Where a new broker goes: the folder chosen, or that of the broker chosen."""
        key = self._tree.current_key
        if key is None:
            return ""
        profile = self._book.find(key[1]) if key[0] == "profile" else None
        return key[1] if key[0] == "folder" else profile.folder if profile is not None else ""

    # -- changes -------------------------------------------------------------------------------------------------------

    def delete_current(self) -> None:
        """Deletes the current broker, or the current folder but not its brokers; the strip brings it back."""
        key = self._tree.current_key
        if key is None:
            return
        kind, name = key
        if kind == "profile":
            self._delete_profile(name)
        elif kind == "folder":
            self._delete_folder(name)

    def rename(self, key: Key, name: str) -> None:
        """Gives a broker or folder another name."""
        kind, old = key
        if kind == "folder":
            new = self._book.rename_folder(old, name)
            self._tree.rename_fold(key, ("folder", new))
            self._tree.choose(("folder", new))
        elif (profile := self._book.find(old)) is not None:
            self._book.replace(msgspec.structs.replace(profile, name=name))

    def add_folder(self) -> None:
        """Adds a folder and lets the user name it."""
        name = self._book.add_folder("")
        if self._tree.choose(("folder", name)):
            self._tree.setFocus(Qt.FocusReason.OtherFocusReason)
            self.edit_here()

    def _delete_profile(self, profile_id: str) -> None:
        neighbour = self._neighbour()
        profile, position = self._book.remove(profile_id)

        def undo() -> None:
            self._book.restore(profile, position)
            self._tree.choose(("profile", profile_id))

        self._tree.choose(neighbour)
        text = self.tr("{name} is deleted.").format(name=quoted(profile.title))
        self._strip.offer(text, undo, lambda: self._book.let_go(profile_id))

    def _delete_folder(self, name: str) -> None:
        neighbour = self._neighbour()
        removed = self._book.remove_folder(name)

        def undo() -> None:
            self._book.restore_folder(removed)
            self._tree.choose(("folder", name))

        self._tree.choose(neighbour)
        text = self.tr("The folder {name} is deleted.").format(name=quoted(name))
        if removed.ids:
            text = self.tr("The folder {name} is deleted, its brokers are kept.").format(name=quoted(name))
        self._strip.offer(text, undo, lambda: None)

    def _neighbour(self) -> Key | None:
        """The row that is current once the current one is gone: the next broker, else the one before."""
        index = self._tree.currentIndex()
        for other in (
            index.siblingAtRow(index.row() + 1),
            index.siblingAtRow(index.row() - 1),
            index.parent(),
        ):
            if other.isValid():
                return self._tree.key_of(other)
        return None

    # -- the menu ------------------------------------------------------------------------------------------------------

    def menu(self, parent: QWidget) -> QMenu:
        """The menu of the current row; the caller pops it up."""
        menu = QMenu(parent)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        key = self._tree.current_key
        kind, name = key if key is not None else ("", "")
        if kind == "profile" and (profile := self._book.find(name)) is not None:
            self._fill_profile(menu, profile)
        elif kind == "folder":
            menu.addAction(icon("edit"), self.tr("Rename folder"), self.edit_here)
            menu.addAction(icon("trash"), self.tr("Delete folder, keep its brokers"), self.delete_current)
        elif kind == "recent":
            self._fill_recent(menu, name)
        if menu.actions():
            menu.addSeparator()
        menu.addAction(icon("plus"), self.tr("New broker"), lambda: self._calls.new())
        menu.addAction(icon("folder-plus"), self.tr("New folder"), self.add_folder)
        return menu

    def edit_here(self) -> None:
        """Lets the user change the current row's name in its place."""
        self._tree.edit(self._tree.currentIndex().siblingAtColumn(0))

    def _fill_profile(self, menu: QMenu, profile: Profile) -> None:
        calls, name = self._calls, profile.id
        menu.addAction(
            icon("connect"), _with_key(self.tr("Connect"), self.tr("Enter")), lambda: calls.connect(name)
        )
        if (edit := calls.edit) is not None:
            menu.addAction(icon("edit"), _with_key(self.tr("Edit"), "F2"), lambda: edit(name))
        if (rename := calls.rename) is not None:
            menu.addAction(icon("edit"), _with_key(self.tr("Rename"), "F2"), lambda: rename())
        menu.addAction(icon("copy"), self.tr("Duplicate"), lambda: calls.duplicate(name))
        menu.addSeparator()
        self._fill_colours(menu.addMenu(_dot(profile.colour), self.tr("Colour")), profile)
        self._fill_folders(menu.addMenu(icon("folder"), self.tr("Move to folder")), profile)
        menu.addSeparator()
        menu.addAction(icon("trash"), _with_key(self.tr("Delete"), self.tr("Del")), self.delete_current)

    def _fill_recent(self, menu: QMenu, url: str) -> None:
        connect, save = self._calls.connect_recent, self._calls.save_recent
        if connect is not None and save is not None:
            menu.addAction(
                icon("connect"), _with_key(self.tr("Connect"), self.tr("Enter")), lambda: connect(url)
            )
            menu.addAction(icon("star"), self.tr("Save this broker"), lambda: save(url))

    def _fill_colours(self, menu: QMenu, profile: Profile) -> None:
        names = (
            self.tr("Blue"),
            self.tr("Green"),
            self.tr("Violet"),
            self.tr("Pink"),
            self.tr("Yellow"),
            self.tr("Slate"),
        )
        for colour in (None, *range(COLOURS)):
            text = self.tr("None") if colour is None else names[colour]
            action = menu.addAction(_dot(colour, chosen=colour == profile.colour), text)
            action.setCheckable(True)
            action.setChecked(colour == profile.colour)
            action.triggered.connect(lambda _on, colour=colour: self._set_colour(profile.id, colour))

    def _set_colour(self, profile_id: str, colour: int | None) -> None:
        if (profile := self._book.find(profile_id)) is not None:
            self._book.replace(msgspec.structs.replace(profile, colour=colour))

    def _fill_folders(self, menu: QMenu, profile: Profile) -> None:
        for folder in ("", *self._book.folders[:_FOLDERS_LISTED]):
            text = one_line(folder, 60).replace("&", "&&") if folder else self.tr("No folder")
            action = menu.addAction(text)
            action.setCheckable(True)
            action.setChecked(folder == profile.folder)
            action.triggered.connect(lambda _on, folder=folder: self._book.move(profile.id, folder))
        menu.addSeparator()
        menu.addAction(icon("folder-plus"), self.tr("New folder"), lambda: self._to_new_folder(profile.id))

    def _to_new_folder(self, profile_id: str) -> None:
        name = self._book.add_folder("")
        self._book.move(profile_id, name)
        if self._tree.choose(("folder", name)):
            self.edit_here()


def _with_key(text: str, key: str) -> str:
    """A menu's entry with the key that does the same at its right; the list handles the key itself."""
    return f"{text}\t{key}"


def _dot(colour: int | None, *, chosen: bool = False) -> QIcon:
    """A round dot of a data colour, hollow for none, as a menu shows it; the chosen one has a ring (an icon takes the mark's place)."""
    look, ratio = theme(), 2.0
    picture = QPixmap(round(16 * ratio), round(16 * ratio))
    picture.setDevicePixelRatio(ratio)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(look.color("muted") if colour is None else Qt.PenStyle.NoPen)
    if colour is not None:
        painter.setBrush(look.series(colour))
    painter.drawEllipse(4, 4, 8, 8)
    if chosen:
        painter.setPen(QPen(look.color("text"), 1.25))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawEllipse(QPointF(8, 8), 6.5, 6.5)
    painter.end()
    return QIcon(picture)
