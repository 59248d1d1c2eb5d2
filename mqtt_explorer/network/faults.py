# SPDX-License-Identifier: MIT
"""What goes wrong between us and a broker, each with its cause and the next step.

A `DialError` is a connection that never stood, a `LinkFault` one that was lost. Sentences about TLS are in `tls_faults`.
"""

from __future__ import annotations

import enum
import errno
import socket
from collections.abc import Sequence
from ssl import SSLError

from mqtt_explorer.errors import MqttExplorerError
from mqtt_explorer.network import tls_faults
from mqtt_explorer.protocol.options import TlsOptions
from mqtt_explorer.protocol.url import BrokerUrl


class FaultKind(enum.StrEnum):
    """Where the fault lies; for state machines and logs, not for people."""

    DNS = "dns"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    TIMEOUT = "timeout"
    TLS = "tls"
    TLS_FILE = "tls_file"
    WEBSOCKET = "websocket"
    CLOSED = "closed"
    PROTOCOL = "protocol"
    PROGRAM = "program"
    OTHER = "other"


class _Fault(MqttExplorerError):
    def __init__(
        self,
        kind: FaultKind,
        title: str,
        message: str,
        *,
        permanent: bool = False,
        field: str | None = None,
        code: int | None = None,
        wrong_port: bool = False,
        clean: bool = False,
        try_scheme: str | None = None,
    ) -> None:
        super().__init__(title, message, field=field, code=code)
        self.kind = kind
        self.permanent = permanent
        self.wrong_port = wrong_port
        self.clean = clean
        self.try_scheme = try_scheme


class DialError(_Fault):
    """The connection could not be made.

    Attributes:
        kind: Where the fault lies.
        permanent: True when trying again by itself does not help (a certificate, a file, a refused upgrade).
        wrong_port: True when the port may simply speak something else; `port_guess` can find out.
        try_scheme: The scheme the port was found to speak ("mqtts"); None when nobody found out.
    """


class LinkFault(_Fault):
    """A connection that stood was lost.

    Attributes:
        kind: Where the fault lies.
        permanent: True when connecting again by itself does not help (the broker refused our certificate).
        clean: True when the peer closed in order and gave no reason.
        wrong_port: True when the port may simply speak something else; `port_guess` can find out.
        try_scheme: The scheme the port was found to speak ("mqtts"); None when nobody found out.
    """


_UNREACHABLE = {
    getattr(errno, name)
    for name in ("ENETUNREACH", "EHOSTUNREACH", "ENETDOWN", "EHOSTDOWN", "EADDRNOTAVAIL", "EAFNOSUPPORT")
    if hasattr(errno, name)
} | {10047, 10049, 10050, 10051, 10064, 10065}  # Winsock's numbers for the same
_TIMED_OUT = {errno.ETIMEDOUT, 10060}
_REFUSED = {errno.ECONNREFUSED, 10061}
_RESET = {errno.ECONNRESET, errno.ECONNABORTED, errno.EPIPE, 10053, 10054}


def dns_error(error: OSError, url: BrokerUrl) -> DialError:
    """The host name gave no address."""
    if isinstance(error, socket.gaierror) and error.errno == socket.EAI_AGAIN:
        return DialError(
            FaultKind.DNS,
            "Name lookup failed",
            f"The name server did not answer for “{url.host}”; check this computer's network connection.",
            field="url",
        )
    return DialError(
        FaultKind.DNS,
        "Unknown host",
        f"No address was found for “{url.host}”; check the spelling of the host name.",
        field="url",
    )


def connect_error(errors: Sequence[OSError], url: BrokerUrl) -> DialError:
    """No address of the host took the TCP connection; the most telling of the errors counts."""
    numbers = {error.errno for error in errors}
    if numbers & _REFUSED:
        return DialError(
            FaultKind.REFUSED,
            "Connection refused",
            f"Nothing listens at {url.netloc}; check that the broker runs and that the port is right.",
        )
    if numbers & _TIMED_OUT:
        return timeout_error(f"{url.netloc} did not answer", url)
    if numbers & _UNREACHABLE:
        return DialError(
            FaultKind.UNREACHABLE,
            "Host unreachable",
            f"There is no way to {url.netloc} from here; check the network, the VPN and the address.",
        )
    reason = errors[-1].strerror if errors and errors[-1].strerror else "the system gave no reason"
    return DialError(
        FaultKind.OTHER,
        "No connection",
        f"Connecting to {url.netloc} failed ({reason}); check the address and the network.",
    )


def timeout_error(what: str, url: BrokerUrl, seconds: float | None = None) -> DialError:
    """The deadline of a dial passed; `what` is the first half of the sentence."""
    within = f" within {seconds:g} s" if seconds is not None else ""
    return DialError(
        FaultKind.TIMEOUT,
        "Timed out",
        f"{what}{within}; check that {url.netloc} is the broker's address and that no firewall is in between.",
    )


#: Faults of the address by which the peer proves that it speaks TLS.
_ANSWERED_IN_TLS = ("TLSV1_UNRECOGNIZED_NAME", "TLSV1_ALERT_UNRECOGNIZED_NAME")


def tls_handshake_error(
    error: OSError | None, url: BrokerUrl, tls: TlsOptions, names: Sequence[str] = ()
) -> DialError:
    """The TLS handshake failed; `error` None means the peer closed the connection.

    Args:
        error: What the TLS library or the socket raised.
        url: Where we dialled.
        tls: How we dialled.
        names: The names in the broker's certificate, where known.
    """
    if isinstance(error, SSLError):
        title, message = tls_faults.explain(error, url, tls, names)
        field = tls_faults.field_of(error, tls)
        reason = tls_faults.reason_of(error)
        wrong_port = reason == "UNEXPECTED_EOF_WHILE_READING" or (
            field == "url" and reason not in ("CERTIFICATE_VERIFY_FAILED", *_ANSWERED_IN_TLS)
        )
        return DialError(FaultKind.TLS, title, message, permanent=True, field=field, wrong_port=wrong_port)
    # Closed during the handshake is what a listener without TLS does to our first packet.
    plain = "ws" if url.websocket else "mqtt"
    return DialError(
        FaultKind.CLOSED,
        "Not a TLS port",
        f"{url.netloc} closed the connection when TLS began; the port probably has no TLS: "
        f"use {plain}://, or the broker's TLS port (often {443 if url.websocket else 8883}).",
        permanent=True,
        field="url",
        wrong_port=True,
    )


def link_fault(error: OSError | None, url: BrokerUrl, tls: TlsOptions, *, said: str = "") -> LinkFault:
    """Why a connection that stood ended; `error` None means the peer closed it.

    Args:
        error: What reading or writing raised.
        url: The broker.
        tls: How we dialled.
        said: What the peer gave as reason (a websocket close frame), or "".
    """
    if isinstance(error, SSLError):
        title, message = tls_faults.explain(error, url, tls)
        return LinkFault(
            FaultKind.TLS,
            title,
            message,
            permanent=tls_faults.refuses_client(error),
            field=tls_faults.field_of(error, tls),
        )
    if error is None:
        because = f" ({said})" if said else ""
        return LinkFault(
            FaultKind.CLOSED,
            "Connection closed",
            f"{url.netloc} closed the connection{because}; the broker's log says why.",
            clean=not said,
        )
    if error.errno in _TIMED_OUT:
        return LinkFault(
            FaultKind.TIMEOUT, "Connection lost", f"{url.netloc} no longer answers; check the network."
        )
    if error.errno in _UNREACHABLE:
        return LinkFault(
            FaultKind.UNREACHABLE,
            "Network lost",
            f"There is no way to {url.netloc} any more; check the network and the VPN.",
        )
    if error.errno in _RESET:
        return LinkFault(
            FaultKind.CLOSED,
            "Connection reset",
            f"{url.netloc} cut the connection; the broker stopped, or something between us and it did.",
        )
    reason = error.strerror or str(error) or type(error).__name__
    return LinkFault(
        FaultKind.OTHER,
        "Connection lost",
        f"The connection to {url.netloc} broke ({reason}); check the network.",
    )


def no_connack_fault(
    url: BrokerUrl, tls: TlsOptions, first: bytes, error: OSError | None = None
) -> LinkFault:
    """The peer ended the connection before a CONNACK: mostly a port that speaks something else.

    Args:
        url: Where we dialled.
        tls: How we dialled.
        first: The first bytes the peer sent, possibly none.
        error: What reading raised; None when the peer closed.
    """
    if isinstance(error, SSLError):
        return link_fault(error, url, tls)
    if not url.tls and looks_like_tls(first):
        return LinkFault(
            FaultKind.PROTOCOL,
            "A TLS port",
            f"{url.netloc} answers with TLS; use {'wss' if url.websocket else 'mqtts'}:// instead.",
            permanent=True,
            field="url",
            wrong_port=True,
        )
    if first.startswith(b"HTTP/"):
        return LinkFault(
            FaultKind.PROTOCOL,
            "A web server",
            f"{url.netloc} answers with HTTP; for MQTT over websockets use {'wss' if url.tls else 'ws'}:// instead.",
            permanent=True,
            field="url",
            wrong_port=True,
        )
    if first:
        return LinkFault(
            FaultKind.PROTOCOL,
            "Not an MQTT broker",
            f"{url.netloc} answers with something that is not MQTT; check the port.",
            permanent=True,
            field="url",
            wrong_port=True,
        )
    if url.websocket:
        hint = "the broker behind the websocket may refuse this client; its log says why"
    elif url.tls:
        hint = "it may want a client certificate, another ALPN name, or be a websocket port (wss://)"
    else:
        hint = "the port may want TLS (mqtts://) or websockets (ws://), or the broker refuses this client"
    return LinkFault(
        FaultKind.CLOSED,
        "Closed before an answer",
        f"{url.netloc} closed the connection without an answer to CONNECT: {hint}.",
        wrong_port=True,
    )


_SPEAKS = {
    "mqtt": "plain MQTT, without TLS and websockets",
    "mqtts": "TLS, without websockets",
    "ws": "MQTT over websockets, without TLS",
    "wss": "MQTT over websockets, with TLS",
}
#: What is wrong with the port, by the scheme of the address and the one found.
_WRONG_PORTS = {
    ("mqtt", "mqtts"): "A TLS port",
    ("mqtt", "ws"): "A websocket port",
    ("mqtt", "wss"): "A websocket port with TLS",
    ("mqtts", "mqtt"): "A port without TLS",
    ("mqtts", "ws"): "A websocket port without TLS",
    ("mqtts", "wss"): "A websocket port",
    ("ws", "mqtt"): "Not a websocket port",
    ("ws", "mqtts"): "Not a websocket port",
    ("ws", "wss"): "A TLS port",
    ("wss", "mqtt"): "A plain MQTT port",
    ("wss", "mqtts"): "Not a websocket port",
    ("wss", "ws"): "A port without TLS",
}


def wrong_port(error: DialError | LinkFault, url: BrokerUrl, scheme: str) -> DialError | LinkFault:
    """The fault of an address whose port was found to speak another scheme: it says so instead of guessing.

    Args:
        error: What was known before.
        url: Where we dialled.
        scheme: What the port speaks.
    """
    # Between a pair that differs in TLS only, no more than TLS may be known: a certificate may be wanted first.
    language = "TLS" if url.scheme + "s" == scheme else _SPEAKS[scheme]
    return type(error)(
        FaultKind.PROTOCOL,
        _WRONG_PORTS[url.scheme, scheme],
        # Not "instead of …": what was typed may have been another word for the scheme (http://), or none.
        f"{url.netloc} speaks {language}; use {scheme}://.",
        permanent=True,
        field="url",
        try_scheme=scheme,
    )


def looks_like_tls(data: bytes) -> bool:
    """True for the start of a TLS record: alert or handshake, version 3.x."""
    return len(data) >= 2 and data[0] in (0x15, 0x16) and data[1] == 3


def batch_fault(error: Exception) -> LinkFault:
    """Messages that were read could not be taken over: an error of the program."""
    return LinkFault(
        FaultKind.PROGRAM,
        "Messages could not be kept",
        f"The program failed to take messages over ({type(error).__name__}: {error}), so the connection was closed; please report it.",
    )
