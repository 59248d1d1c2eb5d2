# SPDX-License-Identifier: MIT
"""Rectangles whose areas stand for sizes, as near to squares as they go (Bruls, Huizing, van Wijk: Squarified Treemaps). No Qt."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Final, NamedTuple, TypeVar

#: Neighbours keep their order while the second is not larger than the first by more than this.
CALM: Final = 1.10

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


def calm_order(before: Sequence[Key], keys: Sequence[Key], size: Callable[[Key], float]) -> list[Key]:
    """Keys by size, the largest first, but in the order of before where two differ by less than a tenth.

    So rectangles that are nearly the same do not change places with each update.
    """
    wanted = set(keys)
    order = [key for key in before if key in wanted]
    known = set(order)
    order += sorted((key for key in keys if key not in known), key=size, reverse=True)
    for end in range(1, len(order)):
        key = order[end]
        place = end
        while place and size(key) > size(order[place - 1]) * CALM:
            order[place] = order[place - 1]
            place -= 1
        order[place] = key
    return order
