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
from mqtt_explorer.network.faults import DialError, FaultKind, LinkFault, wrong_port
from mqtt_explorer.network.port_guess import guess, worth_asking
from mqtt_explorer.network.reconnect import Backoff
from mqtt_explorer.network.refusal import ConnackRefused, paused
from mqtt_explorer.network.steps import Step
from mqtt_explorer.network.wake import WakeWatch
from mqtt_explorer.protocol.options import ProtocolVersion, is_fresh_client_id
from mqtt_explorer.protocol.reason_codes import ReasonCode
from mqtt_explorer.tasks import cancel_and_wait, create_task

if TYPE_CHECKING:
    from mqtt_explorer.network.client import MqttClient
    from mqtt_explorer.network.unsent import Unsent
    from mqtt_explorer.protocol.requests import Connack

_log = logging.getLogger(__name__)

#: Bytes of a CONNACK of MQTT 3.1.1 (3.2).
_CONNACK_311 = 4

#: Seconds between two looks at whether the computer slept.
LOOK_S = 1.0


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
        version: The MQTT version spoken, for connected.
        keep_alive: Seconds in force, the broker's own where it names some; for connected.
    """

    state: LinkState
    error: MqttExplorerError | None = None
    retry_in_s: float | None = None
    connack: Connack | None = None
    transport: str = ""
    attempt: int = 0
    version: ProtocolVersion | None = None
    keep_alive: int | None = None

    @property
    def session_present(self) -> bool | None:
        """Whether the broker had kept the session; None while not connected."""
        return self.connack.session_present if self.connack is not None else None

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

    A refused CONNACK or a TLS fault ends in `failed`, as trying again does not help; an unreachable host or a drop in `waiting`. Drops
    that come again and again (see `Pattern`) pause it: `failed` with what they have in common.

    Args:
        client: Its connections are made and watched here.
        on_up: Run after each CONNACK, as a task that ends with the connection (resubscription).
        wake_watch: Tells when the computer slept.

    Attributes:
        step: Where the attempt stands; None unless connecting.

    Events:
        changed: Exactly once per change of state.
        step_changed: As each step of an attempt begins; never a change of state.
    """

    def __init__(
        self,
        client: MqttClient,
        on_up: Callable[[Connack], Awaitable[None]],
        *,
        wake_watch: WakeWatch | None = None,
    ) -> None:
        self.state = StateChange(LinkState.DISCONNECTED)
        self.changed: Event[StateChange] = Event()
        self.step: Step | None = None
        self.step_changed: Event[Step] = Event()
        self._client = client
        self._on_up = on_up
        self._wake_watch = wake_watch or WakeWatch()
        self._fixed_client_id = not is_fresh_client_id(client.options.client_id)
        self._backoff = Backoff()
        self._task: asyncio.Task[None] | None = None
        self._up_task: asyncio.Task[None] | None = None
        self._wake = asyncio.Event()
        self._ending: asyncio.Future[tuple[Unsent, ...]] | None = None
        self._lost: asyncio.Future[LinkFault] | None = None
        self._stood = False
        self._bytes_before = 0
        self._asked = False  # the port was asked what it speaks
        client.lost.connect(self._on_lost)
        client.progress.connect(self._backoff.useful)

    def start(self) -> None:
        """Begins to connect; does nothing while it is already trying or connected."""
        if self._task is None or self._task.done():
            self._backoff.reset()
            self._asked = False
            self._task = create_task(self._run(), name="link")

    def retry_now(self) -> None:
        """Ends a wait at once, or begins anew after a failure."""
        if self.state.state is LinkState.WAITING and self._task is not None:
            self._wake.set()
        else:
            self.start()

    async def stop(self) -> tuple[Unsent, ...]:
        """Disconnects in order and stays disconnected, also when the call is cancelled. A `start` meanwhile waits until it is done.

        Returns:
            The messages that were not sent, or not acknowledged.
        """
        task, up_task = self._task, self._up_task
        self._task = self._up_task = None
        ending = self._ending
        if ending is None:
            ending = self._ending = asyncio.get_running_loop().create_future()
            left: tuple[Unsent, ...] = ()
            try:
                try:
                    await cancel_and_wait(task, up_task)
                finally:  # also when cancelled right there: nobody else would end the connection
                    left = await self._client.disconnect()
            finally:
                self._set(StateChange(LinkState.DISCONNECTED))
                self._ending = None
                ending.set_result(left)
            return left
        await cancel_and_wait(task, up_task)
        return await asyncio.shield(ending)

    def _set(self, change: StateChange) -> None:
        if change != self.state:
            self.step = None
            self.state = change
            self.changed.emit(change)

    def _begin(self, step: Step) -> None:
        self.step = step
        self.step_changed.emit(step)

    def _on_lost(self, fault: LinkFault) -> None:
        if self._lost is not None and not self._lost.done():
            self._lost.set_result(fault)

    async def _run(self) -> None:
        if self._ending is not None:
            await asyncio.shield(self._ending)
        watching = create_task(self._watch_for_sleep(), name="wake watch")
        try:
            failed = await self._keep_connected()
        except Exception as error:  # noqa: BLE001 – it is logged and told; else the state would stay "connecting" for ever
            _log.exception("The link failed")
            failed = StateChange(LinkState.FAILED, _unexpected(error))
            await self._clear_away()
        finally:
            await cancel_and_wait(watching)
        self._client.paused()
        self._task = None  # who is told may start it again at once
        self._set(failed)

    async def _clear_away(self) -> None:
        """After an error of the program a connection may stand that nobody watches, and the next attempt would find it."""
        await cancel_and_wait(self._up_task)
        try:
            await self._client.disconnect()
        except Exception:  # noqa: BLE001 – it is logged; the state must be told all the same
            _log.exception("What stood could not be ended")

    async def _watch_for_sleep(self) -> None:
        """After a sleep nothing is as it was: a wait is cut short, and a connection is asked whether it still stands."""
        self._wake_watch.slept()  # what was before does not count
        while True:
            await asyncio.sleep(LOOK_S)
            if self._wake_watch.slept():
                _log.info("The computer slept")
                self._backoff.reset()
                self._wake.set()
                if self._client.up:
                    self._client.check_now()

    async def _keep_connected(self) -> StateChange:
        """Connects again and again; returns the state of a failure that trying again does not mend."""
        attempt = 0
        last_error: MqttExplorerError | None = None
        while True:
            attempt += 1
            self._set(StateChange(LinkState.CONNECTING, last_error, attempt=attempt))
            self._lost = asyncio.get_running_loop().create_future()
            try:
                description, connack = await self._connect()
            except (DialError, LinkFault, ConnackRefused) as error:
                last_error = await self._told(error)
                if self._is_final(last_error):
                    return StateChange(LinkState.FAILED, last_error, attempt=attempt)
            else:
                attempt = 0
                last_error, final = await self._while_up(description, connack, self._lost)
                if final:
                    return StateChange(LinkState.FAILED, last_error)
            await self._wait(last_error, attempt)

    async def _while_up(
        self, description: str, connack: Connack, lost: asyncio.Future[LinkFault]
    ) -> tuple[LinkFault, bool]:
        """Waits for the end of a connection; its fault, and whether it is final."""
        up_at, bytes_then = time.monotonic(), self._client.wire.bytes_in
        self._stood = True
        self._backoff.connected()
        options = self._client.options
        if options.version is ProtocolVersion.V311:
            # What a kept session sends may come in one read with the CONNACK, and nothing else need come at all.
            bytes_then = self._bytes_before + _CONNACK_311
        keep_alive = options.keep_alive if connack.server_keep_alive is None else connack.server_keep_alive
        self._set(
            StateChange(
                LinkState.CONNECTED,
                connack=connack,
                transport=description,
                version=options.version,
                keep_alive=keep_alive,
            )
        )
        self._up_task = create_task(self._resume(connack), name="resubscribe")
        fault = await lost
        await cancel_and_wait(self._up_task)
        if fault.permanent or (fault.code is not None and not ReasonCode(fault.code, "DISCONNECT").may_pass):
            return fault, True
        if connack.session_present and fault.code is None and self._client.wire.bytes_in > bytes_then:
            # Its subscriptions stood from the CONNACK on, so there may have been no SUBACK; a message or a ping's answer says as much.
            self._backoff.useful()
        after_s = time.monotonic() - up_at
        pattern = self._backoff.dropped(fault, after_s, fixed_client_id=self._fixed_client_id)
        return (fault, False) if pattern is None else (paused(pattern, fault, options), True)

    async def _connect(self) -> tuple[str, Connack]:
        transport = await dial(self._client.options, self._begin)
        self._begin(Step.CONNECT)
        self._bytes_before = self._client.wire.bytes_in
        return transport.description, await self._client.connect(transport)

    async def _resume(self, connack: Connack) -> None:
        await self._on_up(connack)

    async def _told(
        self, error: DialError | LinkFault | ConnackRefused
    ) -> DialError | LinkFault | ConnackRefused:
        """The same error, or a better one if the port was found to speak something else."""
        if isinstance(error, ConnackRefused) or self._stood or self._asked or not worth_asking(error):
            return error
        self._asked = True
        options = self._client.options
        scheme = await guess(options)
        return error if scheme is None else wrong_port(error, options.url, scheme)

    def _is_final(self, error: DialError | LinkFault | ConnackRefused) -> bool:
        if isinstance(error, ConnackRefused):
            return not error.reason.may_pass
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
        FaultKind.PROGRAM,
        "Unexpected fault",
        f"Connecting ended with an error of the program ({type(error).__name__}: {error}); try again, and please report it.",
        permanent=True,
    )
