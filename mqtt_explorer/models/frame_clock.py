# SPDX-License-Identifier: MIT
"""The one clock of the window: models look at their stores when it ticks, never per message."""

from __future__ import annotations

from enum import IntEnum
from typing import Final

from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QWindow

FRAME_MS: Final = 33
"""Thirty frames a second: more than numbers can be read at."""
PROBE_MS: Final = 100
"""How often a silent clock looks whether a window can be seen again."""


class Turn(IntEnum):
    """Who shows new values in which of three frames.

    Values change ten times a second: painting is half of what a trickle costs, and more often reads no better. The repaints of two
    views in one frame would hold the loop for longer than the gap it may have.
    """

    OTHERS = 0
    TREE = 1  # the first frame of all
    MESSAGES = 2


REFRESH_EVERY: Final = len(Turn)


class FrameClock(QObject):
    """Ticks at most 30 times a second while somebody can see the result.

    It runs between `start()` and `stop()` (the workspace starts it with the first open connection). While no
    window is exposed it only probes, ten times a second, for one that is: an event filter would call Python
    for every mouse move instead.

    Signals:
        tick: A frame is due.
        active_changed(bool): Ticking began (True) or fell silent (False).
    """

    tick = Signal()
    active_changed = Signal(bool)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._frames = 0
        self._running = False
        self._active = False
        self._timer = QTimer(self)
        # A coarse timer would stretch 33 ms to whole system ticks on some platforms.
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._on_timeout)
        self.tick.connect(self._count)  # before everybody else

    @property
    def frames(self) -> int:
        """How many ticks there were."""
        return self._frames

    def is_turn(self, turn: Turn) -> bool:
        """Whether this is the frame in which those of that turn show new values."""
        return self._frames % REFRESH_EVERY == turn

    @property
    def active(self) -> bool:
        """True while it ticks, False while stopped or while nobody can see a window."""
        return self._active

    def start(self) -> None:
        """Begins to tick; calling it again changes nothing."""
        if not self._running:
            self._running = True
            self._set_active(any_window_exposed())
            self._timer.start(FRAME_MS if self._active else PROBE_MS)

    def stop(self) -> None:
        """Falls silent; calling it again changes nothing."""
        self._running = False
        self._timer.stop()
        self._set_active(active=False)

    def _on_timeout(self) -> None:
        exposed = any_window_exposed()
        if exposed != self._active:
            self._set_active(exposed)
            if self._running:
                self._timer.setInterval(FRAME_MS if exposed else PROBE_MS)
        if exposed and self._running:
            self.tick.emit()

    def _count(self) -> None:
        self._frames += 1

    def _set_active(self, active: bool) -> None:
        if active != self._active:
            self._active = active
            self.active_changed.emit(active)


def any_window_exposed() -> bool:
    """True when at least one window of the program shows something on a screen."""
    return any(_is_seen(window) for window in QGuiApplication.topLevelWindows())


def _is_seen(window: QWindow) -> bool:
    return window.isExposed() and not window.windowStates() & Qt.WindowState.WindowMinimized
