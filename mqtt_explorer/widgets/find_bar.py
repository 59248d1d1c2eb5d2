# SPDX-License-Identifier: MIT
"""A small bar under a view: what to find in it, how often it is there, and the way from one hit to the next."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPen
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QSizePolicy, QWidget

from mqtt_explorer.widgets.bubble import Bubble
from mqtt_explorer.widgets.buttons import IconButton
from mqtt_explorer.widgets.cards import label
from mqtt_explorer.widgets.icons import pixmap
from mqtt_explorer.widgets.query_edit import QueryEdit
from mqtt_explorer.widgets.query_switches import Switch
from mqtt_explorer.widgets.theme import theme
from mqtt_explorer.widgets.tokens import CONTROL_SMALL, GAP, GAP_XS, ICON, RADIUS_CONTROL, control_px

if TYPE_CHECKING:
    from PySide6.QtGui import QKeyEvent, QPaintEvent, QResizeEvent

_FIELD: Final = 96
"""Pixels that the field keeps before the counter gets room."""
_LEAST: Final = 220
_NEXT: Final = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_F3)


class FindBar(QFrame):
    """Typing tells at once; whoever searches says with `set_found` what came of it.

    Signals:
        changed(): Text or case are new.
        step_requested(int): 1 for the next hit, -1 for the previous one.
        closed(): Esc, or its button: the focus is for the view.

    Args:
        placeholder: What stands in the empty field.
        with_case: Whether upper and lower case may differ.
    """

    changed = Signal()
    step_requested = Signal(int)
    closed = Signal()

    def __init__(
        self, parent: QWidget | None = None, *, placeholder: str = "", with_case: bool = True
    ) -> None:
        super().__init__(parent)
        words = placeholder or self.tr("Find in this text")
        self._picture = QLabel(self)
        self._picture.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.edit = QueryEdit(self, on_key=self._take_key)
        self.edit.setPlaceholderText(words)
        self.edit.setAccessibleName(words)
        self.edit.setProperty("flat", True)
        self.counter = label("", "caption")
        self.counter.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.previous = self._button("chevron-up", self.tr("Previous hit"), "Shift+F3", -1)
        self.next = self._button("chevron-down", self.tr("Next hit"), "F3", 1)
        self.case_switch = Switch("case", self.tr("Match case"), "Alt+C", self)
        self.case_switch.setVisible(with_case)
        self.close_button = IconButton(
            "close", self.tr("Close"), self, small=True, shortcut="Esc", on_click=self.closed.emit
        )
        self.bubble = Bubble(self)
        self._text = ""
        self._lay_out()
        self.edit.textChanged.connect(self._on_text)
        self.edit.noted.connect(lambda note: self.bubble.say(note, "warn"))
        self.case_switch.clicked.connect(lambda: self.changed.emit())
        theme().changed.connect(self._restyle)
        self.set_found(None)
        self._restyle()

    @property
    def text(self) -> str:
        """What to find; "" for nothing."""
        return self.edit.text()

    @property
    def case(self) -> bool:
        """Whether upper and lower case differ."""
        return self.case_switch.isChecked()

    def begin(self, text: str = "") -> None:
        """Takes the focus; with a text it looks for that, else what stands there is selected."""
        self.edit.setFocus(Qt.FocusReason.ShortcutFocusReason)
        if text:
            self.edit.setText(text)
        self.edit.selectAll()

    def set_found(
        self,
        hits: int | None,
        place: int | None = None,
        *,
        done: bool = True,
        more: bool = False,
        share: float | None = None,
        coming: bool = False,
    ) -> None:
        """Says what the search has found.

        Args:
            hits: Hits so far; None while nothing is looked for.
            place: Which of them is shown, counted from 1.
            done: Whether all was looked at.
            more: Whether there are more hits than were counted.
            share: Which share was looked at, 0 to 1, where that is known.
            coming: Whether more text is to come.
        """
        if hits is None:
            text = ""
        elif not done and share is not None:
            text = self.tr("searching… {n} %").format(n=int(share * 100))
        elif not done:
            text = self.tr("searching… {n}").format(n=f"{hits:,}")
        elif coming and not more:
            some, none = self.tr("{n} so far · still decoding"), self.tr("… still decoding")
            text = some.format(n=f"{hits:,}") if hits else none
        elif not hits:
            text = self.tr("no hit")
        elif more:
            text = self.tr("over {n}").format(n=f"{hits:,}")
        elif place is not None:
            text = self.tr("{place} of {n}").format(place=f"{place:,}", n=f"{hits:,}")
        else:
            text = f"{hits:,}"
        self.previous.setEnabled(bool(hits))
        self.next.setEnabled(bool(hits))
        if text != self.counter.text():
            self.counter.setText(text)
            self.counter.setAccessibleName(text)
            self._share_room()

    # --- Qt -----------------------------------------------------------------------------------------------------

    def sizeHint(self) -> QSize:
        return QSize(2 * _LEAST, self.minimumHeight())

    def minimumSizeHint(self) -> QSize:
        return QSize(_LEAST, self.minimumHeight())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._share_room()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        # Keys that a button of the bar had no use for.
        if not self._take_key(event):
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """A line towards the view, and the ground of the field with its ring."""
        look = theme()
        painter = QPainter(self)
        painter.fillRect(self.rect(), look.color("panel"))
        painter.fillRect(0, 0, self.width(), 1, look.color("line"))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(look.color("accent" if self.edit.hasFocus() else "line"), 1))
        painter.setBrush(look.color("field"))
        painter.drawRoundedRect(self._field(), RADIUS_CONTROL, RADIUS_CONTROL)
        painter.end()

    # --- inside -------------------------------------------------------------------------------------------------

    def _button(self, icon_name: str, words: str, keys: str, step: int) -> IconButton:
        return IconButton(
            icon_name,
            words,
            self,
            small=True,
            shortcut=keys,
            on_click=lambda: self.step_requested.emit(step),
        )

    def _lay_out(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(GAP, GAP_XS + 1, GAP_XS, GAP_XS)
        row.setSpacing(0)
        row.addSpacing(6)
        row.addWidget(self._picture)
        row.addWidget(self.edit, 1)
        row.addWidget(self.counter)
        row.addSpacing(2 * GAP)
        for each in (self.previous, self.next, self.case_switch, self.close_button):
            row.addWidget(each)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setFocusProxy(self.edit)

    def _field(self) -> QRectF:
        """Around magnifier, text and counter."""
        left = self._picture.x() - 6
        right = self.previous.x() - GAP
        return QRectF(left + 0.5, GAP_XS + 1.5, right - left - 1, self.height() - 2 * GAP_XS - 2)

    def _share_room(self) -> None:
        buttons = 4 if not self.case_switch.isHidden() else 3
        room = self.width() - buttons * CONTROL_SMALL - ICON - _FIELD - 5 * GAP
        wide = self.counter.fontMetrics().horizontalAdvance(self.counter.text())
        self.counter.setVisible(bool(self.counter.text()) and wide <= room)
        self.edit.setToolTip("" if self.counter.isVisibleTo(self) else self.counter.text())

    def _on_text(self, text: str) -> None:
        if text != self._text:  # the line tells of refused input too
            self._text = text
            self.changed.emit()

    def _take_key(self, event: QKeyEvent) -> bool:
        """Whether a key was for the bar and not for the text."""
        key = Qt.Key(event.key())
        modifiers = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        shift = modifiers == Qt.KeyboardModifier.ShiftModifier
        plain = modifiers == Qt.KeyboardModifier.NoModifier
        if key in _NEXT and (plain or shift):
            self.step_requested.emit(-1 if shift else 1)
        elif key == Qt.Key.Key_Escape and plain:
            self.closed.emit()
        elif (
            key == Qt.Key.Key_C
            and modifiers == Qt.KeyboardModifier.AltModifier
            and not self.case_switch.isHidden()
        ):
            self.case_switch.click()
        else:
            return False
        return True

    def _restyle(self) -> None:
        self.setFixedHeight(control_px(max(theme().ui_px, theme().mono_px)) + 2 * GAP_XS + 1)
        self._picture.setPixmap(pixmap("search", "muted", ICON, self.devicePixelRatioF()))
        self._share_room()
        self.update()
