# SPDX-License-Identifier: MIT
"""The line of a search bar: takes whatever is typed, pasted or dropped, and says when it takes only a part of it or nothing."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent, QValidator
from PySide6.QtWidgets import QLineEdit, QWidget

from mqtt_explorer.store.query import MAX_CHARACTERS

# QLineEdit cuts what is longer than its limit without a word, so it gets a limit that nothing reaches.
_NO_LIMIT: Final = 2**31 - 1
_TABS: Final = (Qt.Key.Key_Tab, Qt.Key.Key_Backtab)
_BREAK: Final = re.compile("\r\n|[\n\r\x0b\x0c\x85\u2028\u2029]")


class QueryEdit(QLineEdit):
    """A line edit of at most `store.query.MAX_CHARACTERS`. Longer input is refused and what was there stays; of several lines the first is taken.

    Args:
        limit: Characters at most.
        on_key: Asked first about each key; True when it was for somebody else than the line.
    """

    noted = Signal(str)
    """A sentence about what was just put in; "" when there is nothing to say (any more)."""

    def __init__(
        self,
        parent: QWidget | None = None,
        *,
        limit: int = MAX_CHARACTERS,
        on_key: Callable[[QKeyEvent], bool] | None = None,
    ) -> None:
        super().__init__(parent)
        self._on_key = on_key
        self._gate = _Gate(self, limit)
        self.setMaxLength(_NO_LIMIT)
        self.setValidator(self._gate)
        self._gate.noted.connect(self.noted)

    def forget_note(self) -> None:
        """The sentence was read: the next one is told also if it is the same."""
        self._gate.forget_note()

    def event(self, event: QEvent) -> bool:
        # Tab is a key of the line's owner too; Qt would go on to the next widget before asking.
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            if event.key() in _TABS and self._on_key is not None and self._on_key(event):
                event.accept()
                return True
        return bool(super().event(event))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self._on_key is not None and self._on_key(event):
            event.accept()
            return
        super().keyPressEvent(event)


class _Gate(QValidator):
    """Sees each change before the line does, by whatever way it came: keys, clipboard, selection, drop, input method.

    It never answers Invalid: Qt would take the change back character by character, which for a pasted megabyte takes long.
    """

    noted = Signal(str)

    def __init__(self, parent: QObject, limit: int) -> None:
        super().__init__(parent)
        self._limit = limit
        self._text = ""
        self._note = ""

    # Qt calls it with the text and the place of the cursor and takes both from the answer.
    def validate(self, text: str, place: int) -> tuple[QValidator.State, str, int]:  # type: ignore[override]
        taken, place, note = self._taken(text, place)
        # The line asks about unchanged text too (when it loses the focus); that takes no note away.
        if note or taken != self._text:
            self._say(note)
        self._text = taken
        return QValidator.State.Acceptable, taken, place

    def forget_note(self) -> None:
        self._note = ""

    def _taken(self, text: str, place: int) -> tuple[str, int, str]:
        """What of `text` is taken, the cursor's place in it, and what there is to say."""
        if text == self._text:
            return text, place, ""
        note = ""
        if _BREAK.search(text) is not None:
            text, place, note = self._first_line(text, place)
        if len(text) > self._limit:
            note = self.tr(
                "{n} characters are too many: at most {most} can be searched for. Nothing was changed."
            ).format(n=f"{len(text):,}", most=f"{self._limit:,}")
            return self._text, min(place, len(self._text)), note
        unseen = sum(_is_unseen(char) for char in text)
        if unseen and not note:
            note = (
                self.tr("The text holds a character that cannot be seen, and searches for it.")
                if unseen == 1
                else self.tr(
                    "The text holds {n} characters that cannot be seen, and searches for them."
                ).format(n=unseen)
            )
        return text, place, note

    def _first_line(self, text: str, place: int) -> tuple[str, int, str]:
        """Before the cursor stands what was there and what came; behind it only what was there."""
        before, after = text[:place], text[place:]
        lines = _BREAK.split(before)
        several = len(lines) - (not lines[-1])
        taken = next((line for line in lines if line.strip()), "")
        # A break behind the cursor can only have been set by a program: it goes the same way.
        kept = _BREAK.split(after)[0]
        if several < 2:
            note = self.tr("The line break at the end was left out.")
        elif taken == lines[0]:
            note = self.tr("The first line was taken; {n} lines were pasted.").format(n=f"{several:,}")
        else:
            note = self.tr("The first line with text was taken; {n} lines were pasted.").format(
                n=f"{several:,}"
            )
        return taken + kept, len(taken), note

    def _say(self, note: str) -> None:
        if note != self._note:
            self._note = note
            self.noted.emit(note)


def _is_unseen(char: str) -> bool:
    """Whether the line shows nothing, or a blank, for it; joiners are parts of what is seen."""
    return unicodedata.category(char) in ("Cc", "Cf", "Cs") and char not in "\u200c\u200d"
