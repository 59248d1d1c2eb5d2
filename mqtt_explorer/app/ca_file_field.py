# SPDX-License-Identifier: MIT
"""The certificates to trust, for brokers whose authority this computer does not know."""

from __future__ import annotations

from PySide6.QtWidgets import QFileDialog, QLineEdit

from mqtt_explorer.widgets.buttons import push_button
from mqtt_explorer.widgets.cards import set_property
from mqtt_explorer.widgets.forms import Field


class CaFileField(Field):
    """A path with a button that opens a file dialog. Empty means the system's certificates."""

    def __init__(self) -> None:
        self._edit = QLineEdit()
        set_property(self._edit, "mono", True)
        browse = push_button("", self._browse, icon_name="folder-open")
        super().__init__("", self._edit, beside=browse)
        self.label.setText(self.tr("CA file"))
        self._edit.setAccessibleName(self.tr("CA file"))
        self._edit.setPlaceholderText(self.tr("The system's certificates"))
        browse.setText(self.tr("Browse…"))
        self.set_help(
            self.tr(
                "Only for a broker with a certificate of your own making: its authority's file in PEM format."
            )
        )
        self._edit.textEdited.connect(lambda: self.set_error(""))

    @property
    def edit(self) -> QLineEdit:
        """The line with the path."""
        return self._edit

    @property
    def path(self) -> str | None:
        """The file, or None for the system's certificates."""
        return self._edit.text().strip() or None

    def set_path(self, path: str | None) -> None:
        """Shows a file."""
        self._edit.setText(path or "")

    def _browse(self) -> None:
        dialog = QFileDialog(self, self.tr("Choose the CA file"))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setNameFilters([self.tr("Certificates (*.pem *.crt *.cer)"), self.tr("All files (*)")])
        dialog.fileSelected.connect(self._chosen)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _chosen(self, path: str) -> None:
        self.set_path(path)
        self.set_error("")
