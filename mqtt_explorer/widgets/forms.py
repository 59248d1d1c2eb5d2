# SPDX-License-Identifier: MIT
"""A form's field with help or error under it, and the strip that warns above a view."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent, QWheelEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from mqtt_explorer.widgets.buttons import IconButton, push_button
from mqtt_explorer.widgets.cards import label, set_property, set_tone
from mqtt_explorer.widgets.icons import pixmap
from mqtt_explorer.widgets.theme import theme
from mqtt_explorer.widgets.tokens import GAP, GAP_XS, control_px

StripKind = Literal["info", "ok", "warn", "error"]
_ICONS = {"info": "info", "ok": "check-circle", "warn": "warning", "error": "error"}
_STRIP_PX = 32
_STRIP_MARGINS = (10, 3, 4, 3)
#: A sentence gets this width, or what it wants, before the buttons may stand beside it.
_SENTENCE_PX = 200
_TOKENS = {"info": "muted", "ok": "ok", "warn": "warn", "error": "error"}


class Field(QWidget):
    """Label, editor, and under them one line of help or error.

    With `label_width` the label stands left of the editor (forms: 136), else above it (small panels).
    """

    def __init__(
        self,
        text: str,
        editor: QWidget,
        parent: QWidget | None = None,
        *,
        help_text: str = "",
        label_width: int = 0,
        beside: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.editor = editor
        self._help = help_text
        self._error = ""
        self.label = label(text, "muted" if label_width else "small", buddy=_focusable(editor))
        self.note = label("", "caption", wrap=True)
        if not editor.accessibleName():
            editor.setAccessibleName(text.replace("&", ""))
        line = QHBoxLayout()
        line.setSpacing(GAP)
        line.addWidget(editor, 1)
        if beside is not None:
            line.addWidget(beside)
        column = QVBoxLayout()
        column.setSpacing(GAP_XS)
        column.addLayout(line)
        column.addWidget(self.note)
        if label_width:
            outer: QHBoxLayout | QVBoxLayout = QHBoxLayout(self)
            self.label.setFixedWidth(label_width)
            self.label.setFixedHeight(control_px(theme().ui_px))
            theme().changed.connect(self._restyle)
            outer.addWidget(self.label, 0, Qt.AlignmentFlag.AlignTop)
            outer.addLayout(column, 1)
            outer.setSpacing(0)
        else:
            outer = QVBoxLayout(self)
            outer.addWidget(self.label)
            outer.addLayout(column)
            outer.setSpacing(GAP_XS)
        outer.setContentsMargins(0, 0, 0, 0)
        self._show()

    @property
    def error(self) -> str:
        """The error that stands under the editor, or nothing."""
        return self._error

    def set_error(self, text: str) -> None:
        """Put the editor in its error state with this sentence under it; an empty text clears it."""
        if text != self._error:
            self._error = text
            self._show()

    def set_help(self, text: str) -> None:
        """Change the line that stands under the editor while there is no error."""
        if text != self._help:
            self._help = text
            self._show()

    def _restyle(self) -> None:
        self.label.setFixedHeight(control_px(theme().ui_px))

    def _show(self) -> None:
        text = self._error or self._help
        self.note.setText(text)
        self.note.setVisible(bool(text))
        set_tone(self.note, "error" if self._error else "muted")
        target = _focusable(self.editor)
        set_property(target, "error", bool(self._error))
        target.setAccessibleDescription(text)


def _focusable(editor: QWidget) -> QWidget:
    """The widget that takes the keys: the editor, or what a compound editor hands its focus to."""
    return editor.focusProxy() or editor


def left_aligned(widget: QWidget) -> QWidget:
    """Keeps a widget of fixed size at the left of its field."""
    holder = QWidget()
    row = QHBoxLayout(holder)
    row.setContentsMargins(0, 0, 0, 0)
    row.addWidget(widget)
    row.addStretch(1)
    holder.setFocusProxy(widget)
    return holder


class NumberBox(QSpinBox):
    """A spin box with the text where fields have it; the wheel changes it only while it has the focus."""

    def __init__(
        self, low: int, high: int, value: int, parent: QWidget | None = None, *, suffix: str = ""
    ) -> None:
        super().__init__(parent)
        self.setRange(low, high)
        self.setValue(value)
        self.setSuffix(suffix)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        # The stylesheet's padding does not reach the editor inside.
        self.lineEdit().setTextMargins(6, 0, 0, 0)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()


class Strip(QFrame):
    """A banner: icon, sentence, buttons, and a cross when it may be dismissed.

    Where the buttons would leave the sentence a narrow column, they go under it.
    """

    dismissed = Signal()
    """The user closed the strip; it is hidden already."""

    def __init__(
        self,
        kind: StripKind = "info",
        text: str = "",
        parent: QWidget | None = None,
        *,
        dismissable: bool = False,
    ) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self._kind: StripKind = kind
        self._picture = QLabel(self)
        self._picture.setFixedWidth(16)
        self.strong = label("", "heading")
        self.text = label(text, wrap=True)
        self._buttons = QWidget(self)
        self._button_row = QHBoxLayout(self._buttons)
        self._button_row.setContentsMargins(0, 0, 0, 0)
        self._button_row.setSpacing(GAP_XS)
        self._close = IconButton("close", self.tr("Dismiss"), self, on_click=self._dismiss, small=True)
        self._close.setVisible(dismissable)
        self._line = QHBoxLayout()
        self._line.setSpacing(GAP)
        self._line.addWidget(self._picture)
        self._line.addWidget(self.strong)
        self._line.addWidget(self.text, 1)
        self._line.addWidget(self._buttons)
        self._line.addWidget(self._close)
        self._stacked = False
        self._rows = QVBoxLayout(self)
        self._rows.setContentsMargins(*_STRIP_MARGINS)
        self._rows.setSpacing(0)
        self._rows.addLayout(self._line)
        self.setMinimumHeight(_STRIP_PX)
        theme().changed.connect(self._restyle)
        self.set_message(text, kind=kind)

    def set_message(self, text: str, *, kind: StripKind | None = None, strong: str = "") -> None:
        """Say `text`, after the word or figure `strong`."""
        if kind is not None:
            self._kind = kind
        self.strong.setText(strong)
        self.strong.setVisible(bool(strong))
        self.text.setText(text)
        self.setAccessibleName(f"{strong} {text}".strip())
        self._restyle()
        self._fit_text()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_text()

    def event(self, event: QEvent) -> bool:
        done = super().event(event)
        if event.type() == QEvent.Type.LayoutRequest:  # a button came, went or has other words
            self._fit_text()
        return done

    def minimumSizeHint(self) -> QSize:
        # The stacked shape's, else the strip could never be made so narrow that it stacks.
        left, _, right, _ = _STRIP_MARGINS
        least = max(self._around() + 40, left + self._buttons_px() + right)
        return QSize(least, super().minimumSizeHint().height())

    def _buttons_px(self) -> int:
        return self._buttons.sizeHint().width()

    def _around(self) -> int:
        """What stands beside sentence and buttons, in pixels."""
        left, _, right, _ = _STRIP_MARGINS
        beside = (each for each in (self._picture, self.strong, self._close) if not each.isHidden())
        return left + right + GAP + sum(each.sizeHint().width() + GAP for each in beside)

    def _fit_text(self) -> None:
        """Puts the buttons beside or under the sentence, and says what height it takes at the width it has.

        A box layout would ask a wrapping label for its height at its widest.
        """
        buttons = self._buttons_px()
        whole = self.text.fontMetrics().horizontalAdvance(self.text.text()) + 4
        stacked = bool(buttons) and self.width() - self._around() - buttons < min(whole, _SENTENCE_PX)
        if stacked != self._stacked:
            self._stacked = stacked
            if stacked:
                self._line.removeWidget(self._buttons)
                self._rows.addWidget(self._buttons, 0, Qt.AlignmentFlag.AlignRight)
            else:
                self._rows.removeWidget(self._buttons)
                self._line.insertWidget(3, self._buttons)
        room = self.width() - self._around() - (0 if stacked else buttons)
        text = self.text.heightForWidth(max(room, 1)) + 8
        under = self._buttons.sizeHint().height() if stacked else 0
        self.setMinimumHeight(max(_STRIP_PX, text) + under)

    def add_button(
        self, text: str, on_click: Callable[[], object], *, icon_name: str = "", link: bool = True
    ) -> QPushButton:
        """Add a button at the right end."""
        made = push_button(
            text, on_click, icon_name=icon_name, kind="link" if link else "normal", small=not link
        )
        self._button_row.addWidget(made)
        return made

    def _dismiss(self) -> None:
        self.hide()
        self.dismissed.emit()

    def _restyle(self) -> None:
        set_property(self, "kind", self._kind)
        token = _TOKENS[self._kind]
        set_tone(self.strong, "text" if self._kind == "info" else token)  # type: ignore[arg-type]
        self._picture.setPixmap(pixmap(_ICONS[self._kind], token, 16, self.devicePixelRatioF()))
