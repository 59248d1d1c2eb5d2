# SPDX-License-Identifier: MIT
"""The strip of a list that stands: why, how many messages wait, what was dropped meanwhile, and the way on."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from mqtt_explorer.measure.rate import RateMeter
from mqtt_explorer.widgets.cards import Elided, label, set_tone
from mqtt_explorer.widgets.forms import Strip
from mqtt_explorer.widgets.icons import pixmap
from mqtt_explorer.widgets.tokens import GAP

if TYPE_CHECKING:
    from mqtt_explorer.models.message_state import ListState
    from mqtt_explorer.store.topic_store import TopicStore

_RATE_FROM: Final = 400
"""A narrower strip has no room for the rate."""
_RATE_EVERY_S: Final = 0.5


class WaitingStrip(Strip):
    """Orange while somebody paused the list, quiet while it is only held. Its figures count up without moving each other.

    Signals:
        show_wanted(): Show what waits, and go on.
    """

    show_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("info", "", parent)
        self._rate = RateMeter()
        self._rate_at = 0.0
        self._said = ("", "", "", "")
        self.count = label("", "body")
        self.lost = label("", "body")
        set_tone(self.lost, "error")
        self.lost.hide()
        self.rate = Elided("", role="caption")
        figures = QWidget(self)
        row = QHBoxLayout(figures)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GAP)
        row.addWidget(self.count)
        row.addWidget(self.lost)
        row.addWidget(self.rate, 1)
        # The figures are labels of their own in the place of the sentence, so that none moves as another grows.
        line = next(each for each in self.findChildren(QHBoxLayout) if each.indexOf(self.text) >= 0)
        line.insertWidget(line.indexOf(self.text), figures, 1)
        self.text.hide()
        self.button = self.add_button(self.tr("Show them"), self.show_wanted.emit, icon_name="play")
        self._reserve(self.count, self.tr("{n} waiting").format(n="8,888"))
        self.hide()

    def show_state(self, store: TopicStore | None, state: ListState, *, paused: bool, held: bool) -> None:
        """Says how the list stands; hides where it simply follows."""
        stands = store is not None and (paused or held)
        if stands and store is not None:
            strong = self.tr("Paused") if paused else self.tr("Held while you read")
            words = self.tr("{n} waiting") if paused else self.tr("{n} new")
            count = words.format(n=f"{state.waiting:,}") + ("" if state.done or not state.waiting else "…")
            lost = self.tr("{n} dropped").format(n=f"{state.lost:,}") if state.lost else ""
            rate = ""
            if paused and self.width() >= _RATE_FROM:
                rate = self.tr("still receiving {n} msg/s").format(n=f"{self._per_s(store):,.0f}")
            self._say(strong, count, lost, rate)
        if stands == self.isHidden():
            self.setVisible(stands)

    def _say(self, strong: str, count: str, lost: str, rate: str) -> None:
        said = (strong, count, lost, rate)
        if said == self._said:
            return
        paused = strong == self.tr("Paused")
        self._said = said
        self.count.setText(count)
        self._reserve(self.count, count)
        self.lost.setText(lost)
        self.lost.setVisible(bool(lost))
        self.lost.setToolTip(self.tr("The memory budget dropped them before they could be shown."))
        self.rate.setText(rate)
        self.set_message("", kind="warn" if paused else "info", strong=strong)
        self.setAccessibleName(" ".join(filter(None, said)))

    def _per_s(self, store: TopicStore) -> float:
        now = time.monotonic()
        if now - self._rate_at >= _RATE_EVERY_S:
            if now - self._rate_at > 4 * _RATE_EVERY_S:
                self._rate = RateMeter()  # of another pause
            self._rate_at = now
            self._rate.update(now, store.counters.received, 0)
        return self._rate.per_s

    @staticmethod
    def _reserve(figure: QLabel, text: str) -> None:
        """The room only grows: what stands beside the figure shall not move with each digit."""
        width = figure.fontMetrics().horizontalAdvance(text) + 4
        figure.setMinimumWidth(max(figure.minimumWidth(), width))
        figure.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)

    def _restyle(self) -> None:
        super()._restyle()
        token = "warn" if self._kind == "warn" else "muted"
        self._picture.setPixmap(pixmap("pause", token, 16, self.devicePixelRatioF()))
