# SPDX-License-Identifier: MIT
"""Where lines of XML break: each tag, comment and text is copied as it was sent, and only blanks between tags are made anew.

An element with text in it stays as it is, with everything inside, because there a blank may mean something. The text must be well-formed
as far as it goes: this reads tags and looks at nothing else.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterator
from typing import Final

from mqtt_explorer.payload.json_index import DEEPEST_INDENT, INDENT
from mqtt_explorer.payload.progress import report

#: A token; what the end cuts off is one too, up to there.
_TOKEN = re.compile(
    rb"(?P<text>[^<]++)"
    rb"|(?P<comment><!--(?:[^-]++|-(?!->))*+(?:-->)?)"
    rb"|(?P<cdata><!\[CDATA\[(?:[^\]]++|\](?!\]>))*+(?:\]\]>)?)"
    rb"|(?P<pi><\?(?:[^?]++|\?(?!>))*+(?:\?>)?)"
    rb"|(?P<doctype><!(?:[^<>\"'\[]++|\"[^\"]*+\"?|'[^']*+'?"
    rb"|\[(?:[^\]\"'<]++|\"[^\"]*+\"?|'[^']*+'?|<!--(?:[^-]++|-(?!->))*+(?:-->)?|<\?(?:[^?]++|\?(?!>))*+(?:\?>)?|<)*+\]?)*+>?)"
    rb"|(?P<end></[^>]*+>?)"
    rb"|(?P<start><[^<>\"']*+(?:(?:\"[^\"]*+\"?|'[^']*+'?)[^<>\"']*+)*+>?)"
    rb"|(?P<stray><)"
)
_PRESERVE = re.compile(rb"xml:space\s*=\s*[\"']preserve[\"']")
_BLANK: Final = re.compile(rb"[ \t\r\n]*+\Z")

_TEXT, _OTHER, _START, _EMPTY, _END = range(5)
_KINDS: Final = {
    "text": _TEXT, "cdata": _TEXT, "comment": _OTHER, "pi": _OTHER, "doctype": _OTHER, "end": _END, "start": _START, "stray": _TEXT,
}  # fmt: skip
_REPORT_EVERY: Final = 100_000


class Layout:
    """The tokens of a text and which elements are broken into lines.

    Args:
        source: UTF-8.
        stop: Only this much of it is looked at.
    """

    def __init__(self, source: bytes, stop: int | None = None) -> None:
        self._source = source
        self._ends = array("Q")
        self._kinds = bytearray()
        #: For each start tag, whether its content is broken into lines.
        self._broken = bytearray()
        self.depth = 0
        self._find(len(source) if stop is None else stop)

    def written(self) -> bytes:
        """The text with its lines broken and indented."""
        out = bytearray()
        for indent, piece in self._pieces():
            if indent is not None:
                if out:
                    out += b"\n"
                out += b" " * (INDENT * min(indent, DEEPEST_INDENT))
            out += piece
        return bytes(out)

    def _find(self, stop: int) -> None:
        source, ends, kinds, broken = self._source, self._ends, self._kinds, self._broken
        # For each open element: the place of its start tag, and whether it has children, text, or wants its blanks kept.
        open_at: list[int] = []
        children, texts = bytearray(), bytearray()
        for found in _TOKEN.finditer(source, 0, stop):
            group = found.lastgroup
            assert group is not None
            kind, place = _KINDS[group], len(ends)
            if kind == _START and source[found.end() - 2 : found.end()] == b"/>":
                kind = _EMPTY
            ends.append(found.end())
            kinds.append(kind)
            broken.append(0)
            if kind == _TEXT:
                if texts and not texts[-1] and (group == "cdata" or _BLANK.match(found[0]) is None):
                    texts[-1] = 1
            elif kind == _END:
                if open_at:
                    self._end(open_at.pop(), children.pop(), texts.pop())
            else:
                if children:
                    children[-1] = 1
                if kind == _START:
                    open_at.append(place)
                    children.append(0)
                    texts.append(_PRESERVE.search(found[0]) is not None)
                    self.depth = max(self.depth, len(open_at))
            if not place % _REPORT_EVERY:
                report(0.5 * found.end() / stop)
        while open_at:  # their ends are missing
            self._end(open_at.pop(), children.pop(), texts.pop())

    def _end(self, start: int, has_children: int, has_text: int) -> None:
        self._broken[start] = bool(has_children and not has_text)

    def _pieces(self) -> Iterator[tuple[int | None, bytes]]:
        """Each token with the depth of the line that it begins, or None when it begins none."""
        source, kinds, broken = self._source, self._kinds, self._broken
        depth = inside = 0  # elements that are broken into lines, and those inside one that is not
        start = 0
        for place, end in enumerate(self._ends):
            kind, piece = kinds[place], source[start:end]
            start = end
            if kind == _END:
                if inside:
                    inside -= 1
                    yield None, piece
                else:
                    depth -= depth > 0
                    yield depth, piece
            elif inside:
                inside += kind == _START
                yield None, piece
            elif kind != _TEXT:
                yield depth, piece
                if kind == _START:
                    depth, inside = (depth + 1, 0) if broken[place] else (depth, 1)
            elif _BLANK.match(piece) is None:
                yield depth, piece  # only where the text is no whole XML
            if not place % _REPORT_EVERY:
                report(0.5 + 0.4 * end / (len(source) or 1))
