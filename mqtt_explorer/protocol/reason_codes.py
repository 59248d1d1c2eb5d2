# SPDX-License-Identifier: MIT
"""Reason codes with a plain sentence each (MQTT 5, 2.4; MQTT 3.1.1, 3.2.2.3 and 3.9.3)."""

from __future__ import annotations

from dataclasses import dataclass

#: MQTT 5 codes: name and sentence. Where a code means something else in one packet, `_SPECIAL` has it.
_CODES: dict[int, tuple[str, str]] = {
    0x00: ("Success", "The broker accepted it."),
    0x01: ("Granted QoS 1", "The broker granted QoS 1."),
    0x02: ("Granted QoS 2", "The broker granted QoS 2."),
    0x04: ("Disconnect with will message", "The connection ended and the will is to be published."),
    0x10: ("No matching subscribers", "The broker accepted it, but nobody subscribes to this topic."),
    0x11: ("No subscription existed", "There was no such subscription to remove."),
    0x18: ("Continue authentication", "The broker wants another step of the sign-in."),
    0x19: ("Re-authenticate", "The broker wants the sign-in repeated."),
    0x80: ("Unspecified error", "The broker refused and gave no reason; its log may tell why."),
    0x81: ("Malformed packet", "The broker could not read a packet we sent."),
    0x82: ("Protocol error", "The broker says the protocol was broken; its log may tell how."),
    0x83: ("Implementation specific error", "The broker understood the request but does not carry it out."),
    0x84: (
        "Unsupported protocol version",
        "The broker does not speak this version of MQTT; try the other one.",
    ),
    0x85: ("Client identifier not valid", "The broker does not accept this client id; choose another one."),
    0x86: (
        "Bad user name or password",
        "The broker does not accept this user name and password; check both.",
    ),
    0x87: ("Not authorised", "This account may not do that; ask the broker's owner for the permission."),
    0x88: ("Server unavailable", "The broker is not available at the moment; try again later."),
    0x89: ("Server busy", "The broker is too busy at the moment; try again later."),
    0x8A: ("Banned", "The broker has banned this client; ask its owner."),
    0x8B: ("Server shutting down", "The broker is shutting down."),
    0x8C: ("Bad authentication method", "The broker does not support this way to sign in."),
    0x8D: ("Keep-alive timeout", "The broker heard nothing from us for one and a half times the keep-alive."),
    0x8E: (
        "Session taken over",
        "Another client connected with the same client id and took the session over.",
    ),
    0x8F: ("Topic filter invalid", "The broker does not allow this topic filter."),
    0x90: ("Topic name invalid", "The broker does not allow this topic."),
    0x91: ("Packet identifier in use", "The packet identifier is already in use."),
    0x92: ("Packet identifier not found", "The other side does not know this packet identifier any more."),
    0x93: ("Receive maximum exceeded", "More messages were in flight than allowed."),
    0x94: ("Topic alias invalid", "A topic alias was out of range."),
    0x95: ("Packet too large", "The packet is larger than the broker allows."),
    0x96: ("Message rate too high", "The broker says messages come too fast; publish more slowly."),
    0x97: ("Quota exceeded", "A limit of the broker for this account is reached."),
    0x98: ("Administrative action", "The broker's administrator ended it."),
    0x99: ("Payload format invalid", "The payload is not what its format indicator says."),
    0x9A: ("Retain not supported", "The broker does not keep retained messages; switch Retain off."),
    0x9B: ("QoS not supported", "The broker does not support this QoS; choose a lower one."),
    0x9C: ("Use another server", "The broker asks to use another server for now."),
    0x9D: ("Server moved", "The broker has moved to another address for good."),
    0x9E: (
        "Shared subscriptions not supported",
        "The broker does not support shared subscriptions ($share/…).",
    ),
    0x9F: ("Connection rate exceeded", "Connections come too fast for the broker; wait a little."),
    0xA0: ("Maximum connect time", "The longest time allowed for one connection is over."),
    0xA1: ("Subscription identifiers not supported", "The broker does not support subscription identifiers."),
    0xA2: ("Wildcard subscriptions not supported", "The broker does not allow + and # in filters."),
}
_SPECIAL: dict[tuple[str, int], tuple[str, str]] = {
    ("SUBACK", 0x00): ("Granted QoS 0", "The broker granted QoS 0."),
    ("SUBACK", 0x80): (
        "Refused",
        "The broker refused the filter and gave no reason; a narrower one may be granted.",
    ),
    ("SUBACK", 0x87): (
        "Not authorised",
        "This account may not read these topics; a narrower filter may be granted.",
    ),
    ("DISCONNECT", 0x00): ("Normal disconnection", "The connection was closed in order."),
    ("PUBACK", 0x87): ("Not authorised", "This account may not publish to this topic."),
    ("CONNACK", 0x87): (
        "Not authorised",
        "The broker does not let this client in; check user name, password and client id.",
    ),
}
#: MQTT 3.1.1 CONNACK return codes as MQTT 5 reason codes.
_CONNACK_311 = {0: 0x00, 1: 0x84, 2: 0x85, 3: 0x88, 4: 0x86, 5: 0x87}


@dataclass(frozen=True, slots=True)
class ReasonCode:
    """A reason code in the packet it came in.

    Attributes:
        value: 0–255.
        packet: "CONNACK", "SUBACK", "UNSUBACK", "PUBACK" (also PUBREC and PUBCOMP) or "DISCONNECT".
        reason_string: What the broker added in words; text from the wire.
    """

    value: int
    packet: str
    reason_string: str | None = None

    @property
    def name(self) -> str:
        """The name in the specification."""
        return self._entry[0]

    @property
    def sentence(self) -> str:
        """One plain sentence for a user, with what the broker added."""
        added = f" The broker adds: “{self.reason_string}”" if self.reason_string else ""
        return self._entry[1] + added

    @property
    def is_error(self) -> bool:
        """Codes from 0x80 on are failures (2.4)."""
        return self.value >= 0x80

    @property
    def _entry(self) -> tuple[str, str]:
        unknown = (
            f"Reason 0x{self.value:02x}",
            f"The broker answered with the unknown reason code 0x{self.value:02x}.",
        )
        return _SPECIAL.get((self.packet, self.value)) or _CODES.get(self.value, unknown)


def connack_311(value: int) -> ReasonCode:
    """The MQTT 5 reason code that says what a 3.1.1 return code says (3.1.1, 3.2.2.3); unknown ones are 0x80."""
    return ReasonCode(_CONNACK_311.get(value, 0x80), "CONNACK")
