# SPDX-License-Identifier: MIT
"""Base64 (RFC 4648), standard or URL-safe: what it stands for is decoded like a payload of its own."""

from __future__ import annotations

import binascii
import re
from typing import Final

from mqtt_explorer.payload.api import FIRST_PAGE, QUICK, BaseDecoder, Context, DecodeError, Document
from mqtt_explorer.payload.inner import is_quick_inside, show_inner, show_inner_page

_LABEL: Final = "Base64"
_BLANKS: Final = b" \t\r\n"
_URL_SAFE: Final = bytes.maketrans(b"-_", b"+/")
_OTHER = re.compile(rb"[^A-Za-z0-9+/_\-= \t\r\n]")
#: What browsers put before it (RFC 2397).
_DATA_URL = re.compile(rb"[ \t\r\n]{0,64}+data:[^,\r\n]{0,200};base64,", re.IGNORECASE)


class Base64Decoder(BaseDecoder):
    """Shows what Base64 stands for."""

    name = "base64"
    label = _LABEL

    def objection(self, payload: bytes, context: Context) -> str | None:
        """See `api.Decoder.objection`."""
        del context
        if not payload:
            return "empty"
        prefix = _DATA_URL.match(payload)
        begin = prefix.end() if prefix is not None else 0
        return "not only Base64 characters" if _OTHER.search(payload, begin, begin + 512) else None

    def is_quick(self, payload: bytes, option: str, context: Context) -> bool:
        """See `api.Decoder.is_quick`."""
        del option
        if len(payload) > QUICK:
            return False
        try:
            return is_quick_inside(_unwrap(payload, context.cut)[0], context)
        except DecodeError:
            return True

    def first_page(self, payload: bytes, option: str, context: Context) -> Document | None:
        """See `api.Decoder.first_page`."""
        del option
        data, _ = _unwrap(payload[:FIRST_PAGE], cut=context.cut or len(payload) > FIRST_PAGE)
        return show_inner_page(data, context, _LABEL)

    def decode(self, payload: bytes, option: str, context: Context) -> Document:
        """See `api.Decoder.decode`."""
        del option
        data, notes = _unwrap(payload, context.cut)
        return show_inner(data, context, _LABEL, notes)


def _unwrap(payload: bytes, cut: bool) -> tuple[bytes, tuple[str, ...]]:
    """The bytes, and what was tolerated.

    Raises:
        DecodeError: It is no Base64.
    """
    prefix = _DATA_URL.match(payload)
    begin = prefix.end() if prefix is not None else 0
    notes = []
    if (other := _OTHER.search(payload, begin)) is not None:
        raise DecodeError(f"Byte {other.start():,} (0x{payload[other.start()]:02x}) is no Base64 character.")
    text = payload[begin:].translate(None, _BLANKS)
    body = text.rstrip(b"=")
    padding = len(text) - len(body)
    if not body:
        raise DecodeError("The payload has no Base64 characters.")
    if b"=" in body:
        raise DecodeError(f"Padding (=) at byte {payload.index(b'=', begin):,} stands before the end.")
    if len(body) % 4 == 1:
        if not cut:
            raise DecodeError(f"It has {len(body):,} characters: one is missing, or one too many.")
        body = body[:-1]
    elif padding and (len(text) % 4 or padding > 2) and not cut:
        notes.append(f"The padding is wrong: {padding:,} “=” instead of {-len(body) % 4}.")
    data = binascii.a2b_base64(body.translate(_URL_SAFE) + b"=" * (-len(body) % 4))
    if cut:
        notes.append(f"Only the first {len(payload):,} bytes were kept: the end is missing.")
    elif _has_leftover(body, data):
        notes.append("The last character has bits that stand for nothing.")
    return data, tuple(notes)


def _has_leftover(body: bytes, data: bytes) -> bool:
    """Whether encoding the last bytes again gives another last character."""
    tail = len(body) % 4
    if not tail:
        return False
    again = binascii.b2a_base64(data[-(tail - 1) :], newline=False)[:tail]
    return again != body[-tail:].translate(_URL_SAFE)
