# SPDX-License-Identifier: MIT
"""What CBOR and MessagePack have in common: values behind one another that are read item by item and written as notation."""

from __future__ import annotations

from abc import abstractmethod
from typing import Final, Protocol

from mqtt_explorer.payload.api import FIRST_PAGE, BaseDecoder, Context, DecodeError, Document
from mqtt_explorer.payload.item_writer import ItemWriter, Truncated, cut_note, read_all, written

#: Up to this many bytes it takes less than 10 ms, whatever is in them.
QUICK: Final = 3 * 1024
#: Bytes that a first page is made of: where the last value begins that is read for it, and what a string there may have.
PAGE: Final = 6 * 1024


class ItemReader(Protocol):
    """Reads a payload.

    Attributes:
        writer: Has what was read.
    """

    writer: ItemWriter

    def read(self, stop: int, full: int | None = None) -> None:
        """Reads until a byte is reached, or so much text was written.

        Raises:
            Truncated: The payload ends inside a value.
            DecodeError: It is not of this format.
        """
        ...

    def where(self) -> str:
        """A sentence, after a blank, that says how far it was good; "" when there is nothing to say."""
        ...

    def notes(self) -> tuple[str, ...]:
        """What one should know of the values read, a sentence each."""
        ...


class ItemDecoder(BaseDecoder):
    """Shows one value, or several as a list."""

    several = "{n} values behind one another."
    """The note on a list of values."""

    @abstractmethod
    def reader(self, payload: bytes, cut: bool) -> ItemReader:
        """Of a payload, which may be the beginning only (`cut`)."""

    def is_quick(self, payload: bytes, option: str, context: Context) -> bool:
        """See `api.Decoder.is_quick`."""
        del option, context
        return len(payload) <= QUICK

    def first_page(self, payload: bytes, option: str, context: Context) -> Document:
        """See `api.Decoder.first_page`."""
        del option, context
        reader = self.reader(payload[:PAGE], True)  # no more: one string may be all of the payload
        try:
            reader.read(QUICK, FIRST_PAGE)
        except Truncated:
            pass  # `decode` tells
        return self._document(reader, (), complete=False)

    def decode(self, payload: bytes, option: str, context: Context) -> Document:
        """See `api.Decoder.decode`."""
        del option
        if not payload:
            raise DecodeError("The payload is empty.")
        reader = self.reader(payload, context.cut)
        try:
            read_all(reader.read, len(payload))
            if reader.writer.depth and not context.cut:
                raise Truncated(f"The payload ends inside {reader.writer.depth:,} open values.")
        except DecodeError as error:
            raise DecodeError(error.message + reader.where()) from None
        except Truncated as error:
            if not context.cut:
                raise DecodeError(str(error) + reader.where()) from None
        notes: tuple[str, ...] = (cut_note(payload),) if context.cut else ()
        if reader.writer.top > 1:
            notes += (self.several.format(n=f"{reader.writer.top:,}"),)
        return self._document(reader, notes)

    def _document(self, reader: ItemReader, notes: tuple[str, ...], *, complete: bool = True) -> Document:
        return written(self.name, self.label, reader.writer, notes + reader.notes(), complete=complete)
