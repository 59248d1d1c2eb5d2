# SPDX-License-Identifier: MIT
"""Text, strictly: a byte that is none in the chosen encoding is an error, never a replacement character."""

from __future__ import annotations

import codecs
import re
from functools import cache
from typing import Final

from mqtt_explorer.payload.api import FIRST_PAGE, BaseDecoder, Context, DecodeError, Document
from mqtt_explorer.payload.progress import report
from mqtt_explorer.payload.text_lines import find_lines, longest_line

#: Controls that do not occur in text: all of C0 but BEL to CR and ESC (the table the Unix command `file` uses).
BINARY_CONTROLS = re.compile("[\x00-\x06\x0e-\x1a\x1c-\x1f]")
#: What people meet: value for settings (Python's name) and label.
ENCODINGS: Final = (
    ("utf-8", "UTF-8"),
    ("utf-16-le", "UTF-16, little-endian"),
    ("utf-16-be", "UTF-16, big-endian"),
    ("ascii", "ASCII"),
    ("latin-1", "Latin-1 (ISO 8859-1)"),
    ("cp1252", "Windows-1252"),
    ("iso8859-15", "Latin-9 (ISO 8859-15)"),
    ("cp1251", "Windows-1251 (Cyrillic)"),
    ("koi8-r", "KOI8-R (Cyrillic)"),
    ("shift_jis", "Shift JIS (Japanese)"),
    ("gb18030", "GB 18030 (Chinese)"),
    ("big5", "Big5 (Chinese)"),
    ("euc-kr", "EUC-KR (Korean)"),
)
_UTF8: Final = "utf-8"


def decode_head(payload: bytes, limit: int, *, cut: bool = False) -> tuple[str, int]:
    """Decodes the first bytes as UTF-8; a character that the limit (or a cut payload) splits is left out.

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


class TextDecoder(BaseDecoder):
    """Shows text as it is, line by line."""

    name = "text"
    label = "Text"
    options = ENCODINGS

    def objection(self, payload: bytes, context: Context) -> str | None:
        """None: another encoding may fit; see `Decoder.objection`."""
        del payload, context
        return None

    def first_page(self, payload: bytes, option: str, context: Context) -> Document | None:
        """The first lines; see `Decoder.first_page`."""
        codec, head = _codec(option), payload[:FIRST_PAGE]
        if codec == _UTF8:
            _, covered = decode_head(payload, FIRST_PAGE, cut=context.cut)
            head = payload[:covered]
        else:
            head = _converted(head, codec, _known().get(codec, codec), cut=True)
        return Document(self.name, self._label(option), head, lines=find_lines(head), complete=False)

    def decode(self, payload: bytes, option: str, context: Context) -> Document:
        """Checks the encoding and finds the lines; see `Decoder.decode`."""
        codec, label = _codec(option), self._label(option)
        if codec == _UTF8:
            _, covered = decode_head(payload, len(payload), cut=context.cut)
            source = payload if covered == len(payload) else payload[:covered]
        else:
            source = _converted(payload, codec, _known().get(codec, codec), context.cut)
        lines = find_lines(source, report)
        return Document(self.name, label, source, lines=lines, longest=longest_line(source, lines))

    def _label(self, option: str) -> str:
        codec = _codec(option)
        return self.label if codec == _UTF8 else f"Text, {_known().get(codec, codec).partition(' (')[0]}"


@cache
def _known() -> dict[str, str]:
    """Python's name of each encoding, and the label; each is a module that is loaded for this."""
    return {codecs.lookup(name).name: label for name, label in ENCODINGS}


def _codec(option: str) -> str:
    if option in ("", _UTF8):
        return _UTF8
    try:
        codec = codecs.lookup(option).name
    except (LookupError, ValueError):
        codec = ""
    if codec not in _known():
        raise DecodeError(f"There is no text encoding named “{option[:40]}” here.")
    return codec


def _converted(payload: bytes, codec: str, label: str, cut: bool) -> bytes:
    try:
        text = codecs.getincrementaldecoder(codec)("strict").decode(payload, not cut)
    except UnicodeDecodeError as error:
        raise DecodeError(
            f"Byte {error.start:,} (0x{payload[error.start]:02x}) is not valid {label.partition(' (')[0]}."
        ) from None
    return text.encode("utf-8", "replace")
