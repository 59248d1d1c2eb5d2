# SPDX-License-Identifier: MIT
"""How the user wants the payloads of topics decoded: a choice for each topic filter, and which of them counts for a topic."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from mqtt_explorer.events import Event
from mqtt_explorer.protocol.topics import TopicError, TopicFilter

#: More filters than this are refused.
MAX_DECODERS: Final = 500
#: A choice may hold the path of a schema; longer ones are none of ours.
MAX_CHOICE: Final = 8_192
#: Topics whose answer is kept until the choices change.
_REMEMBERED: Final = 4_096


class DecoderChoices:
    """The choices of an open connection, live.

    Of the filters that match a topic the most specific one counts:

    1. the topic itself;
    2. a filter without ``#``, which matches topics of one depth, before one with it;
    3. the one with fewer ``+``;
    4. the deeper one;
    5. the first by its text.

    Args:
        items: Filters and choices; what is no filter and what is beyond the limit is left out.

    Attributes:
        version: Another number after each change.

    Events:
        changed: After each change.
    """

    def __init__(self, items: Iterable[tuple[str, str]] = ()) -> None:
        self.version = 0
        self.changed: Event[()] = Event()
        self._choices: dict[str, str] = {}
        for text, choice in items:
            if is_choice(text, choice) and len(self._choices) < MAX_DECODERS:
                self._choices[text] = choice
        self._arrange()

    @property
    def items(self) -> tuple[tuple[str, str], ...]:
        """Filters and choices, in the order they were first set."""
        return tuple(self._choices.items())

    def choice_for(self, topic: bytes) -> tuple[str, str] | None:
        """The filter that counts for a topic (raw, valid UTF-8), and its choice; None when nothing was chosen for it."""
        if not self._choices:
            return None
        try:
            return self._answers[topic]
        except KeyError:
            pass
        if len(self._answers) >= _REMEMBERED:
            self._answers.clear()
        answer = self._answers[topic] = self._find(topic.decode())
        return answer

    def set(self, filter_text: str, choice: str | None) -> bool:
        """Remembers a choice for a filter, or forgets it (None); returns False when there are too many, and then changes nothing.

        Raises:
            TopicError: The text is no topic filter, or one of a shared subscription, which no topic matches by itself.
        """
        if choice is None:
            if self._choices.pop(filter_text, None) is not None:
                self._arrange()
                self.changed.emit()
            return True
        _check(filter_text)
        if len(choice) > MAX_CHOICE or not choice:
            return False
        if self._choices.get(filter_text) == choice:
            return True
        if filter_text not in self._choices and len(self._choices) >= MAX_DECODERS:
            return False
        self._choices[filter_text] = choice
        self._arrange()
        self.changed.emit()
        return True

    def _arrange(self) -> None:
        self.version += 1
        self._answers: dict[bytes, tuple[str, str] | None] = {}
        wild = [TopicFilter(text) for text in self._choices if "+" in text or "#" in text]
        self._wild = sorted(wild, key=_specific)

    def _find(self, topic: str) -> tuple[str, str] | None:
        if topic in self._choices:
            return topic, self._choices[topic]
        for each in self._wild:
            if each.matches(topic):
                return each.text, self._choices[each.text]
        return None


def is_choice(filter_text: str, choice: str) -> bool:
    """Whether a pair can be remembered: a filter, and a text that may be a choice."""
    if not 0 < len(choice) <= MAX_CHOICE:
        return False
    try:
        _check(filter_text)
    except TopicError:
        return False
    return True


def _check(filter_text: str) -> None:
    if TopicFilter(filter_text).group is not None:
        raise TopicError("Leave $share and the group away: they belong to subscriptions.", field="filter")


def _specific(each: TopicFilter) -> tuple[bool, int, int, str]:
    """The most specific filter first."""
    return each.levels[-1] == "#", each.levels.count("+"), -len(each.levels), each.text
