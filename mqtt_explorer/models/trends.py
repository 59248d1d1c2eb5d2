# SPDX-License-Identifier: MIT
"""The last numbers of the topics on the screen, for the small lines beside their values. No Qt."""

from __future__ import annotations

import math
from collections import deque
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec

from mqtt_explorer.payload.numeric import finite, parse_number

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mqtt_explorer.protocol.batch import Frame
    from mqtt_explorer.store.topic_store import TopicStore
    from mqtt_explorer.store.topic_tree import Node

POINTS: Final = 48
"""Numbers of a line at most; no more messages are read for one."""
EVERY_S: Final = 0.25
"""A line is brought up to date at most so often …"""
SHARE: Final = 1 / 2_000
"""… and takes no more than this share of the time, so that a screen of them takes some percent of it at most …"""
SLOWEST_S: Final = 2.0
"""… but is never older than this."""
FRAME_S: Final = 0.0015
"""Time that all lines together may take of one frame."""
_FRAME: Final = 1 / 30
NO_NUMBERS: Final = 8
"""So many messages without a number, and the topic is taken for one that has none."""
_RETRY_S: Final = 1.0
"""Such a topic is tried again with its last message, once in so many seconds."""
_REMEMBERED: Final = 512
_LONGEST_TEXT: Final = 64
_LONGEST_JSON: Final = 4_096

_NAMES: Final = ("value", "val", "v", "state")
"""Members of a JSON object that hold its reading, in this order."""
_NO_READINGS: Final = frozenset(("ts", "time", "timestamp", "id", "seq"))
"""Members that hold a number which is no reading."""
_TEXT_START: Final = frozenset(b"+-.0123456789tTfFoO \t\r\n")
_json = msgspec.json.Decoder()


class Trend(NamedTuple):
    """A line: each number between 0 (the lowest) and 1 (the highest), oldest first."""

    line: tuple[float, ...]
    low: float
    high: float


class _Followed:
    """What is known of one topic."""

    __slots__ = ("due_s", "dull", "misses", "numbers", "seq", "trend")

    def __init__(self) -> None:
        self.numbers: deque[int | float] = deque(maxlen=POINTS)
        self.seq = -1  # the last message that was read
        self.due_s = 0.0  # not before
        self.misses = 0  # messages without a number since the last one with
        self.dull = False  # there are no numbers
        self.trend: Trend | None = None


class Trends:
    """Reads the numbers of the topics it is asked for from their history: each message once, and the newest POINTS at most.

    It is asked while rows are painted, so that a hidden column costs nothing; what it may spend on one frame is bounded, and
    `late` tells which rows have to be painted once more.
    """

    def __init__(self, store: TopicStore) -> None:
        self._store = store
        self._known: dict[Node, _Followed] = {}
        self._frame_from_s = 0.0
        self._spent_s = 0.0

    def get(self, node: Node, seq: int, now_s: float, *, at_once: bool = False) -> Trend | None:
        """The line up to message `seq` of a topic, or an older one while it is not due; None without two numbers.

        Args:
            node: The topic.
            seq: Its last message, or the one it was frozen with.
            now_s: The monotonic clock.
            at_once: Brings it up to date whatever that costs (a frozen view asks for each line once).
        """
        known = self._known.get(node)
        if known is None:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            known = self._known[node] = _Followed()
        if known.seq < seq and (at_once or (now_s >= known.due_s and self._has_time(now_s))):
            self._read(known, seq, now_s)
        return known.trend

    def due_s(self, node: Node, seq: int) -> float | None:
        """From when on `get` has more to tell than it told last; None when that was all."""
        known = self._known.get(node)
        return known.due_s if known is not None and known.seq < seq and not known.dull else None

    def _has_time(self, now_s: float) -> bool:
        if not 0 <= now_s - self._frame_from_s < _FRAME:
            self._frame_from_s = now_s
            self._spent_s = 0.0
        return self._spent_s < FRAME_S

    def _read(self, known: _Followed, seq: int, now_s: float) -> None:
        begin = perf_counter()
        if known.dull:
            most = 1
        elif known.seq < 0:
            most = POINTS
        else:
            most = min(POINTS, seq - known.seq)
        numbers: list[int | float] = []
        looked_at = 0
        for frame in self._frames(seq, known.seq, most):
            looked_at += 1
            number = number_in(frame)
            if number is not None:
                numbers.append(number)
            elif looked_at == NO_NUMBERS and not numbers:
                break
        known.seq = seq
        if numbers:
            known.numbers.extend(reversed(numbers))
            known.trend = _trend(known.numbers)
            known.misses = 0
        else:
            known.misses += looked_at
            if known.misses >= NO_NUMBERS:
                known.numbers.clear()
                known.trend = None
        known.dull = not known.numbers
        took = perf_counter() - begin
        self._spent_s += took
        known.due_s = now_s + (_RETRY_S if known.dull else min(SLOWEST_S, max(EVERY_S, took / SHARE)))

    def _frames(self, seq: int, after: int, most: int) -> Iterator[Frame]:
        """The messages `seq`, and those before it on the same topic that are newer than `after`; newest first."""
        segment = self._store.segment(seq)
        for _ in range(most):
            if segment is None or seq <= after:
                return
            index = seq - segment.first_seq
            yield segment.frames[index]
            seq = segment.prev[index]
            if seq < segment.first_seq:
                segment = self._store.segment(seq)


def number_in(frame: Frame) -> int | float | None:
    """What a chart would plot for a message: its number by the strict rule, or that of a JSON object.

    Of an object counts the member `value`, `val`, `v` or `state`, else its only number, if nothing in it is nested.
    """
    payload = frame[3]
    if not payload or frame[4] > len(payload):  # nothing kept, or not all of it
        return None
    first = payload[0]
    if first == 0x7B:  # {
        return _in_object(payload) if len(payload) <= _LONGEST_JSON else None
    if first not in _TEXT_START or len(payload) > _LONGEST_TEXT:
        return None
    try:
        return parse_number(payload.decode())
    except UnicodeDecodeError:
        return None


def _in_object(payload: bytes) -> int | float | None:
    try:
        members = _json.decode(payload)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return None
    for name in _NAMES:
        if name in members:
            return _number(members[name])
    found: int | float | None = None
    for name, value in members.items():
        kind = type(value)
        if kind is dict or kind is list:
            return None
        if (kind is float or kind is int) and name.lower() not in _NO_READINGS:
            if found is not None:
                return None
            found = finite(value)
    return found


def _number(value: Any) -> int | float | None:
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, int | float):
        return finite(value)
    return parse_number(value) if isinstance(value, str) else None


def _trend(numbers: Iterable[int | float]) -> Trend | None:
    values = [float(number) for number in numbers]
    if len(values) < 2:
        return None
    low, high = min(values), max(values)
    if low == high:
        return Trend((0.5,) * len(values), low, high)
    span = high - low
    if math.isinf(span):
        span = high / 2 - low / 2
        line = tuple((value / 2 - low / 2) / span for value in values)
    else:
        line = tuple((value - low) / span for value in values)
    return Trend(line, low, high)
