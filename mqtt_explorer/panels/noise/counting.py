# SPDX-License-Identifier: MIT
"""Keeps the meters of all connections going, seen or not: figures with gaps would point at the wrong branch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from weakref import WeakKeyDictionary

from PySide6.QtCore import QObject, QTimer

from mqtt_explorer.models.frame_clock import FrameClock, Turn
from mqtt_explorer.store.noise_meter import SLICE_S, NoiseMeter

if TYPE_CHECKING:
    from mqtt_explorer.connection import Connection

#: How often it counts while no window can be seen and the frame clock is silent; the history holds the messages until then.
_HIDDEN_MS: Final = 250


class Counting(QObject):
    """One meter for each connection whose noise somebody has looked at; it ends with the connection."""

    def __init__(self, clock: FrameClock, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._clock = clock
        self._meters: WeakKeyDictionary[Connection, NoiseMeter] = WeakKeyDictionary()
        self._stepped: list[NoiseMeter] = []  # also those that only have memory to free
        self._timer = QTimer(self, interval=_HIDDEN_MS)
        self._timer.timeout.connect(self.step)
        clock.tick.connect(self._on_tick)
        clock.active_changed.connect(lambda _active: self._set_timer())

    def meter(self, connection: Connection) -> NoiseMeter | None:
        """The meter of a connection, if it has one."""
        return self._meters.get(connection)

    def start(self, connection: Connection) -> NoiseMeter:
        """The meter of a connection; it counts from now on where there was none."""
        meter = self._meters.get(connection)
        if meter is None:
            meter = self._meters[connection] = NoiseMeter(connection.store)
            self._stepped.append(meter)
            self._set_timer()
        return meter

    def _on_tick(self) -> None:
        if not self._clock.is_turn(Turn.TREE):  # what painting takes there is enough
            self.step()

    def step(self) -> None:
        """Counts what arrived since the last time; all meters share one slice. What is counted no more is freed in slices too."""
        for connection, meter in list(self._meters.items()):
            if meter.closed:
                del self._meters[connection]
        known = set(map(id, self._meters.values()))
        for meter in self._stepped:
            if id(meter) not in known:  # its connection is gone
                meter.close()
            meter.step(SLICE_S / len(self._stepped))
        self._stepped = [meter for meter in self._stepped if not meter.closed or meter.sweeping]
        if not self._stepped and self._timer.isActive():
            self._timer.stop()

    def _set_timer(self) -> None:
        if self._stepped and not self._clock.active:
            self._timer.start()
        else:
            self._timer.stop()
