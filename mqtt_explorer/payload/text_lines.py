# SPDX-License-Identifier: MIT
"""Where the lines of a text lie: an offset for each, so that a view decodes only what it shows."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Sequence
from itertools import accumulate, chain, islice
from operator import sub
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from mqtt_explorer.payload.api import Span

#: Bytes that are looked at in one go.
_STEP: Final = 1 << 20


def find_lines(source: bytes, progress: Callable[[float], None] | None = None) -> Sequence[int]:
    """The offset of each line's first byte; LF, CR LF and CR end lines. A line end at the very end begins no further line."""
    starts = array("Q", (0,))
    at, step = 0, _STEP
    while at < len(source):
        lines = source[at : at + step].splitlines(keepends=True)
        if at + step < len(source):
            if len(lines) == 1:
                step *= 2  # a long one
                continue
            lines.pop()  # it may go on, be it with the LF of its CR LF
        del starts[-1]
        starts.extend(accumulate(map(len, lines), initial=at))
        at, step = starts[-1], _STEP
        if progress is not None:
            progress(at / len(source))
    if len(starts) > 1 and starts[-1] >= len(source):
        starts.pop()
    return starts


def longest_line(source: bytes, starts: Sequence[int]) -> int:
    """Bytes of the longest line, its end included."""
    return max(map(sub, chain(islice(starts, 1, None), (len(source),)), starts), default=0)


class TextLines:
    """The lines of UTF-8 text; see `api.Lines`. What is no UTF-8 is shown as replacement characters: decoders have checked.

    Args:
        source: UTF-8.
        starts: See `find_lines`.
        longest: Bytes of the longest line; 0 looks at every line when it is asked for.
        spans: Colours of a line or a part of one.
    """

    def __init__(
        self,
        source: bytes,
        starts: Sequence[int],
        longest: int = 0,
        spans: Callable[[str], Sequence[Span]] | None = None,
    ) -> None:
        self._source = source
        self._starts = starts
        self._spans = spans
        self._kept: tuple[int, str] = (-1, "")
        self._longest = longest

    @property
    def source(self) -> bytes:
        """What the lines are cut from; see `line_candidates`."""
        return self._source

    @property
    def starts(self) -> Sequence[int]:
        """Offset of each line's first byte in it."""
        return self._starts

    def __len__(self) -> int:
        return len(self._starts)

    @property
    def longest(self) -> int:
        """See `api.Lines.longest`."""
        if not self._longest:
            self._longest = longest_line(self._source, self._starts)
        return self._longest

    def length(self, number: int) -> int:
        """See `api.Lines.length`."""
        return len(self._line(number))

    def text(self, number: int, start: int = 0, stop: int | None = None) -> str:
        """See `api.Lines.text`."""
        return self._line(number)[start:stop]

    def spans(self, number: int, start: int, text: str) -> Sequence[Span]:
        """See `api.Lines.spans`."""
        del number, start
        return self._spans(text) if self._spans is not None else ()

    def _line(self, number: int) -> str:
        if self._kept[0] != number:
            starts = self._starts
            stop = starts[number + 1] if number + 1 < len(starts) else len(self._source)
            text = self._source[starts[number] : stop].decode("utf-8", "replace")
            end = len(text) - 2 if text.endswith("\r\n") else len(text) - (text[-1:] in ("\r", "\n"))
            self._kept = (number, text[:end])
        return self._kept[1]
