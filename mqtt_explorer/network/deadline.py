# SPDX-License-Identifier: MIT
"""`asyncio.timeout` that ends in a sentence."""

from __future__ import annotations

import asyncio

from mqtt_explorer.network.outbox import RequestLost

_STALLED = "the broker is overloaded or the connection stalls."


class Deadline:
    """Raises `RequestLost` when its body takes too long.

    Args:
        seconds: The time allowed.
        what: The start of the sentence: "No SUBACK came".
        then: Its end: what that means.
        title: The headline.
        may_arrive: See `RequestLost`.
    """

    def __init__(
        self,
        seconds: float,
        what: str,
        then: str = _STALLED,
        *,
        title: str = "No answer",
        may_arrive: bool = True,
    ) -> None:
        self._timeout = asyncio.timeout(seconds)
        self._lost = RequestLost(title, f"{what} within {seconds:g} s; {then}", may_arrive=may_arrive)

    async def __aenter__(self) -> None:
        await self._timeout.__aenter__()

    async def __aexit__(self, *exc: object) -> None:
        try:
            await self._timeout.__aexit__(*exc)  # type: ignore[arg-type]
        except TimeoutError:
            raise self._lost from None


_MAY_ARRIVE = "it may have arrived, and may be sent again after a reconnect."
_NO_ANSWER = (
    ("The message could not be sent", "it leaves as soon as the connection takes more."),
    ("No PUBACK came", _MAY_ARRIVE),
    ("No PUBCOMP came", _MAY_ARRIVE),
)


def place_deadline(seconds: float) -> Deadline:
    """For the wait for a place in the in-flight window."""
    what = "The message was not sent: the broker did not acknowledge those before it"
    return Deadline(seconds, what, title="Not sent", may_arrive=False)


def publish_deadline(seconds: float, qos: int) -> Deadline:
    """For the wait for what ends a publish."""
    what, then = _NO_ANSWER[qos]
    return Deadline(seconds, what, then)
