# SPDX-License-Identifier: MIT
"""JSON as indented, coloured text.

Tokens are copied from the payload as they are written, so 1.50 stays 1.50 and an integer of fifty digits keeps all of them. The layout
is that of `msgspec.json.format` (a test holds the two together), but only one page of it is made: with deep nesting the indentation
of 1 MB of JSON can grow to a gigabyte.
"""

from __future__ import annotations

import re
from typing import Final

import msgspec

from mqtt_explorer.payload.api import PAGE, Decoded, DecodeError, Span, TokenKind
from mqtt_explorer.payload.text import decode_head

#: Up to this many bytes the whole payload is checked (1 ms); beyond it only the page shown.
CHECK_LIMIT: Final = 1_000_000
_INDENT: Final = "  "

_checker = msgspec.json.Decoder(msgspec.Raw)
_STRING = r'"[^"\\\x00-\x1f]*(?:\\.[^"\\\x00-\x1f]*)*'
_TOKEN = re.compile(rf'[ \t\r\n]*(?:({_STRING})("?)|([\[\]{{}}:,])|([^\s\[\]{{}}:,"]+))')
_NUMBER_OR_LITERAL = re.compile(
    r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?\Z|(?:true|false|null)\Z"
)
_SPACE = re.compile(r"[ \t\r\n]*")
_LINE_TOKEN = re.compile(rf'({_STRING}(?:"|\\?\Z))(\s*:)?|(-?[0-9][0-9.eE+-]*)|(true|false|null)')
_OPENS = {"{": "}", "[": "]"}


class JsonDecoder:
    """Shows JSON with two spaces of indentation."""

    name = "json"
    label = "JSON"

    def decode(self, payload: bytes, limit: int = PAGE, *, cut: bool = False) -> Decoded:
        """Makes the first page; see `api.Decoder.decode`.

        Up to `CHECK_LIMIT` the whole payload must be valid JSON. Of a larger or cut one only the page is read and checked, and
        `Decoded.problem` says so.
        """
        if len(payload) <= CHECK_LIMIT and not cut:
            _check(payload)
            window, _ = decode_head(payload, len(payload))
            text, used = pretty_page(window, limit)
            problem = None
        else:
            # A character of output takes at most four bytes of input; spaces between tokens may fill the window before the page.
            window, covered = decode_head(payload, limit * 4, cut=cut)
            text, used = pretty_page(window, limit, ends_here=not cut and covered == len(payload))
            problem = "Only the part shown was read as JSON; the rest was not checked."
        shown = len(window[:used].encode())
        return Decoded(self.name, self.label, text, shown, len(payload), problem, line_spans)


def looks_like_json(payload: bytes) -> bool:
    """Whether it begins like a JSON object or array; a bare number or string is better shown as text."""
    return payload[:64].lstrip(b" \t\r\n")[:1] in (b"{", b"[")


def line_spans(line: str) -> list[Span]:
    """Colours of one line of formatted JSON; no token reaches over a line end, so a line stands for itself."""
    spans = []
    for found in _LINE_TOKEN.finditer(line):
        kind: TokenKind
        if found.group(1) is not None:
            kind = "key" if found.group(2) else "string"
            spans.append(Span(found.start(1), len(found.group(1)), kind))
        else:
            kind = "number" if found.group(3) is not None else "literal"
            spans.append(Span(found.start(), len(found.group()), kind))
    return spans


def pretty_page(text: str, limit: int, *, ends_here: bool = True) -> tuple[str, int]:
    """Indents JSON until the page is full.

    Args:
        text: JSON, or its beginning.
        limit: The page is cut at this many characters of output.
        ends_here: False when more follows behind `text`: a token that its end cuts off is then no fault.

    Returns:
        The page and how many characters of `text` it covers.

    Raises:
        DecodeError: The part read is not JSON.
    """
    out: list[str] = []
    open_brackets: list[str] = []
    size = pos = 0
    value_before = False  # a value ended here, so a comma, a colon or a closing bracket may follow
    while size < limit and (found := _TOKEN.match(text, pos)) is not None:
        string, quote, mark, word = found.groups()
        if mark is None:
            token = string + quote if string is not None else word
            _expect(not value_before and (bool(open_brackets) or not out), found, token)
            whole = bool(quote) or (word is not None and _NUMBER_OR_LITERAL.match(word) is not None)
            if not whole:
                # Only the end of the window may cut a token off, also between a backslash and what it escapes.
                _expect(not ends_here and text[found.end() :] in ("", "\\"), found, token)
            over = max(0, size + len(token) - limit)
            if over or not whole:
                return "".join(out) + token[: len(token) - over], found.end() - over
            value_before = True
        elif mark in _OPENS:
            _expect(not value_before and (bool(open_brackets) or not out), found, mark)
            closer = _TOKEN.match(text, found.end())
            if closer is not None and closer.group(3) == _OPENS[mark]:
                found, token, value_before = closer, mark + _OPENS[mark], True
            else:
                open_brackets.append(mark)
                token = mark + "\n" + _INDENT * len(open_brackets)
        elif mark in ",:":
            _expect(
                value_before and bool(open_brackets) and (mark == "," or open_brackets[-1] == "{"),
                found,
                mark,
            )
            token = ": " if mark == ":" else ",\n" + _INDENT * len(open_brackets)
            value_before = False
        else:
            _expect(value_before and bool(open_brackets) and _OPENS[open_brackets.pop()] == mark, found, mark)
            token = "\n" + _INDENT * len(open_brackets) + mark
        out.append(token)
        size += len(token)
        pos = found.end()
    space = _SPACE.match(text, pos)
    pos = space.end() if space else pos
    if size < limit and (pos < len(text) or (ends_here and (open_brackets or not value_before))):
        raise DecodeError(f"The JSON is cut off or broken at character {pos:,}.")
    return "".join(out), pos


def _expect(condition: bool, found: re.Match[str], token: str) -> None:
    if not condition:
        raise _error(found, token)


def _error(found: re.Match[str], token: str) -> DecodeError:
    start = found.end() - len(token)
    return DecodeError(f"“{token[:20]}” at character {start:,} is not JSON.")


def _check(payload: bytes) -> None:
    try:
        _checker.decode(payload)
    except RecursionError:
        raise DecodeError("The JSON is nested too deeply to be checked.") from None
    except msgspec.DecodeError as error:
        reason = str(error)
        if "truncated" in reason:  # our own word for payloads that were cut; this one is whole
            reason = "The text ends before the JSON does"
        raise DecodeError(f"{reason}.") from None
