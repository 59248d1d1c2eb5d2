# SPDX-License-Identifier: MIT
"""How the text of a search bar is read: four switches that know which of them go together."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QHBoxLayout, QMenu, QWidget

from mqtt_explorer.store.query import Query, QueryMode
from mqtt_explorer.widgets.buttons import IconButton
from mqtt_explorer.widgets.cards import plain_tooltip

_NATIVE: Final = QKeySequence.SequenceFormat.NativeText


class Switch(IconButton):
    """A small checkable icon button with keys; switched off it says why."""

    def __init__(self, icon_name: str, text: str, keys: str, parent: QWidget) -> None:
        super().__init__(icon_name, text, parent, checkable=True, small=True, shortcut=keys)
        self.text_ = text
        self.keys = keys
        self.reason = ""

    def set_reason(self, reason: str) -> None:
        """Why it does not apply; "" when it does. What was chosen is kept for then."""
        self.reason = reason
        self.setEnabled(not reason)
        self.set_hint(self.text_)
        if reason:
            self.setToolTip(plain_tooltip(f"{self.text_}: {reason}"))
        self.setAccessibleDescription(reason)


class QuerySwitches(QWidget):
    """Case, whole level, regular expression, MQTT filter.

    Signals:
        changed(): One was switched by the user.
    """

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._case = Switch("case", self.tr("Match case"), "Alt+C", self)
        self._whole = Switch("whole-level", self.tr("Whole level or word"), "Alt+W", self)
        self._regex = Switch("regex", self.tr("Regular expression"), "Alt+R", self)
        self._filter = Switch("wildcard", self.tr("MQTT filter with + and #"), "Alt+M", self)
        self.all = (self._case, self._whole, self._regex, self._filter)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        for switch in self.all:
            row.addWidget(switch)
            switch.clicked.connect(lambda _on, switch=switch: self._on_clicked(switch))
        self._show_reasons()

    @property
    def mode(self) -> QueryMode:
        """How the text is read."""
        if self._regex.isChecked():
            return QueryMode.REGEX
        return QueryMode.FILTER if self._filter.isChecked() else QueryMode.TEXT

    @property
    def case(self) -> bool:
        """Whether upper and lower case differ; False where the mode decides that by itself."""
        return self._case.isChecked() and not self._case.reason

    @property
    def whole_level(self) -> bool:
        """Whether whole levels or words are looked for; False where that does not apply."""
        return self._whole.isChecked() and not self._whole.reason

    @property
    def as_usual(self) -> bool:
        """True while none is on."""
        return not any(switch.isChecked() for switch in self.all)

    def set_from(self, query: Query) -> None:
        """Shows a query's choices without telling anybody."""
        self._regex.setChecked(query.mode is QueryMode.REGEX)
        self._filter.setChecked(query.mode is QueryMode.FILTER)
        self._show_reasons()
        # What does not apply in this mode stays as it was chosen for the others.
        if not self._case.reason:
            self._case.setChecked(query.case)
        if not self._whole.reason:
            self._whole.setChecked(query.whole_level)

    def show_only(self, *, active: bool) -> None:
        """Shows all of them, or those alone that are on."""
        for switch in self.all:
            switch.setVisible(switch.isChecked() or not active)

    @property
    def active(self) -> int:
        """How many are on."""
        return sum(switch.isChecked() for switch in self.all)

    def fill_menu(self, menu: QMenu) -> None:
        """Adds the switches to a menu, for bars that are too narrow for them."""
        for switch in self.all:
            action = menu.addAction(switch.text_)
            action.setCheckable(True)
            action.setChecked(switch.isChecked())
            action.setEnabled(switch.isEnabled())
            action.setToolTip(switch.toolTip())
            action.setText(f"{switch.text_}\t{QKeySequence(switch.keys).toString(_NATIVE)}")
            action.triggered.connect(lambda _on, switch=switch: switch.click())

    def _on_clicked(self, switch: Switch) -> None:
        for one, other in ((self._regex, self._filter), (self._filter, self._regex)):
            if switch is one and one.isChecked():
                other.setChecked(False)
        self._show_reasons()
        self.changed.emit()

    def _show_reasons(self) -> None:
        mode = self.mode
        in_filter = mode is QueryMode.FILTER
        self._case.set_reason(
            self.tr("an MQTT filter always tells upper and lower case apart.") if in_filter else ""
        )
        self._whole.set_reason(
            self.tr("an MQTT filter always compares whole levels.")
            if in_filter
            else self.tr("in a regular expression write \\b around the word.")
            if mode is QueryMode.REGEX
            else ""
        )
