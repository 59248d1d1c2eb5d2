# SPDX-License-Identifier: MIT
"""One open broker: link, client, store, subscriptions and log, behind one object the panels talk to."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mqtt_explorer.events import Event
from mqtt_explorer.measure.metrics import FIGURES, ConnectionFigures, Figures
from mqtt_explorer.network.client import MqttClient
from mqtt_explorer.network.link import Link, LinkState, StateChange
from mqtt_explorer.network.offline import HeldPublishes
from mqtt_explorer.network.outbox import not_connected
from mqtt_explorer.network.subscriptions import RowState, SubscriptionRow, SubscriptionTable
from mqtt_explorer.network.unsent import UnsentState
from mqtt_explorer.profiles.marks import TopicMarks
from mqtt_explorer.protocol.options import ProtocolVersion
from mqtt_explorer.store.log_book import LogBook, LogKind
from mqtt_explorer.store.staleness import Staleness
from mqtt_explorer.store.topic_store import TopicStore

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from mqtt_explorer.network.offline import HeldPublish, Outcome
    from mqtt_explorer.network.read_budget import ReadBudget
    from mqtt_explorer.network.steps import Step
    from mqtt_explorer.network.unsent import Unsent
    from mqtt_explorer.protocol.batch import Batch
    from mqtt_explorer.protocol.limits import Limits
    from mqtt_explorer.protocol.options import ConnectOptions
    from mqtt_explorer.protocol.reason_codes import ReasonCode
    from mqtt_explorer.protocol.requests import PublishRequest, PublishResult, Subscription
    from mqtt_explorer.store.budget import Budget

#: Topics a log entry names; the rest is counted.
_TOPICS_NAMED = 10
_TOPIC_SHOWN = 80


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
        profile_id: The profile it was opened from, or None.
        marks: The user's favourites and muted branches of this broker.

    Attributes:
        staleness: How often its topics usually have a message, and which are overdue.
        marks: The user's favourites and muted branches of this broker.
        held: What was written without a connection. It belongs to this broker and client id and never goes to another.

    Events:
        state_changed: Once per change of state.
        step_changed: While connecting, as each step begins.
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
        profile_id: str | None = None,
        marks: TopicMarks | None = None,
    ) -> None:
        self.options = options
        self.profile_id = profile_id
        self.title = title or options.url.netloc
        self.store = TopicStore(budget, retain_as_published=options.version is ProtocolVersion.V5)
        self.staleness = Staleness(self.store)
        self.marks = marks or TopicMarks()
        self.log = LogBook()
        self.held = HeldPublishes()
        self.state_changed: Event[StateChange] = Event()
        self.batch_received: Event[Batch] = Event()
        self._read_budget = read_budget
        self._client = MqttClient(options, on_batch=self._on_batch, read_budget=read_budget)
        self.subscriptions = SubscriptionTable(self._client, subscriptions)
        self.subscriptions.changed.connect(self._on_subscription)
        self._link = Link(self._client, self.subscriptions.restore)
        self._link.changed.connect(self._on_state)
        self.step_changed = self._link.step_changed
        self._told_unsent: tuple[Unsent, ...] = ()
        self._closed = False
        self._counted = 0

    @property
    def state(self) -> StateChange:
        """Where it stands now."""
        return self._link.state

    @property
    def step(self) -> Step | None:
        """Where the attempt stands; None unless connecting."""
        return self._link.step

    @property
    def limits(self) -> Limits:
        """What the broker takes: the preset's limits until the first CONNACK, then the broker's own."""
        return self._client.limits

    @property
    def unacknowledged(self) -> int:
        """Messages and requests under way without an answer; while `disconnect` drains this goes down."""
        return self._client.unacknowledged

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

    def unsent(self) -> tuple[Unsent, ...]:
        """The messages the broker has not acknowledged: in flight, waiting for their turn, held; each in the order of asking."""
        return (*self._client.unsent(), *self.held.unsent())

    async def disconnect(self) -> tuple[Unsent, ...]:
        """Disconnects in order, within 3 s; the tree, its history and the held messages stay.

        Returns:
            What was not sent or not acknowledged, held messages included. The log tells it too.
        """
        left = await self._link.stop()
        left = (*left, *self.held.unsent())
        if left != self._told_unsent:
            self._told_unsent = left
            if left:
                self.log.add(time.time_ns(), LogKind.ERROR, "Not everything was sent", _list(left))
        if not self._client.said_goodbye and self.options.will is not None:
            text = "The broker did not react any more, so it may have missed the goodbye and publish the Last Will."
            self.log.add(time.time_ns(), LogKind.ERROR, "Last Will possible", text)
        return left

    async def close(self) -> tuple[Unsent, ...]:
        """Disconnects and gives the memory back, held messages included; the connection cannot be used again.

        Returns:
            See `disconnect`.
        """
        if self._closed:
            return ()
        self._closed = True
        left = await self.disconnect()
        self.held.discard()
        await self.store.close()
        return left

    async def publish(self, request: PublishRequest) -> PublishResult:
        """Publishes and waits for the acknowledgement, at QoS 1 and 2 also over lost connections; see `MqttClient.publish`.

        Raises:
            RequestLost: Not connected (see `hold`), no answer came in time, or the connection pauses (`kept`).
            RequestError: The broker's limits forbid it; nothing was sent.
        """
        return await self._client.publish(request)

    def hold(self, request: PublishRequest) -> HeldPublish:
        """Keeps a message that was written without a connection, until the user sends or discards it.

        Raises:
            RequestError: The broker's limits forbid it, or there is no room; nothing was held.
        """
        self.limits.check_publish(request)
        return self.held.hold(request)

    async def send_held(self, numbers: Collection[int] | None = None) -> list[Outcome]:
        """Sends held messages in order, all when `numbers` is None; those that fail stay held with their error. See `HeldPublishes.send`.

        Raises:
            RequestLost: Not connected; nothing changed.
        """
        if not self._client.up:
            raise not_connected()
        return await self.held.send(self.publish, numbers)

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
            will=None,  # and no word at its end
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
        connected = change.state is LinkState.CONNECTED
        self.staleness.set_connected(time.monotonic_ns(), connected=connected)
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


def _list(left: tuple[Unsent, ...]) -> str:
    """How many messages are missing, why, and the topics of the first ones."""
    states = Counter(each.state for each in left)
    why = "; ".join(f"{states[state]:,} {state}" for state in UnsentState if states[state])
    topics = list(dict.fromkeys(each.topic for each in left))
    named = ", ".join(_short(topic) for topic in topics[:_TOPICS_NAMED])
    more = f" and {len(topics) - _TOPICS_NAMED:,} more topics" if len(topics) > _TOPICS_NAMED else ""
    were = "message was" if len(left) == 1 else "messages were"
    return f"{len(left):,} {were} not sent or not acknowledged when the connection was closed ({why}): {named}{more}."


def _short(topic: str) -> str:
    return topic if len(topic) <= _TOPIC_SHOWN else f"{topic[:_TOPIC_SHOWN]}…"
