# SPDX-License-Identifier: MIT
"""What waits for its PUBREL is bounded."""

from __future__ import annotations

from mqtt_explorer.network import held as module
from mqtt_explorer.network.held import HELD_BYTES, Held
from mqtt_explorer.network.tap import FrameSplitter
from mqtt_explorer.protocol.options import MIB, ProtocolVersion
from tests.support.mqtt_peer import answer, publish


def message(payload=b"x", topic=b"t"):
    return (4, topic, b"", payload, len(payload)), len(payload) + 5


def test_what_is_taken_gives_its_bytes_back():
    held = Held()
    held.add(1, message(bytes(1000)))
    held.add(2, None)
    assert 1000 < held.bytes < 2000
    assert 2 in held
    assert held.take(1) == message(bytes(1000))
    assert held.take(2) is None
    assert held.take(3) is None
    assert held.bytes == 0


def test_a_repetition_is_the_same_message():
    held = Held()
    held.add(1, message(b"first"))
    held.add(1, message(b"second"))
    assert held.take(1) == message(b"first")
    assert held.bytes == 0


def test_above_the_limit_payloads_are_left_out_and_marked_as_truncated():
    held = Held()
    payload = bytes(8 * MIB)
    for packet_id in range(1, 101):
        held.add(packet_id, message(payload))
    assert held.bytes <= HELD_BYTES + 100 * 1024
    (_, _, _, kept, size), wire = held.take(100)
    assert (kept, size, wire) == (b"", len(payload), 5)
    held.clear()
    assert held.bytes == 0


def test_one_message_of_any_size_is_kept():
    held = Held()
    held.add(1, message(bytes(HELD_BYTES + 1)))
    assert len(held.take(1)[0][3]) == HELD_BYTES + 1


def test_a_peer_that_never_releases_costs_the_connection_in_the_end(monkeypatch):
    monkeypatch.setattr(module, "_HELD_TOO_MUCH", 1_000_000)
    held = Held()
    splitter = FrameSplitter(ProtocolVersion.V5, 64 * MIB, held)
    feeds = [splitter.feed(publish("a" * 60_000, b"x", qos=2, packet_id=number)) for number in range(1, 17)]
    assert all(feed.broken is None and feed.acks == answer(0x50, at) for at, feed in enumerate(feeds, 1))
    last = splitter.feed(publish("a" * 60_000, b"x", qos=2, packet_id=17))
    assert "without releasing" in last.broken
    assert not last.acks
