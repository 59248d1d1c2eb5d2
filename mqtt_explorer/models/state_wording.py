# SPDX-License-Identifier: MIT
"""A connection's state in words, and the tone it is shown in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from mqtt_explorer.models.wording import translate
from mqtt_explorer.network.link import LinkState

if TYPE_CHECKING:
    from mqtt_explorer.connection import Connection
    from mqtt_explorer.network.steps import Step

StateTone: TypeAlias = Literal["ok", "accent", "warn", "error", "muted"]

_TONES: Final[dict[LinkState, StateTone]] = {
    LinkState.CONNECTED: "ok",
    LinkState.CONNECTING: "accent",
    LinkState.WAITING: "warn",
    LinkState.FAILED: "error",
    LinkState.DISCONNECTED: "muted",
}


def state_tone(state: LinkState) -> StateTone:
    """The tone of a state: warn asks for attention, error needs the user."""
    return _TONES[state]


def state_word(state: LinkState) -> str:
    """A state as one word."""
    return {
        LinkState.CONNECTED: translate("Connected"),
        LinkState.CONNECTING: translate("Connecting…"),
        LinkState.WAITING: translate("Waiting"),
        LinkState.FAILED: translate("Failed"),
        LinkState.DISCONNECTED: translate("Disconnected"),
    }[state]


def list_entry(state: LinkState) -> tuple[str, StateTone]:
    """What a list says of a broker in this state: a small word, and its tone."""
    word = translate("open") if state is LinkState.CONNECTED else state_word(state).rstrip("…").lower()
    return word, state_tone(state)


def step_words(step: Step) -> str:
    """A step of connecting, in the user's language."""
    return translate(step.text)


def state_details(connection: Connection) -> str:
    """What stands beside the state: version, TLS, keep-alive, session and round trip; the step while connecting; else the address."""
    change, options = connection.state, connection.options
    if change.state is LinkState.CONNECTED:
        return " · ".join(_facts(connection))
    parts = []
    if change.state is LinkState.CONNECTING:
        if connection.step is not None:
            parts.append(step_words(connection.step))
        if change.attempt > 1:
            parts.append(translate("attempt {n}").format(n=change.attempt))
    parts.append(options.url.shown)  # what went wrong stands in the strip below
    return " · ".join(parts)


def _facts(connection: Connection) -> list[str]:
    change, options = connection.state, connection.options
    keep_alive = options.keep_alive if change.keep_alive is None else change.keep_alive
    facts = [options.version.label]
    if options.url.tls:
        facts.append(change.transport.partition(",")[0])
    facts.append(
        translate("keep-alive {s} s").format(s=keep_alive) if keep_alive else translate("no keep-alive")
    )
    if options.clean_start:
        facts.append(translate("clean session"))
    else:
        facts.append(translate("session resumed") if change.session_present else translate("new session"))
    if connection.rtt_s is not None:
        facts.append(translate("RTT {ms} ms").format(ms=f"{connection.rtt_s * 1000:.1f}"))
    return facts
