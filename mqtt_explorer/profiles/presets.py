# SPDX-License-Identifier: MIT
"""What is known of some brokers before connecting: values to fill in, and limits with their reasons."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

import msgspec

from mqtt_explorer.profiles.preset_catalogue import PRESETS, Note, Preset
from mqtt_explorer.profiles.profile import Profile
from mqtt_explorer.protocol.url import DEFAULT_PORTS, BrokerUrl, UrlError

__all__ = [
    "LABELS",
    "PRESETS",
    "Note",
    "Preset",
    "apply_preset",
    "port_help",
    "preset",
    "taken_back",
    "with_usual_port",
]

#: What the form calls the fields a preset may fill in.
LABELS: Final = {
    "url": "URL",
    "username": "User name",
    "version": "MQTT version",
    "keep_alive": "Keep-alive",
    "certificate": "Client certificate",
    "alpn": "ALPN",
    "websocket_path": "WebSocket path",
}
_WITH_TLS: Final = {"mqtt": "mqtts", "ws": "wss"}


def preset(key: str) -> Preset | None:
    """The preset of a key; None for "" and for a key this version does not know."""
    return next((each for each in PRESETS if each.key == key), None)


def apply_preset(profile: Profile, wanted: Preset | None) -> tuple[Profile, tuple[str, ...]]:
    """Fills a profile in.

    The host the user typed stays; only scheme and port are adapted. What the preset before had filled in goes. With None the profile
    has no preset any more.

    Returns:
        The filled profile, and the labels of values that were the user's own and are replaced.
    """
    former = preset(profile.preset)
    changes: dict[str, Any] = {"preset": "" if wanted is None else wanted.key}
    replaced: list[str] = []
    if wanted is not None:
        url, was_typed = _adapted(profile.url, wanted, former)
        if url != profile.url:
            changes["url"] = url
            if was_typed:
                replaced.append(LABELS["url"])
    base = _without_fills(profile, former)
    scheme = changes.get("url", profile.url).partition("://")[0]
    for name, value in {} if wanted is None else _fills(wanted, base, scheme).items():
        own = getattr(base, name)
        changes[name] = value
        if own not in (value, _default(name)):
            replaced.append(LABELS.get(name, name))
    return msgspec.structs.replace(base, **changes), tuple(replaced)


def taken_back(before: Profile, after: Profile) -> tuple[str, ...]:
    """The labels of what the preset of `before` had filled in and `after` has no more."""
    former = preset(before.preset)
    names = () if former is None else former.fills
    return tuple(
        LABELS[name]
        for name in LABELS
        if name in names and getattr(after, name) == _default(name) != getattr(before, name)
    )


def with_usual_port(url: BrokerUrl, chosen: Preset | None, *, any_scheme: bool = False) -> BrokerUrl:
    """An address typed without a port, with the preset's; with `any_scheme` (none was typed) also with a scheme the broker takes."""
    if chosen is None:
        return url
    scheme = url.scheme
    if any_scheme and scheme not in chosen.ports:
        scheme = _WITH_TLS.get(scheme, scheme)
    return replace(url, scheme=scheme, port=chosen.ports.get(scheme, url.port))


def port_help(profile: Profile) -> str:
    """What there is to say where port and ALPN name do not fit each other, or nothing."""
    chosen = preset(profile.preset)
    name = None if chosen is None else chosen.fills.get("alpn")
    try:
        url = BrokerUrl.parse(profile.url)[0]
    except UrlError:
        return ""
    if chosen is None or name is None or url.scheme != "mqtts":
        return ""
    port, offered = chosen.ports["mqtts"], name in (each.strip() for each in profile.alpn.split(","))
    if offered and url.port != port:
        return f"The ALPN name {name} is for port {port}: write {port} here, or empty ALPN under TLS for port {url.port}."
    if not offered and url.port == port:
        return f"Port {port} takes MQTT only with the ALPN name {name}: enter it under TLS, or write port {DEFAULT_PORTS['mqtts']} here."
    return ""


def _fills(wanted: Preset, profile: Profile, scheme: str) -> dict[str, Any]:
    fills = dict(wanted.fills)
    if profile.certificate != "none":
        # Which kind of file it is is the user's choice: a preset only knows that there must be one.
        fills.pop("certificate", None)
    if scheme in ("ws", "wss"):
        fills.pop("alpn", None)  # those names are for MQTT without a websocket
    return fills


def _without_fills(profile: Profile, former: Preset | None) -> Profile:
    """The profile without what the former preset had filled in, where the user has not changed it."""
    if former is None:
        return profile
    back = {name: _default(name) for name, value in former.fills.items() if getattr(profile, name) == value}
    if profile.cert_file or profile.key_file or profile.pkcs12_file:
        back.pop("certificate", None)
    return msgspec.structs.replace(profile, **back)


def _default(name: str) -> Any:
    return getattr(_EMPTY, name)


_EMPTY: Final = Profile(id="")


def _adapted(text: str, wanted: Preset, former: Preset | None) -> tuple[str, bool]:
    """The address with scheme and port of the preset; the second value tells whether more was changed than what a preset had filled in.

    A port that is the scheme's usual one is adapted: a profile's address always has one, whether it was typed or not.
    """
    try:
        old = BrokerUrl.parse(text)[0]
    except UrlError:
        return text, False  # empty, or not an address yet: nothing to adapt
    scheme = old.scheme if old.scheme in wanted.ports else _WITH_TLS.get(old.scheme, old.scheme)
    filled = former is not None and former.ports.get(old.scheme) == old.port
    port = wanted.ports[scheme] if filled or old.port == DEFAULT_PORTS[old.scheme] else old.port
    new = BrokerUrl(scheme, old.host, port)
    return f"{scheme}://{new.netloc}", scheme != old.scheme or (port != old.port and not filled)
