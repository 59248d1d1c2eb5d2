# SPDX-License-Identifier: MIT
from __future__ import annotations

import ssl
from dataclasses import replace
from pathlib import Path

import pytest

from mqtt_explorer.network.faults import DialError, FaultKind
from mqtt_explorer.network.tls import build_context
from mqtt_explorer.protocol.options import TlsOptions
from tests.support.certificates import Certificates


def fault_of(tls: TlsOptions) -> DialError:
    with pytest.raises(DialError) as caught:
        build_context(tls)
    assert caught.value.kind is FaultKind.TLS_FILE
    assert caught.value.permanent
    return caught.value


@pytest.fixture
def client(certificates: Certificates) -> TlsOptions:
    pair = certificates.client
    return TlsOptions(ca_file=str(certificates.ca), cert_file=str(pair.cert), key_file=str(pair.key))


def test_by_default_the_system_store_is_used_and_everything_is_checked():
    context = build_context(TlsOptions())
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2


def test_a_ca_file_replaces_the_system_store(certificates: Certificates):
    context = build_context(TlsOptions(ca_file=str(certificates.ca)))
    assert [dict(c["subject"][0])["commonName"] for c in context.get_ca_certs()] == ["test authority"]


def test_without_verification_chain_and_host_are_not_checked():
    context = build_context(TlsOptions(verify=False))
    assert context.verify_mode is ssl.CERT_NONE
    assert not context.check_hostname


def test_an_encrypted_key_is_opened_with_its_password(certificates: Certificates):
    pair = certificates.client_locked
    build_context(
        TlsOptions(cert_file=str(pair.cert), key_file=str(pair.key), key_password=certificates.key_password)
    )


def test_a_tilde_is_the_home_folder_in_every_path(
    certificates: Certificates, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    pair = certificates.client
    for name, source in (("ca.pem", certificates.ca), ("c.pem", pair.cert), ("k.pem", pair.key)):
        (tmp_path / name).write_bytes(Path(source).read_bytes())
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    context = build_context(TlsOptions("~/ca.pem", "~/c.pem", "~/k.pem"))
    assert len(context.get_ca_certs()) == 1
    assert str(tmp_path / "no.pem") in fault_of(TlsOptions("~/no.pem")).message


@pytest.mark.parametrize("field", ["ca_file", "cert_file", "key_file"])
def test_a_missing_file_is_named(client: TlsOptions, field: str, tmp_path: Path):
    path = str(tmp_path / "absent.pem")
    fault = fault_of(replace(client, **{field: path}))
    assert path in fault.message
    assert "does not exist" in fault.message
    assert fault.field == field


@pytest.mark.parametrize("field", ["ca_file", "cert_file", "key_file"])
def test_a_file_that_is_not_pem_is_named(client: TlsOptions, field: str, tmp_path: Path):
    path = tmp_path / "wrong.pem"
    path.write_bytes(b"\x30\x82\x01\x0a not pem")
    fault = fault_of(replace(client, **{field: str(path)}))
    assert str(path) in fault.message
    assert "PEM" in fault.message
    assert fault.field == field


def test_a_folder_is_said_to_be_one(client: TlsOptions, tmp_path: Path):
    assert "is a folder" in fault_of(replace(client, ca_file=str(tmp_path))).message


def test_a_damaged_authority_is_named(client: TlsOptions, tmp_path: Path):
    path = tmp_path / "damaged.pem"
    path.write_text("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    fault = fault_of(replace(client, ca_file=str(path)))
    assert str(path) in fault.message
    assert "damaged" in fault.message


def test_a_damaged_client_certificate_is_named(client: TlsOptions, tmp_path: Path):
    path = tmp_path / "damaged.pem"
    path.write_text("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    fault = fault_of(replace(client, cert_file=str(path)))
    assert str(path) in fault.message
    assert "damaged" in fault.message


def test_a_key_of_another_certificate_is_named(client: TlsOptions, certificates: Certificates):
    fault = fault_of(replace(client, key_file=str(certificates.server.key)))
    assert "does not belong to" in fault.message
    assert str(certificates.server.key) in fault.message
    assert client.cert_file is not None
    assert client.cert_file in fault.message
    assert fault.field == "key_file"


@pytest.mark.parametrize(("password", "words"), [(None, "is encrypted"), ("wrong canary", "does not open")])
def test_a_locked_key_asks_for_its_password_in_the_form_never_on_the_terminal(
    certificates: Certificates, password: str | None, words: str
):
    pair = certificates.client_locked
    fault = fault_of(TlsOptions(cert_file=str(pair.cert), key_file=str(pair.key), key_password=password))
    assert words in fault.message
    assert str(pair.key) in fault.message
    assert "canary" not in str(fault)
    assert fault.field == "key_password"


@pytest.mark.parametrize("name", ["", "x" * 256, "mqtt–5"])
def test_a_bad_alpn_name_is_refused(name: str):
    assert fault_of(TlsOptions(alpn=(name,))).field == "alpn"
