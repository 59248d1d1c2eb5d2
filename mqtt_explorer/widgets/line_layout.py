# SPDX-License-Identifier: MIT
"""Stretches of lines laid out by Qt: right places for wide, combining and right-to-left characters, and only what is in sight."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont, QFontMetricsF, QTextCharFormat, QTextLayout, QTextOption

from mqtt_explorer.widgets.line_standins import shown_text
from mqtt_explorer.widgets.theme import theme

if TYPE_CHECKING:
    from mqtt_explorer.payload.api import Lines, Span

#: A line of up to so many characters is laid out whole; of a longer one the part in sight is.
WHOLE: Final = 400
_STEP: Final = 32
"""Parts of long lines begin at multiples of so many characters, so that scrolling finds them again."""
_PIECES: Final = 768
_LENGTHS: Final = 4096
_WIDE: Final = 1e7
_LEADING: Final = 4
"""Pixels between lines."""
_TAB: Final = 4
_LETTERS: Final = "\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefe\U00010800-\U00010fff\U0001e800-\U0001efff"
"""The blocks that Unicode keeps for scripts written from right to left."""
_RIGHT_TO_LEFT: Final = re.compile(f"[{_LETTERS}]")
_TURN: Final = re.compile(rf"[{_LETTERS}](?:[{_LETTERS}]|[\W\d_])*")
"""What may go to the left: up to the next letter that goes to the right."""
_TURN_STEP: Final = 64
_BREAK: Final = "\u200e"
"""LEFT-TO-RIGHT MARK: of no width, and what follows it is a stretch of its own."""
Turns: TypeAlias = Sequence[tuple[int, int]]
"""Start and stop of stretches that go to the left."""
_COLORS: Final = {
    "key": "json_key",
    "string": "json_string",
    "number": "json_number",
    "literal": "json_number",
    "comment": "muted",
    "mark": "accent",
}


class Piece:
    """A laid out stretch of one line. Columns are the line's; x is in pixels from the stretch's left end.

    Attributes:
        start: The line's character it begins with.
        text: Its characters as they are.
        hidden: Which of them are painted as stand-ins, counted from `start`.
        width: Of all of it, in pixels.
        ascent: How far its base line is below its top.
    """

    __slots__ = (
        "_line",
        "_turns",
        "_units",
        "ascent",
        "hidden",
        "layout",
        "mixed",
        "start",
        "text",
        "width",
    )

    def __init__(
        self,
        start: int,
        text: str,
        hidden: tuple[int, ...],
        layout: QTextLayout,
        units: list[int] | None,
        turns: Turns,
    ) -> None:
        self.start, self.text, self.hidden = start, text, hidden
        self.layout = layout  # the line is a part of it
        self._units = units
        layout.beginLayout()
        self._line: Any = layout.createLine()  # the stubs take what it returns for an object
        self._line.setLineWidth(_WIDE)
        layout.endLayout()
        self.width: float = self._line.naturalTextWidth() if text else 0.0
        self.ascent: float = self._line.ascent()
        self._turns = turns
        if not (turns or text.isascii()):
            self._turns = [found.span() for found in _TURN.finditer(text)]

    @property
    def stop(self) -> int:
        """The column behind its last character."""
        return self.start + len(self.text)

    def x_of(self, column: int) -> float:
        """Where the caret stands before a character."""
        at = min(max(column - self.start, 0), len(self.text))
        return float(self._line.cursorToX(self.unit(at))[0])

    def column_at(self, x: float) -> int:
        """The nearest place between two characters as people see them."""
        return self.start + self._place(self._line.xToCursor(float(x)))

    def char_at(self, x: float) -> int | None:
        """The column of the character that is painted there."""
        if not 0 <= x < self.width:
            return None
        return self.start + self._place(
            self._line.xToCursor(float(x), self._line.CursorPosition.CursorOnCharacter)
        )

    def after(self, column: int) -> int:
        """The place behind the character as people see it: with its marks, or both halves of a flag."""
        return self.start + self._place(self.layout.nextCursorPosition(self.unit(column - self.start)))

    def before(self, column: int) -> int:
        """The place before the character as people see it."""
        return self.start + self._place(self.layout.previousCursorPosition(self.unit(column - self.start)))

    def unit(self, place: int) -> int:
        """UTF-16 units before a character, both counted from `start`: that is what Qt counts."""
        return place if self._units is None else self._units[place]

    def _place(self, unit: int) -> int:
        return unit if self._units is None else bisect_left(self._units, unit)

    def boxes(self, start: int, stop: int) -> tuple[list[tuple[float, float]], list[tuple[int, int]]]:
        """Where the characters between two places (from `start`) lie, from x to x; and the parts of them of which only Qt knows."""
        found, rest, at = [], [], start
        for begin, end in self._turns:
            if end <= at or begin >= stop:
                continue
            if begin > at:
                found.append((self._edge(at), self._edge(begin)))
            if begin < at or end > stop:  # a part of what goes to the left may lie in several places
                rest.append((max(begin, at), min(end, stop)))
            else:
                found.append((self._edge(begin), self._edge(end)))
            at = min(end, stop)
        if at < stop:
            found.append((self._edge(at), self._edge(stop)))
        return found, rest

    def _edge(self, place: int) -> float:
        """The x between two characters that both go to the right, or that of an end."""
        if not place:
            return 0.0
        return self.x_of(self.start + place) if place < len(self.text) else self.width

    def glide(self, at: float) -> float:
        """The x that stands at the left edge when so many characters are scrolled by; grows with `at` and leaves nothing out."""
        inside = min(max(at - self.start, 0.0), float(len(self.text)))
        begin, end = int(inside), int(inside) + 1
        if begin >= len(self.text):
            return self.width if self.text else 0.0
        # Letters that go to the left are passed together, from their left end to the right one.
        begin, end = next((turn for turn in self._turns if turn[0] <= inside < turn[1]), (begin, end))
        left, right = self._edge(begin), self._edge(end)
        return left + (right - left) * (inside - begin) / (end - begin)


def _units(shown: str, breaks: Sequence[int]) -> list[int] | None:
    """The UTF-16 unit at which each character begins, and the end; None where that is the same count."""
    if not breaks and (shown.isascii() or max(shown) <= "\uffff"):
        return None
    at, units, marked = 0, [], frozenset(breaks)
    for place, char in enumerate(shown):
        at += place in marked
        units.append(at)
        at += 1 + (char > "\uffff")
    return [*units, at]


def _find_turns(text: str, start: int) -> list[tuple[int, int]]:
    """Where letters go to the left; long stretches of them are broken at fixed columns, so that parts of a line join.

    A part of a line could not be shown otherwise: what is seen of such a stretch depends on where it ends, megabytes away.
    """
    turns = []
    for found in _TURN.finditer(text):
        begin, end = found.span()
        at = -(-(start + begin + _TURN_STEP // 2) // _TURN_STEP) * _TURN_STEP - start
        while at + _TURN_STEP // 2 <= end:
            turns.append((begin, at))
            begin, at = at, at + _TURN_STEP
        turns.append((begin, end))
    return turns


class Typesetter:
    """Fonts, colours and measures of the look, and the making of pieces.

    Attributes:
        cell: Width of a usual character in pixels.
        row: Height of a line in pixels.
        base: Base line of a line below its top.
    """

    def __init__(self) -> None:
        self.load()

    def load(self) -> None:
        """Takes the theme that stands; pieces made before are stale."""
        look = theme()
        self.font: QFont = look.mono_font()
        metrics = QFontMetricsF(self.font)
        self.cell: float = metrics.horizontalAdvance("0")
        self.row: int = round(metrics.height()) + _LEADING
        self.base: float = _LEADING / 2 + metrics.ascent()
        self._pictures = metrics.inFontUcs4(0x2400)
        self._option = QTextOption()
        self._option.setTextDirection(Qt.LayoutDirection.LeftToRight)
        self._option.setWrapMode(QTextOption.WrapMode.NoWrap)
        self._option.setTabStopDistance(_TAB * self.cell)
        self._formats = {kind: _colored(token) for kind, token in _COLORS.items()}
        self._warn = _colored("warn")

    def make(self, start: int, text: str, spans: Sequence[Span] = (), turns: Turns = ()) -> Piece:
        """Lays a stretch out; spans and turns are counted from its first character."""
        shown, hidden = shown_text(text, pictures=self._pictures)
        breaks = [turn[0] for before, turn in pairwise(turns) if before[1] == turn[0]]
        units = _units(shown, breaks)
        for place in reversed(breaks):
            shown = f"{shown[:place]}{_BREAK}{shown[place:]}"
        layout = QTextLayout(shown, self.font)
        layout.setTextOption(self._option)
        layout.setCacheEnabled(True)
        formats = [
            format_range(units, span.start, span.start + span.length, self._formats[span.kind])
            for span in spans
        ]
        formats += [format_range(units, place, place + 1, self._warn) for place in hidden]
        if formats:
            layout.setFormats(formats)
        return Piece(start, text, hidden, layout, units, turns)


def format_range(
    units: Sequence[int] | None, start: int, stop: int, form: QTextCharFormat
) -> QTextLayout.FormatRange:
    """A format of some characters."""
    if units is not None:
        most = len(units) - 1
        start, stop = units[min(start, most)], units[min(stop, most)]
    made: Any = QTextLayout.FormatRange()
    made.start, made.length, made.format = start, stop - start, form
    return made  # type: ignore[no-any-return]


def _colored(token: str) -> QTextCharFormat:
    made = QTextCharFormat()
    made.setForeground(theme().color(token))
    return made


class Pieces:
    """Asks lines for what is in sight, and keeps what was laid out lately."""

    def __init__(self, lines: Lines, setter: Typesetter) -> None:
        self._lines = lines
        self._setter = setter
        self._made: OrderedDict[tuple[int, int, int], Piece] = OrderedDict()
        self._lengths: dict[int, int] = {}

    def length(self, number: int) -> int:
        """Characters of a line."""
        found = self._lengths.get(number)
        if found is None:
            if len(self._lengths) >= _LENGTHS:
                self._lengths.clear()
            found = self._lengths[number] = self._lines.length(number)
        return found

    def is_long(self, number: int) -> bool:
        """Whether only parts of the line are laid out."""
        return self.length(number) > WHOLE

    def piece(self, number: int, column: int = 0, columns: int = 0) -> Piece:
        """The whole line, or of a long one a part: that many characters from a column on, and some more on both sides."""
        start, stop = 0, WHOLE
        if in_parts := self.is_long(number):
            start = max(column // _STEP - 1, 0) * _STEP
            stop = ((column + columns) // _STEP + 2) * _STEP
        key = (number, start, stop)
        found = self._made.get(key)
        if found is not None:
            self._made.move_to_end(key)
            return found
        text = self._lines.text(number, start, stop)
        turns: Turns = ()
        if in_parts and not text.isascii() and _RIGHT_TO_LEFT.search(text) is not None:
            start, text, turns = self._with_whole_turns(number, start, stop)
        found = self._setter.make(start, text, self._lines.spans(number, start, text), turns)
        self._made[key] = found
        if len(self._made) > _PIECES:
            self._made.popitem(last=False)
        return found

    def _with_whole_turns(self, number: int, start: int, stop: int) -> tuple[int, str, Turns]:
        """A part of a line that neither begins nor ends within letters that go to the left."""
        edge = max(start - 3 * _TURN_STEP, 0)
        text = self._lines.text(number, edge, stop + 3 * _TURN_STEP)
        turns = _find_turns(text, edge)
        start, stop = start - edge, min(stop - edge, len(text))
        start = next((begin for begin, end in turns if begin < start < end), start)
        stop = next((end for begin, end in turns if begin < stop < end), stop)
        inside = [(begin - start, end - start) for begin, end in turns if start <= begin < stop]
        return edge + start, text[start:stop], inside
