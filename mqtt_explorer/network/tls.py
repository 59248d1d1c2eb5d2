# SPDX-License-Identifier: MIT
"""A TLS context from the user's settings; every bad file is named.

OpenSSL's own errors for files name no file ("PEM lib", "key values mismatch"), so the files are looked at first.
"""

from __future__ import annotations

import os
import ssl
from pathlib import Path

from mqtt_explorer.network.faults import DialError, FaultKind
from mqtt_explorer.protocol.options import TlsOptions


def build_context(tls: TlsOptions) -> ssl.SSLContext:
    """Makes the context of one dial: system store or CA file, client certificate, TLS 1.2 or newer.

    Reads files: call it off the loop.

    Raises:
        DialError: kind `tls_file`; names the file and what is wrong with it.
    """
    # Not create_default_context(): since Python 3.13 it refuses certificates of home-made authorities that lack
    # RFC 5280's key identifiers, which brokers in plants have.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION
    if not tls.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    # OpenSSL knows no "~".
    ca_file, cert_file, key_file = (
        path if path is None else os.path.expanduser(path)
        for path in (tls.ca_file, tls.cert_file, tls.key_file)
    )
    if ca_file is not None:
        _load_ca(context, ca_file)
    elif tls.verify:
        context.load_default_certs(ssl.Purpose.SERVER_AUTH)
    if cert_file is not None and key_file is not None:
        _load_client_certificate(context, cert_file, key_file, tls.key_password)
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


def _load_ca(context: ssl.SSLContext, path: str) -> None:
    text = _read(path, "CA file", "ca_file")
    if b"-----BEGIN" not in text or b"CERTIFICATE-----" not in text:
        raise _file_error(f"The CA file “{path}” holds no certificate in PEM format.", "ca_file")
    try:
        context.load_verify_locations(cadata=text.decode("ascii", "ignore"))
    except (ssl.SSLError, ValueError) as error:
        raise _file_error(f"The CA file “{path}” holds a damaged certificate.", "ca_file") from error


def _load_client_certificate(context: ssl.SSLContext, cert: str, key: str, password: str | None) -> None:
    if b"-----BEGIN CERTIFICATE-----" not in _read(cert, "client certificate", "cert_file"):
        raise _file_error(f"The client certificate “{cert}” holds no certificate in PEM format.", "cert_file")
    if b"PRIVATE KEY-----" not in _read(key, "key file", "key_file"):
        raise _file_error(f"The key file “{key}” holds no private key in PEM format.", "key_file")
    encrypted = False

    def ask() -> bytes:
        # Always given: without it OpenSSL asks on the terminal and the thread waits for ever.
        nonlocal encrypted
        encrypted = True
        return (password or "").encode()

    try:
        context.load_cert_chain(cert, key, ask)
    except (OSError, ValueError) as error:  # SSLError is an OSError
        reason = (getattr(error, "reason", None) or "").upper().replace(" ", "_")
        if reason in ("KEY_VALUES_MISMATCH", "KEY_TYPE_MISMATCH"):
            raise _file_error(
                f"The key “{key}” does not belong to the certificate “{cert}”.", "key_file"
            ) from error
        if encrypted and not password:
            raise _file_error(
                f"The key file “{key}” is encrypted; enter its password.", "key_password"
            ) from error
        if encrypted:
            raise _file_error(f"The password does not open the key file “{key}”.", "key_password") from error
        if reason in ("EE_KEY_TOO_SMALL", "CA_KEY_TOO_SMALL", "CA_MD_TOO_WEAK"):
            raise _file_error(
                f"The client certificate “{cert}” is too weak for TLS today.", "cert_file"
            ) from error
        raise _file_error(
            f"The client certificate “{cert}” or its key “{key}” is damaged.", "cert_file"
        ) from error


def _read(path: str, what: str, field: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except FileNotFoundError as error:
        raise _file_error(f"The {what} “{path}” does not exist.", field) from error
    except PermissionError as error:
        raise _file_error(f"The {what} “{path}” may not be read by this user.", field) from error
    except IsADirectoryError as error:
        raise _file_error(f"The {what} “{path}” is a folder.", field) from error
    except (OSError, ValueError) as error:
        raise _file_error(f"The {what} “{path}” cannot be read ({error}).", field) from error


def _file_error(message: str, field: str) -> DialError:
    return DialError(FaultKind.TLS_FILE, "TLS file", message, permanent=True, field=field)
