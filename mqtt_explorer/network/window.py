# SPDX-License-Identifier: MIT
"""The in-flight window: who may send now, and who waits for a place.

paho sends everything it holds again after a reconnect, whatever its window says, and loses acknowledged QoS 2 messages by it
(PAHO.md, T12). With at most 20 handed to it at a time none are lost.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mqtt_explorer.errors import MqttExplorerError
    from mqtt_explorer.protocol.requests import PublishRequest

WINDOW = 20
#: What a broker takes that tells no Receive Maximum (MQTT 5, 3.2.2.3.3).
_RECEIVE_MAXIMUM = 65_535


class _Turn:
    """One publish that waits for a place."""

    __slots__ = ("called", "request")

    def __init__(self, request: PublishRequest) -> None:
        self.request = request
        self.renew()

    def renew(self) -> None:
        self.called: asyncio.Future[None] = asyncio.get_running_loop().create_future()


class Window:
    """Lets publishes in, in order of calling: as many as the broker takes at a time, 20 at most, and none while there is no connection.

    Args:
        taken: How many places are taken: (by those somebody waits for, for the broker).
    """

    def __init__(self, taken: Callable[[], tuple[int, int]]) -> None:
        self._taken = taken
        self._size = WINDOW
        self._receive_maximum = _RECEIVE_MAXIMUM
        self._open = False
        self._waiting: OrderedDict[_Turn, None] = OrderedDict()
        self._called: list[_Turn] = []  # let in, but their task has not run yet; in order

    def __len__(self) -> int:
        return len(self._waiting) + len(self._called)

    @property
    def requests(self) -> list[PublishRequest]:
        """What waits, in order."""
        return [turn.request for turn in (*self._called, *self._waiting)]

    @property
    def _has_place(self) -> bool:
        if not self._open:
            return False
        live, all_of_them = self._taken()
        called = len(self._called)
        return live + called < self._size and all_of_them + called < self._receive_maximum

    def open(self, receive_maximum: int | None) -> None:
        """A connection stands that takes so many QoS 1 and 2 publishes at a time (MQTT 5, 3.2.2.3.3; None: no word about it)."""
        self._receive_maximum = receive_maximum or _RECEIVE_MAXIMUM
        self._size = min(WINDOW, self._receive_maximum)
        self._open = True
        self.refill()

    def close(self) -> None:
        """The connection is gone: who waits goes on waiting, also who was let in a moment ago and has sent nothing."""
        self._open = False
        for turn in reversed(self._called):
            turn.renew()
            self._waiting[turn] = None
            self._waiting.move_to_end(turn, last=False)
        self._called.clear()

    async def enter(self, request: PublishRequest) -> None:
        """Waits for a place; QoS 0 needs none."""
        if request.qos == 0 or (not len(self) and self._has_place):
            return
        turn = _Turn(request)
        self._waiting[turn] = None
        try:
            self.refill()
            if turn in self._called:
                await asyncio.sleep(0)  # those let in before it have not run yet, and send first
            while turn not in self._called:
                await turn.called
        except BaseException:
            self._waiting.pop(turn, None)
            if turn in self._called:  # let in and cancelled in the same moment: the next one takes the place
                self._called.remove(turn)
                self.refill()
            raise
        self._called.remove(turn)

    def refill(self) -> None:
        """Lets publishes in at every acknowledgement: refilling a half empty window runs into the broker's Nagle delay."""
        while self._waiting and self._has_place:
            turn, _ = self._waiting.popitem(last=False)
            if not turn.called.done():
                self._called.append(turn)
                turn.called.set_result(None)

    def fail(self, error: MqttExplorerError) -> None:
        """Sends everybody away."""
        self.close()
        waiting = list(self._waiting)
        self._waiting.clear()
        for turn in waiting:
            if not turn.called.done():
                turn.called.set_exception(error)
