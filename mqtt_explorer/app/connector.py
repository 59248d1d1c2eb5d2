# SPDX-License-Identifier: MIT
"""From a wish to a shown connection: dials, waits for the first success, tells the pages what went wrong."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from mqtt_explorer.app.attempt import Attempt, Phase
from mqtt_explorer.app.marks_book import DEMO_KEY
from mqtt_explorer.app.profile_connector import ProfileConnector
from mqtt_explorer.demo.broker import DemoBroker, start_demo_broker
from mqtt_explorer.errors import MqttExplorerError
from mqtt_explorer.events import Event
from mqtt_explorer.network.faults import FaultKind, LinkFault
from mqtt_explorer.network.link import LinkState
from mqtt_explorer.network.refusal import ConnackRefused
from mqtt_explorer.protocol.options import ConnectOptions, ProtocolVersion, is_fresh_client_id
from mqtt_explorer.protocol.requests import Subscription
from mqtt_explorer.protocol.topics import TopicFilter
from mqtt_explorer.tasks import cancel_and_wait, create_task
from mqtt_explorer.widgets.text import one_line

if TYPE_CHECKING:
    from mqtt_explorer.app.profiles.book import ProfileBook
    from mqtt_explorer.app.workspace import Workspace
    from mqtt_explorer.connection import Connection
    from mqtt_explorer.network.unsent import Unsent
    from mqtt_explorer.profiles.secrets import SecretStore

_WRONG_VERSION = 0x84


class Connector(ProfileConnector):
    """Makes connections: one at a time of typed addresses and the demo, any number of saved brokers.

    A connection that has once stood belongs to the workspace.

    Events:
        progress: A sentence while it tries an address or the demo; empty when it stopped trying.
        failed: Why an address or the demo failed, and whether MQTT 3.1.1 may help (it is offered, never taken by itself).
    """

    def __init__(self, workspace: Workspace, book: ProfileBook, secrets: SecretStore) -> None:
        super().__init__(workspace, book, secrets)
        self.progress: Event[str] = Event()
        self.failed: Event[MqttExplorerError, bool] = Event()
        self._main: Attempt | None = None
        self._demos: dict[Connection, DemoBroker] = {}

    @property
    def waiting(self) -> bool:
        """True while the next try of an address is counted down to."""
        return self._main is not None and self._main.phase is Phase.WAITING

    def connect(
        self, options: ConnectOptions, subscriptions: Sequence[Subscription], title: str | None = None
    ) -> Connection:
        """Begins to connect to an address; an attempt at another one that is still under way ends.

        Where that client id is connected to that broker already, that connection is shown instead: the broker would end one of the two.
        """
        self._cancel_main()
        if (standing := self._same_client(options)) is not None:
            standing.retry_now()
            self.reveal(standing)
            text = _tr(
                "{broker} is open already with the client id “{id}”: a second connection would end it."
            )
            self.note.emit(text.format(broker=standing.title, id=one_line(options.client_id, 60)))
            return standing
        attempt = self._begin(title or options.url.netloc)
        connection = self._open(attempt, options, subscriptions, title)
        attempt.task = create_task(self._see_through(attempt), name="connect")
        return connection

    def _same_client(self, options: ConnectOptions) -> Connection | None:
        """The open connection to the same broker with the same client id of the user's own, or None."""
        if is_fresh_client_id(options.client_id):
            return None
        return next(
            (
                each
                for each in self._workspace.stood
                if each.options.url.netloc == options.url.netloc
                and each.options.client_id == options.client_id
                and each.state.state not in (LinkState.DISCONNECTED, LinkState.FAILED)
            ),
            None,
        )

    def start_demo(self) -> None:
        """Starts the demo's broker and connects to it; an attempt at an address that is still under way ends."""
        if self._main is not None and self._main.connection is None:
            return  # it is starting
        self._cancel_main()
        attempt = self._begin(_tr("Demo"))
        attempt.task = create_task(self._start_demo(attempt), name="start demo")

    def hurry(self) -> None:
        """Ends the wait for the next try of an address."""
        if self._main is not None:
            self._main.hurry()

    def cancel(self) -> bool:
        """Stops trying what a click began; True when there was something to stop."""
        busy = self._cancel_main()
        return self.cancel_profiles() or busy

    def is_demo(self, connection: Connection) -> bool:
        """True when the connection's broker is the demo's: gone with it, so no address to remember."""
        return connection in self._demos

    async def close(self, connection: Connection) -> None:
        """Closes a connection, and the demo's broker with it."""
        await super().close(connection)
        demo = self._demos.pop(connection, None)
        if demo is not None:
            await demo.stop()

    async def close_all(self) -> list[tuple[str, Unsent]]:
        """The program ends: closes every connection and every demo broker.

        Returns:
            See `Workspace.close_all`.
        """
        main, self._main = self._main, None
        attempts = [*self.attempts, *([main] if main is not None else [])]
        self._profiles.clear()
        for attempt in attempts:
            attempt.let_go()
        await cancel_and_wait(*(attempt.task for attempt in attempts))
        left = await self._workspace.close_all()
        while self._endings:  # else one would come to its end when the window is gone
            await asyncio.wait(self._endings)
        await asyncio.gather(*(demo.stop() for demo in self._demos.values()))
        self._demos.clear()
        return left

    def _pending(self) -> list[Attempt]:
        main = [self._main] if self._main is not None else []
        return main + super()._pending()

    def _begin(self, title: str) -> Attempt:
        attempt = self._main = Attempt(title)
        attempt.changed.connect(lambda: self._on_main(attempt))
        attempt.setback.connect(lambda error: self.failed.emit(error, _older_may_help(error, attempt)))
        return attempt

    def _on_main(self, attempt: Attempt) -> None:
        if attempt is self._main:
            self.progress.emit(attempt.sentence)

    def _cancel_main(self) -> bool:
        attempt, self._main = self._main, None
        if attempt is None:
            return False
        self._give_up(attempt)
        self.progress.emit("")
        return True

    async def _see_through(self, attempt: Attempt) -> None:
        """Waits until an address stands, or for the reason why it does not."""
        error = await attempt.settled()
        self._main = None
        self.progress.emit("")
        if error is None:
            self._stands(attempt)
            return
        older = _older_may_help(error, attempt)
        self._close_soon(attempt.let_go())
        self.failed.emit(error, older)

    async def _start_demo(self, attempt: Attempt) -> None:
        attempt.say(_tr("Starting a broker on this computer…"))
        try:
            demo = await start_demo_broker()
        except MqttExplorerError as error:
            self._demo_failed(error)
            return
        except Exception as error:
            what = _tr("{fault}. Try it again; the details stand in the report.")
            fault = f"{type(error).__name__}: {error}"
            self._demo_failed(MqttExplorerError(_tr("The demo did not start"), what.format(fault=fault)))
            raise  # a fault of the program: reported with its traceback
        demo.ended.connect(self.note.emit)
        options = ConnectOptions(demo.url, version=demo.version, payload_cap=self.payload_cap)
        title = _tr("Demo · {broker}").format(broker=demo.name)
        everything = (Subscription(TopicFilter("#"), 1),)
        connection = self._open(attempt, options, everything, title, marks_key=DEMO_KEY)
        self._demos[connection] = demo
        if demo.lacks:
            self.note.emit(" ".join(demo.lacks))
        await self._see_through(attempt)

    def _demo_failed(self, error: MqttExplorerError) -> None:
        self._main = None
        self.progress.emit("")
        self.failed.emit(error, False)


def _older_may_help(error: MqttExplorerError, attempt: Attempt) -> bool:
    """A 3.1.1 broker refuses the version, or just closes the connection on a CONNECT it cannot read."""
    if attempt.connection is None or attempt.connection.options.version is not ProtocolVersion.V5:
        return False
    if getattr(error, "try_scheme", None):
        return False  # it is known better what is wrong
    if isinstance(error, ConnackRefused):
        return error.reason.value == _WRONG_VERSION
    return isinstance(error, LinkFault) and error.kind is FaultKind.CLOSED


def _tr(text: str) -> str:
    return QCoreApplication.translate("Connector", text)
