# SPDX-License-Identifier: MIT
import pytest

from mqtt_explorer.protocol.reason_codes import ReasonCode
from mqtt_explorer.protocol.requests import (
    MAX_PACKET,
    Connack,
    Grant,
    PublishProperties,
    PublishRequest,
    PublishResult,
    RequestError,
    Subscription,
)
from mqtt_explorer.protocol.topics import TopicError, TopicFilter


class SizedPayload(bytes):
    """Says it is large without taking the memory."""

    claimed = 0

    def __len__(self):
        return self.claimed


def payload_of(size):
    payload = SizedPayload()
    payload.claimed = size
    return payload


def test_a_request_holds_its_checked_topic():
    request = PublishRequest("a/ü", b"x", qos=2, retain=True)
    assert request.name.raw == "a/ü".encode()
    assert request.properties.empty


@pytest.mark.parametrize("topic", ["", "a/#", "+", "\ud800", "a\0"])
def test_a_bad_topic_is_named_at_its_field(topic):
    with pytest.raises(TopicError) as caught:
        PublishRequest(topic, b"")
    assert caught.value.field == "topic"


@pytest.mark.parametrize("qos", [-1, 3])
def test_a_qos_out_of_range(qos):
    with pytest.raises(RequestError) as caught:
        PublishRequest("a", b"", qos=qos)
    assert caught.value.field == "qos"


@pytest.mark.parametrize(
    ("properties", "field"),
    [
        ({"message_expiry_s": -1}, "expiry"),
        ({"message_expiry_s": 2**32}, "expiry"),
        ({"topic_alias": 0}, "alias"),
        ({"topic_alias": 65_536}, "alias"),
        ({"response_topic": ""}, "response_topic"),
        ({"response_topic": "a/+"}, "response_topic"),
        ({"correlation_data": bytes(65_536)}, "correlation_data"),
        ({"content_type": "a\0"}, "properties"),
        ({"content_type": "x" * 65_536}, "properties"),
        ({"user": (("k", "\ud800"),)}, "properties"),
        ({"user": (("k\0", ""),)}, "properties"),
    ],
)
def test_a_bad_property_is_named_at_its_field(properties, field):
    with pytest.raises(RequestError) as caught:
        PublishRequest("a", b"", properties=PublishProperties(**properties))
    assert caught.value.field == field
    assert caught.value.message.endswith(".")


def test_the_limits_of_properties_are_allowed():
    properties = PublishProperties(
        payload_is_text=False,
        message_expiry_s=2**32 - 1,
        content_type="x" * 65_535,
        response_topic="r",
        correlation_data=bytes(65_535),
        topic_alias=65_535,
        user=(("", ""), ("", "")),
    )
    request = PublishRequest("a", b"", properties=properties)
    assert not request.properties.empty
    assert properties.size >= 2 * 65_535 + 1


def test_what_does_not_fit_a_packet_is_refused_counting_topic_and_properties():
    PublishRequest("a", payload_of(MAX_PACKET - 100))
    for request in (
        {"topic": "a", "payload": payload_of(MAX_PACKET)},
        {"topic": "a" * 60_000, "payload": payload_of(MAX_PACKET - 50_000)},
        {
            "topic": "a",
            "payload": payload_of(MAX_PACKET - 50_000),
            "properties": PublishProperties(user=(("k" * 60_000, ""),)),
        },
    ):
        with pytest.raises(RequestError) as caught:
            PublishRequest(**request)
        assert caught.value.field == "payload"


def test_result_says_when_nobody_listens():
    assert PublishResult(ReasonCode(0x10, "PUBACK"), 1, 0.1).no_subscribers
    assert not PublishResult(ReasonCode(0x00, "PUBACK"), 1, 0.1).no_subscribers


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"qos": 3}, "qos"),
        ({"retain_handling": 3}, "retain_handling"),
        ({"identifier": 0}, "identifier"),
        ({"identifier": 268_435_456}, "identifier"),
    ],
)
def test_a_bad_subscription_is_named_at_its_field(options, field):
    with pytest.raises(RequestError) as caught:
        Subscription(TopicFilter("a"), **options)
    assert caught.value.field == field


def test_no_local_is_refused_on_a_shared_subscription_only():
    assert Subscription(TopicFilter("a/#"), no_local=True).no_local
    with pytest.raises(RequestError) as caught:
        Subscription(TopicFilter("$share/g/a"), no_local=True)
    assert caught.value.field == "no_local"


@pytest.mark.parametrize(
    ("code", "qos", "refused"), [(0, 0, False), (1, 1, False), (2, 2, False), (0x87, None, True)]
)
def test_grant(code, qos, refused):
    grant = Grant("a", ReasonCode(code, "SUBACK"))
    assert (grant.qos, grant.refused) == (qos, refused)


def test_a_connack_that_tells_nothing_says_so():
    connack = Connack(False, ReasonCode(0, "CONNACK"))
    assert connack.receive_maximum is None
    assert connack.user == ()
