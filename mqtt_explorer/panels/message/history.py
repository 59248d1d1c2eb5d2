# SPDX-License-Identifier: MIT
"""The list of a topic's messages under the message, in which two can be compared."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QItemSelectionModel, QModelIndex, QPoint, Qt, Signal
from PySide6.QtGui import QHelpEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QMenu, QToolTip, QVBoxLayout, QWidget

from mqtt_explorer.models.history_model import HistoryModel
from mqtt_explorer.panels.message.history_view import HistoryView
from mqtt_explorer.widgets.buttons import push_button
from mqtt_explorer.widgets.cards import Elided, label, plain_tooltip
from mqtt_explorer.widgets.icons import icon
from mqtt_explorer.widgets.tokens import GAP as SPACING
from mqtt_explorer.widgets.tokens import GAP_XS

if TYPE_CHECKING:
    from PySide6.QtCore import QEvent

    from mqtt_explorer.models.frame_clock import FrameClock
    from mqtt_explorer.protocol.message import Message
    from mqtt_explorer.store.topic_tree import Node

    _Pair = tuple[Message | None, Message | None]


class History(QWidget):
    """Newest first; follows while nothing is selected and the list stands at its top.

    While comparing, two messages are marked A (the older side) and B: the one gone to and the one before it. An A that the user picked
    stays, and the one gone to is compared with it.

    Signals:
        message_chosen(object): The Message of the row the user went to.
        live_wanted: The user wants to follow the newest message again.
        copy_wanted: The user wants the payload of the selected row.
        pair_changed(object, object): While comparing: A and B, each a Message or None.
        compare_wanted(object, object): The user wants these two compared, A and B.
        payload_copy_wanted(object): The user wants the payload of this Message on the clipboard.
        save_wanted(object): The user wants to save the payload of this Message.
    """

    message_chosen = Signal(object)
    live_wanted = Signal()
    copy_wanted = Signal()
    pair_changed = Signal(object, object)
    compare_wanted = Signal(object, object)
    payload_copy_wanted = Signal(object)
    save_wanted = Signal(object)

    def __init__(self, clock: FrameClock, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model = HistoryModel(clock, self)
        # Before the view hears of it: it would select a neighbour of a row that goes, and nobody chose that one.
        self.model.rowsAboutToBeRemoved.connect(self._on_removing)
        self.view = HistoryView(self.model, self)
        copy = QShortcut(QKeySequence(QKeySequence.StandardKey.Copy), self.view)
        copy.setContext(Qt.ShortcutContext.WidgetShortcut)
        copy.activated.connect(self.copy_wanted)
        self.info = _Info(self.model)
        self.live = push_button(self.tr("Live"), self.live_wanted.emit, icon_name="follow", kind="link")
        self.live.setToolTip(self.tr("Follow the newest message again"))
        head = QHBoxLayout()
        head.setSpacing(SPACING)
        head.addWidget(label(self.tr("HISTORY"), "title"))
        head.addWidget(self.info, 1)
        head.addWidget(self.live)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(GAP_XS)
        layout.addLayout(head)
        layout.addWidget(self.view, 1)
        self._pinned: Message | None = None
        self._comparing = False
        self._picked_a: Message | None = None
        self._swapped = False
        self._pair: _Pair = (None, None)
        self._pair_node: Node | None = None
        self.live.hide()
        self.model.info_changed.connect(self._show_info)
        self.model.modelReset.connect(self._on_reset)
        self.model.rowsInserted.connect(lambda *_: self._follow_pair())
        # Not the current row: that one changes when the list merely gets the focus.
        self.view.selectionModel().selectionChanged.connect(lambda *_: self._on_selected())
        self.view.verticalScrollBar().valueChanged.connect(self._on_scrolled)
        self.view.picked.connect(self._pick)
        self.view.menu_wanted.connect(self._show_menu)

    def set_pinned(self, message: Message | None) -> None:
        """Marks the message the panel stands at; None follows the newest again."""
        self._pinned = message
        if self._comparing:
            if message is None:
                self._forget_choices()
                self.view.scrollToTop()
        elif message is None:
            self._select()
            self.view.scrollToTop()
        elif (row := self.model.row_of(message.seq)) >= 0 and row != self.view.currentIndex().row():
            self.view.selectRow(row)
        self._hold()
        self._follow_pair()

    def wanted_height(self) -> int:
        """What it takes to show all rows."""
        head = max(self.info.sizeHint().height(), self.live.sizeHint().height())
        rows = self.model.rowCount() * self.view.verticalHeader().defaultSectionSize()
        return head + GAP_XS + rows + 2 * self.view.frameWidth()

    # --- comparing ------------------------------------------------------------------------------------------------

    @property
    def pair(self) -> tuple[Message | None, Message | None]:
        """A and B, while comparing."""
        return self._pair

    def set_comparing(self, on: bool) -> None:
        """Marks two messages and lets the user pick others, or goes back to one. `pair_changed` tells the first two."""
        if on == self._comparing:
            return
        self._comparing = on
        self._forget_choices()
        self.view.set_comparing(on)
        self._pair = (None, None)
        self.model.set_marks(None, None)
        self._select(*([self._pinned] if self._pinned is not None else []))
        self._follow_pair()
        if on:
            self._go_to(self._pinned)

    def set_pair(self, a: Message | None, b: Message) -> None:
        """While comparing: these two, until the user picks others or goes live. Pin B first: it is the message shown."""
        self._pinned = b
        before = self._before(b)
        self._swapped = a is not None and _age(a) > _age(b)
        self._picked_a = a if a is None or before is None or _age(before) != _age(a) else None
        self._hold()
        self._follow_pair()
        self._go_to(b)

    def swap(self) -> None:
        """A becomes B, and B becomes A, until it is asked for again or the newest is followed."""
        shown = self._shown()
        if self._comparing and shown is not None and None not in self._pair:
            self._swapped = not self._swapped
            self._choose(shown)

    def _pick(self, row: int, as_a: bool) -> None:
        message = self.model.message(row)
        if message is None:
            return
        if as_a:
            self._picked_a, self._swapped = message, False
            message = self._shown() or message
        self._choose(message)

    def _choose(self, message: Message) -> None:
        self.set_pinned(message)
        self.message_chosen.emit(message)  # the panel pins it: nothing moves on by itself now

    def _forget_choices(self) -> None:
        self._picked_a, self._swapped = None, False

    def _shown(self) -> Message | None:
        return self._pinned if self._pinned is not None else self.model.newest()

    def _before(self, b: Message) -> Message | None:
        """The message before one; a side that is shown stays when the history lets go of it."""
        older, newer = self._pair[::-1] if self._swapped else self._pair
        before = self.model.previous(b)
        if before is None and self.model.node is self._pair_node and newer is not None and newer.seq == b.seq:
            return older
        return before

    def _sides(self) -> _Pair:
        """The older and the newer one of what is to be compared."""
        shown, a = self._shown(), self._picked_a
        if shown is None:
            return None, None
        if a is None:
            return self._before(shown), shown
        if _age(a) != _age(shown):
            return (a, shown) if _age(a) < _age(shown) else (shown, a)
        # Gone to the picked one itself: what changed after it, or, where it is the newest, before.
        newer = self.model.message(self.model.row_of(a.seq) - 1)
        return (a, newer) if newer is not None else (self._before(a), a)

    def _follow_pair(self) -> None:
        if not self._comparing:
            return
        older, newer = self._sides()
        self._set_pair(*((newer, older) if self._swapped else (older, newer)))

    def _set_pair(self, a: Message | None, b: Message | None) -> None:
        before, self._pair = self._pair, (a, b)
        self._pair_node = self.model.node
        self._mark_pair()
        if [each and _age(each) for each in before] != [each and _age(each) for each in (a, b)]:
            if self._pinned is None:
                self._go_to(b)
            self.pair_changed.emit(a, b)

    def _go_to(self, message: Message | None) -> None:
        """Where the arrow keys go on from; nobody hears of it, and nothing scrolls."""
        row = self.model.row_of(message.seq) if message is not None else -1
        if row >= 0:
            selection = self.view.selectionModel()
            blocked = selection.blockSignals(True)
            selection.setCurrentIndex(self.model.index(row, 0), QItemSelectionModel.SelectionFlag.NoUpdate)
            selection.blockSignals(blocked)

    def _mark_pair(self) -> None:
        self.model.set_marks(*_numbers(self._pair))
        self._select(*self._pair)

    def _select(self, *messages: Message | None) -> None:
        """Selects the rows of these messages without anybody hearing of it."""
        selection = self.view.selectionModel()
        blocked = selection.blockSignals(True)
        self.view.select_rows(*(self.model.row_of(each.seq) for each in messages if each is not None))
        if not messages:
            selection.clear()
        selection.blockSignals(blocked)
        self.view.viewport().update()

    # --- following ------------------------------------------------------------------------------------------------

    def _hold(self) -> None:
        held = (
            self._pinned is not None
            or self._picked_a is not None
            or self.view.verticalScrollBar().value() > 0
        )
        self.model.set_held(held)
        self.live.setVisible(held)
        self._show_info()

    def _on_reset(self) -> None:
        if self.model.node is not self._pair_node:
            self._forget_choices()
        self._show_info()
        self._follow_pair()

    def _on_removing(self, _parent: QModelIndex, first: int, _last: int) -> None:
        if self.view.currentIndex().row() >= first:
            self.view.selectionModel().clear()

    def _on_scrolled(self, _value: int) -> None:
        self._hold()

    def _on_selected(self) -> None:
        if self._comparing:
            return
        rows = self.view.selectionModel().selectedRows()
        message = self.model.message(rows[0].row()) if rows else None
        if message is not None:
            self.message_chosen.emit(message)

    def _show_info(self) -> None:
        text = self.model.info()
        newer = self.model.newer
        if newer and self.live.isVisibleTo(self):
            text = self.tr("{n} newer").format(n=f"{newer:,}") + (f" · {text}" if text else "")
        if text != self.info.text():
            self.info.setText(text)
        if self._comparing:
            self._follow_pair()

    # --- the menu of a row ----------------------------------------------------------------------------------------

    def _show_menu(self, row: int, place: QPoint) -> None:
        message = self.model.message(row)
        if message is None:
            return
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        if message.payload:
            menu.addAction(
                icon("copy"), self.tr("Copy payload"), partial(self.payload_copy_wanted.emit, message)
            )
            menu.addAction(icon("save"), self.tr("Save payload…"), partial(self.save_wanted.emit, message))
            menu.addSeparator()
        if self._comparing:
            menu.addAction(self.tr("Compare as A, the older side") + "\tA", partial(self._pick, row, True))
            menu.addAction(self.tr("Compare as B, the newer side") + "\tB", partial(self._pick, row, False))
        shown = self._shown()
        if shown is not None and shown.seq != message.seq:
            a, b = (message, shown) if message.seq < shown.seq else (shown, message)
            compare = partial(self.compare_wanted.emit, a, b)
            menu.addAction(icon("diff"), self.tr("Compare with the one shown"), compare)
        before = self.model.previous(message)
        if before is not None:
            compare = partial(self.compare_wanted.emit, before, message)
            menu.addAction(icon("diff"), self.tr("Compare with the one before"), compare)
        if menu.isEmpty():
            menu.deleteLater()
            return
        menu.popup(place)


class _Info(Elided):
    """How much is kept; its tooltip says more where something was dropped."""

    def __init__(self, model: HistoryModel) -> None:
        super().__init__("", role="caption")
        self._model = model
        self.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and (more := self._model.info_tip()):
            QToolTip.showText(event.globalPos(), plain_tooltip(f"{self.text()}\n{more}", lines=True), self)
            return True
        return super().event(event)


def _age(message: Message) -> tuple[int, int]:
    """Orders messages: the older one first."""
    return message.mono_ns, message.seq


def _numbers(pair: _Pair) -> tuple[int | None, int | None]:
    a, b = pair
    return a.seq if a is not None else None, b.seq if b is not None else None
