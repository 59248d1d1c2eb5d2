# SPDX-License-Identifier: MIT
"""What a payload format is: the interface that each decoder keeps, and what it makes of a payload.

A decoder makes a `Document`: text in lines, a structure that can be folded, or a picture. Text is never copied into a widget whole: a
`Document` holds UTF-8 and an index of its lines, and a view asks for the few lines it shows. So 64 MB cost what a page costs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from mqtt_explorer.errors import MqttExplorerError
from mqtt_explorer.payload.spans import Span, TokenKind

if TYPE_CHECKING:
    from mqtt_explorer.payload.json_index import JsonIndex
    from mqtt_explorer.payload.picture import Picture

__all__ = [
    "FIRST_PAGE",
    "INFLATION_CAP",
    "NO_CONTEXT",
    "QUICK",
    "BaseDecoder",
    "Context",
    "DecodeError",
    "Decoder",
    "Document",
    "Lines",
    "Span",
    "TokenKind",
]

#: Payloads up to this many bytes are decoded at once, in the window's process: some milliseconds at most.
QUICK: Final = 48 * 1024
#: Bytes of a larger payload that make its first page.
FIRST_PAGE: Final = 32 * 1024
#: What unwrapping (gzip, zlib, zstd) gives at most, in bytes: more is a bomb, or better saved and opened elsewhere.
INFLATION_CAP: Final = 64 * 1024 * 1024


class DecodeError(MqttExplorerError):
    """The payload is not of this format; the message is one sentence that says where and why."""

    def __init__(self, message: str) -> None:
        super().__init__("Not this format", message)


class Context(NamedTuple):
    """What is known of a payload besides its bytes; small, because it travels to the decoding process.

    Attributes:
        topic: The topic it came on.
        cut: More was sent than is kept, so a missing end is no fault.
        content_type: The MQTT 5 Content Type, "" without one.
        related: Last payloads of the topics that the decoder's `related` named, as far as there are any.
    """

    topic: str = ""
    cut: bool = False
    content_type: str = ""
    related: Mapping[str, bytes] = MappingProxyType({})


NO_CONTEXT: Final = Context()


class Lines(Protocol):
    """Text in lines that are made when they are asked for; what a `LineView` shows."""

    def __len__(self) -> int:
        """Number of lines."""
        ...

    @property
    def longest(self) -> int:
        """Characters of the longest line, or some more."""
        ...

    def length(self, number: int) -> int:
        """Characters of a line."""
        ...

    def text(self, number: int, start: int = 0, stop: int | None = None) -> str:
        """Characters of a line, without its line end; costs what they cost, also deep in a line of megabytes."""
        ...

    def spans(self, number: int, start: int, text: str) -> Sequence[Span]:
        """Colours of `text`, which is what `text(number, start, …)` gave; counted from its first character."""
        ...


@dataclass(frozen=True, slots=True)
class Document:
    """A decoded payload. It can be pickled: large ones are made in another process.

    Attributes:
        format: Name of the decoder that made it ("json").
        label: What it is, for people ("JSON", "gzip → JSON").
        source: UTF-8 text that the lines are cut from: the payload itself wherever it is that already.
        structure: Index of `source` where it is JSON or written in our notation: it can be folded, and is shown indented.
        lines: Byte offset of each line's start in `source`, where there is no structure.
        longest: Bytes of the longest of these lines; 0 where nobody has looked.
        picture: The image, where it is one.
        inner: What an unwrapping decoder took out (the inflated bytes); None where there is nothing between.
        complete: False when this is the first page only, and the rest is to come.
        notes: What was tolerated, left out or not checked, and whatever else one should know; a sentence each.
        problem: Why another format is shown than the one asked for; one or two sentences.
    """

    format: str
    label: str
    source: bytes
    structure: JsonIndex | None = None
    lines: Sequence[int] | None = None
    longest: int = 0
    picture: Picture | None = None
    inner: bytes | None = None
    complete: bool = True
    notes: tuple[str, ...] = field(default=())
    problem: str | None = None


class Decoder(Protocol):
    """One payload format. `BaseDecoder` has the usual answers."""

    @property
    def name(self) -> str:
        """Stable name for settings ("json")."""
        ...

    @property
    def label(self) -> str:
        """Name for people ("JSON")."""
        ...

    @property
    def options(self) -> tuple[tuple[str, str], ...]:
        """What can be chosen with it: value for settings and label for people, the usual one first; empty without a choice."""
        ...

    def objection(self, payload: bytes, context: Context) -> str | None:
        """Why it cannot show this payload, in some words ("topic is not spBv1.0"); None when it may.

        For a menu: it looks at the beginning only and takes less than a millisecond.
        """
        ...

    def related(self, topic: str) -> tuple[str, ...]:
        """Topics whose last payloads it needs beside this one."""
        ...

    def is_quick(self, payload: bytes, option: str, context: Context) -> bool:
        """Whether `decode` takes less than 10 ms; else it runs in another process."""
        ...

    def first_page(self, payload: bytes, option: str, context: Context) -> Document | None:
        """The beginning of a large payload, `complete=False`, in less than 10 ms; None where it cannot be told by itself.

        Raises:
            DecodeError: Its beginning shows that the payload is not of this format.
        """
        ...

    def decode(self, payload: bytes, option: str, context: Context) -> Document:
        """Decodes all of it; may take long.

        Args:
            payload: The bytes kept.
            option: One of `options`' values, or what the user typed in its place; "" for the usual one.
            context: What else is known.

        Raises:
            DecodeError: The payload is not of this format.
        """
        ...


class BaseDecoder:
    """What most decoders answer."""

    name = ""
    label = ""
    options: tuple[tuple[str, str], ...] = ()

    def objection(self, payload: bytes, context: Context) -> str | None:
        """None: nothing speaks against it; see `Decoder.objection`."""
        del payload, context
        return None

    def related(self, topic: str) -> tuple[str, ...]:
        """No other topic; see `Decoder.related`."""
        del topic
        return ()

    def is_quick(self, payload: bytes, option: str, context: Context) -> bool:
        """Small payloads are; see `Decoder.is_quick`."""
        del option, context
        return len(payload) <= QUICK

    def first_page(self, payload: bytes, option: str, context: Context) -> Document | None:
        """None: it needs the whole; see `Decoder.first_page`."""
        del payload, option, context
        return None
