# SPDX-License-Identifier: MIT
"""Which remembered choice counts for a topic, and that they survive on disk beside the other marks."""

from __future__ import annotations

import json
import timeit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mqtt_explorer.profiles.decoder_choices import MAX_CHOICE, MAX_DECODERS, DecoderChoices
from mqtt_explorer.profiles.marks import Marks, TopicMarks
from mqtt_explorer.profiles.marks_file import MarksFile
from mqtt_explorer.protocol.topics import TopicError, TopicFilter


@pytest.mark.parametrize(
    ("filters", "counts"),
    [
        (["a/b/c", "a/+/c", "a/#"], "a/b/c"),
        (["a/#", "+/+/c", "a/+/c"], "a/+/c"),
        (["#", "a/#", "a/b/#"], "a/b/#"),
        (["a/b/#", "+/+/+"], "+/+/+"),
        (["+/b/#", "a/#"], "a/#"),
        (["a/+/c", "+/b/c", "a/b/+"], "+/b/c"),
        (["a/b/c/#"], "a/b/c/#"),
        (["a/b", "a/b/c/d", "+", "+/+"], None),
        ([], None),
    ],
    ids=["topic", "fewer plus", "deeper", "no hash", "plus before hash", "text", "parent", "none", "empty"],
)
def test_the_most_specific_filter_counts(filters, counts):
    for order in (filters, filters[::-1]):
        choices = DecoderChoices((text, f"to {text}") for text in order)
        assert choices.choice_for(b"a/b/c") == (None if counts is None else (counts, f"to {counts}"))


def test_a_leading_wildcard_takes_no_system_topic():
    choices = DecoderChoices([("#", "hex"), ("+/x", "text")])
    assert choices.choice_for(b"$SYS/x") is None
    assert choices.choice_for("ä/x".encode()) == ("+/x", "text")


def test_changes_are_told_once_and_count_at_once():
    choices = DecoderChoices()
    told = []
    choices.changed.connect(lambda: told.append(choices.items))
    assert choices.choice_for(b"a/b") is None
    assert choices.set("a/+", "hex")
    assert choices.choice_for(b"a/b") == ("a/+", "hex")
    assert choices.set("a/+", "hex")
    assert choices.set("a/+", "protobuf:/x.desc::p.M")
    assert choices.choice_for(b"a/b") == ("a/+", "protobuf:/x.desc::p.M")
    assert choices.set("a/+", None)
    assert choices.set("a/+", None)
    assert choices.choice_for(b"a/b") is None
    assert told == [(("a/+", "hex"),), (("a/+", "protobuf:/x.desc::p.M"),), ()]


@pytest.mark.parametrize("text", ["", "a/#/b", "a+", "x\0", "\ud800", "$share/g/a", "$share/"], ids=ascii)
def test_what_is_no_filter_is_refused(text):
    choices = DecoderChoices([(text, "hex"), ("a", "hex")])
    assert choices.items == (("a", "hex"),)
    with pytest.raises(TopicError):
        choices.set(text, "hex")
    assert choices.set(text, None)


def test_too_many_or_too_long_are_refused():
    choices = DecoderChoices((f"t/{n}", "hex") for n in range(MAX_DECODERS + 5))
    assert len(choices.items) == MAX_DECODERS
    assert not choices.set("one/more", "hex")
    assert choices.set("t/0", "text")
    assert not choices.set("t/0", "x" * (MAX_CHOICE + 1))
    assert not choices.set("t/0", "")
    assert choices.choice_for(b"t/0") == ("t/0", "text")


def test_asking_is_cheap():
    topics = [b"plant/line-%d/camera-2/frame" % n for n in range(100)]

    def cost(choices):
        def ask():
            for topic in topics:
                choices.choice_for(topic)

        ask()
        return min(timeit.repeat(ask, number=10, repeat=5)) / 1000

    assert cost(DecoderChoices()) < 2e-6
    assert cost(DecoderChoices((f"other/{n}/+/frame", "hex") for n in range(50))) < 20e-6


def test_the_answers_kept_are_bounded():
    choices = DecoderChoices([("a/#", "hex")])
    for n in range(10_000):
        choices.choice_for(b"a/%d" % n)
    assert len(choices._answers) <= 4_096


levels = st.lists(st.sampled_from(["a", "b", "+", ""]), min_size=1, max_size=4)


@settings(max_examples=150, deadline=None)
@given(
    filters=st.lists(st.tuples(levels, st.booleans()), max_size=6),
    topic=st.lists(st.sampled_from(["a", "b", ""]), min_size=1, max_size=4),
)
def test_a_choice_counts_exactly_when_a_filter_matches(filters, topic):
    texts = ["/".join([*parts, "#"] if branch else parts) for parts, branch in filters]
    choices = DecoderChoices((text, "hex") for text in texts if text)
    name = "/".join(topic) or "a"
    found = choices.choice_for(name.encode())
    matching = {text for text, _ in choices.items if TopicFilter(text).matches(name)}
    assert (found is None) == (not matching)
    assert found is None or found[0] in matching


# --- on disk, beside the other marks ---------------------------------------------------------------------------------

CHOSEN = Marks(("a",), (), (("plant/+/frame", "hex"), ("x", "protobuf:/s.desc::p.M")))


@pytest.fixture
def file(tmp_path):
    return MarksFile(tmp_path)


def write(file, brokers):
    file.path.write_text(json.dumps({"version": 1, "brokers": brokers}))


def on_disk(file):
    return json.loads(file.path.read_bytes())["brokers"]


def test_choices_come_back_from_disk(file):
    only = Marks(decoders=(("#", "auto"),))
    file.save({"1": CHOSEN, "2": only})
    assert MarksFile(file.path.parent).load() == {"1": CHOSEN, "2": only}
    assert on_disk(file)["1"]["decoders"] == {"plant/+/frame": "hex", "x": "protobuf:/s.desc::p.M"}
    marks = TopicMarks(CHOSEN)
    assert marks.decoders.choice_for(b"plant/7/frame") == ("plant/+/frame", "hex")
    assert marks.kept() == CHOSEN


def test_a_file_without_choices_is_as_it_was(file):
    write(file, {"k": {"favourites": ["a"], "muted": ["m"]}})
    marks = file.load()
    assert marks == {"k": Marks(("a",), ("m",))}
    assert file.problem is None
    file.save(marks)
    assert on_disk(file) == {"k": {"favourites": ["a"], "muted": ["m"]}}


def test_bad_choices_cost_only_themselves(file):
    write(
        file,
        {
            "k": {
                "favourites": ["a"],
                "decoders": {"good/#": "hex", "bad/#/x": "hex", "n": 7, "empty": "", "long": "x" * 9000},
            },
            "list": {"muted": ["m"], "decoders": ["a"]},
            "one": {"decoders": {"": "hex"}},
        },
    )
    assert file.load() == {"k": Marks(("a",), (), (("good/#", "hex"),)), "list": Marks((), ("m",))}
    assert "6 chosen decoders" in file.problem


def test_more_than_the_limit_is_cut_and_told(file):
    write(file, {"k": {"decoders": {f"t/{n}": "hex" for n in range(MAX_DECODERS + 1)}}})
    assert len(file.load()["k"].decoders) == MAX_DECODERS
    assert "1 chosen decoder" in file.problem


def test_what_another_program_chose_is_kept(file):
    file.save({"1": CHOSEN})
    other = MarksFile(file.path.parent)
    other.load()
    theirs = Marks(decoders=(("y", "text"),))
    other.save({"1": CHOSEN, "2": theirs})
    ours = Marks(("a",), (), (("x", "hex"),))
    assert file.save({"1": ours}) == {"1": ours, "2": theirs}
    assert MarksFile(file.path.parent).load() == {"1": ours, "2": theirs}


def test_unknown_keys_stay_beside_choices(file):
    write(file, {"k": {"decoders": {"a": "hex"}, "colour": "red"}})
    marks = file.load()
    marks["k"] = Marks()
    file.save(marks)
    assert on_disk(file) == {"k": {"favourites": [], "muted": [], "colour": "red"}}
