# SPDX-License-Identifier: MIT
"""Read-only text of any size: never wrapped, never cut, and asked for only where it is in sight."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QEvent, QPoint, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QMouseEvent
from PySide6.QtWidgets import QMenu, QWidget

from mqtt_explorer.widgets.line_area import LineArea
from mqtt_explorer.widgets.line_copy import Copier
from mqtt_explorer.widgets.line_keys import CaretKeys
from mqtt_explorer.widgets.line_mouse import MouseSelection
from mqtt_explorer.widgets.line_search import LineSearch
from mqtt_explorer.widgets.line_selection import NoLines, Place, Selection, held, kept_text, text_between
from mqtt_explorer.widgets.text import one_line
from mqtt_explorer.widgets.views import asks_for_menu

if TYPE_CHECKING:
    from PySide6.QtGui import QContextMenuEvent, QFocusEvent, QResizeEvent, QWheelEvent

    from mqtt_explorer.payload.api import Lines

_SAID: Final = 200
"""Characters of the current line that a screen reader is told."""
_KEYBOARD_FOCUS: Final = (
    Qt.FocusReason.TabFocusReason,
    Qt.FocusReason.BacktabFocusReason,
    Qt.FocusReason.ShortcutFocusReason,
)
_TOOLTIP_KEYS: Final = (Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier)
_WHEEL: Final = 120
"""What Qt calls a notch."""
_WHEEL_COLUMNS: Final = 12
_OWN_KEYS: Final = (
    QKeySequence.StandardKey.Copy,
    QKeySequence.StandardKey.SelectAll,
    QKeySequence.StandardKey.Find,
    QKeySequence.StandardKey.FindNext,
    QKeySequence.StandardKey.FindPrevious,
)


class LineView(LineArea):
    """Shows `api.Lines`. Copied is what was sent; what would hide or reorder text is painted as a visible stand-in.

    Signals:
        selection_changed(): Something else is selected; see `has_selection`.
        said(str): A sentence about what was asked for: a copy that was refused, or is done after a while.
        copying(float): How much of a large copy is done, 0 to 1; `cancel_copy()` stops it.
        menu_requested(QMenu): The context menu is about to pop up; others may add to it.
    """

    selection_changed = Signal()
    said = Signal(str)
    copying = Signal(float)
    menu_requested = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._lost: tuple[Selection, str] | None = None  # a selection that other lines may bring back
        self._keys = CaretKeys()
        self._mouse = MouseSelection(self, self._sight, self._set_selection, self._scroll.by)
        self._copier = Copier(self)
        self._copier.said.connect(self.said)
        self._copier.progressed.connect(self.copying)
        self._search = LineSearch(self, self.select)
        self.selection_changed.connect(self._search.show_count)
        self.setAccessibleName(self.tr("Text"))

    # --- what is shown ------------------------------------------------------------------------------------------

    def show_lines(self, lines: Lines | None, keep_place: bool = True) -> None:
        """Shows other lines, or none.

        Args:
            lines: What to show.
            keep_place: Stay where the user has scrolled to, and keep the selection where its text is the same. A place that these
                lines do not have comes back with lines that have it, unless the user goes elsewhere.
        """
        lines = NoLines() if lines is None else lines
        self._copier.cancel()
        self._mouse.release()
        before = self._selection
        kept = None
        if keep_place:
            text = None if before.is_empty else kept_text(self._lines, before)
            kept = self._lost or (None if text is None else (before, text))
        self._lines = lines
        self._sight.show(lines)
        self._scroll.fit(keep_place=keep_place)
        self._selection = self._found_again(kept, before.caret if keep_place else Place(0, 0))
        self._search.follow(self._lines)
        self._tell_line()
        self.viewport().update()
        if self._selection != before:
            self.selection_changed.emit()

    def go_to(self, line: int, column: int = 0) -> None:
        """Puts the caret before a character and brings it into sight; both counted from 0."""
        place = held(self._lines, Place(line, column))
        self.select(place, place)

    # --- selection ----------------------------------------------------------------------------------------------

    @property
    def has_selection(self) -> bool:
        """Whether there is more than a caret."""
        return not self._selection.is_empty

    def select(self, anchor: Place, caret: Place) -> None:
        """Selects what lies between two places, and brings the second one into sight."""
        self._keys.forget_x()
        self._set_selection(Selection(held(self._lines, anchor), held(self._lines, caret)))
        self._scroll.reveal(self._selection.caret, centered=True)

    def select_all(self) -> None:
        """Selects all; the place in sight stays."""
        if len(self._lines):
            last = len(self._lines) - 1
            self._set_selection(Selection(Place(0, 0), Place(last, self._lines.length(last))))

    def selected_text(self) -> str:
        """The characters as they are, LF between lines; "" with a sentence through `said` where they are more than 8 MB."""
        if not self.has_selection:
            return ""
        text = text_between(self._lines, self._selection)
        if text is None:
            self.said.emit(self.tr("The selection is too large to be taken: save the whole payload instead."))
        return text or ""

    def copy(self) -> None:
        """Puts the selection on the clipboard; without one nothing is done."""
        if self.has_selection:
            self._copier.copy(self._lines, self._selection)

    def cancel_copy(self) -> None:
        """Gives up a copy that takes long."""
        self._copier.cancel()

    # --- find ---------------------------------------------------------------------------------------------------

    @property
    def search(self) -> LineSearch:
        """The bar under the text, and what it has found."""
        return self._search

    def open_find(self, text: str = "") -> None:
        """Opens the bar; without a text it takes what is selected on one line, if that is short."""
        first, last = self._selection
        if not text and first.line == last.line and abs(first.column - last.column) <= _SAID:
            text = self.selected_text()
        self._search.open(text)

    def close_find(self) -> None:
        """Closes the bar; the focus comes back."""
        self._search.close()

    # --- Qt -----------------------------------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._search.lay_out()

    # --- Qt: keys -----------------------------------------------------------------------------------------------

    def event(self, event: QEvent) -> bool:
        # Ctrl+F is the window's too: whoever has the focus here means this text.
        if (
            event.type() == QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and any(map(event.matches, _OWN_KEYS))
        ):
            event.accept()
            return True
        return bool(super().event(event))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        self._set_keyboard(True)
        standard = QKeySequence.StandardKey
        if event.matches(standard.Copy):
            self.copy()
        elif event.matches(standard.SelectAll):
            self.select_all()
        elif event.matches(standard.Find):
            self.open_find()
        elif event.matches(standard.FindNext) or event.matches(standard.FindPrevious):
            self._search.step(1 if event.matches(standard.FindNext) else -1)
        elif event.key() == Qt.Key.Key_Escape and self._copier.running:
            self._copier.cancel()
        elif event.key() == Qt.Key.Key_Escape and self._search.is_open:
            self.close_find()
        elif event.key() == Qt.Key.Key_F1 and event.modifiers() in _TOOLTIP_KEYS:
            place = self._selection.caret
            self._show_hint(self.viewport().mapToGlobal(self.rect_of(place).bottomLeft()), place)
        elif asks_for_menu(event):
            self._open_menu(self.viewport().mapToGlobal(self.rect_of(self._selection.caret).bottomLeft()))
        elif (selection := self._keys.target(self._sight, self._selection, event)) is not None:
            self._set_selection(selection)
            self._scroll.reveal(selection.caret)
            if not selection.is_empty:
                self._copier.offer(self._lines, selection)
        else:
            super().keyPressEvent(event)
            return
        event.accept()

    def focusInEvent(self, event: QFocusEvent) -> None:
        self._set_keyboard(event.reason() in _KEYBOARD_FOCUS)
        super().focusInEvent(event)

    # --- Qt: mouse ----------------------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._press(event, double=False)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self._press(event, double=True)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._mouse.move(self._in_area(event.position()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self._mouse.dragging:
            self._mouse.release()
            self._copier.offer(self._lines, self._selection)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """With Shift the wheel scrolls sideways: lines may be long."""
        turned = event.angleDelta()
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier and turned.y() and not turned.x():
            self._scroll.by(round(-turned.y() / _WHEEL * _WHEEL_COLUMNS * self._setter.cell), 0)
            event.accept()
        else:
            super().wheelEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if event.reason() == event.Reason.Keyboard:
            self._open_menu(self.viewport().mapToGlobal(self.rect_of(self._selection.caret).bottomLeft()))
        else:
            self._open_menu(event.globalPos())
        event.accept()

    # --- inside -------------------------------------------------------------------------------------------------

    def _press(self, event: QMouseEvent, *, double: bool) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            return
        self._set_keyboard(False)
        self._keys.forget_x()
        shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        at = self._in_area(event.position())
        extend = self._selection if shift else None
        self._mouse.press(at, double=double, extend=extend, whole_line=at.x() < 0)

    def _found_again(self, kept: tuple[Selection, str] | None, caret: Place) -> Selection:
        """The selection in the lines that are shown now; one that lies behind their end is remembered."""
        self._lost = None
        if kept is not None:
            if kept_text(self._lines, kept[0]) == kept[1]:
                return kept[0]
            if kept[0].last.line >= len(self._lines):
                self._lost = kept
        place = held(self._lines, caret)
        return Selection(place, place)

    def _set_selection(self, selection: Selection) -> None:
        if selection == self._selection:
            return
        self._lost = None
        self._selection = selection
        self.viewport().update()
        self._tell_line()
        self.selection_changed.emit()

    def _tell_line(self) -> None:
        """Tells a screen reader the current line: it is this widget's description as there is no item to focus."""
        line = self._selection.caret.line
        text = self._lines.text(line, 0, _SAID + 1) if line < len(self._lines) else ""
        self.setAccessibleDescription(one_line(text, _SAID))

    def _open_menu(self, at: QPoint) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        standard = QKeySequence.StandardKey
        for words, keys, call, possible in (
            (self.tr("Copy"), standard.Copy, self.copy, self.has_selection),
            (self.tr("Select all"), standard.SelectAll, self.select_all, len(self._lines) > 0),
            (self.tr("Find…"), standard.Find, self.open_find, len(self._lines) > 0),
        ):
            action = menu.addAction(words)
            action.setShortcut(QKeySequence(keys))
            action.setEnabled(possible)
            action.triggered.connect(lambda _on=False, call=call: call())
        self.menu_requested.emit(menu)
        menu.popup(at)
