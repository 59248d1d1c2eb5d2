# SPDX-License-Identifier: MIT
"""The HTTP upgrade that turns a connection into a websocket (RFC 6455 section 4), in the dialer's thread."""

from __future__ import annotations

import http
import re
from collections.abc import Callable
from ssl import SSLError
from urllib.parse import quote

from wsproto import ConnectionType
from wsproto.events import AcceptConnection, RejectConnection, Request
from wsproto.handshake import H11Handshake
from wsproto.utilities import LocalProtocolError, RemoteProtocolError

from mqtt_explorer.network.faults import DialError, FaultKind, looks_like_tls, tls_handshake_error
from mqtt_explorer.network.transport import Transport
from mqtt_explorer.network.websocket import WebsocketTransport
from mqtt_explorer.protocol.options import ConnectOptions
from mqtt_explorer.protocol.url import DEFAULT_PORTS, BrokerUrl

_SUBPROTOCOL = "mqtt"
_LONGEST_ANSWER = 65_536
_STATUS_LINE = re.compile(rb"HTTP/1\.[01] (\d{3})(?: ([^\r\n]*))?")
# RFC 9110 section 5: a token, and visible ASCII with blanks inside.
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_HEADER_VALUE = re.compile(r"([!-~]([ \t!-~]*[!-~])?)?")
#: Refusals that may pass: request timeout, too early, too many requests.
_PASSING = (408, 425, 429)


def upgrade(
    transport: Transport, options: ConnectOptions, wait: Callable[[bool], None]
) -> WebsocketTransport:
    """Asks for the upgrade and returns the websocket; blocks in `wait` (True: until writable, False: until readable).

    Raises:
        DialError: The upgrade was refused, or the port speaks something else.
    """
    url = options.url
    handshake = H11Handshake(ConnectionType.CLIENT)
    _send_all(transport, _request(handshake, options), options, wait)
    head, early = _receive_head(transport, options, wait)
    try:
        handshake.receive_data(head)
        answer = next(iter(handshake.events()), None)
    except (RemoteProtocolError, LocalProtocolError, UnicodeError) as error:
        raise _not_a_websocket(url, str(error)) from error
    if isinstance(answer, RejectConnection) or answer is None:
        raise _refused(url, head)
    if not isinstance(answer, AcceptConnection) or answer.subprotocol != _SUBPROTOCOL:
        raise DialError(
            FaultKind.WEBSOCKET,
            "No MQTT at this path",
            f"{url.shown} is a websocket, but does not agree to the subprotocol “mqtt”; check the path.",
            permanent=True,
            field="url",
        )
    return WebsocketTransport(transport, url.netloc, early)


def _request(handshake: H11Handshake, options: ConnectOptions) -> bytes:
    url = options.url
    default = DEFAULT_PORTS[url.scheme] == url.port
    host = url.netloc.rpartition(":")[0] if default else url.netloc
    headers = []
    for name, value in options.websocket_headers:
        if not _HEADER_NAME.fullmatch(name) or not _HEADER_VALUE.fullmatch(value):
            raise _bad_header(name)
        if name.lower() == "host":
            host = value
        else:
            headers.append((name.encode(), value.encode()))
    return handshake.send(
        Request(
            host=host,
            target=quote(url.path or "/", safe="/?&=%:@!$'()*+,;~"),
            subprotocols=[_SUBPROTOCOL],
            extra_headers=headers,
        )
    )


def _bad_header(name: str) -> DialError:
    return DialError(
        FaultKind.WEBSOCKET,
        "Websocket headers",
        f"The websocket header “{name[:40]}” has characters in its name or value that HTTP does not allow; "
        "correct it in the connection's settings.",
        permanent=True,
        field="websocket_headers",
    )


def _send_all(
    transport: Transport, data: bytes, options: ConnectOptions, wait: Callable[[bool], None]
) -> None:
    view = memoryview(data)
    try:
        while view:
            try:
                view = view[transport.send(view) :]
            except BlockingIOError:
                wait(True)
        while transport.wants_write:
            wait(True)
            transport.flush()
    except OSError as error:
        raise _broken(error, options) from error


def _receive_head(
    transport: Transport, options: ConnectOptions, wait: Callable[[bool], None]
) -> tuple[bytes, bytes]:
    """The answer up to its empty line, and what came behind it."""
    url = options.url
    answer = b""
    while b"\r\n\r\n" not in answer:
        try:
            data = transport.recv(_LONGEST_ANSWER)
        except BlockingIOError:
            wait(False)
            continue
        except OSError as error:
            raise _broken(error, options) from error
        if not data:
            if answer:
                raise _not_a_websocket(url, "it closed the connection in the middle of its answer")
            raise _closed(url)
        answer += data
        if looks_like_tls(answer):
            raise _not_a_websocket(url, "it speaks TLS: use wss:// instead")
        if not b"HTTP/1.".startswith(answer[:7]):
            raise _not_a_websocket(url, "it answers with something that is not HTTP")
        if len(answer) > _LONGEST_ANSWER:
            raise _not_a_websocket(url, "its answer has no end")
    head, gap, early = answer.partition(b"\r\n\r\n")
    return head + gap, early


def _broken(error: OSError, options: ConnectOptions) -> DialError:
    """With TLS 1.3 a broker's alert about our certificate comes after our side of the handshake: during the upgrade."""
    if isinstance(error, SSLError):
        return tls_handshake_error(error, options.url, options.tls)
    return _closed(options.url)


def _closed(url: BrokerUrl) -> DialError:
    """What a broker's MQTT port does to an HTTP request."""
    return DialError(
        FaultKind.CLOSED,
        "Not a websocket port",
        f"{url.netloc} closed the connection when asked for a websocket; if this is the broker's MQTT port, "
        f"use {'mqtts' if url.tls else 'mqtt'}://.",
        permanent=True,
        field="url",
    )


def _not_a_websocket(url: BrokerUrl, why: str) -> DialError:
    return DialError(
        FaultKind.WEBSOCKET,
        "Not a websocket",
        f"{url.netloc} does not answer as a websocket ({why}); check scheme, port and path.",
        permanent=True,
        field="url",
    )


def _refused(url: BrokerUrl, head: bytes) -> DialError:
    found = _STATUS_LINE.match(head)
    code = int(found[1]) if found else 0
    reason = found[2].decode("latin-1").strip()[:80] if found and found[2] else ""
    if not reason and code in {status.value for status in http.HTTPStatus}:
        reason = http.HTTPStatus(code).phrase
    if code in (401, 403, 407):
        next_step = "the server wants another login or header for the websocket"
    elif code == 404:
        next_step = f"there is nothing at “{url.path.partition('?')[0]}”, so check the path"
    elif 300 <= code < 400:
        next_step = f"it points elsewhere{_location(head)}, so use that address"
    elif code == 426:
        next_step = "it speaks another version of websockets"
    elif code >= 500 or code in _PASSING:
        next_step = "the server behind the address is in trouble, or restarts"
    else:
        next_step = "check that address and path are those of the broker's websocket"
    return DialError(
        FaultKind.WEBSOCKET,
        "Websocket refused",
        f"{url.netloc} refused the websocket with HTTP {code}{f' ({reason})' if reason else ''}: {next_step}.",
        permanent=code < 500 and code not in _PASSING,
        field="url",
        code=code,
    )


def _location(head: bytes) -> str:
    """Where a redirect points, without anything that may be secret in it."""
    found = re.search(rb"(?im)^location:[ \t]*([^\r\n?]*)", head)
    return f" (to {found[1].decode('latin-1').strip()[:120]})" if found else ""
