# SPDX-License-Identifier: MIT
"""Keeps the meters of all connections going, seen or not: figures with gaps would point at the wrong branch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from weakref import WeakKeyDictionary

from PySide6.QtCore import QObject, QTimer

from mqtt_explorer.store.noise_meter import SLICE_S, NoiseMeter

if TYPE_CHECKING:
    from mqtt_explorer.connection import Connection
    from mqtt_explorer.models.frame_clock import FrameClock

#: How often it counts while no window can be seen and the frame clock is silent; the history holds the messages until then.
_HIDDEN_MS: Final = 250


class Counting(QObject):
    """One meter for each connection whose noise somebody has looked at; it ends with the connection."""

    def __init__(self, clock: FrameClock, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._clock = clock
        self._meters: WeakKeyDictionary[Connection, NoiseMeter] = WeakKeyDictionary()
        self._timer = QTimer(self, interval=_HIDDEN_MS)
        self._timer.timeout.connect(self.step)
        clock.tick.connect(self.step)
        clock.active_changed.connect(lambda _active: self._set_timer())

    def meter(self, connection: Connection) -> NoiseMeter | None:
        """The meter of a connection, if it has one."""
        return self._meters.get(connection)

    def start(self, connection: Connection) -> NoiseMeter:
        """The meter of a connection; it counts from now on where there was none."""
        meter = self._meters.get(connection)
        if meter is None:
            meter = self._meters[connection] = NoiseMeter(connection.store)
            self._set_timer()
        return meter

    def step(self) -> None:
        """Counts what arrived since the last time; all meters share one slice."""
        meters = list(self._meters.items())
        for connection, meter in meters:
            meter.step(SLICE_S / len(meters))
            if meter.closed:
                del self._meters[connection]
        if not meters and self._timer.isActive():
            self._timer.stop()

    def _set_timer(self) -> None:
        if self._meters and not self._clock.active:
            self._timer.start()
        else:
            self._timer.stop()
