# SPDX-License-Identifier: MIT
"""Which decoders the MQTT 5 Content Type asks for.

MQTT leaves its meaning to the applications (5.0, 3.3.2.3.9); what they write is nearly always a MIME type (RFC 6838), sometimes only its
second half ("json"). A type that says nothing about a decoder of ours gives no choice, and the bytes decide.
"""

from __future__ import annotations

import codecs
from typing import Final

#: More of it is not looked at: MIME types are short, and the broker may pass on 64 KB.
_LONGEST: Final = 300

#: Subtype -> choices, whatever the type before the slash.
_SUBTYPES: Final = {
    "json": ("json",),
    "xml": ("xml",),
    "cbor": ("cbor",),
    "cbor-seq": ("cbor",),
    "msgpack": ("msgpack",),
    "x-msgpack": ("msgpack",),
    "vnd.msgpack": ("msgpack",),
    "messagepack": ("msgpack",),
    "gzip": ("unwrap",),
    "x-gzip": ("unwrap",),
    "zlib": ("unwrap",),
    "zstd": ("unwrap",),
    "x-zstd": ("unwrap",),
    "base64": ("base64",),
    "octet-stream": ("hex",),
}
#: Structured syntax suffix (RFC 6839) -> choices: "application/senml+cbor".
_SUFFIXES: Final = {
    "json": ("json",),
    "xml": ("xml",),
    "cbor": ("cbor",),
    "cbor-seq": ("cbor",),
    "msgpack": ("msgpack",),
    "gzip": ("unwrap",),
    "zlib": ("unwrap",),
    "zstd": ("unwrap",),
}
#: SVG is no image here: it may refer to other files. Its suffix makes it XML.
_IMAGES: Final = {
    "png",
    "jpeg",
    "jpg",
    "pjpeg",
    "gif",
    "bmp",
    "x-bmp",
    "x-ms-bmp",
    "webp",
    "tiff",
    "x-icon",
    "vnd.microsoft.icon",
}
#: Application types whose bytes are text all the same.
_TEXTS: Final = {"javascript", "x-javascript", "yaml", "x-yaml", "toml", "x-ndjson", "jsonl", "json-seq"}
#: Words that stand for text without a slash.
_BARE_TEXTS: Final = {"text", "plain", "string", "utf-8", "utf8"}
#: Python's name of a codec -> the spelling that settings and menus have.
_CHARSETS: Final = {"iso8859-1": "latin-1", "utf-8-sig": "utf-8"}


def choices_of(content_type: str) -> tuple[str, ...]:
    """The choices (see `registry`) that a Content Type asks for, the best first; empty where it names none.

    Types that need a schema (Protobuf) are not among them: the bytes alone do not tell what they mean.
    """
    mime, _, parameters = content_type[:_LONGEST].partition(";")
    major, slash, subtype = mime.strip().lower().partition("/")
    if not slash:
        major, subtype = "", major
    subtype = subtype.strip()
    if (known := _SUBTYPES.get(subtype)) is not None:
        return known
    if (known := _SUFFIXES.get(subtype.rpartition("+")[2])) is not None and "+" in subtype:
        return known
    if major == "image" and subtype in _IMAGES:
        return ("image",)
    if major == "text" or subtype in _TEXTS or (not slash and subtype in _BARE_TEXTS):
        return (_text_choice(parameters),)
    return ()


def _text_choice(parameters: str) -> str:
    """The text decoder with the charset that the parameters name; UTF-8 is what it takes without one."""
    for parameter in parameters.split(";"):
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset":
            charset = _known_charset(value.strip().strip("\"'"))
            return "text" if charset in ("", "utf-8", "ascii") else f"text:{charset}"
    return "text"


def _known_charset(charset: str) -> str:
    """Our name of a charset; empty for one that Python cannot decode text with."""
    try:
        name = codecs.lookup(charset).name
        b"a".decode(name, "replace")  # some codecs are none of characters ("hex", "rot13")
    except (LookupError, ValueError):
        return ""
    return _CHARSETS.get(name, name)
