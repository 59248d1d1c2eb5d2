# SPDX-License-Identifier: MIT
"""Frames and labels: card, rule, status dot, eliding label, empty state."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Literal, TypeVar

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPaintEvent, QPen, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from mqtt_explorer.widgets.icons import pixmap
from mqtt_explorer.widgets.text import one_line
from mqtt_explorer.widgets.theme import theme
from mqtt_explorer.widgets.tokens import GAP, GAP_XS

_Box = TypeVar("_Box", QVBoxLayout, QHBoxLayout)
_EMPTY_WIDTH: Final = 280
_EMPTY_LEAST: Final = 140
Part = Literal["full", "top", "bottom"]
Tone = Literal["text", "muted", "accent", "ok", "warn", "error"]
Role = Literal[
    "body", "title", "heading", "section", "page", "figure", "muted", "caption", "small", "mono", "mono-muted"
]


def set_property(widget: QWidget, name: str, value: object) -> None:
    """Set a dynamic property that the stylesheet selects on, and restyle the widget if it changed."""
    if widget.property(name) != value:
        widget.setProperty(name, value)
        widget.style().unpolish(widget)
        widget.style().polish(widget)
        widget.update()


def label(text: str = "", role: Role = "body", *, wrap: bool = False, buddy: QWidget | None = None) -> QLabel:
    """A plain-text label in one of the type roles of the look."""
    made = QLabel(text)
    made.setTextFormat(Qt.TextFormat.PlainText)
    made.setProperty("role", role)
    made.setWordWrap(wrap)
    if buddy is not None:
        made.setBuddy(buddy)
    return made


def set_tone(widget: QWidget, tone: Tone | None) -> None:
    """Colour a label by meaning; None gives its role's colour back."""
    set_property(widget, "tone", tone)


class Card(QFrame):
    """A panel with a 1 px line and 8 px corners; `part` joins two cards into one (title above, body below)."""

    def __init__(self, parent: QWidget | None = None, *, part: Part = "full", raised: bool = False) -> None:
        super().__init__(parent)
        self.setProperty("part", part)
        self.setProperty("raised", raised)

    def column(self, margin: int = 12, spacing: int = GAP) -> QVBoxLayout:
        """Give the card a vertical layout with that padding and spacing, in pixels."""
        return self._pad(QVBoxLayout(self), margin, spacing)

    def row(self, margin: int = 12, spacing: int = GAP) -> QHBoxLayout:
        """Give the card a horizontal layout with that padding and spacing, in pixels."""
        return self._pad(QHBoxLayout(self), margin, spacing)

    def _pad(self, layout: _Box, margin: int, spacing: int) -> _Box:
        # Under a title bar the padding is the bar's own.
        top = min(margin, GAP_XS) if self.property("part") == "bottom" else margin
        layout.setContentsMargins(margin, top, margin, margin)
        layout.setSpacing(spacing)
        return layout


class Rule(QFrame):
    """A 1 px line across."""

    def __init__(self, parent: QWidget | None = None, *, vertical: bool = False) -> None:
        super().__init__(parent)
        if vertical:
            self.setFixedWidth(1)
        else:
            self.setFixedHeight(1)


class StatusDot(QWidget):
    """A round dot of 8 px: filled in the colour of a token, or hollow."""

    def __init__(self, tone: str = "faint", parent: QWidget | None = None, *, hollow: bool = False) -> None:
        super().__init__(parent)
        self._color = tone
        self._hollow = hollow
        self.setFixedSize(8, 8)
        theme().changed.connect(self.update)

    def set_tone(self, tone: str, *, hollow: bool = False) -> None:
        """Take the colour of a token; a hollow dot is "not running"."""
        self._color, self._hollow = tone, hollow
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        look = theme()
        color = look.color(self._color)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self._hollow:
            painter.setPen(QPen(color, 1.5))
            painter.drawEllipse(1, 1, 6, 6)
        else:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(color)
            painter.drawEllipse(0, 0, 8, 8)
        painter.end()


class Elided(QLabel):
    """A one-line label that elides instead of asking for width; the tooltip holds the whole text.

    Takes text from the wire: control characters are made visible, nothing is read as markup.
    """

    def __init__(
        self,
        text: str = "",
        parent: QWidget | None = None,
        *,
        role: Role = "body",
        mode: Qt.TextElideMode = Qt.TextElideMode.ElideRight,
    ) -> None:
        super().__init__(parent)
        self._mode = mode
        self._shown = ""
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setProperty("role", role)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setText(text)

    def setText(self, text: str) -> None:
        """Show `text` (made safe and cut for painting)."""
        self._shown = one_line(text)
        super().setText(self._shown)
        self.setAccessibleName(self._shown)
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        metrics = self.fontMetrics()
        return QSize(metrics.horizontalAdvance(self._shown) + 2, metrics.height() + GAP_XS)

    def minimumSizeHint(self) -> QSize:
        return QSize(24, self.fontMetrics().height() + GAP_XS)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setFont(self.font())
        painter.setPen(self.palette().color(self.foregroundRole()))
        fitted = QFontMetricsF(self.font()).elidedText(self._shown, self._mode, self.width())
        painter.drawText(self.rect(), int(self.alignment()) | Qt.TextFlag.TextSingleLine, fitted)
        painter.end()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip:
            cut = self.fontMetrics().horizontalAdvance(self._shown) > self.width()
            self.setToolTip(plain_tooltip(self._shown) if cut else "")
        return bool(super().event(event))


def plain_tooltip(text: str, *, lines: bool = False) -> str:
    """`text` as a tooltip that Qt cannot take for markup (a tooltip has no text format to set).

    With `lines` its line breaks stay; whoever puts text from the wire into it has taken that one's breaks out.
    """
    safe = "\n".join(map(one_line, text.split("\n"))) if lines else one_line(text)
    if "<" not in safe:  # Qt::mightBeRichText() needs one to say yes.
        return safe
    escaped = safe.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return "<qt>{}</qt>".format(escaped.replace("\n", "<br>"))


class EmptyState(QWidget):
    """What stands where there is nothing yet: icon, title, a sentence, and at most one button."""

    def __init__(
        self,
        icon_name: str,
        title: str,
        text: str,
        parent: QWidget | None = None,
        *,
        button: str = "",
        on_click: Callable[[], object] | None = None,
    ) -> None:
        super().__init__(parent)
        self._icon_name = icon_name
        self._picture = QLabel(self)
        self.title = label(title, "heading", wrap=True)
        self.text = label(text, "caption", wrap=True)
        for line in (self._picture, self.title, self.text):
            line.setAlignment(Qt.AlignmentFlag.AlignCenter)
        layout = QVBoxLayout(self)
        layout.setSpacing(GAP)
        layout.addStretch(1)
        layout.addWidget(self._picture)
        layout.addWidget(self.title)
        self.title.setMinimumWidth(1)
        middle = QHBoxLayout()
        middle.addStretch(1)
        middle.addWidget(self.text, 1000)  # All the width up to its maximum; the stretches share the rest.
        middle.addStretch(1)
        layout.addLayout(middle)
        self.text.setMinimumWidth(1)
        self.text.setMaximumWidth(_EMPTY_WIDTH)
        self.button: QPushButton | None = None
        if button:
            self.button = QPushButton(button)
            if on_click is not None:
                self.button.clicked.connect(lambda: on_click())
            layout.addWidget(self.button, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addStretch(1)
        theme().changed.connect(self._paint_icon)
        self._paint_icon()

    def set_texts(self, title: str, text: str, icon_name: str | None = None) -> None:
        """Say something else."""
        self.title.setText(title)
        self.text.setText(text)
        if icon_name is not None:
            self._icon_name = icon_name
            self._paint_icon()
        self._fit_text()

    def minimumSizeHint(self) -> QSize:
        """What is said where nothing is never makes its neighbours narrow."""
        needed = super().minimumSizeHint()
        return QSize(min(needed.width(), _EMPTY_LEAST), needed.height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_text()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._fit_text()  # The fonts of the stylesheet are in force only now.

    def _fit_text(self) -> None:
        """A box layout gives a wrapping label between stretches too little height: ask for it here."""
        width = max(min(_EMPTY_WIDTH, self.contentsRect().width() - 24), 80)
        self.text.setMinimumHeight(0)  # heightForWidth() never answers less than the minimum that stands.
        self.text.setMinimumHeight(self.text.heightForWidth(width))
        self.title.setMinimumHeight(0)
        self.title.setMinimumHeight(self.title.heightForWidth(max(self.contentsRect().width() - 24, 80)))

    def _paint_icon(self) -> None:
        self._picture.setPixmap(pixmap(self._icon_name, "faint", 28, self.devicePixelRatioF()))
