# SPDX-License-Identifier: MIT
from __future__ import annotations

import csv
import gzip
import os

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mqtt_explorer.export.snapshot_file import (
    FORMAT,
    LONGEST_LINE,
    Header,
    SnapshotFileError,
    SnapshotReader,
    SnapshotWriter,
    iso,
    time_ns,
)
from mqtt_explorer.export.snapshot_report import COLUMNS, ReportRow, ReportWriter
from mqtt_explorer.payload.kept import CUT, EVICTED, HEAD, KEPT_WHOLE, PART, RETAINED, Entry

NOW = 1_795_183_331_482_000_001


def header(topics, **kwargs):
    return Header(
        format=FORMAT, version=1, broker="Plant", begun=iso(NOW), ended=iso(NOW + 5), topics=topics, **kwargs
    )


def write(path, entries, **kwargs):
    writer = SnapshotWriter(str(path), header(len(entries), **kwargs))
    writer.open()
    writer.write_entries(entries[:2])
    writer.write_entries(entries[2:])
    assert writer.finish()
    assert writer.bytes_written == os.path.getsize(path)


def read(path):
    reader = SnapshotReader(str(path))
    try:
        found = reader.open()
        entries = []
        while more := reader.read(3):
            entries += more
        return found, entries
    finally:
        reader.close()


STRANGE = '\u202e\x00\x1b[31m"\\\n=1+1'.encode()
ENTRIES = [
    Entry(b"a", b"21.5", 4, 0x02, 12, NOW),
    Entry("ä/ /🌡".encode(), b"", 0, 0x01, 1, NOW + 1),
    Entry(b"/", b"\xff\x00\xfe", 3, 0x01 | RETAINED, 2**40, NOW),
    Entry(b"text", STRANGE, len(STRANGE), RETAINED, 3, NOW),
    Entry(b"giant", b"\xff" * HEAD, 2**28, CUT | 0x05, 3, NOW, b"d" * 16),
    Entry(b"giant in part", b"h" * HEAD, 2**28, CUT | PART, 3, NOW, b"e" * 16),
    Entry(b"evicted", b"", 500, EVICTED | RETAINED, 3, NOW),
    Entry(b"x" * 65_535, b"\x01" * KEPT_WHOLE, KEPT_WHOLE, 0x0F & ~0x06, 3, 0),
]


@pytest.mark.parametrize("name", ["a.snapshot.ndjson", "a.snapshot.ndjson.gz"])
def test_every_byte_comes_back(tmp_path, name):
    path = tmp_path / name
    write(path, ENTRIES, scope="plant/l1", session="abc", dropped=7, address="mqtt://plant:1883")
    found, entries = read(path)
    assert entries == ENTRIES
    assert (found.broker, found.scope, found.session, found.dropped) == ("Plant", "plant/l1", "abc", 7)
    assert (found.begun_ns, found.ended_ns) == (NOW, NOW + 5)
    assert (path.read_bytes()[:2] == b"\x1f\x8b") is name.endswith(".gz")
    assert os.listdir(tmp_path) == [name]


def test_it_is_plain_ndjson(tmp_path):
    path = tmp_path / "a.snapshot.ndjson"
    write(path, ENTRIES[:1])
    first, second = path.read_text().splitlines()
    assert msgspec.json.decode(first) == {
        "format": FORMAT,
        "version": 1,
        "broker": "Plant",
        "begun": "2026-11-20T14:02:11.482000001Z",
        "ended": "2026-11-20T14:02:11.482000006Z",
        "topics": 1,
    }
    assert msgspec.json.decode(second) == {
        "topic": "a",
        "time": "2026-11-20T14:02:11.482000001Z",
        "messages": 12,
        "flags": 2,
        "retained": False,
        "qos": 1,
        "size": 4,
        "payload": "21.5",
    }


def test_nothing_is_a_snapshot_too(tmp_path):
    write(tmp_path / "a", [])
    assert read(tmp_path / "a")[1] == []


def test_a_packed_file_is_known_by_its_beginning(tmp_path):
    write(tmp_path / "a.gz", ENTRIES)
    (tmp_path / "a.gz").rename(tmp_path / "a.txt")
    assert read(tmp_path / "a.txt")[1] == ENTRIES


def test_abort_leaves_nothing(tmp_path):
    writer = SnapshotWriter(str(tmp_path / "a.gz"), header(1))
    writer.open()
    writer.write_entries(ENTRIES[:1])
    writer.abort()
    assert not writer.finish()
    assert os.listdir(tmp_path) == []


def lines(*more, topics=None):
    first = msgspec.json.encode(header(len(more) if topics is None else topics))
    return b"\n".join([first, *more, b""])


GOOD: dict[str, object] = {
    "topic": "a",
    "time": iso(NOW),
    "messages": 1,
    "flags": 0,
    "retained": False,
    "qos": 0,
    "size": 1,
    "payload": "1",
}


def line(**changes):
    made = {**GOOD, **changes}
    return msgspec.json.encode({key: value for key, value in made.items() if value is not ...})


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "no snapshot"),
        (b"\xff\xd8\xff", "no snapshot"),
        (b"{}", "no snapshot"),
        (b'{"format":"other","version":1}', "no snapshot"),
        (b"[" * 100_000, "no snapshot"),
        (b'{"format":"mqtt-explorer-snapshot","version":2}', r"version 2 .* reads version 1"),
        (b'{"format":"mqtt-explorer-snapshot","version":1}', "first line is broken"),
        (lines().replace(b"2026", b"20x6"), "first line is broken"),
        (lines(topics=1), "0 of the 1 topics"),
        (lines(line(), b"{"), "Line 3 is broken"),
        (lines(line(), line()), "Line 3 is broken: its topic has a line already"),
        (lines(line(), line(topic="b"), topics=1), "Line 3 is broken: there should be 1 topics only"),
        (lines(line(topic="")), "its topic is none"),
        (lines(line(topic="x" * 70_000)), "its topic is none"),
        (lines(line(qos=1)), "flags and its QoS differ"),
        (lines(line(flags=16)), "Line 2"),
        (lines(line(size=2)), "another size"),
        (lines(line(messages=-1)), "Line 2"),
        (lines(line(payload=...)), "needs one payload"),
        (lines(line(payload_base64="MQ==")), "needs one payload"),
        (lines(line(payload=..., payload_base64="M?==")), "Line 2"),
        (lines(line(kept="none")), "was not kept"),
        (lines(line(kept="head")), "hash does not fit"),
        (lines(line(kept="head", blake2b="zz")), "Line 2"),
        (lines(line(time="2026-11-20 14:02:11")), "not written as"),
        (lines(line(time="2026-13-20T14:02:11.000000000Z")), "Line 2"),
        (lines(b'{"topic":"' + b"x" * LONGEST_LINE), "longer than any line"),
        (gzip.compress(lines(line()))[:-12], "cannot be unpacked"),
        (b"\x1f\x8bnonsense", "cannot be unpacked"),
    ],
    ids=range(29),
)
def test_what_is_broken_is_refused_with_its_place(tmp_path, data, reason):
    path = tmp_path / "a"
    path.write_bytes(data)
    with pytest.raises(SnapshotFileError, match=reason):
        read(path)


def test_a_bomb_is_no_longer_than_a_line(tmp_path):
    path = tmp_path / "a.gz"
    path.write_bytes(gzip.compress(b"x" * (64 << 20)))
    with pytest.raises(SnapshotFileError, match="longer than any line"):
        read(path)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(FileNotFoundError):
        read(tmp_path / "a")


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=300), st.integers(0, 400), st.integers(0, 255))
def test_no_damage_is_too_strange(tmp_path, noise, at, byte):
    path = tmp_path / "a"
    whole = lines(line(), line(topic="b"))
    path.write_bytes(whole[:at] + bytes([byte]) + whole[at + 1 :] + noise)
    try:
        found, entries = read(path)
    except SnapshotFileError:
        pass
    else:
        assert len(entries) == found.topics


_flags = st.sampled_from([0, 1, 2, 5, 0x0B])


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.dictionaries(
        st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=8),
        st.tuples(st.binary(max_size=40), _flags, st.integers(0, 2**50), st.integers(0, 2**61)),
        max_size=5,
    )
)
def test_any_entries_come_back(tmp_path, made):
    entries = [
        Entry(topic.encode(), payload, len(payload), flags, messages, wall_ns)
        for topic, (payload, flags, messages, wall_ns) in made.items()
    ]
    write(tmp_path / "a.gz", entries)
    assert read(tmp_path / "a.gz")[1] == entries


@given(st.integers(0, 4_000_000_000_000_000_000))
def test_times_come_back(wall_ns):
    assert time_ns(iso(wall_ns)) == wall_ns


# --- reports ----------------------------------------------------------------------------------------------------------


ROWS = [
    ReportRow("value", b"a", ENTRIES[0], ENTRIES[0]._replace(payload=b"22", size=2), "+0.5"),
    ReportRow("new", b"=cmd()", None, Entry(b"=cmd()", b"=1+1", 4, RETAINED, 1, NOW), "was not there"),
    ReportRow("gone", b"b", ENTRIES[2], None, "-1; @x"),
    ReportRow("not kept", b"e", ENTRIES[6], ENTRIES[4], ""),
]


def report(path):
    writer = ReportWriter(str(path))
    writer.open()
    writer.write_rows(iter(ROWS))
    assert writer.finish()
    assert writer.written == len(ROWS)


def test_a_report_as_csv_runs_nothing(tmp_path):
    path = tmp_path / "a.csv"
    report(path)
    with path.open(newline="", encoding="utf-8-sig") as file:
        records = list(csv.DictReader(file))
    assert tuple(records[0]) == COLUMNS
    assert [record["status"] for record in records] == ["value", "new", "gone", "not kept"]
    first, new, gone, evicted = records
    assert (first["topic"], first["before"], first["after"]) == ("a", "21.5", "22")
    assert (first["change"], first["encoding"]) == ("+0.5", "text")
    assert (first["before_messages"], first["before_time"]) == ("12", iso(NOW))
    assert (new["topic"], new["after"], new["before_time"]) == ("'=cmd()", "'=1+1", "")
    assert new["encoding"] == "topic text after ' / after text after '"
    assert (gone["before"], gone["before_retained"]) == ("/wD+", "1")
    assert gone["encoding"].startswith("before base64")
    assert not any(cell.startswith(("=", "@", "-")) for record in records for cell in record.values())
    assert (evicted["before_kept"], evicted["after_kept"], evicted["after_size"]) == (
        "none",
        "head",
        str(2**28),
    )


def test_a_report_as_ndjson_is_exact(tmp_path):
    path = tmp_path / "a.ndjson"
    report(path)
    records = msgspec.json.Decoder().decode_lines(path.read_bytes())
    assert records[0]["before"]["payload"] == "21.5"
    assert records[1] == {
        "status": "new",
        "topic": "=cmd()",
        "change": "was not there",
        "after": {"time": iso(NOW), "messages": 1, "retained": True, "qos": 0, "size": 4, "payload": "=1+1"},
    }
    assert records[2]["before"]["payload_base64"] == "/wD+"
    assert "payload" not in records[3]["before"]
    assert records[3]["before"]["kept"] == "none"
