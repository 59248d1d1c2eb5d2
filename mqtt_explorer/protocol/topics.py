# SPDX-License-Identifier: MIT
"""Topic names and topic filters as frozen, validated values (MQTT 5, 4.7 and 4.8)."""

from __future__ import annotations

from dataclasses import dataclass, field

from mqtt_explorer.errors import MqttExplorerError

MAX_BYTES = 65_535
_SHARE = "$share"


class TopicError(MqttExplorerError):
    """The text is not a topic name or not a topic filter."""

    def __init__(self, message: str, *, field: str) -> None:
        super().__init__("Not a topic" if field == "topic" else "Not a topic filter", message, field=field)


def utf8_problem(text: str) -> str | None:
    """Why a text cannot be an MQTT string (1.5.4), as the end of a sentence; None when it can."""
    try:
        raw = text.encode()
    except UnicodeEncodeError:
        return "holds half a surrogate pair, which is not valid UTF-8."
    if "\0" in text:
        return "holds a NUL character, which MQTT forbids."
    if len(raw) > MAX_BYTES:
        return f"is {len(raw):,} bytes long; MQTT allows {MAX_BYTES:,}."
    return None


def topic_problem(raw: bytes) -> str | None:
    """Why a received topic is no topic name, as a sentence; None when it is one."""
    if not raw:
        return "The topic is empty and no topic alias stands for it."
    try:
        raw.decode()
    except UnicodeDecodeError as error:
        return f"The topic is not valid UTF-8 (byte {error.start})."
    if b"\0" in raw:
        return "The topic holds a NUL character."
    if b"+" in raw or b"#" in raw:
        return "The topic holds a wildcard, which only filters may."
    return None


@dataclass(frozen=True, slots=True)
class TopicName:
    """A topic one can publish to.

    Raises:
        TopicError: Empty, a wildcard, NUL, a lone surrogate, or over 65,535 bytes.
    """

    text: str
    raw: bytes = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not self.text:
            raise TopicError("Enter a topic.", field="topic")
        for wildcard in "+#":
            if wildcard in self.text:
                raise TopicError(
                    f"“{wildcard}” is a wildcard; messages go to one exact topic.", field="topic"
                )
        if problem := utf8_problem(self.text):
            raise TopicError(f"The topic {problem}", field="topic")
        object.__setattr__(self, "raw", self.text.encode())

    @property
    def levels(self) -> tuple[str, ...]:
        """The levels; empty ones count ("/a" has two)."""
        return tuple(self.text.split("/"))


@dataclass(frozen=True, slots=True)
class TopicFilter:
    """A filter one can subscribe to, shared subscriptions included.

    Attributes:
        text: As written, with ``$share/group/`` where shared.
        group: The share name, or None.
        bare: The filter that topics are matched against.

    Raises:
        TopicError: With a sentence that says which character or level is wrong.
    """

    text: str
    group: str | None = field(init=False, compare=False)
    bare: str = field(init=False, repr=False, compare=False)
    levels: tuple[str, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if problem := utf8_problem(self.text):
            raise TopicError(f"The filter {problem}", field="filter")
        group, bare = _split_share(self.text)
        if not bare:
            raise TopicError(
                "Enter a filter, for example sensors/# or +/status."
                if group is None
                else f"A filter is missing after $share/{group}/.",
                field="filter",
            )
        levels = tuple(bare.split("/"))
        _check_wildcards(levels)
        for name, value in (("group", group), ("bare", bare), ("levels", levels)):
            object.__setattr__(self, name, value)

    @property
    def raw(self) -> bytes:
        """The filter as it goes over the wire."""
        return self.text.encode()

    def matches(self, topic: str | bytes) -> bool:
        """Whether a topic matches (4.7.1–4.7.3): ``#`` includes its parent, ``+`` takes an empty level, and a
        leading wildcard never takes a topic that starts with ``$``.
        """
        name = topic.decode() if isinstance(topic, bytes) else topic
        if name.startswith("$") and self.levels[0] in ("+", "#"):
            return False
        parts = name.split("/")
        for index, level in enumerate(self.levels):
            if level == "#":
                return True
            if index >= len(parts) or (level != "+" and level != parts[index]):
                return False
        return len(parts) == len(self.levels)


def _split_share(text: str) -> tuple[str | None, str]:
    if text != _SHARE and not text.startswith(_SHARE + "/"):
        return None, text
    parts = text.split("/", 2)
    group = parts[1] if len(parts) > 1 else ""
    if not group:
        raise TopicError(
            "A shared subscription is $share/group/filter; the group is missing.", field="filter"
        )
    if "+" in group or "#" in group:
        raise TopicError(f"The share group “{group}” holds a wildcard, which is not allowed.", field="filter")
    return group, parts[2] if len(parts) > 2 else ""


def _check_wildcards(levels: tuple[str, ...]) -> None:
    for index, level in enumerate(levels):
        if "#" in level and level != "#":
            raise TopicError(f"“#” must stand alone in its level, not in “{level}”.", field="filter")
        if "+" in level and level != "+":
            raise TopicError(f"“+” must stand alone in its level, not in “{level}”.", field="filter")
        if level == "#" and index != len(levels) - 1:
            raise TopicError("“#” must be the last level of a filter.", field="filter")
