# SPDX-License-Identifier: MIT
"""What has not reached the broker for certain: the list shown while a connection closes."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mqtt_explorer.protocol.requests import PublishRequest


class UnsentState(enum.StrEnum):
    """Why a message may be missing at the broker; the value is a text for people."""

    HELD = "held"
    WAITING = "waiting"
    SENT = "sent, not acknowledged"

    def sentence(self, *, up: bool) -> str:
        """What happens to it next, in one plain sentence.

        Args:
            up: Whether the connection stands now.
        """
        match self:
            case UnsentState.HELD:
                return "It was written without a connection and is held until you send or discard it."
            case UnsentState.WAITING if up:
                return "It waits for its turn: the broker takes only so many messages at a time."
            case UnsentState.WAITING:
                return "It waits for the connection and its turn; nothing of it was sent."
            case _ if up:
                return "It was sent; the broker has not acknowledged it yet."
            case _:
                return (
                    "It was sent, but not acknowledged: it waits for the connection and will be sent again."
                )


@dataclass(frozen=True, slots=True)
class Unsent:
    """One message the broker has not acknowledged.

    Attributes:
        topic: Where it goes.
        size: Bytes of the payload.
        qos: 0, 1 or 2.
        state: Why it may be missing.
    """

    topic: str
    size: int
    qos: int
    state: UnsentState

    @staticmethod
    def of(request: PublishRequest, state: UnsentState) -> Unsent:
        """What to tell of a request."""
        return Unsent(request.topic, len(request.payload), request.qos, state)
