# SPDX-License-Identifier: MIT
import pytest

from mqtt_explorer.protocol.requests import PublishProperties, PublishRequest, RequestError
from mqtt_explorer.protocol.will import Will


def test_the_largest_will_is_allowed():
    Will(PublishRequest("t", bytes(65_535), 2, True), delay_s=0xFFFF_FFFF)


@pytest.mark.parametrize(
    ("message", "delay", "field"),
    [
        (PublishRequest("t", bytes(65_536)), None, "payload"),
        (PublishRequest("t", b"", properties=PublishProperties(topic_alias=1)), None, "alias"),
        (PublishRequest("t", b""), -1, "delay"),
        (PublishRequest("t", b""), 2**32, "delay"),
    ],
)
def test_a_will_no_connect_can_carry_is_refused_at_its_field(message, delay, field):
    with pytest.raises(RequestError) as raised:
        Will(message, delay)
    assert raised.value.field == field
