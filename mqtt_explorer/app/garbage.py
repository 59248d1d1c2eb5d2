# SPDX-License-Identifier: MIT
"""Garbage collection in the window's thread only.

Python collects cycles in whichever thread happens to allocate. A dialling thread that finds a Qt object in a cycle destroys it there, with
its timers running, and the program crashes later. So the automatic collection is switched off and a timer of the loop does it, which
also keeps its pauses short and between frames.
"""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, QTimer

_EVERY_MS = 250
#: Young objects since the last pass worth a pass; a flood makes some ten thousand in a quarter of a second, a pass takes 1–2 ms.
_YOUNG = 2_000
_MIDDLE_EVERY = 20
#: A full collection: everything but what is frozen, the program itself and what the stores hold (see `store.collector`).
_FULL_EVERY = 120


class GarbageTimer(QObject):
    """Collects a few times a second, between `start` and `stop`."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._turns = 0
        self._timer = QTimer(self)
        self._timer.setInterval(_EVERY_MS)
        self._timer.timeout.connect(self._collect)

    def start(self) -> None:
        """Takes the collection over from Python; what is loaded by now stays, and is never walked again."""
        gc.disable()
        gc.collect()
        gc.freeze()
        self._timer.start()

    def stop(self) -> None:
        """Gives it back."""
        self._timer.stop()
        gc.enable()

    def _collect(self) -> None:
        self._turns += 1
        if self._turns % _FULL_EVERY == 0:
            gc.collect()
            if not gc.get_freeze_count():  # a large store closed and thawed everything
                gc.freeze()
        elif self._turns % _MIDDLE_EVERY == 0:
            gc.collect(1)
        elif gc.get_count()[0] > _YOUNG:
            gc.collect(0)
