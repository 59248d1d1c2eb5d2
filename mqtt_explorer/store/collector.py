# SPDX-License-Identifier: MIT
"""Keeps the garbage collector from walking a million nodes while the window waits.

Nodes and history hold no garbage cycles while a store is open, so walking them is wasted: a full collection over a million nodes
stops the window for a third of a second. After enough growth we collect what is young and move all of it out of the collector's
sight (`gc.freeze`, which costs nothing). Frozen objects are still freed when their last reference goes; that is why a closing store
breaks its parent links itself.
"""

from __future__ import annotations

import ctypes
import gc
import sys

from mqtt_explorer import tasks

#: New messages after which the young objects are collected and all are frozen; what a full collection may have to walk until then
#: takes 5 to 10 ms.
GROWTH = 200_000

#: A node costs a walk as much as so many messages.
NODE_WEIGHT = 10

#: With less memory than this left in all stores, everything is thawed when a store closes: a full collection is short again and
#: finds the garbage of other parts that was frozen by chance.
SMALL_BYTES = 16 << 20

#: Frames are tuples, which the collector counts but need not walk: a younger generation of 700 objects is passed 150 times a second.
YOUNG = 5_000


class Collector:
    """Counts growth and freezes. One per process, as the collector is."""

    def __init__(self) -> None:
        self._growth = 0
        self._young = 0
        self._frozen = False

    def grew(self, *, messages: int, nodes: int) -> None:
        """Tells of new messages and nodes; freezes when there are enough of them."""
        objects = messages + NODE_WEIGHT * nodes
        self._growth += objects
        self._young += objects
        if self._young >= YOUNG and not gc.isenabled():
            # The window collects by a timer (see `app.garbage`); what a flood leaves between two turns of it would take 30 ms.
            self._young = 0
            gc.collect(0)
        if self._growth >= GROWTH:
            self._growth = 0
            if not self._frozen:
                self._frozen = True
                gc.set_threshold(max(gc.get_threshold()[0], YOUNG), *gc.get_threshold()[1:])
            gc.collect(1)
            gc.freeze()

    async def closed(self, bytes_left: int) -> None:
        """Tells that a store was closed, and how much memory the other stores hold."""
        if self._frozen and bytes_left < SMALL_BYTES:
            self._frozen = False
            self._growth = 0
            gc.unfreeze()
            gc.collect()
            if sys.platform == "linux":
                await tasks.run_in_thread(_trim)


def _trim() -> None:
    """Returns freed memory to the system: glibc keeps what lies below a block that is in use. Takes 60 ms for 600 MB."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # musl has none, and needs none
    if trim is not None:
        trim(0)
