# SPDX-License-Identifier: MIT
"""The load generator sends what it says, checked by a real broker and by mosquitto_sub."""

from __future__ import annotations

import json
import os
import socket
import subprocess

import pytest

from tests.perf import loadgen, packets
from tests.perf.broker import BenchBroker, Generator, publish
from tests.perf.mosquitto_sub import MosquittoSub
from tests.perf.processes import SocketMeter, record_flow
from tests.support.mosquitto import find_program

pytestmark = pytest.mark.skipif(not os.path.exists("/proc/self/fd"), reason="the benchmarks run on Linux")


@pytest.fixture
def broker(tmp_path):
    with BenchBroker(tmp_path) as running:
        yield running


@pytest.mark.parametrize(
    ("size", "encoded"),
    [(0, "00"), (127, "7f"), (128, "8001"), (16_384, "808001"), (268_435_455, "ffffff7f")],
)
def test_remaining_length_is_that_of_the_specification(size, encoded):
    assert packets.remaining_length(size).hex() == encoded


def test_payload_is_json_of_the_size_asked_for():
    assert {len(loadgen.payload_of(number, 100)) for number in (0, 9, 999_999)} == {100}
    assert json.loads(loadgen.payload_of(7, 100))["seq"] == 7


def test_topics_are_distinct():
    assert len({loadgen.flood_topic(number) for number in range(1_000)}) == 1_000
    assert len({loadgen.retained_topic(number) for number in range(50_000)}) == 50_000
    assert len({loadgen.child_topic(number) for number in range(50_000)}) == 50_000


@pytest.mark.parametrize("qos", [0, 1])
def test_a_flood_arrives_whole(broker, qos):
    with MosquittoSub(broker, qos=qos) as sub:
        sub.wait_connected()
        generator = Generator(broker.port, "flood", count=12_000, qos=qos)
        record_flow(sub.meter, busy=lambda: generator.running, quiet_s=0.5, timeout_s=20)
        assert generator.result().sent == 12_000
        assert sub.stop() == 12_000


def test_retained_topics_stay_at_the_broker(broker):
    assert publish(broker.port, "retained", count=1_234).sent == 1_234
    command = [
        find_program("mosquitto_sub"),
        "-p",
        str(broker.port),
        "-t",
        "#",
        "-C",
        "1234",
        "-W",
        "10",
        "-F",
        "%t %r %l",
    ]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    assert set(lines) == {f"{loadgen.retained_topic(number).decode()} 1 100" for number in range(1_234)}


def test_lone_messages_keep_their_distance(broker):
    load = publish(broker.port, "lone", rate=200, seconds=0.5)
    assert load.sent == 100
    assert load.seconds > 0.49


def test_the_meter_counts_what_a_process_has_read_and_not_what_waits_for_it():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)) as reader, server.accept()[0] as writer:
            meter = SocketMeter((os.getpid(), port))
            writer.sendall(bytes(1_000))
            assert reader.recv(300, socket.MSG_WAITALL) == bytes(300)
            assert meter.consumed() == 300
            reader.recv(700, socket.MSG_WAITALL)
            assert meter.consumed() == 1_000
