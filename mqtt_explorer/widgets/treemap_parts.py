# SPDX-License-Identifier: MIT
"""How the rectangles of a treemap are filled, lie on pixels, and lie to each other."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Final, TypeVar

from PySide6.QtCore import QRect

from mqtt_explorer.widgets.squarify import Box
from mqtt_explorer.widgets.theme import theme
from mqtt_explorer.widgets.tokens import Tokens, mix

#: Of the data colour over the panel: as much as leaves the text readable.
_FILL: Final = 0.26
_FILL_HOVER: Final = 0.36
#: The same for neighbours of one colour: each has another tint.
_TINTS: Final = (1.0, 0.6, 0.3)
#: Rectangles without a colour of their own take so much of the text's.
_PLAIN: Final = 0.07
_PLAIN_HOVER: Final = 0.13

Key = TypeVar("Key", bound=Hashable)


def ground(tokens: Tokens, series: int, *, hover: bool = False, tint: int = 0) -> str:
    """The fill of a rectangle with that data colour, or a lighter tint of it; every text on it has a contrast of at least 4.5:1."""
    if series < 0:
        return mix(tokens.panel, tokens.text, _PLAIN_HOVER if hover else _PLAIN)
    share = _FILL * _TINTS[tint] + (_FILL_HOVER - _FILL if hover else 0.0)
    return mix(tokens.panel, tokens.series(series), share)


def find_tints(series: Mapping[Key, int], rects: Mapping[Key, QRect]) -> dict[Key, int]:
    """A tint for each rectangle with a colour that none of its neighbours of the same colour has, as long as there are enough.

    Args:
        series: Numbers of their data colours; negative for none.
        rects: Where they lie.
    """
    tokens = theme().tokens
    same: dict[str, list[tuple[QRect, int]]] = {}
    tints: dict[Key, int] = {}
    for key, number in series.items():
        if number < 0:
            continue
        alike = same.setdefault(tokens.series(number), [])
        around = rects[key].adjusted(-2, -2, 2, 2)
        taken = {tint for other, tint in alike if other.intersects(around)}
        tints[key] = next((tint for tint in range(len(_TINTS)) if tint not in taken), 0)
        alike.append((rects[key], tints[key]))
    return tints


def beside(rects: Mapping[Hashable, QRect], current: Hashable | None, dx: int, dy: int) -> Hashable | None:
    """The nearest rectangle on that side of the current one: those that lie beside it first. None where there is none."""
    if current is None:
        return None
    here = rects[current]
    best: tuple[tuple[int, int, int], Hashable] | None = None
    for key, rect in rects.items():
        ahead = dx * (rect.center().x() - here.center().x()) + dy * (rect.center().y() - here.center().y())
        beyond = _beyond(here, rect, dx, dy)
        if key == current or beyond < 0 or rect.isEmpty():
            continue
        aside = _apart(here.top(), here.bottom(), rect.top(), rect.bottom())
        if dy:
            aside = _apart(here.left(), here.right(), rect.left(), rect.right())
        across = (
            abs(rect.center().y() - here.center().y()) if dx else abs(rect.center().x() - here.center().x())
        )
        rank = (aside, beyond, across + ahead)
        if best is None or rank < best[0]:
            best = (rank, key)
    return best[1] if best is not None else None


def snapped(box: Box) -> QRect:
    """On whole pixels, with a gap of one between neighbours; a sliver keeps no gap."""
    left, top = round(box.x), round(box.y)
    wide, high = round(box.x + box.width) - left, round(box.y + box.height) - top
    return QRect(left, top, wide - (wide > 2), high - (high > 2))


def _beyond(here: QRect, rect: QRect, dx: int, dy: int) -> int:
    """How far a rectangle lies on that side of another one; negative when it does not."""
    if dx:
        return rect.left() - here.right() if dx > 0 else here.left() - rect.right()
    return rect.top() - here.bottom() if dy > 0 else here.top() - rect.bottom()


def _apart(start: int, end: int, other_start: int, other_end: int) -> int:
    """The gap between two stretches; 0 where they overlap."""
    return max(other_start - end, start - other_end, 0)
