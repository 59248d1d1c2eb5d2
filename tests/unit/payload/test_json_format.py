# SPDX-License-Identifier: MIT
import contextlib
import json

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mqtt_explorer.payload.api import FIRST_PAGE, Context, DecodeError
from mqtt_explorer.payload.json_format import JsonDecoder, looks_like_json
from mqtt_explorer.payload.json_lenient import read_lenient
from mqtt_explorer.payload.progress import reporting
from mqtt_explorer.payload.registry import lines_of

JSON = JsonDecoder()


def decode(raw: bytes, *, cut: bool = False):
    return JSON.decode(raw, "", Context(cut=cut))


def shown(raw: bytes, *, cut: bool = False) -> str:
    lines = lines_of(decode(raw, cut=cut))
    return "\n".join(lines.text(number) for number in range(len(lines)))


@settings(max_examples=300)
@given(st.text('[]{}:,"\\ \n01.e-truefalsn\x01é', max_size=25))
@example("[1,]")
@example('"\\')
@example('"a\\"')
def test_strict_is_what_the_library_takes_and_the_rest_is_labelled(text):
    raw = text.encode()
    try:
        expected = msgspec.json.format(raw, indent=2).decode()
    except msgspec.DecodeError:
        with contextlib.suppress(DecodeError):
            document = decode(raw)
            assert document.label == "JSON, lenient"
            assert document.notes[0].startswith("Not strict JSON: ")
    else:
        document = decode(raw)
        assert (document.label, document.notes) == ("JSON", ())
        assert document.source is raw
        assert shown(raw) == expected


@settings(max_examples=300)
@given(st.text('[]{}:,"\\ \n01.e-truefalsn\x01é', max_size=25))
def test_the_strict_reader_agrees_with_the_library(text):
    try:
        msgspec.json.decode(text.encode(), type=msgspec.Raw)
    except msgspec.DecodeError:
        with pytest.raises(DecodeError):
            read_lenient(text, tolerant=False)
    else:
        assert read_lenient(text, tolerant=False) == (text, ())


@pytest.mark.parametrize(
    ("raw", "same_as", "fault"),
    [
        ("[1, 2,]", "[1,2]", "trailing commas (line 1, column 7)"),
        ('{"a": 1,\n}', '{"a":1}', "trailing commas (line 2, column 1)"),
        ("{'a': 'it\\'s \"x\"'}", '{"a":"it\'s \\"x\\""}', "single quotes (line 1, column 2 and 1 more)"),
        ("{a: 1, $b_2: 2}", '{"a":1,"$b_2":2}', "keys without quotes (line 1, column 2 and 1 more)"),
        ("[NaN, -Infinity]", "[NaN,-Infinity]", "NaN or Infinity (line 1, column 2 and 1 more)"),
        ("[True, None]", "[true,null]", "the word True (line 1, column 2)"),
        ("[0x1F, +1, .5, 1., 007]", "[0x1F,+1,.5,1.,007]", "numbers not written as JSON does"),
        ("[1 // one\n, /* two */ 2]", "[1,2]", "comments, which are left out (line 1, column 4 and 1 more)"),
        ('["a\tb"]', '["a\\u0009b"]', "control characters in a text (line 1, column 2)"),
        ('["\\x41"]', '["\\x41"]', "unknown escapes (line 1, column 2)"),
        ('{"a":1}\n{"a":2}\n', '[{"a":1},{"a":2}]', "2 values behind one another, shown as a list"),
        ("1 2 3", "[1,2,3]", "3 values behind one another, shown as a list"),
        ("\ufeff{}", "{}", "a byte order mark (line 1, column 1)"),
    ],
    ids=range(13),
)
def test_what_is_tolerated_is_read_and_named(raw, same_as, fault):
    made, faults = read_lenient(raw)
    assert made == same_as
    assert any(fault in each for each in faults)
    with pytest.raises(DecodeError):
        read_lenient(raw, tolerant=False)


def test_an_escaped_backslash_is_no_unknown_escape():
    for raw in (r'["a\\x",]', r"['a\\x']", r"""['\\', "\u00e9\n"]"""):
        assert not any("escape" in fault for fault in read_lenient(raw)[1])


@pytest.mark.parametrize(
    ("raw", "same_as"),
    [
        (r"""['\\"', '\'', '"']""", r"""["\\\"","'","\""]"""),
        (r"""['say \"hi\"']""", r"""["say \"hi\""]"""),
    ],
    ids=range(2),
)
def test_single_quotes_become_double_ones(raw, same_as):
    assert read_lenient(raw)[0] == same_as
    assert json.loads(same_as)


@pytest.mark.parametrize(
    ("raw", "same_as"),
    [
        ("{'a': 'bc", '{"a":"bc"'),
        ("{'a': tr", '{"a":tr'),
        ("['a\\", '["a\\\\"'),
        ('{"a":1}\n{"b":', '[{"a":1},{"b":'),
        ("[1, /* wh", "[1,"),
    ],
    ids=range(5),
)
def test_a_cut_payload_is_read_as_far_as_it_goes_and_nothing_is_made_up(raw, same_as):
    assert read_lenient(raw, cut=True)[0] == same_as
    with pytest.raises(DecodeError):
        read_lenient(raw)


def test_a_text_cut_in_an_escape_is_strict():
    for raw in ('{"a": "b\\', '{"a": "b\\u00'):
        assert read_lenient(raw, cut=True) == (raw, ())


def test_small_hostile_ones_are_read_at_once_and_large_ones_are_not():
    decoder = JsonDecoder()
    assert decoder.is_quick(b'{"a":1}' + b" " * 40_000, "", Context())
    for hostile in (b"[" * 40_000, b"1," * 20_000, b"/**/" * 10_000, b"[" + b"1," * 15_000 + b"1]"):
        assert not decoder.is_quick(hostile, "", Context())
    assert len(decoder.first_page(b"[" * 100_000, "", Context()).structure) < 10_000


def test_progress_goes_one_way():
    told = []
    with reporting(told.append):
        JsonDecoder().decode(b"[" + b"1," * 300_000 + b"'a']", "", Context())
    assert told == sorted(told)
    assert told[0] < 0.75 < told[-1] <= 1


@pytest.mark.parametrize(
    ("raw", "where"),
    [
        ("", "no value"),
        ("[1 /* ]", "comment that begins at line 1, column 4"),
        ("   ", "no value"),
        ("[1 2]", "“2” at line 1, column 4"),
        ("[,1]", "“,” at line 1, column 2"),
        ("[1,,2]", "“,” at line 1, column 4"),
        ("[,]", "“,” at line 1, column 2"),
        ('{"a"}', "“}” at line 1, column 5"),
        ('{"a":}', "“}” at line 1, column 6"),
        ("[1}", "“}” at line 1, column 3"),
        ("[1]]", "“]” at line 1, column 4"),
        ("[1", "ends before"),
        ('{"a": "x', "has no end"),
        ("[INFO] started", "“INFO” at line 1, column 2"),
        ("hello", "“hello” at line 1, column 1"),
        ("[1]\n: x", "“:” at line 2, column 1"),
        ('["a"\n"b"]', '“"b"” at line 2, column 1'),
    ],
    ids=range(17),
)
def test_what_is_no_json_says_where(raw, where):
    with pytest.raises(DecodeError) as caught:
        read_lenient(raw)
    assert where in caught.value.message


def test_half_a_character_is_json_by_its_grammar():
    assert decode(b'"\\ud800"').label == "JSON"


def test_deep_nesting_is_checked_too():
    assert decode(b"[" * 100_000 + b"]" * 100_000).label == "JSON"
    with pytest.raises(DecodeError):
        decode(b"[" * 100_000 + b"}" * 100_000)
    with pytest.raises(DecodeError):
        decode(b"[" * 100_000)


@given(st.integers(0, 60))
def test_a_cut_payload_is_read_as_far_as_it_goes(end):
    raw = '{"name": "Grüße", "list": [1, 2.50, true, {"a": null}], "x": "é"}'.encode()[:end]
    if not raw.strip():
        return
    document = decode(raw, cut=True)
    assert document.notes[0].startswith("Its end was not kept")
    lines = lines_of(document)
    assert lines.text(0) == "{"


def test_the_first_page_has_the_lines_of_the_whole():
    raw = json.dumps([{"id": number, "name": f"n{number}"} for number in range(5_000)]).encode()
    page = JSON.first_page(raw, "", Context())
    assert not page.complete
    part, whole = lines_of(page), lines_of(decode(raw))
    assert FIRST_PAGE / 20 < len(part) < len(whole)
    assert all(part.text(number) == whole.text(number) for number in range(len(part)))
    assert JSON.first_page(b"[nonsense" * 10_000, "", Context()) is None
    assert JSON.first_page(b"[" * 200_000, "", Context()) is not None


def test_the_menu_says_why_not():
    assert JSON.objection(b"hello", Context()) == "not JSON"
    assert JSON.objection(b"", Context()) == "nothing in it"
    assert JSON.objection(b'{"a": [1' + b",1" * 1_000, Context()) is None
    assert JSON.objection(b"\xff\xfe", Context()) == "not JSON"


def test_what_looks_like_json():
    assert looks_like_json(b" \n{")
    assert looks_like_json(b"\xef\xbb\xbf[")
    assert not looks_like_json(b"21.7")
