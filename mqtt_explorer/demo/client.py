# SPDX-License-Identifier: MIT
"""A small blocking MQTT 3.1.1 client for the simulator's own process."""

from __future__ import annotations

import select
import socket
import time
from types import TracebackType

from mqtt_explorer.demo import packets

KEEP_ALIVE_S = 30
SEND_TIMEOUT_S = 10.0
#: Unacknowledged QoS 1 messages before `publish` waits.
IN_FLIGHT = 20


class Client:
    """One connection to a broker on this machine.

    Raises:
        OSError: Nothing listens, or the connection broke (from every method).
        ValueError: The other side does not speak MQTT.
    """

    def __init__(self, port: int, client_id: str) -> None:
        """Connects and waits for the CONNACK."""
        self._buffer = bytearray()
        self._received: list[tuple[str, bytes]] = []
        self._unacknowledged: set[int] = set()
        self._packet_id = 0
        self._sent_at = time.monotonic()
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=SEND_TIMEOUT_S)
        try:
            if self._socket.getsockname() == self._socket.getpeername():
                # Dialling a free port of the ephemeral range may reach oneself: TCP allows a simultaneous open.
                raise ConnectionRefusedError("Nothing listens on this port.")
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._send(packets.connect(client_id, KEEP_ALIVE_S))
            first, body = self._wait_for_packet()
            if first >> 4 != packets.CONNACK or len(body) < 2 or body[1]:
                raise ValueError("The answer to CONNECT was no accepting CONNACK.")
        except BaseException:
            self._socket.close()
            raise

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if error is None:
                self._send(packets.DISCONNECT)
        finally:
            self._socket.close()

    def subscribe(self, topic_filter: str) -> None:
        """Subscribes at QoS 0; the SUBACK is not waited for."""
        self._send(packets.subscribe(topic_filter, self._next_id()))

    def publish(self, topic: str, payload: bytes, qos: int = 0, retain: bool = False) -> None:
        """Publishes at QoS 0 or 1; at QoS 1 waits while `IN_FLIGHT` messages are unacknowledged."""
        packet_id = 0
        if qos:
            while len(self._unacknowledged) >= IN_FLIGHT:
                self._handle(*self._wait_for_packet())
            packet_id = self._next_id()
            self._unacknowledged.add(packet_id)
        self._send(packets.publish(topic, payload, qos=qos, retain=retain, packet_id=packet_id))

    def receive(self, timeout_s: float) -> list[tuple[str, bytes]]:
        """Waits until something comes or the time is over, keeps the connection alive, returns (topic, payload) pairs."""
        if time.monotonic() - self._sent_at > KEEP_ALIVE_S / 2:
            self._send(packets.PINGREQ)
        if select.select([self._socket], [], [], timeout_s)[0]:
            self._read()
            while (packet := packets.take_packet(self._buffer)) is not None:
                self._handle(*packet)
        received, self._received = self._received, []
        return received

    def _next_id(self) -> int:
        self._packet_id = self._packet_id % 0xFFFF + 1
        return self._packet_id

    def _send(self, data: bytes) -> None:
        self._socket.sendall(data)
        self._sent_at = time.monotonic()

    def _wait_for_packet(self) -> tuple[int, bytes]:
        while (packet := packets.take_packet(self._buffer)) is None:
            self._read()
        return packet

    def _read(self) -> None:
        data = self._socket.recv(65_536)
        if not data:
            raise ConnectionAbortedError("The broker closed the connection.")
        self._buffer += data

    def _handle(self, first: int, body: bytes) -> None:
        kind = first >> 4
        if kind == packets.PUBLISH:
            self._received.append(packets.read_publish(first, body))
        elif kind == packets.PUBACK:
            self._unacknowledged.discard(int.from_bytes(body[:2], "big"))
