# SPDX-License-Identifier: MIT
"""The strip that says an error nobody caught happened, and its way to the report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from mqtt_explorer.app.error_dialog import ErrorDialog
from mqtt_explorer.widgets.forms import Strip
from mqtt_explorer.widgets.text import one_line

if TYPE_CHECKING:
    from mqtt_explorer.app.error_report import ErrorReports


class ErrorStrip(Strip):
    """Hidden until the first error."""

    def __init__(self, reports: ErrorReports, parent: QWidget | None = None) -> None:
        super().__init__("error", "", parent, dismissable=True)
        self._reports = reports
        self.add_button(self.tr("Details"), self.show_details)
        self.hide()
        reports.reported.connect(self._on_error)

    def show_details(self) -> None:
        """Opens the report, or brings the one that is open to the front."""
        if not self._reports.kept:
            return
        dialog = self.window().findChild(ErrorDialog)
        if dialog is None:
            first, *others = self._reports.kept
            dialog = ErrorDialog(*first, self.window())
            for report in others:
                dialog.add(*report)
        dialog.open()

    def _on_error(self, headline: str, text: str) -> None:
        told = self.tr(
            "Something in the program failed ({what}). It goes on; what you see may be incomplete."
        )
        self.set_message(told.format(what=one_line(headline, 60)))
        self.show()
        if (dialog := self.window().findChild(ErrorDialog)) is not None:
            dialog.add(headline, text)
