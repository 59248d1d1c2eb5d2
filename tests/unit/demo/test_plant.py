# SPDX-License-Identifier: MIT
from __future__ import annotations

import itertools
import json
import struct
import zlib

import pytest

from mqtt_explorer.demo.plant import FILL_S, Plant
from mqtt_explorer.protocol.topics import TopicFilter, TopicName


def run(plant: Plant, seconds: float, tick_s: float = 0.05):
    return [message for tick in range(int(seconds / tick_s) + 1) for message in plant.step(tick * tick_s)]


def last_payloads(seconds: float = 30.0) -> dict[str, bytes]:
    return {topic: payload for topic, payload, _, _ in run(Plant(), seconds)}


def test_about_200_topics_each_a_valid_name_and_none_twice():
    topics = [source.topic for source in Plant().sources]
    assert len(set(topics)) == len(topics)
    assert 190 <= len(topics) <= 215
    assert all(TopicName(topic).text == topic for topic in topics)
    # Some brokers close the connection on a publish to a $ topic.
    assert all(TopicFilter("#").matches(topic) for topic in topics)


def test_all_topics_speak_within_the_first_seconds():
    plant = Plant()
    assert {message[0] for message in run(plant, FILL_S)} == {source.topic for source in plant.sources}


def test_about_50_messages_a_second():
    plant = Plant()
    run(plant, FILL_S)
    later = [message for tick in range(1200) for message in plant.step(FILL_S + tick * 0.05)]
    assert 48 <= len(later) / 60 <= 53


def test_the_same_seed_gives_the_same_messages_and_another_seed_others():
    assert run(Plant(3), 12) == run(Plant(3), 12)
    assert run(Plant(3), 12) != run(Plant(4), 12)


def test_after_a_pause_each_topic_speaks_once():
    plant = Plant()
    run(plant, 5)
    topics = [message[0] for message in plant.step(3600.0)]
    assert len(topics) == len(set(topics))
    assert len(topics) > 150
    assert len(plant.step(3600.05)) < 40


@pytest.mark.parametrize(
    ("topic", "unit", "low", "high", "step"),
    [
        ("greenhouse/north/climate/temperature", " °C", 12, 32, 0.6),
        ("greenhouse/east/climate/humidity", " %", 25, 98, 3.0),
        ("line/oven/temperature", " °C", 170, 195, 1.0),
        ("line/robot-1/vibration/x", "", 0, 3, 2.2),
        ("weather/pressure", " hPa", 1000, 1025, 1.5),
    ],
)
def test_curves_are_plausible_and_smooth(topic, unit, low, high, step):
    source = next(source for source in Plant().sources if source.topic == topic)
    values = [float(source.payload(t).decode().removesuffix(unit)) for t in range(1200)]
    assert low <= min(values) < max(values) <= high
    assert max(values) - min(values) > 0.05 * (high - low)
    assert max(abs(a - b) for a, b in itertools.pairwise(values)) <= step


def test_counters_never_fall():
    source = next(source for source in Plant().sources if source.topic == "line/press/parts/total")
    values = [int(source.payload(t)) for t in range(600)]
    assert values == sorted(values)
    assert values[-1] > values[0]


def test_statuses_go_offline_and_come_back():
    source = next(source for source in Plant().sources if source.topic == "line/robot-2/status")
    states = [source.payload(t) for t in range(240)]
    assert {b"online", b"offline"} == set(states)
    assert states[-1] == b"online"
    assert source.retain


def test_every_kind_of_oddity_is_there():
    payloads = last_payloads()
    topics = set(payloads)
    assert len(payloads["odd/big/200-kB"]) == 200_000
    assert len(json.loads(payloads["odd/big/200-kB"])) > 3000
    assert max(topic.count("/") + 1 for topic in topics) == 40
    assert {
        "odd/names/constructor",
        "odd/names/__proto__",
        "odd//empty//levels",
        "odd/names/$price/$",
    } <= topics
    assert payloads["odd/binary/empty"] == b""
    with pytest.raises(UnicodeDecodeError):
        payloads["odd/binary/latin-1"].decode()
    with pytest.raises(ValueError, match="Expecting"):
        json.loads(payloads["odd/json/broken"])
    assert payloads["greenhouse/north/climate/temperature"].decode().endswith(" °C")
    assert json.loads(payloads["greenhouse/north/info"])["beds"] == 3


def test_the_picture_is_a_png_with_sound_checksums():
    data = last_payloads(3)["odd/binary/picture.png"]
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    position, kinds = 8, []
    while position < len(data):
        (length,) = struct.unpack_from("!I", data, position)
        kind_and_body = data[position + 4 : position + 8 + length]
        assert struct.unpack_from("!I", data, position + 8 + length)[0] == zlib.crc32(kind_and_body)
        kinds.append(kind_and_body[:4])
        position += 12 + length
    assert kinds == [b"IHDR", b"IDAT", b"IEND"]


def test_some_messages_are_retained_and_some_are_qos_1():
    messages = run(Plant(), 30)
    assert {qos for _, _, qos, _ in messages} == {0, 1}
    assert ("odd/flags/retained-once", b"said once, at the start", 1, True) in messages
    assert [message[0] for message in messages].count("odd/flags/retained-once") == 1
