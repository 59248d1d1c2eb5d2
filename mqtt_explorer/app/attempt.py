# SPDX-License-Identifier: MIT
"""One wish to connect, from the click until the connection stands, is given up or has failed."""

from __future__ import annotations

import asyncio
import enum
import itertools
import math
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from mqtt_explorer.events import Event
from mqtt_explorer.models.state_wording import step_words
from mqtt_explorer.network.link import LinkState
from mqtt_explorer.network.steps import Step
from mqtt_explorer.tasks import create_task

if TYPE_CHECKING:
    from collections.abc import Callable

    from mqtt_explorer.connection import Connection
    from mqtt_explorer.errors import MqttExplorerError
    from mqtt_explorer.network.link import StateChange


class Phase(enum.Enum):
    """How far an attempt is."""

    PREPARING = "preparing"
    TRYING = "trying"
    WAITING = "waiting"
    FAILED = "failed"
    DONE = "done"


class Attempt:
    """What the user sees of a connection that does not stand yet.

    Args:
        title: What to call the broker.
        profile_id: The saved broker it is for; None for a typed address and the demo.
        quiet: It was not asked for by a click (the program's start): it opens no dialog.

    Attributes:
        number: Counts up: a later attempt has a higher one.
        front: It is shown as soon as it stands.
        connection: Its connection, once there is one.
        error: Why it failed, or why it waits.
        needs_password: It failed only because nobody was asked for the password.
        task: What carries it out.

    Events:
        changed: `sentence`, `phase` or `error` changed; once a second while it counts down.
        setback: It did not stand and is tried again by itself: why.
    """

    _numbers = itertools.count()

    def __init__(self, title: str, profile_id: str | None = None, *, quiet: bool = False) -> None:
        self.number = next(self._numbers)
        self.title = title
        self.profile_id = profile_id
        self.quiet = quiet
        self.front = True
        self.phase = Phase.PREPARING
        self.sentence = ""
        self.connection: Connection | None = None
        self.error: MqttExplorerError | None = None
        self.needs_password = False
        self.task: asyncio.Task[None] | None = None
        self.changed: Event[()] = Event()
        self.setback: Event[MqttExplorerError] = Event()
        self._settled: asyncio.Future[MqttExplorerError | None] | None = None
        self._forget: list[Callable[[], None]] = []
        self._counting: asyncio.Task[None] | None = None

    @property
    def alive(self) -> bool:
        """True until it stands, has failed or was given up."""
        return self.phase not in (Phase.FAILED, Phase.DONE)

    def say(self, sentence: str, phase: Phase = Phase.PREPARING) -> None:
        """Tells how far it is."""
        self.sentence, self.phase = sentence, phase
        self.changed.emit()

    def fail(self, error: MqttExplorerError, *, needs_password: bool = False) -> None:
        """It ends with an error."""
        self.let_go()
        self.error, self.needs_password = error, needs_password
        self.say("", Phase.FAILED)

    def hurry(self) -> None:
        """Ends a wait for the next try at once."""
        if self.connection is not None and self.phase is Phase.WAITING:
            self.connection.retry_now()

    def watch(self, connection: Connection) -> None:
        """Follows a connection that is about to be opened."""
        self.let_go()
        self.connection = connection
        self._settled = asyncio.get_running_loop().create_future()
        self._forget = [
            connection.state_changed.connect(self._on_state),
            connection.step_changed.connect(lambda _step: self._show_trying(connection.state)),
        ]

    async def settled(self) -> MqttExplorerError | None:
        """Waits until the watched connection stands (None) or has failed for good (why)."""
        if self._settled is None:
            raise RuntimeError("watch() comes first")
        return await self._settled

    def let_go(self) -> Connection | None:
        """Watches no longer; the connection, if there was one, is the caller's to close."""
        for forget in self._forget:
            forget()
        self._forget = []
        self._stop_counting()
        connection, self.connection = self.connection, None
        return connection

    def _on_state(self, change: StateChange) -> None:
        self._stop_counting()
        if change.state is LinkState.CONNECTING:
            self._show_trying(change)
        elif change.state is LinkState.WAITING:
            self.error = change.error
            if change.error is not None:
                self.setback.emit(change.error)
            self._counting = create_task(
                self._count_down(change.retry_in_s or 0.0), name="count down to the next attempt"
            )
        elif change.state is LinkState.CONNECTED:
            self._settle(None)
        elif change.state is LinkState.FAILED and change.error is not None:
            self._settle(change.error)

    def _settle(self, error: MqttExplorerError | None) -> None:
        if self._settled is not None and not self._settled.done():
            self._settled.set_result(error)

    def _show_trying(self, change: StateChange) -> None:
        if self.connection is None or change.state is not LinkState.CONNECTING:
            return
        text = (
            _tr("Connecting to {broker} (attempt {n})…")
            if change.attempt > 1
            else _tr("Connecting to {broker}…")
        )
        text = text.format(broker=self.connection.options.url.netloc, n=change.attempt)
        step = self.connection.step
        # "Connecting to … Connecting." would say it twice.
        if step is not None and step is not Step.TCP:
            text = f"{text} {step_words(step)}."
        self.say(text, Phase.TRYING)

    async def _count_down(self, seconds: float) -> None:
        if self.connection is None:
            return
        where = self.connection.options.url.netloc
        now = asyncio.get_running_loop().time
        end = now() + seconds
        while (left := math.ceil(end - now())) > 0:
            text = _tr("Trying {broker} again in {s} s…").format(broker=where, s=left)
            self.say(text, Phase.WAITING)
            await asyncio.sleep(end - now() - left + 1)

    def _stop_counting(self) -> None:
        if self._counting is not None:
            self._counting.cancel()
            self._counting = None


def _tr(text: str) -> str:
    return QCoreApplication.translate("Connector", text)
