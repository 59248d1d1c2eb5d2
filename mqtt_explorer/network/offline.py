# SPDX-License-Identifier: MIT
"""Publishes made while there is no connection: held in order, and sent or discarded when the user says so.

Nothing here goes out by itself, and nothing to another broker: what was written for one plant must not surprise another, nor arrive hours later.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection, Iterable
from dataclasses import dataclass, replace
from itertools import groupby
from typing import TypeAlias

from mqtt_explorer.errors import MqttExplorerError
from mqtt_explorer.events import Event
from mqtt_explorer.network.outbox import RequestLost
from mqtt_explorer.network.unsent import Unsent, UnsentState
from mqtt_explorer.network.window import WINDOW
from mqtt_explorer.protocol.options import MIB
from mqtt_explorer.protocol.requests import PublishRequest, PublishResult, RequestError

MOST_MESSAGES = 1_000
MOST_BYTES = 64 * MIB
_OVERHEAD = 256

#: How sending one ended.
Outcome: TypeAlias = PublishResult | MqttExplorerError
_Publish: TypeAlias = Callable[[PublishRequest], Awaitable[PublishResult]]


@dataclass(frozen=True, slots=True)
class HeldPublish:
    """One message that waits for the user.

    Attributes:
        number: Counted from 1 over the life of the connection.
        request: The message.
        wall_ns: When it was written, ns since the epoch.
        sending: It is on its way; it goes when the broker has acknowledged it.
        error: Why the last try failed, or None.
    """

    number: int
    request: PublishRequest
    wall_ns: int
    sending: bool = False
    error: MqttExplorerError | None = None


class HeldPublishes:
    """The held messages of one connection, in the order they were written; 1,000 messages and 64 MiB at most.

    Events:
        changed: Messages came or went, or their state changed.
    """

    def __init__(self) -> None:
        self.changed: Event[()] = Event()
        self._items: dict[int, HeldPublish] = {}
        self._handed: set[int] = set()  # on their way, and the client's to tell
        self._bytes = 0
        self._last_number = 0

    @property
    def items(self) -> tuple[HeldPublish, ...]:
        """All of them, oldest first."""
        return tuple(self._items.values())

    def __len__(self) -> int:
        return len(self._items)

    def unsent(self) -> tuple[Unsent, ...]:
        """Those the client does not tell: what is held, and what is to be sent but has not had its turn."""
        return tuple(
            Unsent.of(item.request, UnsentState.WAITING if item.sending else UnsentState.HELD)
            for item in self._items.values()
            if item.number not in self._handed
        )

    def hold(self, request: PublishRequest) -> HeldPublish:
        """Keeps a message.

        Raises:
            RequestError: There is no room; nothing was held, and nothing else dropped for it.
        """
        self._check_room(request)
        self._last_number += 1
        item = HeldPublish(self._last_number, request, time.time_ns())
        self._items[item.number] = item
        self._bytes += _size(request)
        self.changed.emit()
        return item

    def discard(self, numbers: Collection[int] | None = None) -> int:
        """Throws messages away, all when `numbers` is None; not those that are on their way.

        Returns:
            How many went.
        """
        chosen = [item for item in self._chosen(numbers) if not item.sending]
        for item in chosen:
            self._remove(item.number)
        if chosen:
            self.changed.emit()
        return len(chosen)

    def restore(self, items: Iterable[HeldPublish]) -> None:
        """Brings back what was discarded, as it was and in its old place.

        Raises:
            RequestError: There is no room for one of them; those before it are back, it and the others are not.
        """
        before = len(self._items)
        try:
            for item in items:
                if item.number not in self._items:
                    self._check_room(item.request)
                    self._items[item.number] = replace(item, sending=False)
                    self._bytes += _size(item.request)
        finally:
            if len(self._items) != before:
                self._items = dict(sorted(self._items.items()))
                self.changed.emit()

    def _check_room(self, request: PublishRequest) -> None:
        if len(self._items) >= MOST_MESSAGES:
            raise _no_room(f"{MOST_MESSAGES:,} messages are held already")
        if self._bytes + _size(request) > MOST_BYTES:
            raise _no_room(f"the held messages would take more than {MOST_BYTES // MIB} MiB")

    async def send(self, publish: _Publish, numbers: Collection[int] | None = None) -> list[Outcome]:
        """Sends messages in order, all when `numbers` is None. One that fails, or that the broker refuses, stays held with its error.

        Messages of one QoS follow each other as the window lets them; between QoS 0 and the others, which take different ways, one run ends
        before the next begins. When one finds no way out (no connection, no place in the window) the rest is not tried.

        Returns:
            One outcome per message, in their order; messages that are on their way already are left out.
        """
        chosen = [item for item in self._chosen(numbers) if not item.sending]
        for item in chosen:
            self._items[item.number] = replace(item, sending=True, error=None)
        self.changed.emit()
        outcomes: list[Outcome] = []
        try:
            for _, run in groupby(chosen, key=lambda item: item.request.qos == 0):
                outcomes += await self._send_run(publish, list(run))
        finally:
            for item in chosen:
                self._handed.discard(item.number)
                if (left := self._items.get(item.number)) is not None and left.sending:
                    self._items[item.number] = replace(left, sending=False, error=_interrupted())
            self.changed.emit()
        return outcomes

    async def _send_run(self, publish: _Publish, run: list[HeldPublish]) -> list[Outcome]:
        places = asyncio.Semaphore(WINDOW)
        stopped: list[MqttExplorerError] = []

        async def send(item: HeldPublish) -> Outcome:
            outcome: Outcome
            async with places:
                self._handed.add(item.number)
                try:
                    outcome = stopped[0] if stopped else await publish(item.request)
                except RequestLost as error:
                    outcome = error
                    if not error.may_arrive:
                        stopped.append(error)
                except MqttExplorerError as error:
                    outcome = error
            self._settle(item.number, outcome)
            return outcome

        return list(await asyncio.gather(*(send(item) for item in run)))

    def _settle(self, number: int, outcome: Outcome) -> None:
        self._handed.discard(number)
        error = outcome if isinstance(outcome, MqttExplorerError) else _refusal(outcome)
        if error is None or (
            isinstance(error, RequestLost) and error.kept
        ):  # kept: the client's to send and to tell
            self._remove(number)
        elif (item := self._items.get(number)) is not None:
            self._items[number] = replace(item, sending=False, error=error)
        self.changed.emit()

    def _chosen(self, numbers: Collection[int] | None) -> list[HeldPublish]:
        return [item for item in self._items.values() if numbers is None or item.number in numbers]

    def _remove(self, number: int) -> None:
        item = self._items.pop(number, None)
        if item is not None:
            self._bytes -= _size(item.request)


def _size(request: PublishRequest) -> int:
    return len(request.payload) + len(request.name.raw) + request.properties.size + _OVERHEAD


def _refusal(result: PublishResult) -> MqttExplorerError | None:
    reason = result.reason
    return MqttExplorerError(reason.name, reason.sentence, code=reason.value) if reason.is_error else None


def _interrupted() -> RequestLost:
    return RequestLost(
        "Interrupted", "Sending was interrupted; the message may have arrived.", may_arrive=True
    )


def _no_room(why: str) -> RequestError:
    return RequestError(
        "No room to hold it",
        f"The message was not held: {why}. Send or discard some of them, or publish when the connection is back.",
    )
