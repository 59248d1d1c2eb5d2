# SPDX-License-Identifier: MIT
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from paho.mqtt.client import topic_matches_sub

from mqtt_explorer.protocol.topics import TopicError, TopicFilter, TopicName, topic_problem, utf8_problem

# Few characters make matches likely; "$" and empty levels are where matchers go wrong.
LEVELS = st.sampled_from(["", "a", "b", "$SYS", "a$", "ä", " "])
TOPICS = st.lists(LEVELS, min_size=1, max_size=5).map("/".join).filter(bool)
FILTERS = st.builds(
    lambda levels, end: "/".join([*levels, *end]),
    st.lists(st.one_of(LEVELS, st.just("+")), max_size=4),
    st.sampled_from([[], ["#"], [""], ["+"]]),
).filter(bool)


@given(FILTERS, TOPICS)
@example("#", "$SYS")
@example("a/#", "a")
@example("+/+", "/")
@example("/+", "/")
def test_matches_as_paho_does(text, topic):
    expected = topic_matches_sub(text, topic)
    assert TopicFilter(text).matches(topic) is expected
    assert TopicFilter(text).matches(topic.encode()) is expected
    assert TopicFilter(f"$share/group/{text}").matches(topic) is expected


@given(TOPICS)
def test_every_topic_is_a_filter_for_itself_and_nothing_that_paho_says_it_is_not(topic):
    assert TopicFilter(topic).matches(topic)
    assert TopicName(topic).raw == topic.encode()


@pytest.mark.parametrize(
    ("text", "topic", "expected"),
    [
        # The examples of MQTT 5, 4.7.1 and 4.7.2.
        ("sport/tennis/player1/#", "sport/tennis/player1", True),
        ("sport/tennis/player1/#", "sport/tennis/player1/ranking", True),
        ("sport/tennis/player1/#", "sport/tennis/player1/score/wimbledon", True),
        ("sport/#", "sport", True),
        ("#", "anything/at/all", True),
        ("sport/tennis/+", "sport/tennis/player1", True),
        ("sport/tennis/+", "sport/tennis/player1/ranking", False),
        ("sport/+", "sport", False),
        ("sport/+", "sport/", True),
        ("+/+", "/finance", True),
        ("/+", "/finance", True),
        ("+", "/finance", False),
        ("#", "$SYS/broker", False),
        ("+/monitor/Clients", "$SYS/monitor/Clients", False),
        ("$SYS/#", "$SYS/broker/uptime", True),
        ("$SYS/#", "$SYS", True),
        ("$SYS/monitor/+", "$SYS/monitor/Clients", True),
        # A $ further back is an ordinary character.
        ("+/$x", "a/$x", True),
        ("a/+", "a/$x", True),
        ("a/", "a", False),
        ("a", "a/", False),
        ("a//b", "a/b", False),
        ("a/+/b", "a//b", True),
        ("A", "a", False),
        ("#", "/", True),
    ],
)
def test_matches_as_the_specification_says(text, topic, expected):
    assert TopicFilter(text).matches(topic) is expected


def test_a_shared_filter_matches_by_its_bare_filter():
    shared = TopicFilter("$share/workers/jobs/+/#")
    assert (shared.group, shared.bare, shared.levels) == ("workers", "jobs/+/#", ("jobs", "+", "#"))
    assert shared.raw == b"$share/workers/jobs/+/#"
    assert shared.matches("jobs/1")
    assert not shared.matches("$share/workers/jobs/1")
    assert TopicFilter("$share/g/#").matches("a/b")
    assert not TopicFilter("$share/g/#").matches("$SYS/a")
    assert TopicFilter("$share/g//a").bare == "/a"
    assert TopicFilter("$share/g/$SYS/#").matches("$SYS/a")


@pytest.mark.parametrize("text", ["$shared/a", "$SHARE/g/a", "a/$share/b", "$sharea"])
def test_what_only_resembles_a_shared_subscription_is_an_ordinary_filter(text):
    assert TopicFilter(text).group is None
    assert TopicFilter(text).bare == text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "Enter a filter"),
        ("$share", "group is missing"),
        ("$share/", "group is missing"),
        ("$share//a", "group is missing"),
        ("$share/g", "missing after $share/g/"),
        ("$share/g/", "missing after $share/g/"),
        ("$share/+/a", "wildcard"),
        ("$share/a#/a", "wildcard"),
        ("a#", "stand alone"),
        ("a/#b", "stand alone"),
        ("##", "stand alone"),
        ("a+/b", "stand alone"),
        ("++", "stand alone"),
        ("+#", "stand alone"),
        ("#/a", "last level"),
        ("a/#/", "last level"),
        ("$share/g/#/a", "last level"),
        ("a\0b", "NUL"),
        ("a\ud800", "surrogate"),
        ("\udc00", "surrogate"),
        ("ä" * 32_768, "65,536 bytes"),
    ],
)
def test_refuses_what_is_no_filter(text, words):
    with pytest.raises(TopicError) as caught:
        TopicFilter(text)
    assert words in caught.value.message
    assert caught.value.field == "filter"
    assert caught.value.message.endswith(".")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "Enter a topic"),
        ("a/+", "“+” is a wildcard"),
        ("a#", "“#” is a wildcard"),
        ("a\0", "NUL"),
        ("\ud83d", "surrogate"),
        ("x" * 65_536, "65,536 bytes"),
        ("ä" * 32_768, "65,536 bytes"),
    ],
)
def test_refuses_what_is_no_topic(text, words):
    with pytest.raises(TopicError) as caught:
        TopicName(text)
    assert words in caught.value.message
    assert caught.value.field == "topic"


def test_65535_bytes_are_allowed():
    assert len(TopicName("x" * 65_535).raw) == 65_535
    assert len(TopicName("ä" * 32_767 + "x").raw) == 65_535
    assert len(TopicFilter("x" * 65_533 + "/#").raw) == 65_535
    deep = "/" * 65_534 + "+"
    assert len(TopicFilter(deep).levels) == 65_535
    assert TopicFilter(deep).matches("/" * 65_534)


def test_empty_levels_count():
    assert TopicName("/a").levels == ("", "a")
    assert TopicName("a/").levels == ("a", "")
    assert TopicName("/").levels == ("", "")
    assert TopicName(" ").levels == (" ",)


def test_equal_texts_are_equal_values():
    assert TopicName("a") == TopicName("a")
    assert len({TopicFilter("a/#"), TopicFilter("a/#"), TopicFilter("b")}) == 2


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", "empty"),
        (b"a/\xff", "byte 2"),
        (b"\xed\xa0\x80", "UTF-8"),  # a surrogate written as UTF-8
        (b"\xc0\x80", "UTF-8"),  # an overlong NUL
        (b"a\x00", "NUL"),
        (b"a/+", "wildcard"),
        (b"#", "wildcard"),
    ],
)
def test_says_why_a_received_topic_is_none(raw, words):
    assert words in (topic_problem(raw) or "")


@given(st.binary(max_size=12))
def test_a_received_topic_without_a_problem_can_be_published_to(raw):
    if topic_problem(raw) is None:
        assert TopicName(raw.decode()).raw == raw
    else:
        with pytest.raises((TopicError, UnicodeDecodeError)):
            TopicName(raw.decode())


def test_utf8_problem():
    assert utf8_problem("") is None
    assert utf8_problem("x" * 65_535) is None
    assert utf8_problem("😀") is None
