# SPDX-License-Identifier: MIT
"""The load generator: a process of its own that publishes faster than a broker forwards.

`python -m tests.perf.loadgen flood|retained|lone --port PORT …` prints one JSON object when the broker has taken everything:
`sent`, `seconds`, `started` (seconds since the epoch).

Packets are encoded once and sent in blocks; with QoS 1 the acknowledgements are only counted, because each is 4 bytes long.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import sys
import time
from collections.abc import Iterator

from tests.perf import packets

CYCLE = 10_000
"""Messages encoded ahead: ten rounds over 1,000 topics with other values, and as many packet identifiers as QoS 1 needs."""
BLOCK = 500
"""Messages per `send`: about 65 KiB."""
WINDOW = 4_000
"""Unacknowledged QoS 1 messages, so that no packet identifier is used twice at a time."""


def payload_of(number: int, size: int) -> bytes:
    """A JSON object of exactly `size` bytes (at least 60), as a sensor would send it."""
    head = f'{{"value": {20 + number % 997 / 100:.2f}, "unit": "°C", "seq": {number}, "note": "'.encode()
    return head + b"x" * (size - len(head) - 2) + b'"}'


def flood_topic(number: int) -> bytes:
    """One of the topics of a flood: ten in a branch, three levels deep."""
    return f"plant/line{number // 100}/machine{number // 10 % 10}/sensor{number % 10}".encode()


def retained_topic(number: int) -> bytes:
    """One of up to many million topics: 100 in a branch, four levels deep."""
    return f"site/{number // 10_000:03}/area{number // 100 % 100:02}/device{number % 100:02}".encode()


def child_topic(number: int) -> bytes:
    """One child of one big branch."""
    return f"branch/child{number:06}".encode()


class Publisher:
    """One connection that only sends."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=120)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.sendall(packets.connect(f"loadgen{os.getpid()}"))
        answer = self.socket.recv(4, socket.MSG_WAITALL)
        if answer[:1] != b"\x20" or answer[3:] != b"\x00":
            sys.exit(f"loadgen: the broker answered CONNECT with {answer.hex() or 'nothing'}")

    def wait_for_acknowledgements(self, outstanding: int, at_most: int) -> int:
        """Counts PUBACKs until no more than `at_most` are missing; returns how many are missing."""
        odd = 0
        while outstanding > at_most or odd:
            data = self.socket.recv(65_536)
            if not data:
                sys.exit("loadgen: the broker closed the connection")
            taken, odd = divmod(odd + len(data), packets.PUBACK_SIZE)
            outstanding -= taken
        return outstanding

    def finish(self) -> None:
        """Says goodbye and waits until the broker has read everything and closed."""
        self.socket.sendall(packets.DISCONNECT)
        self.socket.shutdown(socket.SHUT_WR)
        while self.socket.recv(65_536):
            pass
        self.socket.close()


def flood_blocks(topics: int, size: int, qos: int) -> list[tuple[int, bytes]]:
    """The messages of one cycle as blocks ready to send, each with its number of messages."""
    encoded = [
        packets.publish(flood_topic(number % topics), payload_of(number, size), qos=qos, packet_id=number + 1)
        for number in range(CYCLE)
    ]
    return [
        (len(part), b"".join(part)) for part in (encoded[at : at + BLOCK] for at in range(0, CYCLE, BLOCK))
    ]


def flood(publisher: Publisher, args: argparse.Namespace) -> int:
    """Sends `count` messages as fast as the broker takes them; returns how many."""
    blocks = flood_blocks(args.topics, args.payload, args.qos)
    sent = outstanding = 0
    while sent < args.count:
        for messages, block in blocks:
            publisher.socket.sendall(block)
            sent += messages
            if args.qos:
                outstanding = publisher.wait_for_acknowledgements(outstanding + messages, WINDOW)
            if sent >= args.count:
                break
    publisher.wait_for_acknowledgements(outstanding, 0)
    return sent


def retained(publisher: Publisher, args: argparse.Namespace) -> int:
    """Sends one retained message to each of `count` topics; returns how many."""
    topic_of = child_topic if args.one_branch else retained_topic
    for block in _retained_blocks(topic_of, args.count, args.payload):
        publisher.socket.sendall(block)
    return int(args.count)


def _retained_blocks(topic_of, count: int, size: int) -> Iterator[bytes]:  # type: ignore[no-untyped-def]
    for at in range(0, count, BLOCK):
        numbers = range(at, min(at + BLOCK, count))
        yield b"".join(packets.publish(topic_of(n), payload_of(n, size), retain=True) for n in numbers)


def lone(publisher: Publisher, args: argparse.Namespace) -> int:
    """Sends single messages evenly spaced for some seconds; returns how many."""
    encoded = [
        packets.publish(flood_topic(n % args.topics), payload_of(n, args.payload)) for n in range(CYCLE)
    ]
    total = int(args.rate * args.seconds)
    begin = time.perf_counter()
    for number in range(total):
        # Absolute times: a late message does not move those after it.
        if (wait := begin + number / args.rate - time.perf_counter()) > 0:
            time.sleep(wait)
        publisher.socket.sendall(encoded[number % CYCLE])
    return total


MODES = {"flood": flood, "retained": retained, "lone": lone}


def main() -> int:
    """Reads the arguments, publishes, and prints the result."""
    parser = argparse.ArgumentParser(prog="python -m tests.perf.loadgen", description=__doc__)
    parser.add_argument("mode", choices=MODES)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument(
        "--count", type=int, default=100_000, help="messages; rounded up to a block of 500 in a flood"
    )
    parser.add_argument("--qos", type=int, choices=(0, 1), default=0)
    parser.add_argument("--topics", type=int, default=1_000)
    parser.add_argument("--payload", type=int, default=100, help="bytes")
    parser.add_argument("--one-branch", action="store_true", help="retained: all topics below one branch")
    parser.add_argument("--rate", type=float, default=1_000.0, help="lone: messages a second")
    parser.add_argument("--seconds", type=float, default=10.0, help="lone: how long")
    args = parser.parse_args()
    publisher = Publisher(args.port)
    started, begin = time.time(), time.perf_counter()
    sent = MODES[args.mode](publisher, args)
    publisher.finish()
    print(json.dumps({"sent": sent, "seconds": time.perf_counter() - begin, "started": started}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
