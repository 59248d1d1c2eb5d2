# SPDX-License-Identifier: MIT
"""What a broker takes: a preset's limits before connecting, the broker's own from CONNACK afterwards.

Each question has a method that answers with the reason in words, or None when it is allowed; forms grey a control out with that reason,
and the checks before sending raise it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from mqtt_explorer.protocol.requests import Connack, PublishRequest, RequestError, Subscription
from mqtt_explorer.protocol.topics import TopicFilter

THIS_BROKER = "This broker"
#: What `PublishProperties.size` leaves out: format, expiry, alias, the length of the block.
_NUMBERS = 2 + 5 + 3 + 3
_HEADERS = 12


@dataclass(frozen=True, slots=True)
class Limits:
    """What one broker takes, as far as it is known; the defaults allow everything.

    Attributes:
        source: Who sets them, as the subject of a sentence: "AWS IoT Core", "This broker".
        v5: False on MQTT 3.1.1, which has no properties and no identifiers.
        maximum_qos: The highest QoS for publishing and the will.
        subscribe_qos: The highest QoS a SUBSCRIBE may ask for. A broker with a lower Maximum QoS must still accept the others and grant less
            (MQTT 5, 3.2.2.3.4), so that CONNACK does not change it; some break this rule.
        retain: Whether retained messages are kept.
        sys_topics: Whether ``$SYS`` may be subscribed to.
        wildcards: Whether ``+`` and ``#`` are allowed in filters.
        shared: Whether ``$share/group/filter`` is allowed.
        identifiers: Whether subscription identifiers are allowed.
        filters_per_subscribe: The most filters in one SUBSCRIBE; longer lists go out in groups.
        topic_slashes: The most slashes in a topic or filter.
        packet_bytes: The largest packet.
        topic_alias_maximum: The highest topic alias for our messages; None: not told yet.
        receive_maximum: The most publishes at QoS 1 and 2 under way to the broker.
    """

    source: str = THIS_BROKER
    v5: bool = True
    maximum_qos: int = 2
    subscribe_qos: int = 2
    retain: bool = True
    sys_topics: bool = True
    wildcards: bool = True
    shared: bool = True
    identifiers: bool = True
    filters_per_subscribe: int | None = None
    topic_slashes: int | None = None
    packet_bytes: int | None = None
    topic_alias_maximum: int | None = None
    receive_maximum: int | None = None

    def with_connack(self, connack: Connack) -> Limits:
        """The same limits with what the broker told in its place (MQTT 5, 3.2.2.3); what CONNACK cannot tell stays."""
        own = replace(self, source=THIS_BROKER)
        if not self.v5:
            return own
        return replace(
            own,
            maximum_qos=2 if connack.maximum_qos is None else connack.maximum_qos,
            retain=connack.retain_available is not False,
            wildcards=connack.wildcard_available is not False,
            shared=connack.shared_available is not False,
            identifiers=connack.identifiers_available is not False,
            packet_bytes=connack.maximum_packet_size
            if connack.maximum_packet_size is not None
            else self.packet_bytes,
            topic_alias_maximum=connack.topic_alias_maximum or 0,
            receive_maximum=connack.receive_maximum
            if connack.receive_maximum is not None
            else self.receive_maximum,
        )

    # -- reasons -------------------------------------------------------------------------------------------------------

    def qos_reason(self, qos: int) -> str | None:
        """Why a QoS is not available, or None."""
        if qos <= self.maximum_qos:
            return None
        return f"{self.source} has no QoS {qos}; the highest is {self.maximum_qos}."

    def subscribe_qos_reason(self, qos: int) -> str | None:
        """Why a subscription may not ask for a QoS, or None."""
        if qos <= self.subscribe_qos:
            return None
        return f"{self.source} takes no subscriptions at QoS {qos}; the highest is {self.subscribe_qos}."

    def retain_reason(self) -> str | None:
        """Why Retain is not available, or None."""
        return None if self.retain else f"{self.source} keeps no retained messages."

    def properties_reason(self) -> str | None:
        """Why there are no properties, or None."""
        return None if self.v5 else "MQTT 3.1.1 has no properties; choose MQTT 5 for them."

    def options_reason(self) -> str | None:
        """Why there are no subscription options (No Local, Retain As Published, Retain Handling), or None."""
        return None if self.v5 else "MQTT 3.1.1 has no subscription options; choose MQTT 5 for them."

    def identifier_reason(self) -> str | None:
        """Why there are no subscription identifiers, or None."""
        if not self.v5:
            return "MQTT 3.1.1 has no subscription identifiers; choose MQTT 5 for them."
        return None if self.identifiers else f"{self.source} does not support subscription identifiers."

    def alias_reason(self, alias: int | None = None) -> str | None:
        """Why a topic alias (any, when None) is not available, or None."""
        if not self.v5:
            return "MQTT 3.1.1 has no topic aliases; choose MQTT 5 for them."
        most = self.topic_alias_maximum
        if most is None or (alias or 1) <= most:
            return None
        return (
            f"{self.source} allows no topic aliases."
            if not most
            else f"{self.source} allows topic aliases up to {most}."
        )

    def topic_reason(self, topic: str) -> str | None:
        """Why a topic is too deep, or None."""
        slashes = topic.count("/")
        if self.topic_slashes is None or slashes <= self.topic_slashes:
            return None
        return f"{self.source} allows {self.topic_slashes} slashes in a topic; this one has {slashes}."

    def filter_reason(self, wanted: TopicFilter) -> str | None:
        """Why a filter is not available, or None."""
        if not self.sys_topics and wanted.levels[0] == "$SYS":
            return f"{self.source} has no $SYS topics; subscribing to them would end the connection."
        if not self.shared and wanted.group is not None:
            return f"{self.source} does not support shared subscriptions."
        if not self.wildcards and ("+" in wanted.levels or "#" in wanted.levels):
            return f"{self.source} does not allow wildcards in filters."
        return self.topic_reason(wanted.bare)

    def size_reason(self, size: int) -> str | None:
        """Why a packet of about `size` bytes is too large, or None."""
        if self.packet_bytes is None or size <= self.packet_bytes:
            return None
        return f"{self.source} takes packets of {self.packet_bytes:,} bytes at most; this one has about {size:,}."

    # -- checks --------------------------------------------------------------------------------------------------------

    def check_publish(self, request: PublishRequest) -> None:
        """Refuses a message the broker would not take.

        Raises:
            RequestError: `field` names the form field.
        """
        properties = request.properties
        size = len(request.payload) + len(request.name.raw) + _HEADERS
        size += 0 if properties.empty else properties.size + _NUMBERS
        checks = (
            (
                "Properties not supported",
                "properties",
                None if properties.empty else self.properties_reason(),
            ),
            ("QoS not supported", "qos", self.qos_reason(request.qos)),
            ("Retain not supported", "retain", self.retain_reason() if request.retain else None),
            ("Topic too deep", "topic", self.topic_reason(request.topic)),
            ("Message too large", "payload", self.size_reason(size)),
            (
                "Topic alias not allowed",
                "alias",
                None if properties.topic_alias is None else self.alias_reason(properties.topic_alias),
            ),
        )
        _raise_first(checks)

    def check_subscription(self, wanted: Subscription) -> None:
        """Refuses a subscription the broker would not take, or would end the connection for.

        Raises:
            RequestError: `field` names the form field.
        """
        checks = (
            ("Filter not supported", "filter", self.filter_reason(wanted.filter)),
            ("QoS not supported", "qos", self.subscribe_qos_reason(wanted.qos)),
            (
                "Identifier not supported",
                "identifier",
                None if wanted.identifier is None else self.identifier_reason(),
            ),
        )
        _raise_first(checks)


#: Everything is allowed.
NO_LIMITS = Limits()


def _raise_first(checks: tuple[tuple[str, str, str | None], ...]) -> None:
    for title, field, reason in checks:
        if reason is not None:
            raise RequestError(title, reason, field=field)
