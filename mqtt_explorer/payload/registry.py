# SPDX-License-Identifier: MIT
"""Which decoder shows a payload.

A format is one file and one line in `DECODERS`. Automatic choice takes JSON or text where the bytes are just that, else hex: a binary
format is never guessed from bytes alone, somebody has to choose it.
"""

from __future__ import annotations

import logging
from typing import Final

from mqtt_explorer.payload.api import PAGE, Decoded, DecodeError, Decoder
from mqtt_explorer.payload.hex_format import HexDecoder
from mqtt_explorer.payload.json_format import JsonDecoder, looks_like_json
from mqtt_explorer.payload.text import BINARY_CONTROLS, TextDecoder, decode_head

AUTO: Final = "auto"
_HEX: Final = HexDecoder()
_TEXT: Final = TextDecoder()
_JSON: Final = JsonDecoder()
#: In the order of a menu.
DECODERS: Final[tuple[Decoder, ...]] = (_JSON, _TEXT, _HEX)
#: How much of a payload decides between text and hex.
_SNIFF = 4096

_log = logging.getLogger(__name__)


def choices() -> tuple[tuple[str, str], ...]:
    """Name and label of everything a user can choose, automatic choice first."""
    return ((AUTO, "Automatic"), *((decoder.name, decoder.label) for decoder in DECODERS))


def decode(payload: bytes, choice: str = AUTO, limit: int = PAGE, *, cut: bool = False) -> Decoded:
    """Makes the first page of a payload; never raises.

    Args:
        payload: The bytes kept.
        choice: `AUTO` or a decoder's name.
        limit: About how many bytes or characters a page holds.
        cut: True when more was sent than `payload` holds.

    Returns:
        The page. When the format asked for cannot show the payload, another one does and `problem` says why.
    """
    if choice == AUTO:
        return _automatic(payload, limit, cut)
    decoder = next((known for known in DECODERS if known.name == choice), None)
    if decoder is None:
        return _instead(payload, limit, cut, f"There is no payload format named “{choice}”.")
    try:
        return decoder.decode(payload, limit, cut=cut)
    except DecodeError as error:
        return _instead(payload, limit, cut, f"Not {decoder.label}: {error.message}")
    except Exception as error:  # noqa: BLE001 – one format's fault must not take the message view down; the bytes are still shown
        _log.exception("The decoder %s failed", decoder.name)
        return _instead(payload, limit, cut, f"The {decoder.label} decoder failed ({type(error).__name__}).")


def _instead(payload: bytes, limit: int, cut: bool, reason: str) -> Decoded:
    page = _automatic(payload, limit, cut)
    parts = (reason, f"Showing {page.label} instead.", page.problem)
    return Decoded(
        page.format, page.label, page.text, page.shown, page.total, " ".join(filter(None, parts)), page.spans
    )


def _automatic(payload: bytes, limit: int, cut: bool) -> Decoded:
    tries: tuple[Decoder, ...] = ()
    if looks_like_json(payload):
        tries += (_JSON,)
    if _looks_like_text(payload, cut):
        tries += (_TEXT,)
    for decoder in tries:
        try:
            return decoder.decode(payload, limit, cut=cut)
        except DecodeError:
            continue  # it only looked like one
    return _HEX.decode(payload, limit, cut=cut)


def _looks_like_text(payload: bytes, cut: bool) -> bool:
    try:
        text, _ = decode_head(payload, _SNIFF, cut=cut)
    except DecodeError:
        return False
    return BINARY_CONTROLS.search(text) is None
