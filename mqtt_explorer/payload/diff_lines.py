# SPDX-License-Identifier: MIT
"""The comparison of two texts line by line.

Line ends are no part of a line. Of a structure it is the indented lines that are compared, so blanks between its tokens and the commas
at the ends of lines are no changes. What was replaced stands in pairs, first with first; within a pair all between the common beginning
and the common end is marked.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from mqtt_explorer.payload.diff_align import STEPS, align, gaps, numbered
from mqtt_explorer.payload.diff_rows import (
    CHANGED,
    GONE,
    NEW,
    NONE,
    SAME,
    TURNED,
    Counts,
    DiffRow,
    ListedChanges,
    Side,
    Sign,
    one_piece,
    two_pieces,
)
from mqtt_explorer.payload.json_index import DEEPEST_INDENT, INDENT, JsonIndex

#: Said where a part was left unaligned.
GAVE_UP: Final = (
    "Too many lines differ to be aligned all of them: some stand beside lines they do not belong to."
)
_INDEXED: Final = 50_000


@dataclass(frozen=True, slots=True)
class TextSide:
    """One side: UTF-8 and where its lines begin, by their offsets or by the index of a structure."""

    text: bytes
    starts: Sequence[int] | None = None
    index: JsonIndex | None = None

    def __len__(self) -> int:
        if self.index is not None:
            return len(self.index)
        return len(self.starts) if self.starts is not None and self.text else 0

    def line(self, number: int) -> bytes:
        """A line without its end; of a structure indented, and without the comma behind it."""
        if self.index is not None:
            row = self.index.row(self.text, number)
            indent = b" " * (INDENT * min(self.index.depths[number], DEEPEST_INDENT))
            value = self.text[row.value]
            if row.kind == "empty":
                value = value[:1] + value[-1:]
            key = self.text[row.key]
            return indent + key + b": " + value if key else indent + value
        starts = self.starts
        assert starts is not None
        stop = starts[number + 1] if number + 1 < len(starts) else len(self.text)
        return self.text[starts[number] : stop].rstrip(b"\r\n")


@dataclass(frozen=True, slots=True)
class LineRows(ListedChanges):
    """The rows of a comparison by lines; see `diff_rows.Rows`.

    Attributes:
        a: The older side.
        b: The newer side.
        signs: SAME, CHANGED, NEW or GONE for each row.
        lines_a: The line in A, or NONE.
        lines_b: The line in B, or NONE.
        different: Which rows are not SAME.
        counts: How many lines are what.
        gave_up: A part was left unaligned.
    """

    a: TextSide
    b: TextSide
    signs: bytes
    lines_a: array[int]
    lines_b: array[int]
    different: array[int]
    counts: Counts
    gave_up: bool

    def __len__(self) -> int:
        return len(self.signs)

    def sign(self, row: int) -> Sign:
        """See `Rows.sign`."""
        return self.signs[row]

    def row(self, row: int) -> DiffRow:
        """See `Rows.row`."""
        sign, key = self.signs[row], self.path(row)
        a, b = self.value(row, "a"), self.value(row, "b")
        if a is not None and b is not None:
            if sign == SAME:
                return DiffRow(sign, key, one_piece(a, 0, len(a)), one_piece(b, 0, len(b)), "")
            pieces = two_pieces(a, slice(0, len(a)), b, slice(0, len(b)))
            return DiffRow(sign, key, *pieces, "changed")
        if a is not None:
            return DiffRow(sign, key, one_piece(a, 0, len(a)), None, "gone")
        text = b or b""
        return DiffRow(sign, key, None, one_piece(text, 0, len(text)), "new")

    def path(self, row: int) -> str:
        """The number of the line, counted from 1; both where they differ."""
        a, b = self.lines_a[row], self.lines_b[row]
        if NONE in (a, b) or a == b:
            return f"{(a if b == NONE else b) + 1:,}"
        return f"{a + 1:,} → {b + 1:,}"

    def value(self, row: int, side: Side) -> bytes | None:
        """See `Rows.value`."""
        number = (self.lines_a if side == "a" else self.lines_b)[row]
        return None if number == NONE else (self.a if side == "a" else self.b).line(number)

    def swapped(self) -> LineRows:
        """The same with A and B changed over."""
        return replace(
            self,
            a=self.b,
            b=self.a,
            signs=self.signs.translate(TURNED),
            lines_a=self.lines_b,
            lines_b=self.lines_a,
            counts=self.counts._replace(new=self.counts.gone, gone=self.counts.new),
        )

    def with_texts(self, a: bytes, b: bytes) -> LineRows:
        """The same over these texts: payloads that are here already need not travel from the comparing process."""
        return replace(self, a=replace(self.a, text=a), b=replace(self.b, text=b))


def compare_lines(
    a: TextSide, b: TextSide, progress: Callable[[float], None] | None = None, steps: int = STEPS
) -> LineRows:
    """Compares two texts.

    Args:
        a: The older one.
        b: The newer one.
        progress: Gets the share that is done, now and then.
        steps: See `diff_align.align`.
    """
    prints_a, prints_b = numbered(_all(a, progress, 0.0), _all(b, progress, 0.4))
    alignment = align(prints_a, prints_b, steps)
    if progress is not None:
        progress(0.9)
    signs = bytearray()
    lines_a, lines_b = array("I"), array("I")

    def add(sign: Sign, count: int, at_a: int, at_b: int) -> None:
        signs.extend(bytes((sign,)) * count)
        lines_a.extend(array("I", (NONE,)) * count if sign == NEW else range(at_a, at_a + count))
        lines_b.extend(array("I", (NONE,)) * count if sign == GONE else range(at_b, at_b + count))

    for gap in gaps(alignment, len(a), len(b)):
        both = min(len(gap.a), len(gap.b))
        add(CHANGED, both, gap.a.start, gap.b.start)
        add(NEW, len(gap.b) - both, 0, gap.b.start + both)
        add(GONE, len(gap.a) - both, gap.a.start + both, 0)
        add(SAME, gap.block.length, gap.block.a, gap.block.b)
    made = bytes(signs)
    different = array("I", (row for row, sign in enumerate(made) if sign != SAME))
    counts = Counts(*(made.count(sign) for sign in (CHANGED, NEW, GONE, SAME)))
    return LineRows(a, b, made, lines_a, lines_b, different, counts, alignment.gave_up)


def _all(side: TextSide, progress: Callable[[float], None] | None, done: float) -> Sequence[bytes]:
    """All lines. A text without CR is split in C."""
    if side.index is None and b"\r" not in side.text:
        lines = side.text.split(b"\n")
        del lines[len(side) :]  # a line end at the very end begins no further line
        return lines
    lines = []
    for number in range(len(side)):
        if progress is not None and not number % _INDEXED:
            progress(done + 0.4 * number / len(side))
        lines.append(side.line(number))
    return lines


def line_end_note(a: bytes, b: bytes) -> str:
    """What differs about the ends of the lines of two texts; "" when nothing does."""
    ends_a, ends_b = _line_end(a), _line_end(b)
    if ends_a != ends_b and ends_a and ends_b:
        return f"Lines end with {ends_a} in the older one and with {ends_b} in the newer one."
    if a and b and (a[-1:] in b"\r\n") != (b[-1:] in b"\r\n"):
        missing = "older" if a[-1:] not in b"\r\n" else "newer"
        return f"The last line of the {missing} one has no line end."
    return ""


def _line_end(text: bytes) -> str:
    """What most probably ends its lines: what ends the first one."""
    line_feed, carriage = text.find(b"\n"), text.find(b"\r")
    if carriage >= 0 and (line_feed < 0 or carriage < line_feed):
        return "CR LF" if line_feed == carriage + 1 else "CR"
    return "LF" if line_feed >= 0 else ""
