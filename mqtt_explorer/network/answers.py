# SPDX-License-Identifier: MIT
"""Waiting for the answers to a request that went out in several packets."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from mqtt_explorer.protocol.reason_codes import ReasonCode
from mqtt_explorer.protocol.requests import Grant, Subscription

if TYPE_CHECKING:
    from mqtt_explorer.network.control import Answer
    from mqtt_explorer.network.outbox import Asked


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
        _leave(answer for _, answer in waiting)
    return [grants[each.filter.text] for each in subscriptions]


async def reasons_of(waiting: list[tuple[int, asyncio.Future[Answer]]]) -> list[ReasonCode]:
    """Waits for the UNSUBACKs and gives one reason per filter, in their order; on 3.1.1, whose UNSUBACK has none, success for each.

    Raises:
        RequestLost: The connection ended first, or an answer does not fit.
    """
    reasons: list[ReasonCode] = []
    try:
        for count, answer in waiting:
            reasons += (await answer).reasons or [ReasonCode(0, "UNSUBACK")] * count
    finally:
        _leave(answer for _, answer in waiting)
    return reasons


def _leave(answers: Iterable[asyncio.Future[Answer]]) -> None:
    """Stops waiting. One error is told; the others of the same cause must not be reported as forgotten."""
    for answer in answers:
        if answer.done() and not answer.cancelled():
            answer.exception()
        answer.cancel()
