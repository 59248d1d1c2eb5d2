# SPDX-License-Identifier: MIT
"""Rectangles whose areas stand for sizes, as near to squares as they go (Bruls, Huizing, van Wijk: Squarified Treemaps). No Qt."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Final, Generic, NamedTuple, TypeVar

#: Two keep their order while the second is not larger than the first by more than this.
CALM: Final = 1.25

Key = TypeVar("Key", bound=Hashable)


class Box(NamedTuple):
    """A rectangle; all in the unit of the area it was cut from."""

    x: float
    y: float
    width: float
    height: float


def squarify(sizes: Sequence[float], width: float, height: float) -> list[Box]:
    """Fills an area with one rectangle for each size, in their order; best with the largest first.

    Args:
        sizes: All over 0.
        width: Of the area.
        height: Of the area.
    """
    if not sizes or width <= 0 or height <= 0:
        return [Box(0.0, 0.0, 0.0, 0.0) for _ in sizes]
    scale = width * height / sum(sizes)
    areas = [size * scale for size in sizes]
    boxes: list[Box] = []
    x, y = 0.0, 0.0
    start = 0
    while start < len(areas):
        side = min(width, height)
        end, total = start + 1, areas[start]
        # A strip along the shorter side takes one more as long as its worst rectangle gets no worse.
        while end < len(areas) and side > 0:
            more = total + areas[end]
            if _worst(areas[start : end + 1], more, side) > _worst(areas[start:end], total, side):
                break
            end, total = end + 1, more
        depth = total / side if side > 0 else 0.0
        at = 0.0
        for area in areas[start:end]:
            length = side * area / total
            boxes.append(Box(x, y + at, depth, length) if width >= height else Box(x + at, y, length, depth))
            at += length
        if width >= height:
            x, width = x + depth, max(width - depth, 0.0)
        else:
            y, height = y + depth, max(height - depth, 0.0)
        start = end
    return boxes


def _worst(areas: Sequence[float], total: float, side: float) -> float:
    """The longest side to its shortest of the worst rectangle in a strip of these areas."""
    square, across = total * total, side * side
    return max(across * max(areas) / square, square / (across * min(areas)))


class CalmOrder(Generic[Key]):
    """Keys by size, the largest first, that do not change places because two of them are nearly the same.

    One goes before another only after it was larger by `CALM` at two looks running; new ones stand where their size puts them.
    """

    def __init__(self) -> None:
        self._order: list[Key] = []
        self._eager: set[Key] = set()  # to go up, if they are still to at the next look

    def clear(self) -> None:
        """The next order is by size alone."""
        self._order = []
        self._eager = set()

    def look(self, keys: Iterable[Key], size: Callable[[Key], float], *, held: bool = False) -> list[Key]:
        """The order of now.

        Args:
            keys: All keys there are.
            size: How large each is.
            held: None of those that were there changes places, and it does not count as a look.
        """
        wanted = dict.fromkeys(keys)
        before = [key for key in self._order if key in wanted]
        known = set(before)
        if not held:
            before = self._raised(before, size)
        fresh = sorted((key for key in wanted if key not in known), key=size, reverse=True)
        self._order = _merged(before, fresh, size)
        return list(self._order)

    def _raised(self, before: list[Key], size: Callable[[Key], float]) -> list[Key]:
        order: list[Key] = []
        eager: set[Key] = set()
        least = float("inf")
        for key in before:
            mine = size(key)
            if mine <= least * CALM:
                order.append(key)
            elif key in self._eager:
                place = next(n for n, other in enumerate(order) if mine > size(other) * CALM)
                order.insert(place, key)
            else:
                eager.add(key)
                order.append(key)
            least = min(least, mine)
        self._eager = eager
        return order


def _merged(order: list[Key], fresh: list[Key], size: Callable[[Key], float]) -> list[Key]:
    """Each of the fresh ones, the largest first, before the first one that is smaller."""
    made: list[Key] = []
    start = 0
    for key in order:
        while start < len(fresh) and size(fresh[start]) > size(key):
            made.append(fresh[start])
            start += 1
        made.append(key)
    return made + fresh[start:]
