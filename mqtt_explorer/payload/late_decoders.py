# SPDX-License-Identifier: MIT
"""Decoders whose modules are loaded when they are first asked for more than their name: the window opens without most of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, cast

from mqtt_explorer.payload.api import Decoder, Span


class _Late:
    """A decoder that is made when it is needed.

    Args:
        name: Its name.
        label: Its label.
        make: Loads its module and makes it.
    """

    def __init__(self, name: str, label: str, make: Callable[[], Decoder]) -> None:
        self.name = name
        self.label = label
        self._make = make
        self._made: Decoder | None = None

    def __getattr__(self, attribute: str) -> Any:
        if attribute.startswith("_"):
            raise AttributeError(attribute)
        if self._made is None:
            self._made = self._make()
        return getattr(self._made, attribute)


def _base64() -> Decoder:
    from mqtt_explorer.payload.base64_format import Base64Decoder

    return Base64Decoder()


def _xml() -> Decoder:
    from mqtt_explorer.payload.xml_format import XmlDecoder

    return XmlDecoder()


def _cbor() -> Decoder:
    from mqtt_explorer.payload.cbor_format import CborDecoder

    return CborDecoder()


def _msgpack() -> Decoder:
    from mqtt_explorer.payload.msgpack_format import MsgPackDecoder

    return MsgPackDecoder()


def _protobuf() -> Decoder:
    from mqtt_explorer.payload.protobuf_format import ProtobufDecoder

    return ProtobufDecoder()


def _sparkplug() -> Decoder:
    from mqtt_explorer.payload.sparkplug_format import SparkplugDecoder

    return SparkplugDecoder()


def _numbers() -> Decoder:
    from mqtt_explorer.payload.numbers_format import NumbersDecoder

    return NumbersDecoder()


def _unwrap() -> Decoder:
    from mqtt_explorer.payload.unwrap_format import UnwrapDecoder

    return UnwrapDecoder()


def _image() -> Decoder:
    from mqtt_explorer.payload.image_format import ImageDecoder

    return ImageDecoder()


def _late(name: str, label: str, make: Callable[[], Decoder]) -> Decoder:
    return cast("Decoder", _Late(name, label, make))


BASE64: Final = _late("base64", "Base64", _base64)
XML: Final = _late("xml", "XML", _xml)
CBOR: Final = _late("cbor", "CBOR", _cbor)
MSGPACK: Final = _late("msgpack", "MessagePack", _msgpack)
PROTOBUF: Final = _late("protobuf", "Protobuf", _protobuf)
SPARKPLUG: Final = _late("sparkplug", "Sparkplug B", _sparkplug)
NUMBERS: Final = _late("numbers", "Raw numbers", _numbers)
UNWRAP: Final = _late("unwrap", "Unwrap gzip, zlib, zstd", _unwrap)
IMAGE: Final = _late("image", "Image", _image)


def xml_spans(line: str) -> list[Span]:
    """Colours of a line of XML; see `xml_format`."""
    from mqtt_explorer.payload.xml_format import xml_spans as spans

    return spans(line)
