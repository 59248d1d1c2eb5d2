# SPDX-License-Identifier: MIT
"""Looks at every widget of a window as a keyboard, a screen reader and a translator would."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from PySide6.QtCore import QTranslator
from PySide6.QtGui import QAccessible, Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QDialog,
    QLabel,
    QLineEdit,
    QListView,
    QMainWindow,
    QPlainTextEdit,
    QScrollArea,
    QSlider,
    QTabBar,
    QTextEdit,
    QWidget,
)

OPEN, CLOSE = "⟦", "⟧"

#: Text of these comes from the wire, the user, or is a name or a number: never a word of ours.
_NO_WORDS = re.compile(r"[^A-Za-z]*\Z")
_CONTROLS = (
    QAbstractButton,
    QLineEdit,
    QComboBox,
    QAbstractSpinBox,
    QAbstractItemView,
    QPlainTextEdit,
    QTextEdit,
    QSlider,
    QTabBar,
)


class Brackets(QTranslator):
    """Puts every text that goes through a translation into brackets, so that one that does not is seen."""

    def isEmpty(self) -> bool:
        """Never: it knows every text."""
        return False

    def translate(
        self, context: str, source_text: str, disambiguation: str | None = None, n: int = -1
    ) -> str:
        """The text in brackets; what is empty, or a format without words, stays."""
        return f"{OPEN}{source_text}{CLOSE}" if source_text else source_text


def shown(window: QWidget) -> Iterator[QWidget]:
    """The window and every widget in it that can be seen, parts of Qt's own widgets left out."""
    yield window
    for widget in window.findChildren(QWidget):
        if widget.isVisibleTo(window) and not _is_part(widget):
            yield widget


def _is_part(widget: QWidget) -> bool:
    """Inside of a control: its buttons, its viewport, its editor."""
    parent = widget.parentWidget()
    if widget.objectName().startswith("qt_"):
        return True
    if isinstance(parent, (QAbstractSpinBox, QComboBox, QLineEdit)):
        return True
    return isinstance(parent, QTabBar)


def path(widget: QWidget) -> str:
    """Where a widget stands, for a failing test."""
    names = []
    step: QWidget | None = widget
    while step is not None:
        names.append(step.objectName() or type(step).__name__)
        step = step.parentWidget()
    return " < ".join(names[:5])


def spoken(widget: QWidget) -> str:
    """What a screen reader calls it."""
    interface = QAccessible.queryAccessibleInterface(widget)
    return "" if interface is None else interface.text(QAccessible.Text.Name)


def focusable(window: QWidget) -> list[QWidget]:
    """What can hold the focus, the window itself and mere containers left out."""
    return [
        widget
        for widget in shown(window)
        if widget.focusPolicy() != Qt.FocusPolicy.NoFocus
        and not isinstance(widget, (QMainWindow, QDialog, QScrollArea))
        and widget.focusProxy() is None
    ]


def nameless(window: QWidget) -> list[str]:
    """Focusable widgets a screen reader has no name for."""
    return [path(widget) for widget in focusable(window) if not spoken(widget).strip()]


def unreachable(window: QWidget) -> list[str]:
    """Enabled controls the Tab key never comes to. One of a group of buttons is enough: arrows go on from there."""
    chain: set[QWidget] = set()
    step = window.nextInFocusChain()
    while step is not None and step not in chain:
        chain.add(step)
        step = step.nextInFocusChain()
    found = []
    for widget in shown(window):
        if not isinstance(widget, _CONTROLS) or not widget.isEnabled():
            continue
        stop = widget.focusPolicy() & Qt.FocusPolicy.TabFocus and widget in chain
        if not stop and not _has_deputy(widget):
            found.append(path(widget))
    return found


def _has_deputy(widget: QWidget) -> bool:
    """A brother or a wrapping widget takes the keys for it, or it only repeats an action of the keyboard."""
    if (
        widget.focusProxy() is not None or widget.property("interactive") is False
    ):  # a chip that only says something
        return True
    parent = widget.parentWidget()
    while parent is not None and not parent.isWindow():
        if parent.focusPolicy() & Qt.FocusPolicy.TabFocus:
            return True
        group = [each for each in parent.findChildren(type(widget)) if each.parentWidget() is parent]
        if isinstance(widget, QAbstractButton) and any(
            each.focusPolicy() & Qt.FocusPolicy.TabFocus for each in group
        ):
            return parent.metaObject().className() == "SegmentedControl"
        parent = parent.parentWidget()
    return False


def texts(widget: QWidget) -> Iterator[tuple[str, str]]:
    """(what it is, text) of all a widget says."""
    if isinstance(widget, (QLabel, QAbstractButton)):
        yield "text", widget.text()
    if isinstance(widget, (QLineEdit, QPlainTextEdit, QTextEdit)):
        yield "placeholder", widget.placeholderText()
    if isinstance(widget, QComboBox):
        for index in range(widget.count()):
            yield f"item {index}", widget.itemText(index)
    if isinstance(widget, QTabBar):
        for index in range(widget.count()):
            yield f"tab {index}", widget.tabText(index)
    if isinstance(widget, QAbstractItemView) and (model := widget.model()) is not None:
        columns = 1 if isinstance(widget, QListView) else model.columnCount(widget.rootIndex())
        for section in range(columns):
            head = model.headerData(section, Qt.Orientation.Horizontal)
            if isinstance(head, str):
                yield f"head {section}", head
    if widget.isWindow():
        yield "window title", widget.windowTitle()
    yield "tooltip", widget.toolTip()
    yield "accessible name", widget.accessibleName()


def untranslated(window: QWidget, is_data: Callable[[str], bool]) -> list[str]:
    """Texts with words of ours that went through no translation.

    Args:
        window: Looked through.
        is_data: Tells texts that are names, or came from the user or the wire.
    """
    found = []
    for widget in shown(window):
        for what, text in texts(widget):
            words = re.sub(rf"{OPEN}.*{CLOSE}", "", text, flags=re.DOTALL)
            if not _NO_WORDS.match(words) and not is_data(words.strip()):
                found.append(f"{path(widget)}: {what} {text[:80]!r}")
    return found


def windows() -> list[QWidget]:
    """Everything open on the screen."""
    return [each for each in QApplication.topLevelWidgets() if each.isVisible()]
