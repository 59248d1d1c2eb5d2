# SPDX-License-Identifier: MIT
"""Which lines and characters are in sight, and where: the geometry of a text view, without the view.

x and y are pixels from the corner of the text's area. Lines that are laid out whole scroll by pixels. Longer ones scroll by characters: a
cell's width is one character, however wide that is, so that the place is known without what comes before it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from mqtt_explorer.widgets.line_layout import WHOLE, Piece, Pieces, Typesetter
from mqtt_explorer.widgets.line_selection import Place, held

if TYPE_CHECKING:
    from mqtt_explorer.payload.api import Lines

#: Pixels between the area's edge and the text.
PAD: Final = 8
_MARGIN: Final = 24
"""So many pixels stay beside a place that is scrolled into sight."""
_MOST_COLUMNS: Final = 4096


class Placed(NamedTuple):
    """A piece of a line, and the x of its left end."""

    piece: Piece
    x: float


class Sight:
    """What of some lines is in sight.

    Attributes:
        lines: What is looked at.
        pieces: What was laid out of them.
        width: Of the area, in pixels; so is `height`.
        top: Pixels of the whole text above the area; `left` is those at its left.
        reach: Pixels that the widest line seen so far needs; more than `longest` tells where characters are wide.
    """

    def __init__(self, lines: Lines, setter: Typesetter) -> None:
        self.setter = setter
        self.width = self.height = self.top = self.left = 0
        self.show(lines)

    def show(self, lines: Lines) -> None:
        """Looks at other lines, or at the same in another font."""
        self.lines = lines
        self.pieces = Pieces(lines, self.setter)
        self.reach = 0

    @property
    def full_height(self) -> int:
        """Pixels of all lines."""
        return len(self.lines) * self.setter.row + 2 * (PAD // 2) if len(self.lines) else 0

    @property
    def full_width(self) -> int:
        """Pixels of the longest line, as far as is known."""
        if not len(self.lines):
            return 0
        return max(int(self.lines.longest * self.setter.cell) + 2 * PAD, self.reach)

    def rows(self, top: int = 0, bottom: int | None = None) -> range:
        """Numbers of the lines between two y."""
        row = self.setter.row
        bottom = self.height if bottom is None else bottom
        first = max((self.top + top - PAD // 2) // row, 0)
        return range(first, min((self.top + bottom - PAD // 2) // row + 1, len(self.lines)))

    def whole_rows(self) -> int:
        """How many lines fit."""
        return max(self.height // self.setter.row, 1)

    def y_of(self, number: int) -> int:
        """The upper edge of a line."""
        return number * self.setter.row + PAD // 2 - self.top

    def placed(self, number: int) -> Placed:
        """The part of a line that is in sight; notes what it needs."""
        pieces, cell = self.pieces, self.setter.cell
        length = pieces.length(number)
        if length <= WHOLE:
            piece = pieces.piece(number)
            self.reach = max(self.reach, int(piece.width) + 2 * PAD)
            return Placed(piece, PAD - self.left)
        at = min(self.left / cell, float(length))
        columns = int(self.width / cell) + 2
        piece = pieces.piece(number, int(at), columns)
        while (
            piece.stop < length
            and piece.width - piece.glide(at) < self.width
            and (columns := columns * 2) < _MOST_COLUMNS
        ):
            piece = pieces.piece(number, int(at), columns)
        x = PAD - piece.glide(at)
        beyond = int(x + piece.width) + PAD - self.width
        if piece.stop >= length and beyond > 0:
            self.reach = max(self.reach, self.left + self.width + beyond)
        return Placed(piece, x)

    def place_at(self, x: float, y: float) -> Place:
        """The nearest place between characters."""
        if not len(self.lines):
            return Place(0, 0)
        number = (self.top + int(y) - PAD // 2) // self.setter.row
        if number < 0:
            return Place(0, 0)
        if number >= len(self.lines):
            number = len(self.lines) - 1
            return Place(number, self.pieces.length(number))
        return Place(number, self.column_at(number, x))

    def column_at(self, number: int, x: float) -> int:
        """The nearest place of a line."""
        piece, left = self.placed(number)
        return piece.column_at(x - left)

    def char_at(self, x: float, y: float) -> Place | None:
        """The character that is painted there, if one is."""
        number = (self.top + int(y) - PAD // 2) // self.setter.row
        if not 0 <= number < len(self.lines):
            return None
        piece, left = self.placed(number)
        column = piece.char_at(x - left)
        return None if column is None else Place(number, column)

    def x_of(self, place: Place) -> float:
        """Where the caret stands at a place; out of sight, in a long line, about there."""
        piece, left = self.placed(place.line)
        if piece.start <= place.column <= piece.stop:
            return left + piece.x_of(place.column)
        return PAD + place.column * self.setter.cell - self.left

    def revealing(self, place: Place, *, centered: bool = False) -> tuple[int, int]:
        """`top` and `left` with which a place is in sight: these as they are where it is already."""
        if not len(self.lines):
            return 0, 0
        place = held(self.lines, place)
        row, y = self.setter.row, self.y_of(place.line)
        top = self.top
        if y < 0 or y + row > self.height:
            if centered:
                top += y - (self.height - row) // 2
            else:
                top += y if y < 0 else y + row - self.height
        return max(top, 0), self._left_for(place)

    def _left_for(self, place: Place) -> int:
        x = self.x_of(place)
        if 0 <= x <= self.width - 2:
            return self.left
        cell = self.setter.cell
        margin = min(_MARGIN, self.width // 3)
        if not self.pieces.is_long(place.line):
            wanted = self.left + x - (margin if x < 0 else self.width - margin)
        elif x < 0:
            wanted = place.column * cell - margin
        else:  # the first character that leaves this one in sight
            columns = int(self.width / cell) + 2
            piece = self.pieces.piece(place.line, max(place.column - 2 * columns, 0), 2 * columns)
            edge = piece.x_of(place.column) - (self.width - margin)
            wanted = (piece.column_at(edge) + 1) * cell
        wanted = max(int(wanted), 0)
        # There is a little more room at the end than the text takes, for the caret behind it.
        self.reach = max(self.reach, wanted + self.width)
        return wanted
