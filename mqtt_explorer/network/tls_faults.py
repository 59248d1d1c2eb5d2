# SPDX-License-Identifier: MIT
"""TLS errors in words: what the certificate, the file or the peer objects to, and what to do.

OpenSSL says it in verification codes (x509_vfy.h) and in alerts of the peer (RFC 8446 section 6); both keep their numbers and
names across versions, their texts do not.
"""

from __future__ import annotations

from collections.abc import Sequence
from ssl import SSLCertVerificationError, SSLError

from mqtt_explorer.protocol.options import TlsOptions
from mqtt_explorer.protocol.url import BrokerUrl

HOST_MISMATCH = (62, 64)  # X509_V_ERR_HOSTNAME_MISMATCH, X509_V_ERR_IP_ADDRESS_MISMATCH
_SELF_SIGNED = 18
_UNKNOWN_CA = (2, 19, 20, 21, 27)

#: Alerts by which a broker refuses our certificate or the lack of one: OpenSSL reason → (sentence with, sentence without one).
_CLIENT_CERTIFICATE = {
    "TLSV13_ALERT_CERTIFICATE_REQUIRED": "",
    "SSLV3_ALERT_CERTIFICATE_EXPIRED": "says our client certificate has expired",
    "SSLV3_ALERT_CERTIFICATE_REVOKED": "says our client certificate is revoked",
    "SSLV3_ALERT_CERTIFICATE_UNKNOWN": "does not accept our client certificate",
    "SSLV3_ALERT_BAD_CERTIFICATE": "does not accept our client certificate",
    "SSLV3_ALERT_UNSUPPORTED_CERTIFICATE": "does not support the kind of our client certificate",
    "TLSV1_ALERT_UNKNOWN_CA": "does not know the authority that signed our client certificate",
    "TLSV1_ALERT_ACCESS_DENIED": "denies our client certificate access",
    "TLSV1_ALERT_DECRYPT_ERROR": "could not check our client certificate",
}
_VERSION = {
    "TLSV1_ALERT_PROTOCOL_VERSION",
    "UNSUPPORTED_PROTOCOL",
    "WRONG_SSL_VERSION",
    "NO_PROTOCOLS_AVAILABLE",
    "VERSION_TOO_LOW",
}
_NOT_TLS = {
    "WRONG_VERSION_NUMBER",
    "HTTP_REQUEST",
    "PACKET_LENGTH_TOO_LONG",
    "RECORD_LAYER_FAILURE",
    "UNKNOWN_PROTOCOL",
}


def reason_of(error: SSLError) -> str:
    """OpenSSL's name of the reason ("CERTIFICATE_VERIFY_FAILED"), spelled the same in all its versions."""
    reason = getattr(error, "reason", None)
    return reason.upper().replace(" ", "_") if isinstance(reason, str) else ""


def refuses_client(error: SSLError) -> bool:
    """True when the broker refused our certificate, or wants one: trying again does not help."""
    return reason_of(error) in _CLIENT_CERTIFICATE or reason_of(error) == "SSLV3_ALERT_HANDSHAKE_FAILURE"


def field_of(error: SSLError, tls: TlsOptions) -> str | None:
    """The form field where the fault is mended, or None."""
    if isinstance(error, SSLCertVerificationError):
        return "url" if error.verify_code in HOST_MISMATCH else "ca_file"
    if reason_of(error) in _CLIENT_CERTIFICATE:
        return "cert_file"
    return "url" if reason_of(error) in _NOT_TLS else None


def explain(error: SSLError, url: BrokerUrl, tls: TlsOptions, names: Sequence[str] = ()) -> tuple[str, str]:
    """A headline and one sentence with the cause, the address and the next step.

    Args:
        error: What OpenSSL raised, during the handshake or after it.
        url: Where we dialled.
        tls: How we dialled.
        names: The names the broker's certificate is made out to, where known.
    """
    if isinstance(error, SSLCertVerificationError):
        return _verification(error, url, tls, names)
    reason = reason_of(error)
    where = url.netloc
    if reason in _CLIENT_CERTIFICATE:
        return _client_certificate(reason, where, has_one=tls.cert_file is not None)
    if reason in ("SSLV3_ALERT_HANDSHAKE_FAILURE", "NO_SHARED_CIPHER", "SSLV3_ALERT_ILLEGAL_PARAMETER"):
        return (
            "TLS handshake refused",
            f"{where} refuses the TLS handshake: it shares no cipher with us"
            + (
                ", or does not accept the client certificate."
                if tls.cert_file
                else ", or wants a client certificate."
            ),
        )
    if reason in _VERSION:
        return (
            "TLS version not shared",
            f"{where} and this program share no TLS version; we need TLS 1.2 or newer, so the broker must offer it.",
        )
    if reason in _NOT_TLS:
        plain = "ws" if url.websocket else "mqtt"
        return (
            "Not a TLS port",
            f"{where} answers with something that is not TLS; use {plain}://, or the broker's TLS port.",
        )
    if reason in ("TLSV1_ALERT_NO_APPLICATION_PROTOCOL", "NO_APPLICATION_PROTOCOL"):
        asked = ", ".join(tls.alpn) or "none"
        return (
            "ALPN refused",
            f"{where} does not accept the ALPN name we sent ({asked}); check the TLS settings.",
        )
    if reason in ("TLSV1_UNRECOGNIZED_NAME", "TLSV1_ALERT_UNRECOGNIZED_NAME"):
        return (
            "Server name unknown",
            f"{where} does not serve the name “{tls.server_name or url.host}”; check the host and the server name.",
        )
    if reason == "UNEXPECTED_EOF_WHILE_READING":
        return (
            "TLS cut off",
            f"{where} cut the connection in the middle of TLS; try again, or see the broker's log.",
        )
    words = reason.lower().replace("_", " ") or str(error).strip() or type(error).__name__
    return "TLS failed", f"TLS with {where} failed ({words}); the broker's log may say more."


def _client_certificate(reason: str, where: str, *, has_one: bool) -> tuple[str, str]:
    if not has_one or reason == "TLSV13_ALERT_CERTIFICATE_REQUIRED":
        return (
            "Client certificate required",
            f"{where} wants a client certificate; choose a certificate and its key in the TLS settings.",
        )
    return (
        "Client certificate refused",
        f"{where} {_CLIENT_CERTIFICATE[reason]}; choose one this broker accepts in the TLS settings.",
    )


def _verification(
    error: SSLCertVerificationError, url: BrokerUrl, tls: TlsOptions, names: Sequence[str]
) -> tuple[str, str]:
    where, code = url.netloc, error.verify_code
    if code == 10:
        return (
            "Certificate expired",
            f"The certificate of {where} has expired; renew it on the broker, or check this computer's clock.",
        )
    if code == 9:
        return (
            "Certificate not valid yet",
            f"The certificate of {where} is not valid yet; check this computer's clock and the broker's certificate.",
        )
    if code in HOST_MISMATCH:
        wanted = tls.server_name or url.host
        made_out = f"; it is made out to {_listed(names)}" if names else ""
        return (
            "Certificate for another host",
            f"The certificate of {where} is not valid for “{wanted}”{made_out}: "
            "use such a name in the address, or enter it as server name.",
        )
    if code == _SELF_SIGNED:
        return (
            "Self-signed certificate",
            f"The certificate of {where} is signed by itself; save it as a PEM file and give that as CA file (--cafile).",
        )
    if code in _UNKNOWN_CA:
        store = f"the CA file “{tls.ca_file}”" if tls.ca_file else "this computer's store"
        next_step = "give the file of the right authority" if tls.ca_file else "give its CA file (--cafile)"
        return (
            "Unknown authority",
            f"The certificate of {where} is signed by an authority that is not in {store}; {next_step}.",
        )
    text = (error.verify_message or "no reason given").rstrip(".")
    return (
        "Certificate not accepted",
        f"The certificate of {where} does not hold ({text}); the broker needs another certificate.",
    )


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(f"“{name}”" for name in names[:5])
    return f"{shown} and {len(names) - 5} more" if len(names) > 5 else shown
