# SPDX-License-Identifier: MIT
"""What is really painted and said: the strings that go to a painter, and those of Qt's own widgets; and whether they are faithful."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Any

import pytest
from PySide6.QtCore import QPoint
from PySide6.QtGui import QHelpEvent, QPainter, Qt, QTextLayout
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QLabel,
    QMenu,
    QPlainTextEdit,
    QTabBar,
    QTextEdit,
    QToolTip,
    QWidget,
)

_JOINS = "\u200c\u200d\u00ad"
"""Format characters that letters and pictures need, and that turn nothing round."""
_ESCAPED = re.compile(r"<qt>(?:[^<>&]|&(?:amp|lt|gt|quot|#39|#x27);|<br>)*</qt>")


def is_hidden(char: str) -> bool:
    """Whether a character would not be seen, would break the line, or would turn others round."""
    return unicodedata.category(char) in ("Cc", "Cf", "Zl", "Zp", "Cs") and char not in _JOINS


def stand_ins(char: str) -> tuple[str, ...]:
    """What may be painted for a character that is hidden: the documented ones of `line_standins`, `one_line` and `preview.VISIBLE`."""
    code = ord(char)
    picture = "\u2421" if code == 0x7F else chr(0x2400 + code) if code < 0x20 else "\u25af"
    return (picture, "\u25af", f"⟨U+{code:04X}⟩", f"\\u{code:04x}", "\u2424")


def reads_as(shown: str, meant: str, *, whole: bool = True) -> bool:
    """Whether `shown` is `meant`, character for character, hidden ones as stand-ins.

    Args:
        shown: What was painted.
        meant: What was sent.
        whole: False: it may end earlier.
    """
    at = 0
    for char in meant:
        if at == len(shown) and not whole:
            return True
        candidates = (char,) if not is_hidden(char) else stand_ins(char)
        if char in ("\t", *_JOINS):  # the text view draws the gap of a tabulator, and no joins
            candidates = (char, *stand_ins(char))
        found = next((each for each in candidates if shown.startswith(each, at)), None)
        if found is None:  # elided in the middle of a stand-in of several characters
            return not whole and any(each.startswith(shown[at:]) for each in candidates)
        at += len(found)
    return at == len(shown)


def is_shown(meant: str, painted: set[str], least: int = 12) -> bool:
    """Whether one of the painted strings is `meant`, whole or elided after at least `least` characters."""
    for each in painted:
        if reads_as(each, meant):
            return True
        head, dots, tail = each.partition("…")
        if dots and len(head) >= min(least, len(meant)) and reads_as(head, meant, whole=False):
            # Text of more than 300 characters is cut before it is elided.
            end, kept = (meant[:300], tail[:-1]) if tail.endswith("…") else (meant, tail)
            if not kept or any(reads_as(kept, end[-n:]) for n in range(1, len(kept) + 1)):
                return True
    return False


class Ink:
    """Notes every string that Python code gives to a painter while it lives (see `noting_ink`)."""

    def __init__(self) -> None:
        self.strings: set[str] = set()

    def of(self, widget: QWidget) -> set[str]:
        """Paints a widget anew; what it painted, and what the widgets of Qt in it say."""
        self.strings.clear()
        widget.grab()
        return self.strings | {text for _owner, text in said(widget)}


def noting_ink(monkeypatch: pytest.MonkeyPatch) -> Ink:
    """Notes what is painted, until the test ends."""
    made = Ink()
    draw_text, draw_static, draw_layout = QPainter.drawText, QPainter.drawStaticText, QTextLayout.draw

    def noting_text(painter: QPainter, *args: Any) -> Any:
        made.strings.update(each for each in args if isinstance(each, str))
        return draw_text(painter, *args)

    def noting_static(painter: QPainter, *args: Any) -> Any:
        made.strings.add(args[-1].text())
        return draw_static(painter, *args)

    def noting_layout(layout: QTextLayout, *args: Any) -> Any:
        # The text view separates runs with a mark of no width, which it puts in itself.
        made.strings.add(layout.text().replace("\u200e", ""))
        return draw_layout(layout, *args)

    monkeypatch.setattr(QPainter, "drawText", noting_text)
    monkeypatch.setattr(QPainter, "drawStaticText", noting_static)
    monkeypatch.setattr(QTextLayout, "draw", noting_layout)
    return made


def said(window: QWidget) -> Iterator[tuple[QWidget, str]]:
    """The texts of Qt's own widgets that can be seen, with their owners; what is edited is as it is and left out."""
    for widget in (window, *window.findChildren(QWidget)):
        if not widget.isVisibleTo(window) or widget.inherits("QTipLabel"):
            continue
        if isinstance(widget, (QLabel, QAbstractButton)):
            yield widget, widget.text()
        elif isinstance(widget, QComboBox):
            yield widget, widget.currentText()
        elif isinstance(widget, QTabBar):
            for number in range(widget.count()):
                yield widget, widget.tabText(number)


def markup(window: QWidget) -> list[str]:
    """Whatever in a window could read text as markup: labels, text fields with rich text, tooltips."""
    found = []
    for widget in (window, *window.findChildren(QWidget)):
        name = f"{type(widget).__name__} {widget.objectName()}"
        if widget.inherits("QTipLabel"):
            continue  # what it may say is asked of those who own the tooltip
        if isinstance(widget, QLabel) and widget.textFormat() != Qt.TextFormat.PlainText:
            if widget.text():
                found.append(f"{name}: label {widget.text()[:60]!r}")
        if isinstance(widget, (QTextEdit, QPlainTextEdit)) and not isinstance(widget, QPlainTextEdit):
            if widget.acceptRichText():
                found.append(f"{name}: rich text")
        if not is_plain_tip(widget.toolTip()):
            found.append(f"{name}: tooltip {widget.toolTip()[:60]!r}")
    return found


def is_plain_tip(tip: str) -> bool:
    """Whether a tooltip has no markup but that of `plain_tooltip`, in which all that came is escaped."""
    return not Qt.mightBeRichText(tip) or _ESCAPED.fullmatch(tip) is not None


def tip_text(tip: str) -> str:
    """What a tooltip says, with its escapes undone."""
    if not Qt.mightBeRichText(tip):
        return tip
    inner = tip.removeprefix("<qt>").removesuffix("</qt>").replace("<br>", "\n")
    return inner.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def ask_tip(widget: QWidget, place: QPoint) -> str:
    """Asks a widget for its tooltip at a place, as resting the pointer there does."""
    QToolTip.hideText()
    event = QHelpEvent(QHelpEvent.Type.ToolTip, place, widget.mapToGlobal(place))
    QApplication.sendEvent(widget, event)
    return QToolTip.text()


def entries(menu: QMenu) -> Iterator[str]:
    """The words of a menu and its submenus as they are read: with mnemonics taken out, without shortcuts."""
    for action in menu.actions():
        text = action.text().partition("\t")[0]
        yield re.sub(r"&(.)", r"\1", text)
        below = action.menu()
        if isinstance(below, QMenu):
            yield from entries(below)
