# SPDX-License-Identifier: MIT
"""`asyncio.timeout` that ends in a sentence, and can stand still while there is no connection."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from mqtt_explorer.network.outbox import RequestLost

_STALLED = "the broker is overloaded or the connection stalls."


class Deadline:
    """Raises `RequestLost` when its body takes too long.

    Args:
        seconds: The time allowed.
        what: The start of the sentence: "No SUBACK came".
        then: Its end: what that means. Called when the time is over, if it depends on how things stand then.
        title: The headline.
        may_arrive: See `RequestLost`.
        clock: Stops and restarts the time of all deadlines that belong to it.
    """

    def __init__(
        self,
        seconds: float,
        what: str,
        then: str | Callable[[], str] = _STALLED,
        *,
        title: str = "No answer",
        may_arrive: bool = True,
        clock: Clock | None = None,
    ) -> None:
        self._seconds = seconds
        self._timeout = asyncio.timeout(seconds)
        self._what = what
        self._then = then
        self._title = title
        self._may_arrive = may_arrive
        self._clock = clock

    async def __aenter__(self) -> None:
        await self._timeout.__aenter__()
        if self._clock is not None:
            self._clock.running.add(self)

    async def __aexit__(self, *exc: object) -> None:
        if self._clock is not None:
            self._clock.running.discard(self)
        try:
            await self._timeout.__aexit__(*exc)  # type: ignore[arg-type]
        except TimeoutError:
            then = self._then if isinstance(self._then, str) else self._then()
            raise RequestLost(
                self._title, f"{self._what} within {self._seconds:g} s; {then}", may_arrive=self._may_arrive
            ) from None

    def stop(self) -> None:
        """The time does not run until `restart`."""
        if not self._timeout.expired():
            self._timeout.reschedule(None)

    def restart(self) -> None:
        """The whole time is there again."""
        if not self._timeout.expired():
            self._timeout.reschedule(asyncio.get_running_loop().time() + self._seconds)


class Clock:
    """The time of the publishes that were sent and are not acknowledged: it runs only while there is a connection.

    What is in flight when a connection drops is sent again after the next one, so telling it as lost after so many seconds without a
    network would be wrong, and the user's second try a duplicate. It gets its whole time again after each CONNACK.
    """

    def __init__(self) -> None:
        self.running: set[Deadline] = set()

    def stop(self) -> None:
        """The connection is gone."""
        for each in self.running:
            each.stop()

    def restart(self) -> None:
        """The connection is back, and everything is sent again."""
        for each in self.running:
            each.restart()


_MAY_ARRIVE = "it may have arrived, and may be sent again after a reconnect."
_NO_ANSWER = (
    ("The message could not be sent", "it leaves as soon as the connection takes more."),
    ("No PUBACK came", _MAY_ARRIVE),
    ("No PUBCOMP came", _MAY_ARRIVE),
)


def place_deadline(seconds: float, up: Callable[[], bool]) -> Deadline:
    """For the wait for a place in the in-flight window; it runs without a connection too, as nothing was sent.

    Args:
        seconds: The time allowed.
        up: Whether the connection stands; asked when the time is over.
    """

    def why() -> str:
        if up():
            return "the broker did not acknowledge those before it."
        return "the connection has not come back in that time."

    return Deadline(seconds, "The message was not sent", why, title="Not sent", may_arrive=False)


def publish_deadline(seconds: float, qos: int, clock: Clock) -> Deadline:
    """For the wait for what ends a publish; see `Clock`."""
    what, then = _NO_ANSWER[qos]
    return Deadline(seconds, what, then, clock=clock)
