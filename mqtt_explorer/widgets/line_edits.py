# SPDX-License-Identifier: MIT
"""Line edits with a button inside: a secret that can be shown for a moment, a file that can be looked for."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFileDialog, QLineEdit, QWidget

from mqtt_explorer.widgets.buttons import IconButton
from mqtt_explorer.widgets.cards import plain_tooltip, set_property
from mqtt_explorer.widgets.tokens import CONTROL_SMALL


class ButtonEdit(QLineEdit):
    """A line edit with an icon button at its right end that Tab reaches."""

    def __init__(self, icon_name: str, hint: str, on_click: Callable[[], object]) -> None:
        super().__init__()
        self.button = IconButton(icon_name, hint, self, on_click=on_click, small=True)
        self.setTextMargins(0, 0, CONTROL_SMALL, 0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        top = (self.height() - CONTROL_SMALL) // 2
        self.button.move(self.width() - CONTROL_SMALL - 3, top)


class SecretEdit(ButtonEdit):
    """A password: dots, until the eye is pressed; dots again with the next value."""

    def __init__(self, name: str) -> None:
        super().__init__("eye", "", self._toggle)
        self.setAccessibleName(name)
        self.setEchoMode(QLineEdit.EchoMode.Password)
        self._show_eye()

    def set_secret(self, text: str) -> None:
        """Puts a secret in, behind dots; the way back by Ctrl+Z is cut."""
        self.setText(text)
        self.hide_secret()

    def hide_secret(self) -> None:
        """Shows dots."""
        self.setEchoMode(QLineEdit.EchoMode.Password)
        self._show_eye()

    def _toggle(self) -> None:
        hidden = self.echoMode() == QLineEdit.EchoMode.Password
        self.setEchoMode(QLineEdit.EchoMode.Normal if hidden else QLineEdit.EchoMode.Password)
        self._show_eye()

    def _show_eye(self) -> None:
        hidden = self.echoMode() == QLineEdit.EchoMode.Password
        self.button.set_icon_name("eye" if hidden else "eye-off")
        words = self.tr("Show: {name}") if hidden else self.tr("Hide: {name}")
        self.button.set_hint(words.format(name=self.accessibleName()))


class PathEdit(ButtonEdit):
    """The path of a file, typed or chosen in a dialog."""

    chosen = Signal()
    """A file was chosen in the dialog; the text is its path."""

    def __init__(self, name: str, filters: list[str]) -> None:
        super().__init__("folder-open", "", self._browse)
        self._filters = filters
        self.setAccessibleName(name)
        set_property(self, "mono", True)
        self.button.set_hint(self.tr("Choose a file: {name}").format(name=name))
        self.textChanged.connect(lambda text: self.setToolTip(plain_tooltip(text)))

    def set_path(self, path: str) -> None:
        """Shows a file; of a long path its end."""
        self.setText(path)

    def _browse(self) -> None:
        dialog = QFileDialog(self.window(), self.accessibleName())
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setNameFilters([*self._filters, self.tr("All files (*)")])
        dialog.fileSelected.connect(self._take)
        dialog.finished.connect(dialog.deleteLater)
        self._dialog: QWidget = dialog
        dialog.open()

    def _take(self, path: str) -> None:
        self.setText(path)
        self.setFocus()
        self.chosen.emit()
