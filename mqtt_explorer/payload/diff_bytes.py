# SPDX-License-Identifier: MIT
"""The comparison of two payloads byte for byte, in rows of sixteen, eight or four bytes.

Payloads of the same length are compared place by place. Of others the common beginning and the common end are set aside; what is left
in between is aligned where it is short (`SHORT`), so that an inserted byte is one inserted byte, and compared place by place else.

Differences are kept as runs of rows: two payloads of 64 MB take some megabytes at worst.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from mqtt_explorer.payload.diff_align import align, gaps
from mqtt_explorer.payload.diff_rows import (
    CHANGED,
    GONE,
    NEW,
    SAME,
    Counts,
    DiffRow,
    Piece,
    Side,
    Sign,
    common_prefix,
    common_suffix,
)

#: Bytes in a row.
WIDTHS: Final = (16, 8, 4)
#: Bytes in between up to which what was inserted and left out is looked for, both sides together.
SHORT: Final = 8_192
#: Steps that may take: some milliseconds, or about two hundred bytes put in and left out.
_STEPS: Final = 20_000
#: Fewer equal bytes in a row are chance and no alignment.
_LEAST_RUN: Final = 4
_CHUNK: Final = 1 << 16
_DIFFERENT = re.compile(rb"[^\x00]+")


class Stretch(NamedTuple):
    """A part in which the bytes of one side stand beside those of the other, or that only one side has (the other length is 0)."""

    a: int
    length_a: int
    b: int
    length_b: int

    def rows(self, width: int) -> int:
        """Rows of so many bytes."""
        return -(-max(self.length_a, self.length_b) // width)


@dataclass(frozen=True, slots=True)
class ByteRows:
    """The rows of a comparison by bytes; see `diff_rows.Rows`.

    Attributes:
        a: The older payload.
        b: The newer payload.
        stretches: All of both, in order.
        ends: For each stretch the number of rows up to its end.
        run_starts: The first row of each run of rows that differ.
        run_ends: How many rows of all runs lie up to the end of each.
        counts: How many bytes are what.
        unaligned: What differs was too long to look for inserted bytes.
        width: Bytes in a row.
    """

    a: bytes
    b: bytes
    stretches: tuple[Stretch, ...]
    ends: tuple[int, ...]
    run_starts: array[int]
    run_ends: array[int]
    counts: Counts
    unaligned: bool
    width: int

    @property
    def changes(self) -> int:
        """See `Rows.changes`."""
        return self.run_ends[-1] if self.run_ends else 0

    def __len__(self) -> int:
        return self.ends[-1] if self.ends else 0

    def change(self, number: int) -> int:
        """See `Rows.change`."""
        run = bisect_right(self.run_ends, number)
        before = self.run_ends[run - 1] if run else 0
        return self.run_starts[run] + number - before

    def change_at(self, row: int) -> int:
        """See `Rows.change_at`."""
        run = bisect_right(self.run_starts, row) - 1
        if run < 0:
            return 0
        before = self.run_ends[run - 1] if run else 0
        return min(before + row - self.run_starts[run], self.run_ends[run])

    def sign(self, row: int) -> Sign:
        """See `Rows.sign`."""
        a, b = self._slices(row)
        if a is None or b is None:
            return NEW if a is None else GONE
        return SAME if self.a[a] == self.b[b] else CHANGED

    def row(self, row: int) -> DiffRow:
        """See `Rows.row`."""
        a, b = self._slices(row)
        place = a if b is None else b
        key = f"{place.start if place is not None else 0:08x}"
        if a is None or b is None:
            values = self._text(self.a, a), self._text(self.b, b)
            return DiffRow(NEW if a is None else GONE, key, *values, "new" if a is None else "gone")
        one, other = self.a[a], self.b[b]
        if one == other:
            return DiffRow(SAME, key, self._text(self.a, a), self._text(self.b, b), "")
        places = [place for place in range(len(one)) if one[place] != other[place]]
        marks = _marks(places)
        change = "1 byte" if len(places) == 1 else f"{len(places)} bytes"
        return DiffRow(
            CHANGED,
            key,
            Piece(one.hex(" "), marks=marks),
            Piece(other.hex(" "), marks=marks),
            change,
        )

    def path(self, row: int) -> str:
        """The offset in hexadecimal; both where they differ."""
        a, b = self._slices(row)
        if a is None or b is None or a.start == b.start:
            place = a if a is not None else b
            return f"{place.start if place is not None else 0:08x}"
        return f"{a.start:08x} → {b.start:08x}"

    def value(self, row: int, side: Side) -> bytes | None:
        """The bytes of a row in hexadecimal."""
        a, b = self._slices(row)
        place, source = (a, self.a) if side == "a" else (b, self.b)
        return None if place is None else source[place].hex(" ").encode()

    def swapped(self) -> ByteRows:
        """The same with A and B changed over."""
        return replace(
            self,
            a=self.b,
            b=self.a,
            stretches=tuple(Stretch(each.b, each.length_b, each.a, each.length_a) for each in self.stretches),
            counts=self.counts._replace(new=self.counts.gone, gone=self.counts.new),
        )

    def with_texts(self, a: bytes, b: bytes) -> ByteRows:
        """The same over these payloads: they are here already and need not travel from the comparing process."""
        return replace(self, a=a, b=b)

    def _slices(self, row: int) -> tuple[slice | None, slice | None]:
        """Where a row lies in A and in B. The last row of a stretch is as long as what is left."""
        number = bisect_right(self.ends, row)
        stretch = self.stretches[number]
        inside = (row - (self.ends[number - 1] if number else 0)) * self.width
        sides = []
        for start, length in ((stretch.a, stretch.length_a), (stretch.b, stretch.length_b)):
            stop = start + min(inside + self.width, length)
            sides.append(slice(start + inside, stop) if length else None)
        return sides[0], sides[1]

    @staticmethod
    def _text(source: bytes, place: slice | None) -> Piece | None:
        return None if place is None else Piece(source[place].hex(" "))


def compare_bytes(
    a: bytes, b: bytes, width: int = WIDTHS[0], progress: Callable[[float], None] | None = None
) -> ByteRows:
    """Compares two payloads.

    Args:
        a: The older one.
        b: The newer one.
        width: Bytes in a row.
        progress: Gets the share that is done, now and then.
    """
    stretches, unaligned = _stretches(a, b)
    runs = _Runs()
    row = changed = new = gone = 0
    ends = []
    for stretch in stretches:
        if not stretch.length_a or not stretch.length_b:
            runs.add(row, stretch.rows(width))
            new += stretch.length_b
            gone += stretch.length_a
        else:
            for at, rows, differing in _differences(a, b, stretch, width, progress):
                runs.add(row + at, rows)
                changed += differing
        row += stretch.rows(width)
        ends.append(row)
    counts = Counts(changed, new, gone, len(b) - new - changed)
    return ByteRows(a, b, tuple(stretches), tuple(ends), runs.starts, runs.ends, counts, unaligned, width)


class _Runs:
    """Runs of rows that differ; those that touch become one."""

    def __init__(self) -> None:
        self.starts = array("I")
        self.ends = array("I")
        self._stop = -1

    def add(self, row: int, length: int) -> None:
        if row == self._stop:
            self.ends[-1] += length
        else:
            self.starts.append(row)
            self.ends.append((self.ends[-1] if self.ends else 0) + length)
        self._stop = row + length


def _differences(
    a: bytes, b: bytes, stretch: Stretch, width: int, progress: Callable[[float], None] | None
) -> Iterator[tuple[int, int, int]]:
    """Runs of rows that differ within a stretch: first row, number of rows, number of bytes."""
    for at in range(0, stretch.length_a, _CHUNK):
        size = min(_CHUNK, stretch.length_a - at)
        if progress is not None and not at % (_CHUNK << 5):
            progress(at / stretch.length_a)
        one = a[stretch.a + at : stretch.a + at + size]
        other = b[stretch.b + at : stretch.b + at + size]
        if one == other:
            continue
        # Byte by byte in C: the exclusive or of two large integers, then each row's bytes folded into one.
        both = int.from_bytes(one, "little") ^ int.from_bytes(other, "little")
        bits = both.to_bytes(-(-size // width) * width, "little")
        folded = 0
        for place in range(width):
            folded |= int.from_bytes(bits[place::width], "little")
        for found in _DIFFERENT.finditer(folded.to_bytes(len(bits) // width, "little")):
            first, stop = found.span()
            inside = bits[first * width : stop * width]
            yield at // width + first, stop - first, len(inside) - inside.count(0)


def _stretches(a: bytes, b: bytes) -> tuple[list[Stretch], bool]:
    """How the two lie beside each other; and whether what was inserted should have been looked for, but was too long."""
    size_a, size_b = len(a), len(b)
    if size_a == size_b:
        return ([Stretch(0, size_a, 0, size_b)] if size_a else []), False
    head = common_prefix(a, b)
    tail = common_suffix(a, b, size_a, size_b, min(size_a, size_b) - head)
    left_a, left_b = size_a - head - tail, size_b - head - tail
    found: list[Stretch] = [Stretch(0, head, 0, head)]
    gave_up = left_a + left_b > SHORT
    if not gave_up:
        alignment = align(a[head : size_a - tail], b[head : size_b - tail], _STEPS)
        gave_up = alignment.gave_up
        alignment.blocks[:] = [block for block in alignment.blocks if block.length >= _LEAST_RUN]
        for gap in gaps(alignment, left_a, left_b):
            found += _beside(head + gap.a.start, len(gap.a), head + gap.b.start, len(gap.b))
            found.append(Stretch(head + gap.block.a, gap.block.length, head + gap.block.b, gap.block.length))
    else:
        found += _beside(head, left_a, head, left_b)
    found.append(Stretch(size_a - tail, tail, size_b - tail, tail))
    return _united(found), gave_up and bool(left_a) and bool(left_b)


def _beside(a: int, length_a: int, b: int, length_b: int) -> list[Stretch]:
    """Bytes that replace others, and those that one side has more of."""
    both = min(length_a, length_b)
    return [
        Stretch(a, both, b, both),
        Stretch(a + both, 0, b + both, length_b - both),
        Stretch(a + both, length_a - both, b + both, 0),
    ]


def _united(stretches: list[Stretch]) -> list[Stretch]:
    """Without the empty ones; neighbours in which bytes stand beside each other are one."""
    made: list[Stretch] = []
    for each in stretches:
        if not each.length_a and not each.length_b:
            continue
        last = made[-1] if made else None
        if last is not None and last.length_a == last.length_b and each.length_a == each.length_b:
            made[-1] = Stretch(last.a, last.length_a + each.length_a, last.b, last.length_b + each.length_b)
        else:
            made.append(each)
    return made


def _marks(places: list[int]) -> tuple[tuple[int, int], ...]:
    """The digits of these bytes in a row written with a blank between bytes; neighbours are marked as one."""
    marks: list[tuple[int, int]] = []
    for place in places:
        if marks and marks[-1][0] + marks[-1][1] + 1 == 3 * place:
            marks[-1] = (marks[-1][0], marks[-1][1] + 3)
        else:
            marks.append((3 * place, 2))
    return tuple(marks)
