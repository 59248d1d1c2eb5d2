# SPDX-License-Identifier: MIT
"""Reason codes in plain words: what happened and what to do (MQTT 5, 2.4; MQTT 3.1.1, 3.2.2.3 and 3.9.3)."""

from __future__ import annotations

from dataclasses import dataclass

_AGAIN = "It is tried again by itself."
#: MQTT 5 codes: name, cause, next step. Where a code means something else in one packet, `_SPECIAL` has it.
_CODES: dict[int, tuple[str, str, str]] = {
    0x00: ("Success", "The broker accepted it.", ""),
    0x01: ("Granted QoS 1", "The broker granted QoS 1.", ""),
    0x02: ("Granted QoS 2", "The broker granted QoS 2.", ""),
    0x04: (
        "Disconnect with will message",
        "The connection ended and the will is to be published.",
        "Connect again to go on.",
    ),
    0x10: (
        "No matching subscribers",
        "The broker accepted it, but nobody subscribes to this topic.",
        "",
    ),
    0x11: ("No subscription existed", "There was no such subscription to remove.", ""),
    0x18: ("Continue authentication", "The broker wants another step of the sign-in.", ""),
    0x19: ("Re-authenticate", "The broker wants the sign-in repeated.", ""),
    0x80: (
        "Unspecified error",
        "The broker refused and gave no reason.",
        "Its log may tell why.",
    ),
    0x81: (
        "Malformed packet",
        "The broker could not read a packet we sent.",
        "Look into the broker's log, and try the other MQTT version.",
    ),
    0x82: (
        "Protocol error",
        "The broker says that the rules of MQTT were broken.",
        "Its log may tell how; try the other MQTT version.",
    ),
    0x83: (
        "Implementation specific error",
        "The broker understood the request but does not carry it out.",
        "Its log or its manual says why.",
    ),
    0x84: (
        "Unsupported protocol version",
        "The broker does not speak this version of MQTT.",
        "Choose the other version, MQTT 5 or MQTT 3.1.1.",
    ),
    0x85: (
        "Client identifier not valid",
        "The broker does not accept this client id.",
        "Choose another one, of letters and digits.",
    ),
    0x86: (
        "Bad user name or password",
        "The broker does not accept this user name and password.",
        "Check both.",
    ),
    0x87: (
        "Not authorised",
        "This account may not do that.",
        "Ask the broker's owner for the permission.",
    ),
    0x88: ("Server unavailable", "The broker is not available at the moment.", "Try again later."),
    0x89: ("Server busy", "The broker is too busy at the moment.", "Try again later."),
    0x8A: ("Banned", "The broker has banned this client.", "Ask the broker's owner to lift it."),
    0x8B: ("Server shutting down", "The broker is shutting down.", "Wait until it is back."),
    0x8C: (
        "Bad authentication method",
        "The broker does not support this way to sign in.",
        "Ask its owner how to sign in.",
    ),
    0x8D: (
        "Keep-alive timeout",
        "The broker heard nothing from us for one and a half times the keep-alive.",
        "Check the network, or choose a longer keep-alive.",
    ),
    0x8E: (
        "Session taken over",
        "Another client connected with the same client id and took the session over.",
        "Choose another client id here or there.",
    ),
    0x8F: ("Topic filter invalid", "The broker does not allow this topic filter.", "Choose another one."),
    0x90: ("Topic name invalid", "The broker does not allow this topic.", "Choose another one."),
    0x91: (
        "Packet identifier in use",
        "The broker still has another request under this number.",
        "Try it once more.",
    ),
    0x92: (
        "Packet identifier not found",
        "The other side does not know this packet identifier any more.",
        "Send the message again if it matters.",
    ),
    0x93: (
        "Receive maximum exceeded",
        "More messages were in flight than the broker allows.",
        "Publish fewer at once.",
    ),
    0x94: (
        "Topic alias invalid",
        "The broker was sent a topic alias it does not know.",
        "Connect again; if it comes back, report it.",
    ),
    0x95: ("Packet too large", "The packet is larger than the broker allows.", "Send a smaller message."),
    0x96: ("Message rate too high", "Messages come too fast for the broker.", "Publish more slowly."),
    0x97: (
        "Quota exceeded",
        "A limit of the broker for this account is reached.",
        "Wait, or ask its owner for more.",
    ),
    0x98: (
        "Administrative action",
        "The broker's administrator ended it.",
        "Ask the administrator, then connect again.",
    ),
    0x99: (
        "Payload format invalid",
        "The payload is not what its format indicator says.",
        "Switch the indicator off, or send valid UTF-8.",
    ),
    0x9A: ("Retain not supported", "The broker does not keep retained messages.", "Switch Retain off."),
    0x9B: ("QoS not supported", "The broker does not support this QoS.", "Choose a lower one."),
    0x9C: (
        "Use another server",
        "The broker asks to use another server for now.",
        "Ask its owner for the address.",
    ),
    0x9D: (
        "Server moved",
        "The broker has moved to another address for good.",
        "Ask its owner for the new address.",
    ),
    0x9E: (
        "Shared subscriptions not supported",
        "The broker does not support shared subscriptions ($share/…).",
        "Subscribe to the filter without $share.",
    ),
    0x9F: ("Connection rate exceeded", "Connections come too fast for the broker.", "Wait a little."),
    0xA0: (
        "Maximum connect time",
        "The longest time allowed for one connection is over.",
        "A new connection begins it anew.",
    ),
    0xA1: (
        "Subscription identifiers not supported",
        "The broker does not support subscription identifiers.",
        "Subscribe without one.",
    ),
    0xA2: (
        "Wildcard subscriptions not supported",
        "The broker does not allow + and # in filters.",
        "Subscribe to whole topics.",
    ),
}
_SPECIAL: dict[tuple[str, int], tuple[str, str, str]] = {
    ("SUBACK", 0x00): ("Granted QoS 0", "The broker granted QoS 0.", ""),
    ("SUBACK", 0x80): (
        "Refused",
        "The broker refused the filter and gave no reason.",
        "A narrower one may be granted.",
    ),
    ("SUBACK", 0x87): (
        "Not authorised",
        "This account may not read these topics.",
        "A narrower filter may be granted.",
    ),
    ("PUBACK", 0x87): (
        "Not authorised",
        "This account may not publish to this topic.",
        "Choose another topic, or ask the broker's owner.",
    ),
    ("CONNACK", 0x00): ("Success", "The broker accepted the connection.", "Nothing is left to do."),
    ("CONNACK", 0x80): (
        "Unspecified error",
        "The broker does not let this client in and gives no reason.",
        "Check the login and the MQTT version; the broker's log may tell more.",
    ),
    ("CONNACK", 0x83): (
        "Implementation specific error",
        "The broker could read the request to connect but does not take it.",
        "Check client id, will and MQTT version; its log or its manual says why.",
    ),
    ("CONNACK", 0x87): (
        "Not authorised",
        "The broker does not let this client in.",
        "Check user name, password and client id.",
    ),
    ("CONNACK", 0x88): ("Server unavailable", "The broker is not available at the moment.", _AGAIN),
    ("CONNACK", 0x89): ("Server busy", "The broker is too busy at the moment.", _AGAIN),
    ("CONNACK", 0x90): (
        "Topic name invalid",
        "The broker does not allow the topic of the Last Will.",
        "Change the will's topic, or switch the will off.",
    ),
    ("CONNACK", 0x95): (
        "Packet too large",
        "The request to connect is larger than the broker allows.",
        "Shorten the will, the user properties or the login.",
    ),
    ("CONNACK", 0x97): (
        "Quota exceeded",
        "A limit of the broker for this account is reached, mostly the number of connections.",
        "Close another one, or ask its owner for more.",
    ),
    ("CONNACK", 0x99): (
        "Payload format invalid",
        "The payload of the Last Will is not what its format indicator says.",
        "Switch the indicator off, or enter a text.",
    ),
    ("CONNACK", 0x9A): (
        "Retain not supported",
        "The broker does not keep retained messages, but the Last Will asks for it.",
        "Switch the will's Retain off.",
    ),
    ("CONNACK", 0x9B): (
        "QoS not supported",
        "The broker does not support the QoS of the Last Will.",
        "Choose a lower one.",
    ),
    ("CONNACK", 0x9F): ("Connection rate exceeded", "Connections come too fast for the broker.", _AGAIN),
    ("DISCONNECT", 0x00): (
        "Normal disconnection",
        "The broker closed the connection in order.",
        "Its log may tell why.",
    ),
    ("DISCONNECT", 0x80): (
        "Unspecified error",
        "The broker ended the connection and gave no reason.",
        "Its log may tell why.",
    ),
    ("DISCONNECT", 0x83): (
        "Implementation specific error",
        "The broker could read what we sent but does not carry it out.",
        "Its log or its manual says why.",
    ),
    ("DISCONNECT", 0x87): (
        "Not authorised",
        "This account may not do what this client did last, or not be here any longer.",
        "Leave the filter or the topic out, or ask the broker's owner for the permission.",
    ),
    ("DISCONNECT", 0x8F): (
        "Topic filter invalid",
        "The broker does not allow one of the topic filters.",
        "Remove it from the subscriptions.",
    ),
    ("DISCONNECT", 0x90): (
        "Topic name invalid",
        "The broker does not allow a topic that was published to.",
        "Choose another one.",
    ),
    ("DISCONNECT", 0x95): (
        "Packet too large",
        "A packet we sent is larger than the broker allows.",
        "Send smaller messages.",
    ),
    ("DISCONNECT", 0x99): (
        "Payload format invalid",
        "A payload that was published is not what its format indicator says.",
        "Switch the indicator off, or send valid UTF-8.",
    ),
}
_REFERRALS = (0x9C, 0x9D)
#: MQTT 3.1.1 CONNACK return codes as MQTT 5 reason codes.
_CONNACK_311 = {0: 0x00, 1: 0x84, 2: 0x85, 3: 0x88, 4: 0x86, 5: 0x87}

#: Refusals of CONNECT that may pass by themselves (3.2.2.2): the broker says "not now". All others wait for a person: the same
#: CONNECT gets the same answer.
_PASSING_CONNACK = frozenset(
    {
        0x88,  # unavailable: it starts or stops
        0x89,  # busy
        0x97,  # quota: connections of others end, and quotas begin anew
        0x9F,  # connection rate: slower is what the waiting does
    }
)
#: Reasons of DISCONNECT after which connecting again as before cannot help (3.14.2.1).
_LASTING_DISCONNECT = frozenset(
    {
        0x87,  # not authorised: stays so until somebody grants it
        0x8A,  # banned: every attempt confirms it
        0x8C,  # the way to sign in will not be another one
        0x8E,  # taken over: coming back would throw the other client out in turn
        0x8F,  # the filter would be asked for again at once
        0x90,  # the unacknowledged message would be sent again at once, as for the next ones
        0x95,
        0x98,  # an administrator wanted it gone
        0x99,
        0x9A,
        0x9B,
        0x9C,  # the broker names another server; where a client goes is for its user to say
        0x9D,
        0x9E,  # the subscription would be asked for again at once, as for the next ones
        0xA1,
        0xA2,
    }
)
#: Reasons of DISCONNECT by which the broker says "too much": it gets longer and longer pauses, even if it took a subscription in between.
_OVERLOADED = frozenset(
    {
        0x88,  # unavailable
        0x89,  # busy
        0x8B,  # shutting down
        0x93,  # too many in flight
        0x96,  # too many messages
        0x97,  # quota
        0x9F,  # too many connections
    }
)


@dataclass(frozen=True, slots=True)
class ReasonCode:
    """A reason code in the packet it came in.

    Attributes:
        value: 0–255.
        packet: "CONNACK", "SUBACK", "UNSUBACK", "PUBACK" (also PUBREC and PUBCOMP) or "DISCONNECT".
        reason_string: What the broker added in words; text from the wire.
        server_reference: Where the broker sends its clients (0x9C, 0x9D; 4.11); text from the wire.
    """

    value: int
    packet: str
    reason_string: str | None = None
    server_reference: str | None = None

    @property
    def name(self) -> str:
        """The name in the specification."""
        return self._entry[0]

    @property
    def cause(self) -> str:
        """What happened, as one sentence."""
        return self._entry[1]

    @property
    def next_step(self) -> str:
        """What the user can do, as one sentence; "" where nothing is to be done."""
        if self.value in _REFERRALS and self.server_reference:
            return f"It names “{self.server_reference[:200]}”."
        return self._entry[2]

    @property
    def sentence(self) -> str:
        """Cause and next step for a user, with what the broker added."""
        added = f"The broker adds: “{self.reason_string}”" if self.reason_string else ""
        return " ".join(part for part in (self.cause, self.next_step, added) if part)

    @property
    def is_error(self) -> bool:
        """Codes from 0x80 on are failures (2.4)."""
        return self.value >= 0x80

    @property
    def may_pass(self) -> bool:
        """True when connecting again after a while may help, for CONNACK and DISCONNECT."""
        if self.packet == "CONNACK":
            return self.value in _PASSING_CONNACK
        return self.value not in _LASTING_DISCONNECT

    @property
    def overloaded(self) -> bool:
        """True when the broker asks for less: it should get more and more time."""
        return self.value in _OVERLOADED

    @property
    def _entry(self) -> tuple[str, str, str]:
        unknown = (
            f"Reason 0x{self.value:02x}",
            f"The broker answered with the unknown reason code 0x{self.value:02x}.",
            "Its manual or its log may explain it.",
        )
        return _SPECIAL.get((self.packet, self.value)) or _CODES.get(self.value, unknown)


def connack_311(value: int) -> ReasonCode:
    """The MQTT 5 reason code that says what a 3.1.1 return code says (3.1.1, 3.2.2.3); unknown ones are 0x80."""
    return ReasonCode(_CONNACK_311.get(value, 0x80), "CONNACK")
