# SPDX-License-Identifier: MIT
"""The Last Will: what the broker publishes for us when the connection ends without a goodbye."""

from __future__ import annotations

from dataclasses import dataclass

from mqtt_explorer.protocol.requests import PublishRequest, RequestError

#: Will delay is four bytes (MQTT 5, 3.1.3.2.2).
MAX_DELAY_S = 0xFFFF_FFFF
#: The will's payload has a two-byte length in CONNECT (3.1.3.4).
MAX_PAYLOAD = 65_535


@dataclass(frozen=True, slots=True)
class Will:
    """The will message of a CONNECT (MQTT 5, 3.1.2.5 and 3.1.3.2 to 3.1.3.4).

    Attributes:
        message: Topic, payload, QoS, retain and the MQTT 5 properties; a topic alias is not allowed.
        delay_s: Seconds the broker waits before it publishes (MQTT 5); None leaves the property out: at once.

    Raises:
        RequestError: A value no CONNECT can carry; `field` is the field of the message, "payload" or "delay".
    """

    message: PublishRequest
    delay_s: int | None = None

    def __post_init__(self) -> None:
        if len(self.message.payload) > MAX_PAYLOAD:
            raise RequestError(
                "Check the Last Will",
                f"The payload is {len(self.message.payload):,} bytes long; a will holds at most 65,535.",
                field="payload",
            )
        if self.message.properties.topic_alias is not None:
            raise RequestError("Check the Last Will", "A will has no topic alias.", field="alias")
        if self.delay_s is not None and not 0 <= self.delay_s <= MAX_DELAY_S:
            raise RequestError(
                "Check the Last Will", "The delay is a number of seconds up to 4294967295.", field="delay"
            )
