# SPDX-License-Identifier: MIT
"""How a saved broker's sign-in and last use are spelled in lists."""

from __future__ import annotations

import time
from datetime import date
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from PySide6.QtCore import QDate, QLocale

from mqtt_explorer.models.wording import translate

if TYPE_CHECKING:
    from mqtt_explorer.profiles.profile import Profile

SignIn: TypeAlias = Literal["certificate", "none", "asked", "keyring", "session"]

SIGN_IN_ICONS: Final[dict[SignIn, str]] = {
    "certificate": "certificate",
    "none": "minus",
    "asked": "ask",
    "keyring": "key",
    "session": "clock",
}


def sign_in(profile: Profile, *, keyring: bool) -> tuple[SignIn, str]:
    """How a profile signs in, and that in words; without a keyring what would be in it lasts for this session."""
    if profile.certificate != "none":
        return "certificate", translate("Client certificate")
    if not profile.username and not profile.websocket_headers:
        return "none", translate("None")
    if not profile.remember_secrets:
        return "asked", translate("Asked each time")
    return ("keyring", translate("Keyring")) if keyring else ("session", translate("This session only"))


def last_used_text(then: float, now: float) -> str:
    """When a broker was last used, both in seconds since 1970: "12 min ago", "yesterday", "9 Nov", "9 Nov 2024"."""
    if then <= 0:
        return translate("never")
    try:
        day, today = date.fromtimestamp(then), date.fromtimestamp(now)
    except (OverflowError, OSError, ValueError):  # an edited file may hold any number
        return "–"
    ago = now - then
    if 0 <= ago < 60:
        return translate("just now")
    if 0 <= ago < 3_600:
        return translate("{n} min ago").format(n=int(ago / 60))
    if ago >= 0 and day == today:
        return translate("{n} h ago").format(n=int(ago / 3_600))
    if (today - day).days == 1:
        return translate("yesterday")
    form = "d MMM" if day.year == today.year else "d MMM yyyy"
    return QLocale().toString(QDate(day.year, day.month, day.day), form)


def exact_time(then: float) -> str:
    """Local date and time to the minute: "2026-11-20 14:02"; empty when there is none."""
    try:
        return time.strftime("%Y-%m-%d %H:%M", time.localtime(then)) if then > 0 else ""
    except (OverflowError, OSError, ValueError):
        return ""
