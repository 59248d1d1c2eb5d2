# SPDX-License-Identifier: MIT
"""The chips of a search: where it looks (topic, payload, property) and which states count (retained, changed, stale)."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QCoreApplication, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QMenu, QSizePolicy, QWidget

from mqtt_explorer.store.query import Query, QueryMode
from mqtt_explorer.widgets.buttons import Chip
from mqtt_explorer.widgets.cards import Rule, plain_tooltip
from mqtt_explorer.widgets.theme import theme
from mqtt_explorer.widgets.tokens import GAP, GAP_XS

if TYPE_CHECKING:
    from collections.abc import Sequence

_NS: Final = 1_000_000_000
#: Choices of "Changed": seconds back from the moment of choosing.
_BACK: Final = (0, 10, 60, 600)
#: Padding and border of a chip, left and right together, and two pixels to spare.
_AROUND: Final = 20
_RULE_PX: Final = 16


class QueryChips(QWidget):
    """A row of switches, on two lines where it is narrow; one of the three scopes always stays on.

    Signals:
        changed(): The user switched one.

    Args:
        stale: Whether there is a chip for topics that are overdue (lists of messages have none).

    Attributes:
        stops: The chips that are there, from left to right.
    """

    changed = Signal()

    def __init__(self, parent: QWidget | None = None, stale: bool = True) -> None:
        super().__init__(parent)
        self._mode = QueryMode.TEXT
        self._since_ns: int | None = None
        self._since_text = ""
        self._no_properties = ""
        self.topic = self._chip(self.tr("Topic"))
        self.payload = self._chip(self.tr("Payload"))
        self.properties = self._chip(self.tr("Property"))
        self.retained = self._chip(self.tr("Retained"))
        self.since = self._chip(self.tr("Changed"))
        self.stale = self._chip(self.tr("Stale"))
        self._scopes = (self.topic, self.payload, self.properties)
        states = (self.retained, self.since, self.stale) if stale else (self.retained, self.since)
        self.stops: Sequence[Chip] = (*self._scopes, *states)
        for chip in self._scopes:
            chip.clicked.connect(lambda _on, chip=chip: self._on_scope(chip))
        self._lay_out(states)
        self.retained.clicked.connect(lambda _on: self.changed.emit())
        self.stale.clicked.connect(lambda _on: self.changed.emit())
        self.since.clicked.connect(lambda _on: self._on_since())
        self.stale.setVisible(stale)
        theme().changed.connect(self._fit_chips)
        self._fit_chips()
        self.set_from(Query())

    @property
    def line_width(self) -> int:
        """Pixels that all of them take on one line."""
        return self._first.sizeHint().width() + self._second.sizeHint().width() + 2 * GAP + 1

    def height_at(self, width: int) -> int:
        """Pixels that one line or two of them are high in that width."""
        height = self._first.sizeHint().height()
        return height if width >= self.line_width else 2 * height + GAP_XS

    def apply(self, query: Query) -> Query:
        """The query with the scopes and states that are on. Its mode decides which of the chips apply."""
        self.set_mode(query.mode)
        return replace(
            query,
            topic=self.topic.isChecked(),
            payload=self.payload.isChecked(),
            properties=self.properties.isChecked() and not self._no_properties,
            retained=self.retained.isChecked(),
            changed_since_ns=self._since_ns,
            stale=self.stale.isChecked(),
        )

    def set_from(self, query: Query) -> None:
        """Shows a query's scopes and states without telling anybody."""
        self.topic.setChecked(query.topic or not (query.payload or query.properties))
        self.payload.setChecked(query.payload)
        self.properties.setChecked(query.properties)
        self.retained.setChecked(query.retained)
        self.stale.setChecked(query.stale)
        self._mode = query.mode
        self._take_since(query.changed_since_ns)

    def set_mode(self, mode: QueryMode) -> None:
        """Shows which chips apply to that way of reading the text."""
        if mode is not self._mode:
            self._mode = mode
            self._show()

    def set_no_properties(self, reason: str) -> None:
        """Switches the property chip off and says why (MQTT 3.1.1 has none); "" switches it on again."""
        if reason != self._no_properties:
            self._no_properties = reason
            if reason and not (self.topic.isChecked() or self.payload.isChecked()):
                self.topic.setChecked(True)
            self._show()

    # -- Qt ------------------------------------------------------------------------------------------------------------

    def minimumSizeHint(self) -> QSize:
        width = max(self._first.sizeHint().width(), self._second.sizeHint().width())
        return QSize(width, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    # -- inside --------------------------------------------------------------------------------------------------------

    def _lay_out(self, states: Sequence[Chip]) -> None:
        self._first, self._second = _line(self._scopes, self), _line(states, self)
        self._rule = Rule(self, vertical=True)
        self._rule.setFixedHeight(_RULE_PX)
        self._box = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._box.setContentsMargins(0, 0, 0, 0)
        self._box.setSpacing(GAP)
        for part in (self._first, self._rule, self._second):
            self._box.addWidget(part)
        self._box.addStretch(1)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def _arrange(self) -> None:
        """On one line where all fit, else the states below the scopes."""
        direction = QBoxLayout.Direction
        wanted = direction.LeftToRight if self.width() >= self.line_width else direction.TopToBottom
        if wanted != self._box.direction():
            self._box.setSpacing(GAP if wanted == direction.LeftToRight else GAP_XS)
            self._box.setDirection(wanted)
            self._rule.setVisible(wanted == direction.LeftToRight)

    def _fit_chips(self) -> None:
        """As wide as their text when it is bold: Qt gives a tool button two blanks more."""
        metrics = QFontMetrics(theme().small_font(semibold=True))
        for chip in self.stops:
            chip.setFixedWidth(metrics.horizontalAdvance(chip.text()) + _AROUND)
        self.updateGeometry()
        self._arrange()

    def _chip(self, text: str) -> Chip:
        return Chip(text, self, checkable=True)

    def _on_scope(self, chip: Chip) -> None:
        if not any(each.isChecked() and each.isEnabled() for each in self._scopes):
            chip.setChecked(True)  # nothing would be searched
            return
        self._show()
        self.changed.emit()

    def _on_since(self) -> None:
        """A click asks since when; another one ends it."""
        if self._since_ns is not None:
            self._choose_since(None)
            return
        self.since.setChecked(False)  # until something is chosen
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for seconds in _BACK:
            action = menu.addAction(_back_text(seconds))
            action.triggered.connect(lambda _on=False, seconds=seconds: self._choose_since(seconds))
        menu.popup(self.since.mapToGlobal(self.since.rect().bottomLeft()))

    def _choose_since(self, seconds: int | None) -> None:
        self._take_since(None if seconds is None else time.monotonic_ns() - seconds * _NS)
        self.changed.emit()

    def _take_since(self, since_ns: int | None) -> None:
        self._since_ns = since_ns
        self._since_text = ""
        if since_ns is not None:
            wall_s = time.time() - (time.monotonic_ns() - since_ns) / _NS
            self._since_text = time.strftime("%H:%M:%S", time.localtime(wall_s))
        self.since.setChecked(since_ns is not None)
        self._show()

    def _show(self) -> None:
        in_filter = self._mode is QueryMode.FILTER
        only_topics = self.tr("An MQTT filter looks at topics alone.") if in_filter else ""
        on = [chip for chip in self._scopes if chip.isChecked()]
        for chip, hint, reason in (
            (self.topic, self.tr("Look into topics."), only_topics),
            (self.payload, self.tr("Look into the payload of the last message."), only_topics),
            (
                self.properties,
                self.tr("Look into the MQTT 5 properties of the last message: names and values."),
                only_topics or self._no_properties,
            ),
        ):
            last = self.tr("One of topic, payload and property stays on.") if on == [chip] else ""
            self._say(chip, hint if not last else f"{hint} {last}", reason)
        self._say(self.retained, self.tr("Only what the broker keeps as a retained message."))
        self._say(
            self.since,
            self.tr("Only what had a message since {time}. Click to end that.").format(time=self._since_text)
            if self._since_text
            else self.tr("Only what had a message since a moment you choose."),
        )
        self._say(
            self.stale,
            self.tr(
                "Only topics that have been silent for much longer than usual, as their last messages tell."
            ),
        )

    def _say(self, chip: Chip, hint: str, reason: str = "") -> None:
        chip.setEnabled(not reason)
        chip.setToolTip(plain_tooltip(reason or hint))
        chip.setAccessibleDescription(reason or hint)


def _line(chips: Sequence[Chip], parent: QWidget) -> QWidget:
    holder = QWidget(parent)
    row = QHBoxLayout(holder)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(GAP_XS)
    for chip in chips:
        row.addWidget(chip)
    row.addStretch(1)
    return holder


def _back_text(seconds: int) -> str:
    texts = {
        0: QCoreApplication.translate("QueryChips", "Since now"),
        10: QCoreApplication.translate("QueryChips", "In the last 10 seconds"),
        60: QCoreApplication.translate("QueryChips", "In the last minute"),
        600: QCoreApplication.translate("QueryChips", "In the last 10 minutes"),
    }
    return texts[seconds]
