# SPDX-License-Identifier: MIT
"""A search text, ready to be looked for in topics and payloads. Linear time, whatever is typed."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import compress
from typing import Final, TypeAlias

from mqtt_explorer.protocol.topics import TopicError
from mqtt_explorer.store.pattern_errors import sentence_for
from mqtt_explorer.store.query import MAX_CHARACTERS, Query, QueryError, QueryMode
from mqtt_explorer.store.search_filter import FilterFinder
from mqtt_explorer.store.search_finder import Finder, Literal, escape, re2_error
from mqtt_explorer.store.topic_tree import Node

Span: TypeAlias = tuple[int, int]

#: Marks in one text: more than a row can show, and few enough for a page of a payload.
MAX_SPANS: Final = 50

_NOT_A_WORD: Final = r"[^\pL\pN_]"


class Pattern:
    """What a text means in one mode; made by `compile_pattern`.

    Without `case` letters are the same when Unicode's simple case folding says so (ä and Ä, but not ß and ss).

    Args:
        topics: Looks into topics.
        data: Looks into payloads and properties; None when the mode has no meaning there.
        marks: What is found can be marked in texts.
    """

    def __init__(self, topics: Finder | FilterFinder, data: Finder | None, *, marks: bool) -> None:
        self._topics = topics
        self._data = data
        self._marks = marks

    @property
    def reads_data(self) -> bool:
        """False for a topic filter, which has no meaning in payloads and properties."""
        return self._data is not None

    def topics(self, nodes: Sequence[Node]) -> list[Node]:
        """Those of the nodes in whose topics the text is found, in the same order."""
        return list(compress(nodes, self.topic_mask([node.topic for node in nodes]) or b""))

    def topic_mask(self, topics: Sequence[bytes]) -> bytearray | None:
        """In which of the topics the text is found: a 1 or 0 for each; None for in none."""
        return self._topics.mask(topics, utf8=True)

    def in_topic(self, topic: bytes) -> bool:
        """Whether the text is found in a topic."""
        return self._topics.found(topic)

    def data_mask(self, data: Sequence[bytes]) -> bytearray | None:
        """In which of the payloads the text is found; all of them in one go, so not more than a quarter of a megabyte."""
        return self._data.mask(data) if self._data is not None else None

    def found(self, data: bytes) -> bool:
        """Whether the text is found in a payload or a property. About 2 ms per MiB, during which other threads may run."""
        return self._data is not None and self._data.found(data)

    def topic_spans(self, text: str) -> list[Span]:
        """Where the text is found in a topic: (start, length) in characters, at most the first 50."""
        return self._topics.spans(text, MAX_SPANS) if self._marks else []

    def spans(self, text: str) -> list[Span]:
        """Where the text is found in the text of a payload: (start, length) in characters, at most the first 50."""
        return self._data.spans(text, MAX_SPANS) if self._marks and self._data is not None else []


def compile_pattern(query: Query) -> Pattern:
    """Makes the pattern of a query with a text.

    Raises:
        QueryError: The text cannot be searched for; `message` is the sentence under the bar.
    """
    text = query.text
    _check(text)
    if query.mode is QueryMode.FILTER:
        try:
            return Pattern(FilterFinder(text), None, marks=False)
        except TopicError as error:
            raise QueryError(error.title, error.message) from error
    if query.mode is QueryMode.REGEX:
        try:
            finder = Finder(text, case=query.case)
        except re2_error() as error:
            raise QueryError("Not a pattern", sentence_for(error, text)) from error
        return Pattern(finder, finder, marks=True)
    source, case = escape(text), query.case
    if not query.whole_level:
        # One for each: what is dense in topics may be rare in payloads.
        topics, data = (Finder(source, case=case, literal=Literal(text, case=case)) for _ in range(2))
        return Pattern(topics, data, marks=True)
    level = Literal(f"/{text}/", case=case, around=b"/")
    word = Literal(text, case=case, exact=False)
    return Pattern(
        Finder(f"(?:^|/)({source})(?:/|$)", case=case, groups=True, literal=level),
        Finder(f"(?:^|{_NOT_A_WORD})({source})(?:{_NOT_A_WORD}|$)", case=case, groups=True, literal=word),
        marks=True,
    )


def _check(text: str) -> None:
    if len(text) > MAX_CHARACTERS:
        raise QueryError(
            "Too long",
            f"The text is {len(text):,} characters long; at most {MAX_CHARACTERS:,} can be searched for.",
        )
    if "\0" in text:
        raise QueryError("Not a text", "The text holds a NUL character, which no topic has.")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise QueryError(
            "Not a text", f"Character {error.start + 1} is half a surrogate pair, which is not valid UTF-8."
        ) from error
