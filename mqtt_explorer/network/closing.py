# SPDX-License-Identifier: MIT
"""Leaving a broker in order and in time: drain, DISCONNECT, and a moment for the peer to hear it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

#: All of it together.
CLOSE_S = 3.0
#: Of that, for DISCONNECT and what must leave before it.
_GOODBYE_S = 0.5
#: A peer that has been silent so long after our DISCONNECT sends nothing we would cut off.
_QUIET_S = 0.02
_LISTEN_S = 0.25


async def drained(busy: Callable[[], bool], end: float) -> bool:
    """Waits while messages are under way, until there is just time left for the goodbye.

    Args:
        busy: True while there is something to wait for.
        end: When everything must be over, on the monotonic clock.

    Returns:
        False when the time ran out first.
    """
    while busy():
        if time.monotonic() >= end - _GOODBYE_S:
            return False
        await asyncio.sleep(0.01)
    return True


async def farewell(
    unheard: Callable[[], bool | None], bytes_in: Callable[[], int], end: float, *, slow: bool
) -> bool:
    """Waits until DISCONNECT has left and the peer has stopped sending.

    What arrives at a closed socket resets it, and a broker that finds a reset connection before it has read the DISCONNECT publishes the
    will. So what still comes is read until the peer is silent, or, if it is a slow one, until it hangs up.

    Args:
        unheard: True while bytes have to leave, False once they have, None when the peer hung up.
        bytes_in: How many bytes were read.
        end: When it must be over, on the monotonic clock.
        slow: The peer has left messages unacknowledged, so it has not read the DISCONNECT behind them either.

    Returns:
        Whether DISCONNECT was heard, as far as can be told.
    """
    while unheard() or (slow and unheard() is not None):
        if time.monotonic() >= end:
            return False
        await asyncio.sleep(0.005)
    end = min(end, time.monotonic() + _LISTEN_S)
    read, quiet_since = bytes_in(), time.monotonic()
    while unheard() is not None and (now := time.monotonic()) < min(end, quiet_since + _QUIET_S):
        await asyncio.sleep(0.002)
        if bytes_in() != read:
            read, quiet_since = bytes_in(), now
    return True
