# SPDX-License-Identifier: MIT
"""The files of a TLS connection: read with care, and what is wrong with one said in words.

Shared by `tls`, which builds a connection from them, and `certificates`, which tells a form about them. `cryptography` is
imported where it is needed only: it takes a tenth of a second.
"""

from __future__ import annotations

import os
import stat
import unicodedata
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from mqtt_explorer.errors import MqttExplorerError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
    from cryptography.x509 import Certificate

# What breaks a rule of RFC 5280 (a name of over 64 characters) is warned of on the terminal; it is the user's file, not our error.
warnings.filterwarnings(
    "ignore", category=UserWarning, module=r"mqtt_explorer\.network\.(tls_files|certificates)$"
)

#: The largest file that is read; a system's whole store has some 250 kB.
MAX_FILE = 8 * 1024 * 1024
_WHERE = " in the TLS settings"
_CHOOSE = f"choose it again{_WHERE}"
#: What each field holds, as it stands in a sentence.
NAMES = {
    "ca_file": "CA file",
    "cert_file": "client certificate",
    "key_file": "key file",
    "pkcs12_file": "PKCS#12 file",
}


class TlsFileError(MqttExplorerError):
    """A file that cannot be used.

    Attributes:
        short: The sentence of a form, where the file's name stands above it.
    """

    def __init__(
        self, title: str, path: str, fault: str, next_step: str, *, field: str, at: str | None = None
    ) -> None:
        """Makes "The CA file “ca.pem” is a folder; choose …".

        Args:
            title: The headline.
            path: The file.
            fault: The rest of a sentence whose subject is the file.
            next_step: What to do, as a request.
            field: The form field that holds the path.
            at: The field where it is mended, when that is another.
        """
        super().__init__(title, f"The {NAMES[field]} “{path}” {fault}; {next_step}.", field=at or field)
        # Who reads this is in the TLS settings already, and chooses files there.
        step = "" if next_step == _CHOOSE else next_step.removesuffix(_WHERE)
        self.short = f"This file {fault}; {step}." if step else f"This file {fault}."


def one_line(text: str, limit: int) -> str:
    """A text out of a certificate as one line of at most so many characters; what is not visible becomes a dot.

    Certificates are made by strangers: line breaks, marks that turn the direction of writing round, a megabyte of name.
    """
    text = text[: limit + 1]
    seen = "".join(each if each == " " or unicodedata.category(each)[0] not in "CZ" else "·" for each in text)
    return seen if len(seen) <= limit else seen[: limit - 1] + "…"


def titled(field: str, rest: str) -> str:
    """A headline: "CA file" and the rest."""
    name = NAMES[field]
    return f"{name[0].upper()}{name[1:]} {rest}"


def expand(path: str) -> str:
    """The path with ``~`` replaced, which OpenSSL does not know."""
    return os.path.expanduser(path)


def read_file(path: str, field: str) -> bytes:
    """Reads a whole file; blocks.

    Raises:
        TlsFileError: It is not there, may not be read, or is no file one could read to its end.
    """

    def fault(rest: str, what: str, next_step: str = _CHOOSE) -> TlsFileError:
        return TlsFileError(titled(field, rest), path, what, next_step, field=field)

    try:
        status = os.stat(path)
        if stat.S_ISDIR(status.st_mode):
            raise fault("is a folder", "is a folder", "choose a file in it")
        if not stat.S_ISREG(status.st_mode):
            raise fault("not a file", "is a device or pipe, not a file")
        if status.st_size > MAX_FILE:
            raise fault(
                "too large",
                f"has {status.st_size:,} bytes, more than any such file needs",
                f"choose another{_WHERE}",
            )
        return Path(path).read_bytes()
    except FileNotFoundError as error:
        raise fault("not found", "does not exist") from error
    except PermissionError as error:
        raise fault(
            "not readable", "may not be read by this user", "change its permissions or choose another"
        ) from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "its name is no file name"
        raise fault("not readable", f"cannot be read ({reason})") from error


def read_certificates(path: str, field: str) -> bytes:
    """Reads a PEM file that holds at least one certificate.

    Raises:
        TlsFileError: As `read_file`, or it holds something else.
    """
    data = read_file(path, field)
    if b"-----BEGIN" in data and b"CERTIFICATE-----" in data:
        return data
    fault, next_step = _instead(data, "certificate")
    if field == "cert_file" and data[:1] == b"\x30":
        next_step = "choose it as PKCS#12 file if it is one (.p12, .pfx), or convert it to PEM"
    raise TlsFileError(titled(field, "holds no certificate"), path, fault, next_step, field=field)


def read_key(path: str) -> bytes:
    """Reads a PEM file that holds a private key.

    Raises:
        TlsFileError: As `read_file`, or it holds something else.
    """
    data = read_file(path, "key_file")
    if b"PRIVATE KEY-----" in data and b"BEGIN OPENSSH PRIVATE KEY-----" not in data:
        return data
    fault, next_step = _instead(data, "private key")
    raise TlsFileError("Key file holds no key", path, fault, next_step, field="key_file")


def _instead(data: bytes, wanted: str) -> tuple[str, str]:
    """What a file holds instead of PEM of the wanted kind, and what to do."""
    if not data.strip():
        return "is empty", f"choose another{_WHERE}"
    if b"BEGIN OPENSSH PRIVATE KEY-----" in data:
        return "holds an OpenSSH key, which TLS cannot use", "convert it to PEM (ssh-keygen -p -m PEM)"
    for mark, found in (
        (b"PRIVATE KEY-----", "a private key and no certificate"),
        (b"CERTIFICATE REQUEST-----", "a certificate request"),
        (b"CERTIFICATE-----", "a certificate"),
        (b"PUBLIC KEY-----", "a public key"),
    ):
        if b"-----BEGIN" in data and mark in data:
            return f"holds {found}", f"choose the {wanted} (PEM) here"
    if data[:1] == b"\x30":
        return "is binary (DER or PKCS#12), not in PEM format", "convert it to PEM"
    return f"holds no {wanted} in PEM format", f"choose a file that begins with “-----BEGIN {wanted.upper()}”"


class Pkcs12:
    """What a PKCS#12 file held.

    Attributes:
        key: The private key.
        certificate: The client certificate.
        others: More of its chain.
    """

    __slots__ = ("certificate", "key", "others")

    def __init__(self, key: PrivateKeyTypes, certificate: Certificate, others: list[Certificate]) -> None:
        self.key = key
        self.certificate = certificate
        self.others = others

    def pem(self, passphrase: bytes) -> bytes:
        """Everything as PEM, the key encrypted."""
        from cryptography.hazmat.primitives import serialization

        encoding = serialization.Encoding.PEM
        key = self.key.private_bytes(
            encoding,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(passphrase),
        )
        return key + b"".join(each.public_bytes(encoding) for each in (self.certificate, *self.others))


def open_pkcs12(path: str, password: str | None) -> Pkcs12:
    """Reads a PKCS#12 file and opens it; a password it does not need is not held against it.

    Raises:
        TlsFileError: As `read_file`; the password is missing or wrong, or the file is damaged or holds no certificate with its key.
    """
    data = read_file(path, "pkcs12_file")
    if data[:1] != b"\x30":
        if b"-----BEGIN" in data:
            fault, next_step = "is in PEM format", "choose it as client certificate and key instead"
        else:
            fault, next_step = "is no PKCS#12 file", "choose a file that ends with .p12 or .pfx"
        raise TlsFileError("Not a PKCS#12 file", path, fault, next_step, field="pkcs12_file")
    key, certificate, others = _decrypted(data, path, password)
    if key is None or certificate is None:
        missing = "private key" if key is None else "certificate that belongs to its key"
        raise TlsFileError(
            "PKCS#12 file incomplete",
            path,
            f"holds no {missing}",
            "export it again with certificate and private key",
            field="pkcs12_file",
        )
    return Pkcs12(key, certificate, others)


def _decrypted(
    data: bytes, path: str, password: str | None
) -> tuple[PrivateKeyTypes | None, Certificate | None, list[Certificate]]:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization.pkcs12 import load_key_and_certificates

    def fault(title: str, what: str, next_step: str, *, at: str | None = None) -> TlsFileError:
        return TlsFileError(title, path, what, next_step, field="pkcs12_file", at=at)

    tries = (password.encode(errors="replace"), None) if password else (None,)
    try:
        for number, each in enumerate(tries, 1):
            try:
                return load_key_and_certificates(data, each)
            except ValueError:
                if number == len(tries):
                    raise
    except UnsupportedAlgorithm as error:
        raise fault(
            "PKCS#12 file too old",
            "is encrypted in a way that is no longer supported",
            "export it again with AES-256",
        ) from error
    except ValueError as error:
        if "password" not in str(error).lower():
            raise fault("PKCS#12 file damaged", "is damaged", "get or export it anew") from error
        if not password:
            raise fault(
                "Key password missing", "is protected by a password", "enter it", at="key_password"
            ) from error
        raise fault(
            "Wrong key password",
            "is not opened by the password",
            "correct the password, or get the file anew if it is damaged",
            at="key_password",
        ) from error
    raise AssertionError("there is always one try")
