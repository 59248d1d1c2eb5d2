# SPDX-License-Identifier: MIT
"""The row over a comparison: how it is made, how much differs, and what is left out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QSize, Signal
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from mqtt_explorer.payload.diff import MODES
from mqtt_explorer.payload.diff_rows import Counts
from mqtt_explorer.widgets.buttons import IconButton, SegmentedControl
from mqtt_explorer.widgets.cards import label, set_tone
from mqtt_explorer.widgets.tokens import GAP, GAP_XS

if TYPE_CHECKING:
    from PySide6.QtGui import QResizeEvent

    from mqtt_explorer.payload.diff import Diff, Mode

_LEAST: Final = 120


class DiffHead(QWidget):
    """One row where there is room, two where there is not.

    Signals:
        mode_chosen(str): The user wants it compared this way.
        hiding_changed(bool): What is the same shall be left out, or not.
        swap_wanted: The sides shall change places.
        step_wanted(int): To the next change (1), to the one before (-1).
    """

    mode_chosen = Signal(str)
    hiding_changed = Signal(bool)
    swap_wanted = Signal()
    step_wanted = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._told = False
        self._narrow = False
        self._numbers = Counts()
        self._unit = ""
        self.modes = SegmentedControl(
            (self.tr("Structure"), self.tr("Lines"), self.tr("Bytes")),
            parent=self,
            name=self.tr("Compare by"),
        )
        self.modes.changed.connect(self._on_mode)
        self.changed, self.new, self.gone, self.none = (label("", "heading") for _ in range(4))
        for made, tone in (
            (self.changed, "warn"),
            (self.new, "ok"),
            (self.gone, "error"),
            (self.none, "muted"),
        ):
            set_tone(made, tone)  # type: ignore[arg-type]
        self.previous = IconButton(
            "chevron-up",
            self.tr("Previous change"),
            self,
            on_click=lambda: self.step_wanted.emit(-1),
            small=True,
            shortcut="Shift+F8",
        )
        self.next = IconButton(
            "chevron-down",
            self.tr("Next change"),
            self,
            on_click=lambda: self.step_wanted.emit(1),
            small=True,
            shortcut="F8",
        )
        self.swap = IconButton("swap", self.tr("Swap A and B"), self, on_click=self.swap_wanted.emit)
        self.hide_same = QCheckBox(self.tr("Hide same"), self)
        self.hide_same.toggled.connect(self.hiding_changed)
        self._lay_out()

    def _lay_out(self) -> None:
        self._counts = QWidget(self)
        counts = QHBoxLayout(self._counts)
        counts.setContentsMargins(0, 0, 0, 0)
        counts.setSpacing(GAP)
        for made in (self.changed, self.new, self.gone, self.none):
            counts.addWidget(made)
        steps = QHBoxLayout()
        steps.setSpacing(0)
        steps.addWidget(self.previous)
        steps.addWidget(self.next)
        counts.addLayout(steps)
        self._first, self._second = QHBoxLayout(), QHBoxLayout()
        for row in (self._first, self._second):
            row.setSpacing(GAP)
        self._first.addWidget(self.modes)
        self._first.addWidget(self._counts)
        self._first.addStretch(1)
        self._first.addWidget(self.hide_same)
        self._first.addWidget(self.swap)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(GAP_XS)
        layout.addLayout(self._first)
        layout.addLayout(self._second)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setTabOrder(self.modes, self.previous)
        self.setTabOrder(self.previous, self.next)
        self.setTabOrder(self.next, self.hide_same)
        self.setTabOrder(self.hide_same, self.swap)

    def show_diff(self, diff: Diff, same: int) -> None:
        """Tells how two payloads were compared and what came of it; `same` rows are the same."""
        self.show_mode(diff.mode if not diff.equal else None, diff.reasons if not diff.equal else {})
        counts = diff.counts
        units = {"structure": self.tr("values"), "lines": self.tr("lines"), "bytes": self.tr("bytes")}
        unit = units[diff.mode]
        self._numbers, self._unit = counts, unit
        for made, count in ((self.changed, counts.changed), (self.new, counts.new), (self.gone, counts.gone)):
            made.setVisible(count > 0 and not diff.equal)
        self._say_counts(short=False)
        self.none.setText(self.tr("No {unit} changed").format(unit=unit))
        self.none.setVisible(not counts.different and not diff.equal)
        self.hide_same.setText(self.tr("Hide {n} same").format(n=f"{same:,}"))
        self.hide_same.setVisible(not diff.equal and (same > 0 or self.hide_same.isChecked()))
        self._counts.setVisible(not diff.equal)
        self.swap.setVisible(not diff.equal)
        many = counts.different > 1 and not diff.equal
        self.previous.setVisible(many)
        self.next.setVisible(many)
        self._fit()

    def show_nothing(self) -> None:
        """Nothing is compared now."""
        for part in (self._counts, self.hide_same, self.swap):
            part.hide()
        self._fit()

    def show_mode(self, mode: Mode | None, reasons: dict[Mode, str]) -> None:
        """Marks how it was compared, and why not otherwise; None leaves the mark where it is."""
        self._told = True
        for number, each in enumerate(MODES):
            self.modes.set_reason(number, reasons.get(each, ""))
        if mode is not None:
            self.modes.set_index(MODES.index(mode))
        self._told = False

    def minimumSizeHint(self) -> QSize:
        """It takes the room there is."""
        return QSize(_LEAST, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _on_mode(self, index: int) -> None:
        if not self._told:
            self.mode_chosen.emit(MODES[index])

    def _say_counts(self, *, short: bool) -> None:
        """In words; in signs, those of the table, where there is no room for words."""
        counts = self._numbers
        for made, count, word, sign in (
            (self.changed, counts.changed, self.tr("{n} changed"), "~"),
            (self.new, counts.new, self.tr("{n} new"), "+"),
            (self.gone, counts.gone, self.tr("{n} gone"), "−"),
        ):
            text = word.format(n=f"{count:,}")
            made.setText(f"{sign}{count:,}" if short else text)
            made.setToolTip(f"{text} · {self._unit}")
            made.setAccessibleName(text)

    def _fit(self) -> None:
        """Says the counts as there is room; see `_share_rows`."""
        self._say_counts(short=False)
        self._share_rows()
        if self._narrow:
            below = [part for part in (self._counts, self.hide_same) if not part.isHidden()]
            self._say_counts(short=sum(part.sizeHint().width() + GAP for part in below) > self.width())

    def _share_rows(self) -> None:
        """Puts the counts and the tick in a row of their own where one row is too narrow for all."""
        parts = [self.modes, self._counts, self.hide_same, self.swap]
        shown = [part for part in parts if not part.isHidden()]
        needed = sum(part.sizeHint().width() for part in shown) + GAP * len(shown)
        narrow = needed > self.width() > 0
        if narrow == self._narrow:
            return
        self._narrow = narrow
        if narrow:
            self._second.addWidget(self._counts)
            self._second.addStretch(1)
            self._second.addWidget(self.hide_same)
        else:
            stretch = self._second.takeAt(1)
            del stretch
            self._first.insertWidget(1, self._counts)
            self._first.insertWidget(self._first.indexOf(self.swap), self.hide_same)
