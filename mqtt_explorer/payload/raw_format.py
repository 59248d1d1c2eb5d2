# SPDX-License-Identifier: MIT
"""The payload as it came, line by line: no indentation, no meaning; a byte that is no text is shown as what it is."""

from __future__ import annotations

from typing import Final

from mqtt_explorer.payload.api import FIRST_PAGE, BaseDecoder, Context, Document
from mqtt_explorer.payload.progress import report
from mqtt_explorer.payload.text_lines import find_lines, longest_line

_SPELLING: Final = b"\\udc"


class RawDecoder(BaseDecoder):
    """Shows UTF-8, and the value of each byte that is none; never fails."""

    name = "raw"
    label = "Raw"

    def first_page(self, payload: bytes, option: str, context: Context) -> Document | None:
        """Its beginning; see `Decoder.first_page`."""
        del option, context
        source, _ = _readable(payload[:FIRST_PAGE], more=True)
        return Document(self.name, self.label, source, lines=find_lines(source), complete=False)

    def decode(self, payload: bytes, option: str, context: Context) -> Document:
        """All of it; see `Decoder.decode`."""
        del option
        source, bad = _readable(payload, more=context.cut)
        notes: tuple[str, ...] = ()
        if bad:
            notes = (
                "One byte is no UTF-8 text and is shown as \\x and its value."
                if bad == 1
                else f"{bad:,} bytes are no UTF-8 text and are shown as \\x and their values.",
            )
        lines = find_lines(source, report)
        return Document(
            self.name, self.label, source, lines=lines, longest=longest_line(source, lines), notes=notes
        )


def _readable(payload: bytes, *, more: bool) -> tuple[bytes, int]:
    """UTF-8, and how many bytes stand in it as their values; with `more` to come, a character at the end may lack its rest."""
    try:
        payload.decode()
    except UnicodeDecodeError as error:
        if more and error.reason == "unexpected end of data":
            return payload[: error.start], 0
    else:
        return payload, 0
    # A text of the same spelling as what `_escaped` makes of a byte is kept apart; no character reaches over it.
    parts = [_escaped(part) for part in payload.split(_SPELLING)]
    bad = sum(part.count(_SPELLING) for part in parts)
    return _SPELLING.join(part.replace(_SPELLING, b"\\x") for part in parts), bad


def _escaped(part: bytes) -> bytes:
    r"""UTF-8 with a \udc80 for each byte 0x80 that is none; many times faster than the error handler that would write \x80."""
    return part.decode("utf-8", "surrogateescape").encode("utf-8", "backslashreplace")
