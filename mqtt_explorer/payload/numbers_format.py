# SPDX-License-Identifier: MIT
"""Raw numbers of one kind behind one another, as a list."""

from __future__ import annotations

import struct
import sys
from array import array
from collections.abc import Callable
from typing import Final, NamedTuple

from mqtt_explorer.payload.api import BaseDecoder, Context, DecodeError, Document
from mqtt_explorer.payload.floats import float16_text, float32_text
from mqtt_explorer.payload.json_index import build_index
from mqtt_explorer.payload.progress import report

#: Numbers that are decoded in less than 10 ms.
_QUICK: Final = 768
#: Numbers that are written at once.
_BLOCK: Final = 1 << 16
#: Share of the work that is writing the numbers; the rest is finding lines.
_WRITING: Final = 0.4


class _Kind(NamedTuple):
    """A kind of number.

    Attributes:
        code: Its letter in `struct` and, but for "e", in `array`.
        size: Bytes.
        order: "<" or ">".
        label: For people.
    """

    code: str
    size: int
    order: str
    label: str


def _kinds() -> dict[str, _Kind]:
    kinds = {}
    for name, code, size in (("float32", "f", 4), ("float64", "d", 8), ("float16", "e", 2)):
        kinds[f"{name}:le"] = _Kind(code, size, "<", f"{name}, little-endian")
        kinds[f"{name}:be"] = _Kind(code, size, ">", f"{name}, big-endian")
    for name, code in (("int8", "b"), ("uint8", "B")):
        kinds[name] = _Kind(code, 1, "<", name)
    for name, code, size in (("int16", "h", 2), ("int32", "i", 4), ("int64", "q", 8)):
        for prefix, letter in (("", code), ("u", code.upper())):
            kinds[f"{prefix}{name}:le"] = _Kind(letter, size, "<", f"{prefix}{name}, little-endian")
            kinds[f"{prefix}{name}:be"] = _Kind(letter, size, ">", f"{prefix}{name}, big-endian")
    return kinds


_KINDS: Final = _kinds()
_USUAL: Final = next(iter(_KINDS))
_SPELL: Final[dict[str, Callable[[float], str]]] = {"e": float16_text, "f": float32_text}


class NumbersDecoder(BaseDecoder):
    """Shows the numbers as a list that can be folded."""

    name = "numbers"
    label = "Raw numbers"
    options = tuple((name, kind.label) for name, kind in _KINDS.items())

    def objection(self, payload: bytes, context: Context) -> str | None:
        """See `api.Decoder.objection`."""
        del context
        return None if payload else "empty"

    def is_quick(self, payload: bytes, option: str, context: Context) -> bool:
        """See `api.Decoder.is_quick`."""
        del context
        return len(payload) <= _QUICK * _kind(option).size

    def first_page(self, payload: bytes, option: str, context: Context) -> Document:
        """See `api.Decoder.first_page`."""
        del context
        kind = _kind(option)
        source = b"[" + _write(payload[: _QUICK * kind.size], kind)  # open: the rest is to come
        return Document(self.name, _label(kind), source, build_index(source), complete=False)

    def decode(self, payload: bytes, option: str, context: Context) -> Document:
        """See `api.Decoder.decode`."""
        kind = _kind(option)
        if not payload:
            raise DecodeError("The payload is empty.")
        if len(payload) < kind.size:
            raise DecodeError(f"The payload has {len(payload)} of the {kind.size} bytes that a number takes.")
        step = _BLOCK * kind.size
        blocks = []
        for at in range(0, len(payload) - kind.size + 1, step):
            blocks.append(_write(payload[at : at + step], kind))
            report(_WRITING * at / len(payload))
        source = b"[" + b",".join(blocks) + b"]"
        index = build_index(source, progress=lambda share: report(_WRITING + (1 - _WRITING) * share))
        return Document(self.name, _label(kind), source, index, notes=_notes(payload, kind, context.cut))


def _kind(option: str) -> _Kind:
    kind = _KINDS.get(option or _USUAL)
    if kind is None:
        raise DecodeError(f"There is no kind of number named “{option[:40]}” here.")
    return kind


def _label(kind: _Kind) -> str:
    return f"Raw numbers, {kind.label}"


def _notes(payload: bytes, kind: _Kind, cut: bool) -> tuple[str, ...]:
    notes = []
    if rest := len(payload) % kind.size:
        which = "byte is" if rest == 1 else f"{rest} bytes are"
        notes.append(f"The last {which} not enough for a number and left out: 0x{payload[-rest:].hex()}.")
    if cut:
        notes.append(f"Only the first {len(payload):,} bytes were kept: the end is missing.")
    return tuple(notes)


def _write(block: bytes, kind: _Kind) -> bytes:
    """The numbers of a block with commas between."""
    count = len(block) // kind.size
    block = block[: count * kind.size]
    if kind.code == "e":
        return ",".join(map(float16_text, struct.unpack(f"{kind.order}{count}e", block))).encode()
    numbers = array(kind.code, block)
    if (kind.order == "<") != (sys.byteorder == "little"):
        numbers.byteswap()
    if kind.code == "f":
        return ",".join(map(float32_text, numbers)).encode()
    text = str(numbers.tolist())[1:-1].replace(", ", ",")
    if kind.code == "d" and "n" in text:  # Python's own words for what is no number
        text = text.replace("nan", "NaN").replace("inf", "Infinity")
    return text.encode()
