# SPDX-License-Identifier: MIT
"""What the form is told about certificate files: real ones, good, bad and hostile."""

from __future__ import annotations

import os
import re
import ssl
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import NameOID

from mqtt_explorer.network.certificates import Finding, inspect_ca, inspect_client, inspect_pkcs12
from tests.support.certificates import DAY, Authority, Certificates, KeyPair, write_pkcs12

DATE = r"\d{1,2} (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4}"
SOME_HOURS = timedelta(hours=6)
RSA_KEY = rsa.generate_private_key(65_537, 2048)


def only(findings: list[Finding]) -> Finding:
    (finding,) = findings
    return finding


def told(findings: list[Finding]) -> list[tuple[str, str]]:
    return [(each.field, each.level) for each in findings]


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path, "Plant CA")


def shown(when: datetime) -> str:
    return when.strftime("%-d %b %Y") if sys.platform != "win32" else when.strftime("%#d %b %Y")


# --- authorities ----------------------------------------------------------------------------------------------------


def test_an_authority_has_name_and_end(certificates: Certificates):
    finding = only(inspect_ca(str(certificates.ca)))
    assert (finding.field, finding.level) == ("ca_file", "ok")
    assert re.fullmatch(f"test authority, valid until {DATE}", finding.sentence)


def test_the_date_is_the_certificate_s(tmp_path: Path):
    finding = only(inspect_ca(str(Authority(tmp_path, "x", ends=4000 * DAY).file)))
    ends = datetime.now(UTC) + 4000 * DAY
    assert finding.sentence in {
        f"x, valid until {shown(ends)}",
        f"x, valid until {shown(ends - timedelta(minutes=1))}",
    }


@pytest.mark.parametrize(
    ("starts", "ends", "level", "words"),
    [
        (-9 * DAY, -2 * DAY, "error", f"Expired on {DATE}: soon"),
        (-9 * DAY, 12 * DAY + SOME_HOURS, "warn", f"Expires in 12 days, on {DATE}: soon"),
        (-9 * DAY, DAY + SOME_HOURS, "warn", f"Expires in 1 day, on {DATE}: soon"),
        (-9 * DAY, SOME_HOURS, "warn", f"Expires within a day, on {DATE}: soon"),
        (-9 * DAY, 29 * DAY + SOME_HOURS, "warn", f"Expires in 29 days, on {DATE}: soon"),
        (-9 * DAY, 30 * DAY + SOME_HOURS, "ok", f"soon, valid until {DATE}"),
        (9 * DAY, 99 * DAY, "error", f"Not valid before {DATE}: soon"),
    ],
)
def test_its_time_is_told(tmp_path: Path, starts: timedelta, ends: timedelta, level: str, words: str):
    finding = only(inspect_ca(str(Authority(tmp_path, "soon", starts=starts, ends=ends).file)))
    assert finding.level == level
    assert re.fullmatch(words, finding.sentence)


@pytest.mark.parametrize(
    ("ends", "level", "words"),
    [
        ((50, 400, 900), "ok", f"3 certificates; the first to expire is a0, on {DATE}"),
        ((900, 12, 400), "warn", f"3 certificates; the first to expire is a1, on {DATE}"),
        ((900, 400, -1), "warn", f"3 certificates; 1 has expired, the first of them a2 on {DATE}"),
        ((900, -4, -1), "warn", f"3 certificates; 2 have expired, the first of them a1 on {DATE}"),
        ((-1, -4), "error", f"2 certificates; 2 have expired, the first of them a1 on {DATE}"),
    ],
)
def test_of_several_the_first_to_expire_is_told(
    tmp_path: Path, ends: tuple[int, ...], level: str, words: str
):
    bundle = tmp_path / "bundle.pem"
    made = [Authority(tmp_path, f"a{n}", starts=-9 * DAY, ends=end * DAY).file for n, end in enumerate(ends)]
    bundle.write_bytes(b"\n# a remark\n".join(each.read_bytes() for each in made))
    finding = only(inspect_ca(str(bundle)))
    assert finding.level == level
    assert re.fullmatch(words, finding.sentence)


def test_a_self_signed_broker_certificate_may_be_trusted(certificates: Certificates):
    assert only(inspect_ca(str(certificates.self_signed.cert))).level == "ok"


def test_a_certificate_that_signs_nothing_is_no_authority(certificates: Certificates):
    finding = only(inspect_ca(str(certificates.server.cert)))
    assert (finding.level, finding.sentence) == (
        "warn",
        "server is no authority; choose the certificate of test authority, which signed it.",
    )


# --- pairs ----------------------------------------------------------------------------------------------------------


def test_a_pair_that_belongs_together(certificates: Certificates):
    pair = certificates.client
    findings = inspect_client(str(pair.cert), str(pair.key), None)
    assert told(findings) == [("cert_file", "ok"), ("key_file", "ok")]
    assert re.fullmatch(f"CN client, EC P-256, valid until {DATE}", findings[0].sentence)
    assert findings[1].sentence == "Belongs to the certificate"


def test_a_locked_pair(certificates: Certificates):
    pair = certificates.client_locked
    for password, words in (
        ("wrong canary", "The password does not open this key."),
        ("\ud800", "The password does not open this key."),
        ("x" * 5_000, "The password does not open this key."),
    ):
        findings = inspect_client(str(pair.cert), str(pair.key), password)
        assert told(findings) == [("cert_file", "ok"), ("key_password", "error")]
        assert findings[1].sentence == words
    for password in (None, ""):  # asked for when connecting: nothing is wrong
        findings = inspect_client(str(pair.cert), str(pair.key), password)
        assert told(findings) == [("cert_file", "ok"), ("key_password", "info")]
        assert findings[1].sentence == "This key is encrypted; its password is asked for when connecting."
    good = inspect_client(str(pair.cert), str(pair.key), certificates.key_password)
    assert told(good) == [("cert_file", "ok"), ("key_file", "ok")]


def test_a_password_for_an_open_key_does_no_harm(certificates: Certificates):
    pair = certificates.client
    findings = inspect_client(str(pair.cert), str(pair.key), "not needed")
    assert told(findings) == [("cert_file", "ok"), ("key_file", "ok"), ("key_password", "ok")]
    assert "no password is needed" in findings[2].sentence


def test_a_key_of_another_kind_says_which(authority: Authority):
    first = authority.issue("greenhouse-gw-07", client=True, key=RSA_KEY)
    other = authority.issue("other", client=True)
    findings = inspect_client(str(first.cert), str(other.key), None)
    assert findings[0].sentence.startswith("CN greenhouse-gw-07, RSA 2048, valid until ")
    assert findings[1] == Finding(
        "key_file",
        "error",
        "This key does not belong to the certificate: it is EC P-256, the certificate is RSA 2048.",
    )


def test_a_key_of_the_same_kind_that_is_another(certificates: Certificates):
    findings = inspect_client(str(certificates.client.cert), str(certificates.server.key), None)
    assert findings[1].sentence == "This key does not belong to the certificate."


@pytest.mark.parametrize(
    ("key", "kind"),
    [
        (ec.generate_private_key(ec.SECP384R1()), "EC P-384"),
        (ec.generate_private_key(ec.SECP521R1()), "EC P-521"),
        (ed25519.Ed25519PrivateKey.generate(), "Ed25519"),
    ],
)
def test_kinds_of_keys(
    tmp_path: Path, key: ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey, kind: str
):
    file = tmp_path / "key.pem"
    file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    assert inspect_client("", str(file), None) == [Finding("key_file", "ok", f"{kind} key")]


def test_one_file_may_hold_both(certificates: Certificates, tmp_path: Path):
    both = tmp_path / "both.pem"
    pair = certificates.client
    for first, second in ((pair.cert, pair.key), (pair.key, pair.cert)):
        both.write_bytes(first.read_bytes() + second.read_bytes())
        assert told(inspect_client(str(both), str(both), None)) == [("cert_file", "ok"), ("key_file", "ok")]


def test_a_chain_is_told(certificates: Certificates, tmp_path: Path):
    chain = tmp_path / "chain.pem"
    chain.write_bytes(certificates.client.cert.read_bytes() + certificates.ca.read_bytes())
    assert "with 1 more certificate of its chain" in inspect_client(str(chain), "", None)[0].sentence


def test_certificate_and_key_swapped(certificates: Certificates):
    pair = certificates.client
    findings = inspect_client(str(pair.key), str(pair.cert), None)
    assert told(findings) == [("cert_file", "error"), ("key_file", "error")]
    assert findings[0].sentence == (
        "This file holds a private key and no certificate; choose the certificate (PEM) here."
    )
    assert findings[1].sentence == "This file holds a certificate; choose the private key (PEM) here."


def test_a_certificate_for_servers_is_not_for_clients(certificates: Certificates):
    finding = only(inspect_client(str(certificates.server.cert), "", None))
    assert (finding.level, "not made for clients" in finding.sentence) == ("warn", True)


def test_an_expired_client(certificates: Certificates):
    finding = only(inspect_client(str(certificates.client_expired.cert), "", None))
    assert finding.level == "error"
    assert re.fullmatch(f"Expired on {DATE}: CN client-expired, EC P-256", finding.sentence)


def test_a_short_key_is_too_weak(authority: Authority):
    weak = authority.issue("weak", client=True, key=rsa.generate_private_key(65_537, 1024))
    finding = only(inspect_client(str(weak.cert), "", None))
    assert (finding.level, "too weak for TLS today (RSA with 1024 bits)" in finding.sentence) == (
        "error",
        True,
    )


@pytest.mark.parametrize("empty", ["", "  "])
def test_empty_paths_give_nothing(empty: str):
    assert inspect_ca(empty) == inspect_client(empty, empty, None) == inspect_pkcs12(empty, "x") == []


# --- PKCS#12 --------------------------------------------------------------------------------------------------------


def test_a_pkcs12_file(certificates: Certificates):
    path = str(certificates.client_pkcs12)
    finding = only(inspect_pkcs12(path, certificates.key_password))
    assert (finding.field, finding.level) == ("pkcs12_file", "ok")
    words = f"CN client, EC P-256, valid until {DATE}, with 1 more certificate of its chain"
    assert re.fullmatch(words, finding.sentence)
    wrong = only(inspect_pkcs12(path, "wrong"))
    assert (wrong.field, wrong.level) == ("key_password", "error")
    assert "not opened by the password" in wrong.sentence
    missing = only(inspect_pkcs12(path, None))
    assert (missing.field, missing.level) == ("key_password", "info")
    assert missing.sentence == "This file is encrypted; its password is asked for when connecting."


def test_an_open_pkcs12_file_needs_no_password_and_minds_none(certificates: Certificates, tmp_path: Path):
    path = write_pkcs12(tmp_path / "open.p12", certificates.client, None)
    for password in (None, "", "not needed"):
        assert told(inspect_pkcs12(str(path), password)) == [("pkcs12_file", "ok")]


def test_an_expired_pkcs12_file(certificates: Certificates, tmp_path: Path):
    path = write_pkcs12(tmp_path / "old.p12", certificates.client_expired, None)
    assert only(inspect_pkcs12(str(path), None)).sentence.startswith("Expired on ")


# --- bad files ------------------------------------------------------------------------------------------------------


BAD = [
    (b"", "is empty"),
    (b"  \n", "is empty"),
    (b"hello", "holds no certificate in PEM format"),
    (os.urandom(300).replace(b"\x30", b"x"), "PEM format"),
    (b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "holds a damaged certificate"),
    (b"-----BEGIN CERTIFICATE-----\n", "holds a damaged certificate"),
    (b"-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n", "holds a certificate request"),
    (b"-----BEGIN PUBLIC KEY-----\nAAAA\n", "holds a public key"),
    (b"\x30\x82\x01\x00", "is binary (DER or PKCS#12)"),
]  # fmt: skip


@pytest.mark.parametrize(("data", "words"), BAD)
def test_bad_certificates_are_findings(tmp_path: Path, data: bytes, words: str):
    path = tmp_path / "bad.pem"
    path.write_bytes(data)
    for field, findings in (
        ("ca_file", inspect_ca(str(path))),
        ("cert_file", inspect_client(str(path), "", None)),
    ):
        assert told(findings) == [(field, "error")]
        assert words in findings[0].sentence
        assert "; " in findings[0].sentence  # and what to do


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "is damaged"),
        (b"PRIVATE KEY-----", "is damaged"),
        (b"-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n", "holds an OpenSSH key"),
        (b"nothing", "holds no private key in PEM format"),
    ],
)
def test_bad_keys_are_findings(tmp_path: Path, data: bytes, words: str):
    path = tmp_path / "bad.key"
    path.write_bytes(data)
    finding = only(inspect_client("", str(path), "pw"))
    assert (finding.field, finding.level) == ("key_file", "error")
    assert words in finding.sentence


def test_bad_pkcs12_files_are_findings(certificates: Certificates, tmp_path: Path):
    whole = certificates.client_pkcs12.read_bytes()
    path = tmp_path / "bad.p12"
    for data, words in (
        (b"hello", "is no PKCS#12 file"),
        (whole[:200], "is damaged"),
        (certificates.client.cert.read_bytes(), "is in PEM format"),
        (as_der(certificates.client), "is damaged"),
    ):
        path.write_bytes(data)
        finding = only(inspect_pkcs12(str(path), certificates.key_password))
        assert (finding.field, finding.level) == ("pkcs12_file", "error")
        assert words in finding.sentence


def as_der(pair: KeyPair) -> bytes:
    made = x509.load_pem_x509_certificate(pair.cert.read_bytes())
    return made.public_bytes(serialization.Encoding.DER)


def test_files_that_are_none(tmp_path: Path):
    large = tmp_path / "large.pem"
    large.touch()
    os.truncate(large, 100_000_000)
    cases = [
        (str(tmp_path / "absent"), "This file does not exist."),
        (str(tmp_path), "is a folder"),
        (str(large), "100,000,000 bytes"),
        ("a\0b", "cannot be read"),
        ("\ud800", "cannot be read"),
    ]
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe")  # opening it would wait for ever
        cases.append((str(tmp_path / "pipe"), "is a device or pipe"))
    for path, words in cases:
        for findings in (
            inspect_ca(path),
            inspect_client(path, "", None),
            inspect_client("", path, None),
            inspect_pkcs12(path, None),
        ):
            assert (only(findings).level, words in only(findings).sentence) == ("error", True)


def test_a_tilde_is_the_home_folder(
    certificates: Certificates, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    (tmp_path / "ca.pem").write_bytes(certificates.ca.read_bytes())
    assert only(inspect_ca(" ~/ca.pem ")).level == "ok"


@pytest.mark.parametrize("at", range(0, 400, 7))
def test_a_certificate_with_any_damage_never_raises(certificates: Certificates, tmp_path: Path, at: int):
    der = bytearray(as_der(certificates.client))
    der[at % len(der)] ^= 0x55
    path = tmp_path / "hurt.pem"
    path.write_text(ssl.DER_cert_to_PEM_cert(bytes(der)))
    for findings in (inspect_ca(str(path)), inspect_client(str(path), "", None)):
        finding = only(findings)
        assert "\n" not in finding.sentence
        assert len(finding.sentence) < 300


# --- hostile texts --------------------------------------------------------------------------------------------------


def named(folder: Path, attributes: list[x509.NameAttribute]) -> Path:
    """A self-signed authority with any name."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name(attributes)
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - DAY)
        .not_valid_after(now + 900 * DAY)
        .sign(key, hashes.SHA256())
    )
    path = folder / "named.pem"
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("<b>bold</b>", "<b>bold</b>"),
        ("a\nb\r\tc\u2028d", "a·b··c·d"),
        ("\u202egnp.exe\u200b\x00\x1b[31m", "·gnp.exe···[31m"),
        ("Grüße, 植物", "Grüße, 植物"),
    ],
)
def test_a_name_is_one_line_of_visible_characters(tmp_path: Path, name: str, expected: str):
    path = named(tmp_path, [x509.NameAttribute(NameOID.COMMON_NAME, name)])
    assert only(inspect_ca(str(path))).sentence.startswith(f"{expected}, valid until ")


@pytest.mark.filterwarnings("ignore:Attribute's length:UserWarning")
def test_a_long_name_is_cut(tmp_path: Path):
    path = named(tmp_path, [x509.NameAttribute(NameOID.COMMON_NAME, "x" * 100_000, _validate=False)])
    assert only(inspect_ca(str(path))).sentence.startswith("x" * 63 + "…, valid until ")
    # in the program nothing of it goes to the terminal
    code = f"from mqtt_explorer.network.certificates import inspect_ca; print(inspect_ca({str(path)!r})[0].level)"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert (done.stdout.strip(), done.stderr) == ("ok", "")


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ([], "A certificate without a name"),
        (
            [(NameOID.ORGANIZATION_NAME, "Starfield"), (NameOID.ORGANIZATIONAL_UNIT_NAME, "Class 2")],
            "Class 2",
        ),
        ([(NameOID.COMMON_NAME, " "), (NameOID.ORGANIZATION_NAME, "Starfield")], "Starfield"),
        ([(NameOID.COUNTRY_NAME, "DE")], "C=DE"),
    ],
)
def test_without_a_common_name_the_next_best_is_told(
    tmp_path: Path, attributes: list[tuple[x509.ObjectIdentifier, str]], expected: str
):
    path = named(tmp_path, [x509.NameAttribute(oid, value) for oid, value in attributes])
    assert only(inspect_ca(str(path))).sentence.startswith(f"{expected}, valid until ")


def test_cryptography_is_not_loaded_before_a_file_is_looked_at():
    code = (
        "import sys; from mqtt_explorer.network import certificates, tls\n"
        "certificates.inspect_ca(''); certificates.inspect_ca('/no/such/file')\n"
        "print('cryptography.x509' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "False"
