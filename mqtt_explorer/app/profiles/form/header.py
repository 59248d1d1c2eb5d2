# SPDX-License-Identifier: MIT
"""The head of the form: which broker, whether it is saved, and what to do with it."""

from __future__ import annotations

import time

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from mqtt_explorer.app.profiles.form.draft import Draft
from mqtt_explorer.widgets.buttons import IconButton, push_button
from mqtt_explorer.widgets.cards import Elided, label, plain_tooltip, set_tone
from mqtt_explorer.widgets.tokens import GAP

_MINUTE_S = 60


class FormHeader(QWidget):
    """Back, name, "Saved 2 s ago", Duplicate, Connect.

    Signals:
        back_requested(): Leave the form.
        duplicate_requested(): A copy is wanted.
        connect_requested(): Connect, or show the broker that is open.
    """

    back_requested = Signal()
    duplicate_requested = Signal()
    connect_requested = Signal()

    def __init__(self, draft: Draft, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._draft = draft
        self.back = IconButton(
            "arrow-left", self.tr("Back"), self, on_click=self.back_requested.emit, shortcut="Esc"
        )
        self.name = Elided("", role="section")
        self.state = label("", "muted")
        self.duplicate = push_button(
            self.tr("Duplicate"),
            self.duplicate_requested.emit,
            icon_name="copy",
            tooltip=self.tr("A second broker with the same values"),
        )
        self.connect_button = push_button(
            self.tr("Connect"), self.connect_requested.emit, icon_name="connect", kind="primary"
        )
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GAP)
        row.addWidget(self.back)
        row.addWidget(self.name, 1)
        for each in (self.state, self.duplicate, self.connect_button):
            row.addWidget(each)
        self._timer = QTimer(self, interval=1000)
        self._timer.timeout.connect(self.show_state)
        draft.state_changed.connect(self.show_state)

    def set_connect(self, blocked: str, *, is_open: bool) -> None:
        """Blocks Connect with the reason, or names what it does."""
        self.connect_button.setText(self.tr("Show") if is_open else self.tr("Connect"))
        self.connect_button.setEnabled(not blocked)
        keys = self.tr("Ctrl+Enter")
        self.connect_button.setToolTip(plain_tooltip(blocked or keys))
        self.connect_button.setAccessibleDescription(blocked)

    def show_state(self) -> None:
        """Says whether everything is saved, and for how long."""
        draft = self._draft
        tone = "muted"
        if draft.problem:
            text, tone = self.tr("Not saved"), "error"
        elif draft.saving:
            text = self.tr("Saving…")
        elif draft.held:
            text = self.tr("Not saved yet")
        elif draft.saved_at is None:
            text = self.tr("Saved")
        else:
            text = self._ago(time.monotonic() - draft.saved_at)
        self.state.setText(text)
        self.state.setToolTip(
            plain_tooltip(
                draft.problem
                or (
                    self.tr(
                        "The URL is saved when it is an address without a password in it, or when its field is left."
                    )
                    if draft.held
                    else self.tr("Every change is saved by itself, also an invalid one.")
                )
            )
        )
        self.state.setAccessibleDescription(draft.problem)
        set_tone(self.state, tone)  # type: ignore[arg-type]

    def say_it_is_saved(self) -> None:
        """Ctrl+S was pressed: nothing to do, and said so."""
        if not self._draft.problem and not self._draft.saving and not self._draft.held:
            self.state.setText(self.tr("Saved by itself"))

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.show_state()
        self._timer.start()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._timer.stop()

    def _ago(self, seconds: float) -> str:
        if seconds < 1:
            return self.tr("Saved")
        if seconds < _MINUTE_S:
            return self.tr("Saved {n} s ago").format(n=int(seconds))
        return self.tr("Saved {n} min ago").format(n=int(seconds // _MINUTE_S))
