# SPDX-License-Identifier: MIT
"""The brokers there are presets for: their ports, limits and peculiarities, as their documentation tells them.

`Limits` holds only what is certain: of hosted services the documented quotas, of brokers one runs oneself what cannot be configured away.
What is usual but may be different is a note. A limit that CONNACK tells replaces the one here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from mqtt_explorer.protocol.limits import Limits

KIB: Final = 1024


@dataclass(frozen=True, slots=True)
class Note:
    """One line of the panel beside the form: a short title and one plain sentence.

    Attributes:
        kind: "forbidden" (does not work at all), "limit" (works up to a number) or "info".
    """

    kind: Literal["forbidden", "limit", "info"]
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Preset:
    """One kind of broker; field names are those of `Profile`.

    Attributes:
        key: What a profile stores.
        name: For people; the subject of sentences ("AWS IoT Core has no QoS 2").
        summary: One line for a list.
        url_hint: An example address, for the placeholder of the URL field.
        ports: The port of each scheme the broker offers; a scheme that is absent does not work.
        limits: What it takes, as far as known before CONNACK.
        fills: Values to fill in; scheme and port are filled from `ports`.
        helps: Sentences to show under fields.
        locked: Fields that are not used, with the reason; they keep their values.
        notes: What the panel beside the form tells.
        client_id_bytes: The longest client id.
        needs_certificate: Whether mqtts connections are refused without a client certificate.
    """

    key: str
    name: str
    summary: str
    url_hint: str
    ports: Mapping[str, int]
    limits: Limits
    fills: Mapping[str, Any] = field(default_factory=dict)
    helps: Mapping[str, str] = field(default_factory=dict)
    locked: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()
    client_id_bytes: int | None = None
    needs_certificate: bool = False


_MOSQUITTO: Final = Preset(
    key="mosquitto",
    name="Mosquitto",
    summary="Eclipse Mosquitto, on your own computer or server",
    url_hint="mqtt://localhost:1883",
    ports={"mqtt": 1883, "mqtts": 8883, "ws": 9001, "wss": 443},
    limits=Limits(source="Mosquitto", topic_slashes=200),
    helps={
        "username": "Only needed when the broker has a password file or another login set up.",
        "websocket_path": "Mosquitto takes any path; websockets need a listener of their own in its settings.",
    },
    notes=(
        Note(
            "info",
            "Only this computer at first",
            "Without a listener and a login in its settings, Mosquitto 2 accepts nobody from other computers.",
        ),
        Note("info", "$SYS topics", "Subscribe to $SYS/# to see the broker's own figures every 10 seconds."),
        Note("limit", "200 slashes in a topic", "A client that sends a deeper topic is disconnected."),
    ),
)

_HIVEMQ: Final = Preset(
    key="hivemq-cloud",
    name="HiveMQ Cloud",
    summary="HiveMQ's hosted brokers: encrypted, with user name and password",
    url_hint="mqtts://<cluster>.s1.eu.hivemq.cloud:8883",
    ports={"mqtts": 8883, "wss": 8884},
    limits=Limits(source="HiveMQ Cloud"),
    helps={
        "url": "The cluster's URL is on its overview page in the HiveMQ Cloud console.",
        "username": "A user name and password from the cluster's Access Management page, not your console login.",
        "websocket_path": "HiveMQ Cloud answers at /mqtt.",
        "trust": "The system store knows the authority (ISRG Root X1 of Let's Encrypt).",
    },
    notes=(
        Note(
            "forbidden",
            "No unencrypted connections",
            "Only mqtts:// on port 8883 and wss:// on port 8884 are open.",
        ),
        Note(
            "forbidden",
            "No anonymous clients",
            "Every client needs a user name and a password made in the console.",
        ),
        Note("info", "No figures under $SYS", "HiveMQ publishes nothing there; the console shows them."),
        Note(
            "info",
            "Limits of your plan",
            "The number of clients and the size of messages depend on the plan; the broker tells the size when connecting.",
        ),
    ),
)

_EMQX: Final = Preset(
    key="emqx",
    name="EMQX",
    summary="EMQX on your own servers, and EMQX Cloud",
    url_hint="mqtt://localhost:1883",
    ports={"mqtt": 1883, "mqtts": 8883, "ws": 8083, "wss": 8084},
    limits=Limits(source="EMQX"),
    helps={
        "url": "EMQX Cloud Serverless takes only mqtts:// on port 8883 and wss:// on port 8084.",
        "username": "EMQX Cloud needs a user name and password from its Authentication page.",
        "websocket_path": "EMQX answers at /mqtt.",
    },
    notes=(
        Note(
            "info",
            "# and $SYS/# may be refused",
            "The access rules EMQX comes with allow them only from its own computer; subscribe to narrower filters such as plant/#.",
        ),
        Note(
            "limit",
            "1 MB per message",
            "That is what EMQX is set to at first; the broker tells its own number when connecting with MQTT 5.",
        ),
        Note("limit", "128 levels in a topic", "That is what EMQX is set to at first."),
        Note(
            "info",
            "EMQX Cloud Serverless",
            "It takes encrypted connections only, and for each client 10 subscriptions of at most 10 levels.",
        ),
    ),
)

_AWS: Final = Preset(
    key="aws-iot-core",
    name="AWS IoT Core",
    summary="Amazon's hosted broker: port 443, signs in by client certificate",
    url_hint="mqtts://<name>-ats.iot.<region>.amazonaws.com:443",
    ports={"mqtts": 443, "wss": 443},
    limits=Limits(
        source="AWS IoT Core",
        maximum_qos=1,
        subscribe_qos=1,  # it answers no SUBSCRIBE at QoS 2
        sys_topics=False,
        identifiers=False,
        filters_per_subscribe=8,
        topic_slashes=7,
        packet_bytes=128 * KIB,
        topic_alias_maximum=8,
        receive_maximum=100,
    ),
    fills={"certificate": "pem", "alpn": "x-amzn-mqtt-ca"},
    helps={
        "url": "Your account's device data endpoint; the AWS IoT console shows it under Settings.",
        "alpn": "Set by the preset: port 443 accepts MQTT only with this ALPN name.",
        "trust": "The system store knows the authority (Amazon Root CA 1).",
        "certificate": "The certificate and key made for the thing; its policy says which client ids and topics are allowed.",
        "client_id": "The thing's policy may allow only certain client ids; a name it does not allow is disconnected at once.",
        "keep_alive": "30 to 1200 seconds; other values are changed by the broker.",
        "session_expiry": "At most 7 days.",
    },
    locked={
        "username": "Not used: this preset signs in by client certificate.",
        "password": "Not used: this preset signs in by client certificate.",
    },
    notes=(
        Note("forbidden", "No QoS 2", "Everything stops at QoS 1."),
        Note("forbidden", "No $SYS topics", "Subscribing to them would end the connection."),
        Note("forbidden", "No user name and password", "On port 443 with this ALPN name."),
        Note("forbidden", "No subscription identifiers", "Start-up subscriptions leave them empty."),
        Note("limit", "8 filters per SUBSCRIBE", "Longer lists go out in groups of 8."),
        Note("limit", "7 slashes in a topic", "Deeper topics are refused before sending."),
        Note("limit", "128 kB per message", "Larger messages are refused before sending."),
        Note("limit", "50 subscriptions", "One client has no more than that at a time."),
        Note("limit", "128 bytes of client id", "Longer ones are refused."),
        Note(
            "info",
            "The policy decides",
            "A client id or topic that the certificate's policy does not allow ends the connection without a reason.",
        ),
    ),
    client_id_bytes=128,
    needs_certificate=True,
)

_VERNEMQ: Final = Preset(
    key="vernemq",
    name="VerneMQ",
    summary="VerneMQ on your own servers",
    url_hint="mqtt://localhost:1883",
    ports={"mqtt": 1883, "mqtts": 8883, "ws": 9001, "wss": 9002},
    limits=Limits(source="VerneMQ"),
    helps={
        "username": "VerneMQ lets nobody in without a login until allow_anonymous is switched on.",
        "websocket_path": "VerneMQ answers at /mqtt only.",
        "client_id": "VerneMQ may limit its length; the fresh one of 15 characters always fits.",
    },
    notes=(
        Note(
            "info",
            "MQTT 5 may be switched off",
            "Older settings allow 3.1.1 only; then choose 3.1.1, or add 5 to allowed_protocol_versions.",
        ),
        Note(
            "info",
            "Login needed",
            "VerneMQ comes with allow_anonymous off, so it asks for a user name and a password.",
        ),
        Note("limit", "10 levels in a topic", "That is what topic_max_depth is set to at first."),
        Note(
            "info",
            "$SYS topics",
            "Subscribe to $SYS/# to see each node's own figures, unless they are switched off.",
        ),
    ),
)

_AZURE: Final = Preset(
    key="azure-event-grid",
    name="Azure Event Grid",
    summary="The MQTT broker of an Azure Event Grid namespace: signs in by client certificate",
    url_hint="mqtts://<namespace>.<region>-1.ts.eventgrid.azure.net:8883",
    ports={"mqtts": 8883, "wss": 443},
    limits=Limits(
        source="Azure Event Grid",
        maximum_qos=1,
        identifiers=False,
        topic_slashes=7,
        packet_bytes=512 * KIB,
        topic_alias_maximum=10,
    ),
    fills={"certificate": "pem"},
    helps={
        "url": "The MQTT host name is on the namespace's overview page in the Azure portal.",
        "username": "The client's authentication name, as registered in the namespace; no password with a certificate.",
        "client_id": "The name of the session; it must be the only one of that name in the namespace.",
        "keep_alive": "At most 1160 seconds.",
        "session_expiry": "At most what the namespace is set to: 1 hour at first, 8 hours at most.",
    },
    locked={
        "user_properties": "Not used: Azure Event Grid refuses a CONNECT that has user properties.",
    },
    notes=(
        Note("forbidden", "No QoS 2", "Everything stops at QoS 1."),
        Note("info", "No $SYS topics", "The namespace's metrics are in the Azure portal."),
        Note(
            "forbidden",
            "No user properties in CONNECT",
            "A CONNECT that has some is refused; messages may have them.",
        ),
        Note("forbidden", "No subscription identifiers", "Start-up subscriptions leave them empty."),
        Note("limit", "7 slashes in a topic", "Topics have 8 levels and 256 bytes at most."),
        Note("limit", "512 kB per message", "A retained message is kept up to 64 kB."),
        Note("limit", "300 seconds of will delay", "A longer delay is not accepted."),
        Note(
            "info",
            "Topic spaces decide",
            "A filter must lie inside a topic space the client may subscribe to, so # alone is refused.",
        ),
    ),
)

#: All presets in the order of the list.
PRESETS: Final[tuple[Preset, ...]] = (_MOSQUITTO, _HIVEMQ, _EMQX, _AWS, _VERNEMQ, _AZURE)
