# SPDX-License-Identifier: MIT
"""The table of subscriptions: what was asked, what was granted, and bringing it back after a reconnect."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mqtt_explorer.events import Event
from mqtt_explorer.network.outbox import RequestLost
from mqtt_explorer.protocol.options import ProtocolVersion
from mqtt_explorer.protocol.requests import Connack, Grant, RequestError, Subscription

if TYPE_CHECKING:
    from mqtt_explorer.network.client import MqttClient
    from mqtt_explorer.protocol.reason_codes import ReasonCode

_ONLY_IF_NEW = 1


class RowState(enum.StrEnum):
    """Where a subscription stands."""

    NEW = "new"  # never sent: not connected yet
    PENDING = "pending"  # sent, no SUBACK yet
    GRANTED = "granted"
    REFUSED = "refused"
    LOST = "lost"  # the connection ended; it is asked for again after the next CONNACK


@dataclass(slots=True, eq=False)
class SubscriptionRow:
    """One filter in the table.

    Attributes:
        subscription: What is asked for.
        state: Where it stands.
        grant: The broker's answer, kept while the connection is away; None before the first, and when the broker's limits forbid the filter.
        problem: Why there is no answer, as a sentence, or "".
    """

    subscription: Subscription
    state: RowState = RowState.NEW
    grant: Grant | None = None
    problem: str = ""

    @property
    def filter_text(self) -> str:
        """The filter as written."""
        return self.subscription.filter.text

    @property
    def granted_qos(self) -> int | None:
        """The granted QoS while granted, else None."""
        return self.grant.qos if self.grant is not None and self.state is RowState.GRANTED else None

    @property
    def lowered(self) -> bool:
        """The broker granted less than was asked for."""
        granted = self.granted_qos
        return granted is not None and granted < self.subscription.qos

    @property
    def reason(self) -> ReasonCode | None:
        """The reason code of the SUBACK; None without one, also when the filter was refused here and never sent."""
        return self.grant.reason if self.grant is not None else None

    @property
    def sentence(self) -> str:
        """Where it stands, in one plain sentence."""
        match self.state:
            case RowState.NEW:
                return "It is sent as soon as the broker is connected."
            case RowState.PENDING:
                return "Waiting for the broker's answer."
            case RowState.LOST:
                return self.problem or "The connection is down; it is asked for again when it is back."
            case RowState.REFUSED:
                return self.reason.sentence if self.reason is not None else self.problem
            case RowState.GRANTED if self.lowered:
                return f"The broker granted QoS {self.granted_qos} instead of {self.subscription.qos}."
            case RowState.GRANTED:
                return f"The broker granted QoS {self.granted_qos}."


class SubscriptionTable:
    """The subscriptions of one connection, in the order they were added.

    Events:
        changed: With the row that changed, or None when rows came or went.
    """

    def __init__(self, client: MqttClient, subscriptions: Iterable[Subscription] = ()) -> None:
        self.rows: list[SubscriptionRow] = [SubscriptionRow(each) for each in subscriptions]
        self.changed: Event[SubscriptionRow | None] = Event()
        self._client = client
        self._gone: set[str] = set()  # removed here, but perhaps not from a session the broker keeps
        client.lost.connect(lambda _fault: self.connection_ended())
        client.granted_late.connect(self._on_granted_late)

    def find(self, filter_text: str) -> SubscriptionRow | None:
        """The row of a filter."""
        return next((row for row in self.rows if row.filter_text == filter_text), None)

    async def add(self, subscription: Subscription) -> SubscriptionRow:
        """Adds a filter, or replaces the one with the same text, and asks the broker when connected.

        A lost connection is no error here: the row stays and is asked for again.
        """
        row = self.find(subscription.filter.text)
        if row is None:
            row = SubscriptionRow(subscription)
            self.rows.append(row)
            self.changed.emit(None)
        else:
            if row.subscription != subscription:
                row.grant = None  # it was the answer to another question
            row.subscription = subscription
        self._gone.discard(subscription.filter.text)
        if self._client.up and self._is_allowed(row):
            await self._ask([row])
        return row

    async def remove(self, filter_text: str) -> ReasonCode | None:
        """Takes a filter out and tells the broker when connected.

        Returns:
            The UNSUBACK's reason, or None when the broker was not asked.

        Raises:
            RequestLost: No UNSUBACK came; the row is gone all the same, and a reconnect settles it.
        """
        row = self.find(filter_text)
        if row is None:
            return None
        self.rows.remove(row)
        self.changed.emit(None)
        self._gone.add(filter_text)
        # A lost row may be subscribed all the same: its SUBACK may be late.
        if not self._client.up or row.state in (RowState.NEW, RowState.REFUSED):
            return None
        reason = (await self._client.unsubscribe([filter_text]))[0]
        if self.find(filter_text) is None:
            self._gone.discard(filter_text)
        return reason

    async def restore(self, connack: Connack) -> None:
        """Brings the subscriptions back after a CONNACK.

        With the session present an MQTT 5 broker is asked again with Retain Handling 1, so that retained messages do not come twice;
        a 3.1.1 broker would send them again, so it is asked only for what it never answered.
        """
        v5 = self._client.options.version is ProtocolVersion.V5
        await self._remove_gone(connack)
        rows = [row for row in list(self.rows) if self._is_allowed(row)]
        if connack.session_present and not v5:
            kept = [row for row in rows if row.grant is not None and not row.grant.refused]
            for row in kept:
                self._set(row, RowState.GRANTED)
            rows = [row for row in rows if row not in kept]
        by_identifier: dict[int | None, list[SubscriptionRow]] = {}
        for row in rows:
            by_identifier.setdefault(row.subscription.identifier, []).append(row)
        most = self._client.filters_per_packet
        for group in by_identifier.values():
            for start in range(0, len(group), most):
                await self._ask(group[start : start + most], only_if_new=v5 and connack.session_present)

    async def _remove_gone(self, connack: Connack) -> None:
        """A session the broker kept still holds what was removed while the connection was away."""
        gone = sorted(self._gone) if connack.session_present else []
        if not connack.session_present:
            self._gone.clear()
        most = self._client.filters_per_packet
        for start in range(0, len(gone), most):
            part = gone[start : start + most]
            try:
                await self._client.unsubscribe(part)
            except RequestLost:
                return  # they stay in the list for the next CONNACK
            self._gone.difference_update(part)

    def _is_allowed(self, row: SubscriptionRow) -> bool:
        """Whether the broker's limits allow a filter; a row they forbid is refused here and never sent: some brokers end the connection for it."""
        try:
            self._client.limits.check_subscription(row.subscription)
        except RequestError as error:
            row.grant = None
            self._set(row, RowState.REFUSED, problem=error.message)
            return False
        return True

    async def _ask(self, rows: list[SubscriptionRow], *, only_if_new: bool = False) -> None:
        if not self._client.up:  # it dropped between two packets; the next CONNACK asks for these
            for row in rows:
                self._set(row, RowState.LOST)
            return
        wanted = []
        for row in rows:
            again = only_if_new and row.grant is not None and row.subscription.retain_handling == 0
            wanted.append(
                replace(row.subscription, retain_handling=_ONLY_IF_NEW) if again else row.subscription
            )
            self._set(row, RowState.PENDING)
        try:
            grants = await self._client.subscribe(wanted)
        except RequestLost as error:
            for row in rows:
                self._set(row, RowState.LOST, problem=error.message)
            return
        for row, grant in zip(rows, grants, strict=True):
            row.grant = grant
            self._set(row, RowState.REFUSED if grant.refused else RowState.GRANTED)

    def _on_granted_late(self, grants: list[tuple[Subscription, Grant]]) -> None:
        for asked, grant in grants:
            row = self.find(grant.filter)
            if row is None or row.state is not RowState.LOST:
                continue
            if replace(asked, retain_handling=row.subscription.retain_handling) == row.subscription:
                row.grant = grant
                self._set(row, RowState.REFUSED if grant.refused else RowState.GRANTED)

    def _set(self, row: SubscriptionRow, state: RowState, problem: str = "") -> None:
        row.state = state
        row.problem = problem
        self.changed.emit(row)

    def connection_ended(self) -> None:
        """Marks what was granted, or asked for, as gone until the next CONNACK."""
        for row in self.rows:
            if row.state in (RowState.GRANTED, RowState.PENDING):
                self._set(row, RowState.LOST)
