# SPDX-License-Identifier: MIT
"""What a payload format is: the interface that each decoder keeps and the registry serves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, NamedTuple, Protocol, TypeAlias

from mqtt_explorer.errors import MqttExplorerError

#: Bytes of payload, or characters of formatted text, on one page: 8 ms at most to make, and laid out within a frame or two.
PAGE = 32 * 1024

TokenKind: TypeAlias = Literal["key", "string", "number", "literal"]


class DecodeError(MqttExplorerError):
    """The payload is not of this format; the message says where and why."""

    def __init__(self, message: str) -> None:
        super().__init__("Not this format", message)


class Span(NamedTuple):
    """A coloured stretch of one line, in characters."""

    start: int
    length: int
    kind: TokenKind


def no_spans(line: str) -> list[Span]:
    """The highlighter of formats without colours."""
    del line
    return []


@dataclass(frozen=True, slots=True)
class Decoded:
    """One page of a decoded payload.

    Attributes:
        format: Name of the decoder that made it.
        label: The decoder's name for people.
        text: The page; plain text in lines separated by a newline.
        shown: How many bytes of the payload the page covers, from its start.
        total: How many bytes of payload there were to decode.
        problem: Why another format than the one asked for is shown, or what was not checked; one or two sentences.
        spans: Colours of one line of `text`. A view asks for the lines it shows and for no others.
    """

    format: str
    label: str
    text: str
    shown: int
    total: int
    problem: str | None = None
    spans: Callable[[str], list[Span]] = no_spans

    @property
    def complete(self) -> bool:
        """True when the page covers every byte there was."""
        return self.shown >= self.total

    @property
    def note(self) -> str | None:
        """One sentence on what is not shown, or None when everything is."""
        return None if self.complete else f"Showing the first {self.shown:,} of {self.total:,} bytes."


class Decoder(Protocol):
    """One payload format."""

    @property
    def name(self) -> str:
        """Stable name for settings ("json")."""
        ...

    @property
    def label(self) -> str:
        """Name for people ("JSON")."""
        ...

    def decode(self, payload: bytes, limit: int = PAGE, *, cut: bool = False) -> Decoded:
        """Makes the first page.

        Args:
            payload: The bytes kept.
            limit: At most about this many bytes of payload or characters of text; the work is bounded by it.
            cut: True when the payload is only the beginning of what was sent, so that a missing end is no fault.

        Raises:
            DecodeError: The payload is not of this format.
        """
        ...
