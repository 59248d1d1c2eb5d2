# SPDX-License-Identifier: MIT
"""Colours and measures of the look, dark and light: the one place they are written down. No Qt."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Final

SPACE: Final = (4, 8, 12, 16)
"""The four spacings, in device-independent pixels."""
GAP_XS, GAP, GAP_M, GAP_L = SPACE
RADIUS: Final = 8
"""Corner radius of cards; controls use RADIUS_CONTROL."""
RADIUS_CONTROL: Final = 6
ROW_TREE: Final = 25
ROW_LIST: Final = 26
ROW_TABLE: Final = 24
CONTROL: Final = 28
"""Height of buttons and fields."""
CONTROL_SMALL: Final = 24
CHIP: Final = 20
ICON: Final = 16


@dataclass(frozen=True, slots=True)
class Tokens:
    """One colour scheme; every colour is "#rrggbb".

    `faint` is for lines and idle outlines only, never for text: it does not reach 4.5:1.
    `field` is the ground of text fields, `button` of buttons.
    """

    name: str
    bg: str
    panel: str
    raised: str
    line: str
    text: str
    muted: str
    faint: str
    accent: str
    on_accent: str
    ok: str
    warn: str
    error: str
    selection: str
    json_key: str
    json_string: str
    json_number: str
    hover: str
    tint_error: str
    tint_warn: str
    tint_ok: str
    field: str
    line_strong: str
    accent_hover: str
    data: tuple[str, ...]
    hit_percent: int
    """How much accent stands over the ground of a search hit."""

    @property
    def dark(self) -> bool:
        """True for the dark scheme."""
        return self.name == "dark"

    @property
    def hit(self) -> str:
        """Ground of a search hit on a panel."""
        return mix(self.panel, self.accent, self.hit_percent / 100)

    def color(self, name: str) -> str:
        """The colour of that token name; the short kinds "number", "string", "key" mean the JSON colours.

        Raises:
            KeyError: no token has this name.
        """
        value = _KINDS.get(name, name)
        if value not in COLOR_NAMES:
            raise KeyError(name)
        return str(getattr(self, value))

    def series(self, index: int) -> str:
        """Data colour number `index`, going round."""
        return self.data[index % len(self.data)]


_KINDS: Final = {"number": "json_number", "string": "json_string", "key": "json_key"}

DARK: Final = Tokens(
    name="dark",
    bg="#0f1218",
    panel="#161a22",
    raised="#1c212b",
    line="#262d39",
    text="#e4e8ef",
    muted="#9aa4b5",
    faint="#5b6577",
    accent="#4cc2ff",
    on_accent="#06202e",
    ok="#7ee0b8",
    warn="#ffb454",
    error="#ff7b7b",
    selection="#1f3447",
    json_key="#8fb4ff",
    json_string="#a5d6a0",
    json_number="#d2b4ff",
    hover="#1b212c",
    tint_error="#2b1a1f",
    tint_warn="#2a2318",
    tint_ok="#16261f",
    field="#0f1218",
    line_strong="#343d4c",
    accent_hover="#74d0ff",
    data=("#4cc2ff", "#7ee0b8", "#c39bff", "#f48fb6", "#e3c566", "#8fb0d9"),
    hit_percent=22,
)

LIGHT: Final = Tokens(
    name="light",
    bg="#f3f5f8",
    panel="#ffffff",
    raised="#f7f8fa",
    line="#dfe3ea",
    text="#1c2430",
    muted="#566073",
    faint="#98a2b3",
    accent="#0969b0",
    on_accent="#ffffff",
    ok="#097550",
    warn="#8f5600",
    error="#c02626",
    selection="#dcedfb",
    json_key="#1d4ed8",
    json_string="#146c34",
    json_number="#7a2fc0",
    hover="#eef1f5",
    tint_error="#fdeeee",
    tint_warn="#fdf3e2",
    tint_ok="#e6f6ef",
    field="#ffffff",
    line_strong="#c9d0da",
    accent_hover="#0b5c98",
    data=("#0b78c2", "#0a7a53", "#7a4fd0", "#b8316f", "#8a6500", "#4a6a94"),
    hit_percent=17,
)

COLOR_NAMES: Final = frozenset(f.name for f in fields(Tokens)) - {"name", "data", "hit_percent"}
TEXT_TOKENS: Final = (
    "text",
    "muted",
    "accent",
    "ok",
    "warn",
    "error",
    "json_key",
    "json_string",
    "json_number",
)
"""Tokens that may colour text."""
GROUNDS: Final = ("bg", "panel", "raised", "selection", "hover", "field")
"""Grounds on which every text token must be readable."""
TINTS: Final = {
    "tint_error": ("text", "muted", "accent", "error"),
    "tint_warn": ("text", "muted", "accent", "warn"),
    "tint_ok": ("text", "muted", "accent", "ok"),
}
"""Which text tokens stand on which tint."""


def control_px(ui_px: int) -> int:
    """Height of buttons and fields for a size of the interface font, in pixels."""
    return max(CONTROL, ui_px + 15)


def mix(ground: str, over: str, share: float) -> str:
    """`over` painted on `ground` with opacity `share` (0..1), as an opaque colour."""
    pairs = zip(_rgb(ground), _rgb(over), strict=True)
    return "#" + "".join(f"{round(g + (o - g) * share):02x}" for g, o in pairs)


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours, 1.0 to 21.0 (WCAG 2.2, "contrast ratio")."""
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def _rgb(color: str) -> tuple[int, int, int]:
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)


def _luminance(color: str) -> float:
    linear = []
    for channel in _rgb(color):
        c = channel / 255
        linear.append(c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4)
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
