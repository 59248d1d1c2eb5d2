# SPDX-License-Identifier: MIT
"""Finds out what a port speaks that does not speak what was expected: it is asked in every scheme.

Nothing sent here belongs to the user: no login, no client id, no certificate, no header, no query of the path.
"""

from __future__ import annotations

import asyncio
import enum
from dataclasses import replace
from ssl import SSLError

from mqtt_explorer.network.dialer import dial
from mqtt_explorer.network.faults import DialError, FaultKind, LinkFault
from mqtt_explorer.network.transport import Transport
from mqtt_explorer.protocol.options import ConnectOptions, TlsOptions
from mqtt_explorer.protocol.url import DEFAULT_PORTS, BrokerUrl
from mqtt_explorer.tasks import cancel_and_wait, create_task

#: For everything together.
WITHIN_S = 2.0
_POLL_S = 0.01
#: A CONNECT of MQTT 3.1.1 that must be refused: no client id, yet a session to keep (3.1.3-8). The answer is a CONNACK all the same.
_QUESTION = b"\x10\x0c\x00\x04MQTT\x04\x00\x00\x0a\x00\x00"
_CONNACK = 0x20
#: Where most brokers have their websocket; for addresses that name no path.
_USUAL_PATH = "/mqtt"
#: What a web server says to HTTP on its TLS port, or the other way round.
_BAD_REQUEST = 400


class _Verdict(enum.IntEnum):
    NO = 0
    #: TLS is spoken, but what is inside stayed hidden: a client certificate is wanted.
    TLS_ONLY = 1
    YES = 2


def worth_asking(error: Exception) -> bool:
    """True for a fault that a port makes which speaks something else."""
    if not isinstance(error, DialError | LinkFault):
        return False
    if isinstance(error, DialError) and error.kind in (FaultKind.WEBSOCKET, FaultKind.CLOSED):
        return error.field == "url" and error.code in (None, _BAD_REQUEST)
    return error.wrong_port


async def guess(options: ConnectOptions) -> str | None:
    """Asks the port in every scheme at once, without verification; takes 2 s at most.

    Returns:
        The scheme to use instead ("mqtt", "mqtts", "ws", "wss"); None when the port speaks the one of the address after all, or
        nothing that could be recognised.
    """
    tasks = {scheme: create_task(_ask(scheme, options), name=f"ask for {scheme}") for scheme in DEFAULT_PORTS}
    try:
        await asyncio.wait(tasks.values(), timeout=WITHIN_S)
        found = {
            scheme: task.result() if task.done() and task.exception() is None else _Verdict.NO
            for scheme, task in tasks.items()  # one that failed has been logged: a guess must not cost the fault it is to explain
        }
    finally:
        await cancel_and_wait(*tasks.values())
    return _choose(options.url, found)


def _choose(url: BrokerUrl, found: dict[str, _Verdict]) -> str | None:
    if found[url.scheme] is _Verdict.YES:
        return None
    for scheme, verdict in found.items():
        if verdict is _Verdict.YES:
            return scheme
    encrypted = "wss" if url.websocket else "mqtts"
    return encrypted if not url.tls and found[encrypted] is _Verdict.TLS_ONLY else None


async def _ask(scheme: str, options: ConnectOptions) -> _Verdict:
    url = BrokerUrl(scheme, options.url.host, options.url.port, "")
    if url.websocket:
        url = replace(url, path=options.url.path.partition("?")[0] or _USUAL_PATH)
    tls = TlsOptions()
    if url.tls:
        tls = TlsOptions(verify=False, server_name=options.tls.server_name, alpn=options.tls.alpn)
    question = ConnectOptions(url, client_id="", tls=tls, dial_timeout_s=WITHIN_S)
    try:
        transport = await dial(question)
    except DialError as error:
        return _from_refusal(error, asked=options.url)
    try:
        return _Verdict.YES if url.websocket else await _is_mqtt(transport)
    except SSLError:
        return _Verdict.TLS_ONLY  # an alert: it wants a client certificate
    except OSError:
        return _Verdict.TLS_ONLY if url.tls else _Verdict.NO
    finally:
        transport.close()


def _from_refusal(error: DialError, *, asked: BrokerUrl) -> _Verdict:
    if error.kind is FaultKind.TLS:
        return _Verdict.NO if error.wrong_port else _Verdict.TLS_ONLY
    spoke_http = error.kind is FaultKind.WEBSOCKET and error.code is not None
    if spoke_http and asked.websocket and error.code != _BAD_REQUEST:
        return (
            _Verdict.YES
        )  # it refuses the request, as it lacks the headers that were left out; but it is the right language
    return _Verdict.NO


async def _is_mqtt(transport: Transport) -> _Verdict:
    """Asks for a CONNACK; polls, since a reader of the loop would be much for one byte."""
    transport.send(_QUESTION)
    while True:
        try:
            if transport.wants_write:
                transport.flush()
            first = transport.recv(64)
        except BlockingIOError:
            await asyncio.sleep(_POLL_S)
            continue
        if first[:1] == bytes([_CONNACK]):
            return _Verdict.YES
        return _Verdict.TLS_ONLY if transport.tls_version and not first else _Verdict.NO
