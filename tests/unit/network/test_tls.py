# SPDX-License-Identifier: MIT
"""TLS contexts from real files, and what is said about files that will not do."""

from __future__ import annotations

import os
import ssl
import stat
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import pkcs12

from mqtt_explorer.network.faults import DialError, FaultKind
from mqtt_explorer.network.tls import build_context
from mqtt_explorer.protocol.options import TlsOptions
from tests.support.certificates import Authority, Certificates, write_pkcs12


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


@pytest.mark.parametrize(
    ("wanted", "expected"), [("1.2", ssl.TLSVersion.TLSv1_2), ("1.3", ssl.TLSVersion.TLSv1_3)]
)
def test_the_minimum_version_is_the_one_wanted(wanted: str, expected: ssl.TLSVersion):
    assert build_context(TlsOptions(minimum_version=wanted)).minimum_version is expected


# --- one table for every file fault ---------------------------------------------------------------------------------

DAMAGED = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
DAMAGED_KEY = b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"
OPENSSH = b"-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n"

#: which file is bad, what it holds, headline, words
FILE_FAULTS = [
    ("ca_file", b"text", "CA file holds no certificate", "in PEM format"),
    ("ca_file", b"", "CA file holds no certificate", "is empty"),
    ("ca_file", b"\x30\x82", "CA file holds no certificate", "convert it to PEM"),
    ("ca_file", DAMAGED_KEY, "CA file holds no certificate", "holds a private key and no certificate"),
    ("ca_file", DAMAGED, "CA file damaged", "get it anew"),
    ("cert_file", b"text", "Client certificate holds no certificate", "-----BEGIN CERTIFICATE"),
    ("cert_file", b"\x30\x82", "Client certificate holds no certificate", "choose it as PKCS#12 file"),
    ("cert_file", DAMAGED, "Client certificate damaged", "get it anew"),
    ("key_file", b"text", "Key file holds no key", "-----BEGIN PRIVATE KEY"),
    ("key_file", DAMAGED, "Key file holds no key", "choose the private key"),
    ("key_file", OPENSSH, "Key file holds no key", "ssh-keygen"),
    ("key_file", DAMAGED_KEY, "Key file damaged", "get it anew"),
    ("pkcs12_file", b"text", "Not a PKCS#12 file", "choose a file that ends with .p12 or .pfx"),
    ("pkcs12_file", DAMAGED, "Not a PKCS#12 file", "as client certificate and key instead"),
    ("pkcs12_file", b"\x30\x82\x01\x01\x00", "PKCS#12 file damaged", "export it anew"),
]  # fmt: skip


@pytest.mark.parametrize(("field", "data", "title", "words"), FILE_FAULTS)
def test_a_bad_file_is_named_with_cause_and_next_step(
    client: TlsOptions, tmp_path: Path, field: str, data: bytes, title: str, words: str
):
    path = tmp_path / "bad.file"
    path.write_bytes(data)
    options = TlsOptions() if field == "pkcs12_file" else client
    fault = fault_of(replace(options, **{field: str(path)}))
    assert (fault.title, fault.field) == (title, field)
    assert str(path) in fault.message
    assert words in fault.message
    assert "; " in fault.message


PLACES: list[tuple[str, str, Callable[[Path], object]]] = [
    ("not found", "does not exist", lambda path: None),
    ("is a folder", "choose a file in it", Path.mkdir),
    ("too large", "has 9,000,000 bytes", lambda path: path.write_bytes(bytes(9_000_000))),
]
if hasattr(os, "mkfifo"):
    PLACES.append(("not a file", "is a device or pipe", os.mkfifo))


@pytest.mark.parametrize(
    ("field", "name"),
    [
        ("ca_file", "CA file"),
        ("cert_file", "Client certificate"),
        ("key_file", "Key file"),
        ("pkcs12_file", "PKCS#12 file"),
    ],
)
@pytest.mark.parametrize(("title", "words", "make"), PLACES)
def test_what_is_no_file_to_read_is_named(
    client: TlsOptions, tmp_path: Path, field: str, name: str, title: str, words: str, make: Callable[[Path], object]
):  # fmt: skip
    path = tmp_path / "thing"
    make(path)
    options = TlsOptions() if field == "pkcs12_file" else client
    fault = fault_of(replace(options, **{field: str(path)}))
    assert (fault.title, fault.field) == (f"{name} {title}", field)
    assert str(path) in fault.message
    assert words in fault.message


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="permissions do not bind this user"
)
def test_a_file_one_may_not_read_is_named(client: TlsOptions, tmp_path: Path):
    path = tmp_path / "secret.pem"
    path.touch(mode=0)
    fault = fault_of(replace(client, ca_file=str(path)))
    assert fault.title == "CA file not readable"
    assert "may not be read by this user; change its permissions" in fault.message


def test_a_permission_error_is_told(client: TlsOptions, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    # As above, for test runs as root, whom no permission stops.
    def refuse(path: Path) -> bytes:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "read_bytes", refuse)
    fault = fault_of(client)
    assert (fault.title, fault.field) == ("CA file not readable", "ca_file")
    assert "may not be read by this user; change its permissions" in fault.message


def test_a_weak_client_certificate_is_named(tmp_path: Path):
    weak = Authority(tmp_path, "x").issue("weak", client=True, key=rsa.generate_private_key(65_537, 1024))
    fault = fault_of(TlsOptions(cert_file=str(weak.cert), key_file=str(weak.key)))
    assert (fault.title, fault.field) == ("Client certificate too weak", "cert_file")
    assert str(weak.cert) in fault.message


# --- PKCS#12 --------------------------------------------------------------------------------------------------------


def test_a_pkcs12_file_is_opened_with_its_password(certificates: Certificates):
    build_context(
        TlsOptions(pkcs12_file=str(certificates.client_pkcs12), key_password=certificates.key_password)
    )


@pytest.mark.parametrize("password", [None, "", "not needed"])
def test_an_open_pkcs12_file_takes_any_password(
    certificates: Certificates, tmp_path: Path, password: str | None
):
    path = write_pkcs12(tmp_path / "open.p12", certificates.client, None)
    build_context(TlsOptions(pkcs12_file=str(path), key_password=password))


@pytest.mark.parametrize(
    ("password", "title", "words"),
    [
        (None, "Key password missing", "is protected by a password; enter it"),
        ("", "Key password missing", "is protected by a password; enter it"),
        ("wrong canary", "Wrong key password", "is not opened by the password; correct"),
        ("\ud800 canary", "Wrong key password", "is not opened by the password; correct"),
    ],
)
def test_a_pkcs12_file_asks_for_its_password_in_the_form(
    certificates: Certificates, password: str | None, title: str, words: str
):
    path = str(certificates.client_pkcs12)
    fault = fault_of(TlsOptions(pkcs12_file=path, key_password=password))
    assert (fault.title, fault.field) == (title, "key_password")
    assert path in fault.message
    assert words in fault.message
    assert "canary" not in f"{fault!r} {fault.__cause__!r}"


def test_a_pkcs12_file_without_a_key_is_incomplete(certificates: Certificates, tmp_path: Path):
    path = tmp_path / "half.p12"
    certificate = x509.load_pem_x509_certificate(certificates.client.cert.read_bytes())
    path.write_bytes(
        pkcs12.serialize_key_and_certificates(b"x", None, certificate, None, serialization.NoEncryption())
    )
    fault = fault_of(TlsOptions(pkcs12_file=str(path)))
    assert (fault.title, fault.field) == ("PKCS#12 file incomplete", "pkcs12_file")
    assert "no private key; export it again" in fault.message


@pytest.mark.parametrize("works", [True, False])
def test_the_key_of_a_pkcs12_file_never_lies_open_on_the_disk(
    certificates: Certificates, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, works: bool
):
    seen: list[tuple[bytes, int]] = []
    load = ssl.SSLContext.load_cert_chain

    def spy(context: ssl.SSLContext, file: str, *args: object, **more: object) -> None:
        seen.append((Path(file).read_bytes(), stat.S_IMODE(Path(file).stat().st_mode)))
        assert Path(file).parent == tmp_path
        if not works:
            raise ssl.SSLError("it broke")
        load(context, file, *args, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(ssl.SSLContext, "load_cert_chain", spy)
    options = TlsOptions(pkcs12_file=str(certificates.client_pkcs12), key_password=certificates.key_password)
    for _ in range(2):
        if works:
            build_context(options)
        else:
            fault_of(options)
    assert not list(tmp_path.iterdir())
    for data, mode in seen:
        assert b"BEGIN ENCRYPTED PRIVATE KEY" in data
        assert b"BEGIN PRIVATE KEY" not in data
        assert certificates.key_password.encode() not in data
        assert os.name == "nt" or mode == 0o600
        with pytest.raises(
            ValueError, match=r"password|deserialize"
        ):  # now and then the padding happens to fit
            serialization.load_pem_private_key(data, certificates.key_password.encode())
    assert seen[0][0] != seen[1][0]


def test_without_room_for_a_temporary_file_the_cause_is_told(
    certificates: Certificates, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "absent"))
    options = TlsOptions(pkcs12_file=str(certificates.client_pkcs12), key_password=certificates.key_password)
    assert "no temporary file can be written" in fault_of(options).message


@pytest.mark.parametrize("name", ["", "x" * 256, "mqtt–5"])
def test_a_bad_alpn_name_is_refused(name: str):
    assert fault_of(TlsOptions(alpn=(name,))).field == "alpn"
