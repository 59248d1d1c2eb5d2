# SPDX-License-Identifier: MIT
"""UTF-8 text, strictly: a byte that is not UTF-8 is an error, never a replacement character."""

from __future__ import annotations

import re

from mqtt_explorer.payload.api import PAGE, Decoded, DecodeError

#: Controls that do not occur in text: all of C0 but BEL to CR and ESC (the table the Unix command `file` uses).
BINARY_CONTROLS = re.compile("[\x00-\x06\x0e-\x1a\x1c-\x1f]")


def decode_head(payload: bytes, limit: int, *, cut: bool = False) -> tuple[str, int]:
    """Decodes the first bytes; a character that the limit (or a cut payload) splits is left out.

    Returns:
        The text and the number of bytes it covers.

    Raises:
        DecodeError: A byte within the limit is not valid UTF-8.
    """
    head = payload if len(payload) <= limit else payload[:limit]
    try:
        return head.decode(), len(head)
    except UnicodeDecodeError as error:
        end_is_missing = error.reason == "unexpected end of data" and (cut or len(head) < len(payload))
        if end_is_missing:
            return head[: error.start].decode(), error.start
        raise DecodeError(f"Byte {error.start:,} (0x{head[error.start]:02x}) is not valid UTF-8.") from None


class TextDecoder:
    """Shows UTF-8 as it is, cut at the end of a line where one is near."""

    name = "text"
    label = "Text"

    def decode(self, payload: bytes, limit: int = PAGE, *, cut: bool = False) -> Decoded:
        """Makes the first page; see `api.Decoder.decode`."""
        text, shown = decode_head(payload, limit, cut=cut)
        if shown < len(payload):
            end_of_line = text.rfind("\n", len(text) // 2) + 1
            if end_of_line:
                text = text[:end_of_line]
                shown = len(text.encode())
        return Decoded(self.name, self.label, text, shown, len(payload))
