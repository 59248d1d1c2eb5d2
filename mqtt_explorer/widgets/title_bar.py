# SPDX-License-Identifier: MIT
"""The title bar of docks and panels: name, a quiet figure, actions, float and close."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QDockWidget, QHBoxLayout, QWidget

from mqtt_explorer.widgets.buttons import IconButton
from mqtt_explorer.widgets.cards import Card, Elided, Part, label
from mqtt_explorer.widgets.theme import theme
from mqtt_explorer.widgets.tokens import GAP, GAP_XS

_LEAST: Final = 160


class TitleBar(Card):
    """Give it to QDockWidget.setTitleBarWidget(); the dock's content is then a Card(part="bottom").

    Without a dock it heads a panel of its own and shows no float and close buttons.
    """

    def __init__(
        self,
        title: str,
        dock: QDockWidget | None = None,
        parent: QWidget | None = None,
        *,
        part: Part = "top",
    ) -> None:
        super().__init__(parent, part=part)
        self._dock = dock
        self.title = label("", "title")
        self.info = Elided("", role="caption")
        self.info.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._actions = QHBoxLayout()
        self._actions.setSpacing(GAP_XS)
        layout = self.row(0, GAP)
        layout.setContentsMargins(12, 4, 6, 0)
        layout.addWidget(self.title)
        layout.addWidget(self.info, 1)
        layout.addLayout(self._actions)
        self.float_button = IconButton(
            "float", self.tr("Float this panel"), self, on_click=self._toggle_float
        )
        self.close_button = IconButton("close", self.tr("Close this panel"), self, on_click=self._close)
        ends = QHBoxLayout()
        ends.setSpacing(0)
        ends.addWidget(self.float_button)
        ends.addWidget(self.close_button)
        layout.addLayout(ends)
        self.set_title(title)
        if dock is None:
            self.float_button.hide()
            self.close_button.hide()
        else:
            dock.topLevelChanged.connect(self._floated)
            dock.featuresChanged.connect(self._show_ends)
            self._show_ends()
        theme().changed.connect(self._space_title)

    def set_title(self, title: str) -> None:
        """Name the panel; shown in capitals, read aloud as written."""
        self.title.setText(title.upper())
        self.title.setAccessibleName(title)
        self.setAccessibleName(title)
        self._space_title()

    def set_info(self, text: str) -> None:
        """A quiet figure at the right, such as "38 of 1,284"."""
        self.info.setText(text)

    def add_action(
        self,
        icon_name: str,
        tooltip: str,
        on_click: Callable[[], object] | None = None,
        *,
        checkable: bool = False,
        shortcut: str = "",
    ) -> IconButton:
        """Add an icon button before the float button."""
        made = IconButton(icon_name, tooltip, self, on_click=on_click, checkable=checkable, shortcut=shortcut)
        self._actions.addWidget(made)
        return made

    def minimumSizeHint(self) -> QSize:
        """Its buttons do not keep a dock wide: what the panel needs does."""
        needed = super().minimumSizeHint()
        return QSize(min(needed.width(), _LEAST), needed.height())

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        # QDockWidget floats on a double click of its title bar only if the event reaches it.
        event.ignore()

    def _space_title(self) -> None:
        font = theme().small_font(semibold=True)
        font.setLetterSpacing(font.SpacingType.AbsoluteSpacing, 0.5)
        self.title.setFont(font)
        self.setFixedHeight(max(34, theme().ui_px + 20))

    def _show_ends(self) -> None:
        if self._dock is not None:
            features = self._dock.features()
            feature = QDockWidget.DockWidgetFeature
            self.float_button.setVisible(bool(features & feature.DockWidgetFloatable))
            self.close_button.setVisible(bool(features & feature.DockWidgetClosable))

    def _toggle_float(self) -> None:
        if self._dock is not None:
            self._dock.setFloating(not self._dock.isFloating())

    def _floated(self, floating: bool) -> None:
        self.float_button.set_icon_name("dock" if floating else "float")
        self.float_button.set_hint(self.tr("Dock this panel") if floating else self.tr("Float this panel"))

    def _close(self) -> None:
        if self._dock is not None:
            self._dock.close()
