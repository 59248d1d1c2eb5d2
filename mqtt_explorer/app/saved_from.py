# SPDX-License-Identifier: MIT
"""A saved broker made of a connection that was opened by its address, with everything that connection uses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, cast

from mqtt_explorer.profiles.profile import Profile, Secrets, SubscriptionDraft, WillDraft
from mqtt_explorer.protocol.options import ProtocolVersion, is_fresh_client_id

if TYPE_CHECKING:
    from mqtt_explorer.connection import Connection
    from mqtt_explorer.profiles.profile import Qos
    from mqtt_explorer.protocol.options import ConnectOptions, TlsOptions
    from mqtt_explorer.protocol.requests import Subscription
    from mqtt_explorer.protocol.will import Will

_NEVER = 0xFFFF_FFFF


def profile_from(connection: Connection) -> tuple[Profile, Secrets]:
    """The broker to save, at the top level and under the connection's own name if it has one, and its secrets."""
    options = connection.options
    url = options.url
    path, _, query = url.path.partition("?")
    fresh = is_fresh_client_id(options.client_id)
    named = connection.title not in (url.netloc, url.shown)
    profile = Profile(
        name=connection.title if named else "",
        url=f"{url.scheme}://{url.netloc}",
        version="5" if options.version is ProtocolVersion.V5 else "3.1.1",
        username=options.username or "",
        client_id="" if fresh else options.client_id,
        keep_alive=str(options.keep_alive),
        clean_start=options.clean_start,
        session_expiry="never" if options.session_expiry == _NEVER else _text(options.session_expiry),
        receive_maximum=_text(options.receive_maximum),
        maximum_packet_size=_text(options.maximum_packet_size),
        topic_alias_maximum=_text(options.topic_alias_maximum),
        user_properties=options.user_properties,
        websocket_path=path,
        websocket_headers=tuple(name for name, _ in options.websocket_headers),
        will=WillDraft() if options.will is None else _will(options.will),
        subscriptions=tuple(_subscription(row.subscription) for row in connection.subscriptions.rows),
        **_tls(options.tls),
    )
    return profile, _secrets(options, query)


def _secrets(options: ConnectOptions, query: str) -> Secrets:
    return Secrets(
        password=options.password,
        key_password=options.tls.key_password,
        websocket_query=query or None,
        websocket_values=tuple(value for _, value in options.websocket_headers),
    )


def _tls(tls: TlsOptions) -> dict[str, Any]:
    kind: Literal["none", "pem", "pkcs12"] = "none"
    if tls.has_client_certificate:
        kind = "pkcs12" if tls.pkcs12_file else "pem"
    return {
        "trust": "file" if tls.ca_file else "system",
        "ca_file": tls.ca_file or "",
        "certificate": kind,
        "cert_file": tls.cert_file or "",
        "key_file": tls.key_file or "",
        "pkcs12_file": tls.pkcs12_file or "",
        "alpn": ", ".join(tls.alpn),
        "server_name": tls.server_name or "",
        "minimum_tls": tls.minimum_version,
        "verify": tls.verify,
    }


def _subscription(subscription: Subscription) -> SubscriptionDraft:
    return SubscriptionDraft(
        filter=subscription.filter.text,
        qos=cast("Qos", subscription.qos),
        no_local=subscription.no_local,
        retain_as_published=subscription.retain_as_published,
        retain_handling=cast("Qos", subscription.retain_handling),
        identifier=_text(subscription.identifier),
    )


def _will(will: Will) -> WillDraft:
    message, properties = will.message, will.message.properties
    try:
        payload, is_text = message.payload.decode(), True
    except UnicodeDecodeError:
        payload, is_text = message.payload.hex(), False
    return WillDraft(
        enabled=True,
        topic=message.topic,
        payload=payload,
        payload_form="text" if is_text else "hex",
        qos=cast("Qos", message.qos),
        retain=message.retain,
        delay=_text(will.delay_s),
        payload_is_text=properties.payload_is_text,
        message_expiry=_text(properties.message_expiry_s),
        content_type=properties.content_type or "",
        response_topic=properties.response_topic or "",
        correlation_data=(properties.correlation_data or b"").hex(),
        user_properties=properties.user,
    )


def _text(number: int | None) -> str:
    return "" if number is None else str(number)
