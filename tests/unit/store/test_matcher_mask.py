# SPDX-License-Identifier: MIT
"""Messages decided together are those that are taken one by one."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mqtt_explorer.protocol.batch import RETAIN
from mqtt_explorer.store import matcher as matcher_module
from mqtt_explorer.store.matcher import BLOCK_BYTES, GIANT_BYTES, Matcher
from mqtt_explorer.store.query import Query, QueryError, QueryMode
from tests.unit.store.building import frame

UNIT = b"\x26\x00\x04unit\x00\x03bar"
WORDS = ("a", "A", "b", "ä", "ß", "ab", "/", "7", ".", "\n", "unit")

topics = st.lists(st.sampled_from(WORDS), min_size=1, max_size=5).map(lambda words: "".join(words).encode())
payloads = st.one_of(
    st.lists(st.sampled_from(WORDS), max_size=6).map(lambda words: "".join(words).encode()),
    st.binary(max_size=6),
    st.sampled_from([b"\0", b"a\0b", b"\xff", b"\xfea", b"a\nb", b"\xf8\xf9\xfa\xfb\xfc\xfd\xfe\xff"]),
)
frames = st.lists(
    st.tuples(st.sampled_from([0, RETAIN, 2, 3]), topics, st.sampled_from([b"", b"", UNIT, b"\x26\x00"]), payloads).map(
        lambda parts: (*parts, len(parts[3]))
    ),
    max_size=40,
)  # fmt: skip
texts = st.one_of(
    st.sampled_from(["", "a", "B", "ä", "ab", "7", "unit=bar", "^a", "b$", "^$", "a|b", ".", "#", "+/b", "a*", r"\Ab"]),
    st.lists(st.sampled_from(WORDS), max_size=2).map("".join),
)  # fmt: skip
queries = st.builds(
    Query,
    text=texts,
    mode=st.sampled_from(list(QueryMode)),
    case=st.booleans(),
    whole_level=st.booleans(),
    topic=st.booleans(),
    payload=st.booleans(),
    properties=st.booleans(),
    retained=st.booleans(),
    changed_since_ns=st.none() | st.integers(0, 6),
)


def places(mask):
    return [place for place, taken in enumerate(mask or b"") if taken]


def one_by_one(matcher, messages, times):
    return [place for place, each in enumerate(messages) if matcher.takes(each, times[place])]


@settings(deadline=None)
@given(query=queries, messages=frames, since=st.integers(0, 6))
@example(
    query=Query("a", changed_since_ns=3, retained=True), messages=[frame(b"a", flags=RETAIN)] * 6, since=0
)
def test_together_as_one_by_one(query, messages, since):
    try:
        matcher = Matcher(query)
    except QueryError:
        return
    times = [since + place % 3 for place in range(len(messages))]
    expected = one_by_one(matcher, messages, times)
    first = matcher.mask(messages, times)
    assert places(first) == expected
    assert first is None or len(first) == len(messages)
    # With answers remembered from the first time, and from other messages.
    assert places(matcher.mask(messages, times)) == expected
    assert places(matcher.mask(messages[::-1], times[::-1])) == places(bytes(first)[::-1] if first else None)


@pytest.mark.parametrize("text", ["x", "y", "zz", "^$", "^x"])
def test_blocks_and_giants_are_looked_through_too(text):
    giant, large = GIANT_BYTES + 1, BLOCK_BYTES // 3
    messages = [
        frame(b"a", payload)
        for payload in (
            b"x" * giant,
            b"",
            b"x" + b"y" * large,
            b"y" * large,
            b"zz" + b"y" * large,
            b"x",
            b"y" * giant,
            b"y" * giant + b"x",
            b"zz",
            b"",
            b"x" * large,
        )
    ]
    matcher = Matcher(Query(text, mode=QueryMode.REGEX, topic=False))
    times = [0] * len(messages)
    assert places(matcher.mask(messages, times)) == one_by_one(matcher, messages, times)


def test_answers_for_topics_are_remembered_and_few(monkeypatch):
    monkeypatch.setattr(matcher_module, "_TOPICS_KEPT", 10)
    matcher = Matcher(Query("7", payload=False))
    asked = []
    inner = matcher._pattern.topic_mask
    monkeypatch.setattr(matcher._pattern, "topic_mask", lambda topics: asked.extend(topics) or inner(topics))
    messages = [frame(b"t%d" % (number % 8)) for number in range(100)]
    assert places(matcher.mask(messages, [0] * 100)) == list(range(7, 100, 8))
    matcher.mask(messages[:2], [0] * 2)
    assert asked == [b"t%d" % number for number in range(8)], "each topic once"
    for number in range(0, 200, 5):
        more = [frame(b"u%d" % each) for each in range(number, number + 5)]
        assert places(matcher.mask(more, [0] * 5)) == one_by_one(matcher, more, [0] * 5)
        assert len(matcher._topics) <= 10
