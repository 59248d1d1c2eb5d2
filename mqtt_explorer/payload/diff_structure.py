# SPDX-License-Identifier: MIT
"""The structural comparison of two documents that have a structure: JSON, CBOR, MessagePack, Protobuf, Sparkplug B and the like.

Values are compared, not texts: the order of keys, blanks and the spelling of numbers and escapes are no changes. Every scalar and every
empty container is a row; a container has one of its own only where it is no longer what it was (another type, now or no longer empty).

Members of objects are found by key; the second one of the same key belongs to the second one ("key#2"). Elements of arrays of the same
length belong together by place, so that a vector of readings shows its differences. Where the lengths differ they are aligned by what
they hold (`diff_align`), up to `MOST_ELEMENTS`, and by place beyond.

Nothing is recursive: 100,000 levels take 100,000 entries.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable
from typing import Final, NamedTuple

from mqtt_explorer.payload.diff_align import align, gaps, numbered
from mqtt_explorer.payload.diff_rows import CHANGED, GONE, NEW, NONE, SAME, Counts, Sign
from mqtt_explorer.payload.diff_structure_rows import Source, StructureRows, extent
from mqtt_explorer.payload.diff_values import plain_string, same_value
from mqtt_explorer.payload.json_index import Row

#: Arrays up to this length (both together) are aligned by what they hold.
MOST_ELEMENTS: Final = 400_000
#: How much is read again to see whether containers are equal byte for byte, as a multiple of both sources.
_REREAD: Final = 8
_REPORT_EVERY: Final = 20_000
_MARK = 4  # the entry is a container that has no row of its own


def compare_structures(
    a: Source, b: Source, progress: Callable[[float], None] | None = None
) -> StructureRows:
    """Compares two documents' structures.

    Args:
        a: The older one.
        b: The newer one.
        progress: Gets the share that is done, now and then.
    """
    return _Comparison(a, b, progress).run()


class _Frame:
    """A container whose lines are walked."""

    __slots__ = ("close", "count", "entry", "is_array", "keys", "last")

    def __init__(self, entry: int, last: int, close: int, is_array: bool) -> None:
        self.entry = entry
        self.last = last
        self.close = close
        self.is_array = is_array
        self.count = 0
        self.keys: dict[bytes, int] = {}


class _Todo(NamedTuple):
    """What is to be compared next: lines of A and B, or NONE, and where they lie in which container."""

    a: int
    b: int
    parent: int
    place_a: int
    place_b: int
    repeat: int = 1


class _Comparison:
    """One comparison under way."""

    def __init__(self, a: Source, b: Source, progress: Callable[[float], None] | None) -> None:
        self._a = a
        self._b = b
        self._progress = progress
        self._signs = bytearray()
        self._parents = array("I")
        self._lines_a = array("I")
        self._lines_b = array("I")
        self._places_a = array("I")
        self._places_b = array("I")
        self._repeated = array("I")
        self._repeats = array("I")
        self._budget = _REREAD * (len(a.text) + len(b.text)) + 100_000
        self._todo: list[_Todo] = []
        self._report = _REPORT_EVERY

    def run(self) -> StructureRows:
        tops_a, tops_b = self._a.tops(), self._b.tops()
        if len(tops_a) == 1 and len(tops_b) == 1:
            self._todo.append(_Todo(0, 0, NONE, NONE, NONE))
        else:
            self._todo += reversed(_by_place(tops_a, tops_b, NONE))
        while self._todo:
            self._step(self._todo.pop())
            if self._progress is not None and len(self._signs) >= self._report:
                self._report = len(self._signs) + _REPORT_EVERY
                self._progress(self._share())
        return self._result()

    def _share(self) -> float:
        whole = len(self._a.lines) + len(self._b.lines)
        return min(len(self._signs) / max(whole / 2, 1), 1.0)

    def _result(self) -> StructureRows:
        signs = bytes(self._signs)
        shown = array("I", (entry for entry, sign in enumerate(signs) if sign != _MARK))
        different = array("I", (row for row, entry in enumerate(shown) if signs[entry] != SAME))
        numbers = [signs.count(sign) for sign in (CHANGED, NEW, GONE, SAME)]
        return StructureRows(
            self._a,
            self._b,
            signs,
            self._parents,
            self._lines_a,
            self._lines_b,
            self._places_a,
            self._places_b,
            self._repeated,
            self._repeats,
            shown,
            different,
            Counts(*numbers),
        )

    def _add(self, sign: Sign, todo: _Todo) -> int:
        entry = len(self._signs)
        self._signs.append(sign)
        self._parents.append(todo.parent)
        self._lines_a.append(todo.a)
        self._lines_b.append(todo.b)
        self._places_a.append(todo.place_a)
        self._places_b.append(todo.place_b)
        if todo.repeat > 1:
            self._repeated.append(entry)
            self._repeats.append(todo.repeat)
        return entry

    # --- one pair -------------------------------------------------------------------------------------------------

    def _step(self, todo: _Todo) -> None:
        if todo.b == NONE:
            self._walk(self._a, GONE, todo)
            return
        if todo.a == NONE:
            self._walk(self._b, NEW, todo)
            return
        a, b = self._a.row(todo.a), self._b.row(todo.b)
        mark_a, mark_b = _bracket(self._a, a), _bracket(self._b, b)
        if mark_a != mark_b or not mark_a:
            if mark_a or mark_b:
                self._retyped(todo)
                return
            equal = same_value(str(a.kind), self._a.text[a.value], str(b.kind), self._b.text[b.value])
            self._add(SAME if equal else CHANGED, todo)
        elif a.kind == b.kind == "empty":
            self._add(SAME, todo)
        elif "empty" in (a.kind, b.kind):
            self._retyped(todo)
        elif self._is_same_text(todo):
            self._walk(self._b, SAME, todo)
        else:
            entry = self._add(_MARK, todo)
            inside = self._elements(todo, entry) if mark_a == b"[" else self._members(todo, entry)
            self._todo += reversed(inside)

    def _retyped(self, todo: _Todo) -> None:
        """Another type, or empty on one side: a row of its own, and then what was inside and what is."""
        entry = self._add(CHANGED, todo)
        inside = [
            todo_inside
            for source, line, gone in ((self._b, todo.b, False), (self._a, todo.a, True))
            if source.lines.is_open(line)
            for todo_inside in self._one_sided(source, line, entry, gone=gone)
        ]
        self._todo += reversed(inside)

    def _one_sided(self, source: Source, line: int, entry: int, *, gone: bool) -> list[_Todo]:
        children = source.lines.children(line)
        is_array = _bracket(source, source.row(line)) == b"["
        keys = None if is_array else self._keys(source, children)
        made = []
        for place, child in enumerate(children):
            at = place if keys is None else NONE
            repeat = 1 if keys is None else keys[place][1]
            lines = (child, NONE) if gone else (NONE, child)
            made.append(_Todo(*lines, entry, at, at, repeat))
        return made

    def _is_same_text(self, todo: _Todo) -> bool:
        """Whether two containers are equal byte for byte; looked at while that costs no more than some readings of all."""
        a, b = extent(self._a, todo.a), extent(self._b, todo.b)
        size = a.stop - a.start
        if size != b.stop - b.start or self._budget < size:
            return False
        lines_a, lines_b = (
            source.lines.closes[line] - line for source, line in ((self._a, todo.a), (self._b, todo.b))
        )
        if lines_a != lines_b:
            return False
        self._budget -= size
        return self._a.text[a] == self._b.text[b]

    # --- what is inside a pair of containers --------------------------------------------------------------------------

    def _keys(self, source: Source, children: list[int]) -> list[tuple[bytes, int]]:
        """The keys of members with their escapes resolved, and the how manieth of its name each is."""
        seen: dict[bytes, int] = {}
        keys = []
        for child in children:
            key = _key(source, child)
            seen[key] = count = seen.get(key, 0) + 1
            keys.append((key, count))
        return keys

    def _members(self, todo: _Todo, entry: int) -> list[_Todo]:
        children_a, children_b = (
            self._a.lines.children(todo.a),
            self._b.lines.children(todo.b),
        )
        keys_a, keys_b = self._keys(self._a, children_a), self._keys(self._b, children_b)
        place_b = {key: place for place, key in enumerate(keys_b)}
        line_a = dict(zip(keys_a, children_a, strict=True))
        # What is gone stands behind its predecessor, and what is new there.
        gone: dict[int, list[_Todo]] = {}
        anchor = -1
        for key, child in line_a.items():
            if key in place_b:
                anchor = place_b[key]
            else:
                gone.setdefault(anchor, []).append(_Todo(child, NONE, entry, NONE, NONE, key[1]))
        made: list[_Todo] = []
        waiting = gone.get(-1, [])
        for place, (key, child) in enumerate(zip(keys_b, children_b, strict=True)):
            here = line_a.get(key, NONE)
            if here != NONE:
                made += waiting
                waiting = []
            made.append(_Todo(here, child, entry, NONE, NONE, key[1]))
            waiting = waiting + gone[place] if place in gone else waiting
        return made + waiting

    def _elements(self, todo: _Todo, entry: int) -> list[_Todo]:
        children_a, children_b = (
            self._a.lines.children(todo.a),
            self._b.lines.children(todo.b),
        )
        count = len(children_a) + len(children_b)
        size = _size(self._a, todo.a) + _size(self._b, todo.b)
        if len(children_a) == len(children_b) or count > MOST_ELEMENTS or self._budget < size:
            return _by_place(children_a, children_b, entry)
        self._budget -= size
        prints_a, prints_b = numbered(
            (self._a.text[extent(self._a, line)] for line in children_a),
            (self._b.text[extent(self._b, line)] for line in children_b),
        )
        alignment = align(prints_a, prints_b)
        made: list[_Todo] = []
        for gap in gaps(alignment, len(children_a), len(children_b)):
            made += _by_place(
                [children_a[at] for at in gap.a],
                [children_b[at] for at in gap.b],
                entry,
                gap.a.start,
                gap.b.start,
            )
            at_a, at_b, length = gap.block
            made += _by_place(
                children_a[at_a : at_a + length], children_b[at_b : at_b + length], entry, at_a, at_b
            )
        return made

    # --- what needs no comparing ------------------------------------------------------------------------------------

    def _walk(self, source: Source, sign: Sign, first: _Todo) -> None:
        """Adds all of a value that is on one side only, or the same on both, line by line."""
        start = first.a if sign == GONE else first.b
        # Texts that are equal byte for byte have their lines at the same distance.
        shift_a = first.a - start if sign != NEW else None
        shift_b = first.b - start if sign != GONE else None
        closes, last = source.lines.closes, source.last(start)
        frames: list[_Frame] = []
        line = start
        while line <= last:
            while frames and frames[-1].last < line:
                frames.pop()
            if frames and line == frames[-1].close:
                line += 1
                continue
            todo = first
            if frames:
                todo = self._inside(source, frames[-1], line, shift_a, shift_b)
            if closes[line]:
                entry = self._add(_MARK, todo)
                is_array = _bracket(source, source.row(line)) == b"["
                frames.append(_Frame(entry, source.last(line), closes[line], is_array))
            else:
                self._add(sign, todo)
            line += 1

    def _inside(
        self, source: Source, frame: _Frame, line: int, shift_a: int | None, shift_b: int | None
    ) -> _Todo:
        place, repeat = NONE, 1
        if frame.is_array:
            place = frame.count
            frame.count += 1
        else:
            key = _key(source, line)
            frame.keys[key] = repeat = frame.keys.get(key, 0) + 1
        a = NONE if shift_a is None else line + shift_a
        b = NONE if shift_b is None else line + shift_b
        return _Todo(a, b, frame.entry, place, place, repeat)


def _by_place(a: list[int], b: list[int], parent: int, at_a: int = 0, at_b: int = 0) -> list[_Todo]:
    """Pairs by place; what one side has more of comes last."""
    both = min(len(a), len(b))
    pairs = [_Todo(a[place], b[place], parent, at_a + place, at_b + place) for place in range(both)]
    pairs += [_Todo(a[place], NONE, parent, at_a + place, NONE) for place in range(both, len(a))]
    pairs += [_Todo(NONE, b[place], parent, NONE, at_b + place) for place in range(both, len(b))]
    return pairs


def _bracket(source: Source, row: Row) -> bytes:
    """The bracket of a container; empty for a scalar."""
    if row.kind not in ("open", "empty"):
        return b""
    return source.text[row.value.start : row.value.start + 1]


def _size(source: Source, line: int) -> int:
    place = extent(source, line)
    return int(place.stop - place.start)


def _key(source: Source, line: int) -> bytes:
    """The key of a member, its escapes resolved; the usual one is found without a pattern."""
    text, start = source.text, source.lines.starts[line]
    if text[start : start + 1] == b'"':
        end = text.find(b'"', start + 1)
        key = text[start : end + 1]
        if end > 0 and b"\\" not in key:
            return key
    return plain_string(text[source.row(line).key])
