# SPDX-License-Identifier: MIT
"""The rows of a structural comparison: what `diff_structure` found, as line numbers of both sides."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from mqtt_explorer.payload.diff_path import Place, path_text
from mqtt_explorer.payload.diff_rows import (
    GONE,
    NEW,
    NONE,
    SAME,
    TURNED,
    Counts,
    DiffRow,
    ListedChanges,
    Piece,
    Side,
    Sign,
    one_piece,
    two_pieces,
)
from mqtt_explorer.payload.diff_values import change_text
from mqtt_explorer.payload.json_index import JsonIndex, Row

#: Of a path, so many characters are shown; its end tells more than its beginning.
_PATH_SHOWN: Final = 160


class Source(NamedTuple):
    """One side: UTF-8 in the notation of `json_index`, and its lines."""

    text: bytes
    lines: JsonIndex

    def row(self, line: int) -> Row:
        """A line taken apart."""
        return self.lines.row(self.text, line)

    def last(self, line: int) -> int:
        """The last line of what begins on a line."""
        closes = self.lines.closes[line]
        return min(closes, len(self.lines) - 1) if closes else line

    def tops(self) -> list[int]:
        """The values that lie in no other; one, unless the text is several."""
        found, line = [], 0
        while line < len(self.lines):
            found.append(line)
            line = self.last(line) + 1
        return found


@dataclass(frozen=True, slots=True)
class StructureRows(ListedChanges):
    """The rows of a structural comparison; see `diff_rows.Rows`.

    Entries are rows and the containers they lie in, in the order of B with what is gone where it was.

    Attributes:
        a: The older side.
        b: The newer side.
        signs: SAME, CHANGED, NEW, GONE for each entry, or that it is a container without a row.
        parents: The entry of the container that each lies in.
        lines_a: The line of each entry in A.
        lines_b: The line in B.
        places_a: For elements of arrays, the place in A's array.
        places_b: The place in B's.
        repeated: The entries of members whose key was there before, in order.
        repeats: For each of these how often, from 2.
        shown: The entries that are rows.
        different: Which rows are not SAME.
        counts: How many values are what.
    """

    a: Source
    b: Source
    signs: bytes
    parents: array[int]
    lines_a: array[int]
    lines_b: array[int]
    places_a: array[int]
    places_b: array[int]
    repeated: array[int]
    repeats: array[int]
    shown: array[int]
    different: array[int]
    counts: Counts

    def __len__(self) -> int:
        return len(self.shown)

    def sign(self, row: int) -> Sign:
        """See `Rows.sign`."""
        return self.signs[self.shown[row]]

    def row(self, row: int) -> DiffRow:
        """See `Rows.row`."""
        entry = self.shown[row]
        sign = self.signs[entry]
        key = self._path(entry, "a" if sign == GONE else "b", _PATH_SHOWN)
        one = self.a.row(self.lines_a[entry]) if sign != NEW else None
        other = self.b.row(self.lines_b[entry]) if sign != GONE else None
        if one is None or other is None:
            side, part = (self.b, other) if one is None else (self.a, one)
            assert part is not None
            piece = _piece(side, part)
            return DiffRow(
                sign,
                key,
                piece if one is not None else None,
                piece if other is not None else None,
                "new" if one is None else "gone",
            )
        if sign == SAME:
            text_a, text_b = _piece(self.a, one), _piece(self.b, other)
            spelling = one.kind not in ("open", "empty") and not _equal(self.a.text, one, self.b.text, other)
            return DiffRow(sign, key, text_a, text_b, "other spelling" if spelling else "")
        change = change_text(one.kind, self.a.text[one.value], other.kind, self.b.text[other.value])
        if "open" in (one.kind, other.kind) or one.kind != other.kind:
            return DiffRow(sign, key, _piece(self.a, one), _piece(self.b, other), change)
        kinds = one.kind, other.kind
        return DiffRow(
            sign, key, *two_pieces(self.a.text, one.value, self.b.text, other.value, kinds), change
        )

    def path(self, row: int) -> str:
        """See `Rows.path`."""
        entry = self.shown[row]
        return self._path(entry, "a" if self.signs[entry] == GONE else "b", None)

    def path_of(self, row: int, side: Side) -> str:
        """The path on one side; elements of arrays may have another place on each."""
        return self._path(self.shown[row], side, None)

    def value(self, row: int, side: Side) -> bytes | None:
        """See `Rows.value`; of a container that is its text from bracket to bracket."""
        entry = self.shown[row]
        source, line = (self.a, self.lines_a[entry]) if side == "a" else (self.b, self.lines_b[entry])
        return None if line == NONE else source.text[extent(source, line)]

    def is_mark(self, row: int, side: Side) -> bool:
        """True when the value of a side is a container whose contents have rows of their own."""
        entry = self.shown[row]
        source, line = (self.a, self.lines_a[entry]) if side == "a" else (self.b, self.lines_b[entry])
        return line != NONE and source.lines.is_open(line)

    def swapped(self) -> StructureRows:
        """The same with A and B changed over."""
        return replace(
            self,
            a=self.b,
            b=self.a,
            signs=self.signs.translate(TURNED),
            lines_a=self.lines_b,
            lines_b=self.lines_a,
            places_a=self.places_b,
            places_b=self.places_a,
            counts=self.counts._replace(new=self.counts.gone, gone=self.counts.new),
        )

    def with_texts(self, a: bytes, b: bytes) -> StructureRows:
        """The same over these texts: payloads that are here already need not travel from the comparing process."""
        return replace(self, a=self.a._replace(text=a), b=self.b._replace(text=b))

    def _path(self, entry: int, side: Side, limit: int | None) -> str:
        lines, places = (self.lines_a, self.places_a) if side == "a" else (self.lines_b, self.places_b)
        source = self.a if side == "a" else self.b

        def place(at: int) -> Place:
            spelled = places[at]
            if spelled != NONE:
                return spelled
            line = lines[at]
            return source.text[source.row(line).key] if line != NONE else b""

        return path_text(entry, self.parents, place, self._repeat, limit)

    def _repeat(self, entry: int) -> int:
        at = bisect_left(self.repeated, entry)
        return self.repeats[at] if at < len(self.repeated) and self.repeated[at] == entry else 1


def _equal(text_a: bytes, a: Row, text_b: bytes, b: Row) -> bool:
    return text_a[a.value] == text_b[b.value]


def _piece(source: Source, part: Row) -> Piece:
    if part.kind == "open":
        return Piece("{…}" if source.text[part.value] == b"{" else "[…]", "mark")
    if part.kind == "empty":
        return Piece("{}" if source.text[part.value][:1] == b"{" else "[]", "mark")
    return one_piece(source.text, part.value.start, part.value.stop, str(part.kind))


def extent(source: Source, line: int) -> slice:
    """Where the value of a line lies, containers with all they hold."""
    value = source.row(line).value
    closes = source.lines.closes[line]
    if not closes:
        return value
    if closes >= len(source.lines):
        return slice(value.start, source.lines.end)
    return slice(value.start, source.lines.starts[closes] + 1)
