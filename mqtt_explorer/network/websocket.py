# SPDX-License-Identifier: MIT
"""MQTT over websockets (MQTT 5.0 section 6, RFC 6455) on top of another transport.

wsproto shakes hands, masks what we send and reads close frames. Frames of data and pings are taken apart here: a broker sends one
frame per message, and a sans-I/O event per frame costs more than all the rest of reading. MQTT does not care for frame
borders, so a fragmented message needs no joining.
"""

from __future__ import annotations

from wsproto import ConnectionType
from wsproto.connection import Connection, ConnectionState
from wsproto.events import BytesMessage, CloseConnection, Pong
from wsproto.utilities import LocalProtocolError, RemoteProtocolError

from mqtt_explorer.network.faults import FaultKind, LinkFault
from mqtt_explorer.network.transport import Data, Transport

#: Sent per frame: bounds the time of masking (2 ns a byte) and what waits here when the socket is full.
_FRAME = 131_072
#: Answers to pings are left out when this much waits: a peer that reads nothing needs none (RFC 6455 section 5.5.3).
_PONGS = 65_536

_CONTINUATION, _TEXT, _BINARY = 0, 1, 2
#: The first bytes of whole control frames without reserved bits. There may be thousands in a read, so wsproto does not see them.
_PING, _PONG = 0x89, 0x8A


class WebsocketTransport:
    """The payload of binary frames as a byte stream."""

    def __init__(self, inner: Transport, where: str, early: bytes = b"") -> None:
        """Takes over a transport after the upgrade; `early` is what came behind the HTTP answer."""
        self._inner = inner
        self._where = where
        self._ws = Connection(ConnectionType.CLIENT)
        self._early = early
        self._partial = b""  # the start of a frame's header, or of a control frame
        self._frame_left = 0  # bytes of the current data frame still to come
        self._in_message = False  # a message began and its last frame has not come
        self._ping: bytes | None = None  # what the newest ping of this read wants to have back
        self._unsent = memoryview(b"")
        self._ended = False
        self._end_told = False
        self._failure: LinkFault | None = None
        self.end_reason = ""
        self.tls_version = inner.tls_version
        self.peer = inner.peer
        self.description = inner.description.replace("TCP", "Websocket", 1).replace(
            "TLS", "Websocket, TLS", 1
        )

    @property
    def wants_write(self) -> bool:
        """True while frames wait for the socket."""
        return bool(self._unsent) or self._inner.wants_write

    def recv(self, n: int, /) -> bytes:
        """Up to `n` bytes of payload; ``b""`` after a close frame or the end of the stream.

        Reads once: a peer that sends nothing but control frames must not keep the caller from looking at the clock.

        Raises:
            BlockingIOError: No payload came; `pending` says whether there is more to read at once.
            LinkFault: The peer does not keep to the protocol, or sent text.
            OSError: The connection is broken.
        """
        if self._failure is None and not self._ended:
            if self._early:
                data, self._early = self._early[:n], self._early[n:]
            else:
                data = self._inner.recv(n)
            if data:
                payload = self._unwrap(data)
                self._answer_ping()
                if payload:
                    return payload
            else:
                self._ended = True
        if self._failure is not None:
            raise self._failure
        if self._ended:
            self._end_told = True
            return b""
        raise BlockingIOError

    def _unwrap(self, data: bytes) -> bytes:
        """Takes the frames off; what is left of an unfinished header waits for the next read."""
        if self._frame_left >= len(data):
            self._frame_left -= len(data)
            return data
        if self._partial:
            data = self._partial + data
            self._partial = b""
        payload: list[bytes] = []
        pos = self._frame_left
        if pos:
            payload.append(data[:pos])
            self._frame_left = 0
        end = len(data)
        while end - pos >= 2:
            length = data[pos + 1]
            if length < 126 and data[pos] == 0x82 and not self._in_message:
                start = pos + 2  # one whole small message: nearly all of them
            elif data[pos] & 0x08:
                stop = self._control(data, pos)
                if stop < 0:
                    break
                pos = stop
                continue
            else:
                start, length = self._data_header(data, pos)
                if start < 0:
                    break
            stop = start + length
            if stop > end:
                payload.append(data[start:])
                self._frame_left = stop - end
                pos = end
                break
            payload.append(data[start:stop])
            pos = stop
        if not self._ended and self._failure is None:
            self._partial = data[pos:]
        return payload[0] if len(payload) == 1 else b"".join(payload)

    def _data_header(self, data: bytes, pos: int) -> tuple[int, int]:
        """Where a data frame's payload starts, and its length; (-1, 0) when the header is not complete or wrong."""
        first, length = data[pos], data[pos + 1]
        opcode = first & 0x0F
        if first & 0x70 or length & 0x80 or opcode > _BINARY or (opcode == _CONTINUATION) != self._in_message:
            self._break_off("broke the rules of websocket frames")
            return -1, 0
        if opcode == _TEXT:
            self._break_off("sent a text frame, but MQTT has binary frames only")
            return -1, 0
        start = pos + 2
        if length >= 126:
            start += 2 if length == 126 else 8
            if start > len(data):
                return -1, 0
            length = int.from_bytes(data[pos + 2 : start], "big")
        self._in_message = not first & 0x80
        return start, length

    def _control(self, data: bytes, pos: int) -> int:
        """Handles a ping, pong or close frame; the position behind it, or -1 when it is not complete or ends the stream."""
        stop = pos + 2 + data[pos + 1]
        if data[pos + 1] > 125:
            self._break_off("broke the rules of websocket frames")
            return -1
        if stop > len(data):
            return -1
        if data[pos] == _PING:
            self._ping = data[pos + 2 : stop]
            return stop
        if data[pos] == _PONG:
            return stop
        try:
            self._ws.receive_data(data[pos:stop])
            for event in self._ws.events():
                if isinstance(event, CloseConnection):
                    if self._ws.state is ConnectionState.OPEN:
                        # No close frame came: this is how wsproto reports a frame it cannot read.
                        raise RemoteProtocolError(event.reason or "")
                    self.end_reason = f"{int(event.code)} {event.reason or ''}".strip()
                    self._ended = True
                    self._push(self._ws.send(event.response()))
        except (RemoteProtocolError, LocalProtocolError):
            self._break_off("broke the rules of websocket frames")
        return -1 if self._ended or self._failure is not None else stop

    def _answer_ping(self) -> None:
        """Answers the newest ping of a read only, as RFC 6455 section 5.5.3 allows; none behind a close frame."""
        ping, self._ping = self._ping, None
        if ping is not None and self._ws.state is ConnectionState.OPEN and len(self._unsent) < _PONGS:
            self._push(self._ws.send(Pong(payload=ping)))

    def _break_off(self, what: str) -> None:
        self._failure = LinkFault(
            FaultKind.WEBSOCKET,
            "Websocket fault",
            f"{self._where} {what}; check that the address and path are those of MQTT.",
        )

    def send(self, data: Data, /) -> int:
        """Sends one masked frame; what the socket does not take at once is kept and sent by `flush`.

        Nothing may follow a close frame (RFC 6455 section 5.5.1). An answer to a message that came with it is taken and dropped:
        `recv` tells the end and its reason.
        """
        if self._ended or self._ws.state is not ConnectionState.OPEN:
            return memoryview(data).nbytes
        if self.wants_write:
            self.flush()
            if self.wants_write:
                raise BlockingIOError
        part = bytes(memoryview(data)[:_FRAME])
        if part:
            self._push(self._ws.send(BytesMessage(data=part)))
        return len(part)

    def _push(self, frame: bytes) -> None:
        self._unsent = memoryview(bytes(self._unsent) + frame if self._unsent else frame)
        self.flush()

    def flush(self) -> None:
        """Sends waiting frames as far as the socket takes them."""
        self._inner.flush()
        try:
            while self._unsent:
                self._unsent = self._unsent[self._inner.send(self._unsent) :]
        except BlockingIOError:
            return

    def pending(self) -> int:
        """More than 0 when `recv` has something that no readiness of the socket will announce."""
        if self._ended:
            return 0 if self._end_told else 1
        if self._failure is not None or self._early:
            return max(1, len(self._early))
        return self._inner.pending()

    def quick_ack(self) -> None:
        """Acknowledges what was read at once."""
        self._inner.quick_ack()

    def fileno(self) -> int:
        """The socket's number; -1 once closed."""
        return self._inner.fileno()

    def close(self) -> None:
        """Says goodbye (close frame 1000) without waiting for the answer, and closes the socket."""
        if self.fileno() >= 0 and self._ws.state is ConnectionState.OPEN and not self._unsent:
            try:
                self._push(self._ws.send(CloseConnection(code=1000)))
            except OSError:
                pass  # the connection is broken already
        self._inner.close()
