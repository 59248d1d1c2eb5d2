# SPDX-License-Identifier: MIT
"""Requests under way: a future per packet identifier, and an in-flight window of our own.

paho sends everything it holds again after a reconnect, whatever its window says, and loses acknowledged QoS 2 messages by it
(PAHO.md, T12). With at most 20 handed to it at a time none are lost.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from mqtt_explorer.errors import MqttExplorerError
from mqtt_explorer.events import Event
from mqtt_explorer.network import control
from mqtt_explorer.protocol.reason_codes import ReasonCode
from mqtt_explorer.protocol.requests import Connack, Grant, PublishRequest, RequestError, Subscription

if TYPE_CHECKING:
    from mqtt_explorer.network.control import Answer
    from mqtt_explorer.network.paho_adapter import PahoAdapter

WINDOW = 20
#: What a broker takes that tells no Receive Maximum (MQTT 5, 3.2.2.3.3).
_RECEIVE_MAXIMUM = 65_535
#: What `PublishProperties.size` leaves out: format, expiry, alias, the length of the block.
_NUMBERS = 2 + 5 + 3 + 3
_FINISHED_BY = {1: (control.PUBACK,), 2: (control.PUBCOMP,)}


#: The subscriptions of one SUBSCRIBE and the future of its SUBACK.
Asked: TypeAlias = "tuple[list[Subscription], asyncio.Future[Answer]]"


class RequestLost(MqttExplorerError):
    """A request ended without the broker's answer.

    Attributes:
        may_arrive: It left, or still may: the broker may have carried it out, or may do so after a reconnect.
    """

    def __init__(self, title: str, message: str, *, may_arrive: bool = False) -> None:
        super().__init__(title, message)
        self.may_arrive = may_arrive


class Outbox:
    """What was asked and is not answered yet.

    Who waits may give up (a deadline, a cancelled task). Such a publish stays with paho, and its packet identifier taken, but it no longer
    holds a place of the window, and at most `WINDOW` of them are kept.

    Events:
        granted_late: What a SUBACK said that came after its deadline.
    """

    def __init__(self, paho: PahoAdapter) -> None:
        self.granted_late: Event[list[tuple[Subscription, Grant]]] = Event()
        self._paho = paho
        self._window = WINDOW
        self._receive_maximum = _RECEIVE_MAXIMUM
        self._publishes: dict[int, tuple[int, asyncio.Future[ReasonCode]]] = {}
        self._given_up: dict[int, None] = {}  # publishes nobody waits for any more, oldest first
        self._given_up_subscribes: dict[int, list[Subscription]] = {}
        self._unsent_qos0: dict[int, asyncio.Future[ReasonCode]] = {}
        self._requests: dict[int, tuple[int, int, asyncio.Future[Answer]]] = {}
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._admitted = 0  # let in, but their task has not run yet

    @property
    def unacknowledged(self) -> int:
        """Publishes at QoS 1 and 2, unsent QoS 0 ones, and requests somebody awaits the answer of."""
        return self._in_flight + len(self._unsent_qos0) + len(self._requests) + len(self._waiting)

    @property
    def _in_flight(self) -> int:
        return len(self._publishes) - len(self._given_up)

    @property
    def _has_place(self) -> bool:
        # For the broker one that was given up is under way still.
        taken = len(self._publishes) + self._admitted
        return self._in_flight + self._admitted < self._window and taken < self._receive_maximum

    def awaits(self, packet: bytes) -> bool:
        """False for an answer nobody waits for: a look at its start, as sixteen thousand of them may come in one read."""
        kind = packet[0] & 0xF0
        if kind not in control.WITH_PACKET_ID or not 2 <= packet[1] < 128:
            return True  # no such answer, or one that is read in full
        packet_id = packet[2] << 8 | packet[3]
        if kind in (control.SUBACK, control.UNSUBACK):
            return packet_id in self._requests or packet_id in self._given_up_subscribes
        return packet_id in self._publishes

    def limit(self, receive_maximum: int | None) -> None:
        """Takes the broker's Receive Maximum into account (MQTT 5, 3.2.2.3.3)."""
        self._receive_maximum = receive_maximum or _RECEIVE_MAXIMUM
        self._window = min(WINDOW, self._receive_maximum)
        self._admit_next()

    @staticmethod
    def check_limits(request: PublishRequest, connack: Connack, *, v5: bool = True) -> None:
        """Refuses what the broker said it would not take, and what the version has no room for.

        Raises:
            RequestError: With the broker's limit in the sentence; `field` names the form field.
        """
        if not v5 and not request.properties.empty:
            raise RequestError(
                "Properties not supported",
                "MQTT 3.1.1 has no properties; leave them out or connect with MQTT 5.",
                field="properties",
            )
        highest = 2 if connack.maximum_qos is None else connack.maximum_qos
        if request.qos > highest:
            raise RequestError(
                "QoS not supported",
                f"This broker takes QoS {highest} at most; choose a lower one.",
                field="qos",
            )
        if request.retain and connack.retain_available is False:
            raise RequestError(
                "Retain not supported",
                "This broker keeps no retained messages; switch Retain off.",
                field="retain",
            )
        size = len(request.payload) + len(request.name.raw) + 12
        if not request.properties.empty:
            size += request.properties.size + _NUMBERS
        if connack.maximum_packet_size is not None and size > connack.maximum_packet_size:
            raise RequestError(
                "Message too large",
                f"This broker takes packets of {connack.maximum_packet_size:,} bytes at most; this one has about {size:,}.",
                field="payload",
            )
        alias = request.properties.topic_alias
        if alias is not None and alias > (connack.topic_alias_maximum or 0):
            raise RequestError(
                "Topic alias not allowed",
                f"This broker allows topic aliases up to {connack.topic_alias_maximum or 0}.",
                field="alias",
            )

    async def admit(self, qos: int) -> None:
        """Waits for a place in the in-flight window, in order of calling; QoS 0 needs none."""
        if qos == 0 or (not self._waiting and self._has_place):
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            await turn
        except BaseException:
            if turn in self._waiting:
                self._waiting.remove(turn)
            elif turn.done() and not turn.cancelled() and turn.exception() is None:
                self._admitted -= 1  # let in and cancelled in the same moment: the next one takes the place
                self._admit_next()
            raise
        self._admitted -= 1

    def _admit_next(self) -> None:
        """Lets waiting publishes in at every acknowledgement: refilling a half empty window runs into the broker's Nagle delay."""
        while self._waiting and self._has_place:
            turn = self._waiting.popleft()
            if not turn.done():
                self._admitted += 1
                turn.set_result(None)

    def publish(self, request: PublishRequest) -> tuple[int, asyncio.Future[ReasonCode]]:
        """Queues a PUBLISH. Returns its packet identifier and the future of its reason code.

        Raises:
            RequestLost: paho did not take it.
        """
        answer: asyncio.Future[ReasonCode] = asyncio.get_running_loop().create_future()
        try:
            packet_id = self._paho.publish(request)
        except ConnectionError as error:
            self._admit_next()
            raise _not_taken() from error
        if request.qos == 0:
            self._unsent_qos0[packet_id] = answer
        else:
            self._publishes[packet_id] = (request.qos, answer)
        answer.add_done_callback(lambda done: self._give_up(packet_id) if done.cancelled() else None)
        return packet_id, answer

    def _give_up(self, packet_id: int) -> None:
        """Nobody waits for a publish any more."""
        self._unsent_qos0.pop(packet_id, None)
        if packet_id in self._publishes:
            self._given_up[packet_id] = None
            self._forget_given_up(WINDOW)
            self._admit_next()

    def _forget_given_up(self, kept: int) -> None:
        """Forgets the oldest ones: a broker that never answers must not fill memory, nor what is sent again grow above the window."""
        while len(self._given_up) > max(0, kept):
            packet_id = next(iter(self._given_up))
            del self._given_up[packet_id], self._publishes[packet_id]
            self._paho.forget_publish(packet_id)

    def subscribe(self, subscriptions: Sequence[Subscription]) -> list[Asked]:
        """Queues one SUBSCRIBE per subscription identifier: it holds for all filters of a packet (MQTT 5, 3.8.2.1.2).

        Raises:
            RequestLost: paho did not take it.
        """
        groups: dict[int | None, list[Subscription]] = {}
        for each in subscriptions:
            groups.setdefault(each.identifier, []).append(each)
        try:
            return [
                (group, self._request(self._paho.subscribe(group), control.SUBACK, len(group), group))
                for group in groups.values()
            ]
        except ConnectionError as error:
            raise _not_taken() from error

    def unsubscribe(self, filters: Sequence[str]) -> asyncio.Future[Answer]:
        """Queues an UNSUBSCRIBE."""
        try:
            packet_id = self._paho.unsubscribe(filters)
        except ConnectionError as error:
            raise _not_taken() from error
        return self._request(packet_id, control.UNSUBACK, len(filters))

    def _request(
        self, packet_id: int, kind: int, count: int, group: list[Subscription] | None = None
    ) -> asyncio.Future[Answer]:
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._requests[packet_id] = (kind, count, answer)

        def give_up(done: asyncio.Future[Answer]) -> None:
            if done.cancelled() and self._requests.pop(packet_id, None) is not None and group is not None:
                self._given_up_subscribes[packet_id] = group

        answer.add_done_callback(give_up)
        return answer

    def settle(self, answer: Answer) -> bool:
        """Gives an answer to who waits for it; True when it was useful."""
        if answer.kind in (control.SUBACK, control.UNSUBACK):
            return self._settle_request(answer)
        entry = self._publishes.get(answer.packet_id)
        if entry is None:
            return False
        qos, future = entry
        refused = answer.kind == control.PUBREC and answer.reason.is_error
        if answer.kind not in _FINISHED_BY[qos] and not refused:
            return answer.kind == control.PUBREC  # half way; a PUBACK for QoS 2 settles nothing
        del self._publishes[answer.packet_id]
        self._given_up.pop(answer.packet_id, None)
        self._admit_next()
        if not future.done():
            future.set_result(answer.reason)
        return True

    def _settle_request(self, answer: Answer) -> bool:
        entry = self._requests.get(answer.packet_id)
        if entry is None:
            return self._settle_late(answer)
        if entry[0] != answer.kind:
            return False
        del self._requests[answer.packet_id]
        kind, count, future = entry
        if future.done():
            return True
        if len(answer.reasons) != count and (kind == control.SUBACK or answer.reasons):
            doubt = (
                "whether they are subscribed" if kind == control.SUBACK else "whether they are unsubscribed"
            )
            future.set_exception(
                RequestLost(
                    "Answer does not fit",
                    f"The broker answered {len(answer.reasons)} of {count} filters; {doubt} is not certain.",
                    may_arrive=True,
                )
            )
        else:
            future.set_result(answer)
        return True

    def _settle_late(self, answer: Answer) -> bool:
        group = self._given_up_subscribes.get(answer.packet_id)
        if group is None or answer.kind != control.SUBACK:
            return False
        del self._given_up_subscribes[answer.packet_id]
        if len(answer.reasons) == len(group):
            grants = [
                (asked, Grant(asked.filter.text, reason))
                for asked, reason in zip(group, answer.reasons, strict=True)
            ]
            self.granted_late.emit(grants)
        return True

    def settle_sent(self) -> None:
        """Settles the QoS 0 publishes whose bytes have left."""
        for packet_id in self._paho.take_sent_qos0():
            future = self._unsent_qos0.pop(packet_id, None)
            if future is not None and not future.done():
                future.set_result(ReasonCode(0, "PUBACK"))

    def connection_lost(self, error: MqttExplorerError) -> None:
        """Fails what paho forgets with a connection; QoS 1 and 2 publishes stay, they are sent again."""
        lost = RequestLost(
            "Connection lost",
            f"The connection ended before the broker answered: {error.message}",
            may_arrive=True,
        )
        unsent = RequestLost("Not sent", f"The connection ended before the message was sent: {error.message}")
        waiting = list(self._waiting)
        pending: list[asyncio.Future[Any]] = [
            *self._unsent_qos0.values(),
            *(entry[2] for entry in self._requests.values()),
        ]
        self._unsent_qos0.clear()
        self._requests.clear()
        self._given_up_subscribes.clear()
        self._waiting.clear()
        self._forget_given_up(WINDOW - self._in_flight)
        for future in pending:
            if not future.done():
                future.set_exception(lost)
        for turn in waiting:
            if not turn.done():
                turn.set_exception(unsent)

    def fail_all(self) -> None:
        """Ends everything at a disconnect, also what paho would send again after the next CONNACK: it is told as not answered."""
        error = RequestLost(
            "Disconnected", "The connection was closed before the broker answered.", may_arrive=True
        )
        self.connection_lost(error)
        self._paho.forget_publishes()
        publishes = [future for _, future in self._publishes.values()]
        self._publishes.clear()
        self._given_up.clear()
        for future in publishes:
            if not future.done():
                future.set_exception(error)


async def grants_of(waiting: list[Asked], subscriptions: Sequence[Subscription]) -> list[Grant]:
    """Waits for the SUBACKs and gives one grant per subscription, in their order.

    Raises:
        RequestLost: The connection ended first, or an answer does not fit.
    """
    grants: dict[str, Grant] = {}
    try:
        for group, answer in waiting:
            for each, reason in zip(group, (await answer).reasons, strict=True):
                grants[each.filter.text] = Grant(each.filter.text, reason)
    finally:
        for (
            _,
            answer,
        ) in waiting:  # one error is told; the others of the same cause must not be reported as forgotten
            if answer.done() and not answer.cancelled():
                answer.exception()
            answer.cancel()
    return [grants[each.filter.text] for each in subscriptions]


def not_connected() -> RequestLost:
    """Nothing can be asked without a connection."""
    return RequestLost("Not connected", "There is no connection to the broker now; try again when it stands.")


def _not_taken() -> RequestLost:
    return RequestLost(
        "Not sent", "The connection is ending, so nothing was sent; try again when it is back."
    )
