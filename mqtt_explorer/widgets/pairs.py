# SPDX-License-Identifier: MIT
"""A short table of names and values: user properties, headers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QSizePolicy, QVBoxLayout, QWidget

from mqtt_explorer.widgets.buttons import IconButton, push_button
from mqtt_explorer.widgets.cards import set_property
from mqtt_explorer.widgets.line_edits import SecretEdit
from mqtt_explorer.widgets.tokens import GAP, GAP_XS

#: A line edit cuts what is longer in silence; MQTT's own limit is 65,535 bytes.
_LONGEST = 70_000


@dataclass(eq=False)
class _Line:
    holder: QWidget
    name: QLineEdit
    value: QLineEdit
    remove: IconButton


class PairsEdit(QWidget):
    """Lines of name and value with a button that removes the line, and one that adds a line.

    Signals:
        edited(): The user changed something.
        left(): A field was left.
    """

    edited = Signal()
    left = Signal()

    def __init__(self, name: str, *, add: str, secret_values: bool = False) -> None:
        super().__init__()
        self._name = name
        self._secret = secret_values
        self._lines: list[_Line] = []
        self._before = QWidget(self)  # where the lines begin in the order of Tab; never seen
        self._before.hide()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.add_button = push_button(add, self._add_line, icon_name="plus", kind="link")
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(GAP_XS)
        foot = QHBoxLayout()
        foot.addWidget(self.add_button)
        foot.addStretch(1)
        self._column.addLayout(foot)
        self.setFocusProxy(self.add_button)

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """What stands there; lines without any text are left out."""
        found = ((line.name.text(), line.value.text()) for line in self._lines)
        return tuple(pair for pair in found if pair != ("", ""))

    def set_pairs(self, pairs: Sequence[tuple[str, str]]) -> None:
        """Shows other pairs."""
        while self._lines:
            self._drop(self._lines[-1])
        for name, value in pairs:
            line = self._make_line()
            line.name.setText(name)
            line.value.setText(value)

    def mark(self, index: int | None) -> None:
        """Puts the red line around one pair, counted from 0 among those with text; None takes it away."""
        shown = [line for line in self._lines if line.name.text() or line.value.text()]
        for number, line in enumerate(shown):
            for edit in (line.name, line.value):
                set_property(edit, "error", number == index)

    def _add_line(self) -> None:
        self._make_line().name.setFocus()

    def _make_line(self) -> _Line:
        holder = QWidget(self)
        number = len(self._lines) + 1
        name = QLineEdit()
        value: QLineEdit = SecretEdit(self.tr("value")) if self._secret else QLineEdit()
        name.setPlaceholderText(self.tr("Name"))
        value.setPlaceholderText(self.tr("Value"))
        remove = IconButton("close", self.tr("Remove this line"), holder, small=True)
        line = _Line(holder, name, value, remove)
        row = QHBoxLayout(holder)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GAP)
        row.addWidget(name, 2)
        row.addWidget(value, 3)
        row.addWidget(remove)
        for edit, word in ((name, self.tr("name")), (value, self.tr("value"))):
            set_property(edit, "mono", True)
            edit.setMaxLength(_LONGEST)
            edit.setAccessibleName(f"{self._name} {number}, {word}")
            edit.textEdited.connect(self.edited)
            edit.editingFinished.connect(self.left)
        if isinstance(value, SecretEdit):
            value.hide_secret()
        remove.clicked.connect(lambda: self._remove(line))
        self._lines.append(line)
        self._order()
        self._column.insertWidget(len(self._lines) - 1, holder)
        return line

    def _order(self) -> None:
        """Tab goes through the lines, whenever they were made."""
        before = self._before
        for line in self._lines:
            inner = (line.value.button,) if isinstance(line.value, SecretEdit) else ()
            for each in (line.name, line.value, *inner, line.remove):
                QWidget.setTabOrder(before, each)
                before = each
        QWidget.setTabOrder(before, self.add_button)

    def _remove(self, line: _Line) -> None:
        place = self._lines.index(line)
        self._drop(line)
        target = self._lines[min(place, len(self._lines) - 1)].name if self._lines else self.add_button
        target.setFocus()
        self.edited.emit()
        self.left.emit()

    def _drop(self, line: _Line) -> None:
        self._lines.remove(line)
        self._column.removeWidget(line.holder)
        line.holder.hide()
        line.holder.deleteLater()
