# SPDX-License-Identifier: MIT
"""What stands beside the title of the Topics panel: "1,284 topics · 312 msg/s", or "38 of 1,284" while there is a search."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from mqtt_explorer.models import wording

if TYPE_CHECKING:
    from mqtt_explorer.connection import Connection
    from mqtt_explorer.models.topic_search import SearchState

EVERY_S: Final = 1.0
"""How often the rate is measured."""


class TopicFigures:
    """Counts topics, and messages a second since it was last asked."""

    def __init__(self) -> None:
        self._measured: tuple[float, int] = (0.0, 0)
        self._rate: float | None = None

    @property
    def is_due(self) -> bool:
        """Whether a second has passed."""
        return time.monotonic() - self._measured[0] >= EVERY_S

    def begin(self) -> None:
        """Another connection: there is no rate yet."""
        self._measured = (0.0, 0)
        self._rate = None

    def text(self, connection: Connection | None, state: SearchState | None) -> str:
        """The text for a connection, and for its search if there is one."""
        if connection is None:
            return ""
        counters = connection.store.counters
        if self.is_due:
            now, (before, received) = time.monotonic(), self._measured
            self._measured = (now, counters.received)
            self._rate = (counters.received - received) / (now - before) if before else None
        if state is not None:
            text = wording.translate("{n} of {total}")
            return text.format(n=f"{state.hits:,}", total=f"{state.topics:,}")
        count = wording.translate("1 topic") if counters.topics == 1 else wording.translate("{n} topics")
        text = count.format(n=f"{counters.topics:,}")
        if self._rate is not None:
            text += f" · {_per_second(self._rate)}"
        return text


def _per_second(rate: float) -> str:
    return wording.translate("{n} msg/s").format(
        n=f"{rate:,.0f}" if rate >= 10 or not rate else f"{rate:.1f}"
    )
