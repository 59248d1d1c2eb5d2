# SPDX-License-Identifier: MIT
"""From a wish to a shown connection: dials, waits for the first success, tells the start page what went wrong."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from mqtt_explorer.demo.broker import DemoBroker, start_demo_broker
from mqtt_explorer.errors import MqttExplorerError
from mqtt_explorer.events import Event
from mqtt_explorer.network.faults import FaultKind, LinkFault
from mqtt_explorer.network.link import LinkState
from mqtt_explorer.network.refusal import ConnackRefused
from mqtt_explorer.protocol.options import MIB, ConnectOptions, ProtocolVersion
from mqtt_explorer.protocol.requests import Subscription
from mqtt_explorer.protocol.topics import TopicFilter
from mqtt_explorer.tasks import cancel_and_wait, create_task

if TYPE_CHECKING:
    from collections.abc import Callable

    from mqtt_explorer.app.workspace import Workspace
    from mqtt_explorer.connection import Connection
    from mqtt_explorer.network.link import StateChange

_WRONG_VERSION = 0x84


def _tr(text: str) -> str:
    return QCoreApplication.translate("Connector", text)


class Connector:
    """Makes one connection at a time; a connection that has once stood belongs to the workspace.

    Events:
        progress: A sentence while it tries; empty when it stopped trying.
        failed: The error, and whether MQTT 3.1.1 may help (it is offered, never taken by itself).
        connected: The new connection, already shown.
        note: Something a user should know (what the demo's broker lacks).

    Attributes:
        payload_cap: The settings' payload cap, for the demo's next connection.
    """

    def __init__(self, workspace: Workspace) -> None:
        self.progress: Event[str] = Event()
        self.failed: Event[MqttExplorerError, bool] = Event()
        self.connected: Event[Connection] = Event()
        self.note: Event[str] = Event()
        self.payload_cap = 64 * MIB
        self._workspace = workspace
        self._pending: Connection | None = None
        self._forget: Callable[[], None] | None = None
        self._demos: dict[Connection, DemoBroker] = {}
        self._demo_starting: asyncio.Task[None] | None = None
        self._counting: asyncio.Task[None] | None = None

    def connect(
        self, options: ConnectOptions, subscriptions: Sequence[Subscription], title: str | None = None
    ) -> Connection:
        """Begins to connect; an attempt that is still under way ends."""
        self.cancel()
        return self._connect(options, subscriptions, title)

    def start_demo(self) -> None:
        """Starts the demo's broker and connects to it; an attempt that is still under way ends."""
        if self._demo_starting is None:
            self.cancel()
            self._demo_starting = create_task(self._start_demo(), name="start demo")

    def cancel(self) -> None:
        """Stops trying."""
        starting, self._demo_starting = self._demo_starting, None
        if starting is not None:
            starting.cancel()
        pending = self._let_go()
        if pending is not None:
            create_task(self._close(pending), name="cancel connecting")
        if starting is not None or pending is not None:
            self.progress.emit("")

    def is_demo(self, connection: Connection) -> bool:
        """True when the connection's broker is the demo's: gone with it, so no address to remember."""
        return connection in self._demos

    async def close(self, connection: Connection) -> None:
        """Closes a connection, and the demo's broker with it."""
        await self._close(connection)

    async def close_all(self) -> None:
        """The program ends: closes every connection and every demo broker."""
        self._let_go()
        await cancel_and_wait(self._demo_starting)
        await self._workspace.close_all()
        await asyncio.gather(*(demo.stop() for demo in self._demos.values()))
        self._demos.clear()

    def _connect(
        self, options: ConnectOptions, subscriptions: Sequence[Subscription], title: str | None
    ) -> Connection:
        connection = self._workspace.add(options, subscriptions, title)
        self._pending = connection
        self._forget = connection.state_changed.connect(self._on_state)
        connection.open()
        return connection

    async def _start_demo(self) -> None:
        self.progress.emit(_tr("Starting a broker on this computer…"))
        try:
            demo = await start_demo_broker()
        except MqttExplorerError as error:
            self._demo_failed(error)
        except Exception as error:
            what = _tr("{fault}. Try it again; the details stand in the report.")
            fault = f"{type(error).__name__}: {error}"
            self._demo_failed(MqttExplorerError(_tr("The demo did not start"), what.format(fault=fault)))
            raise  # a fault of the program: reported with its traceback
        else:
            self._demo_starting = None
            self._open_demo(demo)

    def _demo_failed(self, error: MqttExplorerError) -> None:
        self._demo_starting = None
        self.progress.emit("")
        self.failed.emit(error, False)

    def _open_demo(self, demo: DemoBroker) -> None:
        demo.ended.connect(self.note.emit)
        options = ConnectOptions(demo.url, version=demo.version, payload_cap=self.payload_cap)
        title = _tr("Demo · {broker}").format(broker=demo.name)
        connection = self._connect(options, (Subscription(TopicFilter("#"), 1),), title)
        self._demos[connection] = demo
        if demo.lacks:
            self.note.emit(" ".join(demo.lacks))

    async def _close(self, connection: Connection) -> None:
        await self._workspace.close(connection)
        demo = self._demos.pop(connection, None)
        if demo is not None:
            await demo.stop()

    def _let_go(self) -> Connection | None:
        pending, self._pending = self._pending, None
        self._stop_counting()
        if self._forget is not None:
            self._forget()
            self._forget = None
        return pending

    def _on_state(self, change: StateChange) -> None:
        connection = self._pending
        if connection is None:
            return
        where = connection.options.url.netloc
        self._stop_counting()
        if change.state is LinkState.CONNECTED:
            self._let_go()
            self.progress.emit("")
            self._workspace.show(connection)
            self.connected.emit(connection)
        elif change.state is LinkState.CONNECTING:
            text = (
                _tr("Connecting to {broker} (attempt {n})…")
                if change.attempt > 1
                else _tr("Connecting to {broker}…")
            )
            self.progress.emit(text.format(broker=where, n=change.attempt))
        elif change.state is LinkState.WAITING and change.error is not None:
            self._counting = create_task(
                self._count_down(where, change.retry_in_s or 0.0), name="count down to the next attempt"
            )
            self.failed.emit(change.error, _older_may_help(change.error, connection.options.version))
        elif change.state is LinkState.FAILED and change.error is not None:
            error = change.error
            self._let_go()
            create_task(self._close(connection), name="close failed connection")
            self.progress.emit("")
            self.failed.emit(error, _older_may_help(error, connection.options.version))

    async def _count_down(self, where: str, seconds: float) -> None:
        now = asyncio.get_running_loop().time
        end = now() + seconds
        while (left := math.ceil(end - now())) > 0:
            self.progress.emit(_tr("Trying {broker} again in {s} s…").format(broker=where, s=left))
            await asyncio.sleep(end - now() - left + 1)

    def _stop_counting(self) -> None:
        if self._counting is not None:
            self._counting.cancel()
            self._counting = None


def _older_may_help(error: MqttExplorerError, version: ProtocolVersion) -> bool:
    """A 3.1.1 broker refuses the version, or just closes the connection on a CONNECT it cannot read."""
    if version is not ProtocolVersion.V5:
        return False
    if isinstance(error, ConnackRefused):
        return error.reason.value == _WRONG_VERSION
    return isinstance(error, LinkFault) and error.kind is FaultKind.CLOSED
