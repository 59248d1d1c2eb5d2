# SPDX-License-Identifier: MIT
"""From rows to rectangles: what is too small to be seen is summed up, and a colour stays with its source."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final
from zlib import crc32

from PySide6.QtCore import QCoreApplication

from mqtt_explorer.models import wording
from mqtt_explorer.models.noise_model import NoiseRow, byte_rate, share_text
from mqtt_explorer.widgets.theme import theme
from mqtt_explorer.widgets.treemap import Tile

if TYPE_CHECKING:
    from mqtt_explorer.store.noise_meter import By, Noise

#: More rectangles cannot be told apart.
MOST_TILES: Final = 48
#: Smaller shares are summed up, where there are several of them.
_LEAST_SHARE: Final = 0.004
OTHERS: Final = "others"


class Colours:
    """Which data colour each source has: always the same for a topic, whatever branch is looked into."""

    def __init__(self) -> None:
        self._series: dict[object, int] = {}

    def clear(self) -> None:
        """Other rectangles are shown."""
        self._series.clear()

    def give(self, row: NoiseRow) -> int:
        """The number of the colour of a row with a rectangle."""
        series = self._series[row.key] = crc32(row.node.topic) % len(theme().tokens.data)
        return series

    def of(self, row: NoiseRow) -> int:
        """The same, but -1 where it has no rectangle of its own, or one without a colour."""
        return self._series.get(row.key, -1)


def tiles(
    rows: Sequence[NoiseRow],
    total: Noise,
    seconds: float,
    by: By,
    *,
    number: int,
    is_muted: Callable[[NoiseRow], bool],
    colours: Colours,
) -> list[Tile]:
    """The rectangles of a branch.

    Args:
        rows: Its rows, loudest first.
        total: What arrived on it.
        seconds: Within which time.
        by: What the areas stand for.
        number: How many sources there are, listed or not.
        is_muted: Whether a row is muted.
        colours: Gives them, and remembers which rows have one.
    """
    whole = total.messages if by == "messages" else total.bytes
    listed = [row for row in rows if row.kind != "others"]
    large = [row for row in listed if row.measure(by) >= whole * _LEAST_SHARE][:MOST_TILES]
    if len(large) + 1 == len(listed):  # one alone needs no summing up
        large = listed
    colours.clear()
    shown = {row.key for row in large}
    rest = [row for row in rows if row.key not in shown]
    made = []
    for row in large:
        muted = is_muted(row)
        made.append(
            Tile(
                row.key,
                row.name,
                float(row.measure(by)),
                share_text(row.measure(by), whole),
                story(row, total, seconds, muted=muted),
                colours.give(row) if row.kind == "source" and not muted else -1,
                row.branch,
                _tr("muted") if muted else "",
            )
        )
    if rest:
        hidden = sum(row.kind != "others" for row in rest) + max(
            0, number - sum(r.kind == "source" for r in listed)
        )
        name = _tr("1 other") if hidden == 1 else _tr("{n} others").format(n=f"{hidden:,}")
        summed = NoiseRow(
            "others", rest[0].node, name, sum(r.messages for r in rest), sum(r.size for r in rest)
        )
        caption = share_text(summed.measure(by), whole)
        made.append(
            Tile(OTHERS, name, float(summed.measure(by)), caption, story(summed, total, seconds), last=True)
        )
    return made


def story(row: NoiseRow, total: Noise, seconds: float, *, muted: bool = False) -> tuple[str, ...]:
    """All there is to say of a row: topic, messages, bytes, rates, shares."""
    seconds = max(seconds, 1e-3)
    name = row.topic.decode("utf-8", "replace") if row.topic is not None else row.name
    if row.kind == "own":
        name = f"{name} · {row.name}"
    messages = _tr("{n} messages · {share} · on average {rate}").format(
        n=f"{row.messages:,}",
        share=share_text(row.messages, total.messages),
        rate=wording.rate(row.messages / seconds),
    )
    size = _tr("{size} of payload · {share} · on average {rate}").format(
        size=wording.size(row.size),
        share=share_text(row.size, total.bytes),
        rate=byte_rate(row.size / seconds),
    )
    return (name, messages, size, *((_tr("muted"),) if muted else ()))


def _tr(text: str) -> str:
    return QCoreApplication.translate("NoisePanel", text)
