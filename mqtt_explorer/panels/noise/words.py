# SPDX-License-Identifier: MIT
"""How long, and what is missing, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from mqtt_explorer.store.noise_meter import MAX_COUNTED

if TYPE_CHECKING:
    from mqtt_explorer.store.noise_meter import NoiseMeter


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
