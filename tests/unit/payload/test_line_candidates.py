# SPDX-License-Identifier: MIT
"""What is told by the source equals what looking into each line finds."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mqtt_explorer.payload import line_candidates
from mqtt_explorer.payload.json_index import JsonLines, build_index
from mqtt_explorer.payload.line_candidates import candidates, pattern_for
from mqtt_explorer.payload.text_lines import TextLines, find_lines

_TOKENS = [
    '"a"',
    '"ab: c"',
    '"K"',
    '"ſİı\u212a"',
    '"\\u00e4"',
    '"äÄ"',
    "1.50",
    "true",
    "null",
    "wordS",
    '"is,k"',
]
_BETWEEN = ["{", "}", "[", "]", ":", ",", " ", "\n", "\r\n", "\t", ": ", ", ", "{ }", "[\n]"]
PIECES = st.sampled_from([*_TOKENS, *_BETWEEN])
SOURCES = st.one_of(
    st.lists(PIECES, max_size=40).map(lambda parts: "".join(parts).encode()),
    st.binary(max_size=80),
    st.lists(st.one_of(PIECES.map(str.encode), st.binary(max_size=3)), max_size=20).map(b"".join),
)
NEEDLES = st.one_of(
    st.lists(PIECES, min_size=1, max_size=3).map("".join),
    st.text('abcikKsSİıſ\u212aäÄ:, {}[]"150.\ufffd', min_size=1, max_size=4),
)


def made(source: bytes, kind: str) -> TextLines | JsonLines:
    if kind == "text":
        return TextLines(source, find_lines(source))
    return JsonLines(source, build_index(source))


def told(lines: TextLines | JsonLines, needle: str, *, case: bool, first: int, stop: int) -> set[int]:
    pattern = pattern_for(needle, case=case)
    if pattern is None:
        return set(range(first, stop))
    seen, last = set(), first
    for number, possible in candidates(lines.source, lines.starts, pattern, first, stop):
        assert last <= number < stop
        last = number
        if possible:
            assert number not in seen
            seen.add(number)
    return seen


@pytest.mark.parametrize("kind", ["text", "json"])
@given(source=SOURCES, needle=NEEDLES, case=st.booleans(), step=st.integers(1, 7), data=st.data())
@example(source=b'{"a":1,"b":[2,3]}', needle='"b": [', case=True, step=1, data=None)
@settings(max_examples=200, deadline=None)
def test_no_line_with_a_hit_is_left_out(kind, source, needle, case, step, data):
    lines = made(source, kind)
    first = data.draw(st.integers(0, len(lines))) if data is not None else 0
    stop = data.draw(st.integers(first, len(lines))) if data is not None else len(lines)
    look = re.compile(re.escape(needle), 0 if case else re.IGNORECASE)
    hits = {number for number in range(first, stop) if look.search(lines.text(number))}
    before, line_candidates._STEP = line_candidates._STEP, step
    try:
        assert hits <= told(lines, needle, case=case, first=first, stop=stop)
    finally:
        line_candidates._STEP = before


def test_only_lines_with_the_text_are_told():
    lines = made(b'{"alpha":1,"beta":[2,"Alpha"],"x":3}', "json")
    texts = [lines.text(each) for each in sorted(told(lines, "alpha", case=False, first=0, stop=len(lines)))]
    assert texts == ['  "alpha": 1,', '    "Alpha"']
    assert told(lines, "alpha", case=True, first=0, stop=len(lines)) == {1}


def test_what_the_source_cannot_tell():
    for needle in ("", ": ", "[", " ", "\ufffd", "\ud800"):
        assert pattern_for(needle, case=True) is None
        assert pattern_for(needle, case=False) is None


def test_the_letters_that_are_like_an_ascii_letter():
    every = "".join(chr(each) for each in range(0x80, 0x110000) if not 0xD800 <= each < 0xE000)
    for char in map(chr, range(0x21, 0x7F)):
        like = "".join(re.findall(re.escape(char), every, re.IGNORECASE))
        assert like == line_candidates._LIKE.get(char.lower(), "")
