# SPDX-License-Identifier: MIT
"""What the three comparisons share: signs, counts, and the row that a table shows.

A comparison keeps arrays of line numbers or offsets, never texts: a row is made when it is shown, and of a value of megabytes only the
part around the change.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, Protocol, TypeAlias

if TYPE_CHECKING:
    from array import array

#: What a row says: equal by value, on both sides but different, only in B (the newer), only in A (the older).
SAME, CHANGED, NEW, GONE = range(4)
Sign: TypeAlias = int
Side: TypeAlias = Literal["a", "b"]
#: "Not there" in the arrays of unsigned 32-bit numbers.
NONE: Final = 0xFFFFFFFF
#: Sides swapped: what was new is gone.
TURNED: Final = bytes((SAME, CHANGED, GONE, NEW, *range(4, 256)))
#: Bytes of a value that are shown at most, and how many of them stand before the change.
_WINDOW: Final = 480
_LEAD: Final = 120
_CHUNK: Final = 1 << 16


class Counts(NamedTuple):
    """How many values, lines or bytes are what."""

    changed: int = 0
    new: int = 0
    gone: int = 0
    same: int = 0

    @property
    def different(self) -> int:
        """All but the same."""
        return self.changed + self.new + self.gone


class Piece(NamedTuple):
    """The part of a value that a cell shows.

    Attributes:
        text: Characters as they are; whoever paints makes them safe.
        kind: What it is: "string", "number", "literal", "mark" (a bracket that stands for a container) or "text".
        marks: Start and length of what differs, in characters of `text`.
        before: Something was left out before it.
        after: Something was left out behind it.
    """

    text: str
    kind: str = "text"
    marks: tuple[tuple[int, int], ...] = ()
    before: bool = False
    after: bool = False


class DiffRow(NamedTuple):
    """One row of a comparison.

    Attributes:
        sign: SAME, CHANGED, NEW or GONE.
        key: Where it is: a path, line numbers or an offset; long ones are cut at the beginning.
        a: The older value; None when there was none.
        b: The newer value; None when there is none.
        change: The difference, or a word for it; "" for what is the same.
    """

    sign: Sign
    key: str
    a: Piece | None
    b: Piece | None
    change: str


class ListedChanges:
    """For rows whose changes are listed: `different` has the rows that are not SAME, in order."""

    __slots__ = ()
    if TYPE_CHECKING:
        different: array[int]

    @property
    def changes(self) -> int:
        """See `Rows.changes`."""
        return len(self.different)

    def change(self, number: int) -> int:
        """See `Rows.change`."""
        return self.different[number]

    def change_at(self, row: int) -> int:
        """See `Rows.change_at`."""
        return bisect_left(self.different, row)


class Rows(Protocol):
    """The rows of a comparison; can be pickled."""

    @property
    def counts(self) -> Counts:
        """How many of what."""
        ...

    @property
    def changes(self) -> int:
        """Number of rows that are not SAME."""
        ...

    def __len__(self) -> int:
        """Number of rows."""
        ...

    def change(self, number: int) -> int:
        """The row of the change with that number."""
        ...

    def change_at(self, row: int) -> int:
        """Number of the first change in that row or behind it; `changes` when there is none."""
        ...

    def sign(self, row: int) -> Sign:
        """What a row says."""
        ...

    def row(self, row: int) -> DiffRow:
        """A row with its texts."""
        ...

    def path(self, row: int) -> str:
        """Where it is, whole, for copying."""
        ...

    def value(self, row: int, side: Side) -> bytes | None:
        """A side's value as it is spelled, whole, for copying; None when it has none."""
        ...


def common_prefix(a: bytes, b: bytes, at_a: int = 0, at_b: int = 0, most: int | None = None) -> int:
    """How many bytes from these places on are equal, `most` at most; chunks are compared in C, then halves of the first that differs."""
    most = min(len(a) - at_a, len(b) - at_b, len(a) if most is None else most)
    done = 0
    while done < most:
        step = min(_CHUNK, most - done)
        if a[at_a + done : at_a + done + step] != b[at_b + done : at_b + done + step]:
            while step > 1:
                half = step // 2
                if a[at_a + done : at_a + done + half] == b[at_b + done : at_b + done + half]:
                    done += half
                    step -= half
                else:
                    step = half
            return done
        done += step
    return done


def common_suffix(a: bytes, b: bytes, stop_a: int, stop_b: int, most: int) -> int:
    """How many bytes before these places are equal, `most` at most."""
    most = min(stop_a, stop_b, most)
    done = 0
    while done < most:
        step = min(_CHUNK, most - done)
        here_a, here_b = stop_a - done, stop_b - done
        if a[here_a - step : here_a] != b[here_b - step : here_b]:
            while step > 1:
                half = step // 2
                here_a, here_b = stop_a - done, stop_b - done
                if a[here_a - half : here_a] == b[here_b - half : here_b]:
                    done += half
                    step -= half
                else:
                    step = half
            return done
        done += step
    return done


def one_piece(source: bytes, start: int, stop: int, kind: str = "text") -> Piece:
    """The beginning of a UTF-8 text."""
    end = _boundary(source, min(stop, start + _WINDOW), stop)
    return Piece(source[start:end].decode("utf-8", "replace"), kind, after=end < stop)


def two_pieces(
    a: bytes, place_a: slice, b: bytes, place_b: slice, kinds: tuple[str, str] = ("text", "text")
) -> tuple[Piece, Piece]:
    """Two UTF-8 texts that differ, cut to what is around the change; marked from where they part to where they meet again."""
    size_a, size_b = place_a.stop - place_a.start, place_b.stop - place_b.start
    shorter = min(size_a, size_b)
    head = common_prefix(a, b, place_a.start, place_b.start, shorter)
    head = _boundary(a, place_a.start + head, place_a.stop, back=True) - place_a.start
    head = min(head, _boundary(b, place_b.start + head, place_b.stop, back=True) - place_b.start)
    tail = common_suffix(a, b, place_a.stop, place_b.stop, shorter - head)
    if "literal" in kinds:  # false and true have nothing in common for having an "e"
        head = tail = 0
    return (
        _around(a, place_a.start, place_a.stop, head, tail, kinds[0]),
        _around(b, place_b.start, place_b.stop, head, tail, kinds[1]),
    )


def _around(source: bytes, start: int, stop: int, head: int, tail: int, kind: str) -> Piece:
    """The part of a text around what lies between its first `head` and its last `tail` bytes."""
    change = start + head
    behind = max(_boundary(source, stop - tail, stop), change)
    begin, end = start, stop
    if stop - start > _WINDOW:
        begin = _boundary(source, max(start, min(change - _LEAD, stop - _WINDOW)), stop)
        end = _boundary(source, min(stop, begin + _WINDOW), stop)
    text = source[begin:end].decode("utf-8", "replace")
    first = len(source[begin:change].decode("utf-8", "replace"))
    length = len(source[change : min(behind, end)].decode("utf-8", "replace"))
    marks = ((first, length),) if length else ()
    return Piece(text, kind, marks, begin > start, end < stop)


def _boundary(source: bytes, at: int, stop: int, *, back: bool = False) -> int:
    """The next place (or the one before) where a character begins; text that is no UTF-8 is cut anywhere."""
    for _ in range(3):
        if at >= stop or at <= 0 or source[at] & 0xC0 != 0x80:
            break
        at += -1 if back else 1
    return at
