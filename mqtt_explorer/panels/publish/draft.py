# SPDX-License-Identifier: MIT
"""What the user is writing, and how its text becomes bytes. No Qt."""

from __future__ import annotations

import enum
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from mqtt_explorer.protocol.requests import RequestError

if TYPE_CHECKING:
    from mqtt_explorer.panels.publish.sending import Sending

#: Characters; reading this much JSON takes about 5 ms. Longer text is sent unchecked.
CHECK_LIMIT: Final = 250_000
_HEX_WIDTH: Final = 16
_SEPARATORS = re.compile(r"(?<![0-9a-fA-F])0[xX]|[,:;]")
_NOT_HEX = re.compile(r"[^0-9a-fA-F\s]")
_COMMA_TOO_MANY = re.compile(r",\s*([}\]])")
_TOKEN = re.compile(r'"[^"\n]{0,20}"?|[^\s,:{}\[\]"]{1,20}|\S')
#: An editor turns each of these into something else.
_LOST_IN_AN_EDITOR = re.compile("[\x00-\x08\x0b-\x1f\x7f\u2029\ufdd0\ufdd1\ufffe\uffff]")


class Format(enum.IntEnum):
    """How the payload is written in the editor."""

    TEXT = 0
    JSON = 1
    HEX = 2


@dataclass(eq=False)
class Draft:
    """One unsent message; each connection has its own.

    Attributes:
        cursor: Place of the text cursor in the payload, in characters.
        sending: What became of the message sent last, None before the first.
    """

    topic: str = ""
    text: str = ""
    cursor: int = 0
    format: Format = Format.JSON
    qos: int = 0
    retain: bool = False
    sending: Sending | None = None


class Problem(NamedTuple):
    """What is wrong with a text and where.

    Attributes:
        line: Counted from 1.
        sentence: Begins in lower case, to stand behind "Line 3: ".
    """

    line: int
    sentence: str


def encode(text: str, form: Format) -> bytes:
    """The payload's bytes.

    Raises:
        RequestError: Field "payload": hex that is none, or text that has no UTF-8.
    """
    if form is Format.HEX:
        problem = hex_problem(text)
        if problem is not None:
            raise RequestError(
                "Check the payload", f"Line {problem.line}: {problem.sentence}", field="payload"
            )
        return _bytes_of_hex(text)
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise RequestError(
            "Check the payload",
            f"Character {error.start + 1:,} is half a surrogate pair, which UTF-8 cannot hold; remove it.",
            field="payload",
        ) from None


def problem_of(text: str, form: Format) -> Problem | None:
    """What is wrong with the text in its format; None when nothing is, or when it is too long to check."""
    if form is Format.HEX:
        return hex_problem(text)
    return json_problem(text) if form is Format.JSON else None


def hex_problem(text: str) -> Problem | None:
    """Why a text is not hex bytes; separators, spaces and 0x are allowed."""
    try:
        _bytes_of_hex(text)
    except ValueError:
        plain = _without_separators(text)
        odd = _NOT_HEX.search(plain)
        if odd is not None:
            return Problem(_line(text, odd.start()), f"“{odd.group()}” is not a hex digit (0–9, a–f).")
        half = next(found for found in re.finditer(r"\S+", plain) if len(found.group()) % 2)
        shown = half.group() if len(half.group()) <= 20 else half.group()[:20] + "…"
        return Problem(
            _line(text, half.start()), f"“{shown}” has an odd number of digits; each byte has two."
        )
    return None


def json_problem(text: str) -> Problem | None:
    """The first thing that makes a text no JSON. An empty text is none: it is how a retained message is cleared."""
    if not text.strip() or len(text) > CHECK_LIMIT:
        return None
    try:
        # Numbers stay text: their value does not matter, and a very long one would be refused.
        json.loads(text, parse_constant=_no_constant, parse_int=str, parse_float=str)
    except json.JSONDecodeError as error:
        comma = _comma_too_many(text, error.pos)
        if comma is not None:
            return Problem(_line(text, comma.start()), f"the comma before {comma.group(1)} is one too many")
        return Problem(_line(text, error.pos), _sentence(error, text))
    except _ConstantError as error:
        word = str(error)
        return Problem(_line(text, text.find(word)), f"{word} is no JSON number.")
    except RecursionError:
        return Problem(1, "it is nested too deeply to be checked.")
    return None


def hex_text(payload: bytes) -> str:
    """Bytes as hex, sixteen a line."""
    rows = range(0, len(payload), _HEX_WIDTH)
    return "\n".join(payload[at : at + _HEX_WIDTH].hex(" ") for at in rows)


def plain_text(payload: bytes) -> str | None:
    """Bytes as text where an editor gives back exactly these bytes, else None."""
    try:
        text = payload.decode()
    except UnicodeDecodeError:
        return None
    return None if _LOST_IN_AN_EDITOR.search(text) else text


class _ConstantError(ValueError):
    """NaN or Infinity, which Python reads and JSON does not know."""


def _no_constant(word: str) -> Any:
    raise _ConstantError(word)


def _bytes_of_hex(text: str) -> bytes:
    try:
        return bytes.fromhex(text)  # fast, and takes digits with or without spaces
    except ValueError:
        return bytes.fromhex(_without_separators(text))


def _without_separators(text: str) -> str:
    """Blanks of the same length in their place, so that positions stay right."""
    return _SEPARATORS.sub(lambda found: " " * len(found.group()), text)


def _line(text: str, position: int) -> int:
    return text.count("\n", 0, max(position, 0)) + 1


def _comma_too_many(text: str, position: int) -> re.Match[str] | None:
    """The comma before a closing bracket; Python 3.13 and later point at it, earlier ones behind it."""
    start = position if text[position : position + 1] == "," else len(text[:position].rstrip()) - 1
    return _COMMA_TOO_MANY.match(text, start) if start >= 0 else None


def _sentence(error: json.JSONDecodeError, text: str) -> str:
    found = _TOKEN.search(text, error.pos)
    token = found.group() if found is not None else ""
    said = error.msg
    if not token and not said.startswith("Unterminated"):
        return "the text ends before the JSON does."
    if "',' delimiter" in said:
        return f"a comma or a closing bracket is missing before {token}"
    if "':' delimiter" in said:
        return f"a colon is missing before {token}"
    if "property name" in said:
        return f"a name in double quotes must stand where {token} is"
    if said == "Extra data":
        return f"the JSON has ended before {token}"
    if said.startswith("Unterminated"):
        return "a text is not closed with a double quote"
    if "control character" in said:
        return "a line end or tab inside a text must be written \\n or \\t"
    if "escape" in said:
        return "a backslash in a text begins none of JSON's escapes (\\n, \\\", \\\\, \\u00e9)"
    return f"{token} is no JSON value (texts stand in double quotes)"
