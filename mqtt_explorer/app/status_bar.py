# SPDX-License-Identifier: MIT
"""The honest figures, always visible: rates, drops, memory, loop lag."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QWidget

from mqtt_explorer.measure.rate import RateMeter
from mqtt_explorer.models.wording import size
from mqtt_explorer.widgets.cards import label, set_property, set_tone

if TYPE_CHECKING:
    from PySide6.QtGui import QResizeEvent

    from mqtt_explorer.connection import Connection
    from mqtt_explorer.measure.loop_lag import Gaps
    from mqtt_explorer.store.budget import Budget

#: Above it the window is felt to stutter: the figure turns amber, and its tooltip names it.
_LAG_WARN_MS = 50
#: Below this width the bar and counters that stand at zero make room for the rest.
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
                "How late a 5 ms timer of this window's loop came in the last second, 99th percentile. Above {n} ms the window stutters."
            ).format(n=_LAG_WARN_MS)
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
        self.memory.setText(self.tr("Memory {used} of {limit}").format(used=size(used), limit=size(limit)))
        share = min(1.0, used / limit) if limit else 1.0
        self.memory_bar.setValue(round(share * 1000))
        self.lag.setText(self.tr("Loop lag p99 {ms} ms").format(ms=_number(self._gap_ms)))
        set_tone(self.lag, "warn" if self._gap_ms > _LAG_WARN_MS else None)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        narrow = self.width() < _NARROW
        if narrow == self.memory_bar.isHidden():
            return
        self.memory_bar.setVisible(not narrow)
        self.refresh()

    def _refresh_flow(self) -> None:
        connection = self._connection
        rates = (self.rate_in, self.rate_out, self.bytes_in)
        counters = (self.dropped, self.evicted, self.truncated, self.malformed)
        for figure in rates:
            figure.setVisible(connection is not None)
        self.idle.setVisible(connection is None)
        if connection is None:
            for figure in counters:
                figure.hide()
            self.idle.setText(self.tr("Not connected · nothing is sent until you connect"))
            return
        now = connection.counters()
        seconds = time.monotonic()
        self._in.update(seconds, now.received, now.bytes_in)
        self._out.update(seconds, now.published, now.bytes_out)
        self.rate_in.setText(self.tr("↓ {n} msg/s").format(n=_number(self._in.per_s)))
        self.rate_out.setText(self.tr("↑ {n} msg/s").format(n=_number(self._out.per_s)))
        self.bytes_in.setText(self.tr("{size}/s").format(size=size(round(self._in.bytes_per_s))))
        for figure, count, text in (
            (self.dropped, now.dropped, self.tr("{n} dropped")),
            (self.evicted, now.evicted, self.tr("{n} evicted")),
            (self.truncated, now.truncated, self.tr("{n} truncated")),
            (self.malformed, now.malformed, self.tr("{n} malformed")),
        ):
            figure.setText(text.format(n=_number(count)))
            figure.setVisible(count > 0 or figure is self.dropped or self.width() >= _NARROW)
        set_tone(self.dropped, "error" if now.dropped else None)
        set_tone(self.truncated, "warn" if now.truncated else None)
        set_tone(self.malformed, "warn" if now.malformed else None)


def _number(value: float) -> str:
    """A figure as all panels write it: one decimal below ten unless whole, none above."""
    return f"{value:.1f}" if value < 10 and value != int(value) else f"{value:,.0f}"
