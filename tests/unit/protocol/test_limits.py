# SPDX-License-Identifier: MIT
from dataclasses import replace

import pytest

from mqtt_explorer.protocol.limits import NO_LIMITS, THIS_BROKER, Limits
from mqtt_explorer.protocol.reason_codes import ReasonCode
from mqtt_explorer.protocol.requests import (
    Connack,
    PublishProperties,
    PublishRequest,
    RequestError,
    Subscription,
)
from mqtt_explorer.protocol.topics import TopicFilter

AWS = Limits(
    "AWS IoT Core",
    maximum_qos=1,
    subscribe_qos=1,
    sys_topics=False,
    filters_per_subscribe=8,
    topic_slashes=7,
    packet_bytes=131_072,
)
OK = Connack(False, ReasonCode(0, "CONNACK"))


def test_nothing_known_allows_everything():
    NO_LIMITS.check_publish(
        PublishRequest("a/" * 50 + "b", bytes(10_000), 2, True, PublishProperties(content_type="x"))
    )
    NO_LIMITS.check_subscription(Subscription(TopicFilter("$share/g/#"), 2, identifier=1))
    NO_LIMITS.check_subscription(Subscription(TopicFilter("$SYS/#")))


@pytest.mark.parametrize(
    ("request_", "field", "words"),
    [
        (PublishRequest("t", b"", 2), "qos", "AWS IoT Core has no QoS 2; the highest is 1."),
        (PublishRequest("a/b/c/d/e/f/g/h/i", b""), "topic", "allows 7 slashes in a topic; this one has 8."),
        (PublishRequest("t", bytes(131_072)), "payload", "131,072 bytes at most"),
    ],
)
def test_a_message_that_is_too_much_is_refused_at_its_field(request_, field, words):
    with pytest.raises(RequestError) as raised:
        AWS.check_publish(request_)
    assert raised.value.field == field
    assert words in raised.value.message


def test_the_last_allowed_message_passes():
    AWS.check_publish(PublishRequest("a/b/c/d/e/f/g/h", bytes(131_072 - 15 - 12), 1, True))


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        (Subscription(TopicFilter("$SYS/#")), "filter"),
        (Subscription(TopicFilter("$share/g/$SYS/broker")), "filter"),
        (Subscription(TopicFilter("a/b/c/d/e/f/g/h/#")), "filter"),
        (Subscription(TopicFilter("a"), 2), "qos"),
    ],
)
def test_a_subscription_that_is_too_much_is_refused_at_its_field(wanted, field):
    with pytest.raises(RequestError) as raised:
        AWS.check_subscription(wanted)
    assert raised.value.field == field


def test_other_topics_with_a_dollar_are_no_sys_topics():
    AWS.check_subscription(Subscription(TopicFilter("$aws/things/+/shadow/#"), 1))
    AWS.check_subscription(Subscription(TopicFilter("$SYSTEM/a")))


@pytest.mark.parametrize(
    ("told", "wanted"),
    [
        ({"shared_available": False}, Subscription(TopicFilter("$share/g/a"))),
        ({"wildcard_available": False}, Subscription(TopicFilter("a/+"))),
        ({"wildcard_available": False}, Subscription(TopicFilter("#"))),
        ({"identifiers_available": False}, Subscription(TopicFilter("a"), identifier=3)),
    ],
)
def test_what_connack_forbids_is_refused_in_this_brokers_name(told, wanted):
    NO_LIMITS.check_subscription(wanted)
    with pytest.raises(RequestError, match=THIS_BROKER):
        NO_LIMITS.with_connack(replace(OK, **told)).check_subscription(wanted)


def test_connack_replaces_the_preset_where_it_tells_and_leaves_what_it_cannot_tell():
    now = AWS.with_connack(replace(OK, maximum_qos=None, maximum_packet_size=1_000, receive_maximum=100))
    assert now.source == THIS_BROKER
    assert (now.maximum_qos, now.packet_bytes, now.receive_maximum) == (2, 1_000, 100)
    assert (now.sys_topics, now.filters_per_subscribe, now.topic_slashes) == (False, 8, 7)
    assert AWS.with_connack(OK).packet_bytes == 131_072


def test_a_connack_of_mqtt_311_tells_nothing_so_the_presets_limits_stay():
    old = replace(AWS, v5=False).with_connack(OK)
    assert (old.maximum_qos, old.topic_slashes, old.v5) == (1, 7, False)
    with pytest.raises(RequestError, match=r"MQTT 3\.1\.1 has no properties"):
        old.check_publish(PublishRequest("t", b"", properties=PublishProperties(content_type="x")))
    with pytest.raises(RequestError) as raised:
        old.check_subscription(Subscription(TopicFilter("a"), identifier=1))
    assert raised.value.field == "identifier"
    assert old.options_reason()


def test_topic_aliases_are_allowed_up_to_what_connack_says():
    assert NO_LIMITS.alias_reason(9) is None  # not told yet
    assert NO_LIMITS.with_connack(OK).alias_reason() == "This broker allows no topic aliases."
    three = NO_LIMITS.with_connack(replace(OK, topic_alias_maximum=3))
    assert three.alias_reason(3) is None
    assert three.alias_reason(4) == "This broker allows topic aliases up to 3."
    assert "MQTT 5" in (replace(NO_LIMITS, v5=False).alias_reason() or "")


def test_the_size_counts_topic_and_properties():
    limits = replace(NO_LIMITS, packet_bytes=200)
    limits.check_publish(PublishRequest("t", bytes(150)))
    with pytest.raises(RequestError, match="200 bytes at most"):
        limits.check_publish(PublishRequest("t" * 60, bytes(150)))
    with pytest.raises(RequestError, match="200 bytes at most"):
        limits.check_publish(
            PublishRequest("t", bytes(150), properties=PublishProperties(content_type="x" * 50))
        )


def test_a_broker_with_a_lower_maximum_qos_may_still_be_asked_for_more():
    NO_LIMITS.with_connack(replace(OK, maximum_qos=1)).check_subscription(Subscription(TopicFilter("a"), 2))
    assert NO_LIMITS.with_connack(replace(OK, maximum_qos=1)).qos_reason(2)
