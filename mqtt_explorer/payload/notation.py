# SPDX-License-Identifier: MIT
"""Values of binary formats as text: JSON where JSON has a word for it, else words that cannot be taken for JSON.

What is not JSON: byte strings are ``h'00ff'`` (CBOR's diagnostic notation, RFC 8949, 8), numbers that are none ``NaN``, ``Infinity`` and
``-Infinity``, CBOR's ``undefined`` and ``simple(n)``; keys that are no strings stand without quotes, and a value with a tag is an object
whose only key is that, as in ``{tag(0): …}``. A key that holds other values is a text that begins with ``key``. The text is unindented UTF-8
and goes through `json_index` like any JSON.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import msgspec

_encode = msgspec.json.Encoder().encode
#: Types that hold no other values, for a quick look.
_SCALARS: Final = frozenset((str, int, float, bool, bytes, type(None)))
_CONSTANTS: Final = {True: b"true", False: b"false", None: b"null"}


class Word(str):
    """A value that is written as it is, without quotes: one word without blanks, brackets, commas, colons and quotes."""

    __slots__ = ()


class Tagged:
    """A value with a tag; the tag is one word, as in `Word`."""

    __slots__ = ("tag", "value")

    def __init__(self, tag: str, value: Any) -> None:
        self.tag = tag
        self.value = value


def write_notation(value: Any) -> bytes:
    """Writes dicts, pairs (`Pairs`), lists, tuples, texts, numbers, bytes, None, booleans, `Word` and `Tagged`; what else there is as its text.

    It keeps its own stack: nesting has no limit here.
    """
    return _write(value, in_key=False)


def _write(value: Any, *, in_key: bool) -> bytes:
    out = bytearray()
    # Containers under way: what is still in them, each with what stands before it, and the bracket that ends them.
    under_way: list[tuple[Iterator[tuple[bytes, Any]], bytes]] = []
    while True:
        if (begun := _begin(value, in_key)) is None:
            out += scalar(value)
        else:
            bracket, members, closing = begun
            out += bracket
            under_way.append((members, closing))
        member = None
        while under_way and (member := next(under_way[-1][0], None)) is None:
            out += under_way.pop()[1]
        if member is None:
            return bytes(out)
        before, value = member
        out += before


def _begin(value: Any, in_key: bool) -> tuple[bytes, Iterator[tuple[bytes, Any]], bytes] | None:
    """The opening bracket, the members and the closing bracket of a value that holds others; None for one that does not."""
    if type(value) in _SCALARS:
        return None
    if isinstance(value, Tagged):
        return b"{" + scalar(Word(value.tag)) + b":", iter(((b"", value.value),)), b"}"
    if isinstance(value, Mapping | Pairs):
        return b"{", _entries(value, in_key), b"}"
    if isinstance(value, list | tuple | set | frozenset):
        return b"[", ((b"," if place else b"", each) for place, each in enumerate(value)), b"]"
    return None


def _entries(value: Mapping[Any, Any] | Pairs, in_key: bool) -> Iterator[tuple[bytes, Any]]:
    comma = b""
    for key, inner in value.items():
        yield comma + _key(key, in_key) + b":", inner
        comma = b","


class Pairs:
    """Members of a map in order, where keys may repeat."""

    __slots__ = ("_pairs",)

    def __init__(self, pairs: Iterable[tuple[Any, Any]]) -> None:
        self._pairs = list(pairs)

    def items(self) -> list[tuple[Any, Any]]:
        """The pairs."""
        return self._pairs


def scalar(value: Any) -> bytes:
    """One value that holds no others."""
    if value is None or value is True or value is False:
        return _CONSTANTS[value]
    if isinstance(value, Word):
        return value.encode("utf-8", "replace")
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, bytes | bytearray | memoryview):
        return b"h'" + bytes(value).hex().encode() + b"'"
    if isinstance(value, int):
        return _digits(value)
    if isinstance(value, float):
        if math.isnan(value):
            return b"NaN"
        if math.isinf(value):
            return b"Infinity" if value > 0 else b"-Infinity"
        return repr(value).encode()
    return _text(str(value))


def _text(value: str) -> bytes:
    try:
        return _encode(value)
    except UnicodeEncodeError:  # halves of characters are no UTF-8
        return _encode(value.encode("utf-8", "replace").decode())


def _digits(value: int) -> bytes:
    try:
        return b"%d" % value
    except ValueError:  # more digits than Python writes at once: 4,300
        return (b"-" if value < 0 else b"") + b"0x" + hex(abs(value))[2:].encode()


def _key(key: Any, in_key: bool) -> bytes:
    if not isinstance(key, list | tuple | set | frozenset | Mapping | Pairs | Tagged):
        return scalar(key)
    if in_key:  # a key in a key: quotes in quotes in quotes would double at each level
        return b'"key \xe2\x80\xa6"'
    return _encode("key " + _write(key, in_key=True).decode("utf-8", "replace"))
