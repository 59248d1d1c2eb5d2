# SPDX-License-Identifier: MIT
"""What the rows of a JSON tree say: keys, values and paths, whole for copying and cut for showing. No Qt but translations."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from mqtt_explorer.models import wording
from mqtt_explorer.models.wording import translate
from mqtt_explorer.payload.preview import VISIBLE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mqtt_explorer.payload.json_index import JsonIndex

SHOWN: Final = 500
"""Characters of a value or a key that are shown."""
_COUNTED: Final = 8 << 20
"""Bytes of a value whose characters are counted; of a longer one the bytes are said."""
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_KINDS: Final = {
    "string": "string",
    "number": "number",
    "literal": "number",
    "empty": "muted",
    "open": "muted",
}

Step: TypeAlias = str | int
"""One level of a path: a key, or a place in an array."""


class Cell(NamedTuple):
    """Key and value of a line, made to be seen.

    Attributes:
        key: The key without its quotes; "" where there is none.
        value: The value, at most `SHOWN` characters; the opening bracket of a container.
        more: How long it is, where it is cut: "5,000,000 characters".
        kind: "string", "number", "muted", "open" or "text".
    """

    key: str
    value: str
    more: str
    kind: str


def cell(source: bytes, index: JsonIndex, line: int) -> Cell:
    """Key and value of a line."""
    row = index.row(source, line)
    key = key_text(source[row.key]) if row.key.stop > row.key.start else ""
    shown_key = key[:SHOWN].translate(VISIBLE) + ("…" if len(key) > SHOWN else "")
    if row.kind == "open":
        return Cell(shown_key, source[row.value].decode("utf-8", "replace"), "", "open")
    if row.kind == "empty":
        return Cell(shown_key, "[]" if source[row.value.start] == 0x5B else "{}", "", "muted")
    value, more = _cut(source, row.value)
    return Cell(shown_key, value.translate(VISIBLE), more, _KINDS.get(row.kind, "text"))


def _cut(source: bytes, place: slice) -> tuple[str, str]:
    size = place.stop - place.start
    head = source[place.start : min(place.stop, place.start + 4 * SHOWN)].decode("utf-8", "replace")
    if len(head) <= SHOWN and size <= 4 * SHOWN:
        return head, ""
    if size > _COUNTED:
        return head[:SHOWN] + "…", wording.size(size)
    count = len(source[place].decode("utf-8", "replace")) - 2 * (head[0] == '"')
    return head[:SHOWN] + "…", translate("{n} characters").format(n=f"{count:,}")


def key_text(raw: bytes) -> str:
    """A key without quotes and escapes; a key of another format as it stands."""
    return string_text(raw) if raw[:1] == b'"' else raw.decode("utf-8", "replace")


def string_text(raw: bytes) -> str:
    """The text of a JSON string; as it stands where it is none. Halves of characters become U+FFFD."""
    try:
        text = json.loads(raw, strict=False)
    except ValueError:
        return raw.decode("utf-8", "replace")
    if not isinstance(text, str):
        return raw.decode("utf-8", "replace")
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def pointer(steps: Iterable[Step]) -> str:
    """The path as a JSON Pointer (RFC 6901): "/sensor/battery"; "" for the whole."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in steps)


def dotted(steps: Iterable[Step]) -> str:
    """The path as jq writes it: `.sensor.battery`, `.raw[0]`, `."odd key"`; "." for the whole."""
    parts: list[str] = []
    for step in steps:
        if isinstance(step, int):
            parts.append(f"[{step}]" if parts else f".[{step}]")
        elif _WORD.match(step):
            parts.append(f".{step}")
        else:
            parts.append("." + json.dumps(step, ensure_ascii=False))
    return "".join(parts) or "."
