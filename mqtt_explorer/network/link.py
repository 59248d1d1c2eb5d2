# SPDX-License-Identifier: MIT
"""Keeps one broker connected: dial, CONNECT, wait for the end, try again."""

from __future__ import annotations

import asyncio
import enum
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mqtt_explorer.errors import MqttExplorerError
from mqtt_explorer.events import Event
from mqtt_explorer.network.dialer import dial
from mqtt_explorer.network.faults import DialError, FaultKind, LinkFault
from mqtt_explorer.network.reconnect import Backoff
from mqtt_explorer.network.refusal import ConnackRefused
from mqtt_explorer.tasks import cancel_and_wait, create_task

if TYPE_CHECKING:
    from mqtt_explorer.network.client import MqttClient
    from mqtt_explorer.protocol.requests import Connack

_log = logging.getLogger(__name__)

#: Refusals that may pass by themselves (MQTT 5, 3.2.2.2): unavailable, busy, quota, connection rate.
_PASSING = frozenset((0x88, 0x89, 0x97, 0x9F))
_TAKEN_OVER = 0x8E


class LinkState(enum.StrEnum):
    """Where a connection stands."""

    DISCONNECTED = "disconnected"
    CONNECTING = "connecting"
    CONNECTED = "connected"
    WAITING = "waiting"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class StateChange:
    """One change of state, with everything a view shows of it.

    Attributes:
        state: The new state.
        error: Why, for waiting and failed (and connecting again after a drop).
        retry_in_s: Seconds until the next attempt, for waiting.
        connack: What the broker said, for connected.
        transport: "TLS 1.3, host:8883", for connected.
        attempt: How many times it was tried since the last success.
    """

    state: LinkState
    error: MqttExplorerError | None = None
    retry_in_s: float | None = None
    connack: Connack | None = None
    transport: str = ""
    attempt: int = 0

    @property
    def reason(self) -> str | None:
        """The cause in one sentence, or None."""
        return self.error.message if self.error is not None else None

    @property
    def code(self) -> int | None:
        """The MQTT reason code behind it, or None."""
        return self.error.code if self.error is not None else None


class Link:
    """The supervisor of one `MqttClient`.

    A refused CONNACK or a TLS fault ends in `failed`, as trying again does not help; an unreachable host or a drop in `waiting`.

    Args:
        client: Its connections are made and watched here.
        on_up: Run after each CONNACK, as a task that ends with the connection (resubscription).

    Events:
        changed: Exactly once per change of state.
    """

    def __init__(self, client: MqttClient, on_up: Callable[[Connack], Awaitable[None]]) -> None:
        self.state = StateChange(LinkState.DISCONNECTED)
        self.changed: Event[StateChange] = Event()
        self._client = client
        self._on_up = on_up
        self._backoff = Backoff()
        self._task: asyncio.Task[None] | None = None
        self._up_task: asyncio.Task[None] | None = None
        self._wake = asyncio.Event()
        self._ending: asyncio.Future[int] | None = None
        self._lost: asyncio.Future[LinkFault] | None = None
        self._stood = False
        client.lost.connect(self._on_lost)
        client.progress.connect(self._backoff.useful)

    def start(self) -> None:
        """Begins to connect; does nothing while it is already trying or connected."""
        if self._task is None or self._task.done():
            self._backoff.reset()
            self._task = create_task(self._run(), name="link")

    def retry_now(self) -> None:
        """Ends a wait at once, or begins anew after a failure."""
        if self.state.state is LinkState.WAITING and self._task is not None:
            self._wake.set()
        else:
            self.start()

    async def stop(self) -> int:
        """Disconnects in order and stays disconnected. A `start` meanwhile waits until it is done.

        Returns:
            How many publishes and requests were left without an answer.
        """
        task, up_task = self._task, self._up_task
        self._task = self._up_task = None
        ending = self._ending
        if ending is None:
            ending = self._ending = asyncio.get_running_loop().create_future()
            left = 0
            try:
                await cancel_and_wait(task, up_task)
                left = await self._client.disconnect()
                self._set(StateChange(LinkState.DISCONNECTED))
            finally:
                self._ending = None
                ending.set_result(left)
            return left
        await cancel_and_wait(task, up_task)
        return await asyncio.shield(ending)

    def _set(self, change: StateChange) -> None:
        if change != self.state:
            self.state = change
            self.changed.emit(change)

    def _on_lost(self, fault: LinkFault) -> None:
        if self._lost is not None and not self._lost.done():
            self._lost.set_result(fault)

    async def _run(self) -> None:
        if self._ending is not None:
            await asyncio.shield(self._ending)
        try:
            await self._keep_connected()
        except Exception as error:  # noqa: BLE001 – it is logged and told; else the state would stay "connecting" for ever
            _log.exception("The link failed")
            self._set(StateChange(LinkState.FAILED, _unexpected(error)))

    async def _keep_connected(self) -> None:
        attempt = 0
        last_error: MqttExplorerError | None = None
        while True:
            attempt += 1
            self._set(StateChange(LinkState.CONNECTING, last_error, attempt=attempt))
            self._lost = asyncio.get_running_loop().create_future()
            try:
                description, connack = await self._connect()
            except (DialError, LinkFault, ConnackRefused) as error:
                last_error = error
                if self._is_final(error):
                    self._set(StateChange(LinkState.FAILED, error, attempt=attempt))
                    return
            else:
                up_at = time.monotonic()
                self._stood = True
                attempt = 0
                self._set(StateChange(LinkState.CONNECTED, connack=connack, transport=description))
                self._up_task = create_task(self._resume(connack), name="resubscribe")
                fault = await self._lost
                await cancel_and_wait(self._up_task)
                last_error = fault
                if fault.code == _TAKEN_OVER or fault.permanent:
                    self._set(StateChange(LinkState.FAILED, fault))
                    return
                if self._backoff.dropped(time.monotonic() - up_at):
                    self._set(StateChange(LinkState.FAILED, _paused(fault)))
                    return
            await self._wait(last_error, attempt)

    async def _connect(self) -> tuple[str, Connack]:
        transport = await dial(self._client.options)
        return transport.description, await self._client.connect(transport)

    async def _resume(self, connack: Connack) -> None:
        await self._on_up(connack)

    def _is_final(self, error: DialError | LinkFault | ConnackRefused) -> bool:
        if isinstance(error, ConnackRefused):
            return error.reason.value not in _PASSING
        # A broker that restarts behind a proxy hangs up like a wrong port does; here it was the right one before.
        return error.permanent and not (self._stood and error.kind is FaultKind.CLOSED)

    async def _wait(self, error: MqttExplorerError, attempt: int) -> None:
        delay = self._backoff.delay()
        self._wake.clear()
        self._set(StateChange(LinkState.WAITING, error, retry_in_s=delay, attempt=attempt))
        try:
            async with asyncio.timeout(delay):
                await self._wake.wait()
        except TimeoutError:
            return  # the wait is over


def _unexpected(error: Exception) -> LinkFault:
    return LinkFault(
        FaultKind.OTHER,
        "Unexpected fault",
        f"Connecting ended with an error of the program ({type(error).__name__}: {error}); try again, and please report it.",
        permanent=True,
    )


def _paused(fault: LinkFault) -> LinkFault:
    return LinkFault(
        fault.kind,
        "Dropped again and again",
        f"The broker ended the connection three times within seconds, so trying is paused. Last reason: {fault.message} "
        "Another client with the same client id or a filter it does not allow are common causes.",
        code=fault.code,
    )
