# SPDX-License-Identifier: MIT
from __future__ import annotations

import base64
import csv
import io
import time

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mqtt_explorer.export.csv_text import COLUMNS, CsvText
from mqtt_explorer.export.formulas import holds_formula
from mqtt_explorer.export.ndjson import Ndjson
from mqtt_explorer.export.pieces import PIECE
from mqtt_explorer.export.rows import iso_time
from mqtt_explorer.protocol.message import Message

WALL_NS = 1_795_183_331_482_000_123

USER = b"\x26\x00\x01k\x00\x02v1"
USER_AGAIN = b"\x26\x00\x01k\x00\x02v0"
CORRELATION = b"\x09\x00\x03\xff\x00\x01"
CONTENT_TYPE = b"\x03\x00\x04json"
EXPIRY = b"\x02\x00\x00\x00\x3c"


@pytest.fixture(autouse=True, scope="module")
def _large_cells():
    before = csv.field_size_limit(1 << 26)
    yield
    csv.field_size_limit(before)


def message(payload=b"1", topic=b"a/b", flags=0, properties=b"", size=None, seq=7):
    frame = (flags, topic, properties, payload, len(payload) if size is None else size)
    return Message(seq, WALL_NS, 5, frame)


def ndjson(*messages):
    encoder = Ndjson()
    data = encoder.head + b"".join(encoder.encode(messages))
    return msgspec.json.Decoder().decode_lines(data)


def records(*messages):
    encoder = CsvText()
    data = encoder.head + b"".join(encoder.encode(messages))
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def payload_of(record):
    """What the documentation of the format says."""
    return bytes_of(record["payload"], record["encoding"].split(" / ")[0])


def bytes_of(text, how):
    encoding, _, prefixed = how.partition(" after ")
    if prefixed:
        assert text[0] == "'"
        text = text[1:]
    return text.encode() if encoding == "text" else base64.b64decode(text, validate=True)


def test_time_has_nanoseconds_and_its_zone():
    assert iso_time(WALL_NS) == "2026-11-20T14:02:11.482000123Z"
    assert iso_time(1_000_000_000) == "1970-01-01T00:00:01.000000000Z"


def test_a_line_of_ndjson():
    (line,) = ndjson(message(b"21.7 \xc2\xb0C", flags=0b1011))
    assert line == {
        "seq": 7,
        "time": "2026-11-20T14:02:11.482000123Z",
        "topic": "a/b",
        "qos": 1,
        "retain": True,
        "dup": True,
        "size": 8,
        "payload": "21.7 °C",
    }


def test_an_empty_payload_is_there_and_empty():
    (line,) = ndjson(message(b""))
    assert line["payload"] == ""
    assert line["retain"] is False


def test_what_was_kept_of_a_large_payload():
    (line,) = ndjson(message(b"abc\xc3", size=10))
    assert (line["truncated"], line["size"], line["kept"]) == (True, 10, 4)
    assert base64.b64decode(line["payload_base64"]) == b"abc\xc3"
    assert "payload" not in line


def test_properties_stay_in_their_order():
    raw = CONTENT_TYPE + USER + EXPIRY + USER_AGAIN + CORRELATION
    (line,) = ndjson(message(properties=raw))
    assert line["properties"] == [
        {"name": "content_type", "value": "json"},
        {"name": "user_property", "key": "k", "value": "v1"},
        {"name": "message_expiry_interval", "value": 60},
        {"name": "user_property", "key": "k", "value": "v0"},
        {"name": "correlation_data", "value_base64": base64.b64encode(b"\xff\x00\x01").decode()},
    ]


def test_malformed_properties_are_kept_raw():
    (line,) = ndjson(message(properties=b"\x7fxyz"))
    assert line["properties"] == [{"name": "malformed", "value_base64": "f3h5eg=="}]


@given(st.lists(st.one_of(st.binary(max_size=40), st.text(max_size=40).map(str.encode)), max_size=5))
def test_every_byte_comes_back_from_ndjson(payloads):
    lines = ndjson(*(message(payload) for payload in payloads))
    back = [
        line["payload"].encode() if "payload" in line else base64.b64decode(line["payload_base64"])
        for line in lines
    ]
    assert back == payloads


@given(st.lists(st.one_of(st.binary(max_size=40), st.text(max_size=40).map(str.encode)), max_size=5))
def test_every_byte_comes_back_from_csv(payloads):
    assert [payload_of(each) for each in records(*(message(payload) for payload in payloads))] == payloads


def test_a_record_of_csv():
    (record,) = records(message(b"21.7", flags=0b1011, properties=USER, size=9))
    assert tuple(record) == COLUMNS
    assert record["time"] == "2026-11-20T14:02:11.482000123Z"
    assert (record["qos"], record["retain"], record["dup"]) == ("1", "1", "1")
    assert (record["size"], record["kept"], record["encoding"]) == ("9", "4", "text")
    assert msgspec.json.decode(record["properties"]) == [{"name": "user_property", "key": "k", "value": "v1"}]


def test_csv_is_rfc_4180():
    encoder = CsvText()
    data = encoder.head + b"".join(encoder.encode([message(b'a "b",\nc')]))
    head, line, *rest = data.split(b"\r\n")
    assert head.decode("utf-8-sig") == ",".join(COLUMNS)
    assert head.startswith(b"\xef\xbb\xbf")  # or Excel reads another character set
    assert line.endswith(b'text,"a ""b"",\nc",')
    assert rest == [b""]


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "=cmd|' /C calc'!A0",
        "+A1",
        "-A1",
        "@SUM(1)",
        "\tx",
        "\rx",
        "\nx",
        "--1",
        "+",
        "-",
        "=-5",
        "-5+A1",
    ],
    ids=str,
)
def test_what_a_spreadsheet_would_run_gets_an_apostrophe(text):
    topic = text.encode()
    (record,) = records(message(text.encode(), topic=topic))
    assert record["payload"] == f"'{text}"
    assert record["encoding"] == "text after ' / topic text after '"
    assert record["topic"] == f"'{topic.decode()}"
    assert payload_of(record) == text.encode()


@pytest.mark.parametrize(
    "text", ["-5", "+3.2", "-1e9", "-.5", "5", "'quoted", "a=1", " =1", "", "-5.", "+1E-3"], ids=str
)
def test_plain_numbers_and_texts_stay(text):
    (record,) = records(message(text.encode()))
    assert (record["payload"], record["encoding"]) == (text, "text")


@pytest.mark.parametrize("text", ["-5\n", "-\u0665", "-5 ", "-0x1F", "-1_0"])
def test_only_plain_numbers_are_numbers(text):
    (record,) = records(message(text.encode()))
    assert record["payload"] == f"'{text}"


def test_base64_that_begins_like_a_formula_is_no_formula():
    payload = b"\xfb\xff"
    assert base64.b64encode(payload).startswith(b"+")
    (record,) = records(message(payload))
    assert (record["payload"], record["encoding"]) == ("'+/8=", "base64 after '")
    assert payload_of(record) == payload


@pytest.mark.parametrize(
    "text",
    [
        "x;=1+1;y",
        "x\t=1+1",
        "x\n@SUM(1)",
        "x\r\n+A1",
        "x; \"'-A1",
        "x;-5+A1",
        "1;-5x;2",
        ";" + " " * 300 + "=1",
        "\t=1",
        "x" * (PIECE - 2) + ";=1",
        "x" * (PIECE - 1) + ";   =1",
        "x" * (PIECE * 2 - 1) + ";-12345+A1",
    ],
    ids=range(12),
)
def test_a_formula_behind_another_separator_becomes_base64(text):
    (record,) = records(message(text.encode(), topic=text[:50].encode() if len(text) < 50 else b"a"))
    assert record["encoding"].startswith("base64")
    assert payload_of(record) == text.encode()
    if len(text) < 50:
        assert record["encoding"].endswith(" / topic base64")
        assert bytes_of(record["topic"], "base64") == text.encode()


@pytest.mark.parametrize(
    "text",
    ["1;-2;+3.5", "a;b\tc\nd", "[\n  -5,\n  3\n]", "a; b=1", "x" * (PIECE - 1) + ";-12345"],
    ids=range(5),
)
def test_numbers_and_texts_behind_separators_stay(text):
    (record,) = records(message(text.encode()))
    assert (record["payload"], record["encoding"]) == (text, "text")


def test_a_formula_in_a_property_becomes_base64():
    (record,) = records(message(properties=b"\x26\x00\x01k\x00\x05a;=1+"))
    assert record["encoding"] == "text / properties base64"
    assert msgspec.json.decode(bytes_of(record["properties"], "base64")) == [
        {"name": "user_property", "key": "k", "value": "a;=1+"}
    ]


def test_many_separators_take_no_time():
    begun = time.perf_counter()
    for text in (b"\t", b";", b"; ", b'"', b";" + b" " * 256, b";" + b'"' * 100, b";-1"):
        holds_formula(text * (2_000_000 // len(text)))
    assert time.perf_counter() - begun < 5


LARGE = [
    b'say "x", y\r\n' * 20_000,
    '\u00b0\u20ac\U0001f600"\\'.encode() * 20_000,
    b"x" + "\u20ac".encode() * 70_000,
    bytes(range(256)) * 1_000,
    b"\xfb" * (PIECE + 1),
    b"a" * PIECE + b"\xe2\x82",
    b"=1+1" * PIECE,
    b"\0\x1f\x7f\n" * PIECE,
]


@pytest.mark.parametrize("payload", LARGE, ids=range(len(LARGE)))
@pytest.mark.parametrize("kept", [True, False], ids=["whole", "cut"])
def test_large_payloads_come_back_too_in_small_pieces(payload, kept):
    asked = message(payload, properties=USER, size=None if kept else 1 << 25, topic=b'"payload":"","x')
    for encoder in (CsvText(), Ndjson()):
        assert max(map(len, encoder.encode([asked]))) <= 6 * PIECE
    first, record, last = records(message(), asked, message())
    assert payload_of(record) == payload
    assert record["kept"] == str(len(payload))
    assert msgspec.json.decode(record["properties"])[0]["key"] == "k"
    assert first == last
    _, line, _ = ndjson(message(), asked, message())
    back = line["payload"].encode() if "payload" in line else base64.b64decode(line["payload_base64"])
    assert back == payload
    assert ("payload" in line) == ("text" in record["encoding"].split(" / ")[0])
    assert line.get("truncated", False) is not kept
    assert (line["topic"], line["properties"][0]["key"]) == ('"payload":"","x', "k")
