# SPDX-License-Identifier: MIT
"""A TLS context from the user's settings; every bad file is named.

OpenSSL's own errors for files name no file ("PEM lib", "key values mismatch"), so the files are looked at first.
"""

from __future__ import annotations

import os
import secrets
import ssl
import tempfile

from mqtt_explorer.network.faults import DialError, FaultKind
from mqtt_explorer.network.tls_files import (
    TlsFileError,
    expand,
    open_pkcs12,
    read_certificates,
    read_key,
    titled,
)
from mqtt_explorer.protocol.options import TlsOptions

_MINIMUM = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}
_MISMATCH = ("KEY_VALUES_MISMATCH", "KEY_TYPE_MISMATCH")
_WEAK = ("EE_KEY_TOO_SMALL", "CA_KEY_TOO_SMALL", "CA_MD_TOO_WEAK")


def build_context(tls: TlsOptions) -> ssl.SSLContext:
    """Makes the context of one dial: system store or CA file, client certificate, TLS 1.2 or 1.3 and newer.

    Reads files: call it off the loop.

    Raises:
        DialError: kind `tls_file`; names the file, what is wrong with it and what to do.
    """
    # Not create_default_context(): since Python 3.13 it refuses certificates of home-made authorities that lack
    # RFC 5280's key identifiers, which brokers in plants have.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = _MINIMUM[tls.minimum_version]
    context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION
    if not tls.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    try:
        _load_files(context, tls)
    except TlsFileError as error:
        raise DialError(
            FaultKind.TLS_FILE, error.title, error.message, permanent=True, field=error.field
        ) from error
    if tls.alpn:
        try:
            context.set_alpn_protocols(list(tls.alpn))
        except (ssl.SSLError, ValueError) as error:
            raise DialError(
                FaultKind.TLS_FILE,
                "ALPN name",
                "An ALPN name has 1 to 255 ASCII characters; correct it in the TLS settings.",
                permanent=True,
                field="alpn",
            ) from error
    return context


def _load_files(context: ssl.SSLContext, tls: TlsOptions) -> None:
    if tls.ca_file is not None:
        _load_ca(context, expand(tls.ca_file))
    elif tls.verify:
        context.load_default_certs(ssl.Purpose.SERVER_AUTH)
    if tls.cert_file is not None and tls.key_file is not None:
        _load_pair(context, expand(tls.cert_file), expand(tls.key_file), tls.key_password)
    if tls.pkcs12_file is not None:
        _load_pkcs12(context, expand(tls.pkcs12_file), tls.key_password)


def _load_ca(context: ssl.SSLContext, path: str) -> None:
    text = read_certificates(path, "ca_file")
    try:
        context.load_verify_locations(cadata=text.decode("ascii", "ignore"))
    except (ssl.SSLError, ValueError) as error:
        raise _damaged(path, "ca_file") from error


def _load_pair(context: ssl.SSLContext, cert: str, key: str, password: str | None) -> None:
    read_certificates(cert, "cert_file")
    read_key(key)
    encrypted = False

    def ask() -> bytes:
        # Always given: without it OpenSSL asks on the terminal and the thread waits for ever.
        nonlocal encrypted
        encrypted = True
        return (password or "").encode()

    try:
        context.load_cert_chain(cert, key, ask)
    except (OSError, ValueError) as error:  # SSLError is an OSError
        reason = _reason(error)
        if reason in _MISMATCH:
            raise TlsFileError(
                "Key of another certificate",
                key,
                f"does not belong to the certificate “{cert}”",
                "choose the key this certificate was made with",
                field="key_file",
            ) from error
        if reason in _WEAK:
            raise _too_weak(cert, "cert_file") from error
        if encrypted and not password:
            raise TlsFileError(
                "Key password missing",
                key,
                "is encrypted",
                "enter its password",
                field="key_file",
                at="key_password",
            ) from error
        if encrypted:
            raise TlsFileError(
                "Wrong key password",
                key,
                "does not open with this password",
                "enter the right one",
                field="key_file",
                at="key_password",
            ) from error
        raise _damaged_pair(cert, key) from error


def _load_pkcs12(context: ssl.SSLContext, path: str, password: str | None) -> None:
    """OpenSSL takes certificates from files only, so the contents go through one: private, its key encrypted with a secret of this moment."""
    contents = open_pkcs12(path, password)
    passphrase = secrets.token_hex(32)
    name = ""
    try:
        number, name = tempfile.mkstemp(prefix="mqtt-explorer-", suffix=".pem")
        with os.fdopen(number, "wb") as file:
            file.write(contents.pem(passphrase.encode()))
        context.load_cert_chain(name, password=lambda: passphrase)
    except (OSError, ValueError) as error:
        reason = _reason(error)
        if reason in _WEAK:
            raise _too_weak(path, "pkcs12_file") from error
        if reason in _MISMATCH:
            raise TlsFileError(
                "Key of another certificate",
                path,
                "holds a key that does not belong to its certificate",
                "export it anew",
                field="pkcs12_file",
            ) from error
        if isinstance(error, OSError) and not isinstance(error, ssl.SSLError):
            raise TlsFileError(
                "No temporary file",
                path,
                f"cannot be passed on, because no temporary file can be written ({error.strerror})",
                "make room in this computer's temporary folder",
                field="pkcs12_file",
            ) from error
        raise _damaged(path, "pkcs12_file") from error
    finally:
        if name:
            os.unlink(name)


def _reason(error: Exception) -> str:
    return (getattr(error, "reason", None) or "").upper().replace(" ", "_")


def _damaged(path: str, field: str) -> TlsFileError:
    what = {
        "ca_file": "holds a damaged certificate",
        "key_file": "is damaged, or of a kind TLS cannot use",
    }.get(field, "is damaged")
    return TlsFileError(titled(field, "damaged"), path, what, "get it anew from whoever made it", field=field)


def _damaged_pair(cert: str, key: str) -> TlsFileError:
    """OpenSSL does not say which of the two; a certificate loads by itself."""
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cafile=cert)
    except OSError:
        return _damaged(cert, "cert_file")
    return _damaged(key, "key_file")


def _too_weak(path: str, field: str) -> TlsFileError:
    return TlsFileError(
        "Client certificate too weak",
        path,
        "is too weak for TLS today (a short key or an old signature)",
        "ask for a new one with RSA 2048 or EC P-256",
        field=field,
    )
