# SPDX-License-Identifier: MIT
"""Requests under way: a future per packet identifier, and an in-flight window of our own (`window`)."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from mqtt_explorer.errors import MqttExplorerError
from mqtt_explorer.events import Event
from mqtt_explorer.network import control
from mqtt_explorer.network.unsent import Unsent, UnsentState
from mqtt_explorer.network.window import WINDOW, Window
from mqtt_explorer.protocol.limits import NO_LIMITS, Limits
from mqtt_explorer.protocol.reason_codes import ReasonCode
from mqtt_explorer.protocol.requests import Grant, PublishRequest, RequestError, Subscription

if TYPE_CHECKING:
    from mqtt_explorer.network.control import Answer
    from mqtt_explorer.network.paho_adapter import PahoAdapter

_FINISHED_BY = {1: (control.PUBACK,), 2: (control.PUBCOMP,)}
#: Filters per SUBSCRIBE and UNSUBSCRIBE: keeps a packet small for brokers with tight limits.
FILTERS_PER_PACKET = 50
_Item = TypeVar("_Item")

#: The subscriptions of one SUBSCRIBE and the future of its SUBACK.
Asked: TypeAlias = "tuple[list[Subscription], asyncio.Future[Answer]]"
#: A publish and the future of its reason code.
_Publish: TypeAlias = "tuple[PublishRequest, asyncio.Future[ReasonCode]]"


class RequestLost(MqttExplorerError):
    """A request ended without the broker's answer.

    Attributes:
        may_arrive: It left, or still may: the broker may have carried it out, or may do so after a reconnect.
        kept: It is under way still and listed as such: the next connection sends it again by itself.
    """

    def __init__(self, title: str, message: str, *, may_arrive: bool = False, kept: bool = False) -> None:
        super().__init__(title, message)
        self.may_arrive = may_arrive
        self.kept = kept


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
        self._limits = NO_LIMITS
        self._publishes: dict[int, _Publish] = {}
        self._given_up: dict[int, None] = {}  # publishes nobody waits for any more, oldest first
        self._told: list[int] = []  # publishes whose senders were told that the connection pauses
        self._given_up_subscribes: dict[int, list[Subscription]] = {}
        self._unsent_qos0: dict[int, _Publish] = {}
        self._requests: dict[int, tuple[int, int, asyncio.Future[Answer]]] = {}
        # For the broker one that was given up is under way still.
        self._window = Window(lambda: (self._in_flight, len(self._publishes)))

    @property
    def unacknowledged(self) -> int:
        """Messages on their way, and requests somebody awaits the answer of."""
        return self.messages + len(self._requests)

    @property
    def messages(self) -> int:
        """Publishes at QoS 1 and 2 somebody awaits, in flight or waiting for a place, and unsent QoS 0 ones."""
        return self._in_flight + len(self._unsent_qos0) + len(self._window)

    @property
    def _in_flight(self) -> int:
        return len(self._publishes) - len(self._given_up)

    def unsent(self) -> tuple[Unsent, ...]:
        """The same messages one by one: sent ones first, then those that wait, each in the order of asking."""
        sent = [
            Unsent.of(request, UnsentState.SENT)
            for packet_id, (request, _) in self._publishes.items()
            if packet_id not in self._given_up
        ]
        waiting = [*(request for request, _ in self._unsent_qos0.values()), *self._window.requests]
        return (*sent, *(Unsent.of(request, UnsentState.WAITING) for request in waiting))

    def awaits(self, packet: bytes) -> bool:
        """False for an answer nobody waits for: a look at its start, as sixteen thousand of them may come in one read."""
        kind = packet[0] & 0xF0
        if kind not in control.WITH_PACKET_ID or not 2 <= packet[1] < 128:
            return True  # no such answer, or one that is read in full
        packet_id = packet[2] << 8 | packet[3]
        if kind in (control.SUBACK, control.UNSUBACK):
            return packet_id in self._requests or packet_id in self._given_up_subscribes
        return packet_id in self._publishes

    def connected(self, limits: Limits) -> None:
        """A connection stands, and this is what its broker takes."""
        self._limits = limits
        # They are sent again, but with nobody waiting for them they must not hold a place of the window for ever.
        self._given_up |= dict.fromkeys(each for each in self._told if each in self._publishes)
        self._told.clear()
        self._window.open(limits.receive_maximum)

    async def admit(self, request: PublishRequest) -> None:
        """Waits for a place in the in-flight window, in order of calling, also over a lost connection; QoS 0 needs none."""
        await self._window.enter(request)

    def publish(self, request: PublishRequest) -> tuple[int, asyncio.Future[ReasonCode]]:
        """Queues a PUBLISH. Returns its packet identifier and the future of its reason code.

        Raises:
            RequestLost: paho did not take it.
            RequestError: The broker does not take it; it may be another one than when the wait for a place began.
        """
        answer: asyncio.Future[ReasonCode] = asyncio.get_running_loop().create_future()
        try:
            self._limits.check_publish(request)
            packet_id = self._paho.publish(request)
        except RequestError:
            self._window.refill()
            raise
        except ConnectionError as error:
            self._window.refill()
            raise _not_taken() from error
        (self._publishes if request.qos else self._unsent_qos0)[packet_id] = (request, answer)
        answer.add_done_callback(lambda done: self._give_up(packet_id) if done.cancelled() else None)
        return packet_id, answer

    def _give_up(self, packet_id: int) -> None:
        """Nobody waits for a publish any more."""
        self._unsent_qos0.pop(packet_id, None)
        if packet_id in self._publishes:
            self._given_up[packet_id] = None
            self._forget_given_up(WINDOW)
            self._window.refill()

    def _forget_given_up(self, kept: int) -> None:
        """Forgets the oldest ones: a broker that never answers must not fill memory, nor what is sent again grow above the window."""
        while len(self._given_up) > max(0, kept):
            packet_id = next(iter(self._given_up))
            del self._given_up[packet_id], self._publishes[packet_id]
            self._paho.forget_publish(packet_id)

    def subscribe(
        self, subscriptions: Sequence[Subscription], per_packet: int = FILTERS_PER_PACKET
    ) -> list[Asked]:
        """Queues a SUBSCRIBE per subscription identifier, which holds for all filters of a packet (MQTT 5, 3.8.2.1.2), and per so many filters.

        Raises:
            RequestLost: paho did not take it.
        """
        groups: dict[int | None, list[Subscription]] = {}
        for each in subscriptions:
            groups.setdefault(each.identifier, []).append(each)
        parts = [part for group in groups.values() for part in _portions(group, per_packet)]
        try:
            return [
                (part, self._request(self._paho.subscribe(part), control.SUBACK, len(part), part))
                for part in parts
            ]
        except ConnectionError as error:
            raise _not_taken() from error

    def unsubscribe(
        self, filters: Sequence[str], per_packet: int = FILTERS_PER_PACKET
    ) -> list[tuple[int, asyncio.Future[Answer]]]:
        """Queues an UNSUBSCRIBE per so many filters.

        Returns:
            For each packet how many filters it holds and the future of its UNSUBACK.
        """
        try:
            return [
                (len(part), self._request(self._paho.unsubscribe(part), control.UNSUBACK, len(part)))
                for part in _portions(filters, per_packet)
            ]
        except ConnectionError as error:
            raise _not_taken() from error

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
        request, future = entry
        refused = answer.kind == control.PUBREC and answer.reason.is_error
        if answer.kind not in _FINISHED_BY[request.qos] and not refused:
            return answer.kind == control.PUBREC  # half way; a PUBACK for QoS 2 settles nothing
        del self._publishes[answer.packet_id]
        self._given_up.pop(answer.packet_id, None)
        self._window.refill()
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
            entry = self._unsent_qos0.pop(packet_id, None)
            if entry is not None and not entry[1].done():
                entry[1].set_result(ReasonCode(0, "PUBACK"))

    def connection_lost(self, error: MqttExplorerError) -> None:
        """Fails what paho forgets with a connection. QoS 1 and 2 publishes stay: they are sent again, or wait on for a place."""
        self._window.close()
        unanswered = RequestLost(
            "Connection lost",
            f"The connection ended before the broker answered: {error.message}",
            may_arrive=True,
        )
        unsent = RequestLost(
            "Connection lost",
            f"The connection ended before the whole message had left; at QoS 0 it is not sent again: {error.message}",
            may_arrive=True,
        )
        requests = [entry[2] for entry in self._requests.values()]
        at_qos_0 = [entry[1] for entry in self._unsent_qos0.values()]
        self._unsent_qos0.clear()
        self._requests.clear()
        self._given_up_subscribes.clear()
        self._forget_given_up(WINDOW - self._in_flight)
        _fail(requests, unanswered)
        _fail(at_qos_0, unsent)

    def paused(self) -> None:
        """No further attempt is made until the user asks for one: nobody is left waiting for an answer. What was sent stays under way."""
        for packet_id, (_, future) in self._publishes.items():
            if not future.done():
                self._told.append(packet_id)
                future.set_exception(_paused())

    def session_lost(self) -> None:
        """The broker begins a new session: where it had promised to deliver a QoS 2 publish (PUBREC), that promise is gone.

        It would answer the PUBREL as if nothing were missing (on 3.1.1 without a reason code), and a second PUBLISH may double the message,
        so the sender is told.
        """
        for packet_id in self._paho.released():
            _, future = self._publishes.pop(packet_id, (None, None))
            self._given_up.pop(packet_id, None)
            self._paho.forget_publish(packet_id)
            if future is not None:
                _fail([future], _session_lost())

    def fail_all(self) -> None:
        """Ends everything at a disconnect, also what paho would send again after the next CONNACK: it is told as not answered."""
        error = RequestLost(
            "Disconnected", "The connection was closed before the broker answered.", may_arrive=True
        )
        self.connection_lost(error)
        self._window.fail(RequestLost("Not sent", "The connection was closed before the message was sent."))
        self._paho.forget_publishes()
        publishes = [future for _, future in self._publishes.values()]
        self._publishes.clear()
        self._given_up.clear()
        self._told.clear()
        _fail(publishes, error)


def _fail(futures: Sequence[asyncio.Future[Any]], error: RequestLost) -> None:
    for future in futures:
        if not future.done():
            future.set_exception(error)


def _portions(items: Sequence[_Item], most: int) -> Iterator[list[_Item]]:
    for start in range(0, len(items), most):
        yield list(items[start : start + most])


def not_connected() -> RequestLost:
    """Nothing can be asked without a connection."""
    return RequestLost("Not connected", "There is no connection to the broker now; try again when it stands.")


def _paused() -> RequestLost:
    return RequestLost(
        "Connection paused",
        "The message was sent, but the connection ended before the broker acknowledged it, so it may have arrived. "
        "Connecting again sends it once more; disconnecting gives it up.",
        may_arrive=True,
        kept=True,
    )


def _session_lost() -> RequestLost:
    return RequestLost(
        "Session lost",
        "The broker had taken the message, but the session ended before it was released, so it may have arrived or not; "
        "send it again if it matters.",
        may_arrive=True,
    )


def _not_taken() -> RequestLost:
    return RequestLost(
        "Not sent", "The connection is ending, so nothing was sent; try again when it is back."
    )
