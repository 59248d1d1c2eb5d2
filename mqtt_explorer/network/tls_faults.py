# SPDX-License-Identifier: MIT
"""TLS errors in words: what the certificate, the file or the peer objects to, and what to do.

OpenSSL says it in verification codes (x509_vfy.h) and in alerts of the peer (RFC 8446 section 6); both keep their numbers and
names across versions, their texts do not. With TLS 1.3 a broker's word about our certificate comes after the handshake, so
`explain` is asked both then and before.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from ssl import SSLCertVerificationError, SSLError

from mqtt_explorer.network.tls_files import one_line
from mqtt_explorer.protocol.options import TlsOptions
from mqtt_explorer.protocol.url import BrokerUrl

HOST_MISMATCH = (62, 64)  # X509_V_ERR_HOSTNAME_MISMATCH, X509_V_ERR_IP_ADDRESS_MISMATCH
_NOT_YET_VALID, _EXPIRED, _SELF_SIGNED, _REVOKED, _PURPOSE = 9, 10, 18, 23, 26
_UNKNOWN_CA = (2, 19, 20, 21, 27)
_TOO_WEAK = (66, 67, 68)  # X509_V_ERR_EE_KEY_TOO_SMALL, CA_KEY_TOO_SMALL, CA_MD_TOO_WEAK

_REQUIRED = "TLSV13_ALERT_CERTIFICATE_REQUIRED"
#: Alerts by which a broker refuses our certificate: OpenSSL's reason → headline, what the broker does, next step.
_CLIENT_CERTIFICATE = {
    "SSLV3_ALERT_CERTIFICATE_EXPIRED": (
        "Client certificate expired",
        "says our client certificate {file} has expired",
        "choose a renewed one in the TLS settings, or check this computer's clock",
    ),
    "SSLV3_ALERT_CERTIFICATE_REVOKED": (
        "Client certificate revoked",
        "says our client certificate {file} is revoked",
        "choose another one in the TLS settings",
    ),
    "TLSV1_ALERT_UNKNOWN_CA": (
        "Client certificate of an unknown authority",
        "does not know the authority that signed our client certificate {file}",
        "choose one of an authority this broker trusts in the TLS settings",
    ),
    "SSLV3_ALERT_UNSUPPORTED_CERTIFICATE": (
        "Client certificate not supported",
        "does not support the kind of our client certificate {file}",
        "choose one made for clients in the TLS settings",
    ),
    "TLSV1_ALERT_ACCESS_DENIED": (
        "Client certificate without access",
        "denies our client certificate {file} access",
        "let it in on the broker, or choose another in the TLS settings",
    ),
    "TLSV1_ALERT_DECRYPT_ERROR": (
        "Client certificate not provable",
        "could not check our client certificate {file}",
        "check in the TLS settings that certificate and key belong together",
    ),
} | dict.fromkeys(
    ("SSLV3_ALERT_CERTIFICATE_UNKNOWN", "SSLV3_ALERT_BAD_CERTIFICATE"),
    (
        "Client certificate refused",
        "does not accept our client certificate {file}",
        "choose one this broker accepts in the TLS settings",
    ),
)
_HANDSHAKE_FAILURE = "SSLV3_ALERT_HANDSHAKE_FAILURE"
_CIPHER = ("NO_SHARED_CIPHER", "SSLV3_ALERT_ILLEGAL_PARAMETER", "TLSV1_ALERT_INSUFFICIENT_SECURITY")
_VERSION = (
    "TLSV1_ALERT_PROTOCOL_VERSION",
    "UNSUPPORTED_PROTOCOL",
    "WRONG_SSL_VERSION",
    "NO_PROTOCOLS_AVAILABLE",
    "VERSION_TOO_LOW",
)
_NOT_TLS = (
    "WRONG_VERSION_NUMBER",
    "HTTP_REQUEST",
    "PACKET_LENGTH_TOO_LONG",
    "RECORD_LAYER_FAILURE",
    "UNKNOWN_PROTOCOL",
)
_ALPN = ("TLSV1_ALERT_NO_APPLICATION_PROTOCOL", "NO_APPLICATION_PROTOCOL")
_SERVER_NAME = ("TLSV1_UNRECOGNIZED_NAME", "TLSV1_ALERT_UNRECOGNIZED_NAME")
_WEAK_EXCHANGE = ("DH_KEY_TOO_SMALL", "BAD_DH_VALUE", "UNSAFE_LEGACY_RENEGOTIATION_DISABLED")


#: "[SSL] tlsv1 alert no application protocol (_ssl.c:1006)".
_IN_TEXT = re.compile(r"\[[^]]*\] ([\w/ ]+?)(?:: .*)? \(_ssl\.c:\d+\)$")


def reason_of(error: SSLError) -> str:
    """OpenSSL's name of the reason ("CERTIFICATE_VERIFY_FAILED"), spelled the same in all its versions."""
    reason = getattr(error, "reason", None)
    if not isinstance(
        reason, str
    ):  # Python does not know the names of all reasons; the text holds OpenSSL's words
        found = _IN_TEXT.match(str(error.args[-1])) if error.args else None
        reason = found[1] if found else ""
    return reason.upper().replace(" ", "_")


def refuses_client(error: SSLError) -> bool:
    """True when the broker refused our certificate, or wants one: trying again does not help."""
    return reason_of(error) in (_REQUIRED, _HANDSHAKE_FAILURE, *_CLIENT_CERTIFICATE)


def field_of(error: SSLError, tls: TlsOptions) -> str | None:
    """The form field (of `profiles.Profile`) where the fault is mended, or None."""
    if isinstance(error, SSLCertVerificationError):
        code = error.verify_code
        if code in HOST_MISMATCH:
            return "url" if tls.server_name is None else "server_name"
        return "ca_file" if code == _SELF_SIGNED or code in _UNKNOWN_CA else "url"
    reason = reason_of(error)
    if reason == _REQUIRED or reason in _CLIENT_CERTIFICATE or _wants_certificate(error):
        return "pkcs12_file" if tls.pkcs12_file is not None else "cert_file"
    fields = dict.fromkeys(_VERSION, "minimum_tls") | dict.fromkeys(_ALPN, "alpn")
    fields |= dict.fromkeys(_NOT_TLS, "url")
    fields |= dict.fromkeys(_SERVER_NAME, "url" if tls.server_name is None else "server_name")
    return fields.get(reason)


def explain(error: SSLError, url: BrokerUrl, tls: TlsOptions, names: Sequence[str] = ()) -> tuple[str, str]:
    """A headline and one sentence with the cause, the address or file, and the next step.

    Args:
        error: What OpenSSL raised, during the handshake or after it. An attribute `after_hello` of it, where set, says whether the
            broker had answered with its part of the handshake before.
        url: Where we dialled.
        tls: How we dialled.
        names: The names the broker's certificate is made out to, where known.
    """
    if isinstance(error, SSLCertVerificationError):
        return _verification(error, url, tls, names)
    reason = reason_of(error)
    if reason in _NOT_TLS:
        plain = "ws" if url.websocket else "mqtt"
        return (
            "Not a TLS port",
            f"{url.netloc} answers with something that is not TLS; use {plain}://, or the broker's TLS port.",
        )
    if reason in _SERVER_NAME:
        return (
            "Server name unknown",
            f"{url.netloc} does not serve the name “{tls.server_name or url.host}”; "
            "check the host, and the server name in the TLS settings.",
        )
    if reason == _REQUIRED or reason in _CLIENT_CERTIFICATE:
        return _client_certificate(reason, url.netloc, tls)
    if _wants_certificate(error):
        return _handshake_failure(url.netloc, tls)
    return _alert(reason, url.netloc, tls) or _other(error, url.netloc)


def _wants_certificate(error: SSLError) -> bool:
    """With TLS 1.2 this alert stands for a missing client certificate; for no shared cipher when it is the first thing a broker says."""
    return reason_of(error) == _HANDSHAKE_FAILURE and getattr(error, "after_hello", None) is not False


def _alert(reason: str, where: str, tls: TlsOptions) -> tuple[str, str] | None:
    """What the peer, or OpenSSL itself, said about the handshake."""
    if reason in (_HANDSHAKE_FAILURE, *_CIPHER):
        return (
            "No shared cipher",
            f"{where} shares no cipher with this program; allow the broker one of TLS 1.2 or 1.3 "
            "that fits its certificate.",
        )
    if reason in _VERSION:
        return _version(where, tls)
    if reason in _ALPN:
        asked = ", ".join(tls.alpn) or "none"
        return (
            "ALPN refused",
            f"{where} does not accept the ALPN name we sent ({asked}); correct it in the TLS settings.",
        )
    if reason in _WEAK_EXCHANGE:
        return (
            "Encryption too weak",
            f"{where} offers only encryption that is too weak today; renew its TLS settings or its software.",
        )
    if reason == "UNEXPECTED_EOF_WHILE_READING":
        return (
            "TLS cut off",
            f"{where} cut the connection in the middle of TLS; try again, or see the broker's log.",
        )
    return None


def _other(error: SSLError, where: str) -> tuple[str, str]:
    words = reason_of(error).lower().replace("_", " ") or str(error).strip() or type(error).__name__
    return "TLS failed", f"TLS with {where} failed ({words}); the broker's log may say more."


def _version(where: str, tls: TlsOptions) -> tuple[str, str]:
    if tls.minimum_version == "1.3":
        return (
            "No TLS 1.3",
            f"{where} does not offer TLS 1.3, the minimum that was chosen; "
            "choose TLS 1.2 in the TLS settings, or have the broker updated.",
        )
    return (
        "TLS version not shared",
        f"{where} and this program share no TLS version; we need TLS 1.2 or newer, so the broker must offer it.",
    )


def _client_certificate(reason: str, where: str, tls: TlsOptions) -> tuple[str, str]:
    if not tls.has_client_certificate:
        return (
            "Client certificate required",
            f"{where} wants a client certificate; choose a certificate and its key in the TLS settings (--cert, --key).",
        )
    if reason == _REQUIRED:
        return (
            "Another client certificate required",
            f"{where} wants a client certificate of another kind or authority than {_client_file(tls)}; "
            "choose one this broker accepts in the TLS settings.",
        )
    title, does, next_step = _CLIENT_CERTIFICATE[reason]
    return title, f"{where} {does.format(file=_client_file(tls))}; {next_step}."


def _handshake_failure(where: str, tls: TlsOptions) -> tuple[str, str]:
    if tls.has_client_certificate:
        return (
            "TLS handshake refused",
            f"{where} refuses the TLS handshake: it does not accept the client certificate {_client_file(tls)}, "
            "or shares no cipher with us; check the certificate in the TLS settings, and the broker's log.",
        )
    return (
        "Client certificate required",
        f"{where} broke the TLS handshake off: most likely it wants a client certificate; "
        "choose a certificate and its key in the TLS settings (--cert, --key). If it wants none, it shares no cipher with us.",
    )


def _client_file(tls: TlsOptions) -> str:
    return f"“{tls.pkcs12_file or tls.cert_file}”"


def _verification(
    error: SSLCertVerificationError, url: BrokerUrl, tls: TlsOptions, names: Sequence[str]
) -> tuple[str, str]:
    where, code = url.netloc, error.verify_code
    if code in HOST_MISMATCH:
        return _other_host(url, tls, names)
    if code in _UNKNOWN_CA:
        store = f"the CA file “{tls.ca_file}”" if tls.ca_file else "this computer's store"
        next_step = (
            "choose the file of the right authority in the TLS settings (--cafile)"
            if tls.ca_file
            else "choose its CA file in the TLS settings (--cafile)"
        )
        return (
            "Unknown authority",
            f"The certificate of {where} is signed by an authority that is not in {store}; {next_step}.",
        )
    titles = {
        _EXPIRED: (
            "Certificate expired",
            "has expired; renew it on the broker, or check this computer's clock",
        ),
        _NOT_YET_VALID: (
            "Certificate not valid yet",
            "is not valid yet; check this computer's clock and the broker's certificate",
        ),
        _SELF_SIGNED: (
            "Self-signed certificate",
            "is signed by itself; save it as a PEM file and choose that as CA file in the TLS settings (--cafile)",
        ),
        _REVOKED: ("Certificate revoked", "is revoked; the broker needs another one"),
        _PURPOSE: (
            "Certificate not for servers",
            "is not made for servers; the broker needs one for server authentication",
        ),
    } | dict.fromkeys(
        _TOO_WEAK,
        (
            "Certificate too weak",
            "or of its authority is too weak for TLS today; renew it with RSA 2048, EC P-256 or better",
        ),
    )
    text = (error.verify_message or "no reason given").rstrip(".")
    title, rest = titles.get(
        code, ("Certificate not accepted", f"does not hold ({text}); the broker needs another certificate")
    )
    return title, f"The certificate of {where} {rest}."


def _other_host(url: BrokerUrl, tls: TlsOptions, names: Sequence[str]) -> tuple[str, str]:
    wanted = tls.server_name or url.host
    made_out = f"; it is made out to {_listed(names)}" if names else ""
    next_step = (
        "use such a name in the address, or enter it as server name in the TLS settings"
        if tls.server_name is None
        else "correct the server name in the TLS settings"
    )
    return (
        "Certificate for another host",
        f"The certificate of {url.netloc} is not valid for “{wanted}”{made_out}: {next_step}.",
    )


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(f"“{one_line(name, 80)}”" for name in names[:5])
    return f"{shown} and {len(names) - 5} more" if len(names) > 5 else shown
