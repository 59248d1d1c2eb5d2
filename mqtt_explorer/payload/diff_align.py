# SPDX-License-Identifier: MIT
"""Which elements of two sequences belong together: the alignment behind the comparison of lines, arrays and short runs of bytes.

Equal beginnings and ends are set aside; then elements that occur once on both sides, in the longest order they share, cut the rest into
gaps (patience diff, Bram Cohen); a gap without such elements goes to Myers' O(ND) algorithm ("An O(ND) Difference Algorithm and Its
Variations", 1986). Where that takes too many steps the gap is left unaligned, so the worst case is bounded.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Hashable, Iterable, Sequence
from typing import Final, NamedTuple

#: Steps of Myers' algorithm for one alignment, all gaps together: half a second or so.
STEPS: Final = 1_000_000
#: Differences in one gap beyond which it is given up; its trace takes the square of this.
_MOST_EDITS: Final = 600
#: Elements looked at while gaps are cut, as a multiple of all there are.
_ROUNDS: Final = 24


class Block(NamedTuple):
    """`length` elements from `a` on one side equal those from `b` on the other."""

    a: int
    b: int
    length: int


class Alignment(NamedTuple):
    """The blocks in order, and whether a part was left unaligned because it took too long."""

    blocks: list[Block]
    gave_up: bool


class Gap(NamedTuple):
    """What lies between two blocks on each side, and the block behind it (of length 0 at the end)."""

    a: range
    b: range
    block: Block


def numbered(*sequences: Iterable[Hashable]) -> list[list[int]]:
    """The sequences with a number for each different element: numbers are compared faster than long lines."""
    known: dict[Hashable, int] = {}
    return [[known.setdefault(each, len(known)) for each in sequence] for sequence in sequences]


def align(a: Sequence[int], b: Sequence[int], steps: int = STEPS) -> Alignment:
    """Aligns two sequences of numbers."""
    return _Aligner(a, b, steps).run()


def gaps(alignment: Alignment, length_a: int, length_b: int) -> Iterable[Gap]:
    """What lies between the blocks, in order; either range may be empty."""
    at_a = at_b = 0
    for block in (*alignment.blocks, Block(length_a, length_b, 0)):
        yield Gap(range(at_a, block.a), range(at_b, block.b), block)
        at_a, at_b = block.a + block.length, block.b + block.length


class _Aligner:
    """One alignment."""

    def __init__(self, a: Sequence[int], b: Sequence[int], steps: int) -> None:
        self._a = a
        self._b = b
        self._steps = steps
        self._looks = _ROUNDS * (len(a) + len(b)) + 1_000
        self._found: list[Block] = []
        self._gave_up = False

    def run(self) -> Alignment:
        todo = [(0, len(self._a), 0, len(self._b))]
        while todo:
            gap = self._trim(*todo.pop())
            if gap is None:
                continue
            self._looks -= gap[1] - gap[0] + gap[3] - gap[2]
            anchors = self._anchors(*gap) if self._looks > 0 else []
            if not anchors:
                self._edit(*gap)
                continue
            at_a, at_b = gap[0], gap[2]
            for place_a, place_b in anchors:
                todo.append((at_a, place_a, at_b, place_b))
                self._found.append(Block(place_a, place_b, 1))
                at_a, at_b = place_a + 1, place_b + 1
            todo.append((at_a, gap[1], at_b, gap[3]))
        return Alignment(_joined(self._found), self._gave_up)

    def _trim(self, a0: int, a1: int, b0: int, b1: int) -> tuple[int, int, int, int] | None:
        """Takes equal beginnings and ends off a gap; None when a side has nothing left."""
        a, b = self._a, self._b
        start = a0
        while a0 < a1 and b0 < b1 and a[a0] == b[b0]:
            a0 += 1
            b0 += 1
        if a0 > start:
            self._found.append(Block(start, b0 - (a0 - start), a0 - start))
        end = a1
        while a0 < a1 and b0 < b1 and a[a1 - 1] == b[b1 - 1]:
            a1 -= 1
            b1 -= 1
        if end > a1:
            self._found.append(Block(a1, b1, end - a1))
        return (a0, a1, b0, b1) if a0 < a1 and b0 < b1 else None

    def _anchors(self, a0: int, a1: int, b0: int, b1: int) -> list[tuple[int, int]]:
        """Places of elements that occur once on both sides, as many as keep their order."""
        once_a = _once(self._a, a0, a1)
        once_b = _once(self._b, b0, b1)
        pairs = [(place, once_b[each]) for each, place in once_a.items() if each in once_b]
        return _longest_rise(pairs)

    def _edit(self, a0: int, a1: int, b0: int, b1: int) -> None:
        """Myers on what can match at all: elements that the other side lacks are left out first."""
        other_b, other_a = set(self._b[b0:b1]), set(self._a[a0:a1])
        places_a = [place for place in range(a0, a1) if self._a[place] in other_b]
        places_b = [place for place in range(b0, b1) if self._b[place] in other_a]
        if not places_a or not places_b:
            return
        pairs = self._myers([self._a[place] for place in places_a], [self._b[place] for place in places_b])
        if pairs is None:
            self._gave_up = True
            return
        self._found += (Block(places_a[x], places_b[y], 1) for x, y in pairs)

    def _myers(self, a: Sequence[int], b: Sequence[int]) -> list[tuple[int, int]] | None:
        """Matching places of the shortest edit script; None when there are too many edits."""
        size_a, size_b = len(a), len(b)
        reach = {1: 0}
        trace: list[dict[int, int]] = []
        for edits in range(min(size_a + size_b, _MOST_EDITS) + 1):
            trace.append(reach.copy())
            self._steps -= edits + 1
            if self._steps < 0:
                return None
            for k in range(-edits, edits + 1, 2):
                down = k == -edits or (k != edits and reach[k - 1] < reach[k + 1])
                x = reach[k + 1] if down else reach[k - 1] + 1
                y = x - k
                begin = x
                while x < size_a and y < size_b and a[x] == b[y]:
                    x += 1
                    y += 1
                self._steps -= x - begin
                reach[k] = x
                if x >= size_a and y >= size_b:
                    return _walk_back(trace, size_a, size_b)
        return None


def _walk_back(trace: list[dict[int, int]], x: int, y: int) -> list[tuple[int, int]]:
    """The matches on the way that the last step of Myers' algorithm came."""
    pairs = []
    for edits in range(len(trace) - 1, -1, -1):
        reach, k = trace[edits], x - y
        down = k == -edits or (k != edits and reach[k - 1] < reach[k + 1])
        before_k = k + 1 if down else k - 1
        before_x = reach[before_k]
        before_y = before_x - before_k
        while x > max(before_x, 0) and y > max(before_y, 0):
            x -= 1
            y -= 1
            pairs.append((x, y))
        x, y = before_x, before_y
    return pairs[::-1]


def _once(sequence: Sequence[int], start: int, stop: int) -> dict[int, int]:
    """The elements that occur once in a stretch, and where."""
    places: dict[int, int] = {}
    for place in range(start, stop):
        each = sequence[place]
        places[each] = -1 if each in places else place
    return {each: place for each, place in places.items() if place >= 0}


def _longest_rise(pairs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The longest part of pairs, sorted by their first number, in which the second ones rise too (patience sorting)."""
    tops: list[int] = []  # the smallest last number of a rise of each length
    ends: list[int] = []  # which pair that is
    before: list[int] = []
    for number, (_, place) in enumerate(pairs):
        pile = bisect_left(tops, place)
        before.append(ends[pile - 1] if pile else -1)
        if pile == len(tops):
            tops.append(place)
            ends.append(number)
        else:
            tops[pile] = place
            ends[pile] = number
    rise = []
    at = ends[-1] if ends else -1
    while at >= 0:
        rise.append(pairs[at])
        at = before[at]
    return rise[::-1]


def _joined(blocks: list[Block]) -> list[Block]:
    """The blocks in order; neighbours that touch on both sides are one."""
    joined: list[Block] = []
    for block in sorted(blocks):
        last = joined[-1] if joined else None
        if last is not None and last.a + last.length == block.a and last.b + last.length == block.b:
            joined[-1] = Block(last.a, last.b, last.length + block.length)
        else:
            joined.append(block)
    return joined
