# SPDX-License-Identifier: MIT
"""What can be done with topics of the tree: the context menu, favourites, muting, folding, and what there is to say about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QModelIndex, QObject, QPoint, Signal

from mqtt_explorer.panels.topics.menu import TopicActions, Topics, build_menu
from mqtt_explorer.profiles.marks import MAX_FAVOURITES, MAX_MUTED
from mqtt_explorer.widgets.text import one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from PySide6.QtWidgets import QMenu, QWidget

    from mqtt_explorer.models.topic_model import TopicModel
    from mqtt_explorer.panels.topics.favourites import Favourites
    from mqtt_explorer.panels.topics.foot import Note
    from mqtt_explorer.panels.topics.tree import TopicTree
    from mqtt_explorer.profiles.marks import TopicMarks
    from mqtt_explorer.store.topic_tree import Node

NAME_LIMIT: Final = 60
"""Characters of a topic that a sentence holds."""
HIDDEN: Final = "hidden"
"""What the sentence about a topic that the search hides is about (`Note.drop`)."""


class TopicDeeds(QObject):
    """Carries out what menus ask for, on the connection that is shown.

    Signals:
        publish_requested(bytes): "Publish here" on a topic.
        subscribe_requested(str): "Subscribe to this branch", with the filter.
        messages_requested(bytes): "Show its messages".
        find_requested(str): "Find topics like this", with the level name.
    """

    publish_requested = Signal(bytes)
    subscribe_requested = Signal(str)
    messages_requested = Signal(bytes)
    find_requested = Signal(str)

    def __init__(
        self, tree: TopicTree, model: TopicModel, favourites: Favourites, note: Note, parent: QWidget
    ) -> None:
        super().__init__(parent)
        self._panel = parent
        self._tree, self._favourites, self._note = tree, favourites, note
        self._model = model
        self._marks: TopicMarks | None = None
        self._menu: QMenu | None = None
        tree.menu_wanted.connect(self.show_menu)
        tree.end_cut.connect(self._on_end_cut)
        tree.expand_cut.connect(self._on_expand_cut)
        tree.copy_cut.connect(self._on_copy_cut)
        tree.selection_cut.connect(self._on_selection_cut)
        favourites.removed.connect(self._offer_undo)

    @property
    def muted(self) -> tuple[bytes, ...]:
        """The muted branches."""
        return tuple(self._marks.muted) if self._marks is not None else ()

    def set_marks(self, marks: TopicMarks | None) -> None:
        """Another connection is shown, or none: a menu that still stands belongs to the last one."""
        self._marks = marks
        if self._menu is not None:
            self._menu.close()
        self._note.hide()

    def show_menu(self, index: QModelIndex, place: QPoint) -> None:
        """Pops up the menu of the selected rows where it was asked for one of them, else of that row."""
        if self._marks is None:
            return
        node = self._model.node(index)
        selected = self._tree.selected_nodes()
        nodes, more = [node], 0
        if node in selected:
            nodes, more = selected, self._tree.selected_count() - len(selected)
        menu = build_menu(self._panel, nodes, self._marks, self._actions(), more=more)
        self.hold(menu)
        menu.popup(place)

    def hold(self, menu: QMenu) -> None:
        """A menu opens: it goes with the connection it was opened for."""
        self._menu = menu
        menu.aboutToHide.connect(self._forget_menu)

    def expand_below(self, index: QModelIndex) -> None:
        """Unfolds everything below a row; where that is too much, a sentence says so."""
        if index.isValid():
            self._tree.expand_below(index)

    def collapse_below(self, index: QModelIndex) -> None:
        """Folds everything below a row."""
        if index.isValid():
            self._tree.collapse_below(index)

    def mute(self, topics: Topics, *, on: bool) -> None:
        """Mutes branches, or lets them be heard again."""
        if self._marks is not None and not self._marks.set_muted(topics, on=on):
            text = self.tr("There is room for {n} muted branches; unmute some first.")
            self.say(text.format(n=f"{MAX_MUTED:,}"))

    def favour(self, topics: Topics, *, on: bool) -> None:
        """Makes topics favourites, or takes the star away and offers to undo it."""
        if not on:
            self._favourites.remove(topics)
        elif self._marks is not None and not self._marks.set_favourite(topics, on=True):
            self._say_no_room()

    def _say_no_room(self) -> None:
        text = self.tr("There is room for {n} favourites; take some away first.")
        self.say(text.format(n=f"{MAX_FAVOURITES:,}"))

    def say_unseen(self, topic: bytes) -> None:
        """A favourite nobody has heard of."""
        text = self.tr("No message has come on {topic} yet.")
        self.say(text.format(topic=one_line(topic.decode(), NAME_LIMIT)))

    def say_hidden(self, topic: bytes, clear: Callable[[], object]) -> None:
        """Somebody went to a topic that the search hides; `clear` ends the search."""
        text = self.tr("{topic} is hidden by the search.")
        text = text.format(topic=one_line(topic.decode(), NAME_LIMIT))
        self._note.say(text, self.tr("Clear the search"), clear, about=HIDDEN)

    def say(self, text: str) -> None:
        """Shows a sentence; an empty one leaves everything as it is."""
        if text:
            self._note.say(text)

    def _actions(self) -> TopicActions:
        return TopicActions(
            nodes=self._nodes,
            subscribe=self.subscribe_requested.emit,
            publish=self.publish_requested.emit,
            messages=self.messages_requested.emit,
            find=self.find_requested.emit,
            favour=lambda topics, on: self.favour(topics, on=on),
            mute=lambda topics, on: self.mute(topics, on=on),
            expand=lambda topics: self._each(topics, self.expand_below),
            collapse=lambda topics: self._each(topics, self.collapse_below),
            say=self.say,
        )

    def _nodes(self, topics: Topics) -> list[Node]:
        """The nodes of topics, as the store has them now."""
        store = self._model.store
        found = (store.find(topic) for topic in topics) if store is not None else ()
        return [node for node in found if node is not None]

    def _each(self, topics: Topics, act: Callable[[QModelIndex], object]) -> None:
        for node in self._nodes(topics):
            act(self._model.index_of(node))

    def _offer_undo(self, removed: Sequence[bytes], before: Sequence[bytes]) -> None:
        marks = self._marks
        if marks is None:
            return
        text = self.tr("{n} favourites removed.").format(n=f"{len(removed):,}")
        if len(removed) == 1:
            text = self.tr("{topic} is no favourite any more.")
            text = text.format(topic=one_line(removed[0].decode(), NAME_LIMIT))
        self._note.say(text, self.tr("Undo"), lambda: self._put_back(marks, removed, before))

    def _put_back(self, marks: TopicMarks, removed: Sequence[bytes], before: Sequence[bytes]) -> None:
        """Favourites that came, or changed places, since then stay as they are now."""
        if not marks.arrange_favourites(put_back(marks.favourites, removed, before)):
            self._say_no_room()

    def _on_end_cut(self, shown: int, total: int) -> None:
        text = self.tr("This branch shows its first {shown} of {total} topics.")
        self.say(text.format(shown=f"{shown:,}", total=f"{total:,}"))

    def _on_expand_cut(self, rows: int, left: int) -> None:
        text = self.tr(
            "Unfolded {rows} rows; {left} branches below were too many or too large and show less."
        )
        self.say(text.format(rows=f"{rows:,}", left=f"{left:,}"))

    def _on_copy_cut(self, copied: int, selected: int) -> None:
        text = self.tr("Copied {n} of {total} selected topics: the first ones, outside folded branches.")
        self.say(text.format(n=f"{copied:,}", total=f"{selected:,}"))

    def _on_selection_cut(self, kept: int, selected: int) -> None:
        text = self.tr("Of {total} selected topics the first {n}, outside folded branches, stay selected.")
        self.say(text.format(n=f"{kept:,}", total=f"{selected:,}"))

    def _forget_menu(self) -> None:
        self._menu = None


def put_back(now: Sequence[bytes], removed: Sequence[bytes], before: Sequence[bytes]) -> list[bytes]:
    """The favourites of now with removed ones again behind those they stood behind."""
    found = list(now)
    missing = set(removed).difference(now)
    for place, topic in enumerate(before):
        if topic in missing:
            above = next((each for each in reversed(before[:place]) if each in found), None)
            found.insert(found.index(above) + 1 if above is not None else 0, topic)
    return found
