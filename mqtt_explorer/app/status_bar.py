# SPDX-License-Identifier: MIT
"""The honest figures, always visible: rates, drops, memory, loop lag."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from PySide6.QtCore import QLocale
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QWidget

from mqtt_explorer.measure.rate import RateMeter
from mqtt_explorer.widgets.cards import label, set_property, set_tone

if TYPE_CHECKING:
    from PySide6.QtGui import QResizeEvent

    from mqtt_explorer.connection import Connection
    from mqtt_explorer.measure.loop_lag import Gaps
    from mqtt_explorer.store.budget import Budget

#: As the settings count it.
_MB = 1024 * 1024
#: Below this width the bar makes room for the words.
_NARROW = 960


class StatusBar(QWidget):
    """One row at the foot of the window; `refresh` is called some times a second."""

    def __init__(self, budget: Budget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._budget = budget
        self._connection: Connection | None = None
        self._in = RateMeter()
        self._out = RateMeter()
        self._gap_ms = 0.0
        self.setFixedHeight(24)
        self.setAccessibleName(self.tr("Status"))
        self.rate_in = self._figure(self.tr("Messages received per second"))
        self.rate_out = self._figure(self.tr("Messages published per second"))
        self.bytes_in = self._figure(self.tr("Received on the wire, everything included"))
        self.dropped = self._figure(
            self.tr(
                "Messages that reached this program and were not stored, because the memory budget was full"
            )
        )
        self.evicted = self._figure(
            self.tr("Payloads the memory budget took back, oldest first. Counters and topics stay.")
        )
        self.truncated = self._figure(
            self.tr("Messages above the payload cap, kept shorter than sent. The cap is in the settings.")
        )
        self.malformed = self._figure(
            self.tr("Packets that are no MQTT messages; each is listed raw in the Log.")
        )
        self.memory = self._figure(
            self.tr(
                "Estimated memory of tree and history, and the budget they share. The budget is in the settings."
            )
        )
        self.memory_bar = QProgressBar()
        self.memory_bar.setRange(0, 1000)
        self.memory_bar.setFixedWidth(64)
        self.memory_bar.setTextVisible(False)
        self.memory_bar.setAccessibleName(self.tr("Memory used of the budget"))
        set_property(self.memory_bar, "kind", "quiet")
        self.lag = self._figure(
            self.tr(
                "How late a 5 ms timer of this window's loop came in the last second, 99th percentile. Above 16 ms the window stutters."
            )
        )
        self.idle = label("", "caption")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(4, 0, 4, 0)
        layout.setSpacing(16)
        layout.addWidget(self.idle)
        for figure in (
            self.rate_in,
            self.rate_out,
            self.bytes_in,
            self.dropped,
            self.evicted,
            self.truncated,
            self.malformed,
        ):
            layout.addWidget(figure)
        layout.addStretch(1)
        layout.addWidget(self.memory)
        layout.addWidget(self.memory_bar)
        layout.addWidget(self.lag)
        self.refresh()

    @staticmethod
    def _figure(tooltip: str) -> QLabel:
        figure = label("", "caption")
        figure.setToolTip(tooltip)
        return figure

    def set_connection(self, connection: Connection | None) -> None:
        """Shows the figures of a connection; memory and lag are those of the whole program."""
        self._connection = connection
        self._in, self._out = RateMeter(), RateMeter()
        self.refresh()

    def set_gaps(self, gaps: Gaps) -> None:
        """Takes the loop's lateness of the last second."""
        self._gap_ms = gaps.p99

    def refresh(self) -> None:
        """Reads all counters again."""
        self._refresh_flow()
        used, limit = self._budget.used_bytes, self._budget.limit_bytes
        self.memory.setText(
            self.tr("Memory {used} of {limit} MB").format(
                used=_number(used / _MB), limit=_number(limit / _MB)
            )
        )
        share = min(1.0, used / limit) if limit else 1.0
        self.memory_bar.setValue(round(share * 1000))
        self.lag.setText(self.tr("Loop lag p99 {ms} ms").format(ms=_number(self._gap_ms)))
        set_tone(self.lag, "warn" if self._gap_ms > 50 else None)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.memory_bar.setVisible(self.width() >= _NARROW)

    def _refresh_flow(self) -> None:
        connection = self._connection
        flow = (
            self.rate_in,
            self.rate_out,
            self.bytes_in,
            self.dropped,
            self.evicted,
            self.truncated,
            self.malformed,
        )
        for figure in flow:
            figure.setVisible(connection is not None)
        self.idle.setVisible(connection is None)
        if connection is None:
            self.idle.setText(self.tr("Not connected · nothing is sent until you connect"))
            return
        now = connection.counters()
        seconds = time.monotonic()
        self._in.update(seconds, now.received, now.bytes_in)
        self._out.update(seconds, now.published, now.bytes_out)
        self.rate_in.setText(self.tr("↓ {n} msg/s").format(n=_number(self._in.per_s)))
        self.rate_out.setText(self.tr("↑ {n} msg/s").format(n=_number(self._out.per_s)))
        self.bytes_in.setText(self.tr("{n} kB/s").format(n=_number(self._in.bytes_per_s / 1000)))
        for figure, count, text in (
            (self.dropped, now.dropped, self.tr("{n} dropped")),
            (self.evicted, now.evicted, self.tr("{n} evicted")),
            (self.truncated, now.truncated, self.tr("{n} truncated")),
            (self.malformed, now.malformed, self.tr("{n} malformed")),
        ):
            figure.setText(text.format(n=_number(count)))
        set_tone(self.dropped, "error" if now.dropped else None)
        set_tone(self.truncated, "warn" if now.truncated else None)
        set_tone(self.malformed, "warn" if now.malformed else None)


def _number(value: float) -> str:
    """A figure in the locale's way: one decimal below ten unless whole, none above."""
    locale = QLocale()
    if value < 10 and value != int(value):
        return locale.toString(value, "f", 1)
    return locale.toString(round(value))
