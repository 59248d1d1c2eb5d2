# SPDX-License-Identifier: MIT
"""The search bar: one field, how its text is read, how many hits there are, and the way from one to the next."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QApplication, QFrame, QHBoxLayout, QLabel, QMenu, QSizePolicy, QWidget

from mqtt_explorer.store.query import Query
from mqtt_explorer.widgets.bubble import Bubble
from mqtt_explorer.widgets.buttons import IconButton
from mqtt_explorer.widgets.cards import label, set_property
from mqtt_explorer.widgets.icons import pixmap
from mqtt_explorer.widgets.query_edit import QueryEdit
from mqtt_explorer.widgets.query_switches import QuerySwitches
from mqtt_explorer.widgets.theme import theme
from mqtt_explorer.widgets.tokens import CONTROL_SMALL, GAP_XS, ICON, control_px

if TYPE_CHECKING:
    from PySide6.QtGui import QKeyEvent, QPixmap, QResizeEvent

#: The bar's width in device-independent pixels: at least, and what it would like to have.
LEAST_WIDTH: Final = 150
LIKED_WIDTH: Final = 364
#: While it is used it may grow up to this.
GROWN_WIDTH: Final = 520
_FIELD: Final = 96  # what the field keeps before anything else gets room
_BARE: Final = 112
_ALONE: Final = (Qt.Key.Key_Shift, Qt.Key.Key_Control, Qt.Key.Key_Alt, Qt.Key.Key_Meta, Qt.Key.Key_AltGr)
_NEXT: Final = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_F3)


class QueryBar(QFrame):
    """Typing tells at once; whoever searches says with `set_found` what came of it.

    In a narrow bar the previous and next buttons, the counter and the switches go into a menu; their keys work all the same.

    Signals:
        changed(Query): Text, mode, case or whole level are new.
        step_requested(int): 1 for the next hit, -1 for the previous one.
        left(): Down, or Esc in the empty field: the focus is for the results. Also Esc in a text that was begun elsewhere.
        use_changed(): It is used or not used any more: `in_use` is new.

    Args:
        placeholder: What stands in the empty field.
        name: The field's accessible name; the placeholder without one.
        icon_name: The icon at the left.
        stepping: Whether there are hits to step through.
    """

    changed = Signal(object)
    step_requested = Signal(int)
    left = Signal()
    use_changed = Signal()

    def __init__(
        self,
        parent: QWidget | None = None,
        *,
        placeholder: str = "",
        name: str = "",
        icon_name: str = "search",
        stepping: bool = True,
    ) -> None:
        super().__init__(parent)
        self._icon_name, self._stepping = icon_name, stepping
        self._silent = False
        self._in_use = False
        self._begun_elsewhere = False
        self._text = self._error = self._note = ""
        self._found = ""
        self._room: tuple[bool, bool, bool] = (
            True,
            True,
            True,
        )  # for the counter, for stepping, for the switches
        words = placeholder or self.tr("Search topics and payloads")
        self._bare = False  # so narrow that there is the field alone, and keys
        self._picture = QLabel(self)
        self.edit = QueryEdit(self, on_key=self._take_key)
        self.edit.setPlaceholderText(words)
        self.edit.setAccessibleName(name or words)
        self.edit.setProperty("flat", True)
        self.counter = label("", "caption")
        self.counter.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.previous = IconButton(
            "chevron-up",
            self.tr("Previous hit"),
            self,
            small=True,
            shortcut="Shift+Return",
            on_click=lambda: self.step_requested.emit(-1),
        )
        self.next = IconButton(
            "chevron-down",
            self.tr("Next hit"),
            self,
            small=True,
            shortcut="Return",
            on_click=lambda: self.step_requested.emit(1),
        )
        self.switches = QuerySwitches(self)
        self.more = IconButton("dots", self.tr("Search options"), self, small=True, on_click=self._open_menu)
        self.clear_button = IconButton(
            "close", self.tr("Clear the search"), self, small=True, shortcut="Esc", on_click=self._clear
        )
        self.bubble = Bubble(self)
        self._lay_out()
        self._wire()
        self._restyle()
        self._show()

    @property
    def in_key_order(self) -> list[QWidget]:
        """What the Tab key reaches, from left to right."""
        return [self.edit, self.previous, self.next, *self.switches.all, self.more, self.clear_button]

    @property
    def in_use(self) -> bool:
        """True while it has the focus or a text: then it is worth more room."""
        return self._in_use

    # -- what is looked for --------------------------------------------------------------------------------------------

    @property
    def query(self) -> Query:
        """What stands in the bar; its scopes and conditions are a new Query's."""
        switches = self.switches
        return Query(
            text=self.edit.text(), mode=switches.mode, case=switches.case, whole_level=switches.whole_level
        )

    def set_query(self, query: Query) -> None:
        """Shows text, mode, case and whole level of a query without telling anybody."""
        self._silent = True
        try:
            self.switches.set_from(query)
            if self.edit.text() != query.text:
                self.edit.setText(query.text)
        finally:
            self._silent = False
        self._show()

    def set_found(self, hits: int | None, place: int | None, total: int, done: bool, error: str = "") -> None:
        """Says what the search has found.

        Args:
            hits: Hits so far; None while nothing is searched for.
            place: The 1-based number of the hit that is current, if one is.
            total: Topics (or messages) there are to look at.
            done: Whether all were looked at.
            error: Why the text cannot be searched for.
        """
        text = whole = longest = ""
        if hits is not None and not error:
            count = f"{hits:,}"
            if not done:
                text = self.tr("searching… {n}").format(n=count)
            elif not hits:
                text = self.tr("no hit")
            elif place is not None:
                text = self.tr("{place} of {n}").format(place=f"{place:,}", n=count)
            else:
                text = count
            longest = text
            if done and hits and self._stepping:
                longest = self.tr("{place} of {n}").format(place=count, n=count)
            whole = self.tr("{n} hits in {total}").format(n=count, total=f"{total:,}")
        self.counter.setToolTip(whole)
        self.counter.setAccessibleName(whole or text)
        if (text, error) == (self._found, self._error):
            return
        self._reserve(longest, growing=not done)
        self._found, self._error = text, error
        self.counter.setText(text)
        self._show()

    def begin(self, text: str = "") -> None:
        """Takes the focus. `text`, typed elsewhere, begins a new search; without it what stands there is selected."""
        self.edit.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self._begun_elsewhere = bool(text)
        if text:
            self.edit.setText(text)
        else:
            self.edit.selectAll()

    # -- Qt ------------------------------------------------------------------------------------------------------------

    def sizeHint(self) -> QSize:
        return QSize(GROWN_WIDTH if self._in_use else LIKED_WIDTH, self.minimumHeight())

    def minimumSizeHint(self) -> QSize:
        return QSize(LEAST_WIDTH, self.minimumHeight())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._share_room()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.EnabledChange:
            self._show()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        # Keys that a button of the bar had no use for.
        if not self._take_key(event, on_field=False):
            super().keyPressEvent(event)

    # -- inside --------------------------------------------------------------------------------------------------------

    def _lay_out(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(6, 0, 2, 0)
        row.setSpacing(0)
        row.addWidget(self._picture)
        row.addWidget(self.edit, 1)
        row.addWidget(self.counter)
        row.addSpacing(GAP_XS)
        for each in (self.previous, self.next, self.switches, self.more, self.clear_button):
            row.addWidget(each)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setFocusProxy(self.edit)
        self._picture.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def _wire(self) -> None:
        self.edit.textChanged.connect(self._on_text)
        self.edit.noted.connect(self._on_noted)
        self.switches.changed.connect(self._on_changed)
        theme().changed.connect(self._restyle)
        application = QApplication.instance()
        if isinstance(application, QApplication):
            application.focusChanged.connect(self._on_focus)
        for switch in self.switches.all:
            # The keys work while the switch is in the menu too, and only inside this bar: a window has several bars.
            keys = QShortcut(QKeySequence(switch.keys), self)
            keys.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            keys.activated.connect(switch.click)

    def _reserve(self, longest: str, *, growing: bool) -> None:
        """Room for the counter, as its text will be at most: while one steps or a search goes on the field shall not twitch."""
        width = self.counter.fontMetrics().horizontalAdvance(longest) + GAP_XS if longest else 0
        self.counter.setMinimumWidth(max(self.counter.minimumWidth(), width) if growing else width)

    def _on_text(self, text: str) -> None:
        if text != self._text:  # the line tells of refused input too
            self._text = text
            self._on_changed()

    def _on_changed(self) -> None:
        if not self._silent:
            self.changed.emit(self.query)
        if not self.edit.text():
            self.set_found(None, None, 0, True)
        self._show()

    def _on_noted(self, note: str) -> None:
        self._note = note
        self._show()

    def _take_key(self, event: QKeyEvent, *, on_field: bool = True) -> bool:
        """Whether a key was for the bar and not for the text."""
        key = Qt.Key(event.key())
        if key not in _ALONE:
            self._put_note_away()
        modifiers = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        shift = modifiers == Qt.KeyboardModifier.ShiftModifier
        plain = modifiers == Qt.KeyboardModifier.NoModifier
        if key in _NEXT and (plain or shift) and self._stepping:
            self.step_requested.emit(-1 if shift else 1)
        elif key == Qt.Key.Key_Escape and plain:
            back = self._begun_elsewhere or not self.edit.text()
            self._clear()
            if back:
                self._begun_elsewhere = False
                self.left.emit()
        elif key == Qt.Key.Key_Down and plain and on_field:
            self.left.emit()
        else:
            return False
        return True

    def _put_note_away(self) -> None:
        """Who types on has read it; an error stands."""
        if self._note and not self._error:
            self._note = ""
            self.edit.forget_note()
            self._show()

    def _clear(self) -> None:
        self.edit.setFocus(Qt.FocusReason.OtherFocusReason)
        self.edit.clear()

    def _open_menu(self) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.setToolTipsVisible(True)
        if self._found and not self._room[0]:
            menu.addAction(self._found).setEnabled(False)
            menu.addSeparator()
        if self._stepping and not self._room[1]:
            for button, step in ((self.previous, -1), (self.next, 1)):
                action = menu.addAction(button.accessibleName())
                action.setEnabled(bool(self.edit.text()))
                action.triggered.connect(lambda _on=False, step=step: self.step_requested.emit(step))
            menu.addSeparator()
        self.switches.fill_menu(menu)
        menu.popup(self.more.mapToGlobal(self.more.rect().bottomLeft()))

    def _share_room(self) -> None:
        """The field first, then the counter, the steps, and the switches out of their menu; as if there were a text."""
        room = self.width() - ICON - 3 * GAP_XS - _FIELD - 2 * CONTROL_SMALL
        room -= self.fontMetrics().horizontalAdvance("38 of 1,284") if self._stepping else 0
        counter = room >= 0
        room -= 2 * CONTROL_SMALL if self._stepping else 0
        stepping = room >= 0
        switches = room >= (len(self.switches.all) - 1) * CONTROL_SMALL
        if (counter, stepping, switches) != self._room or (self.width() < _BARE) != self._bare:
            self._room = (counter, stepping, switches)
            self._bare = self.width() < _BARE
            self._show()

    def _show(self) -> None:
        counter, stepping, switches = self._room
        searching = bool(self.edit.text())
        at_rest = not searching and not self._has_focus() and self.switches.as_usual
        self.counter.setVisible(bool(self._found) and counter)
        for button in (self.previous, self.next):
            button.setVisible(self._stepping and stepping and searching)
        # Without a text there is room for those that are on, and they are not forgotten.
        alone = not switches and not searching and 0 < self.switches.active <= self._room_at_rest()
        self.switches.show_only(active=alone)
        self.switches.setVisible((switches and not at_rest) or alone)
        self.more.setVisible(not (switches or at_rest or self._bare))
        self.more.set_icon_name("dots", "muted" if self.switches.as_usual else "accent")
        self.clear_button.setVisible(searching and not self._bare)
        set_property(self, "error", bool(self._error))
        self._picture.setPixmap(self._glyph())
        if self._in_use != (searching or self._has_focus()):
            self._in_use = not self._in_use
            self.updateGeometry()
            self.use_changed.emit()
        said = self._error or self._note
        self.bubble.say(said, "error" if self._error else "warn")
        self.edit.setAccessibleDescription(said or self.counter.accessibleName())

    def _room_at_rest(self) -> int:
        """How many switches have room beside an empty field and the menu."""
        return max(0, (self.width() - ICON - 3 * GAP_XS - _FIELD // 2 - CONTROL_SMALL) // CONTROL_SMALL)

    def _has_focus(self) -> bool:
        focus = QApplication.focusWidget()
        return focus is not None and (focus is self or self.isAncestorOf(focus))

    def _on_focus(self, old: QWidget | None, new: QWidget | None) -> None:
        within = new is not None and self.isAncestorOf(new)
        if new is not None and not within:
            self._begun_elsewhere = False
        if within != bool(self.property("within")):
            set_property(self, "within", within)
            self._show()

    def _glyph(self) -> QPixmap:
        token = "error" if self._error else "accent" if self.property("within") else "muted"
        return pixmap(self._icon_name, token, ICON, self.devicePixelRatioF())

    def _restyle(self) -> None:
        self.setFixedHeight(control_px(max(theme().ui_px, theme().mono_px)))
        self._share_room()
        self._show()
