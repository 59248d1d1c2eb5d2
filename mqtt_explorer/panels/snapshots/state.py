# SPDX-License-Identifier: MIT
"""What the panel knows of one connection: its snapshots, and how they were looked at."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from mqtt_explorer.models.snapshot_model import SHOWN_AT_FIRST
from mqtt_explorer.store.snapshot_compare import Status

if TYPE_CHECKING:
    from mqtt_explorer.panels.snapshots.work import Work
    from mqtt_explorer.store.snapshot import Snapshot
    from mqtt_explorer.store.snapshot_compare import Comparison

#: Silent topics are many and would hide the changes; their chip counts them.
AT_FIRST: Final = SHOWN_AT_FIRST - {Status.SILENT}


@dataclass(slots=True, eq=False)
class Named:
    """A snapshot and what the user calls it.

    Attributes:
        path: The file it was opened from or saved to; "" for none.
    """

    snapshot: Snapshot
    name: str
    path: str = ""


@dataclass(slots=True, eq=False)
class Removed:
    """A snapshot that was removed, as long as that can be undone, and where it stood."""

    named: Named
    place: int


@dataclass(slots=True, eq=False)
class View:
    """One connection's snapshots.

    Attributes:
        taken: How many were taken; numbers them.
        before: The one looked at.
        after: What it is compared with; None for the tree as it is.
        comparison: The last result …
        compared: … and what of: (before, after).
        work: What is under way.
        said: Kind, strong words and sentence of the strip.
    """

    shelf: list[Named] = field(default_factory=list)
    taken: int = 0
    before: Named | None = None
    after: Named | None = None
    comparison: Comparison | None = None
    compared: tuple[Named | None, Named | None] = (None, None)
    statuses: frozenset[Status] = AT_FIRST
    text: str = ""
    branch_only: bool = False
    work: Work | None = None
    removed: Removed | None = None
    said: tuple[str, str, str] = ("info", "", "")

    def forget(self) -> None:
        """Lets all snapshots go."""
        self.shelf.clear()
        self.before = self.after = self.comparison = self.removed = None
        self.compared = (None, None)

    @property
    def memory_bytes(self) -> int:
        """What all of it weighs."""
        held = {id(each.snapshot): each.snapshot for each in self.shelf}
        if self.removed is not None:
            held[id(self.removed.named.snapshot)] = self.removed.named.snapshot
        if self.comparison is not None:
            for side in (self.comparison.before, self.comparison.after):
                held[id(side)] = side
        return sum(each.memory_bytes for each in held.values())
