# SPDX-License-Identifier: MIT
"""What gzip, zlib, deflate or Zstandard packed, decoded like a payload of its own."""

from __future__ import annotations

from typing import Final

from mqtt_explorer.payload.api import (
    FIRST_PAGE,
    INFLATION_CAP,
    QUICK,
    BaseDecoder,
    Context,
    DecodeError,
    Document,
)
from mqtt_explorer.payload.inflate import DEFLATE, GZIP, NAMES, ZLIB, ZSTD, inflate, packing_of
from mqtt_explorer.payload.inner import (
    inflation_notes,
    is_quick_inside,
    is_short,
    show_inner,
    show_inner_page,
)

_BY_HEADER: Final = "auto"
#: Up to this many bytes unpacking takes less than some milliseconds, be it thousands of streams behind one another.
_QUICK: Final = 12 * 1024
#: Packed bytes that are unpacked for a first page.
_HEAD: Final = 16 * 1024


class UnwrapDecoder(BaseDecoder):
    """Unpacks by the header, or what the user says it is."""

    name = "unwrap"
    label = "Unwrap gzip, zlib, zstd"
    options = (
        (_BY_HEADER, "By its header"),
        (GZIP, NAMES[GZIP]),
        (ZLIB, NAMES[ZLIB]),
        (DEFLATE, "Raw deflate, without a header"),
        (ZSTD, NAMES[ZSTD]),
    )

    def objection(self, payload: bytes, context: Context) -> str | None:
        """See `api.Decoder.objection`; raw deflate has no header, but it is the rare case, and can be chosen all the same."""
        del context
        if not payload:
            return "empty"
        return "no gzip, zlib or zstd header" if packing_of(payload) is None else None

    def is_quick(self, payload: bytes, option: str, context: Context) -> bool:
        """See `api.Decoder.is_quick`."""
        if len(payload) > _QUICK:
            return False
        try:
            made = inflate(payload, _packing(payload, option), QUICK)
        except DecodeError:
            return True
        return not made.full and is_quick_inside(made.data, context)

    def first_page(self, payload: bytes, option: str, context: Context) -> Document | None:
        """See `api.Decoder.first_page`."""
        packing = _packing(payload, option)
        made = inflate(payload[:_HEAD], packing, FIRST_PAGE)
        return show_inner_page(made.data, context, NAMES[packing])

    def decode(self, payload: bytes, option: str, context: Context) -> Document:
        """See `api.Decoder.decode`."""
        if not payload:
            raise DecodeError("The payload is empty.")
        packing = _packing(payload, option)
        made = inflate(payload, packing, INFLATION_CAP)
        if not made.data and made.fault is not None:
            raise DecodeError(made.fault)
        notes = inflation_notes(made, NAMES[packing], context.cut)
        context = context._replace(cut=is_short(made))
        return show_inner(made.data, context, NAMES[packing], notes)


def _packing(payload: bytes, option: str) -> str:
    if option in NAMES:
        return option
    if option not in ("", _BY_HEADER):
        raise DecodeError(f"There is no packing named “{option[:40]}” here.")
    if (packing := packing_of(payload)) is None:
        raise DecodeError("It does not begin like gzip, zlib or Zstandard.")
    return packing
