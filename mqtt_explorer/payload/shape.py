# SPDX-License-Identifier: MIT
"""What a payload is, apart from its values: so that a reading that moved is told from a message that is built in another way.

A shape is a text, equal for payloads of one shape. Its first line is the kind; the others of JSON are paths with the types found there,
sorted::

    json
    <tab>object
    sensor<tab>object
    sensor.cal<tab>number
    values<tab>array
    values[]<tab>number or text

Elements of an array share one path, and numbers are numbers with or without a fraction. Levels deeper than `MOST_LEVELS` and what lies
behind the first `MOST_VALUES` values are not looked at; payloads over `LARGE` bytes, and those of which only the beginning is there, have
a kind and a size class only.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from hashlib import blake2b
from typing import Any, Final

import msgspec

from mqtt_explorer.payload.numeric import parse_boolean, parse_reading
from mqtt_explorer.payload.preview import preview

#: Larger payloads are not read: their kind (by the first kilobyte) and size class are their shape.
LARGE: Final = 256 * 1024
MOST_VALUES: Final = 4_000
MOST_LEVELS: Final = 24
_HEAD: Final = 1024
_LONGEST_KEY: Final = 64
_LONGEST_READING: Final = 64
_NAMED: Final = 3
_PLAIN_KEY: Final = re.compile(r"[^\W\d][\w-]*\Z")
_CONTROLS: Final = re.compile(rb"[\x00-\x06\x0e-\x1a\x1c-\x1f]")
_PARTIAL: Final = "(more)"
_TYPES: Final[dict[type, str]] = {
    int: "number",
    float: "number",
    str: "text",
    bool: "boolean",
    type(None): "null",
}
_TYPES_OF_CONTAINERS: Final[dict[type, str]] = {dict: "object", list: "array"}
_WORDS: Final = {
    "json": "JSON",
    "binary": "binary",
    "text": "text",
    "empty": "empty",
    "string": "text in quotes",
}
_check: Final = msgspec.json.Decoder(msgspec.Raw).decode


def _any_float(_digits: str) -> float:
    return 0.0  # also for 1e999, which no float can hold and JSON may


_decode = msgspec.json.Decoder().decode
_decode_any_number = msgspec.json.Decoder(float_hook=_any_float).decode


def shape(payload: bytes, size: int | None = None) -> str:
    """The shape of a payload; takes some milliseconds at most and never raises.

    Args:
        payload: The bytes kept.
        size: The payload's size on the wire, in bytes; more than `payload` holds when that is only its beginning.
    """
    size = len(payload) if size is None else size
    if not size:
        return "empty"
    if size > LARGE or size > len(payload):
        return _rough(payload[:_HEAD], size)
    if _CONTROLS.search(payload):
        return "binary"
    try:
        text = payload.decode()
    except UnicodeDecodeError:
        return "binary"
    if len(text) <= _LONGEST_READING:
        reading = parse_reading(text)
        if reading is not None:
            return f"number {reading.unit}".rstrip()
        if parse_boolean(text) is not None:
            return "boolean"
    start = text.lstrip(" \t\r\n")[:1]
    if start not in ("{", "[", '"', "n") or (start == "n" and len(text) > _LONGEST_READING):
        return "text"
    return _structured(payload)


def shape_difference(before: str, after: str) -> str:
    """How two shapes differ, in words: "sensor.cal gone, value: number → text". "" where they do not.

    An array without elements says nothing of them, so its getting or losing some is no difference. Size classes differ when there is
    one between them: each has a border that a payload may sit on.
    """
    if before == after:
        return ""
    kinds = _kind(before), _kind(after)
    if kinds[0] != kinds[1]:
        return f"{_word(kinds[0])} → {_word(kinds[1])}"
    if before.startswith("large ") and after.startswith("large "):
        return _size_difference(before, after)
    if kinds[0] != "json" or before.startswith("large ") or after.startswith("large "):
        return ""
    return _structure_difference(_members(before), _members(after))


# --- making ---------------------------------------------------------------------------------------------------------


def _rough(head: bytes, size: int) -> str:
    kind = preview(head, size).kind if head else "unknown"
    kind = kind if kind in ("json", "binary") else "text" if kind != "unknown" else kind
    return f"large {kind}\n{size.bit_length()}"


def _structured(payload: bytes) -> str:
    value = read_json(payload)
    if value is _NOT_JSON:
        return "text"
    if value is _UNREADABLE:
        return "json\n\tcannot be read as a whole"
    if isinstance(value, str):
        return "string"
    if value is None:
        return "null"
    found: dict[str, set[str]] = {}
    whole = _collect(value, found)
    lines = [f"{path}\t{' or '.join(sorted(types))}" for path, types in sorted(found.items())]
    return "\n".join(["json", *lines] if whole else ["json", *lines, _PARTIAL])


_NOT_JSON: Final = object()
_UNREADABLE: Final = object()


def read_json(payload: bytes) -> Any:
    """The value of a JSON text; `is_json` says whether it is one."""
    for decode in (_decode, _decode_any_number):
        try:
            return decode(payload)
        except RecursionError:
            return _UNREADABLE  # nested too deeply
        except (msgspec.DecodeError, ValueError):
            continue
    try:
        _check(payload)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return _NOT_JSON
    return _UNREADABLE  # integers of more digits than Python reads


def is_json(value: Any) -> bool:
    """Whether `read_json` gave a value."""
    return value is not _NOT_JSON and value is not _UNREADABLE


def _collect(top: Any, found: dict[str, set[str]]) -> bool:
    """Notes the types at each path, level by level; False when there were too many values."""
    left = MOST_VALUES
    level: list[tuple[str, Any]] = [("", top)]
    for _ in range(MOST_LEVELS):
        below: list[tuple[str, Any]] = []
        for path, value in level:
            left -= 1
            if left < 0:
                return False
            found.setdefault(path, set()).add(_type(value))
            if isinstance(value, dict):
                below += [(join(path, key), each) for key, each in _first(value.items(), left)]
            elif isinstance(value, list):
                inside = path + "[]"
                kinds = set(map(type, value))
                if kinds and kinds.isdisjoint(_TYPES_OF_CONTAINERS):  # usually: a row of readings
                    found.setdefault(inside, set()).update(_TYPES[kind] for kind in kinds)
                else:
                    below += [(inside, each) for each in value[: left + 1]]
        if not below:
            return True
        level = below
    return True


def _first(items: Any, limit: int) -> Iterator[tuple[str, Any]]:
    return (item for _, item in zip(range(limit + 1), items, strict=False))


def _type(value: Any) -> str:
    kind = type(value)
    return _TYPES.get(kind) or _TYPES_OF_CONTAINERS[kind]


def join(path: str, key: str) -> str:
    """A path one level further: `sensor.cal`, and `sensor["a.b"]` for keys that are no plain words; long ones are cut."""
    if len(key) > _LONGEST_KEY:
        mark = blake2b(key.encode("utf-8", "surrogatepass"), digest_size=4).hexdigest()
        key = f"{key[: _LONGEST_KEY - 10]}…{mark}"
    if _PLAIN_KEY.match(key):
        return f"{path}.{key}" if path else key
    return f"{path}[{msgspec.json.encode(key.encode('utf-8', 'replace').decode()).decode()}]"


# --- comparing ------------------------------------------------------------------------------------------------------


def _kind(made: str) -> str:
    kind = made.partition("\n")[0].removeprefix("large ")
    return "text" if kind == "unknown" else kind


def _word(kind: str) -> str:
    return _WORDS.get(kind, kind)


def _size_difference(before: str, after: str) -> str:
    sizes = int(before.partition("\n")[2]), int(after.partition("\n")[2])
    if abs(sizes[0] - sizes[1]) < 2:
        return ""
    return f"about {_about(sizes[0])} → about {_about(sizes[1])}"


def _about(bits: int) -> str:
    size = 1 << (bits - 1)
    for unit, name in ((1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")):
        if size >= unit:
            return f"{size // unit} {name}"
    return f"{size} B"


def _members(made: str) -> tuple[dict[str, str], bool]:
    """Types by path, and whether these are all."""
    lines = made.split("\n")[1:]
    whole = lines[-1:] != [_PARTIAL]
    return dict(line.rsplit("\t", 1) for line in (lines if whole else lines[:-1])), whole


def _structure_difference(one: tuple[dict[str, str], bool], other: tuple[dict[str, str], bool]) -> str:
    (before, before_whole), (after, after_whole) = one, other
    parts = [
        f"{path or 'all'}: {types} → {after[path]}"
        for path, types in before.items()
        if path in after and after[path] != types
    ]
    if "" in before and "" in after and before[""] != after[""]:
        return f"{before['']} → {after['']}"
    # Of more values than are looked at others may have been looked at this time: what is missing there may be there.
    gone = _outermost([path for path in before if path not in after], after) if after_whole else []
    new = _outermost([path for path in after if path not in before], before) if before_whole else []
    parts += [f"{path} gone" for path in gone] + [f"{path} new" for path in new]
    if len(parts) > _NAMED:
        parts = [*parts[:_NAMED], f"{len(parts) - _NAMED:,} more"]
    return ", ".join(parts)


def _outermost(paths: list[str], there: dict[str, str]) -> list[str]:
    """Without those inside of others that are missing too, and without elements of an array that is empty there."""
    found: list[str] = []
    missing = set(paths)
    empty = {path for path, types in there.items() if "array" in types and f"{path}[]" not in there}
    for path in paths:
        above = list(_above(path))
        if missing.isdisjoint(above) and not any(
            each in empty and path[len(each) :].startswith("[]") for each in above
        ):
            found.append(path)
    return found


def _above(path: str) -> Iterator[str]:
    """The paths of the containers around one, for paths that `join` and arrays make."""
    in_quotes = False
    for at, char in enumerate(path):
        if char == '"' and not _is_escaped(path, at):
            in_quotes = not in_quotes
        elif char in ".[" and not in_quotes:
            yield path[:at]


def _is_escaped(path: str, at: int) -> bool:
    slashes = 0
    while at - slashes > 0 and path[at - slashes - 1] == "\\":
        slashes += 1
    return bool(slashes % 2)
