# SPDX-License-Identifier: MIT
"""Buttons: icon button, chip, segmented control, and makers for push buttons."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QButtonGroup,
    QFrame,
    QHBoxLayout,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QWidget,
)

from mqtt_explorer.widgets.cards import plain_tooltip
from mqtt_explorer.widgets.icons import set_icon
from mqtt_explorer.widgets.text import one_line
from mqtt_explorer.widgets.theme import theme
from mqtt_explorer.widgets.tokens import CONTROL, CONTROL_SMALL, control_px

Tint = Literal["", "accent", "ok", "warn", "error"]
#: Padding and border of a segment, left and right together, and what Qt adds to a tool button.
_AROUND_SEGMENT = 30
Kind = Literal["normal", "primary", "danger", "link"]


def push_button(
    text: str,
    on_click: Callable[[], object] | None = None,
    *,
    icon_name: str = "",
    kind: Kind = "normal",
    small: bool = False,
    tooltip: str = "",
) -> QPushButton:
    """A push button of the look; at most one `primary` per panel."""
    made = QPushButton(text)
    if kind != "normal":
        made.setProperty(kind, True)
    if small:
        made.setProperty("small", True)
    if icon_name:
        token = {"primary": "on_accent", "danger": "error", "link": "accent"}.get(kind, "text")
        set_icon(made, icon_name, token, on=token, gap=4)
    if tooltip:
        made.setToolTip(plain_tooltip(tooltip))
    made.setAutoDefault(False)
    if on_click is not None:
        made.clicked.connect(lambda: on_click())
    return made


class IconButton(QToolButton):
    """A flat square button with a line icon; its tooltip (with the shortcut) is its accessible name too."""

    def __init__(
        self,
        icon_name: str,
        tooltip: str,
        parent: QWidget | None = None,
        *,
        on_click: Callable[[], object] | None = None,
        checkable: bool = False,
        small: bool = False,
        shortcut: str = "",
        token: str = "muted",
    ) -> None:
        super().__init__(parent)
        side = CONTROL_SMALL if small else CONTROL
        self.setFixedSize(side, side)
        self.setCheckable(checkable)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAutoRaise(True)
        self._token = token
        self._shortcut = shortcut
        self.set_icon_name(icon_name)
        self.set_hint(tooltip)
        if on_click is not None:
            self.clicked.connect(lambda: on_click())

    def set_icon_name(self, icon_name: str, token: str | None = None) -> None:
        """Show another icon, in another colour if told."""
        if token is not None:
            self._token = token
        set_icon(self, icon_name, self._token)

    def set_hint(self, tooltip: str) -> None:
        """Set the tooltip and the accessible name."""
        keys = QKeySequence(self._shortcut).toString(QKeySequence.SequenceFormat.NativeText)
        self.setToolTip(f"{tooltip} ({keys})" if keys else tooltip)
        self.setAccessibleName(tooltip)


class Chip(QToolButton):
    """A small rounded label, or a switch when `checkable`, or a button when `on_click` is given."""

    def __init__(
        self,
        text: str,
        parent: QWidget | None = None,
        *,
        tint: Tint = "",
        checkable: bool = False,
        on_click: Callable[[], object] | None = None,
        tooltip: str = "",
    ) -> None:
        super().__init__(parent)
        interactive = checkable or on_click is not None
        self.setCheckable(checkable)
        self.setProperty("interactive", interactive)
        self.setProperty("tint", tint)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus if interactive else Qt.FocusPolicy.NoFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        if not interactive:
            self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents, not tooltip)
        self.set_text(text)
        if tooltip:
            self.setToolTip(plain_tooltip(tooltip))
        if on_click is not None:
            self.clicked.connect(lambda: on_click())

    def set_text(self, text: str) -> None:
        """Show `text`; taken plainly, so that an ampersand stays one."""
        safe = one_line(text, 80)
        self.setText(safe.replace("&", "&&"))
        self.setAccessibleName(safe)


class Segment(QToolButton):
    """One choice of a SegmentedControl."""


class SegmentedControl(QFrame):
    """A few exclusive choices side by side (QoS 0, 1, 2). Left and Right move, Tab enters and leaves."""

    changed = Signal(int)
    """The user, or set_index, chose another one: its index."""

    def __init__(
        self, texts: Sequence[str], index: int = 0, parent: QWidget | None = None, *, name: str = ""
    ) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(name)
        self._texts = tuple(texts)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(2, 2, 2, 2)
        layout.setSpacing(2)
        self._group = QButtonGroup(self)
        self._group.setExclusive(True)
        for number, text in enumerate(texts):
            segment = Segment(self)
            segment.setText(text)
            segment.setCheckable(True)
            segment.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            segment.setAccessibleName(f"{name} {text}".strip())
            self._group.addButton(segment, number)
            layout.addWidget(segment)
        self._group.idToggled.connect(self._toggled)
        self.set_index(index)
        theme().changed.connect(self._restyle)
        self._restyle()

    @property
    def index(self) -> int:
        """The chosen one."""
        return self._group.checkedId()

    def set_index(self, index: int) -> None:
        """Choose one.

        Raises:
            IndexError: there is no such choice.
        """
        self._button(index).setChecked(True)

    def set_reason(self, index: int, reason: str) -> None:
        """Switch one choice off, with the reason as its tooltip; an empty reason switches it on again."""
        button = self._button(index)
        button.setEnabled(not reason)
        button.setToolTip(plain_tooltip(reason))

    @property
    def texts(self) -> tuple[str, ...]:
        """The words it was made with."""
        return self._texts

    def show_texts(self, texts: Sequence[str]) -> None:
        """Shows other, shorter words, or the ones it was made with again; it is read aloud by those."""
        for number, text in enumerate(texts):
            button = self._button(number)
            if button.text() != text:
                button.setText(text)
                button.setToolTip("" if text == self._texts[number] else self._texts[number])

    def width_for(self, texts: Sequence[str]) -> int:
        """Pixels it takes with these words."""
        metrics = QFontMetrics(theme().ui_font(semibold=True))
        return sum(metrics.horizontalAdvance(text) + _AROUND_SEGMENT for text in texts) + 2 * len(texts) + 4

    def sizeHint(self) -> QSize:
        return QSize(super().sizeHint().width(), self.minimumHeight())

    def _restyle(self) -> None:
        self.setFixedHeight(control_px(max(theme().ui_px, theme().mono_px)))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()), 0)
        target = self.index + step
        while step and 0 <= target < len(self._group.buttons()):
            if self._button(target).isEnabled():
                self._button(target).setChecked(True)
                self._button(target).setFocus(Qt.FocusReason.TabFocusReason)
                return
            target += step
        super().keyPressEvent(event)

    def _button(self, index: int) -> QToolButton:
        button = self._group.button(index)
        if not isinstance(button, QToolButton):
            raise IndexError(index)
        return button

    def _toggled(self, index: int, on: bool) -> None:
        # One Tab stop for the whole control: the chosen segment.
        policy = Qt.FocusPolicy.TabFocus if on else Qt.FocusPolicy.NoFocus
        self._button(index).setFocusPolicy(policy)
        if on:
            self.changed.emit(index)
