# SPDX-License-Identifier: MIT
"""JSON: checked strictly, else read leniently and labelled so.

Nothing is rewritten where it is strict: 1.50 stays 1.50, and an integer of fifty digits keeps all of them.
"""

from __future__ import annotations

import re
from typing import Final

import msgspec

from mqtt_explorer.payload.api import FIRST_PAGE, QUICK, BaseDecoder, Context, DecodeError, Document
from mqtt_explorer.payload.json_index import build_index, line_spans
from mqtt_explorer.payload.progress import report, within
from mqtt_explorer.payload.text import decode_head

__all__ = ["JsonDecoder", "line_spans", "looks_like_json"]

_checker = msgspec.json.Decoder(msgspec.Raw)
_MEANT = re.compile(rb'(?:\xef\xbb\xbf)?\s*(?:\{\s*["\'}]|\[\s*[\[{"\]]|\[\s*-?[0-9.eE+-]+\s*[,\]])')
#: So much of the beginning tells.
_MEANT_BYTES: Final = 256
_BOM: Final = b"\xef\xbb\xbf"
#: Up to this many bytes it takes less than 10 ms, whatever is in them …
_QUICK: Final = 2048
#: … and so it does with this many marks in strict JSON.
_MARKS: Final = 6000
#: Share of the work that reading leniently is; the rest is finding lines.
_READING: Final = 0.75


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

    def is_quick(self, payload: bytes, option: str, context: Context) -> bool:
        """See `Decoder.is_quick`: strict JSON with not too many lines is, and anything that is small."""
        del option
        if len(payload) <= _QUICK:
            return True
        return len(payload) <= QUICK and not context.cut and not _is_dense(payload) and _is_strict(payload)

    def first_page(self, payload: bytes, option: str, context: Context) -> Document | None:
        """The lines in the first bytes; see `Decoder.first_page`."""
        del option, context
        head = payload[:FIRST_PAGE]
        if _is_dense(head):
            head = head[:_QUICK]
        try:
            _checker.decode(head)
        except RecursionError:
            pass
        except msgspec.DecodeError as error:
            if "truncated" not in str(error):
                return None  # perhaps lenient JSON: the whole tells
        index = build_index(payload, len(head))
        return Document(self.name, self.label, payload, structure=index, complete=False)

    def decode(self, payload: bytes, option: str, context: Context) -> Document:
        """Checks and indexes all of it; see `Decoder.decode`."""
        del option
        text, covered = decode_head(payload, len(payload), cut=context.cut)
        notes: tuple[str, ...] = ()
        read = 0.0
        label, source = self.label, payload if covered == len(payload) else payload[:covered]
        if context.cut:
            notes = ("Its end was not kept: the JSON is read as far as it goes.",)
        if context.cut or not _is_strict(payload):
            with within(0, _READING):
                made, faults = read_lenient(text, cut=context.cut)  # its errors know lines and columns
            read = _READING
            if faults:
                label, source = "JSON, lenient", made.encode("utf-8", "surrogatepass")
                notes = (*notes, f"Not strict JSON: {'; '.join(faults)}.")
        del text
        with within(read, 1):
            index = build_index(source, progress=report)
        return Document(self.name, label, source, structure=index, notes=notes)


def read_lenient(text: str, *, cut: bool) -> tuple[str, tuple[str, ...]]:
    """See `json_lenient`, which is loaded when there is something to tolerate."""
    from mqtt_explorer.payload.json_lenient import read_lenient as read

    return read(text, cut=cut)


def looks_like_json(payload: bytes) -> bool:
    """Whether it begins like a JSON object or array; a bare number or string is better shown as text."""
    return payload[:64].lstrip(_BOM).lstrip(b" \t\r\n")[:1] in (b"{", b"[")


def meant_as_json(payload: bytes) -> bool:
    """Whether its beginning leaves little doubt that it was to be JSON: "[INFO] started" and "{x}" were not."""
    return _MEANT.match(payload, 0, _MEANT_BYTES) is not None


def _is_dense(head: bytes) -> bool:
    return sum(map(head.count, (b",", b"[", b"{"))) > _MARKS


def _is_strict(payload: bytes) -> bool:
    """Whether it is strict JSON and not nested too deeply for the library."""
    try:
        _checker.decode(payload)
    except (msgspec.DecodeError, RecursionError):
        return False
    return True
