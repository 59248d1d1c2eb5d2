# SPDX-License-Identifier: MIT
import dataclasses

import pytest

from mqtt_explorer.protocol.message import Message
from mqtt_explorer.protocol.properties import PropertyError


def message(flags=0, topic=b"a/b", properties=b"", payload=b"21", size=None, evicted=False):
    return Message(
        7, 1_000, 2_000, (flags, topic, properties, payload, len(payload) if size is None else size), evicted
    )


@pytest.mark.parametrize("flags", range(16))
def test_reads_every_combination_of_flags(flags):
    read = message(flags)
    assert read.retain == bool(flags & 1)
    assert read.qos == (flags >> 1) & 3
    assert read.dup == bool(flags & 8)


def test_topic_and_payload():
    read = message(topic="büro/°".encode(), payload=b"\xff\x00")
    assert read.topic == "büro/°"
    assert read.payload == b"\xff\x00"
    assert read.size == 2
    assert not read.truncated


def test_truncated_means_that_more_was_sent_than_is_kept():
    assert message(payload=b"abc", size=4).truncated
    assert not message(payload=b"abc", size=3).truncated


def test_an_evicted_payload_is_not_called_truncated_and_keeps_its_size():
    read = message(payload=b"", size=500, evicted=True)
    assert not read.truncated
    assert read.size == 500


def test_properties_are_decoded_when_asked_for():
    assert message(properties=b"\x01\x01\x26\x00\x01k\x00\x01v").properties().user == (("k", "v"),)
    assert message().properties().items == ()
    with pytest.raises(PropertyError):
        message(properties=b"\x26\x00").properties()


def test_is_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        message().seq = 8  # type: ignore[misc]
