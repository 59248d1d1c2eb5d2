# SPDX-License-Identifier: MIT
"""TLS through the whole stack: what connects, and what ends in `failed` with its cause."""

from __future__ import annotations

import asyncio

import pytest

from mqtt_explorer.network.link import LinkState
from mqtt_explorer.protocol.options import ProtocolVersion, TlsOptions
from mqtt_explorer.protocol.requests import PublishRequest
from tests.support.broker_clients import broker_options, opened, sub
from tests.support.mosquitto import plain, tls
from tests.support.mqtt_peer import until


@pytest.fixture
def broker(broker_factory, certificates):
    """One listener per certificate."""
    return broker_factory(
        listeners={
            "good": tls(certificates), "plain": plain(), "wrong_host": tls(certificates, certificates.wrong_host),
            "expired": tls(certificates, certificates.expired), "not_yet": tls(certificates, certificates.not_yet_valid),
            "self_signed": tls(certificates, certificates.self_signed),
            "client": tls(certificates, require_client_certificate=True),
        }
    )  # fmt: skip


FAULTS = [
    ("expired", {}, "expired"), ("not_yet", {}, "not valid"), ("wrong_host", {}, "broker.example"), ("self_signed", {}, "sign"),
    ("good", {"ca_file": "other"}, "authority"), ("plain", {}, "TLS"), ("client", {}, "client certificate"),
]  # fmt: skip


@pytest.mark.parametrize("version", list(ProtocolVersion))
@pytest.mark.parametrize(("listener", "more", "words"), FAULTS)
async def test_a_tls_fault_is_final_and_names_its_cause(broker, certificates, version, listener, more, words):
    options = TlsOptions(ca_file=str(certificates.other_ca if more else certificates.ca))
    wanted = broker_options(broker.ports[listener], "mqtts", tls=options, version=version)
    async with opened(wanted, wait=False) as (connection, changes):
        await until(lambda: connection.state.state is LinkState.FAILED)
        await asyncio.sleep(0.1)
        assert [change.state.value for change in changes] == ["connecting", "failed"]
        assert words.lower() in changes[-1].reason.lower()
        assert "unspecified" not in changes[-1].reason.lower()


@pytest.mark.parametrize("listener", ["expired", "wrong_host", "self_signed"])
async def test_without_the_check_it_connects(broker, listener):
    wanted = broker_options(broker.ports[listener], "mqtts", tls=TlsOptions(verify=False))
    async with opened(wanted) as (connection, changes):
        assert "TLS 1." in changes[-1].transport
        assert not (await connection.publish(PublishRequest("t", b"x", 1))).reason.is_error


async def test_a_client_certificate_lets_us_in(broker, certificates):
    options = TlsOptions(
        ca_file=str(certificates.ca),
        cert_file=str(certificates.client.cert),
        key_file=str(certificates.client.key),
    )
    async with opened(broker_options(broker.ports["client"], "mqtts", tls=options), [sub("t")]) as (
        connection,
        _,
    ):
        await connection.publish(PublishRequest("t", b"x", 2))
        await until(lambda: connection.counters().received == 1)


async def test_many_small_messages_in_few_records_all_arrive(broker, certificates):
    async with opened(broker_options(broker.ports["good"], "mqtts", certificates), [sub("m/#", 1)]) as (
        connection,
        _,
    ):
        await asyncio.gather(*(connection.publish(PublishRequest(f"m/{n}", b"x", n % 2)) for n in range(400)))
        await until(lambda: connection.counters().received == 400)
