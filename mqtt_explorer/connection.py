# SPDX-License-Identifier: MIT
"""One open broker: link, client, store, subscriptions and log, behind one object the panels talk to."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mqtt_explorer.events import Event
from mqtt_explorer.measure.metrics import FIGURES, ConnectionFigures, Figures
from mqtt_explorer.network.client import MqttClient
from mqtt_explorer.network.link import Link, LinkState, StateChange
from mqtt_explorer.network.subscriptions import RowState, SubscriptionRow, SubscriptionTable
from mqtt_explorer.protocol.options import ProtocolVersion
from mqtt_explorer.store.log_book import LogBook, LogKind
from mqtt_explorer.store.topic_store import TopicStore

if TYPE_CHECKING:
    from collections.abc import Callable

    from mqtt_explorer.network.read_budget import ReadBudget
    from mqtt_explorer.protocol.batch import Batch
    from mqtt_explorer.protocol.options import ConnectOptions
    from mqtt_explorer.protocol.reason_codes import ReasonCode
    from mqtt_explorer.protocol.requests import PublishRequest, PublishResult, Subscription
    from mqtt_explorer.store.budget import Budget


@dataclass(frozen=True, slots=True, kw_only=True)
class Counters(Figures):
    """A snapshot of one connection's counters.

    Attributes:
        bytes_in: On the wire, everything included.
        bytes_out: On the wire, everything included.
    """

    bytes_in: int = 0
    bytes_out: int = 0


class Connection:
    """One broker, from the first dial to the close.

    Args:
        options: Broker, login, session.
        budget: The memory budget of the process, shared.
        subscriptions: Asked for after the first CONNACK.
        read_budget: The read budget of the process, shared.
        title: What to call it; the address when None.

    Events:
        state_changed: Once per change of state.
        batch_received: Each batch after it was stored; for `watch`, recorders and meters. The window never connects to it.
    """

    def __init__(
        self,
        options: ConnectOptions,
        *,
        budget: Budget,
        subscriptions: Iterable[Subscription] = (),
        read_budget: ReadBudget | None = None,
        title: str | None = None,
    ) -> None:
        self.options = options
        self.title = title or options.url.netloc
        self.store = TopicStore(budget, retain_as_published=options.version is ProtocolVersion.V5)
        self.log = LogBook()
        self.state_changed: Event[StateChange] = Event()
        self.batch_received: Event[Batch] = Event()
        self._read_budget = read_budget
        self._client = MqttClient(options, on_batch=self._on_batch, read_budget=read_budget)
        self.subscriptions = SubscriptionTable(self._client, subscriptions)
        self.subscriptions.changed.connect(self._on_subscription)
        self._link = Link(self._client, self.subscriptions.restore)
        self._link.changed.connect(self._on_state)
        self._closed = False
        self._counted = 0

    @property
    def state(self) -> StateChange:
        """Where it stands now."""
        return self._link.state

    @property
    def rtt_s(self) -> float | None:
        """The last PINGREQ → PINGRESP round trip in seconds; None before the first."""
        return self._client.rtt_s if self._client.up else None

    def open(self) -> None:
        """Begins to connect."""
        self._link.start()

    def retry_now(self) -> None:
        """Ends a wait for the next attempt at once, or tries again after a failure."""
        self._link.retry_now()

    async def disconnect(self) -> None:
        """Disconnects in order; the tree and its history stay. What was not acknowledged is told in the log."""
        left = await self._link.stop()
        if left:
            text = f"The connection was closed before {left:,} {'request was' if left == 1 else 'requests were'} answered."
            self.log.add(time.time_ns(), LogKind.ERROR, "Not acknowledged", text)

    async def close(self) -> None:
        """Disconnects and gives the memory back; the connection cannot be used again."""
        if not self._closed:
            self._closed = True
            await self.disconnect()
            await self.store.close()

    async def publish(self, request: PublishRequest) -> PublishResult:
        """Publishes and waits for the acknowledgement.

        Raises:
            RequestLost: Not connected, or no answer came in time.
            RequestError: The broker's limits forbid it; nothing was sent.
        """
        return await self._client.publish(request)

    async def subscribe(self, subscription: Subscription) -> SubscriptionRow:
        """Adds or replaces a subscription; see `SubscriptionTable.add`."""
        return await self.subscriptions.add(subscription)

    async def unsubscribe(self, filter_text: str) -> ReasonCode | None:
        """Removes a subscription; see `SubscriptionTable.remove`."""
        return await self.subscriptions.remove(filter_text)

    def client_factory(self, suffix: str, on_batch: Callable[[Batch], None]) -> MqttClient:
        """A bare client of the same broker and login for a lab: its own client id, no store, reads at once.

        Args:
            suffix: Appended to the client id.
            on_batch: Gets its messages.
        """
        options = replace(
            self.options,
            client_id=f"{self.options.client_id}{suffix}",
            clean_start=True,
            session_expiry=None,  # a lab leaves no session behind
        )
        return MqttClient(options, on_batch=on_batch, read_budget=self._read_budget, coalesce=False)

    def counters(self) -> Counters:
        """All counters at this moment."""
        store, wire = self.store.counters, self._client.wire
        return Counters(
            received=store.received,
            published=wire.published,
            topics=store.topics,
            messages_in_history=store.messages_in_history,
            bytes_in_history=store.bytes_in_history,
            dropped=store.dropped,
            evicted=store.evicted,
            truncated=store.truncated,
            malformed=store.malformed,
            bytes_in=wire.bytes_in,
            bytes_out=wire.bytes_out,
        )

    def figures(self, seconds: float) -> ConnectionFigures:
        """The figures for `--metrics`.

        Args:
            seconds: Since the last call; the rate is over this time.
        """
        now = self.counters()
        rate = (now.received - self._counted) / seconds if seconds > 0 else 0.0
        self._counted = now.received
        return ConnectionFigures(
            title=self.title,
            state=self.state.state.value,
            received_per_s=rate,
            **{name: getattr(now, name) for name in FIGURES},
        )

    def _on_batch(self, batch: Batch) -> None:
        self.store.apply(batch)
        if batch.malformed:
            notes = [(packet.reason, packet.raw) for packet in batch.malformed]
            self.log.add_many(batch.wall_ns, LogKind.MALFORMED, "Malformed message", notes)
        self.batch_received.emit(batch)

    def _on_state(self, change: StateChange) -> None:
        kind = (
            LogKind.ERROR
            if change.error is not None and change.state is not LinkState.CONNECTING
            else LogKind.STATE
        )
        if change.state is not LinkState.CONNECTING or change.attempt == 1:
            title = (
                change.error.title
                if kind is LogKind.ERROR and change.error
                else change.state.value.capitalize()
            )
            self.log.add(time.time_ns(), kind, title, self._describe(change))
        if change.state is LinkState.DISCONNECTED:
            self.subscriptions.connection_ended()
        self.state_changed.emit(change)

    def _describe(self, change: StateChange) -> str:
        match change.state:
            case LinkState.CONNECTED:
                return f"{self.options.version.label} over {change.transport}."
            case LinkState.CONNECTING:
                return f"Dialling {self.options.url.shown}."
            case LinkState.WAITING:
                return f"{change.reason} Trying again in {change.retry_in_s or 0:.0f} s."
            case _:
                return change.reason or f"The connection to {self.options.url.netloc} is closed."

    def _on_subscription(self, row: SubscriptionRow | None) -> None:
        if row is None or not (row.state is RowState.REFUSED or row.lowered):
            return
        refused = row.state is RowState.REFUSED
        kind, title = (LogKind.REFUSAL, "Filter refused") if refused else (LogKind.LOWERED, "QoS lowered")
        self.log.add(time.time_ns(), kind, title, f"{row.filter_text}: {row.sentence}")
