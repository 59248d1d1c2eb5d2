# SPDX-License-Identifier: MIT
"""`asyncio.timeout` that ends in a sentence."""

from __future__ import annotations

import asyncio

from mqtt_explorer.network.outbox import RequestLost


class Deadline:
    """Raises `RequestLost` when its body takes too long.

    Args:
        seconds: The time allowed.
        what: The start of the sentence: "No SUBACK came".
    """

    def __init__(self, seconds: float, what: str) -> None:
        self._timeout = asyncio.timeout(seconds)
        self._seconds = seconds
        self._what = what

    async def __aenter__(self) -> None:
        await self._timeout.__aenter__()

    async def __aexit__(self, *exc: object) -> None:
        try:
            await self._timeout.__aexit__(*exc)  # type: ignore[arg-type]
        except TimeoutError:
            raise RequestLost(
                "No answer",
                f"{self._what} within {self._seconds:g} s; the broker is overloaded or the connection stalls.",
            ) from None
