# SPDX-License-Identifier: MIT
"""How long, and what is missing, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from mqtt_explorer.models import wording
from mqtt_explorer.models.noise_model import byte_rate
from mqtt_explorer.store.noise_meter import MAX_COUNTED

if TYPE_CHECKING:
    from mqtt_explorer.store.noise_meter import Noise, NoiseMeter


def duration(seconds: float) -> str:
    """How long the window is open: "12 s", "3 min 20 s", "2 h 5 min"."""
    whole = int(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, whole = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {whole} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min"


def figures(meter: NoiseMeter, total: Noise) -> str:
    """What arrived on a branch: since when, how much, and how much a second over all that time."""
    seconds = max(meter.seconds, 1e-3)
    parts = [
        _tr("Since {time}").format(time=wording.clock_time(meter.since_wall_ns)[:8]),
        duration(meter.seconds),
        _tr("{n} messages").format(n=f"{total.messages:,}"),
        wording.size(total.bytes),
        _tr("on average {rate} and {bytes}").format(
            rate=wording.rate(total.messages / seconds), bytes=byte_rate(total.bytes / seconds)
        )
        if total.bytes >= seconds
        else average(total.messages, seconds),
    ]
    return " · ".join(parts)


def average(messages: int, seconds: float) -> str:
    """Messages a second over a whole window, told from the rate of this moment that stands elsewhere."""
    return _tr("on average {rate}").format(rate=wording.rate(messages / max(seconds, 1e-3)))


def missing(meter: NoiseMeter) -> str:
    """What the figures do not hold, or not where it belongs; empty when they are whole."""
    parts = []
    if meter.missed:
        text = _tr("{n} messages left the history before they were counted.")
        parts.append(text.format(n=f"{meter.missed:,}"))
    if dropped := meter.dropped:
        text = _tr("{n} messages on new topics had no room in memory and are on no branch.")
        parts.append(text.format(n=f"{dropped:,}"))
    if meter.merged:
        text = _tr(
            "{limit} topics and branches are told apart; {n} messages on further ones count for the branch above."
        )
        parts.append(text.format(limit=f"{MAX_COUNTED:,}", n=f"{meter.merged:,}"))
    return " ".join(parts)


def _tr(text: str) -> str:
    return QCoreApplication.translate("NoisePanel", text)
