# SPDX-License-Identifier: MIT
"""A sentence directly under a widget, over whatever stands there: no window of its own, and it takes no room in the layout."""

from __future__ import annotations

from typing import Final, Literal

from PySide6.QtCore import QEvent, QObject, QPointF, QRect, Qt, QTimer
from PySide6.QtGui import QFont, QFontMetricsF, QMouseEvent, QPainter, QPaintEvent, QTextLayout, QTextOption
from PySide6.QtWidgets import QFrame, QWidget

from mqtt_explorer.widgets.cards import plain_tooltip, set_property
from mqtt_explorer.widgets.icons import pixmap
from mqtt_explorer.widgets.text import one_line
from mqtt_explorer.widgets.theme import theme
from mqtt_explorer.widgets.tokens import GAP, GAP_XS, ICON

BubbleKind = Literal["error", "warn"]

#: Lines a bubble shows; a longer sentence ends in "…" and stands whole in the tooltip.
MOST_LINES: Final = 3
#: So long a notice stands; an error stands as long as it is one.
NOTICE_MS: Final = 8_000
_LEAST_WIDTH: Final = 280
_PAD: Final = GAP
_FOLLOWED: Final = (
    QEvent.Type.Move,
    QEvent.Type.Resize,
    QEvent.Type.Show,
    QEvent.Type.Hide,
    QEvent.Type.ParentChange,
)


class Bubble(QFrame):
    """Stands under its anchor and moves with it; above it where the window ends. A click puts it away until the next sentence,
    and a notice goes by itself after a while.

    Text from the wire may be part of the sentence: it is painted plainly.
    """

    def __init__(self, anchor: QWidget) -> None:
        super().__init__(anchor)
        self._anchor = anchor
        self._text = ""
        self._kind: BubbleKind = "error"
        self._watched: list[QObject] = []
        self._lines: list[str] = []
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.hide()
        self._time = QTimer(self, singleShot=True, interval=NOTICE_MS)
        self._time.timeout.connect(self.put_away)
        # While it is shown it is a child of the window, so the anchor's end does not end it.
        anchor.destroyed.connect(self.deleteLater)
        theme().changed.connect(self._place)

    @property
    def text(self) -> str:
        """The sentence; "" while there is none."""
        return self._text

    def say(self, text: str, kind: BubbleKind = "error") -> None:
        """Shows a sentence, or with "" goes away."""
        if (text, kind) == (self._text, self._kind):
            return
        self._text, self._kind = text, kind
        shown = one_line(text, 500)
        self.setAccessibleName(shown)
        set_property(self, "kind", kind)
        if text:
            self._watch()
        else:
            self._unwatch()
        self._time.stop()
        if text and kind == "warn":
            self._time.start()
        self._place()

    def put_away(self) -> None:
        """Goes until there is another sentence."""
        self._time.stop()
        self._unwatch()
        self.hide()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in _FOLLOWED:
            if event.type() == QEvent.Type.ParentChange:
                self._watch()
            self._place()
        return False

    def mousePressEvent(self, event: QMouseEvent) -> None:
        event.accept()
        self.put_away()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        painter.setFont(self._font())
        metrics = QFontMetricsF(self._font())
        token = "error" if self._kind == "error" else "warn"
        ratio = self.devicePixelRatioF()
        top = _PAD + round((metrics.height() - ICON) / 2)
        painter.drawPixmap(_PAD, top, pixmap("error" if token == "error" else "info", token, ICON, ratio))
        painter.setPen(theme().color("text"))
        y = _PAD + metrics.ascent()
        for line in self._lines:
            painter.drawText(QPointF(_PAD + ICON + GAP, y), line)
            y += metrics.height()
        painter.end()

    def _font(self) -> QFont:
        return theme().ui_font(max(theme().ui_px - 1, 9))

    def _watch(self) -> None:
        """Follows the anchor and all it lies in, up to the window."""
        self._unwatch()
        each: QWidget | None = self._anchor
        while each is not None:
            each.installEventFilter(self)
            self._watched.append(each)
            each = None if each.isWindow() else each.parentWidget()

    def _unwatch(self) -> None:
        for each in self._watched:
            each.removeEventFilter(self)
        self._watched.clear()

    def _place(self) -> None:
        if not (self._text and self._watched and self._anchor.isVisible()):
            self.hide()
            return
        window = self._anchor.window()
        if self.parentWidget() is not window:
            self.setParent(window)
        place = QRect(self._anchor.mapTo(window, self._anchor.rect().topLeft()), self._anchor.size())
        width = min(max(place.width(), _LEAST_WIDTH), max(window.width() - 2 * GAP, 80))
        self._lines = _wrapped(one_line(self._text, 500), self._font(), width - 2 * _PAD - ICON - GAP)
        height = round(len(self._lines) * QFontMetricsF(self._font()).height()) + 2 * _PAD
        left = max(GAP, min(place.left(), window.width() - GAP - width))
        top = place.bottom() + 1 + GAP_XS
        if top + height > window.height() and place.top() - GAP_XS - height >= 0:
            top = place.top() - GAP_XS - height
        self.setGeometry(left, top, width, height)
        whole = " ".join(self._lines)
        self.setToolTip(plain_tooltip(self._text) if whole.endswith("…") else "")
        self.show()
        self.raise_()
        self.update()


def _wrapped(text: str, font: QFont, width: int) -> list[str]:
    """The text in at most MOST_LINES lines; words that are too long break anywhere."""
    option = QTextOption()
    option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
    layout = QTextLayout(text, font)
    layout.setTextOption(option)
    layout.beginLayout()
    lines: list[str] = []
    while True:
        line = layout.createLine()
        if not line.isValid():
            break
        line.setLineWidth(width)
        start = line.textStart()
        if len(lines) == MOST_LINES - 1:
            rest = QFontMetricsF(font).elidedText(text[start:], Qt.TextElideMode.ElideRight, width)
            lines.append(rest)
            break
        lines.append(text[start : start + line.textLength()].rstrip())
    layout.endLayout()
    return lines or [""]
