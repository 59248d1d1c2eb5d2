# SPDX-License-Identifier: MIT
from __future__ import annotations

import pytest
import re2
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mqtt_explorer.protocol.topics import TopicError, TopicFilter
from mqtt_explorer.store.pattern import MAX_SPANS, compile_pattern
from mqtt_explorer.store.query import MAX_CHARACTERS, Query, QueryError, QueryMode
from mqtt_explorer.store.search_finder import Finder
from mqtt_explorer.store.topic_tree import Node

LETTERS = "ab/AB$ä\nÄ 1K"


def nodes(*topics):
    return [Node(topic if isinstance(topic, bytes) else topic.encode(), None, 0, None) for topic in topics]


def topics(query, *names):
    return [node.topic.decode() for node in compile_pattern(query).topics(nodes(*names))]


def quiet(**values):
    options = re2.Options()
    options.log_errors = False
    for name, value in values.items():
        setattr(options, name, value)
    return options


# --- a block says what each text alone would say ---

_ATOMS = st.sampled_from(
    [
        *"abAB/$1ä",
        ".",
        "^",
        "$",
        r"\A",
        r"\z",
        r"\C",
        r"\n",
        r"\s",
        r"\S",
        r"\b",
        r"\B",
        r"\W",
        r"\w",
        r"\d",
        r"\$",
        r"\^",
        r"\[",
        r"\\",
        "[^/]",
        "[^a]",
        "[ab]",
        "[$^]",
        r"[\s]",
        "(?s:.)",
        "(?i:a)",
        "(?-m:^)",
        "(?m:$)",
        "(?-m:$)",
        "(?-s:.)",
        r"\Q^\E",
        r"\x0a",
        r"\pL",
        r"\PL",
    ]
)


def _grow(inner):
    return st.one_of(
        st.lists(inner, min_size=1, max_size=4).map("".join),
        st.tuples(inner, inner).map("|".join),
        inner.map("({})".format),
        inner.map("(?:{})*".format),
        inner.map("(?:{})+?".format),
        inner.map("(?:{})?".format),
        inner.map("(?s){}".format),
        inner.map("(?m){}".format),
        inner.map("(?i){}".format),
        inner.map("(?U){}".format),
    )


PATTERNS = st.recursive(_ATOMS, _grow, max_leaves=8)
TEXTS = st.lists(st.text(LETTERS, max_size=8).map(str.encode), max_size=12)
BYTES = st.lists(
    st.binary(max_size=6) | st.sampled_from([b"a\xff", b"\xffb", b"\xfe", b"a\nb", b"\n", b"\xff\xfe\xfd"]),
    max_size=12,
)


def expected(source, texts, *, case):
    alone = re2.compile(source.encode(), quiet(case_sensitive=case))
    return [alone.search(text) is not None for text in texts]


@settings(max_examples=600, deadline=None)
@given(PATTERNS, TEXTS, st.booleans())
@example("a$", [b"a", b"b", b"ba", b"ab", b""], True)
@example("^$", [b"", b"b", b"", b"a", b"a"], True)
@example(r"a\s", [b"a", b"a", b"a ", b"b", b"a\n"], True)
@example("x*", [b"", b"", b"", b"", b""], True)
@example(r"\Qa", [b"a", b"b", b"a", b"b"], True)
def test_a_block_of_valid_texts_is_what_each_text_is(source, texts, case):
    try:
        want = expected(source, texts, case=case)
    except re2.error:
        return
    got = Finder(source, case=case).mask(texts, utf8=True)
    assert list(got or bytes(len(texts))) == want
    assert (got is None) == (not any(want))


@settings(max_examples=400, deadline=None)
@given(PATTERNS, BYTES, st.booleans())
def test_a_block_of_any_bytes_is_what_each_of_them_is(source, texts, case):
    try:
        want = expected(source, texts, case=case)
    except re2.error:
        return
    assert list(Finder(source, case=case).mask(texts) or bytes(len(texts))) == want


@pytest.mark.parametrize("share", [1, 2, 50, 100])
@pytest.mark.parametrize("source", ["x", "x$", "^[^/]*/x", r"/\bx"])
def test_many_texts_with_few_and_many_hits(source, share):
    texts = [b"site/%s%d/x%s" % (b"q" * (n % 7), n, b"" if n % 100 < share else b"/y") for n in range(1000)]
    texts += [text.replace(b"x", b"z") for text in texts[:300]] + [b"x", b"a/x"]
    assert list(Finder(source, case=True).mask(texts, utf8=True)) == expected(source, texts, case=True)


# --- text ---


def test_a_part_of_a_topic_in_any_case():
    names = ("home/Kitchen/temp", "home/bath", "KITCHEN", "äther")
    assert topics(Query("kitchen"), *names) == ["home/Kitchen/temp", "KITCHEN"]
    assert topics(Query("Kitchen", case=True), *names) == ["home/Kitchen/temp"]
    assert topics(Query("n/t"), *names) == ["home/Kitchen/temp"]
    assert topics(Query("ÄTH"), *names) == ["äther"]
    assert topics(Query("ÄTH", case=True), *names) == []


@settings(max_examples=300, deadline=None)
@given(st.text(LETTERS, min_size=1, max_size=3), TEXTS)
def test_a_text_with_case_is_found_as_bytes_are(text, names):
    found = compile_pattern(Query(text, case=True)).topics(nodes(*names))
    assert [node.topic for node in found] == [name for name in names if text.encode() in name]


@settings(max_examples=300, deadline=None)
@given(st.text(LETTERS, min_size=1, max_size=3), TEXTS)
def test_a_whole_level_is_one_between_slashes(text, names):
    found = compile_pattern(Query(text, case=True, whole_level=True)).topics(nodes(*names))
    padded = f"/{text}/".encode()
    assert [node.topic for node in found] == [name for name in names if padded in b"/" + name + b"/"]


@pytest.mark.parametrize(
    ("data", "hit"),
    [
        ("on", True),
        ("state: on.", True),
        ("station", False),
        ("on1", False),
        ("on_", False),
        ("äon", False),
        ("a\non\nb", True),
        ("onon on", True),
        ("", False),
    ],
    ids=lambda value: repr(value),
)
def test_in_payloads_a_whole_level_is_a_whole_word(data, hit):
    pattern = compile_pattern(Query("on", whole_level=True))
    assert pattern.found(data.encode()) is hit
    assert list(pattern.data_mask([data.encode()] * 5) or bytes(5)) == [hit] * 5


@settings(max_examples=400, deadline=None)
@given(
    st.text("ab/AÄäkK\u212a ", min_size=1, max_size=2),
    st.lists(TEXTS, max_size=3),
    BYTES,
    st.booleans(),
    st.booleans(),
)
def test_texts_in_blocks_are_what_each_text_is(text, lists, data, case, whole_level):
    pattern = compile_pattern(Query(text, case=case, whole_level=whole_level))
    for names in lists:
        assert list(pattern.topic_mask(names) or bytes(len(names))) == list(map(pattern.in_topic, names))
        assert list(pattern.data_mask(names) or bytes(len(names))) == list(map(pattern.found, names))
    data = [*data, b"a\0b", b"\0", b"ab"]
    assert list(pattern.data_mask(data) or bytes(len(data))) == list(map(pattern.found, data))


def test_special_characters_of_patterns_are_text():
    assert topics(Query("a.c*"), "a.c*/x", "abc") == ["a.c*/x"]
    assert topics(Query("\\Q"), "a\\Qb", "aQb") == ["a\\Qb"]


# --- filters ---

LEVELS = st.lists(st.sampled_from(["", "a", "b", "$SYS", "+", "#", "a\nb", "ä"]), min_size=1, max_size=4).map(
    "/".join
)


@settings(max_examples=500, deadline=None)
@given(LEVELS, TEXTS, st.booleans())
def test_a_filter_takes_what_mqtt_says(text, names, shared):
    text = f"$share/group/{text}" if shared else text
    names = [*names, b"$SYS/a", b"a", b"a/b", b"/a", b"a/", b"a/a\nb", b"$SYS"]
    query = Query(text, mode=QueryMode.FILTER)
    try:
        wanted = TopicFilter(text)
    except TopicError as error:
        sentence = error.message
    else:
        sentence = ""
    if sentence:
        with pytest.raises(QueryError) as caught:
            compile_pattern(query)
        assert caught.value.message == sentence
        return
    pattern = compile_pattern(query)
    found = [node.topic for node in pattern.topics(nodes(*names))]
    assert found == [name for name in names if wanted.matches(name)]
    assert [pattern.in_topic(name) for name in names] == [wanted.matches(name) for name in names]
    assert not pattern.found(b"a")
    assert pattern.topic_spans("a/b") == []


# --- marks ---


@pytest.mark.parametrize(
    ("query", "text", "spans"),
    [
        (Query("b"), "abAB", [(1, 1), (3, 1)]),
        (Query("ä"), "xÄxä€ä", [(1, 1), (3, 1), (5, 1)]),
        (Query("a", whole_level=True), "a/a/ab/a", [(0, 1), (2, 1), (7, 1)]),
        (Query("a*", mode=QueryMode.REGEX), "baab€a", [(1, 2), (5, 1)]),
        (Query("^a", mode=QueryMode.REGEX), "aa", [(0, 1)]),
        (Query("€", mode=QueryMode.REGEX), "€€", [(0, 1), (1, 1)]),
        (Query("b"), "\ud800b", []),
        (Query("b"), "", []),
    ],
    ids=range(8),
)
def test_what_is_marked(query, text, spans):
    assert compile_pattern(query).topic_spans(text) == spans


def test_words_of_a_payload_are_marked_without_what_stands_around_them():
    assert compile_pattern(Query("on", whole_level=True)).spans("on, on on2 On") == [(0, 2), (4, 2), (11, 2)]


def test_marks_are_bounded():
    assert len(compile_pattern(Query("a")).spans("a" * 1000)) == MAX_SPANS


# --- what cannot be searched for ---


@pytest.mark.parametrize(
    ("pattern", "part"),
    [
        ("a(b", "A bracket is not closed: “(” (character 2)."),
        (r"\((a", "A bracket is not closed: “(” (character 3)."),
        ("a)b", "A bracket is closed that was not opened: “)” (character 2)."),
        ("ab[c", "A bracket is not closed: “[” (character 3)."),
        (
            "a(?=b)",
            "Looking ahead and behind is not possible: the engine takes linear time. “(?=” (character 2).",
        ),
        ("(?<!b)a", "Looking ahead and behind is not possible"),
        (r"(a)\1", r"Back references are not possible: the engine takes linear time. “\1” (character 4)."),
        ("(?P<n>a)(?P=n)", "Back references are not possible"),
        ("a**", "“**” repeats a repetition (character 2)."),
        ("*a", "Nothing stands before “*”"),
        ("a{2,1}", "“{2,1}” repeats too often"),
        ("a{1001}", "“{1001}” repeats too often"),
        ("[z-a]", "“z-a” is no range"),
        (r"\p{Foo}", "is no range and no class of characters"),
        (r"\y", r"“\y” is not known (character 1)."),
        (r"a\Z", "the end of a text is “$”"),
        (r"\x{110000}", "is no character"),
        ("a\\", "ends with a lone backslash"),
        ("(?P<n", "name of a group"),
        ("(?z)", "begins no group that is known"),
    ],
    ids=range(20),
)
def test_a_broken_pattern_is_explained(pattern, part, capfd):
    with pytest.raises(QueryError) as caught:
        compile_pattern(Query(pattern, mode=QueryMode.REGEX))
    assert part in caught.value.message
    assert caught.value.message.endswith(".")
    assert capfd.readouterr() == ("", "")


@settings(max_examples=300, deadline=None)
@given(st.text(r"ab()[]{}*+?|\^$.,1<>:=!PQpx", max_size=12))
def test_every_pattern_works_or_is_explained(text):
    sentence = "."
    try:
        compile_pattern(Query(text or "a", mode=QueryMode.REGEX)).found(b"aab")
    except QueryError as error:
        sentence = error.message
    assert sentence.endswith(".")


@pytest.mark.parametrize("mode", QueryMode)
def test_texts_nobody_can_look_for(mode):
    for text in ("a" * (MAX_CHARACTERS + 1), "a\0", "a\ud800"):
        with pytest.raises(QueryError) as caught:
            compile_pattern(Query(text, mode=mode))
        assert caught.value.message.endswith(".")
    compile_pattern(Query("ä" * MAX_CHARACTERS, mode=mode))


def test_a_hostile_pattern_takes_linear_time():
    pattern = compile_pattern(Query("(a+)+$", mode=QueryMode.REGEX))
    assert not pattern.found(b"a" * 100_000 + b"!")


def test_a_boundary_inside_a_word_is_decided_text_by_text():
    texts = ["bäb".encode(), b"b", b"A", b"aA\n", b"", b"abbb"]
    finder = Finder(r"\B", case=False)
    assert list(finder.mask(texts, utf8=True)) == [finder.found(text) for text in texts]


@pytest.mark.parametrize("text", [r"\pL{300}", r"\pL{100}", r"[\pL\pN]{0,200}", r"\pL" * 100], ids=range(4))
def test_a_pattern_that_takes_long_to_make_is_refused(text):
    with pytest.raises(QueryError, match=r"The pattern is too large\."):
        compile_pattern(Query(text, mode=QueryMode.REGEX))


@pytest.mark.parametrize(
    "text",
    [
        r"\w{1000}",
        ".{1000}",
        r"\pL{10}/\pL{10}/\d{1,5}",
        r"(?:[0-9a-f]{2}:){5}[0-9a-f]{2}",
        r"\pL+ \pL+",
        "abc" * 300,
    ],
    ids=range(6),
)
def test_ordinary_patterns_are_small_enough(text):
    assert compile_pattern(Query(text, mode=QueryMode.REGEX)).reads_data


def test_a_long_text_is_no_large_pattern():
    assert topics(Query("ä" * 400), "x/" + "Ä" * 401) == ["x/" + "Ä" * 401]


def test_runs_are_made_when_there_is_a_first_hit():
    finder = Finder(r"a\d", case=False)
    finder.mask([b"b"] * 10)
    assert finder._runs_made is None
    assert list(finder.mask([b"b", b"a1", b"a2", b"c"])) == [0, 1, 1, 0]
    assert finder._runs_made is not None
