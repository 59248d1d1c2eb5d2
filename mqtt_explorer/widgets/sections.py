# SPDX-License-Identifier: MIT
"""A section of a form that folds: closed, its head says in one line what it holds."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from mqtt_explorer.widgets.cards import Elided, Rule, label, set_tone
from mqtt_explorer.widgets.icons import pixmap
from mqtt_explorer.widgets.theme import theme
from mqtt_explorer.widgets.tokens import GAP, ROW_LIST

_HEAD_PX = ROW_LIST + 12


class SectionHead(QAbstractButton):
    """Chevron, title, summary, and a mark when something inside needs attention.

    A click and Space fold and unfold, Right unfolds, Left folds, Up and Down go to the neighbouring heads.
    """

    step_requested = Signal(int)
    """Up (-1) or Down (1) was pressed."""
    fold_requested = Signal(bool)
    """True: unfold."""

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title = title
        self._open = False
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFixedHeight(_HEAD_PX)
        self._chevron = QLabel(self)
        self._chevron.setFixedWidth(14)
        self._name = label(title, "heading")
        self._summary = Elided("", role="caption")
        self._mark = QLabel(self)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 2, 0)
        row.setSpacing(GAP)
        row.addWidget(self._chevron)
        row.addWidget(self._name)
        row.addWidget(self._summary, 1)
        row.addWidget(self._mark)
        for each in (self._chevron, self._name, self._summary, self._mark):
            each.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._marked = False
        self.clicked.connect(lambda: self.fold_requested.emit(not self._open))
        theme().changed.connect(self._restyle)
        self._restyle()

    @property
    def summary(self) -> str:
        """The line behind the title."""
        return self._summary.text()

    def show_open(self, on: bool) -> None:
        """Points the chevron down (open) or right."""
        self._open = on
        self._restyle()

    def set_title(self, title: str) -> None:
        """Shows another title."""
        self._title = title
        self._name.setText(title)
        self._name_it()

    def set_summary(self, text: str, *, greyed: bool = False) -> None:
        """Shows the line behind the title; `greyed` when the section does not count, and `text` says why."""
        self._summary.setText(text)
        set_tone(self._name, "muted" if greyed else None)
        self._name_it()

    def set_mark(self, on: bool) -> None:
        """Shows that something inside is wrong."""
        self._marked = on
        self._mark.setVisible(on)
        self._name_it()

    def sizeHint(self) -> QSize:
        return QSize(200, _HEAD_PX)

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.hasFocus():
            painter = QPainter(self)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(theme().color("accent"), 1))
            painter.drawRoundedRect(self.rect().adjusted(-1, 4, -1, -5).adjusted(1, 0, 0, 0), 4, 4)
            painter.end()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        if key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            self.fold_requested.emit(key == Qt.Key.Key_Right)
        elif key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self.step_requested.emit(-1 if key == Qt.Key.Key_Up else 1)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not event.modifiers():
            self.click()
        else:
            super().keyPressEvent(event)

    def _name_it(self) -> None:
        parts = [self._title, self._summary.text()]
        if self._marked:
            parts.append(self.tr("has a problem"))
        self.setAccessibleName(", ".join(part for part in parts if part))
        self.setAccessibleDescription(self.tr("Open") if self._open else self.tr("Closed"))

    def _restyle(self) -> None:
        ratio = self.devicePixelRatioF()
        name = "chevron-down" if self._open else "chevron-right"
        self._chevron.setPixmap(pixmap(name, "muted", 12, ratio))
        self._mark.setPixmap(pixmap("error", "error", 14, ratio))
        self._mark.setVisible(self._marked)
        self._name_it()
        self.update()


class Section(QWidget):
    """A head and, while it is open, the body under it. A line above sets it off."""

    toggled = Signal(bool)
    """It was opened or closed."""

    def __init__(self, title: str, parent: QWidget | None = None, *, folds: bool = True) -> None:
        super().__init__(parent)
        self.title = title
        self._folds = folds
        # Not Maximum: a box layout would then give wrapping notes less than their height.
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        self.head = SectionHead(title, self)
        self.body = QWidget(self)
        self.column = QVBoxLayout(self.body)
        self.column.setContentsMargins(0, 0, 0, 12)
        self.column.setSpacing(GAP)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        if folds:
            layout.addWidget(Rule(self))
        layout.addWidget(self.head)
        layout.addWidget(self.body)
        self.head.setVisible(folds)
        if not folds:
            self.head.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.body.setVisible(not folds)
        self.head.fold_requested.connect(self.set_open)

    @property
    def is_open(self) -> bool:
        """Whether the body shows."""
        return not self.body.isHidden()

    def set_open(self, on: bool) -> None:
        """Opens or closes it; a section that does not fold stays open."""
        if not self._folds or on == self.is_open:
            return
        focused = self.focusWidget()
        if not on and focused is not None and self.body.isAncestorOf(focused):
            self.head.setFocus()
        self.body.setVisible(on)
        self.head.show_open(on)
        self.toggled.emit(on)
