# SPDX-License-Identifier: MIT
"""JSON: checked strictly, else read leniently and labelled so.

Nothing is rewritten where it is strict: 1.50 stays 1.50, and an integer of fifty digits keeps all of them.
"""

from __future__ import annotations

from typing import Final

import msgspec

from mqtt_explorer.payload.api import FIRST_PAGE, BaseDecoder, Context, DecodeError, Document
from mqtt_explorer.payload.json_index import build_index, line_spans
from mqtt_explorer.payload.json_lenient import read_lenient
from mqtt_explorer.payload.progress import report
from mqtt_explorer.payload.text import decode_head

__all__ = ["JsonDecoder", "line_spans", "looks_like_json"]

_checker = msgspec.json.Decoder(msgspec.Raw)
_BOM: Final = b"\xef\xbb\xbf"


class JsonDecoder(BaseDecoder):
    """Shows JSON as a tree, and indented."""

    name = "json"
    label = "JSON"

    def objection(self, payload: bytes, context: Context) -> str | None:
        """Says where its beginning is no JSON; see `Decoder.objection`."""
        head = payload[:512]
        if not head.strip(_BOM + b" \t\r\n"):
            return "nothing in it" if len(payload) <= 512 else None
        try:
            text, _ = decode_head(head, len(head), cut=len(payload) > 512 or context.cut)
            read_lenient(text, cut=len(payload) > 512 or context.cut)
        except DecodeError:
            return "not JSON"
        return None

    def first_page(self, payload: bytes, option: str, context: Context) -> Document | None:
        """The lines in the first bytes; see `Decoder.first_page`."""
        del option, context
        head = payload[:FIRST_PAGE]
        try:
            _checker.decode(head)
        except RecursionError:
            pass
        except msgspec.DecodeError as error:
            if "truncated" not in str(error):
                return None  # perhaps lenient JSON: the whole tells
        index = build_index(payload, FIRST_PAGE)
        return Document(self.name, self.label, payload, structure=index, complete=False)

    def decode(self, payload: bytes, option: str, context: Context) -> Document:
        """Checks and indexes all of it; see `Decoder.decode`."""
        del option
        text, covered = decode_head(payload, len(payload), cut=context.cut)
        notes: tuple[str, ...] = ()
        label, source = self.label, payload if covered == len(payload) else payload[:covered]
        if context.cut:
            notes = ("Its end was not kept: the JSON is read as far as it goes.",)
        if context.cut or not _is_strict(payload):
            made, faults = read_lenient(text, cut=context.cut)  # its errors know lines and columns
            if faults:
                label, source = "JSON, lenient", made.encode("utf-8", "surrogatepass")
                notes = (*notes, f"Not strict JSON: {'; '.join(faults)}.")
        del text
        index = build_index(source, progress=report)
        return Document(self.name, label, source, structure=index, notes=notes)


def looks_like_json(payload: bytes) -> bool:
    """Whether it begins like a JSON object or array; a bare number or string is better shown as text."""
    return payload[:64].lstrip(_BOM).lstrip(b" \t\r\n")[:1] in (b"{", b"[")


def _is_strict(payload: bytes) -> bool:
    """Whether it is strict JSON and not nested too deeply for the library."""
    try:
        _checker.decode(payload)
    except (msgspec.DecodeError, RecursionError):
        return False
    return True
