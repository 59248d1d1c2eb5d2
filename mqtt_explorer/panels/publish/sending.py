# SPDX-License-Identifier: MIT
"""One message on its way, and the line that tells what became of it."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import QCoreApplication

from mqtt_explorer.models import wording
from mqtt_explorer.network.link import LinkState
from mqtt_explorer.network.outbox import RequestLost
from mqtt_explorer.widgets.text import one_line

if TYPE_CHECKING:
    from mqtt_explorer.errors import MqttExplorerError
    from mqtt_explorer.protocol.requests import PublishRequest, PublishResult
    from mqtt_explorer.widgets.cards import Tone

_FIGURE_SPACE = "\u00a0"


@dataclass(eq=False)
class Sending:
    """A message from the click until its answer.

    Attributes:
        v5: The answer carries a reason code (MQTT 5).
        down: The connection is down while it waits: the state; None while it stands.
        ended_ns: Wall clock of the end, ns since the epoch; 0 while under way.
    """

    request: PublishRequest
    v5: bool
    started_s: float = field(default_factory=time.monotonic)
    down: LinkState | None = None
    result: PublishResult | None = None
    error: MqttExplorerError | None = None
    ended_ns: int = 0

    @property
    def under_way(self) -> bool:
        """No answer yet."""
        return self.ended_ns == 0

    @property
    def failure(self) -> str:
        """What the log says of it: the refusal or the error in a sentence, or nothing."""
        if self.error is not None:
            return self.error.message
        return self.result.reason.sentence if self.result is not None and self.result.reason.is_error else ""


class Told(NamedTuple):
    """The result line: colour, headline, details."""

    tone: Tone
    strong: str
    details: str


def tell(sending: Sending) -> Told:
    """What became of a message, as headline and details."""
    if sending.under_way:
        return _waiting(sending)
    if sending.error is not None:
        return _failed(sending, sending.error)
    if sending.result is None:  # a task that was cancelled
        return Told(
            "muted", _tr("No answer awaited"), _tr("The panel was closed before the broker answered.")
        )
    return _answered(sending, sending.result)


def _waiting(sending: Sending) -> Told:
    if sending.down is not None and sending.request.qos:
        told = (
            _tr("The message waits for the connection; it will be sent again as soon as you connect.")
            if sending.down in (LinkState.FAILED, LinkState.DISCONNECTED)  # nothing is tried by itself
            else _tr("The message waits for the connection; it will be sent again when that is back.")
        )
        return Told("warn", _tr("Lost connection"), told)
    seconds = int(time.monotonic() - sending.started_s)
    strong = _tr("Waiting {n} s").format(n=seconds) if seconds else _tr("Waiting")
    waits_for = (_tr("for the socket"), _tr("for PUBACK"), _tr("for PUBCOMP"))[sending.request.qos]
    return Told("muted", strong, waits_for)


def _failed(sending: Sending, error: MqttExplorerError) -> Told:
    # What may have arrived, or may be sent again, is no plain failure.
    tone: Tone = "warn" if isinstance(error, RequestLost) and error.may_arrive else "error"
    return Told(tone, error.title, _join(one_line(error.message).rstrip("."), _at(sending)))


def _answered(sending: Sending, result: PublishResult) -> Told:
    took = wording_ms(result.elapsed_s)
    if sending.request.qos == 0:
        return Told("ok", _tr("Sent"), _join(_tr("QoS 0 is not acknowledged"), took, _at(sending)))
    reason = result.reason
    packet = "PUBACK" if sending.request.qos == 1 else ("PUBREC" if reason.value else "PUBCOMP")
    code = f"{packet} 0x{reason.value:02x}" if sending.v5 else packet
    identifier = _tr("packet id {n}").format(n=result.packet_id)
    facts = (code, identifier, took, _at(sending))
    if reason.is_error:
        return Told("error", _tr("Refused"), _join(one_line(reason.sentence).rstrip("."), *facts))
    if result.no_subscribers:
        return Told("warn", _tr("No matching subscribers"), _join(*facts))
    return Told("ok", _tr("Success"), _join(*facts))


def wording_ms(seconds: float) -> str:
    """A short time: "3.9 ms", "1.204 s"."""
    return f"{seconds * 1e3:.1f} ms" if seconds < 1 else f"{seconds:.3f} s"


def _at(sending: Sending) -> str:
    return _tr("at {time}").format(time=wording.clock_time(sending.ended_ns))


def _join(*parts: str) -> str:
    """Facts behind each other; a short one is never broken over two lines."""
    whole = (part if len(part) > 30 else part.replace(" ", _FIGURE_SPACE) for part in parts)
    return " · ".join(whole)


def _tr(text: str) -> str:
    return QCoreApplication.translate("PublishPanel", text)
