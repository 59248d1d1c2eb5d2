# SPDX-License-Identifier: MIT
from __future__ import annotations

import asyncio
import socket
import ssl
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from mqtt_explorer.network import dialer
from mqtt_explorer.network.dialer import dial
from mqtt_explorer.network.faults import DialError, FaultKind
from mqtt_explorer.network.steps import Step
from mqtt_explorer.protocol.options import ConnectOptions, TlsOptions
from mqtt_explorer.protocol.url import BrokerUrl
from tests.support.black_hole import BlackHole
from tests.support.certificates import Certificates
from tests.support.scripted_peer import (
    Script,
    ScriptedPeer,
    hangs_up,
    mute,
    over_tls,
    read_head,
    says,
    server_context,
    websocket,
)
from tests.support.transports import receive


def options(url: str, *, timeout: float = 5.0, **more: Any) -> ConnectOptions:
    return ConnectOptions(BrokerUrl.parse(url)[0], dial_timeout_s=timeout, **more)


async def fault_of(wanted: ConnectOptions) -> DialError:
    with pytest.raises(DialError) as caught:
        await dial(wanted)
    assert wanted.url.netloc in caught.value.message or caught.value.kind is FaultKind.DNS
    assert caught.value.message.endswith(".")
    return caught.value


async def ended(peer: ScriptedPeer, within: float) -> bool:
    return await asyncio.to_thread(peer.ended.wait, within)


async def test_plain_tcp_gives_a_non_blocking_transport():
    with ScriptedPeer(says(b"hello")) as peer:
        transport = await dial(options(f"mqtt://127.0.0.1:{peer.port}"))
        assert await receive(transport) == b"hello"
        with pytest.raises(BlockingIOError):
            transport.recv(10)
        assert transport.peer == f"127.0.0.1:{peer.port}"
        assert transport.description == f"TCP, 127.0.0.1:{peer.port}"
        assert not transport.wants_write
        transport.close()
        transport.close()
        assert transport.fileno() == -1


async def test_the_socket_has_no_delay_keepalive_and_the_large_buffer_only_where_allowed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any
):
    sizes = []
    for allowed in ("4194304", "212992"):
        (tmp_path / "rmem_max").write_text(f"{allowed}\n")
        monkeypatch.setattr(dialer, "_RMEM_MAX", tmp_path / "rmem_max")
        with ScriptedPeer(mute) as peer:
            transport = await dial(options(f"mqtt://127.0.0.1:{peer.port}"))
            with socket.socket(fileno=socket.dup(transport.fileno())) as sock:
                assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
                assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
                sizes.append(sock.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF))
            transport.close()
    assert sizes[0] > sizes[1]


async def test_tls_names_its_version(certificates: Certificates):
    with ScriptedPeer(over_tls(server_context(certificates.server), says(b"hello"))) as peer:
        tls = TlsOptions(ca_file=str(certificates.ca))
        transport = await dial(options(f"mqtts://localhost:{peer.port}", tls=tls))
        assert await receive(transport) == b"hello"
        assert transport.tls_version == "TLSv1.3"
        assert transport.description == f"TLS 1.3, localhost:{peer.port}"
        transport.close()


async def test_sni_and_alpn_are_sent(certificates: Certificates):
    context = server_context(certificates.server)
    context.set_alpn_protocols(["mqtt"])
    seen: list[str | None] = []
    context.sni_callback = lambda sock, name, context: seen.append(name)

    def script(sock: socket.socket) -> None:
        assert isinstance(sock, ssl.SSLSocket)
        sock.sendall((sock.selected_alpn_protocol() or "").encode())
        mute(sock)

    with ScriptedPeer(over_tls(context, script)) as peer:
        tls = TlsOptions(ca_file=str(certificates.ca), server_name="localhost", alpn=("x", "mqtt"))
        transport = await dial(options(f"mqtts://127.0.0.1:{peer.port}", tls=tls))
        assert await receive(transport) == b"mqtt"
        assert seen == ["localhost"]
        transport.close()


@pytest.mark.parametrize("scheme", ["mqtt", "mqtts"])
async def test_ipv6(certificates: Certificates, scheme: str):
    if not socket.has_ipv6:
        pytest.skip("no IPv6")
    script: Script = says(b"six")
    if scheme == "mqtts":
        script = over_tls(server_context(certificates.server), script)
    with ScriptedPeer(script, host="::1") as peer:
        tls = TlsOptions(ca_file=str(certificates.ca)) if scheme == "mqtts" else TlsOptions()
        transport = await dial(options(f"{scheme}://[::1]:{peer.port}", tls=tls))
        assert await receive(transport) == b"six"
        assert transport.peer == f"[::1]:{peer.port}"
        transport.close()


# --- addresses ------------------------------------------------------------------------------------------------------


def resolves_to(monkeypatch: pytest.MonkeyPatch, *hosts: str) -> None:
    def getaddrinfo(host: str, port: int, **_: object) -> list[Any]:
        return [
            (socket.AF_INET6, 1, 6, "", (name, port, 0, 0))
            if ":" in name
            else (socket.AF_INET, 1, 6, "", (name, port))
            for name in hosts
        ]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)


async def test_a_refused_address_is_followed_by_the_next_at_once(monkeypatch: pytest.MonkeyPatch):
    resolves_to(monkeypatch, "::1", "127.0.0.2", "127.0.0.1")
    with ScriptedPeer(says(b"x")) as peer:
        begun = time.monotonic()
        transport = await dial(options(f"mqtt://somewhere.test:{peer.port}"))
        assert transport.peer == f"127.0.0.1:{peer.port}"
        assert time.monotonic() - begun < dialer.STAGGER_S
        transport.close()


async def test_an_address_that_swallows_does_not_keep_the_next_waiting(monkeypatch: pytest.MonkeyPatch):
    with BlackHole() as hole, socket.create_server(("127.0.0.1", hole.port)):
        resolves_to(monkeypatch, hole.host, "127.0.0.1")
        begun = time.monotonic()
        transport = await dial(options(f"mqtt://somewhere.test:{hole.port}"))
        assert transport.peer == f"127.0.0.1:{hole.port}"
        assert time.monotonic() - begun < 1.0
        transport.close()


def test_families_take_turns():
    four = [(socket.AF_INET, ("192.0.2.1", 1)), (socket.AF_INET, ("192.0.2.2", 1))]
    six = [(socket.AF_INET6, ("2001:db8::1", 1))]
    assert dialer._alternate([*six, *four]) == [six[0], four[0], four[1]]
    assert dialer._alternate([*four, *six]) == [four[0], six[0], four[1]]


# --- faults ---------------------------------------------------------------------------------------------------------


async def test_an_unknown_host():
    fault = await fault_of(options("mqtt://does-not-exist.invalid"))
    assert fault.kind is FaultKind.DNS
    assert "does-not-exist.invalid" in fault.message
    assert not fault.permanent


async def test_nothing_listens():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    fault = await fault_of(options(f"mqtt://127.0.0.1:{port}"))
    assert fault.kind is FaultKind.REFUSED
    assert not fault.permanent


async def test_no_way_there():
    # The limited broadcast address is never reachable by TCP.
    fault = await fault_of(options("mqtt://255.255.255.255:1883"))
    assert fault.kind in (FaultKind.UNREACHABLE, FaultKind.OTHER)
    assert not fault.permanent


async def test_a_black_hole_ends_at_the_deadline():
    with BlackHole() as hole:
        begun = time.monotonic()
        fault = await fault_of(options(f"mqtt://{hole.host}:{hole.port}", timeout=0.3))
        assert fault.kind is FaultKind.TIMEOUT
        assert 0.25 < time.monotonic() - begun < 0.6
        assert not fault.permanent


async def test_a_hanging_name_lookup_ends_at_the_deadline(monkeypatch: pytest.MonkeyPatch):
    release = threading.Event()

    def hang(*args: object, **kwargs: object) -> None:
        release.wait(10)
        raise socket.gaierror(socket.EAI_AGAIN, "late")

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    begun = time.monotonic()
    try:
        fault = await fault_of(options("mqtt://slow.test:1883", timeout=0.2))
    finally:
        release.set()
    assert time.monotonic() - begun < 0.5
    assert fault.kind is FaultKind.TIMEOUT
    assert "name lookup of “slow.test”" in fault.message


@pytest.mark.parametrize(
    ("scheme", "step"), [("mqtts", "TLS handshake"), ("ws", "websocket"), ("wss", "TLS handshake")]
)
async def test_a_mute_server_ends_at_the_deadline_and_the_step_is_named(scheme: str, step: str):
    with ScriptedPeer(mute) as peer:
        begun = time.monotonic()
        fault = await fault_of(options(f"{scheme}://127.0.0.1:{peer.port}", timeout=0.3))
        assert 0.25 < time.monotonic() - begun < 0.6
        assert fault.kind is FaultKind.TIMEOUT
        assert step in fault.message
        assert await ended(peer, 1), "the socket was left open"


async def test_a_dripping_websocket_answer_ends_at_the_deadline():
    def drip(sock: socket.socket) -> None:
        sock.sendall(b"HTTP/1.1 200 OK\r\n")
        while True:
            sock.sendall(b"X")
            time.sleep(0.02)

    with ScriptedPeer(drip) as peer:
        begun = time.monotonic()
        fault = await fault_of(options(f"ws://127.0.0.1:{peer.port}", timeout=0.4))
        assert fault.kind is FaultKind.TIMEOUT
        assert time.monotonic() - begun < 0.7


def tls_fault_cases(certificates: Certificates) -> dict[str, tuple[Any, TlsOptions, str, str]]:
    good = TlsOptions(ca_file=str(certificates.ca))
    return {
        "expired": (certificates.expired, good, "expired", "renew"),
        "not yet valid": (certificates.not_yet_valid, good, "not valid yet", "clock"),
        "wrong host": (certificates.wrong_host, good, "broker.example", "localhost"),
        "self-signed": (certificates.self_signed, good, "signed by itself", "CA file"),
        "unknown CA": (certificates.server, TlsOptions(), "authority", "this computer's store"),
        "another CA": (
            certificates.server,
            TlsOptions(ca_file=str(certificates.other_ca)),
            "authority",
            "CA file",
        ),
    }


@pytest.mark.parametrize(
    "case", ["expired", "not yet valid", "wrong host", "self-signed", "unknown CA", "another CA"]
)
async def test_a_bad_server_certificate_is_explained(certificates: Certificates, case: str):
    pair, tls, words, more = tls_fault_cases(certificates)[case]
    with ScriptedPeer(over_tls(server_context(pair))) as peer:
        fault = await fault_of(options(f"mqtts://localhost:{peer.port}", tls=tls))
    assert fault.kind is FaultKind.TLS
    assert fault.permanent
    assert words in fault.message
    assert more in fault.message


async def test_a_broker_that_takes_no_second_connection_still_gets_a_clear_fault(
    certificates: Certificates, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(dialer, "NAMES_S", 0.2)
    first = over_tls(server_context(certificates.wrong_host))
    with ScriptedPeer(lambda sock: (first if peer.accepted == 1 else mute)(sock)) as peer:
        tls = TlsOptions(ca_file=str(certificates.ca))
        fault = await fault_of(options(f"mqtts://localhost:{peer.port}", tls=tls))
        assert peer.accepted == 2
    assert fault.kind is FaultKind.TLS
    assert "not valid for “localhost”:" in fault.message


@pytest.mark.parametrize("case", ["expired", "wrong_host", "self_signed"])
async def test_without_verification_every_certificate_will_do(certificates: Certificates, case: str):
    context = server_context(getattr(certificates, case))
    with ScriptedPeer(over_tls(context, says(b"x"))) as peer:
        tls = TlsOptions(verify=False)
        transport = await dial(options(f"mqtts://localhost:{peer.port}", tls=tls))
        assert await receive(transport) == b"x"
        transport.close()


@pytest.mark.parametrize("answer", [b"\x20\x02\x00\x01", b"HTTP/1.1 400 Bad Request\r\n\r\n"])
async def test_tls_to_a_port_that_answers_plain(answer: bytes):
    with ScriptedPeer(says(answer)) as peer:
        fault = await fault_of(options(f"mqtts://127.0.0.1:{peer.port}"))
    assert fault.kind is FaultKind.TLS
    assert "not TLS" in fault.message
    assert "mqtt://" in fault.message
    assert fault.permanent


async def test_tls_to_a_port_that_hangs_up():
    with ScriptedPeer(hangs_up) as peer:
        fault = await fault_of(options(f"mqtts://127.0.0.1:{peer.port}"))
    assert fault.kind is FaultKind.CLOSED
    assert "no TLS" in fault.message
    assert fault.permanent


async def test_a_server_with_old_tls_only(certificates: Certificates):
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        context = server_context(certificates.server, newest=ssl.TLSVersion.TLSv1_1)
    context.set_ciphers("ALL:@SECLEVEL=0")
    with ScriptedPeer(over_tls(context)) as peer:
        fault = await fault_of(options(f"mqtts://localhost:{peer.port}", tls=TlsOptions(verify=False)))
    assert fault.kind is FaultKind.TLS
    assert "TLS 1.2" in fault.message


async def test_a_missing_client_certificate_under_tls_1_2(certificates: Certificates):
    context = server_context(certificates.server, certificates, newest=ssl.TLSVersion.TLSv1_2)
    with ScriptedPeer(over_tls(context)) as peer:
        tls = TlsOptions(ca_file=str(certificates.ca))
        fault = await fault_of(options(f"mqtts://localhost:{peer.port}", tls=tls))
    assert "client certificate" in fault.message
    assert fault.permanent


async def test_a_wrong_file_is_said_before_anything_is_dialled(tmp_path: Any):
    with pytest.raises(DialError) as caught:
        await dial(options("mqtts://slow.invalid", tls=TlsOptions(ca_file=str(tmp_path / "absent.pem"))))
    assert caught.value.kind is FaultKind.TLS_FILE


@pytest.mark.parametrize(
    ("answer", "words", "permanent"),
    [
        (b"HTTP/1.1 401 Unauthorized\r\n\r\n", "HTTP 401 (Unauthorized)", True),
        (b"HTTP/1.1 403 Go away\r\nContent-Length: 2\r\n\r\nno", "HTTP 403 (Go away)", True),
        (b"HTTP/1.1 404\r\n\r\n", "HTTP 404 (Not Found): there is nothing at “/mqtt”", True),
        (
            b"HTTP/1.1 301 Moved\r\nLocation: https://a.example/x?key=1\r\n\r\n",
            "to https://a.example/x)",
            True,
        ),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "HTTP 200", True),
        (b"HTTP/1.1 503 Service Unavailable\r\n\r\n", "HTTP 503", False),
        (b"HTTP/1.1 429 Slow down\r\n\r\n", "HTTP 429", False),
        (b"HTTP/1.1 101 Sure\r\n\r\n", "does not answer as a websocket", True),
        (b"\x20\x02\x00\x01", "not HTTP", True),
        (b"\x15\x03\x01\x00\x02\x02\x0a", "wss://", True),
        (b"HTTP/1.1 200 OK\r\nX: " + b"y" * 70_000, "no end", True),
    ],
)
async def test_a_refused_upgrade_is_told_with_its_status(answer: bytes, words: str, permanent: bool):
    def script(sock: socket.socket) -> None:
        read_head(sock)
        says(answer)(sock)

    with ScriptedPeer(script) as peer:
        fault = await fault_of(options(f"ws://127.0.0.1:{peer.port}"))
    assert fault.kind is FaultKind.WEBSOCKET
    assert words in fault.message
    assert fault.permanent is permanent
    assert "key=1" not in fault.message


@pytest.mark.parametrize("scheme", ["ws", "wss"])
async def test_a_websocket_to_a_port_that_hangs_up(certificates: Certificates, scheme: str):
    script: Script = hangs_up if scheme == "ws" else over_tls(server_context(certificates.server), hangs_up)
    with ScriptedPeer(script) as peer:
        tls = TlsOptions(ca_file=str(certificates.ca)) if scheme == "wss" else TlsOptions()
        fault = await fault_of(options(f"{scheme}://127.0.0.1:{peer.port}", tls=tls))
    assert fault.kind is FaultKind.CLOSED
    assert "mqtt" in fault.message
    assert fault.permanent


# --- cancelling -----------------------------------------------------------------------------------------------------


async def cancelled_after(wanted: ConnectOptions, delay: float) -> float:
    """Dials, cancels, and returns the seconds cancelling took."""
    task = asyncio.create_task(dial(wanted))
    await asyncio.sleep(delay)
    assert not task.done()
    begun = time.monotonic()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    return time.monotonic() - begun


@pytest.mark.parametrize("scheme", ["mqtts", "ws", "wss"])
async def test_a_dial_to_a_mute_server_is_cancelled_and_its_socket_closed(scheme: str):
    with ScriptedPeer(mute) as peer:
        assert await cancelled_after(options(f"{scheme}://127.0.0.1:{peer.port}", timeout=20), 0.1) < 0.2
        assert await ended(peer, 0.2), "the socket was left open"


async def test_a_dial_into_a_black_hole_is_cancelled():
    threads = threading.active_count()
    with BlackHole() as hole:
        assert await cancelled_after(options(f"mqtt://{hole.host}:{hole.port}", timeout=20), 0.1) < 0.2
        await asyncio.sleep(0.1)
        assert threading.active_count() == threads, "the dial's thread is still there"


async def test_a_connection_made_after_cancelling_is_closed(monkeypatch: pytest.MonkeyPatch):
    looked_up: Callable[..., Any] = socket.getaddrinfo
    release = threading.Event()

    def slow(*args: Any, **kwargs: Any) -> Any:
        release.wait(5)
        return looked_up(*args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    with ScriptedPeer(mute) as peer:
        assert await cancelled_after(options(f"mqtt://127.0.0.1:{peer.port}", timeout=20), 0.1) < 0.2
        release.set()
        await asyncio.sleep(0.1)
        assert peer.accepted == 0 or peer.ended.is_set()


async def test_a_result_that_waits_in_the_loop_when_the_dial_is_cancelled_is_closed():
    with ScriptedPeer(mute) as peer:
        task = asyncio.create_task(dial(options(f"mqtt://127.0.0.1:{peer.port}")))
        await asyncio.sleep(0)
        time.sleep(0.2)  # the thread has finished; its result is queued behind the cancellation
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await ended(peer, 0.5), "the socket was left open"


async def test_the_loop_goes_on_while_dialling():
    with ScriptedPeer(mute) as peer:
        task = asyncio.create_task(dial(options(f"mqtts://127.0.0.1:{peer.port}", timeout=0.3)))
        gaps = []
        while not task.done():
            begun = time.monotonic()
            await asyncio.sleep(0.005)
            gaps.append(time.monotonic() - begun)
        with pytest.raises(DialError):
            await task
    assert len(gaps) > 20


# --- steps ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("scheme", "steps"),
    [
        ("mqtt", [Step.LOOKUP, Step.TCP]),
        ("mqtts", [Step.LOOKUP, Step.TCP, Step.TLS]),
        ("ws", [Step.LOOKUP, Step.TCP, Step.WEBSOCKET]),
        ("wss", [Step.LOOKUP, Step.TCP, Step.TLS, Step.WEBSOCKET]),
    ],
)
async def test_each_step_is_told_in_the_loop_before_the_transport_is_there(
    certificates: Certificates, scheme: str, steps: list[Step]
):
    script: Script = mute if scheme.startswith("mqtt") else websocket(mute)
    if scheme in ("mqtts", "wss"):
        script = over_tls(server_context(certificates.server), script)
    tls = TlsOptions(ca_file=str(certificates.ca)) if scheme in ("mqtts", "wss") else TlsOptions()
    told: list[Step] = []
    threads = set()

    def on_step(step: Step) -> None:
        told.append(step)
        threads.add(threading.current_thread())

    with ScriptedPeer(script) as peer:
        transport = await dial(options(f"{scheme}://127.0.0.1:{peer.port}", tls=tls), on_step)
        assert told == steps
        assert threads == {threading.current_thread()}
        transport.close()
    assert all(step.text and not step.text.endswith(".") for step in Step)


async def test_asking_for_the_names_of_a_certificate_is_no_step_of_its_own(certificates: Certificates):
    told: list[Step] = []
    with ScriptedPeer(over_tls(server_context(certificates.wrong_host))) as peer:
        tls = TlsOptions(ca_file=str(certificates.ca))
        with pytest.raises(DialError):
            await dial(options(f"mqtts://localhost:{peer.port}", tls=tls), told.append)
    assert told == [Step.LOOKUP, Step.TCP, Step.TLS]


async def test_no_step_is_told_after_cancelling():
    told: list[Step] = []
    with ScriptedPeer(mute) as peer:
        task = asyncio.create_task(dial(options(f"mqtts://127.0.0.1:{peer.port}"), told.append))
        await asyncio.sleep(0)
        time.sleep(0.1)  # the thread is at the TLS handshake; what it told waits in the loop
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        before = list(told)
        await asyncio.sleep(0.05)
        assert told == before
