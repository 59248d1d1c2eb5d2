# SPDX-License-Identifier: MIT
"""The strip under the header: why the shown connection does not stand, and when it is tried again."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QWidget

from mqtt_explorer.network.link import LinkState
from mqtt_explorer.widgets.forms import Strip
from mqtt_explorer.widgets.text import one_line

if TYPE_CHECKING:
    from collections.abc import Callable

    from mqtt_explorer.connection import Connection
    from mqtt_explorer.network.link import StateChange


class StateStrip(Strip):
    """Visible while the connection waits or has failed, and while it tries again after that.

    The figure that counts stands at the end of its line: nothing moves while it does.

    Signals:
        connect_requested(): Connect again after a failure, as the header's Connect does.
        edit_requested(): Open the form of the broker, where the cause can be mended.
    """

    connect_requested = Signal()
    edit_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("error", "", parent)
        self._connection: Connection | None = None
        self._forget: Callable[[], None] | None = None
        self._sentence = ""
        self._again_at = 0.0
        self.edit = self.add_button(self.tr("Edit broker"), self.edit_requested.emit, icon_name="edit")
        self.retry = self.add_button(self.tr("Try now"), self._retry_now, icon_name="refresh")
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._count)
        self.hide()

    def set_connection(self, connection: Connection | None) -> None:
        """Shows another connection's trouble, or none."""
        if self._forget is not None:
            self._forget()
            self._forget = None
        self._timer.stop()
        self._connection = connection
        if connection is None:
            self.hide()
            return
        self._forget = connection.state_changed.connect(self._show)
        self._show(connection.state)

    def _show(self, change: StateChange) -> None:
        self._timer.stop()
        if change.state is LinkState.CONNECTING and not self.isHidden():
            self.text.setText(f"{self._sentence} {self.tr('Trying now…')}")  # the step stands in the header
            self.retry.setEnabled(False)
            return
        waiting = change.state is LinkState.WAITING
        error = change.error
        if error is None or not (waiting or change.state is LinkState.FAILED):
            self.hide()
            return
        self._sentence = one_line(error.message)
        self._again_at = time.monotonic() + (change.retry_in_s or 0.0)
        when = f" {self._when()}" if waiting else ""
        self.set_message(
            self._sentence + when, kind="warn" if waiting else "error", strong=one_line(error.title, 60)
        )
        self.retry.setText(self.tr("Try now") if waiting else self.tr("Try again"))
        self.retry.setEnabled(True)
        self.edit.setVisible(self._connection is not None and self._connection.profile_id is not None)
        self.show()
        if waiting:
            self._timer.start(self._next_ms())

    def _count(self) -> None:
        self.text.setText(f"{self._sentence} {self._when()}")
        self._timer.start(self._next_ms())

    def _when(self) -> str:
        left = max(0, math.ceil(self._again_at - time.monotonic()))
        return self.tr("Trying again in {s}\u00a0s.").format(s=left)  # figure and unit stay on one line

    def _next_ms(self) -> int:
        """Until the figure changes; a timer of one second would now and then miss one."""
        left_ms = (self._again_at - time.monotonic()) * 1000
        return max(20, round(left_ms % 1000) + 10) if left_ms > 0 else 1000

    def _retry_now(self) -> None:
        if self._connection is None:
            return
        if self._connection.state.state is LinkState.WAITING:
            self._connection.retry_now()
        else:
            self.connect_requested.emit()
