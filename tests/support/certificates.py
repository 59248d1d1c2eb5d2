# SPDX-License-Identifier: MIT
"""Real certificates for TLS tests, made once per session: good ones and every way a certificate can be wrong."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

DAY = timedelta(days=1)


@dataclass(frozen=True)
class KeyPair:
    """A certificate file and its private key file, both PEM."""

    cert: Path
    key: Path


@dataclass(frozen=True)
class Certificates:
    """Everything a TLS test asks for.

    Attributes:
        ca: Signed everything here but `self_signed`; what a client trusts.
        other_ca: A valid authority that signed nothing here.
        server: Good for localhost, 127.0.0.1 and ::1.
        expired: As `server`, but its time is over.
        not_yet_valid: As `server`, but its time has not come.
        wrong_host: Good, but for broker.example.
        self_signed: For localhost, signed by itself.
        client: For client authentication.
        client_expired: For client authentication, its time is over.
        client_foreign: For client authentication, signed by `other_ca`.
        client_locked: As `client`, its key encrypted with `key_password`.
        client_pkcs12: `client` in one PKCS#12 file, which `key_password` opens.
        key_password: Opens the key of `client_locked`, and `client_pkcs12`.
    """

    ca: Path
    other_ca: Path
    server: KeyPair
    expired: KeyPair
    not_yet_valid: KeyPair
    wrong_host: KeyPair
    self_signed: KeyPair
    client: KeyPair
    client_expired: KeyPair
    client_foreign: KeyPair
    client_locked: KeyPair
    client_pkcs12: Path
    key_password: str


class Authority:
    """A certificate authority that writes what it signs into one folder."""

    def __init__(
        self, folder: Path, name: str, *, starts: timedelta = -2 * DAY, ends: timedelta = 3650 * DAY
    ) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        now = datetime.now(UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(self._name)
            .issuer_name(self._name)
            .public_key(self._key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now + starts)
            .not_valid_after(now + ends)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_key_usage(signs_certificates=True), critical=True)
            # Python 3.13 and later verify strictly and ask for the key identifiers.
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(self._key.public_key()), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        self.file = folder / f"{name.replace(' ', '-')}.pem"
        self.file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))

    def issue(
        self,
        name: str,
        hosts: tuple[str, ...] = (),
        *,
        starts: timedelta = -DAY,
        ends: timedelta = 365 * DAY,
        client: bool = False,
        self_signed: bool = False,
        key_password: str | None = None,
        key: CertificateIssuerPrivateKeyTypes | None = None,
        common_name: str | None = None,
    ) -> KeyPair:
        """Makes a certificate with its key (EC P-256 unless given); `starts` and `ends` count from now."""
        key = key or ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name or name)])
        signing_key = key if self_signed else self._key
        now = datetime.now(UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(subject if self_signed else self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now + starts)
            .not_valid_after(now + ends)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_key_usage(signs_certificates=False), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(signing_key.public_key()), critical=False
            )
            .add_extension(
                x509.ExtendedKeyUsage(
                    [ExtendedKeyUsageOID.CLIENT_AUTH if client else ExtendedKeyUsageOID.SERVER_AUTH]
                ),
                critical=False,
            )
        )
        if hosts:
            names = x509.SubjectAlternativeName([_general_name(host) for host in hosts])
            builder = builder.add_extension(names, critical=False)
        encryption: serialization.KeySerializationEncryption = serialization.NoEncryption()
        if key_password is not None:
            encryption = serialization.BestAvailableEncryption(key_password.encode())
        pair = KeyPair(self._folder / f"{name}.pem", self._folder / f"{name}.key")
        pair.cert.write_bytes(
            builder.sign(signing_key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
        )
        pair.key.write_bytes(
            key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption)
        )
        pair.key.chmod(0o600)
        return pair


def write_pkcs12(path: Path, pair: KeyPair, password: str | None, *others: Path) -> Path:
    """Puts a pair with an open key into one PKCS#12 file, together with more certificates."""
    key = serialization.load_pem_private_key(pair.key.read_bytes(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    encryption: serialization.KeySerializationEncryption = serialization.NoEncryption()
    if password is not None:
        encryption = serialization.BestAvailableEncryption(password.encode())
    load = x509.load_pem_x509_certificate
    more = [load(each.read_bytes()) for each in others]
    path.write_bytes(
        pkcs12.serialize_key_and_certificates(
            b"client", key, load(pair.cert.read_bytes()), more or None, encryption
        )
    )
    return path


def make_certificates(folder: Path) -> Certificates:
    """Makes all certificates in a folder; takes some tens of milliseconds."""
    authority = Authority(folder, "test authority")
    other = Authority(folder, "other authority")
    here = ("localhost", "127.0.0.1", "::1")
    password = "open sesame"
    client = authority.issue("client", client=True)
    return Certificates(
        ca=authority.file,
        other_ca=other.file,
        server=authority.issue("server", here),
        expired=authority.issue("expired", here, starts=-2 * DAY, ends=-DAY),
        not_yet_valid=authority.issue("not-yet-valid", here, starts=DAY),
        wrong_host=authority.issue("wrong-host", ("broker.example",)),
        self_signed=authority.issue("self-signed", here, self_signed=True),
        client=client,
        client_expired=authority.issue("client-expired", client=True, starts=-2 * DAY, ends=-DAY),
        client_locked=authority.issue("client-locked", client=True, key_password=password),
        client_foreign=other.issue("client-foreign", client=True),
        client_pkcs12=write_pkcs12(folder / "client.p12", client, password, authority.file),
        key_password=password,
    )


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _key_usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )
