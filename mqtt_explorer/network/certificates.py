# SPDX-License-Identifier: MIT
"""What certificate files say, for a form that shows it beside the fields before anybody connects.

All of it reads files and blocks: call it off the loop. Bad files give findings, never errors.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

from mqtt_explorer.network.tls_files import (
    TlsFileError,
    expand,
    one_line,
    open_pkcs12,
    read_certificates,
    read_key,
)

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
    from cryptography.x509 import Certificate

Level = Literal["ok", "info", "warn", "error"]
_ASKED = "is encrypted; its password is asked for when connecting."
#: Days before the end from which on it is told.
SOON_DAYS = 30
_NAME_LENGTH = 64
_MINIMUM_RSA = 2048
_OLD_HASHES = ("md5", "sha1")
_CURVES = {"secp256r1": "P-256", "secp384r1": "P-384", "secp521r1": "P-521"}
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to know about a file.

    Attributes:
        field: The form field it belongs to: "ca_file", "cert_file", "key_file", "pkcs12_file" or "key_password".
        level: "info" is neither good nor bad, "error" when a connection cannot work with it, "warn" when it may not, or not for long.
        sentence: One line of plain text; may quote up to 64 visible characters out of a certificate.
    """

    field: str
    level: Level
    sentence: str


def inspect_ca(path: str) -> list[Finding]:
    """What a CA file holds; nothing for an empty path."""
    return _guarded("ca_file", path, lambda: [_authorities(_certificates(path, "ca_file"))])


def inspect_client(cert_file: str, key_file: str, password: str | None) -> list[Finding]:
    """What a client certificate and its key hold, and whether they belong together; an empty path is left out."""
    chain: list[Certificate] = []

    def certificate() -> list[Finding]:
        chain.extend(_certificates(cert_file, "cert_file"))
        return [_client(chain[0], "cert_file", len(chain) - 1)]

    findings = _guarded("cert_file", cert_file, certificate)
    return findings + _guarded("key_file", key_file, lambda: _key(key_file, password, chain[:1]))


def inspect_pkcs12(path: str, password: str | None) -> list[Finding]:
    """What a PKCS#12 file holds; nothing for an empty path."""

    def contents() -> list[Finding]:
        try:
            opened = open_pkcs12(expand(path.strip()), password)
        except TlsFileError as error:
            if error.field != "key_password" or password:
                raise
            return [Finding("key_password", "info", f"This file {_ASKED}")]
        return [_client(opened.certificate, "pkcs12_file", len(opened.others))]

    return _guarded("pkcs12_file", path, contents)


def _guarded(field: str, path: str, look: Callable[[], list[Finding]]) -> list[Finding]:
    if not path.strip():
        return []
    try:
        return look()
    except TlsFileError as error:
        return [Finding(error.field or field, "error", error.short)]
    except Exception as error:  # noqa: BLE001 – a stranger's file can break a parser in any way; the form says so
        reason = one_line(str(error), 120) or type(error).__name__
        return [
            Finding(field, "error", f"This file cannot be understood ({reason}); get it anew or convert it.")
        ]


# -- files ---------------------------------------------------------------------------------------------------------------


def _certificates(path: str, field: str) -> list[Certificate]:
    path = expand(path.strip())
    data = read_certificates(path, field)
    from cryptography.x509 import load_pem_x509_certificates

    try:
        return load_pem_x509_certificates(data)
    except ValueError as error:
        raise TlsFileError(
            "Damaged certificate",
            path,
            "holds a damaged certificate",
            "get it anew from whoever made it",
            field=field,
        ) from error


def _key(path: str, password: str | None, certificate: Sequence[Certificate]) -> list[Finding]:
    data = read_key(expand(path.strip()))
    encrypted = b"ENCRYPTED" in data
    if encrypted and not password:
        return [Finding("key_password", "info", f"This key {_ASKED}")]
    from cryptography.exceptions import UnsupportedAlgorithm

    try:
        key = _load_key(data, password if encrypted else None)
    except UnsupportedAlgorithm:
        return [Finding("key_file", "error", "This key is of a kind that TLS cannot use; choose another.")]
    except (ValueError, TypeError):
        if encrypted:
            return [Finding("key_password", "error", "The password does not open this key.")]
        return [Finding("key_file", "error", "This key is damaged; get it anew from whoever made it.")]
    findings = [_pair(key, certificate)]
    if password and not encrypted:
        findings.append(Finding("key_password", "ok", "This key is not encrypted; no password is needed."))
    return findings


def _load_key(data: bytes, password: str | None) -> PrivateKeyTypes:
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    # A certificate may stand before the key in the same file, and the parser looks at the first block only.
    start = data.rfind(b"-----BEGIN", 0, data.index(b"PRIVATE KEY-----"))
    return load_pem_private_key(data[start:], None if password is None else password.encode())


def _pair(key: PrivateKeyTypes, certificate: Sequence[Certificate]) -> Finding:
    if not certificate:
        return Finding("key_file", "ok", f"{_kind(key.public_key())} key")
    theirs, ours = certificate[0].public_key(), key.public_key()
    if _public_bytes(theirs) == _public_bytes(ours):
        return Finding("key_file", "ok", "Belongs to the certificate")
    why = ""
    if _kind(theirs) != _kind(ours):
        why = f": it is {_kind(ours)}, the certificate is {_kind(theirs)}"
    return Finding("key_file", "error", f"This key does not belong to the certificate{why}.")


# -- certificates --------------------------------------------------------------------------------------------------------


def _authorities(certificates: Sequence[Certificate]) -> Finding:
    if len(certificates) == 1:
        (only,) = certificates
        finding = _dated("ca_file", only, _name(only), _weakness(only, signed=False))
        if finding.level == "error" or _signs_others(only) or only.subject == only.issuer:
            return finding
        return Finding(
            "ca_file",
            "warn",
            f"{_name(only)} is no authority; choose the certificate of {_common_name(only.issuer)}, which signed it.",
        )
    first = min(certificates, key=lambda each: each.not_valid_after_utc)
    count = f"{len(certificates)} certificates"
    over = sum(each.not_valid_after_utc <= _now() for each in certificates)
    if over:
        level: Level = "error" if over == len(certificates) else "warn"
        have = "has" if over == 1 else "have"
        return Finding(
            "ca_file",
            level,
            f"{count}; {over} {have} expired, the first of them {_name(first)} on {_date(first.not_valid_after_utc)}",
        )
    soon = (first.not_valid_after_utc - _now()).days < SOON_DAYS
    return Finding(
        "ca_file",
        "warn" if soon else "ok",
        f"{count}; the first to expire is {_name(first)}, on {_date(first.not_valid_after_utc)}",
    )


def _client(certificate: Certificate, field: str, others: int) -> Finding:
    label = f"{_name(certificate, prefix=True)}, {_kind(certificate.public_key())}"
    finding = _dated(field, certificate, label, _weakness(certificate, signed=True))
    if finding.level == "error":
        return finding
    if not _for_clients(certificate):
        return Finding(field, "warn", f"{label} is not made for clients; the broker may refuse it.")
    if others:
        more = "1 more certificate" if others == 1 else f"{others} more certificates"
        return Finding(field, finding.level, f"{finding.sentence}, with {more} of its chain")
    return finding


def _dated(field: str, certificate: Certificate, label: str, weakness: str) -> Finding:
    """What a certificate is, and whether it is its time."""
    begins, ends = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    if ends <= _now():
        return Finding(field, "error", f"Expired on {_date(ends)}: {label}")
    if begins > _now():
        return Finding(field, "error", f"Not valid before {_date(begins)}: {label}")
    if weakness:
        return Finding(field, "error", f"{label} is too weak for TLS today ({weakness}); ask for a new one.")
    left = (ends - _now()).days
    if left < SOON_DAYS:
        when = "Expires within a day" if left < 1 else f"Expires in {left} day{'s' * (left > 1)}"
        return Finding(field, "warn", f"{when}, on {_date(ends)}: {label}")
    return Finding(field, "ok", f"{label}, valid until {_date(ends)}")


def _weakness(certificate: Certificate, *, signed: bool) -> str:
    """What OpenSSL would refuse it for, or "". A root's own signature is never checked (`signed` False)."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = certificate.public_key()
    if isinstance(key, rsa.RSAPublicKey) and key.key_size < _MINIMUM_RSA:
        return f"RSA with {key.key_size} bits"
    try:
        algorithm = certificate.signature_hash_algorithm
    except UnsupportedAlgorithm:
        return ""
    self_signed = certificate.subject == certificate.issuer
    if signed and not self_signed and algorithm is not None and algorithm.name in _OLD_HASHES:
        return f"signed with {algorithm.name.upper()}"
    return ""


def _signs_others(certificate: Certificate) -> bool:
    from cryptography import x509

    try:
        return bool(certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca)
    except x509.ExtensionNotFound:
        return certificate.version is x509.Version.v1  # which knew no extensions


def _for_clients(certificate: Certificate) -> bool:
    from cryptography import x509
    from cryptography.x509.oid import ExtendedKeyUsageOID

    try:
        usages = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return True
    allowed = (ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE)
    return any(each in allowed for each in usages)


# -- words ---------------------------------------------------------------------------------------------------------------


def _name(certificate: Certificate, *, prefix: bool = False) -> str:
    """The common name, else whatever names it."""
    return _common_name(certificate.subject, prefix=prefix)


def _common_name(name: object, *, prefix: bool = False) -> str:
    from cryptography import x509
    from cryptography.x509.oid import NameOID

    assert isinstance(name, x509.Name)
    for oid, short in (
        (NameOID.COMMON_NAME, "CN "),
        (NameOID.ORGANIZATIONAL_UNIT_NAME, ""),
        (NameOID.ORGANIZATION_NAME, ""),
    ):
        for attribute in name.get_attributes_for_oid(oid):
            value = attribute.value if isinstance(attribute.value, str) else attribute.value.hex()
            if seen := one_line(value, _NAME_LENGTH).strip():
                return (short if prefix else "") + seen
    return one_line(name.rfc4514_string(), _NAME_LENGTH) or "A certificate without a name"


def _kind(key: object) -> str:
    """The kind of a public key: "RSA 2048", "EC P-256", "Ed25519"."""
    from cryptography.hazmat.primitives.asymmetric import ec, rsa

    if isinstance(key, rsa.RSAPublicKey):
        return f"RSA {key.key_size}"
    if isinstance(key, ec.EllipticCurvePublicKey):
        return f"EC {_CURVES.get(key.curve.name, key.curve.name)}"
    return type(key).__name__.removesuffix("PublicKey").lstrip("_")


def _public_bytes(key: object) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    made: bytes = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)  # type: ignore[attr-defined]
    return made


def _now() -> datetime:
    return datetime.now(UTC)


def _date(when: datetime) -> str:
    """A day without the locale's words, "3 Feb 2027"."""
    return f"{when.day} {_MONTHS[when.month - 1]} {when.year}"
