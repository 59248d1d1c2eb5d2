# SPDX-License-Identifier: MIT
"""Saved brokers that are being tried or have failed: a line each, with what can be done about it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from mqtt_explorer.app.attempt import Attempt, Phase
from mqtt_explorer.widgets.cards import label
from mqtt_explorer.widgets.forms import Strip
from mqtt_explorer.widgets.text import one_line

#: More lines would push the list away; it says of each broker how it stands.
_MOST: Final = 3


class AttemptLine(Strip):
    """One saved broker: what it does or why it failed, and the ways on.

    Signals:
        The first argument is always the profile's id.
    """

    cancel_requested = Signal(str)
    hurry_requested = Signal(str)
    retry_requested = Signal(str)
    edit_requested = Signal(str)
    scheme_requested = Signal(str, str)

    def __init__(self, attempt: Attempt, parent: QWidget | None = None) -> None:
        super().__init__("info", "", parent)
        self.profile_id = attempt.profile_id or ""
        self._scheme = ""
        self.now = self.add_button(
            self.tr("Now"), lambda: self.hurry_requested.emit(self.profile_id), icon_name="refresh"
        )
        self.now.setToolTip(self.tr("Try again without waiting"))
        self.scheme = self.add_button(
            "", lambda: self.scheme_requested.emit(self.profile_id, self._scheme), icon_name="connect"
        )
        self.retry = self.add_button("", lambda: self.retry_requested.emit(self.profile_id))
        self.edit = self.add_button(
            self.tr("Edit broker…"), lambda: self.edit_requested.emit(self.profile_id), icon_name="edit"
        )
        self.cancel = self.add_button("", lambda: self.cancel_requested.emit(self.profile_id))
        self.show_attempt(attempt)

    def show_attempt(self, attempt: Attempt) -> None:
        """Shows how an attempt stands."""
        failed, waiting = attempt.phase is Phase.FAILED, attempt.phase is Phase.WAITING
        error = attempt.error if failed or waiting else None
        parts = [f"{one_line(error.title, 60)}: {one_line(error.message)}"] if error is not None else []
        text = " ".join([*parts, attempt.sentence]).strip()
        wrong = failed and not attempt.needs_password
        self.set_message(
            text,
            kind="error" if wrong else "warn" if failed or waiting else "info",
            strong=one_line(attempt.title, 40),
        )
        self._scheme = (getattr(error, "try_scheme", None) or "") if error is not None else ""
        self.scheme.setVisible(bool(self._scheme))
        self.scheme.setText(self.tr("Use {scheme}://").format(scheme=self._scheme))
        self.now.setVisible(waiting)
        self.retry.setVisible(failed)
        self.retry.setText(self.tr("Enter the password…") if attempt.needs_password else self.tr("Try again"))
        self.edit.setVisible(error is not None)
        self.cancel.setText(self.tr("Dismiss") if failed else self.tr("Cancel"))
        for button in (self.now, self.scheme, self.retry, self.edit, self.cancel):
            button.setAccessibleName(f"{button.text()}, {attempt.title}")


class AttemptList(QWidget):
    """The lines, newest last; of many the newest.

    Signals:
        As those of `AttemptLine`.
    """

    cancel_requested = Signal(str)
    hurry_requested = Signal(str)
    retry_requested = Signal(str)
    edit_requested = Signal(str)
    scheme_requested = Signal(str, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._lines: dict[int, AttemptLine] = {}
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(4)
        self.more = label("", "caption")
        self._column.addWidget(self.more)
        self.show_attempts(())

    @property
    def lines(self) -> list[AttemptLine]:
        """The lines from top to bottom."""
        return list(self._lines.values())

    def show_attempts(self, attempts: Sequence[Attempt]) -> None:
        """Shows how all attempts stand."""
        shown = [each for each in attempts if not each.quiet or each.error is not None][-_MOST:]
        wanted = {each.number for each in shown}
        for number in [number for number in self._lines if number not in wanted]:
            line = self._lines.pop(number)
            line.hide()
            line.deleteLater()
        for attempt in shown:
            if (known := self._lines.get(attempt.number)) is not None:
                known.show_attempt(attempt)
            else:
                self._add(attempt)
        hidden = len([each for each in attempts if each.error is not None]) - len(
            [each for each in shown if each.error is not None]
        )
        self.more.setText(self.tr("{n} more are in trouble: see the list below.").format(n=hidden))
        self.more.setVisible(hidden > 0)
        self.setVisible(bool(shown))

    def _add(self, attempt: Attempt) -> None:
        line = AttemptLine(attempt, self)
        line.cancel_requested.connect(self.cancel_requested)
        line.hurry_requested.connect(self.hurry_requested)
        line.retry_requested.connect(self.retry_requested)
        line.edit_requested.connect(self.edit_requested)
        line.scheme_requested.connect(self.scheme_requested)
        self._lines[attempt.number] = line
        self._column.insertWidget(self._column.count() - 1, line)
        line.show()
